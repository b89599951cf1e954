"""Inputs that can occur: of which kind each feature is, over which range the data has it, and what a move costs.

A row is an array of floats: numbers as they are, texts by their position among the known ones, NaN for missing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from upright.measures.errors import MeasureInputError
from upright.measures.tally import collect

if TYPE_CHECKING:
    from ibis.expr.types import Column, Table, Value

Rows = npt.NDArray[np.float64]
Kind = Literal["number", "whole", "flag", "category", "fixed"]
MOST_CATEGORIES = 50
_USUAL = (0.05, 0.95)
_AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One feature. ``scale`` is what a move of 1 means: the distance from the 5th to the 95th percentile.

    ``values`` are those of a category, the most frequent first. A ``fixed`` feature is never moved, for the reason
    ``why``; its values pass through as they are.
    """

    name: str
    kind: Kind
    low: float = math.nan
    high: float = math.nan
    scale: float = math.nan
    values: tuple[Any, ...] = ()
    why: str = ""

    @property
    def is_numeric(self) -> bool:
        """Its moves are differences of numbers."""
        return self.kind in {"number", "whole", "flag"}

    @property
    def steps(self) -> bool:
        """It takes whole numbers only."""
        return self.kind in {"whole", "flag"}


@dataclass(frozen=True, slots=True)
class Space:
    """The features in the model's order. ``kept`` holds, by name, the values of fixed features of the rows at hand."""

    features: tuple[Feature, ...]
    kept: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def encode(self, columns: Mapping[str, Sequence[Any]]) -> Rows:
        """Rows as arrays of floats; a fixed feature is the row's own number, by which its value is found again.

        Raises:
            MeasureInputError: a column holds something else than the table that the space was made of.
        """
        parts = [self._checked(feature, columns[feature.name]) for feature in self.features]
        return np.column_stack(parts) if parts else np.empty((0, 0))

    def _checked(self, feature: Feature, values: Sequence[Any]) -> Rows:
        try:
            return self._encoded(feature, values)
        except (TypeError, ValueError):
            raise MeasureInputError(
                f"Column {feature.name!r} is of another kind here than in the table that its range comes from. Give "
                "both tables the same types.",
                code="UP-MODEL-36",
            ) from None

    def _encoded(self, feature: Feature, values: Sequence[Any]) -> Rows:
        if feature.kind == "fixed":
            return np.arange(len(values), dtype=np.float64)
        if feature.kind == "category":
            known = {value: float(at) for at, value in enumerate(feature.values)}
            return np.array([known.get(value, math.nan) for value in values])
        return np.array([math.nan if value is None else float(value) for value in values])

    def holding(self, columns: Mapping[str, Sequence[Any]]) -> "Space":
        """The same, for the rows of these columns."""
        return Space(self.features, {f.name: list(columns[f.name]) for f in self.features if f.kind == "fixed"})

    def decode(self, rows: Rows) -> dict[str, Any]:
        """Columns for the model: whole numbers whole, categories as their values."""
        return {feature.name: self._decoded(feature, rows[:, at]) for at, feature in enumerate(self.features)}

    def _decoded(self, feature: Feature, values: Rows) -> Any:
        if feature.kind == "fixed":
            return [self.kept[feature.name][int(value)] for value in values]
        if feature.kind == "category":
            return [None if math.isnan(value) else feature.values[int(value)] for value in values]
        if np.isnan(values).any():
            return values
        return values.astype(np.int64) if feature.steps else values

    def cost(self, moved: Rows, base: Rows) -> Rows:
        """The sum of the moves: numbers by their scale, 1 for another category; infinite where a missing one moved."""
        total = np.zeros(len(moved))
        for at, feature in enumerate(self.features):
            new, old = moved[:, at], base[:, at]
            if feature.kind == "category":
                total += (new != old) & ~(np.isnan(new) & np.isnan(old))
            elif feature.is_numeric:
                move = np.abs(new - old) / feature.scale
                total += np.where(np.isnan(new) & np.isnan(old), 0.0, np.nan_to_num(move, nan=math.inf))
        return total

    def realistic(self, rows: Rows) -> Rows:
        """The nearest rows that can occur: within ranges, whole where they must be."""
        found = rows.copy()
        for at, feature in enumerate(self.features):
            if feature.is_numeric:
                inside = np.clip(found[:, at], feature.low, feature.high)
                found[:, at] = np.rint(inside) if feature.steps else inside
        return found

    @property
    def movable(self) -> tuple[int, ...]:
        """Positions of the features that may be moved."""
        return tuple(at for at, feature in enumerate(self.features) if feature.kind != "fixed")


