"""The places of the rail: what stands there, what is due next, what is not set up yet and how it is begun."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Value
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from upright.catalogue import Requirement
from upright.desk.description import RecordType, registered
from upright.desk.visible import visible
from upright.records.assurance.models import EvidenceRow
from upright.records.collaboration.due import due_of, listed
from upright.records.identity.compiled import rows_of
from upright.records.inventory.models import System
from upright.records.trail.models import LedgerStream
from upright.records.trail.server_log import now
from upright.web.due import lines, sources
from upright.web.frame import PLACES, catalogue
from upright.web.linked import counts_of
from upright.web.posture import RIGHT
from upright.web.requests import Request
from upright.web.sentences import said

_NEXT = 6
_MEASURED = 12
_GROUPED = 12
_WORST = ("failed", "errored", "undecided", "passed")


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """A record type on the page of its place: how many there are, and what asks for it."""

    described: RecordType
    count: int
    clause: str
    may_add: bool


def show(request: Request, place: str) -> HttpResponse:
    """The page of a place; a place of one type is that type's list."""
    found = next((one for one in PLACES if one[0] == place), None)
    if found is None:
        raise Http404(f"There is no place {place!r}.")
    stand = shelves(request, place)
    if len(stand) == 1:
        return redirect("web:list", stand[0].described.name)
    there = [one for one in stand if one.count]
    context = {
        "title": found[1],
        "says": found[2],
        "any": bool(stand),
        "groups": _grouped(there) if len(there) > _GROUPED else [("", there)] if there else [],
        "unset": [one for one in stand if not one.count],
        "next": _next(request, place),
        "measured": _measured(request) if place == "monitoring" else [],
        "here": place,
        "worker": place == "organisation" and request.powers.may("work.reaction.read"),
        "keys": place == "organisation" and request.powers.may("assurance.key.enrol"),
    }
    return render(request, "web/place.html", context)


def shelves(request: Request, place: str) -> list[Shelf]:
    """The record types of a place that somebody may read, counted in one query."""
    types = [one for one in registered().values() if one.place == place and request.powers.may(one.right("read"))]

    def build() -> "QuerySet[Any, Any] | None":
        return counts_of([visible(one.model, request.powers).order_by().annotate(_of=Value(one.name)) for one in types])

    counts = dict(rows_of(("shelves", place), request.powers, build))
    return [
        Shelf(
            described=one,
            count=counts.get(one.name, 0),
            clause=clause_title(one.clause),
            may_add=request.powers.may(one.right("add")),
        )
        for one in types
    ]


def clause_title(clause: str) -> str:
    """The title of a requirement in our words; its id alone where the catalogue does not hold it."""
    held = catalogue().requirements.get(clause)
    return clause if held is None else said(held.title)


def _grouped(shelves: list[Shelf]) -> list[tuple[str, list[Shelf]]]:
    """By the clause that asks for them, as the catalogue orders clauses; what it does not hold comes last."""
    places = {one: n for n, one in enumerate(catalogue().requirements)}
    found: dict[str, list[Shelf]] = {}
    for one in sorted(shelves, key=lambda one: places.get(one.described.clause, len(places))):
        found.setdefault(_group(catalogue().requirements.get(one.described.clause)), []).append(one)
    return list(found.items())


def _group(requirement: Requirement | None) -> str:
    if requirement is None:
        return gettext("Other")
    groups = catalogue().frameworks[requirement.framework].groups
    return next((said(one.title) for one in groups if one.id == requirement.group), requirement.group)


def _next(request: Request, place: str) -> list[Any]:
    """The nearest due dates of the records of a place."""
    today = now().date()
    mine = [one for one in sources(request) if one.kind != "task" and registered()[one.kind].place == place]
    return lines(request, [due_of(row) for row in listed(mine, today)[:_NEXT]], today)


def _measured(request: Request) -> list[dict[str, Any]]:
    """The newest result of each check of the systems that one may see, what is not passed first."""
    if not request.powers.may(RIGHT):
        return []
    newest = LedgerStream.objects.values("newest")
    seen = visible(System, request.powers)
    rows = EvidenceRow.objects.filter(Q(system__in=seen.values("ref")), source="check", index__in=newest)
    names = dict(seen.values_list("ref", "name"))
    order = {result: n for n, result in enumerate(_WORST)}
    found = sorted(rows.order_by("-index")[: _MEASURED * 4], key=lambda one: order.get(one.result, 0))
    return [{"row": one, "name": names[one.system]} for one in found[:_MEASURED]]
