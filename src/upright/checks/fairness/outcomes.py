"""Two decisions, several classes, or numbers: what is compared between groups, and which rows could not be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upright.checks.contract import TableSource
from upright.checks.inputs import missing_results
from upright.checks.positive import positive_value
from upright.evidence.statement import NotExamined, Reason
from upright.kernel import InputError
from upright.measures.calibration import CALIBRATION_BINS, calibration_within
from upright.measures.centres import Predicted, centre_estimates, count_numbers, threshold_estimates
from upright.measures.classes import class_estimates, read_classes
from upright.measures.decisions import count_decisions, read_decisions
from upright.measures.estimate import Estimate
from upright.measures.fairness import Plan, group_estimates
from upright.measures.histograms import count_scores, demand_range, read_scores

if TYPE_CHECKING:
    from ibis.expr.types import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one run compares: the table, its columns, the plan; ``calibrated``: scores too, as a limit asks for it."""

    table: "Table"
    source: TableSource
    positive: str | None
    rows: int
    plan: Plan
    prediction: str
    label: str | None
    leave_out: bool
    seed: int
    calibrated: bool = False

    @property
    def by(self) -> tuple[str, ...]:
        """Grouping columns: protected ones, then strata."""
        return tuple(dict.fromkeys([*self.plan.protected, *self.plan.strata]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The estimates, reasons that count beside the limits, and what was not examined.

    ``aside`` is the part of a group's name that says of which outcome a number speaks.
    """

    estimates: tuple[Estimate, ...]
    also: tuple[Reason, ...]
    not_examined: tuple[NotExamined, ...]
    aside: str | None = None


def compare_decisions(work: Work) -> Compared:
    """Decisions of two values, or of several that are favourable and the others; and calibration where scores are.

    Raises:
        InputError: nobody says which decision is favourable, or which label is positive.
        MeasureInputError: the columns do not hold what they should.
    """
    source = work.source
    if source.favourable is None:
        raise InputError(
            f"{source.ref} does not say which decision is good for the person. Set `favourable: VALUE`, or a list.",
            code="UP-CHECK-33",
        )
    counts = count_decisions(
        work.table, by=work.by, prediction=work.prediction, label=work.label, weight=source.columns.weight
    )
    decisions = read_decisions(
        counts, by=work.by, prediction=work.prediction, label=work.label, favourable=source.favourable
    )
    estimates = group_estimates(decisions, work.plan, seed=work.seed)
    calibrated, unscored = _calibration(work)
    return Compared(
        estimates=(*estimates, *calibrated),
        also=(
            *missing_results(decisions.undecided_rows, work.rows, "decision", leave_out=work.leave_out),
            *missing_results(unscored, work.rows, "score or label", leave_out=work.leave_out),
        ),
        not_examined=tuple(_missing_rows(work, decisions.undecided_rows, decisions.unlabelled_rows, unscored)),
    )


def _calibration(work: Work) -> tuple[tuple[Estimate, ...], int]:
    """Of scores against labels of two values; several favourable values have no one score."""
    columns = work.source.columns
    if not work.calibrated or columns.score is None or work.label is None or isinstance(work.source.favourable, tuple):
        return (), 0
    chosen = positive_value(work.table, work.source, work.label, work.positive)
    counts = count_scores(
        work.table,
        by=work.by,
        positive=work.table[work.label] == chosen,
        score=columns.score,
        weight=columns.weight,
        bins=CALIBRATION_BINS,
    )
    scores = read_scores(counts, bins=CALIBRATION_BINS)
    return calibration_within(scores, work.plan, seed=work.seed), scores.unfit_rows


def compare_classes(work: Work, classes: Sequence[str]) -> Compared:
    """Decisions among several classes.

    Raises:
        MeasureInputError: a value outside the given classes, or too many of them.
    """
    counts = count_decisions(
        work.table, by=work.by, prediction=work.prediction, label=work.label, weight=work.source.columns.weight
    )
    found = read_classes(counts, by=work.by, prediction=work.prediction, label=work.label, given=classes)
    return Compared(
        estimates=class_estimates(found, work.plan, outcome=work.prediction, seed=work.seed),
        also=missing_results(found.undecided_rows, work.rows, "decision", leave_out=work.leave_out),
        not_examined=tuple(_missing_rows(work, found.undecided_rows, found.unlabelled_rows, 0)),
        aside=work.prediction,
    )


def compare_numbers(work: Work, thresholds: Sequence[float], *, high: bool) -> Compared:
    """Predicted numbers, and the decisions that thresholds make of them.

    Raises:
        InputError: rows carry weights.
        MeasureInputError: a column does not hold numbers, or there are too many thresholds.
    """
    if work.source.columns.weight is not None:
        raise InputError(
            "Means and errors of numbers are compared on rows of equal weight; leave `weight` out.", code="UP-CHECK-38"
        )
    for column in (work.prediction, *([work.label] if work.label else [])):
        demand_range(work.table, column, float("-inf"), float("inf"), "regression compares numbers")
    counts = count_numbers(work.table, by=work.by, prediction=work.prediction, label=work.label, thresholds=thresholds)
    found = Predicted.of(counts, has_labels=work.label is not None)
    unpredicted = found.total("rows") - found.total("predicted")
    unlabelled = found.total("predicted") - found.total("both") if work.label else 0
    at_thresholds = threshold_estimates(
        found, work.plan, outcome=work.prediction, thresholds=thresholds, high=high, seed=work.seed
    )
    return Compared(
        estimates=(*centre_estimates(found, work.plan, seed=work.seed), *at_thresholds),
        also=missing_results(unpredicted, work.rows, "prediction", leave_out=work.leave_out),
        not_examined=tuple(_missing_rows(work, unpredicted, unlabelled, 0)),
        aside=work.prediction,
    )


def _missing_rows(work: Work, undecided: int, unlabelled: int, unscored: int) -> list[NotExamined]:
    nothing = "no decision" if work.source.columns.weight is None else "no decision, or no weight"
    told = {
        nothing: undecided,
        "no label: counted in selection rates and mean predictions only": unlabelled,
        "no score or no label: not in the calibration error": unscored,
    }
    return [NotExamined(what=f"rows of {work.source.ref}", why=why, count=rows) for why, rows in told.items() if rows]
