"""What points at a record, by type: one query over all types, put together once a type."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, ForeignKey, QuerySet, Value

from upright.desk.description import RecordType, registered
from upright.desk.visible import visible
from upright.records.identity.compiled import rows_of
from upright.records.identity.power import Powers
from upright.records.trail.fields import RefField
from upright.records.trail.record import Record


@dataclass(frozen=True, kw_only=True)
class Link:
    """Records of another type that point here."""

    described: RecordType
    count: int
    query: str


def links(record: Record, powers: Powers) -> list[Link]:
    """What points at a record, by type, as far as someone may read it; one query, put together once a type."""
    kind = type(record)
    key = record._meta.pk
    put = {
        key.get_db_prep_value(_ANY.pk, connection): key.get_db_prep_value(record.pk, connection),
        f"{kind.ref_type}:{_ANY.path}": record.ref,
    }
    found = rows_of(("links", kind.ref_type), powers, lambda: _pointing(kind, powers), put)
    counts = {str(name): int(count) for name, count in found}
    shown = []
    for described, name, _ in _ways(kind):
        count = counts.get(f"{described.name} {name}")
        if count:
            query = f"?{name}={record.ref}" if name in described.filters else ""
            shown.append(Link(described=described, count=count, query=query))
    return shown


class _ANY:
    """Stands for the record while the query is put together."""

    pk = UUID("00000000-0000-7000-8000-00616e79616e")
    path = "any-record-at-all"


def _ways(kind: type[Record]) -> Iterator[tuple[RecordType, str, bool]]:
    """The types and fields that may point at records of a type, and whether by key."""
    for described in registered().values():
        for field in described.model._meta.concrete_fields:
            is_key = isinstance(field, ForeignKey) and issubclass(kind, field.related_model)
            if is_key or (isinstance(field, RefField) and kind.ref_type in field.types):
                yield described, field.name, is_key


def _pointing(kind: type[Record], powers: Powers) -> "QuerySet[Any, Any] | None":
    parts = []
    for described, name, is_key in _ways(kind):
        wanted = _ANY.pk if is_key else f"{kind.ref_type}:{_ANY.path}"
        rows = visible(described.model, powers).filter(**{name: wanted}).order_by()
        parts.append(rows.annotate(_of=Value(f"{described.name} {name}")))
    return counts_of(parts)


def counts_of(parts: "Sequence[QuerySet[Any, Any]]") -> "QuerySet[Any, Any] | None":
    """The query that says how many rows each part has; None where there is no part."""
    counts: list[QuerySet[Any, Any]] = [one.values("_of").annotate(_count=Count("pk")) for one in parts]
    counts = [one.values_list("_of", "_count") for one in counts]
    return counts[0].union(*counts[1:], all=True) if len(counts) > 1 else counts[0] if counts else None
