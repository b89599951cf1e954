"""Guided start: what an organisation that never read the standard does first, and how far it has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from upright.desk.description import RecordType, registered
from upright.desk.visible import visible
from upright.records.identity.approval import other_holders
from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Person, Unit
from upright.records.identity.power import approving, person_of
from upright.records.inventory.models import HostedUse, System
from upright.records.risk.models import Risk
from upright.records.trail.history import writers
from upright.records.trail.server_log import now
from upright.web.filed import readable
from upright.web.requests import Request

_NAMED = 3
"""Of those who may approve, this many are named."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do: what, why plainly, which clause asks for it, whether it is done; where to do and see it.

    ``act``: what somebody does next about it, where something was begun.
    """

    title: str
    why: str
    clause: str
    is_done: bool
    verb: str
    address: str
    may: bool
    seen: str = ""
    act: str = ""


@dataclass(frozen=True, kw_only=True)
class Stated:
    """How far the scope is: whether it is approved; else the next act in words, and the record it is done with."""

    is_done: bool = False
    act: str = ""
    verb: str = ""
    record: str = ""


def start(request: Request) -> HttpResponse:
    """The steps in order; the first that nobody began is the next, so what waits for others holds nobody up."""
    steps = _steps(request)
    undone = [one for one in steps if not one.is_done]
    following = next((one for one in undone if not one.act), undone[0] if undone else None)
    return render(
        request,
        "web/start.html",
        {
            "steps": [(one, _state(one, following)) for one in steps],
            "done": len(steps) - len(undone),
            "here": "home",
        },
    )


def _state(step: Step, following: Step | None) -> str:
    if step.is_done:
        return "done"
    if step is following:
        return "next"
    return "begun" if step.act else "later"


def _steps(request: Request) -> list[Step]:
    powers = request.powers
    scope = next((registered()[one] for one in ("scope-statement", "unit") if one in registered()), None)
    first = visible(System, powers).order_by("pk").first()
    has_system = first is not None
    is_checked = readable(request).filter(source="check").exists()
    root = visible(Unit, powers).filter(parent__isnull=True).first()
    whose = {"unit": root.ref if root else "", "owner": getattr(person_of(request.actor), "ref", "")}
    people = approving(now().date()).values_list("person__name", flat=True).order_by("person_id").distinct()[:2]
    stated = _stated(request, scope)
    return [
        _step(
            request,
            scope,
            title=gettext("Say what the management system covers"),
            why=gettext(
                "Which parts of the organisation, which AI, and what is left out. Everything else hangs on it."
            ),
            clause="iso42001:4.3",
            is_done=stated.is_done,
            given=whose | {"covers": whose["unit"]},
            stated=stated,
        ),
        _step(
            request,
            registered().get("role"),
            title=gettext("Give at least two people a role that approves"),
            why=gettext(
                "Nobody approves what they wrote, so it takes two; an administrator approves nothing. Each accepts the "
                "role before it counts."
            ),
            clause="iso42001:5.3",
            is_done=len(people) == 2,
            act=_second(list(people)),
            address=reverse("web:list", args=["person"]) if "person" in registered() else "",
        ),
        _step(
            request,
            registered().get("system"),
            title=gettext("Register the first AI system, or the first use of somebody else’s"),
            why=gettext(
                "What it is for, who answers for it, where in its life it stands. A hosted assistant counts as a use."
            ),
            clause="iso42001:A.4.2",
            is_done=has_system or visible(HostedUse, powers).exists(),
            given=whose,
        ),
        _step(
            request,
            registered().get("risk"),
            title=gettext("Write down the first risk"),
            why=gettext("What may go wrong for people, for society and for us, how likely, how bad, and what is done."),
            clause="iso42001:6.1.2",
            given=whose | {"system": first.ref if first else ""},
            is_done=visible(Risk, powers).exists(),
        ),
        Step(
            title=gettext("See what the frameworks ask of it"),
            why=gettext("ISO/IEC 42001, the EU AI Act, NIST AI RMF and GDPR read the same evidence; unknown stays so."),
            clause="iso42001:6.1.3",
            is_done=has_system and is_checked,
            verb=gettext("See the first posture"),
            address=reverse("web:controls"),
            may=True,
            seen=reverse("web:controls"),
        ),
        Step(
            title=gettext("Run the first check and push its result"),
            why=gettext(
                "In the system’s repository: upright init proposes a manifest, assess measures, push brings it here."
            ),
            clause="iso42001:9.1",
            is_done=is_checked,
            verb=gettext("How to bind a check"),
            address=reverse("web:kind", args=["data-quality"]),
            may=True,
            seen=reverse("web:evidence"),
        ),
    ]


def _step(
    request: Request,
    described: RecordType | None,
    *,
    title: str,
    why: str,
    clause: str,
    is_done: bool,
    address: str = "",
    given: Mapping[str, str] | None = None,
    act: str = "",
    stated: Stated | None = None,
) -> Step:
    """A step that adds a record; ``given`` is what its form need not ask, and saving it leads back here."""
    may = described is not None and request.powers.may(described.right("add"))
    if not address and described is not None:
        address = reverse("web:add" if may else "web:list", args=[described.name])
        known = {name: value for name, value in (given or {}).items() if value and name in described.fields}
        address += f"?{urlencode(known | {'then': 'start'})}" if may else ""
    verb = ""
    if described is not None:
        verb = described.adding if may else gettext("Open %(title)s") % {"title": described.nouns}
    seen = reverse("web:list", args=[described.name]) if described is not None else address
    if stated is not None and stated.record:
        address, verb, act = reverse("web:record", args=[stated.record]), stated.verb, stated.act
    return Step(
        title=title, why=why, clause=clause, is_done=is_done, verb=verb, address=address, may=bool(address), seen=seen,
        act="" if is_done else act,
    )  # fmt: skip


def _second(people: Sequence[str]) -> str:
    """Who approves already, where that is one alone."""
    if len(people) != 1:
        return ""
    return gettext("%(name)s approves so far, and nobody else.") % {"name": people[0]}


def _stated(request: Request, scope: RecordType | None) -> Stated:
    """A scope that is approved where there is the type for it; else units below the organisation itself."""
    if scope is None:
        return Stated()
    if scope.model is Unit:
        return Stated(is_done=visible(Unit, request.powers).filter(parent__isnull=False).exists())
    found = {
        one.state: one for one in visible(scope.model, request.powers).order_by("pk") if isinstance(one, Controlled)
    }
    if Controlled.State.APPROVED in found:
        return Stated(is_done=True)
    if (waiting := found.get(Controlled.State.IN_REVIEW)) is not None:
        return _waiting(request, scope, waiting)
    draft = found.get(Controlled.State.DRAFT)
    if draft is None:
        return Stated()
    if not request.powers.may(scope.right("change"), draft):
        return Stated(act=gettext("It is a draft. Who wrote it submits it next."), verb=_open(draft), record=draft.ref)
    says = gettext("It is a draft, and counts once it is approved. Submit it next; somebody else then approves it.")
    return Stated(act=says, verb=gettext("Submit the draft"), record=draft.ref)


def _waiting(request: Request, scope: RecordType, record: Controlled) -> Stated:
    """Who approves what was submitted: never who wrote or owns it."""
    others = other_holders(scope.right("approve"), record.unit, {str(record.owner.ref), *writers(record.ref)})
    if str(request.actor) in others:
        says = gettext("It was submitted. Read it, and approve it or give it back.")
        return Stated(act=says, verb=gettext("Decide about it"), record=record.ref)
    names = list(Person.objects.filter(ref__in=others).order_by("name").values_list("name", flat=True)[:_NAMED])
    says = gettext(
        "It was submitted, and nobody else can approve it yet: give a second person the role of AIMS manager."
    )
    if names:
        says = gettext("It was submitted. Ask who may approve it: %(names)s.") % {"names": ", ".join(names)}
    return Stated(act=says, verb=_open(record), record=record.ref)


def _open(record: Controlled) -> str:
    return gettext("Open %(title)s") % {"title": record}
