"""Decisions by group: one group-by gives every rate of every group, intersection and stratum."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from upright.measures.errors import MeasureInputError
from upright.measures.shares import Share
from upright.measures.tally import Tally, tally
from upright.measures.values import is_value, value_text, values_shown

if TYPE_CHECKING:
    from ibis.expr.types import Table

Cells = npt.NDArray[np.float64]
"""Shape (3, 2, 3): label (other, favourable, unknown) x decision (other, favourable) x (rows, weights, squares)."""

_PLAIN = ("rows",)
_WEIGHTED = ("rows", "weights", "squares")

_RATES: dict[str, tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]] = {
    "selection_rate": (((0, 1), (1, 1), (2, 1)), ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1))),
    "true_positive_rate": (((1, 1),), ((1, 0), (1, 1))),
    "false_positive_rate": (((0, 1),), ((0, 0), (0, 1))),
    "false_negative_rate": (((1, 0),), ((1, 0), (1, 1))),
    "positive_predictive_value": (((1, 1),), ((0, 1), (1, 1))),
    "accuracy": (((0, 0), (1, 1)), ((0, 0), (0, 1), (1, 0), (1, 1))),
}
RATES = tuple(_RATES)
"""Names of the rates; favourable is the positive class."""


def count_decisions(
    table: "Table", *, by: Sequence[str], prediction: str, label: str | None = None, weight: str | None = None
) -> Tally:
    """Counts rows by group, label and decision, in one pass that never sorts or copies the table.

    ``by`` names the grouping columns (protected ones, then strata), ``prediction`` the decisions, ``label`` what
    turned out, ``weight`` row weights of 0 or more; a row without weight counts as one without decision. The tally
    is keyed by ``(*by, label, prediction)`` and sums ``rows``, with weights also ``weights`` and ``squares``.

    Raises:
        MeasureInputError: more than 100,000 cells, or a negative weight.
    """
    keys = list(dict.fromkeys([*by, *([label] if label else []), prediction]))
    if weight is None:
        return tally(table.group_by(keys).agg(rows=table.count()), keys=keys, sums=_PLAIN)
    weights = table[weight].cast("float64")
    fit = weights.isnan().fill_null(True).ifelse(None, weights)
    counted = table.mutate(__weight=fit, **{prediction: fit.isnull().ifelse(None, table[prediction])})
    w = counted["__weight"]
    found = counted.group_by(keys).agg(rows=counted.count(), weights=w.sum(), squares=(w * w).sum(), __least=w.min())
    counts = tally(found, keys=keys, sums=(*_WEIGHTED, "__least"))
    if any(values[3] < 0 for values in counts.cells.values()):
        raise MeasureInputError(
            f"Column {weight!r} holds a weight below 0. Weights are 0 or more; fix the column or leave it out.",
            code="UP-MEASURE-03",
        )
    return Tally(counts.keys, _WEIGHTED, {key: values[:3] for key, values in counts.cells.items()})


@dataclass(frozen=True, slots=True)
class Decisions:
    """Decisions by finest group. ``undecided_rows`` had no decision (or weight), ``unlabelled_rows`` no label."""

    by: tuple[str, ...]
    groups: Mapping[tuple[str, ...], Cells]
    has_labels: bool
    weighted: bool
    undecided_rows: int
    unlabelled_rows: int

    def rows(self) -> int:
        """Rows with a decision."""
        return int(sum(cells[..., 0].sum() for cells in self.groups.values()))

    def over(self, columns: Sequence[str]) -> dict[tuple[str, ...], Cells]:
        """The same cells by fewer columns, groups in order of their text."""
        where = [self.by.index(column) for column in columns]
        found: dict[tuple[str, ...], Cells] = {}
        for group, cells in self.groups.items():
            key = tuple(group[position] for position in where)
            found[key] = found[key] + cells if key in found else cells
        return dict(sorted(found.items()))


def read_decisions(
    counts: Tally, *, by: Sequence[str], prediction: str, label: str | None, favourable: str | tuple[str, ...]
) -> Decisions:
    """Gives the cells their meaning. Several favourable values part any number of values in two: these and the others.

    Raises:
        MeasureInputError: label or decision has more than two values beside a single favourable one, or none is
            favourable.
    """
    good = (favourable,) if isinstance(favourable, str) else favourable
    keys = counts.keys
    at_prediction = keys.index(prediction)
    at_label = None if label is None else keys.index(label)
    for column, position in ((prediction, at_prediction), (label, at_label)):
        if column is not None and position is not None and len(good) == 1:
            demand_two_values(column, ((key[position], values[0]) for key, values in counts.cells.items()))
    _demand_favourable(counts, [(prediction, at_prediction), (label, at_label)], good)
    groups: dict[tuple[str, ...], Cells] = {}
    undecided = unlabelled = 0
    where = [keys.index(column) for column in by]
    for key, values in counts.cells.items():
        rows = int(values[0])
        decision = key[at_prediction]
        if decision is None:
            undecided += rows
            continue
        outcome = 2 if at_label is None or key[at_label] is None else int(_is_one(good, key[at_label]))
        unlabelled += rows if outcome == 2 and at_label is not None else 0
        cells = groups.setdefault(tuple(value_text(key[at]) for at in where), np.zeros((3, 2, 3)))
        cells[outcome, int(_is_one(good, decision))] += values if len(values) == 3 else values * 3
    return Decisions(tuple(by), groups, label is not None, len(counts.sums) == 3, undecided, unlabelled)


def _is_one(declared: tuple[str, ...], value: object) -> bool:
    return any(is_value(one, value) for one in declared)


def demand_two_values(column: str, counted: Iterable[tuple[object, float]]) -> None:
    """Refuses a column of decisions or labels with more than two values, given with their rows.

    Raises:
        MeasureInputError: with those values that ten rows hold.
    """
    count, shown = values_shown(counted)
    if count > 2:
        raise MeasureInputError(
            f"Column {column!r} holds {count} values ({shown}); a label or decision has two. "
            "Name a column with two values, turn others (such as 'unknown') into missing, or compare all of them with "
            "the option `task: multiclass`.",
            code="UP-MEASURE-04",
        )


def _demand_favourable(
    counts: Tally, columns: list[tuple[str | None, int | None]], favourable: tuple[str, ...]
) -> None:
    for column, position in columns:
        if column is None or position is None:
            continue
        found = [(key[position], values[0]) for key, values in counts.cells.items() if key[position] is not None]
        several = len({value for value, _ in found}) >= 2
        if several and not any(_is_one(favourable, value) for value, _ in found):
            _, shown = values_shown(found, 12)
            raise MeasureInputError(
                f"Column {column!r} never holds the favourable value {' or '.join(map(repr, favourable))}; it holds "
                f"{shown}. Set `favourable` of the data set to the value that is good for the person.",
                code="UP-MEASURE-05",
            )


def share_of(cells: Cells, rate: str) -> Share:
    """One rate of one group. ``rate`` is one of ``RATES``."""
    cases, base = (_sum(cells, places) for places in _RATES[rate])
    return Share(rows=int(base[0]), base=base[1], base_squares=base[2], cases=cases[1], cases_squares=cases[2])


def _sum(cells: Cells, places: tuple[tuple[int, int], ...]) -> tuple[float, float, float]:
    total = sum((cells[place] for place in places), np.zeros(3))
    return float(total[0]), float(total[1]), float(total[2])


def groupings(columns: Sequence[str], *, intersections: bool) -> list[tuple[str, ...]]:
    """Each column alone, then every intersection of two and more.

    >>> groupings(["a", "b"], intersections=True)
    [('a',), ('b',), ('a', 'b')]
    """
    longest = len(columns) if intersections else 1
    return [group for size in range(1, longest + 1) for group in itertools.combinations(columns, size)]
