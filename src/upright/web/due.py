"""Due and review dates of everything that one may see, the nearest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from upright.desk.description import registered
from upright.desk.values import label
from upright.desk.visible import lies_in, visible
from upright.records.collaboration.due import Due, Source, due_fields, due_of, listed
from upright.records.collaboration.models import Task
from upright.records.identity.compiled import rows_of
from upright.records.identity.models import Person, Unit
from upright.records.identity.power import units_below
from upright.records.trail.record import Record, record_types
from upright.records.trail.server_log import now
from upright.web.naming import learn, with_namesakes, worded
from upright.web.requests import Request
from upright.web.sentences import within

WHOSE = {"mine": gettext_lazy("Mine"), "unit": gettext_lazy("My unit"), "all": gettext_lazy("All")}
WHEN = {"open": gettext_lazy("All dates"), "overdue": gettext_lazy("Overdue"), "30": gettext_lazy("Next 30 days")}
_SOON = timedelta(days=30)
_PER_PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Line:
    """A due date as the page shows it."""

    title: str
    address: str
    says: str
    day: date
    is_late: bool
    who: str


def show(request: Request) -> HttpResponse:
    """Due dates by whose and by when."""
    whose = request.GET.get("whose", "")
    by = request.GET.get("when", "")
    whose, by = whose if whose in WHOSE else "mine", by if by in WHEN else "open"
    today = now().date()
    first = (_number(request.GET.get("page", "")) - 1) * _PER_PAGE

    def build() -> QuerySet[Any, Any] | None:
        found: Any = listed(
            sources(request, whose),
            today,
            who=str(request.actor) if whose == "mine" else None,
            since=today if by == "30" else None,
            until={"overdue": today - timedelta(days=1), "30": today + _SOON}.get(by),
        )
        return found[first : first + _PER_PAGE + 1] if isinstance(found, QuerySet) else None

    asked = ("due page", whose, by, first, today, str(request.actor))
    rows = [due_of(row) for row in rows_of(asked, request.powers, build)]
    context = {
        "lines": lines(request, rows[:_PER_PAGE], today),
        "whose": [(name, words, name == whose) for name, words in WHOSE.items()],
        "when": [(name, words, name == by) for name, words in WHEN.items()],
        "chosen": {"whose": whose, "when": by},
        "before": first // _PER_PAGE if first else 0,
        "after": first // _PER_PAGE + 2 if len(rows) > _PER_PAGE else 0,
        "here": "home",
    }
    return render(request, "web/due.html", context)


def sources(request: Request, whose: str = "all") -> list[Source]:
    """The types that have due dates, each with the rows that one may see; tasks as far as they are one's own."""
    units = None
    if whose == "unit":
        mine = Unit.objects.filter(people__ref=str(request.actor)).first()
        units = units_below(mine) if mine is not None else frozenset()
    found = []
    for described in registered().values():
        fields = due_fields(described.model, described.due)
        if fields and request.powers.may(described.right("read")):
            rows = visible(described.model, request.powers)
            found.append(
                Source(described.name, rows if units is None else rows.filter(lies_in(described.model, units)), fields)
            )
    tasks = Task.objects.filter(assignee__ref=str(request.actor))
    return [*found, Source("task", tasks, ("due",))]


def lines(request: Request, rows: Iterable[Due], today: date) -> list[Line]:
    """Due dates with the names of their records and of who answers: one query a type."""
    rows = list(rows)
    refs: dict[str, set[str]] = {}
    for one in rows:
        refs.setdefault(one.kind, set()).add(one.ref)
    records = {row.ref: row for kind, wanted in refs.items() for row in _rows(kind, wanted)}
    names = dict(Person.objects.filter(ref__in={one.who for one in rows}).values_list("ref", "name"))
    learn(request, map(str, records.values()))
    return [
        _line(one, records[one.ref], worded(request, str(records[one.ref])), names, today)
        for one in rows
        if one.ref in records
    ]


def _rows(kind: str, refs: set[str]) -> list[Record]:
    return list(with_namesakes(record_types()[kind].objects.filter(ref__in=refs)))


def _line(one: Due, record: Any, title: str, names: dict[str, str], today: date) -> Line:
    leads_to = record.about if isinstance(record, Task) else one.ref
    described = registered().get(one.kind)
    kind = gettext("Task") if described is None else described.title
    return Line(
        title=title,
        address=reverse("web:record", args=[leads_to]),
        says=f"{kind}: {within(label(type(record), one.field))}",
        day=one.day,
        is_late=one.days(today) < 0,
        who=names.get(one.who, ""),
    )


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 9 else 1
