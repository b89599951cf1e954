"""Two answers to the same rows: differences whose interval knows that they are paired."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from upright.measures.estimate import Estimate
from upright.measures.intervals import mean_interval, normal_quantile, wilson

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows by who was right: both, only the first, only the second, neither."""

    both: int
    first: int
    second: int
    neither: int

    @classmethod
    def of(cls, first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> "Pairs":
        """Counted row by row."""
        return cls(
            int((first & second).sum()), int((first & ~second).sum()), int((~first & second).sum()),
            int((~first & ~second).sum()),
        )  # fmt: skip

    @property
    def rows(self) -> int:
        """All of them."""
        return self.both + self.first + self.second + self.neither

    @property
    def mcnemar(self) -> float:
        """The exact two-sided p-value of "both are right equally often", from the rows on which they differ.

        Source: McNemar 1947, exact binomial form. Checked: against SciPy's ``binomtest``.
        """
        differing = self.first + self.second
        fewer = min(self.first, self.second)
        tail = sum(math.comb(differing, count) for count in range(fewer + 1)) / (1 << differing)
        return min(1.0, 2.0 * tail)


def share_difference(name: str, pairs: Pairs, *, least: int) -> Estimate:
    """The share that the second got right minus the share that the first did.

    Source: Newcombe 1998, "Improved confidence intervals for the difference between binomial proportions based on
    paired data", method 10. Checked: its coverage by simulation.
    """
    size = pairs.rows
    value = (pairs.second - pairs.first) / size if size else None
    one, other = (pairs.both + pairs.second), (pairs.both + pairs.first)
    correlation = _correlation(pairs)

    def interval(level: float) -> tuple[float, float]:
        (low, high), (other_low, other_high) = (wilson(count / size, size, level) for count in (one, other))
        below, above = one / size - low, high - one / size
        other_below, other_above = other / size - other_low, other_high - other / size
        return (
            (value or 0.0) - _joined(below, other_above, correlation),
            (value or 0.0) + _joined(above, other_below, correlation),
        )

    return Estimate(
        name=name, value=value, n=size, unit="difference", method="newcombe, paired", absolute=True,
        interval=interval if size else None, unfit="" if size >= least else f"{size} rows; {least} are needed",
    )  # fmt: skip


def _joined(one: float, other: float, correlation: float) -> float:
    return math.sqrt(max(0.0, one * one - 2.0 * correlation * one * other + other * other))


def _correlation(pairs: Pairs) -> float:
    """Phi of the two answers, corrected for continuity where they agree, as the method has it."""
    one, other = pairs.both + pairs.first, pairs.both + pairs.second
    product = float(one * (pairs.rows - one)) * float(other * (pairs.rows - other))
    if product <= 0.0:
        return 0.0
    over = float(pairs.both * pairs.neither - pairs.first * pairs.second)
    if over > 0.0:
        over = max(over - pairs.rows / 2.0, 0.0)
    return over / math.sqrt(product)


def mean_difference(name: str, differences: Floats, *, unit: str, least: int) -> Estimate:
    """The mean of the rows' own differences, with Student's interval.

    Checked: against SciPy's ``ttest_rel``.
    """
    size = len(differences)
    value = float(differences.mean()) if size else None
    error = float(differences.std(ddof=1) / math.sqrt(size)) if size > 1 else 0.0
    return Estimate(
        name=name, value=value, n=size, unit=unit, method="student, paired", absolute=True,
        interval=(lambda level: mean_interval(value or 0.0, error, size, level)) if size > 1 else None,
        unfit="" if size >= least else f"{size} rows; {least} are needed",
    )  # fmt: skip


def auc_difference(
    name: str, first: Floats, second: Floats, positive: npt.NDArray[np.bool_], *, least: int
) -> Estimate:
    """The second's AUC minus the first's on the same rows.

    Source: DeLong, DeLong & Clarke-Pearson 1988, with the covariance of the two. Checked: against scikit-learn's AUC,
    and the covariance against the double loop.
    """
    gaps = [_placements(scores, positive) for scores in (second, first)]
    value = float(gaps[0][0].mean() - gaps[1][0].mean()) if positive.any() and not positive.all() else None
    fewest = int(min(positive.sum(), (~positive).sum()))
    error = 0.0
    if fewest > 1:
        error = math.sqrt(sum(float((one - other).var(ddof=1)) / len(one) for one, other in zip(*gaps, strict=True)))

    def interval(level: float) -> tuple[float, float]:
        reach = normal_quantile(level) * error
        return max(-1.0, (value or 0.0) - reach), min(1.0, (value or 0.0) + reach)

    few = "" if len(positive) >= least and fewest >= 5 else f"{fewest} rows of the rarer class; 5 are needed"
    return Estimate(
        name=name, value=value, n=len(positive), unit="difference", method="delong, paired", absolute=True,
        interval=interval if value is not None else None, unfit=few,
    )  # fmt: skip


def _placements(scores: Floats, positive: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Of each positive row the share of negatives below it, of each negative the share of positives above it."""
    ups, downs = scores[positive], scores[~positive]
    return _below(ups, downs), 1.0 - _below(downs, ups)


def _below(scores: Floats, others: Floats) -> Floats:
    ordered = np.sort(others)
    low, high = np.searchsorted(ordered, scores, "left"), np.searchsorted(ordered, scores, "right")
    return np.asarray((low + high) / 2 / max(len(others), 1), dtype=np.float64)
