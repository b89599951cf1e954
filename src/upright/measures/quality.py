"""Facts about a table: what is missing, repeated, constant or out of range; all but repeats in one aggregate query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from upright.measures.errors import MeasureInputError
from upright.measures.shares import Share
from upright.measures.tally import collect, demand_names, demand_single_values, row_count
from upright.measures.values import value_text

if TYPE_CHECKING:
    from ibis.expr.types import Column, Scalar, Table

Range = tuple[float | None, float | None]
"""Least and greatest value allowed, both included; ``None`` = open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts:
    """One column: rows without a value, rows out of its range (of those with one), whether it is always the same."""

    name: str
    missing: int
    outside: int | None
    constant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """A whole table, counted."""

    rows: int
    columns: tuple[ColumnFacts, ...]


def table_facts(table: "Table", ranges: Mapping[str, Range]) -> TableFacts:
    """Counts, in one pass. NULL, NaN and empty text are missing.

    Raises:
        MeasureInputError: a range is set on a column that is absent or does not hold numbers.
    """
    for name in ranges:
        if name not in table.columns or not table[name].type().is_numeric():
            found = "is not in the table" if name not in table.columns else f"holds {table[name].type()}"
            raise MeasureInputError(
                f"The range of {name!r} cannot be checked: the column {found}. Expected a column of numbers.",
                code="UP-MEASURE-11",
            )
    asked: dict[str, Scalar] = {"rows": table.count()}
    for position, name in enumerate(table.columns):
        asked |= _asked(position, table[name], ranges.get(name))
    (values,) = collect(table.aggregate(**asked))
    found_ = dict(zip(asked, values, strict=True))
    rows = int(found_["rows"])
    columns = tuple(_facts(position, name, found_, rows) for position, name in enumerate(table.columns))
    return TableFacts(rows=rows, columns=columns)


def _asked(position: int, column: "Column", allowed: Range | None) -> dict[str, Any]:
    missing = is_missing(column)
    asked: dict[str, Any] = {f"missing_{position}": missing.cast("int64").sum()}
    kind = column.type()
    if kind.is_numeric() or kind.is_string() or kind.is_temporal() or kind.is_boolean():
        value = missing.ifelse(None, column)
        asked[f"same_{position}"] = value.min() == value.max()
    if allowed is not None:
        number = missing.ifelse(None, column.cast("float64"))
        low, high = allowed
        outside = number != number  # false wherever there is a number
        if low is not None:
            outside |= number < low
        if high is not None:
            outside |= number > high
        asked[f"outside_{position}"] = outside.fill_null(False).cast("int64").sum()
    return asked


def is_missing(column: "Column") -> Any:
    """An expression that is true where the column has no value: NULL, NaN or empty text."""
    missing = column.isnull()
    if column.type().is_floating():
        missing |= column.isnan()
    if column.type().is_string():
        missing |= column == ""
    return missing.fill_null(True)


def _facts(position: int, name: str, found: Mapping[str, Any], rows: int) -> ColumnFacts:
    missing = int(found[f"missing_{position}"] or 0)
    outside = found.get(f"outside_{position}", _ABSENT)
    return ColumnFacts(
        name=name,
        missing=missing,
        outside=None if outside is _ABSENT else int(outside or 0),
        constant=bool(found.get(f"same_{position}")) and missing == 0 and rows > 1,
    )


_ABSENT = object()


def repeated_rows(table: "Table", key: Sequence[str]) -> int:
    """Rows beyond the first of each value of ``key`` (all columns, where it is empty)."""
    chosen = table.select(*key) if key else table
    return row_count(table) - row_count(chosen.distinct())


def value_counts(table: "Table", column: str) -> dict[str, int]:
    """Rows per value as text, largest first.

    Raises:
        MeasureInputError: lists or bytes; more than 1,000 values, so shares of values say little; one too long to be
            a name.
    """
    demand_single_values(table, [column])
    found = collect(table.group_by(column).agg(rows=table.count()).limit(1_001))
    if len(found) > 1_000:
        raise MeasureInputError(
            f"Column {column!r} has more than 1,000 values; shares are compared for columns with few. Band it first.",
            code="UP-MEASURE-12",
        )
    demand_names(column, (value for value, _ in found))
    counts: dict[str, int] = {}
    for value, rows in found:
        counts[value_text(value)] = counts.get(value_text(value), 0) + int(rows)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def plain_share(cases: int, rows: int) -> Share:
    """A share of unweighted rows."""
    return Share(rows=rows, base=rows, base_squares=rows, cases=cases, cases_squares=cases)
