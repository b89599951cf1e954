"""Does every decision against a person carry a reason? A check of an organisation's own, complete."""

from upright.checks.contract import Binding, CheckResult, Context, Run, check
from upright.checks.inputs import table_of
from upright.checks.judge import judge
from upright.checks.tables import demand_columns
from upright.evidence.statement import NotExamined
from upright.kernel import InputError
from upright.measures.estimate import Estimate, shown
from upright.measures.intervals import wilson
from upright.measures.tally import collect

SHARE = "reasons_given"


@check("reasons-given", version="1", kinds=("reasons-given",), about=("dataset",), measures=(SHARE,))
def reasons_given(*, column: str = "reason", least_rows: int = 30) -> Run:
    """Measures the share of unfavourable decisions that carry a reason.

    ``column`` holds the reason as text; empty, blank or missing is no reason. Under ``least_rows`` unfavourable
    decisions the answer is undecided.
    """

    def run(binding: Binding, context: Context) -> CheckResult:
        source = table_of(binding)
        decision, favourable = source.columns.prediction, source.favourable
        if decision is None or not isinstance(favourable, str):
            raise InputError(
                f"{source.ref} does not say what was decided. Set `columns: {{prediction: …}}` and one `favourable`.",
                code="ACME-01",
            )
        table = context.open_table(source)
        demand_columns(table, (decision, column), str(source.ref))
        decided = table[decision].cast("string")
        against = table.filter(decided != favourable)
        given = (against[column].cast("string").strip().length() > 0).fill_null(False)
        ((rows, reasons),) = collect(against.aggregate(rows=against.count(), reasons=given.cast("int64").sum()))
        ((open_rows,),) = collect(table.aggregate(rows=decided.isnull().cast("int64").sum()))
        share = reasons / rows if rows else None
        found = Estimate(
            name=SHARE,
            value=share,
            n=int(rows),
            unit="share",
            method="wilson",
            interval=None if share is None else lambda level: wilson(share, rows, level),
            unfit="" if rows >= least_rows else f"{rows} unfavourable decisions; {least_rows} are needed",
        )
        missing = NotExamined(what=f"rows of {source.ref}", why="no decision", count=int(open_rows or 0))
        # A rate of one to four people would tell about each of them: `shown` withholds it.
        return judge([shown(found, int(rows))], binding.limits).as_result(*([missing] if missing.count else []))

    return run
