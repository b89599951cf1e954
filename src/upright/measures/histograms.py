"""Scores against outcomes, counted: histograms of 1,024 fixed bins by group and outcome, from one pass of a table."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from upright.measures.errors import MeasureInputError
from upright.measures.tally import Tally, collect, tally

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table

BINS = 1_024
_SUMS = ("rows", "weights", "squares", "scores", "errors", "errors_w2", "fourths_w2")
Histogram = npt.NDArray[np.float64]
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
