"""What points at a record, by type: one query over all types, put together once a type."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, ForeignKey, QuerySet, Value

from upright.desk.description import RecordType, registered
from upright.desk.visible import visible
from upright.records.collaboration.models import Attachment, Comment, Task
from upright.records.governance.models import ServedClause
from upright.records.identity.compiled import rows_of
from upright.records.identity.power import Powers
from upright.records.risk.models import Risk, RiskAcceptance
from upright.records.trail.fields import RefField
from upright.records.trail.record import Record
from upright.web.requests import Request

_SHOWN_TO_ALL: tuple[tuple[type[Record], str], ...] = (
    (Comment, "about"),
    (Task, "about"),
    (Attachment, "about"),
    (ServedClause, "record"),
    (RiskAcceptance, "risk"),
)


@dataclass(frozen=True, kw_only=True)
class Link:
    """Records of another type that point here."""

    described: RecordType
    count: int
    query: str


def links(record: Record, request: Request) -> list[Link]:
    """What points at a record, by type, as far as who asks may read it."""
    counts = pointing(record, request)
    shown = []
    for described, name, _ in _ways(type(record)):
        count = counts.get(f"{described.name} {name}")
        if count:
            query = f"?{name}={record.ref}" if name in described.filters else ""
            shown.append(Link(described=described, count=count, query=query))
    return shown


def pointing(record: Record, request: Request) -> Mapping[str, int]:
    """By ``type field`` how many records point at one; one query, put together once a type and asked once a request.

    Of what a page shows to all who may read the record (``_SHOWN_TO_ALL``) there is a count ``type field to all``, so
    that it asks for none that are not there.
    """
    asked: dict[str, Mapping[str, int]] = request.__dict__.setdefault("pointing", {})
    if record.ref not in asked:
        kind, key, powers = type(record), record._meta.pk, request.powers
        put = {
            key.get_db_prep_value(_ANY.pk, connection): key.get_db_prep_value(record.pk, connection),
            f"{kind.ref_type}:{_ANY.path}": record.ref,
        }
        found = rows_of(("links", kind.ref_type), powers, lambda: _pointing(kind, powers), put)
        asked[record.ref] = {str(name): int(count) for name, count in found}
    return asked[record.ref]


class _ANY:
    """Stands for the record while the query is put together."""

    pk = UUID("00000000-0000-7000-8000-00616e79616e")
    path = "any-record-at-all"


@cache
def _ways(kind: type[Record]) -> tuple[tuple[RecordType, str, bool], ...]:
    """The types and fields that may point at records of a type, and whether by key."""
    found = []
    for described in registered().values():
        for field in described.model._meta.concrete_fields:
            is_key = isinstance(field, ForeignKey) and issubclass(kind, field.related_model)
            if is_key or (isinstance(field, RefField) and kind.ref_type in field.types):
                found.append((described, field.name, is_key))
    return tuple(found)


def _pointing(kind: type[Record], powers: Powers) -> "QuerySet[Any, Any] | None":
    parts = [
        _part(visible(described.model, powers), kind, name, f"{described.name} {name}", is_key=is_key)
        for described, name, is_key in _ways(kind)
    ]
    for model, name in _SHOWN_TO_ALL:
        is_key = isinstance(model._meta.get_field(name), ForeignKey)
        if not is_key or issubclass(kind, Risk):
            parts.append(_part(model._base_manager.all(), kind, name, f"{model.ref_type} {name} to all", is_key=is_key))
    return counts_of(parts)


def _part(rows: "QuerySet[Any]", kind: type[Record], field: str, named: str, *, is_key: bool) -> "QuerySet[Any, Any]":
    wanted = _ANY.pk if is_key else f"{kind.ref_type}:{_ANY.path}"
    found: QuerySet[Any, Any] = rows.filter(**{field: wanted}).order_by().annotate(_of=Value(named))
    return found


def counts_of(parts: "Sequence[QuerySet[Any, Any]]") -> "QuerySet[Any, Any] | None":
    """The query that says how many rows each part has; None where there is no part."""
    counts: list[QuerySet[Any, Any]] = [one.values("_of").annotate(_count=Count("pk")) for one in parts]
    counts = [one.values_list("_of", "_count") for one in counts]
    return counts[0].union(*counts[1:], all=True) if len(counts) > 1 else counts[0] if counts else None