def space_of(table: "Table", names: Sequence[str], immutable: Sequence[str]) -> Space:
    """Kinds and ranges of the features, from every row of the table.

    Raises:
        MeasureInputError: a feature that no row has a value of, or nothing that may be moved.
    """
    for name in immutable:
        if name not in table.columns:
            raise MeasureInputError(f"There is no column {name!r} to keep immutable.", code="UP-MODEL-31")
    numbers = [name for name in names if name not in immutable and _is_number(table, name)]
    ranges = _ranges(table, list(dict.fromkeys(numbers)))
    features = tuple(_feature(table, name, name in immutable, ranges) for name in names)
    space = Space(features)
    if not space.movable:
        why = "; ".join(f"{feature.name}: {feature.why}" for feature in features)
        raise MeasureInputError(f"No feature can be moved, so nothing can flip: {why}.", code="UP-MODEL-32")
    return space


def _is_number(table: "Table", name: str) -> bool:
    kind = table[name].type()
    return bool(kind.is_numeric()) and not kind.is_boolean()


def _feature(table: "Table", name: str, is_immutable: bool, ranges: Mapping[str, Sequence[Any]]) -> Feature:
    if is_immutable:
        return Feature(name=name, kind="fixed", why="named immutable")
    if name in ranges:
        return _numeric(name, *ranges[name])
    kind = table[name].type()
    if kind.is_boolean():
        return Feature(name=name, kind="flag", low=0.0, high=1.0, scale=1.0)
    if kind.is_string():
        return _category(table, name)
    return Feature(name=name, kind="fixed", why=f"holds {kind}, which is neither a number nor a text")


def _ranges(table: "Table", names: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """Least, largest, 5th and 95th percentile and count of values that are not whole, of columns of numbers.

    Many columns share a query: putting one together costs more than DuckDB takes to answer it.
    """
    found: dict[str, tuple[Any, ...]] = {}
    for start in range(0, len(names), _AT_ONCE):
        part = names[start : start + _AT_ONCE]
        finite = {f"v{at}": _finite(table[name]) for at, name in enumerate(part)}
        values = table.select(**finite)
        ((*numbers,),) = collect(values.aggregate([one for at in finite for one in _range_of(values[at], at)]))
        found |= {name: tuple(numbers[5 * at : 5 * at + 5]) for at, name in enumerate(part)}
    return found


def _finite(column: "Column") -> "Column":
    value = column.cast("float64")
    return (value.isnan() | value.isinf()).fill_null(True).ifelse(None, value)


def _range_of(value: "Column", name: str) -> "list[Value]":
    return [
        value.min().name(f"{name}_low"),
        value.max().name(f"{name}_high"),
        value.quantile(_USUAL[0]).name(f"{name}_first"),
        value.quantile(_USUAL[1]).name(f"{name}_last"),
        (value != value.round()).sum().name(f"{name}_odd"),
    ]


def _numeric(name: str, low: Any, high: Any, first: Any, last: Any, odd: Any) -> Feature:
    if low is None:
        return Feature(name=name, kind="fixed", why="no row has a value")
    if low == high:
        return Feature(name=name, kind="fixed", why="every row has the same value")
    scale = float(last - first) or float(high - low)
    kind: Kind = "number" if odd else "flag" if (low, high) == (0.0, 1.0) else "whole"
    return Feature(name=name, kind=kind, low=float(low), high=float(high), scale=1.0 if kind == "flag" else scale)


def _category(table: "Table", name: str) -> Feature:
    import ibis

    counts = table.group_by(name).agg(rows=table.count())
    counts = counts.filter(counts[name].notnull()).order_by([ibis.desc("rows"), name]).limit(MOST_CATEGORIES + 1)
    values = [value for value, _ in collect(counts.select(name, "rows"))]
    if len(values) > MOST_CATEGORIES:
        return Feature(name=name, kind="fixed", why=f"has more than {MOST_CATEGORIES} values")
    if len(values) < 2:
        return Feature(name=name, kind="fixed", why="every row has the same value")
    return Feature(name=name, kind="category", values=tuple(values), scale=1.0)
