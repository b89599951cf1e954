"""Rows for a model: a seeded sample of the features of a data set, and what of the sandbox must be said."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from upright.checks.asking import ModelSession
from upright.checks.contract import Binding, Context, ModelSource, TableSource
from upright.checks.inputs import demand_rows
from upright.checks.rescore import sample
from upright.evidence.statement import NotExamined
from upright.kernel import InputError
from upright.measures.errors import MeasureInputError

if TYPE_CHECKING:
    from ibis.expr.types import Table


def named_table(binding: Binding, part: str) -> TableSource:
    """The data set that the binding names as ``against`` or ``training``.

    Raises:
        MeasureInputError: it names none.
        InputError: it names a model.
    """
    found = getattr(binding, part)
    if found is None:
        raise MeasureInputError(
            f"{binding.check} needs rows to ask the model about, and the binding names none. Add `{part}: dataset:…`.",
            code="UP-MODEL-33",
        )
    if isinstance(found, ModelSource):
        raise InputError(
            f"{binding.id}: `{part}` names {found.ref}; {binding.check} needs a data set there.", code="UP-CHECK-30"
        )
    source: TableSource = found
    return source


def table_for(model: ModelSource, source: TableSource, context: Context, more: Iterable[str] = ()) -> "Table":
    """The data set's table, which must have rows and every feature of the model.

    Raises:
        MeasureInputError: no rows, or a feature that is no column.
    """
    table = context.open_table(source)
    if not model.features:
        raise MeasureInputError(
            f"{model.ref} names no features, so it cannot be asked. Set `features: […]`.", code="UP-MODEL-03"
        )
    for name in (*model.features, *more):
        if name not in table.columns:
            raise MeasureInputError(
                f"{source.ref} has no column {name!r}, which {model.ref} reads. Name a data set with the model's "
                "features.",
                code="UP-MODEL-34",
            )
    demand_rows(table, source)
    return table


def sampled(table: "Table", model: ModelSource, seed: int, size: int, more: Sequence[str] = ()) -> dict[str, list[Any]]:
    """A seeded sample of rows: the model's features, and more columns."""
    return sample(table, [*model.features, *more], seed=seed, size=size)


def unbounded(session: ModelSession) -> Iterator[NotExamined]:
    """What of the sandbox this machine lacks."""
    for note in session.notes:
        yield NotExamined(what="the sandbox of the model", why=note, count=1)


def whole_option(name: str, value: int, least: int, most: int) -> int:
    """An option within bounds.

    Raises:
        InputError: beyond them.
    """
    if not least <= value <= most:
        raise InputError(f"option {name} is {value}; expected {least:,} to {most:,}.", code="UP-CHECK-03")
    return value
