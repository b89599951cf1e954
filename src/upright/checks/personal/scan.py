"""A table scanned for personal data: distinct values first, a cheap filter in the database, then every pattern."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from upright.checks.personal.patterns import look, masked
from upright.measures.tally import collect, stream

if TYPE_CHECKING:
    from ibis.expr.types import Column, Table

LONGEST = 20_000
_SHOWN = 3
_MOST_SHAPES = 200
_LEAST_FOR_CHANCE = 30
_DOUBT = 3.1
"""One-sided 0.1 %: by how much the passes of a checksum must be above chance."""
_WORTH_A_LOOK = (
    r"@|[0-9](?:[^0-9]{0,2}[0-9]){6}|[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|[A-Za-z]{2}[0-9]{2}"
    r"|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:"
)


@dataclass(slots=True)
class Found:
    """One type in one column: rows whose check holds; of different values, how many have the form and how many hold."""

    rows: int = 0
    candidates: int = 0
    held: int = 0
    expected: float = 0.0
    spread: float = 0.0
    shapes: Counter[str] = field(default_factory=Counter)
    countries: Counter[str] = field(default_factory=Counter)

    @property
    def is_chance(self) -> bool:
        """Whether so many checks would hold on random numbers of this form too; never said of fewer than 30 values."""
        if self.candidates < _LEAST_FOR_CHANCE or self.expected <= 0.0:
            return False
        return self.held <= self.expected + _DOUBT * math.sqrt(self.spread)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnScan:
    """What one column holds; ``cut`` counts rows of which only the first 20,000 characters were read."""

    name: str
    rows: int
    types: dict[str, Found]
    cut: int = 0
    unread: str = ""


def scan_table(table: "Table") -> Iterator[ColumnScan]:
    """Scans each column of a table, in its order; values that occur often are looked at once."""
    for name in table.columns:
        yield _scan(table, name)


def _scan(table: "Table", name: str) -> ColumnScan:
    kind = table[name].type()
    ((rows,),) = collect(table.aggregate(rows=table[name].count()))
    if kind.is_nested() or kind.is_binary() or kind.is_json():
        return ColumnScan(name=name, rows=int(rows), types={}, unread=f"it holds {kind}, which is not read")
    if not (kind.is_string() or kind.is_integer() or kind.is_decimal()):
        return ColumnScan(name=name, rows=int(rows), types={})
    text = table[name] if kind.is_string() else table[name].cast("string")
    types: dict[str, Found] = {}
    for value, count in _values(table, text):
        _take(types, value, count)
    ((cut,),) = collect(table.aggregate(cut=(text.length() > LONGEST).sum()))
    return ColumnScan(name=name, rows=int(rows), types=types, cut=int(cut or 0))


def _values(table: "Table", text: "Column") -> Iterator[tuple[str, int]]:
    """Distinct texts that could hold anything, and how often each occurs."""
    short = text.substr(0, LONGEST)
    counted = table.select(value=short).filter(lambda t: t.value.re_search(_WORTH_A_LOOK))
    counted = counted.group_by("value").aggregate(rows=lambda t: t.count())
    yield from stream(counted.select("value", "rows"))


def _take(types: dict[str, Found], value: str, count: int) -> None:
    for seen in look(value):
        found = types.setdefault(seen.type, Found())
        if seen.chance:
            found.candidates += 1
            found.expected += seen.chance
            found.spread += seen.chance * (1.0 - seen.chance)
        if seen.holds:
            found.held += 1
            found.rows += count
            if len(found.shapes) < _MOST_SHAPES:
                found.shapes[masked(value)] += count
            if seen.detail:
                found.countries[seen.detail] += count


def shown(found: Found) -> list[str]:
    """The commonest shapes, as a reader may see them."""
    return [shape for shape, _ in sorted(found.shapes.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]]
