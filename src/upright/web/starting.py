"""Guided start: what an organisation that never read the standard does first, and how far it has come."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from upright.desk.description import RecordType, registered
from upright.desk.visible import visible
from upright.records.identity.models import RoleAssignment, Unit
from upright.records.identity.power import person_of
from upright.records.inventory.models import HostedUse, System
from upright.records.risk.models import Risk
from upright.web.filed import readable
from upright.web.requests import Request


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do: what, why plainly, which clause asks for it, whether it is done; where to do and see it."""

    title: str
    why: str
    clause: str
    is_done: bool
    verb: str
    address: str
    may: bool
    seen: str = ""


def start(request: Request) -> HttpResponse:
    """The steps in order; the first one that is not done is the next."""
    steps = _steps(request)
    following = next((n for n, one in enumerate(steps) if not one.is_done), len(steps))
    return render(
        request,
        "web/start.html",
        {
            "steps": [
                (one, "done" if one.is_done else "next" if n == following else "later") for n, one in enumerate(steps)
            ],
            "done": sum(one.is_done for one in steps),
            "here": "home",
        },
    )


def _steps(request: Request) -> list[Step]:
    powers = request.powers
    scope = next((registered()[one] for one in ("scope-statement", "unit") if one in registered()), None)
    first = visible(System, powers).order_by("pk").first()
    has_system = first is not None
    is_checked = readable(request).filter(source="check").exists()
    root = visible(Unit, powers).filter(parent__isnull=True).first()
    whose = {"unit": root.ref if root else "", "owner": getattr(person_of(request.actor), "ref", "")}
    people = RoleAssignment.objects.filter(accepted_at__isnull=False).values("person").distinct()[:2]
    return [
        _step(
            request,
            scope,
            title=gettext("Say what the management system covers"),
            why=gettext(
                "Which parts of the organisation, which AI, and what is left out. Everything else hangs on it."
            ),
            clause="iso42001:4.3",
            is_done=_scope_is_set(request, scope),
            given=whose | {"covers": whose["unit"]},
        ),
        _step(
            request,
            registered().get("role"),
            title=gettext("Give at least two people a role"),
            why=gettext("Nobody approves what they wrote, so it takes two. Each accepts the role before it counts."),
            clause="iso42001:5.3",
            is_done=len(people) == 2,
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
    return Step(
        title=title, why=why, clause=clause, is_done=is_done, verb=verb, address=address, may=bool(address), seen=seen
    )


def _scope_is_set(request: Request, scope: RecordType | None) -> bool:
    """A scope statement where there is that type; else units below the organisation itself."""
    if scope is None:
        return False
    if scope.model is Unit:
        return visible(Unit, request.powers).filter(parent__isnull=False).exists()
    return visible(scope.model, request.powers).exists()
