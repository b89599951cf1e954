"""Home, the places of the rail, and the way to jump to any record."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from upright.desk.description import RecordType, registered
from upright.desk.values import day
from upright.desk.visible import visible
from upright.records.collaboration.models import Task
from upright.records.inventory.models import System
from upright.records.trail.record import record_types
from upright.records.trail.server_log import now
from upright.web.frame import PLACES, catalogue
from upright.web.posture import seen_by
from upright.web.recent import recent
from upright.web.requests import Request, is_fragment

_MOST = 8
_MOST_TASKS = 20
_NEWEST = 6


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """A record type on the page of its place: how many there are, and what asks for it."""

    described: RecordType
    count: int
    clause: str
    may_add: bool


def home(request: Request) -> HttpResponse:
    """What there is, what needs me, what happened."""
    systems = visible(System, request.powers)
    total = systems.count()
    return render(
        request,
        "web/home.html",
        {
            "systems": systems.select_related("owner", "unit").order_by("name")[:_MOST],
            "total": total,
            "may_add": "system" in registered() and request.powers.may(registered()["system"].right("add")),
            "has_role": bool(request.powers.held),
            "happened": recent(request.powers, _NEWEST),
            "needs": _needs(request),
            "frameworks": seen_by(request),
            "today": f"{now():%A} {day(now())}",
            "here": "home",
        },
    )


def place(request: Request, place: str) -> HttpResponse:
    """The record types of a place, with how many there are; a place without any says what will stand here."""
    found = next((one for one in PLACES if one[0] == place), None)
    if found is None:
        raise Http404(f"There is no place {place!r}.")
    types = [one for one in registered().values() if one.place == place and request.powers.may(one.right("read"))]
    if len(types) == 1:
        return redirect("web:list", types[0].name)
    shelves = [
        Shelf(
            described=one,
            count=visible(one.model, request.powers).count(),
            clause=clause_title(one.clause),
            may_add=request.powers.may(one.right("add")),
        )
        for one in types
    ]
    return render(
        request,
        "web/place.html",
        {"title": found[1], "says": found[2], "shelves": shelves, "here": place, "worker": _worker(request, place)},
    )


def _worker(request: Request, place: str) -> bool:
    """Whether the place also leads to the page of the worker."""
    return place == "organisation" and request.powers.may("work.reaction.read")


def jump(request: Request) -> HttpResponse:
    """Records whose name or reference holds the words."""
    words = request.GET.get("q", "").strip()[:100].replace("\0", "")
    found: list[tuple[RecordType, Any]] = []
    if words:
        for described in registered().values():
            if len(found) >= _MOST or not request.powers.may(described.right("read")):
                continue
            rows = visible(described.model, request.powers).filter(_holds(described, words))
            found += [(described, row) for row in rows[: _MOST - len(found)]]
    template = "web/parts/jump.html" if is_fragment(request) else "web/jump.html"
    return render(request, template, {"found": found, "words": words})


def choices(request: Request, name: str) -> HttpResponse:
    """Records of a type whose name or reference holds what was typed into a field that links to it."""
    model = record_types().get(name)
    words = str(next(iter(request.GET.values()), ""))[:100].replace("\0", "")
    if model is None:
        raise Http404(f"There is no record type {name!r}.")
    fields = [one for one in ("ref", "name", "title") if one in {field.name for field in model._meta.concrete_fields}]
    rows = visible(model, request.powers)
    for word in words.split():
        found = Q()
        for field in fields:
            found |= Q(**{f"{field}__icontains": word})
        rows = rows.filter(found)
    return render(request, "web/parts/choices.html", {"rows": rows.order_by("pk")[:_MOST_TASKS]})


def clause_title(clause: str) -> str:
    """The title of a requirement in our words; its id alone where the catalogue does not hold it."""
    held = catalogue().requirements.get(clause)
    return clause if held is None else held.title


def _needs(request: Request) -> list[dict[str, Any]]:
    """The open tasks of who looks, the nearest date first, as far as their records may still be read."""
    tasks = Task.objects.filter(assignee__ref=str(request.actor), state=Task.State.OPEN)
    found = []
    for task in tasks.order_by(F("due").asc(nulls_last=True), "pk")[:_MOST_TASKS]:
        described = registered().get(task.about.partition(":")[0])
        if described is None:
            continue
        record = visible(described.model, request.powers).filter(ref=task.about).first()
        if record is not None:
            found.append(
                {
                    "title": task.title,
                    "address": reverse("web:record", args=[task.about]) + "#h-tasks",
                    "says": f"{described.title}: {record}",
                    "due": task.due,
                    "is_late": task.due is not None and task.due <= now().date(),
                }
            )
    return found


def _holds(described: RecordType, words: str) -> Q:
    found = Q()
    for word in words.split():
        one = Q(ref__icontains=word)
        for name in described.search:
            one |= Q(**{f"{name}__icontains": word})
        found &= one
    return found
