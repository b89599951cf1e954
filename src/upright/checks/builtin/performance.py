"""How well a model predicts: classification, ranking, calibration, or errors of predicted numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from upright.checks.contract import Binding, CheckResult, Context, Run, TableSource, check
from upright.checks.inputs import demand_rows, missing_results, table_of
from upright.checks.judge import judge
from upright.checks.positive import label_values, positive_value
from upright.evidence.statement import NotExamined
from upright.kernel import InputError
from upright.measures.classes import read_classes
from upright.measures.classified import classification_estimates, multiclass_estimates
from upright.measures.decisions import count_decisions, read_decisions
from upright.measures.errors import MeasureInputError
from upright.measures.estimate import Estimate
from upright.measures.histograms import count_scores, demand_range, read_scores
from upright.measures.residuals import count_residuals, residual_estimates
from upright.measures.scores import score_estimates
from upright.measures.shares import Least
from upright.measures.tally import collect
from upright.measures.values import value_text

if TYPE_CHECKING:
    from ibis.expr.types import Table

MEASURES = (
    *("accuracy", "precision", "recall", "specificity", "balanced_accuracy", "f1"),
    *("auc", "brier", "calibration_error", "mae", "rmse", "macro_precision", "macro_f1"),
)
MOST_GROUPS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What one run measures, and with which options."""

    table: "Table"
    source: TableSource
    rows: int
    least: Least
    seed: int
    leave_out: bool
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    overall: tuple[Estimate, ...] = ()
    by_group: tuple[Estimate, ...] = ()
    unlabelled: int = 0
    without_result: Mapping[str, int]
    not_examined: tuple[NotExamined, ...] = ()
    aside: str | None = None


@check("performance", version="2", kinds=("performance",), about=("dataset",), measures=MEASURES, uses_predictions=True)
def performance(
    *,
    task: str = "classification",
    positive: str | None = None,
    classes: tuple[str, ...] = (),
    least_rows: int = 30,
    judge_groups: bool = False,
    leave_out_missing: bool = False,
) -> Run:
    """Measures how well predictions and scores fit what turned out: accuracy, AUC, calibration, or errors of numbers.

    ``task`` is ``classification`` (label of two values; needs a prediction or a score column), ``multiclass`` (each of
    ``classes``, else of those that occur, against the rest, and averages over them) or ``regression``. The positive
    class of two is ``positive``, else the model's, else 1 or true. Each measure is also reported per protected group;
    limits hold for the whole table, and with ``judge_groups`` for each group too. Numbers of fewer than five people
    are withheld.
    """

    def run(binding: Binding, context: Context) -> CheckResult:
        source = table_of(binding)
        if source.columns.label is None:
            raise InputError(f"{source.ref} names no label. Set `columns: {{label: …}}`.", code="UP-CHECK-35")
        table = context.open_table(source)
        work = _Task(
            table=table,
            source=source,
            rows=demand_rows(table, source),
            least=Least(rows=least_rows, expected=0.0),
            seed=context.seed_of(binding),
            leave_out=leave_out_missing,
            by=source.protected,
        )
        if task == "regression":
            found = _regression(work, source.columns.label)
        elif task == "classification":
            found = _classification(work, source.columns.label, positive, binding)
        elif task == "multiclass":
            found = _multiclass(work, source.columns.label, classes)
        else:
            raise InputError(
                f"task is {task!r}; expected classification, multiclass or regression.", code="UP-CHECK-03"
            )
        return _answer(binding, work, found, judge_groups=judge_groups)

    return run


def _answer(binding: Binding, work: _Task, found: _Found, *, judge_groups: bool) -> CheckResult:
    judgement = judge(
        (*found.overall, *found.by_group) if judge_groups else found.overall,
        binding.limits,
        not_judged=binding.not_judged,
        reported=() if judge_groups else found.by_group,
        also=[
            reason
            for what, rows in found.without_result.items()
            for reason in missing_results(rows, work.rows, what, leave_out=work.leave_out)
        ],
        aside=found.aside,
    )
    missing = [
        NotExamined(what=f"rows of {work.source.ref}", why=f"no {what}", count=rows)
        for what, rows in {**found.without_result, "label": found.unlabelled}.items()
        if rows
    ]
    return judgement.as_result(*missing, *found.not_examined)


