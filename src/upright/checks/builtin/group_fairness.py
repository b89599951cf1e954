"""Group fairness: how groups fare in decisions, classes or numbers; differences and ratios, with intervals."""

from typing import TYPE_CHECKING

from upright.checks.contract import Binding, CheckResult, Context, Run, TableSource, check
from upright.checks.fairness.outcomes import Compared, Work, compare_classes, compare_decisions, compare_numbers
from upright.checks.inputs import demand_rows, table_of
from upright.checks.judge import judge
from upright.checks.tables import demand_columns
from upright.kernel import InputError
from upright.measures.centres import CENTRES
from upright.measures.classes import MACRO
from upright.measures.decisions import RATES
from upright.measures.estimate import Estimate
from upright.measures.fairness import Plan
from upright.measures.shares import Least
from upright.measures.tally import collect

if TYPE_CHECKING:
    from ibis.expr.types import Table

MEASURES = (
    *(
        f"{rate}{ending}"
        for rate in (*RATES, *MACRO)
        for ending in ("", "_difference", "_ratio", "_gap", "_difference_within")
    ),
    "decision_distance",
    *("calibration_error", "calibration_error_difference"),
    *(f"{name}{ending}" for name in CENTRES for ending in ("", "_difference", "_gap", "_difference_within")),
)
TASKS = ("classification", "multiclass", "regression")


@check(
    "group-fairness",
    version="2",
    kinds=("group-fairness",),
    about=("dataset",),
    measures=MEASURES,
    uses_predictions=True,
)
def group_fairness(
    *,
    task: str = "classification",
    classes: tuple[str, ...] = (),
    positive: str | None = None,
    thresholds: tuple[float, ...] = (),
    favours: str = "high",
    intersections: bool = True,
    least_rows: int = 30,
    least_expected: float = 5.0,
    person: str | None = None,
    leave_out_missing: bool = False,
) -> Run:
    """Compares how groups fare: selection rate, error rates, precision and accuracy, each against a reference group.

    The four-fifths rule is the limit ``selection_rate_ratio: {at_least: "0.8"}``. Limits hold for every group and,
    unless ``intersections`` is off, every intersection of protected columns; with strata, for every group within each
    stratum. Groups under ``least_rows`` rows, or under ``least_expected`` expected cases, are undecided; numbers of
    fewer than five people are withheld.

    ``task: multiclass`` compares each class against the rest, averages over classes (``macro_…``) and the whole mix
    (``decision_distance``); ``classes`` is the set of classes, else those that occur. ``task: regression`` compares
    mean predictions, mean residuals (label minus prediction), MAE and RMSE, and at ``thresholds`` who is selected:
    at or above where it ``favours: high`` numbers, below where ``low``. With a score and a label of two values, a
    limit on ``calibration_error`` or ``calibration_error_difference`` compares calibration within groups; ``positive``
    is the label that the score is the probability of, else the model's, else 1 or true.

    Rows without a decision keep the check from passing unless ``leave_out_missing``; they are counted either way.
    ``person`` names a column of who a row is about: where people repeat, rows are not independent and nothing is
    judged.
    """

    def run(binding: Binding, context: Context) -> CheckResult:
        source = table_of(binding)
        _demand_words(task, favours)
        prediction, label = _columns(source)
        table = context.open_table(source)
        work = Work(
            table=table,
            source=source,
            positive=positive or (binding.model.positive if binding.model else None),
            rows=demand_rows(table, source),
            plan=Plan(
                protected=source.protected,
                reference=binding.reference,
                strata=binding.strata,
                intersections=intersections,
                least=Least(rows=least_rows, expected=least_expected),
                dependent=_repeats(table, person),
            ),
            prediction=prediction,
            label=label,
            leave_out=leave_out_missing,
            seed=context.seed_of(binding),
            calibrated=any(name.startswith("calibration_error") for name in binding.limits),
        )
        if task == "regression":
            return _answer(binding, work, compare_numbers(work, thresholds, high=favours == "high"))
        return _answer(binding, work, compare_decisions(work) if task == TASKS[0] else compare_classes(work, classes))

    return run


def _demand_words(task: str, favours: str) -> None:
    for name, word, known in (("task", task, TASKS), ("favours", favours, ("high", "low"))):
        if word not in known:
            raise InputError(f"{name} is {word!r}; expected one of {', '.join(known)}.", code="UP-CHECK-03")


def _answer(binding: Binding, work: Work, found: Compared) -> CheckResult:
    judged, reported = _split(found.estimates, work.plan)
    judgement = judge(
        judged,
        binding.limits,
        not_judged=binding.not_judged,
        reported=reported,
        also=found.also,
        aside=found.aside,
    )
    return judgement.as_result(*found.not_examined)


def _columns(source: TableSource) -> tuple[str, str | None]:
    """Decision, and label (``None`` where the label is the recorded decision)."""
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
    return prediction, None if label == prediction else label


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
