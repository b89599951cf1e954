"""The palette: places to go to, things to create, requirements, and every record whose name or reference is meant."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from django.db import connection
from django.db.models import Case, Q, QuerySet, Value, When
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from upright.desk.description import RecordType, registered
from upright.desk.visible import visible
from upright.records.identity.compiled import rows_of
from upright.records.inventory.models import System
from upright.records.trail.record import Record
from upright.web.frame import PLACES, catalogue
from upright.web.naming import learn, worded
from upright.web.needs import records_of
from upright.web.posture import short
from upright.web.requests import Request, is_fragment
from upright.web.sentences import said
from upright.web.values import is_key

_MOST = 8
_MOST_REQUIREMENTS = 5
_MOST_RUNS = 5
_WORD = "word-%s-of-those-asked-for"
"""Stands in the text of the query for one of the words."""
_EMPTY_CREATES = ("system", "use", "risk")
_OTHER = (
    (gettext_lazy("Home"), "web:home", "i-home"),
    (gettext_lazy("Start step by step"), "web:start", "i-next"),
    (gettext_lazy("Statements and proofs"), "web:evidence", "i-evidence"),
    (gettext_lazy("Two frameworks side by side"), "web:side-by-side", "i-controls"),
    (gettext_lazy("Parts of the design system"), "web:components", "i-reports"),
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """One line: what it is called, where it leads, what kind of thing it is."""

    title: str
    address: str
    kind: str
    icon: str


def jump(request: Request) -> HttpResponse:
    """What the words mean, best first: records, then places, what can be created or run, requirements."""
    words = request.GET.get("q", "").strip()[:100].replace("\0", "")
    found = [
        *_records(request, words),
        *_places(words),
        *_creates(request, words),
        *_runs(request, words),
        *_requirements(words),
    ]
    template = "web/parts/jump.html" if is_fragment(request) else "web/jump.html"
    return render(request, template, {"found": found, "words": words})


def _records(request: Request, words: str) -> Iterator[Target]:
    given = words.split()
    if not given:
        return
    asked = [_WORD % number for number in range(len(given))]
    put = {f"%{one}%": f"%{connection.ops.prep_for_like_query(word)}%" for one, word in zip(asked, given, strict=True)}
    found = rows_of(("jump", len(given)), request.powers, lambda: _found(request, asked), put)
    refs = [str(ref) for _, ref in found]
    records = records_of(request, set(refs))
    learn(request, map(str, records.values()))
    for ref in refs:
        record = records.get(ref)
        if record is not None:
            yield Target(
                title=worded(request, str(record)),
                address=reverse("web:record", args=[ref]),
                kind=_told(record),
                icon=f"i-{_type_of(record).place}",
            )


def _found(request: Request, words: Sequence[str]) -> QuerySet[Any, Any] | None:
    """The nearest among all that may be read, as one query that is put together once for any words."""
    parts: list[QuerySet[Any, Any]] = []
    for one in registered().values():
        if request.powers.may(one.right("read")):
            rows = visible(one.model, request.powers).filter(_holds(one, words)).order_by()
            far = Case(When(_named(one, words), then=Value(0)), default=Value(1))
            parts.append(rows.annotate(_far=far).values_list("_far", "ref"))
    if not parts:
        return None
    found = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return found.order_by("_far", "ref")[:_MOST]


def _told(record: Record) -> str:
    """Its type, and the rest of its reference where that says something to who reads it."""
    noun = str(_type_of(record).noun)
    return noun if is_key(record.ref) else f"{noun} {record.ref.partition(':')[2]}"


def _places(words: str) -> Iterator[Target]:
    yield from (
        Target(title=str(title), address=reverse("web:place", args=[name]), kind=gettext("go to"), icon=f"i-{name}")
        for name, title, _ in PLACES
        if _fits(words, title)
    )
    if words:
        yield from (
            Target(title=str(title), address=reverse(address), kind=gettext("go to"), icon=icon)
            for title, address, icon in _OTHER
            if _fits(words, title)
        )


def _creates(request: Request, words: str) -> Iterator[Target]:
    for one in registered().values():
        title = one.adding
        wanted = _fits(words, title) if words else one.name in _EMPTY_CREATES
        if wanted and one.is_typed and request.powers.may(one.right("add")):
            yield Target(
                title=str(title), address=reverse("web:add", args=[one.name]), kind=gettext("create"), icon="i-plus"
            )


def _runs(request: Request, words: str) -> Iterator[Target]:
    """Checks to run: the words name the verb, and may name the system; it leads to where their button stands."""
    verb = gettext("Run checks")
    rest = [word for word in words.lower().split() if not _begins(word, verb.lower().split())]
    units = request.powers.units("work.check_run.run")
    if len(rest) == len(words.split()) or not units:
        return
    named = reduce(and_, (Q(name__icontains=word) for word in rest), Q(unit__in=units))
    systems = visible(System, request.powers).filter(named).order_by("name").values_list("ref", "name")
    for ref, name in systems[:_MOST_RUNS]:
        yield Target(
            title=f"{verb}: {name}", address=reverse("web:checks", args=[ref]), kind=gettext("run"), icon="i-next"
        )


def _begins(word: str, those: Iterable[str]) -> bool:
    """Whether it is the beginning of one of those words, and more than a letter of it."""
    return len(word) > 1 and any(one.startswith(word) for one in those)


def _requirements(words: str) -> Iterator[Target]:
    if len(words) < 2:
        return
    found = 0
    for one in catalogue().requirements.values():
        if _fits(words, f"{short(one.id)} {one.id} {one.title} {said(one.title)}") and found < _MOST_REQUIREMENTS:
            found += 1
            address = f"{reverse('web:controls')}?at={one.id}"
            yield Target(
                title=f"{short(one.id)} {said(one.title)}",
                address=address,
                kind=gettext("requirement"),
                icon="i-controls",
            )


def _fits(words: str, title: object) -> bool:
    return all(word in str(title).lower() for word in words.lower().split())


def _type_of(record: Record) -> RecordType:
    return registered()[record.ref_type]


def _named(described: RecordType, words: Sequence[str]) -> Q:
    """Called so: all words stand in its name, so that it comes before what only mentions them."""
    name = next((one for one in described.columns if one in described.search), "ref")
    return reduce(and_, (Q(**{f"{name}__icontains": word}) for word in words))


def _holds(described: RecordType, words: Sequence[str]) -> Q:
    found = Q()
    for word in words:
        one = Q(ref__icontains=word)
        for name in described.search:
            one |= Q(**{f"{name}__icontains": word})
        found &= one
    return found
