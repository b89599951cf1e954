"""Every table has a class: recorded, derived or session, each with its reason; a house test walks all of them.

A record's table is recorded by being one: ``verify`` compares its rows with their entries. Every other table is named
by the app that brings it, and a derived one with how ``verify`` compares it with what it derives from.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from django.apps import apps

from upright.ledger import Problem
from upright.records.trail.reasons import says_nothing
from upright.records.trail.record import Record

Compare = Callable[[], Iterator[Problem]]


@dataclass(frozen=True)
class Table:
    """What a table is to the ledger, and why; ``compare`` finds rows that differ from what they derive from."""

    kind: Literal["recorded", "derived", "session"]
    reason: str
    compare: Compare | None = None


_TABLES: dict[str, Table] = {}


def register(tables: Mapping[str, Table]) -> None:
    """Classes tables by name.

    Raises:
        ValueError: a table was classed before, otherwise, or is called derived and not compared.
    """
    for name, table in tables.items():
        if _TABLES.get(name, table) != table:
            raise ValueError(f"The table {name} was classed before.")
        if says_nothing(table.reason) or (table.kind == "derived") != (table.compare is not None):
            raise ValueError(f"The table {name}: a reason is needed, and a comparison where it is derived, only there.")
        _TABLES[name] = table


def classed() -> Mapping[str, Table]:
    """Every classed table by name."""
    records = {
        model._meta.db_table: Table("recorded", "A record: each row is compared with its newest entry.")
        for model in apps.get_models()
        if issubclass(model, Record)
    }
    return records | _TABLES


def problems() -> Iterator[Problem]:
    """Rows of derived tables that are not what they derive from."""
    for _, table in sorted(_TABLES.items()):
        if table.compare is not None:
            yield from table.compare()


def stays_empty(label: str) -> Compare:
    """A comparison for a table of somebody else's app that nothing of ours fills: any row there is a problem."""

    def compare() -> Iterator[Problem]:
        model = apps.get_model(label)
        for row in model._base_manager.order_by("pk").iterator(500):
            yield Problem(
                code="UP-ROW-06",
                file=f"{model._meta.db_table}: {row.pk}",
                expected="no row: nothing of ours writes this table",
                got="a row",
            )

    return compare
