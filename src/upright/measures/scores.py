"""Scores against outcomes: ranking (AUC), squared error (Brier) and calibration, from 1,024 fixed bins."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from upright.measures.calibration import calibration_estimate
from upright.measures.errors import MeasureInputError
from upright.measures.estimate import Estimate, shown
from upright.measures.intervals import mean_interval, on_logit
from upright.measures.tally import Tally, collect, tally

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table

BINS = 1_024
_SUMS = ("rows", "weights", "squares", "scores", "errors", "errors_w2", "fourths_w2")
Numbers = npt.NDArray[np.float64]
Histogram = Numbers
"""Shape (2, 1024, 7): outcome (negative, positive) x bin x the sums of ``_SUMS``."""


def count_scores(
    table: "Table",
    *,
    by: Sequence[str],
    positive: "BooleanValue",
    score: str,
    weight: str | None = None,
    bins: int = BINS,
) -> Tally:
    """Counts rows by group, outcome and score bin, with sums of score, squared error and its square.

    ``positive`` is an expression that is true, false, or NULL where the outcome is not known. A row without outcome,
    score or weight is counted under bin ``None``. Bin k of n holds scores from k/n to below (k + 1)/n; the last one
    holds 1 too. Sums: rows, weights, squared weights, and of weight times score, squared error; of squared
    weight times squared error, fourth power of the error.

    Raises:
        MeasureInputError: a score lies outside 0 to 1, or a weight is below 0.
    """
    demand_range(table, score, 0.0, 1.0, "a score is a probability; give the model's probability, not its margin")
    if weight is not None:
        demand_range(table, weight, 0.0, math.inf, "weights are 0 or more")
    value = table[score].cast("float64")
    weights = table[weight].cast("float64") if weight is not None else (value * 0.0 + 1.0)
    unfit = (value.isnull() | value.isnan() | weights.isnull() | weights.isnan() | positive.isnull()).fill_null(True)
    place = (value * bins).floor().clip(0, bins - 1)
    fine = table.select(
        *by,
        __y=unfit.ifelse(None, positive.cast("int8")),
        __bin=unfit.ifelse(None, place.cast("int16")),
        __s=unfit.ifelse(0.0, value),
        __w=unfit.ifelse(0.0, weights),
    )
    error = fine["__s"] - fine["__y"].cast("float64")
    own, square = fine["__w"], fine["__w"] * fine["__w"]
    keys = (*by, "__y", "__bin")
    found = fine.group_by(list(keys)).agg(
        rows=fine.count(),
        weights=own.sum(),
        squares=square.sum(),
        scores=(own * fine["__s"]).sum(),
        errors=(own * error * error).sum(),
        errors_w2=(square * error * error).sum(),
        fourths_w2=(square * error * error * error * error).sum(),
    )
    return tally(found, keys=keys, sums=_SUMS)


def demand_range(table: "Table", column: str, least: float, most: float, rule: str) -> None:
    """Refuses a numeric column with values outside ``least`` to ``most``; missing values and NaN are let be.

    Raises:
        MeasureInputError: not numeric, or with the range found.
    """
    if not table[column].type().is_numeric():
        raise MeasureInputError(
            f"Column {column!r} holds {table[column].type()}, not numbers; {rule}.", code="UP-MEASURE-08"
        )
    value = table[column].cast("float64")
    value = value.isnan().fill_null(True).ifelse(None, value)
    ((low, high),) = collect(table.aggregate(low=value.min(), high=value.max()))
    if low is not None and (low < least or high > most):
        wanted = f"{least:g} or more" if math.isinf(most) else f"{least:g} to {most:g}"
        raise MeasureInputError(
            f"Column {column!r} runs from {low:g} to {high:g}; expected {wanted}: {rule}.", code="UP-MEASURE-09"
        )


@dataclass(frozen=True, slots=True)
class Scores:
    """Histograms by group; ``unfit_rows`` had no outcome, score or weight."""

    by: tuple[str, ...]
    groups: Mapping[tuple[Any, ...], Histogram]
    unfit_rows: int

    def over(self, columns: Sequence[str]) -> dict[tuple[Any, ...], Histogram]:
        """The same by fewer columns; by none = all rows under the key ``()``."""
        where = [self.by.index(column) for column in columns]
        found: dict[tuple[Any, ...], Histogram] = {}
        for group, histogram in self.groups.items():
            key = tuple(group[position] for position in where)
            found[key] = found[key] + histogram if key in found else histogram
        return found


def read_scores(counts: Tally, *, bins: int = BINS) -> Scores:
    """Lays the tally of ``count_scores`` with as many bins out as histograms."""
    groups: dict[tuple[Any, ...], Histogram] = {}
    unfit = 0
    for key, values in counts.cells.items():
        *group, outcome, place = key
        if outcome is None or place is None:
            unfit += int(values[0])
            continue
        histogram = groups.setdefault(tuple(group), np.zeros((2, bins, len(_SUMS))))
        histogram[int(str(outcome)), int(str(place))] += values
    return Scores(counts.keys[:-2], groups, unfit)


def score_estimates(
    histogram: Histogram, *, group: Mapping[str, str], least_rows: int, seed: int, dependent: str = ""
) -> tuple[Estimate, ...]:
    """AUC, Brier score and calibration error of one group."""
    rows = int(histogram[..., 0].sum())
    fewest = int(histogram[..., 0].sum(axis=1).min())
    few = "" if rows >= least_rows else f"{rows} rows; {least_rows} are needed"
    one_class = "all outcomes are of one class; rows of both are needed" if fewest == 0 else ""
    rare = "" if fewest >= 5 else f"{fewest} rows of the rarer outcome; 5 are needed"
    found = (
        _auc(histogram, rows, group, dependent or few or one_class or rare),
        _brier(histogram, rows, group, dependent or few),
        calibration_estimate(histogram, group=group, least_rows=least_rows, seed=seed, dependent=dependent),
    )
    return tuple(shown(one, rows) for one in found)


def _auc(histogram: Histogram, rows: int, group: Mapping[str, str], unfit: str) -> Estimate:
    """Ties within a bin count half; what that can hide is bounded, and added to the interval.

    Source: DeLong, DeLong & Clarke-Pearson 1988, on bins; interval on the log-odds scale.
    """
    negative, positive = histogram[0, :, 1], histogram[1, :, 1]
    total_n, total_p = float(negative.sum()), float(positive.sum())
    if total_n <= 0.0 or total_p <= 0.0:
        return Estimate(name="auc", value=None, n=rows, unit="share", method="delong", group=group, unfit=unfit)
    below = (np.cumsum(negative) - negative / 2) / total_n
    above = 1.0 - (np.cumsum(positive) - positive / 2) / total_p
    value = float(positive @ below / total_p)
    hidden = float(positive @ negative / (2 * total_n * total_p))
    variance = _spread(histogram[1], below - value, total_p) + _spread(histogram[0], above - value, total_n)
    error = math.sqrt(variance)

    def interval(level: float) -> tuple[float, float]:
        low, high = on_logit(value, error, level)
        return max(0.0, low - hidden), min(1.0, high + hidden)

    return Estimate(
        name="auc",
        value=value,
        n=rows,
        unit="share",
        method=f"delong on {BINS:,} bins, which hide at most {hidden:.2g}",
        interval=interval,
        group=group,
        unfit=unfit,
    )


def _spread(sums: Numbers, away: Numbers, total: float) -> float:
    count = float(sums[:, 0].sum())
    return float(sums[:, 2] @ away**2) / total**2 * (count / (count - 1) if count > 1 else 1.0)


def _brier(histogram: Histogram, rows: int, group: Mapping[str, str], unfit: str) -> Estimate:
    """Mean squared distance of probability and outcome: 0 is perfect, 0.25 is a coin's."""
    sums = histogram.sum(axis=(0, 1))
    _, weights, squares, _, errors, errors_w2, fourths_w2 = (float(value) for value in sums)
    if weights <= 0.0:
        return Estimate(name="brier", value=None, n=rows, unit="squared", method="student", group=group, unfit=unfit)
    value = errors / weights
    variance = max(0.0, fourths_w2 - 2 * value * errors_w2 + value**2 * squares) / weights**2
    size = weights**2 / squares

    def interval(level: float) -> tuple[float, float]:
        low, high = mean_interval(value, math.sqrt(variance * size / max(size - 1, 1.0)), size, level)
        return max(0.0, low), min(1.0, high)

    return Estimate(
        name="brier", value=value, n=rows, unit="squared", method="student", interval=interval, group=group, unfit=unfit
    )
