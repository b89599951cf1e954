"""A tally: sums per cell. Day + day = month, shard + shard = whole."""

import contextlib
import warnings
import weakref
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from upright.measures.errors import MeasureInputError

if TYPE_CHECKING:
    from ibis.expr.types import Table

Key = tuple[Hashable, ...]
MOST_CELLS = 100_000
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums per cell: a commutative monoid under ``+`` with ``Tally.empty`` as its zero.

    ``keys`` and ``sums`` are names; ``cells`` maps key values to as many sums. Sums of counts are whole numbers, so
    they add exactly in any order; sums of weights and scores are floats and agree to rounding.
    """

    keys: tuple[str, ...]
    sums: tuple[str, ...]
    cells: Mapping[Key, tuple[float, ...]]

    @classmethod
    def empty(cls, keys: Sequence[str], sums: Sequence[str]) -> Self:
        """The tally of no rows."""
        return cls(tuple(keys), tuple(sums), {})

    @classmethod
    def of(cls, keys: Sequence[str], sums: Sequence[str], rows: Iterable[Sequence[Any]]) -> Self:
        """From rows of key values followed by sums; equal keys are added. A float NaN key counts as missing."""
        cells: dict[Key, tuple[float, ...]] = {}
        for row in rows:
            key = tuple(None if value != value else value for value in row[: len(keys)])  # only NaN differs from itself
            _put(cells, key, tuple(0 if value is None else value for value in row[len(keys) :]))
        return cls(tuple(keys), tuple(sums), cells)

    def __add__(self, other: "Tally") -> "Tally":
        """Both together.

        Raises:
            MeasureInputError: they count different things.
        """
        if (self.keys, self.sums) != (other.keys, other.sums):
            raise MeasureInputError(
                f"Two summaries cannot be merged: one counts {self.sums} by {self.keys}, the other {other.sums} by "
                f"{other.keys}. Summarise both with the same columns.",
                code="UP-MEASURE-01",
            )
        cells = dict(self.cells)
        for key, values in other.cells.items():
            _put(cells, key, values)
        return Tally(self.keys, self.sums, cells)

    def where(self, name: str) -> int:
        """Position of the sum ``name``."""
        return self.sums.index(name)


def _put(cells: dict[Key, tuple[float, ...]], key: Key, values: tuple[float, ...]) -> None:
    known = cells.get(key)
    cells[key] = values if known is None else tuple(a + b for a, b in zip(known, values, strict=True))


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """For calls in which Ibis 12 asks DuckDB 2 for Arrow by a name that DuckDB has renamed; it works, and warns."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="fetch_arrow_table", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message="fetch_record_batch", category=DeprecationWarning)
        yield


def collect(expression: "Table") -> list[tuple[Any, ...]]:
    """Runs an Ibis expression that ends in a small table; its rows as Python values, NULL as None.

    DuckDB is asked directly, because Ibis' own way out imports pandas.
    """
    backend = expression.get_backend()
    if backend.name == "duckdb":
        return list(backend.raw_sql(backend.compile(expression)).fetchall())
    with quietly():
        found = expression.to_pyarrow()
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


_COUNTED: "weakref.WeakKeyDictionary[Table, int]" = weakref.WeakKeyDictionary()


def row_count(table: "Table") -> int:
    """How many rows a table has; of each that was opened it is asked once, as most checks begin with it."""
    known = _COUNTED.get(table)
    if known is None:
        ((known,),) = collect(table.aggregate(rows=table.count()))
        _COUNTED[table] = known = int(known)
    return known


def stream(expression: "Table", *, rows: int = 50_000) -> Iterator[tuple[Any, ...]]:
    """The rows of an expression that ends in a large table, as Python values, some at a time.

    DuckDB is asked directly: Ibis 12 asks DuckDB 2 for batches by a name that it no longer has.
    """
    backend = expression.get_backend()
    if backend.name == "duckdb":
        cursor = backend.raw_sql(backend.compile(expression))
        while part := cursor.fetchmany(rows):
            yield from part
        return
    with quietly():
        for batch in expression.to_pyarrow_batches(chunk_size=rows):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def tally(expression: "Table", *, keys: Sequence[str], sums: Sequence[str]) -> Tally:
    """Runs a grouped aggregate whose columns are ``keys`` then ``sums``.

    Raises:
        MeasureInputError: a column of lists, structures or bytes; more than 100,000 cells, so a column is not a
            grouping; or a value too long to name a group.
    """
    demand_single_values(expression, keys)
    rows = collect(expression.select(*keys, *sums).limit(MOST_CELLS + 1))
    if len(rows) > MOST_CELLS:
        raise MeasureInputError(
            f"Grouping by {', '.join(keys)} gives more than {MOST_CELLS:,} cells. Expected columns with few values; "
            "put numbers such as ages into bands first.",
            code="UP-MEASURE-02",
        )
    for at, key in enumerate(keys):
        demand_names(key, (row[at] for row in rows))
    return Tally.of(keys, sums, rows)


def demand_single_values(table: "Table", columns: Iterable[str]) -> None:
    """Refuses columns whose values are no names: lists, structures, maps, bytes.

    Raises:
        MeasureInputError: with the type found.
    """
    for column in columns:
        kind = table[column].type()
        if kind.is_nested() or kind.is_binary() or kind.is_json():
            raise MeasureInputError(
                f"Column {column!r} holds {kind}; a group, label or decision is one word or number per row. Name "
                "another column, or take the part that is meant out of it first.",
                code="UP-MEASURE-14",
            )


def demand_names(column: str, values: Iterable[Any]) -> None:
    """Refuses texts too long to name a group: evidence repeats the name with every number.

    Raises:
        MeasureInputError: with the length found.
    """
    longest = max((len(value) for value in values if isinstance(value, str | bytes)), default=0)
    if longest > LONGEST_NAME:
        raise MeasureInputError(
            f"Column {column!r} holds a value of {longest:,} characters; a group, label or decision has a name of at "
            f"most {LONGEST_NAME}. Name another column, or shorten its values.",
            code="UP-MEASURE-13",
        )
