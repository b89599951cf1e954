"""How a column is cut into cells: fixed once, from the baseline, so that every later table falls into the same ones.

Engines differ in their approximate quantiles, so the cuts are kept beside the baseline's counts. Numbers fall into
1,024 even cells over the baseline's range; where that leaves a cell too full, into 256 between each two of eleven
quantiles; where that does too, into 256 cells of equal shares. A value that many rows share has a cell of its own.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from upright.measures.distinct import distinct
from upright.measures.quality import is_missing
from upright.measures.tally import Tally, collect, tally

if TYPE_CHECKING:
    from ibis.expr.types import Column, Table

Numbers = npt.NDArray[np.float64]
CELLS = 1_024
FULL = 1 / 256
MOST_VALUES = 1_000
BUCKETS = 16
_FEW = 50
_SHARED_BY = 10
OTHERS = "\0others"
SAMPLE = 10_000
_ENDS = np.array([0.0, 1.0])
_TAILS = np.array([0.0, 0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999, 1.0])
_EQUAL = np.arange(257) / 256
_NARROW = 1e-12
_FAR = 1e150
_PRIME = 1_000_003
_HASHED = 8
_CROWD = 10


@dataclass(frozen=True, slots=True)
class NumberCuts:
    """Stretches of evenly wide cells: stretch i starts at ``knots[i]`` and has ``cells[i]`` cells; the last knot ends.

    Cell 0 lies below all of them, the last one above.
    """

    knots: tuple[float, ...]
    cells: tuple[int, ...]

    @property
    def total(self) -> int:
        """Number of cells between the outer two."""
        return sum(self.cells)

    @property
    def origin(self) -> float:
        """What sums of values are taken from, so that large numbers of small spread keep their digits."""
        return self.knots[len(self.knots) // 2]

    def stretches(self) -> list[tuple[float, float, int]]:
        """Start, cells per unit and first cell of each stretch."""
        found, first = [], 0
        for start, end, count in zip(self.knots, self.knots[1:], self.cells, strict=False):
            found.append((start, count / (end - start), first))
            first += count
        return found

    def edges(self) -> Numbers:
        """Where each cell but the first begins."""
        parts = [
            start + np.arange(count) / scale
            for (start, scale, _), count in zip(self.stretches(), self.cells, strict=True)
        ]
        return np.concatenate([*parts, self.knots[-1:]])

    def locate(self, values: Numbers) -> npt.NDArray[np.int64]:
        """The cell of each value, as the engine finds it."""
        start, scale, first = (np.array(one, dtype=np.float64) for one in zip(*self.stretches(), strict=True))
        if len(start) > 1:
            which = np.searchsorted(np.array(self.knots[1:-1]), values, side="right")
            start, scale, first = start[which], scale[which], first[which]
        place = (values - start) * scale
        place += first
        np.floor(place, out=place)
        return np.clip(place, -1, self.total, out=place).astype(np.int64) + 1

    def cell_of(self, value: "Column") -> Any:
        """The same as an expression of an engine, for values that are not missing; ``value`` is repeated in it."""
        parts: list[Any] = [-1.0]
        for (start, scale, first), count in zip(self.stretches(), self.cells, strict=True):
            parts.append(float(first) if count == 1 else (value - start) * scale + float(first))
        parts.append(float(self.total))

        def within(first: int, last: int) -> Any:
            if first == last:
                return parts[first]
            middle = (first + last) // 2
            return (value < self.knots[middle]).ifelse(within(first, middle), within(middle + 1, last))

        return within(0, len(parts) - 1).floor().cast("int16") + 1


def draw(table: "Table", columns: Sequence[str], rows: int) -> dict[str, Numbers]:
    """Finite numbers of about 10,000 rows by column, of all rows where there are hardly more.

    Rows are chosen by a hash of their numbers, so the same rows give the same sample in any order.
    """
    if not columns:
        return {}
    every = rows // SAMPLE
    wanted = {name: as_number(table[name]) for name in columns}
    if every < 2:
        found = _floats(table.select(**wanted), len(columns))
    else:
        first, *more = sorted(columns, key=lambda name: not table[name].type().is_floating())[:_HASHED]
        mixed = sum((_hash(table[name]) for name in more), _hash(table[first]))
        found = _floats(table.filter(mixed % every == 0).select(**wanted), len(columns))
        if len(np.unique(np.nan_to_num(found), axis=0)) < SAMPLE // 10:
            return {name: _different(table, name) for name in columns}
    return {name: _finite(table, name, part) for name, part in zip(columns, found.T, strict=True)}


def _hash(column: "Column") -> Any:
    return (column.hash() % _PRIME).fill_null(0)


def _floats(table: "Table", width: int) -> Numbers:
    return np.array(collect(table), dtype=np.float64).reshape(-1, width)


def _finite(table: "Table", column: str, sample: Numbers) -> Numbers:
    """The finite numbers of a sample; where it has none, the different ones of the whole column."""
    sample = sample[np.isfinite(sample)]
    return np.clip(sample, -_FAR, _FAR) if len(sample) else _different(table, column)


def _different(table: "Table", column: str) -> Numbers:
    """The least 10,000 different numbers of a column: rows of few different ones are in or out by whole heaps."""
    value = table.select(v=as_number(table[column])).distinct()
    sample = _floats(value.filter(value["v"].notnull()).order_by("v").limit(SAMPLE), 1)[:, 0]
    return np.clip(sample[np.isfinite(sample)], -_FAR, _FAR)


def as_number(column: "Column") -> Any:
    """The column as floats, NULL where it has no value."""
    value = as_float(column)
    return value.isnan().fill_null(True).ifelse(None, value) if column.type().is_floating() else value


def as_float(column: "Column") -> Any:
    """The column as floats; what is not a number stays one."""
    return (column.cast("int8") if column.type().is_boolean() else column).cast("float64")


def number_cuts(sample: Numbers) -> NumberCuts:
    """The fewest stretches in which no cell holds more than 1/256 of the sample beside its commonest value.

    One even stretch does for most columns; long tails need more; what is left has cells of equal shares.
    The sample holds one value at least, all of them finite.
    """
    values, counts = np.unique(sample, return_counts=True)
    if len(values) == 1:
        return NumberCuts((float(values[0]), float(values[0]) + _width(values[0])), (1,))
    full = len(sample) * FULL
    full += 4.0 * math.sqrt(full)  # what chance adds to the fullest cell of a sample
    for shares, each in ((_ENDS, CELLS), (_TAILS, CELLS // 4), (_EQUAL, 1)):
        cuts = _stretched(sample, shares, each)
        cells = cuts.locate(values)
        together = np.bincount(cells, weights=counts)
        commonest = np.zeros_like(together)
        np.maximum.at(commonest, cells, counts)
        if (together - commonest).max() <= full:
            break
    return cuts


def _width(value: float) -> float:
    """A distance that tells a number from its neighbours, and that survives arithmetic."""
    return max(abs(float(value)) * _NARROW, _NARROW)


def _stretched(sample: Numbers, shares: Numbers, each: int) -> NumberCuts:
    """Stretches between these quantiles of the sample; a value that many rows share has one of its own.

    Any other quantile is somebody's value, and cuts are kept: so it is rounded, to two digits of what lies beside it.
    """
    asked = distinct(np.quantile(sample, shares, method="inverted_cdf"))
    crowd = max(_CROWD, FULL * len(sample)) if len(shares) > 2 else math.inf
    gaps = np.diff(asked)
    knots: list[float] = []
    cells: list[int] = []
    for at, value in enumerate(asked.tolist()):
        if knots and at == len(asked) - 1 and (sample == value).sum() < crowd:
            break
        if (sample == value).sum() >= crowd:
            knots += [value, value + _width(value)]
            cells += [1, each]
        else:
            step = 10.0 ** (math.floor(math.log10(gaps[max(0, at - 1) : at + 1].min())) - 1)
            knots.append(math.floor(value / step) * step)
            cells.append(each)
    if knots[-1] <= asked[-1]:
        step = 10.0 ** (math.floor(math.log10(gaps[-1])) - 1)
        knots.append(max(math.floor(asked[-1] / step) * step + step, float(np.nextafter(asked[-1], np.inf))))
    return NumberCuts(tuple(knots), tuple(cells[: len(knots) - 1]))


def count_numbers(table: "Table", column: str, cuts: NumberCuts) -> Tally:
    """Rows and sums of values (less ``cuts.origin``) per cell; a row without a value is counted under cell ``None``."""
    raw = as_float(table[column])
    missing = raw.isnull()
    if table[column].type().is_floating():
        missing |= raw.isnan()
    fine = table.select(cell=missing.ifelse(None, cuts.cell_of(raw)), away=raw - cuts.origin)
    found = fine.group_by("cell").agg(
        rows=fine.count(), total=fine["away"].sum(), squares=(fine["away"] * fine["away"]).sum()
    )
    return tally(found, keys=("cell",), sums=("rows", "total", "squares"))


def count_values(table: "Table", column: str) -> Tally | None:
    """Rows per value of a column of text, ``None`` for no value.

    Nothing where it has more than 1,000 values, or so many that ten rows do not share one on average.
    """
    found = collect(table.group_by(column).agg(rows=table.count()).limit(MOST_VALUES + 1))
    crowded = len(found) <= _FEW or len(found) * _SHARED_BY <= sum(count for _, count in found)
    if len(found) > MOST_VALUES or not crowded:
        return None
    rows = [(None if value is None or value == "" else str(value), count) for value, count in found]
    return Tally.of(("value",), ("rows",), rows)


def count_known(table: "Table", column: str, values: Collection[str]) -> Tally:
    """The same for these values; all others are counted together, under ``OTHERS``."""
    text = is_missing(table[column]).ifelse(None, table[column].cast("string"))
    named = table.select(missing=text.isnull(), value=text.isin(sorted(values)).ifelse(text, None))
    found = collect(named.group_by(["missing", "value"]).agg(rows=named.count()))
    rows = [(None if missing else OTHERS if value is None else value, count) for missing, value, count in found]
    return Tally.of(("value",), ("rows",), rows)


def count_buckets(table: "Table", column: str) -> Tally:
    """Rows per bucket of values, for columns of very many: a value's bucket is the engine's hash of it."""
    text = is_missing(table[column]).ifelse(None, table[column].cast("string"))
    named = table.select(value=text.isnull().ifelse(None, (text.hash() % BUCKETS).abs()))
    found = collect(named.group_by("value").agg(rows=named.count()))
    return Tally.of(
        ("value",), ("rows",), [(None if value is None else f"bucket {value}", rows) for value, rows in found]
    )
