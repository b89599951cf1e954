"""A table scanned for personal data: distinct values first, a cheap filter in the database, then every pattern."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from upright.checks.personal.names import Sampled
from upright.checks.personal.national import NATIONAL_IDS
from upright.checks.personal.patterns import HINTS, Seen, look, look_at, masked
from upright.measures.tally import collect, stream

if TYPE_CHECKING:
    from ibis.expr.datatypes import DataType
    from ibis.expr.types import Column, Table

LONGEST = 20_000
_SHOWN = 3
_MOST_SHAPES = 200
_LEAST_FOR_CHANCE = 30
_DOUBT = 3.1
"""One-sided 0.1 %: by how much the passes of a checksum must be above chance."""
_RARE = 0.001 / len(NATIONAL_IDS)
_CHANCES = {one.country: one.chance for one in NATIONAL_IDS}
_WORTH_A_LOOK = (
    r"@|[0-9](?:[^0-9]{0,2}[0-9]){6}|[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|[A-Za-z]{2}[0-9]{2}"
    r"|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:"
)
_BATCH = 4_000
_AT_ONCE = 50


@dataclass(slots=True)
class Found:
    """One type in one column: rows whose check holds; of different values, how many have the form and how many hold."""

    rows: int = 0
    candidates: int = 0
    held: int = 0
    expected: float = 0.0
    spread: float = 0.0
    shapes: Counter[str] = field(default_factory=Counter)
    fits: Counter[tuple[str, ...]] = field(default_factory=Counter)
    countries: Counter[str] = field(default_factory=Counter)
    """Different values whose check holds, by country; one value may hold in several."""

    @property
    def most_by_chance(self) -> float:
        """Above so many passes there is more than chance."""
        return self.expected + _DOUBT * math.sqrt(self.spread)

    @property
    def is_chance(self) -> bool:
        """Whether so many checks would hold on random numbers of this form too; never said of fewer than 30 values.

        National numbers must be no more than chance for each country too: a few of one country do not hide behind
        what passes for the others.
        """
        if self.candidates < _LEAST_FOR_CHANCE or self.expected <= 0.0 or self.held > self.most_by_chance:
            return False
        fitting: Counter[str] = Counter()
        for countries, count in self.fits.items():
            fitting.update(dict.fromkeys(countries, count))
        return all(
            beyond(held, fitting[country] * _CHANCES[country]) >= _RARE for country, held in self.countries.items()
        )


def beyond(count: int, expected: float) -> float:
    """The chance of so many or more where so many are expected (Poisson, above the binomial where that is small).

    >>> round(beyond(3, 1.0), 4), beyond(0, 0.5)
    (0.0803, 1.0)
    """
    if count <= expected:
        return 1.0
    term = math.exp(count * math.log(expected) - expected - math.lgamma(count + 1))
    total, at = 0.0, count
    while term > 1e-12 * max(total, 1e-300):
        total += term
        at += 1
        term *= expected / at
    return min(1.0, total)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnScan:
    """What one column holds; ``cut`` counts rows of which only the first 20,000 characters were read.

    ``label`` is its name as evidence may repeat it, ``named_after`` what its own name is, if that is personal;
    ``sampled`` are the types that carry no check.
    """

    name: str
    label: str
    named_after: tuple[str, ...]
    rows: int
    types: dict[str, Found]
    cut: int = 0
    unread: str = ""
    is_text: bool = False
    sampled: tuple[Sampled, ...] = ()


def scan_table(table: "Table") -> Iterator[ColumnScan]:
    """Scans each column of a table, in its order; values that occur often are looked at once."""
    counted = _counted(table)
    for at, name in enumerate(table.columns, start=1):
        types = tuple(sorted(seen.type for seen in look(name) if seen.holds))
        label = f"{at}, named {masked(name)}" if types else name
        rows, cut = counted[name]
        yield _scan(table, ColumnScan(name=name, label=label, named_after=types, rows=rows, types={}, cut=cut))


def _counted(table: "Table") -> dict[str, tuple[int, int]]:
    """Values and texts too long to be read whole, of each column. Many share a query: each costs Ibis 3 CPU ms."""
    found: dict[str, tuple[int, int]] = {}
    for start in range(0, len(table.columns), _AT_ONCE):
        part = table.columns[start : start + _AT_ONCE]
        asked = {f"rows_{at}": table[name].count() for at, name in enumerate(part)}
        for at, name in enumerate(part):
            if _is_read(table[name].type()):
                asked[f"cut_{at}"] = (_text(table[name]).length() > LONGEST).sum()
        (values,) = collect(table.aggregate(**asked))
        known = dict(zip(asked, values, strict=True))
        found |= {name: (int(known[f"rows_{at}"]), int(known.get(f"cut_{at}") or 0)) for at, name in enumerate(part)}
    return found


def _is_read(kind: "DataType") -> bool:
    return bool(kind.is_string() or kind.is_integer() or kind.is_decimal())


def _text(column: "Column") -> "Column":
    return column if column.type().is_string() else column.cast("string")


def _scan(table: "Table", blank: ColumnScan) -> ColumnScan:
    name = blank.name
    kind = table[name].type()
    if kind.is_nested() or kind.is_binary() or kind.is_json():
        return replace(blank, unread=f"it holds {kind}, which is not read")
    if not _is_read(kind):
        return blank
    types: dict[str, Found] = {}
    values = _values(table, _text(table[name]))
    while part := list(islice(values, _BATCH)):
        _take(types, part)
    return replace(blank, types=types, is_text=kind.is_string())


def _values(table: "Table", text: "Column") -> Iterator[tuple[str, int, int]]:
    """Distinct texts that could hold anything, how often each occurs, and what it may hold (see ``HINTS``)."""
    short = text.substr(0, LONGEST)
    counted = table.select(value=short).filter(lambda t: t.value.re_search(_WORTH_A_LOOK))
    counted = counted.group_by("value").aggregate(rows=lambda t: t.count())
    hints = [counted.value.re_search(pattern).cast("int64") * bit for bit, pattern in HINTS.items()]
    yield from stream(counted.select("value", "rows", hint=sum(hints[1:], hints[0])))


def _take(types: dict[str, Found], part: Sequence[tuple[str, int, int]]) -> None:
    looks = look_at([value for value, _, _ in part], [hint for _, _, hint in part])
    for (value, count, _), seen in zip(part, looks, strict=True):
        for name, one in seen.items():
            if name not in types:
                types[name] = Found()
            _add(types[name], value, count, one)


def _add(found: Found, value: str, count: int, seen: Seen) -> None:
    if seen.chance:
        found.candidates += 1
        found.expected += seen.chance
        found.spread += seen.chance * (1.0 - seen.chance)
        if seen.fits:
            found.fits[seen.fits] += 1
    if seen.holds:
        found.held += 1
        found.rows += count
        for country in seen.held:
            found.countries[country] += 1
        shapes, shape = found.shapes, masked(value)
        if shape in shapes or len(shapes) < _MOST_SHAPES:
            shapes[shape] += count


def shown(found: Found) -> list[str]:
    """The commonest shapes, as a reader may see them."""
    return [shape for shape, _ in sorted(found.shapes.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]]