def _classification(work: _Task, label: str, positive: str | None, binding: Binding) -> _Found:
    columns = work.source.columns
    if columns.prediction is None and columns.score is None:
        raise InputError(
            f"{work.source.ref} names neither prediction nor score. Set `columns: {{prediction: …, score: …}}`.",
            code="UP-CHECK-36",
        )
    values = label_values(work.table, label)
    declared = positive or (binding.model.positive if binding.model else None)
    chosen = positive_value(work.table, work.source, label, declared)
    overall: list[Estimate] = []
    by_group: list[Estimate] = []
    without: dict[str, int] = {}
    unlabelled = work.rows - sum(rows for _, rows in values)
    fine, coarse = _groupings(work)
    if columns.prediction is not None and columns.prediction != label:
        counts = count_decisions(
            work.table, by=work.by, prediction=columns.prediction, label=label, weight=columns.weight
        )
        decisions = read_decisions(
            counts, by=work.by, prediction=columns.prediction, label=label, favourable=value_text(chosen)
        )
        without["prediction"] = decisions.undecided_rows
        for group, cells in _each(fine, decisions.over):
            found = classification_estimates(cells, group=group, least=work.least, seed=work.seed)
            (by_group if group else overall).extend(found)
    if columns.score is not None:
        without["score"] = _without_number(work.table, columns.score)
        is_positive = work.table[label] == chosen
        counts = count_scores(work.table, by=work.by, positive=is_positive, score=columns.score, weight=columns.weight)
        for group, histogram in _each(work.by, read_scores(counts).over):
            found = score_estimates(histogram, group=group, least_rows=work.least.rows, seed=work.seed)
            (by_group if group else overall).extend(found)
    if not overall:
        raise MeasureInputError(
            f"{work.source.ref} has no row with both a label and a result, so nothing can be measured.",
            code="UP-MEASURE-07",
        )
    return _Found(
        overall=tuple(overall),
        by_group=tuple(by_group),
        unlabelled=unlabelled,
        without_result=without,
        not_examined=coarse,
    )


def _groupings(work: _Task) -> tuple[tuple[str, ...], tuple[NotExamined, ...]]:
    """Protected columns with few enough groups to have a histogram each; the others are said."""
    fine: list[str] = []
    coarse: list[NotExamined] = []
    for column in work.by:
        ((groups,),) = collect(work.table.aggregate(groups=work.table[column].nunique()))
        if groups <= MOST_GROUPS:
            fine.append(column)
        else:
            why = f"{groups:,} groups; performance per group is measured for up to {MOST_GROUPS}"
            coarse.append(NotExamined(what=f"groups of {column}", why=why, count=int(groups)))
    return tuple(fine), tuple(coarse)


def _each(by: tuple[str, ...], over: Any) -> list[tuple[dict[str, str], Any]]:
    """All rows, then each value of each grouping column; raw values become text, equal texts were one value."""
    found: list[tuple[dict[str, str], Any]] = [({}, cells) for cells in over(()).values()]
    for column in by:
        found += [({column: value_text(key[0])}, cells) for key, cells in sorted(over((column,)).items(), key=_text)]
    return found


def _text(item: tuple[tuple[Any, ...], Any]) -> str:
    return value_text(item[0][0])


def _without_number(table: "Table", column: str) -> int:
    demand_range(table, column, 0.0, 1.0, "a score is a probability; give the model's probability, not its margin")
    value = table[column].cast("float64")
    missing = (value.isnull() | value.isnan()).fill_null(True)
    ((rows,),) = collect(table.aggregate(rows=missing.cast("int64").sum()))
    return int(rows or 0)


def _multiclass(work: _Task, label: str, classes: Sequence[str]) -> _Found:
    columns = work.source.columns
    prediction = _prediction(work, label)
    counts = count_decisions(work.table, by=work.by, prediction=prediction, label=label, weight=columns.weight)
    found = read_classes(counts, by=work.by, prediction=prediction, label=label, given=classes)
    overall: list[Estimate] = []
    by_group: list[Estimate] = []
    for group, cells in _each(work.by, found.over):
        told = multiclass_estimates(
            cells, found.names, outcome=prediction, group=group, least=work.least, seed=work.seed
        )
        (by_group if group else overall).extend(told)
    if not overall:
        raise MeasureInputError(
            f"{work.source.ref} has no row with a prediction, so nothing can be measured.", code="UP-MEASURE-07"
        )
    return _Found(
        overall=tuple(overall),
        by_group=tuple(by_group),
        unlabelled=found.unlabelled_rows,
        without_result={"prediction": found.undecided_rows},
        aside=prediction,
    )


def _prediction(work: _Task, label: str) -> str:
    found = work.source.columns.prediction
    if found is None or found == label:
        raise InputError(
            f"{work.source.ref} names no prediction. Set `columns: {{prediction: …}}`.", code="UP-CHECK-36"
        )
    return found


def _regression(work: _Task, label: str) -> _Found:
    prediction = _prediction(work, label)
    if work.source.columns.weight is not None:
        raise InputError(
            "Errors of numbers are measured on rows of equal weight; leave `weight` out.", code="UP-CHECK-38"
        )
    for column in (label, prediction):
        demand_range(work.table, column, float("-inf"), float("inf"), "regression compares numbers")
    counts = count_residuals(work.table, by=work.by, label=label, prediction=prediction)
    totals = [sum(values) for values in zip(*counts.cells.values(), strict=True)]
    overall = residual_estimates(totals, group={}, least_rows=work.least.rows)
    by_group: list[Estimate] = []
    for column in work.by:
        sums: dict[str, list[float]] = {}
        for key, values in counts.cells.items():
            text = value_text(key[counts.keys.index(column)])
            sums[text] = [a + b for a, b in zip(sums.get(text, [0.0] * 5), values, strict=True)]
        for text in sorted(sums):
            by_group += residual_estimates(sums[text], group={column: text}, least_rows=work.least.rows)
    return _Found(
        overall=overall,
        by_group=tuple(by_group),
        without_result={"label or prediction": int(totals[0] - totals[1])},
    )
