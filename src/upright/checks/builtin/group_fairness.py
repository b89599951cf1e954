"""Group fairness of decisions: rates per group and intersection, differences and ratios, with intervals."""

from typing import TYPE_CHECKING

from upright.checks.contract import Binding, CheckResult, Context, Run, TableSource, check
from upright.checks.inputs import demand_rows, missing_results, table_of
from upright.checks.judge import judge
from upright.checks.tables import demand_columns
from upright.evidence.statement import NotExamined
from upright.kernel import InputError
from upright.measures.decisions import RATES, Decisions, count_decisions, read_decisions
from upright.measures.estimate import Estimate
from upright.measures.fairness import Plan, group_estimates
from upright.measures.shares import Least
from upright.measures.tally import collect

if TYPE_CHECKING:
    from ibis.expr.types import Table

MEASURES = tuple(
    f"{rate}{ending}" for rate in RATES for ending in ("", "_difference", "_ratio", "_gap", "_difference_within")
)


@check(
    "group-fairness",
    version="1",
    kinds=("group-fairness",),
    about=("dataset",),
    measures=MEASURES,
    uses_predictions=True,
)
def group_fairness(
    *,
    intersections: bool = True,
    least_rows: int = 30,
    least_expected: float = 5.0,
    person: str | None = None,
    leave_out_missing: bool = False,
) -> Run:
    """Compares how groups fare: selection rate, error rates, precision and accuracy, each against a reference group.

    The four-fifths rule is the limit ``selection_rate_ratio: {at_least: "0.8"}``. Limits hold for every group and,
    unless ``intersections`` is off, every intersection of protected columns; with strata, for every group within each
    stratum. Groups under ``least_rows`` rows, or under ``least_expected`` expected cases, are undecided.
    Rows without a decision keep the check from passing unless ``leave_out_missing``; they are counted either way.
    ``person`` names a column of who a row is about: where people repeat, rows are not independent and nothing is
    judged.
    """

    def run(binding: Binding, context: Context) -> CheckResult:
        source = table_of(binding)
        prediction, label, favourable = _columns(source)
        by = tuple(dict.fromkeys([*source.protected, *binding.strata]))
        table = context.open_table(source)
        rows = demand_rows(table, source)
        counts = count_decisions(table, by=by, prediction=prediction, label=label, weight=source.columns.weight)
        decisions = read_decisions(counts, by=by, prediction=prediction, label=label, favourable=favourable)
        plan = Plan(
            protected=source.protected,
            reference=binding.reference,
            strata=binding.strata,
            intersections=intersections,
            least=Least(rows=least_rows, expected=least_expected),
            dependent=_repeats(table, person),
        )
        estimates = group_estimates(decisions, plan, seed=context.seed_of(binding))
        judged, reported = _split(estimates, plan)
        judgement = judge(
            judged,
            binding.limits,
            not_judged=binding.not_judged,
            reported=reported,
            also=missing_results(decisions.undecided_rows, rows, "decision", leave_out=leave_out_missing),
        )
        return judgement.as_result(*_not_examined(decisions, source))

    return run


def _columns(source: TableSource) -> tuple[str, str | None, str]:
    """Decision, label (``None`` where the label is the recorded decision) and the favourable value."""
    columns = source.columns
    prediction, label = columns.prediction, columns.label
    if prediction is None and source.recorded_decisions:
        prediction = label
    if prediction is None:
        raise InputError(
            f"{source.ref} names no column of decisions. Set `columns: {{prediction: …}}`, or `recorded_decisions: "
            "true` where the label is the decision.",
            code="UP-CHECK-31",
        )
    if not source.protected:
        raise InputError(f"{source.ref} names no protected columns. Set `protected: [...]`.", code="UP-CHECK-32")
    if source.favourable is None:
        raise InputError(
            f"{source.ref} does not say which decision is good for the person. Set `favourable: VALUE`.",
            code="UP-CHECK-33",
        )
    return prediction, None if label == prediction else label, source.favourable


def _repeats(table: "Table", person: str | None) -> str:
    if person is None:
        return ""
    demand_columns(table, [person], "the table")
    ((rows, people),) = collect(table.aggregate(rows=table.count(), people=table[person].nunique()))
    if rows == people:
        return ""
    return (
        f"{rows:,} rows are about {people:,} people ({person}), so rows are not independent and an interval would be "
        "too narrow; give one row per person"
    )


def _split(estimates: tuple[Estimate, ...], plan: Plan) -> tuple[list[Estimate], list[Estimate]]:
    """With strata, comparisons within them are judged and crude ones only reported."""
    judged: list[Estimate] = []
    reported: list[Estimate] = []
    for one in estimates:
        crude = one.against is not None and bool(plan.strata) and not one.name.endswith("_within")
        crude = crude and not set(plan.strata) <= set(one.group)
        (reported if crude else judged).append(one)
    return judged, reported


def _not_examined(decisions: Decisions, source: TableSource) -> list[NotExamined]:
    found = []
    if decisions.undecided_rows:
        why = "no decision" if source.columns.weight is None else "no decision, or no weight"
        found.append(NotExamined(what=f"rows of {source.ref}", why=why, count=decisions.undecided_rows))
    if decisions.unlabelled_rows:
        why = "no label: counted in selection rates only"
        found.append(NotExamined(what=f"rows of {source.ref}", why=why, count=decisions.unlabelled_rows))
    return found
