"""Due and review dates by description: which fields of a type are due dates, who answers, and when one counts no more.

A description names its fields (``RecordType.due``) or leaves it to their names. Everything else (the page of due dates,
reminders, escalation) is said here once, for every type.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.db.models import CharField, DateField, F, Q, QuerySet, Value
from django.db.models.functions import TruncDate

from upright.records.identity.models import Person
from upright.records.trail.record import Record

TO_DO = frozenset({"due"})
"""Fields by which something is to be done; the others say until when something holds, or when it is looked at again."""

NAMES = ("due", "review_by", "next_assessment", "ends", "expires_on", "expires_at")
"""What the fields of due dates are called, where a description does not name them."""

FALLS_AWAY = frozenset({"ends", "expires_at"})
"""Fields after whose day nothing is left to do: a role or a token that ended has ended."""

_ANSWERS = ("assignee", "responsible", "owner", "receiver", "asked_of", "person")
_LEADS_TO = ("system", "about")
_OUT_OF_FORCE = ("closed", "declined", "dropped", "ended", "refused", "rejected", "revoked", "superseded", "withdrawn")
_DONE = ("accepted", "agreed", "completed", "done", "effective", "handled", "implemented", "judged", "made", "met")
_DONE_TOO = ("answered", "resolved", "retired", "unmet", "verified")
_ENDED = ("ended_at", "revoked_at", "removed_at", "closed_on", "done_on", "disposed_on")


@dataclass(frozen=True)
class Source:
    """The rows of a type, or those of them that somebody may see, and its fields that are due dates."""

    kind: str
    rows: QuerySet[Any]
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Due:
    """One due date: of which record and field, the day, and the reference of who answers; empty: nobody by name."""

    kind: str
    ref: str
    field: str
    day: date
    who: str

    def days(self, today: date) -> int:
        """How many days are left; below 0: it is overdue."""
        return (self.day - today).days


def due_fields(model: type[Record], named: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """The due dates of a type: as its description names them, else by the names of its fields."""
    if named is not None:
        return named
    return tuple(
        one for one in NAMES if isinstance(_fields(model).get(one), models.DateField) and _answers(model) is not None
    )


def answering(record: Record) -> Person | None:
    """Who answers for a record; None: nobody does by name."""
    way = _answers(type(record))
    found: Any = record
    for name in way.split("__") if way else ():
        found = getattr(found, name, None)
    return found if isinstance(found, Person) else None


def open_rows(rows: QuerySet[Any], field: str, today: date) -> QuerySet[Any]:
    """Those of a type's rows whose due date counts: there is one, and the record is neither done nor out of force."""
    known = _fields(rows.model)
    is_moment = isinstance(known[field], models.DateTimeField)
    day = f"{field}__date" if is_moment else field
    counts = Q(**{f"{day}__gte": today}) if field in FALLS_AWAY else Q(**{f"{field}__isnull": False})
    if "state" in known:
        over = (*_OUT_OF_FORCE, *_DONE, *_DONE_TOO) if field in TO_DO else _OUT_OF_FORCE
        counts &= ~Q(state__in=over)
    for ended in _ENDED:
        if ended in known and known[ended].null and ended != field:
            counts &= Q(**{f"{ended}__isnull": True})
    return rows.filter(counts)


def listed(
    sources: Iterable[Source],
    today: date,
    *,
    who: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Sequence[Any] | QuerySet[Any]:
    """Every due date that counts, the nearest first, as one query: slice it, count it, make ``Due`` of its rows.

    Args:
        sources: the types, each with the rows to look at.
        today: what has ended before it is left out.
        who: only what this person answers for.
        since: not before this day.
        until: not after it.
    """
    parts = []
    for one in sources:
        for name in one.fields:
            if who is None or _answers(one.rows.model) is not None:
                rows = _part(one.kind, open_rows(one.rows, name, today), name)
                parts.append(_within(rows, who, since, until))
    if not parts:
        return ()
    first, *others = parts
    return (first.union(*others, all=True) if others else first).order_by("the_day", "the_ref", "the_field")


def due_of(row: tuple[str, str, str, date | str, str | None]) -> Due:
    """A due date out of a row of ``listed``."""
    kind, ref, field, day, who = row
    return Due(kind, ref, field, date.fromisoformat(day) if isinstance(day, str) else day, who or "")


def stage_of(days: int) -> str:
    """How a due date is told, by the days that are left: three messages to who answers, then one to the unit's lead.

    Empty: nothing is said yet.

    >>> [stage_of(days) for days in (8, 7, 1, 0, -1, -6, -7, -13, -14, -400)]
    ['', 'soon', 'soon', 'today', 'today', 'today', 'late', 'late', 'lead', 'lead']
    """
    return next((stage for least, stage in _STAGES if days > least), "lead")


_STAGES = ((7, ""), (0, "soon"), (-7, "today"), (-14, "late"))


def _part(kind: str, rows: QuerySet[Any], name: str) -> QuerySet[Any]:
    answers = _answers(rows.model)
    is_moment = isinstance(_fields(rows.model)[name], models.DateTimeField)
    day: Any = TruncDate(name) if is_moment else F(name)
    made: QuerySet[Any] = rows.order_by().annotate(
        the_kind=Value(kind, CharField()),
        the_ref=F("ref"),
        the_field=Value(name, CharField()),
        the_day=models.ExpressionWrapper(day, DateField()),
        the_who=Value("", CharField()) if answers is None else F(f"{answers}__ref"),
    )
    return made


def _within(rows: QuerySet[Any], who: str | None, since: date | None, until: date | None) -> QuerySet[Any]:
    wanted = {"the_who": who, "the_day__gte": since, "the_day__lte": until}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    return rows.values_list("the_kind", "the_ref", "the_field", "the_day", "the_who")


def _answers(model: type[Record]) -> str | None:
    """The way from a record to the person who answers for it, as a query says it; None: nobody does by name."""
    known = _fields(model)
    for name in _ANSWERS:
        if isinstance(known.get(name), models.ForeignKey) and known[name].related_model is Person:
            return name
    for name in _LEADS_TO:
        link = known.get(name)
        if isinstance(link, models.ForeignKey) and "owner" in _fields(link.related_model):
            return f"{name}__owner"
    return None


def _fields(model: Any) -> dict[str, Any]:
    return {field.name: field for field in model._meta.concrete_fields}
