"""The catalogued threats of a system: what each is, which of the system's traits call it up, and what was decided."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from upright.desk.visible import visible
from upright.records.inventory.models import System
from upright.records.risk.known import threats
from upright.records.risk.models import ThreatDecision
from upright.records.risk.threats import fits_because, undecided
from upright.records.trail.record import Record
from upright.web.requests import Request, the_record, the_type

_SIGN = {"suggested": "unknown", "taken-up": "partly", "dismissed": "not_applicable"}
_ORDER = tuple(_SIGN)


@dataclass(frozen=True, kw_only=True)
class Threat:
    """A threat as a page explains it; ``why`` holds sentences, empty where no trait calls it up any more."""

    id: str
    title: str
    description: str
    likelihood: str
    impact: str
    drivers: tuple[str, ...]
    measures: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A threat of a system, with what was decided on it; None: nobody was asked yet."""

    threat: Threat
    decision: ThreatDecision | None
    sign: str


def threat_of(record: Record) -> dict[str, Any]:
    """What the page of a decision, and the form that makes it, tell of its threat."""
    if not isinstance(record, ThreatDecision) or record.threat not in threats():
        return {}
    return {"threat": _threat(record.system, record.threat)}


def show(request: Request, ref: str) -> HttpResponse:
    """Every threat that fits a system or was decided on for it: what is open first."""
    the_type(ThreatDecision.ref_type, request)
    _, system = the_record(ref, request)
    if not isinstance(system, System):
        raise Http404(f"{ref} is no system; threats are suggested for systems.")
    rows = visible(ThreatDecision, request.powers).filter(system=system).select_related("risk")
    decided = sorted(rows, key=lambda one: (_ORDER.index(one.decision), one.threat))
    lines = [_line(system, one) for one in decided if one.threat in threats()]
    lines += [Line(threat=_threat(system, name), decision=None, sign="unknown") for name in undecided(system)]
    return render(
        request,
        "web/threats.html",
        {
            "system": system,
            "open": [one for one in lines if one.decision is not None and one.decision.decision == "suggested"],
            "unasked": [one for one in lines if one.decision is None],
            "decided": [one for one in lines if one.decision is not None and one.decision.decision != "suggested"],
            "may_decide": request.powers.may("risk.threat_decision.change", system),
            "here": "risks",
        },
    )


def _line(system: System, decision: ThreatDecision) -> Line:
    return Line(threat=_threat(system, decision.threat), decision=decision, sign=_SIGN[decision.decision])


def _threat(system: System, name: str) -> Threat:
    known = threats()[name]
    return Threat(
        id=name,
        title=_told(name, known["title"]),
        description=str(known["description"]),
        likelihood=str(known["likelihood"]["typical"]),
        impact=str(known["impact"]["typical"]),
        drivers=tuple(_told("driver:", one) for one in known["likelihood"]["drivers"]),
        measures=tuple(_told("measure:", one) for one in known["treated_by"]["measures"]),
        why=tuple(fits_because(system, known)),
    )


def _told(what: str, text: str) -> str:
    """A phrase of the catalogue for who reads; looked up with what it is, for *training* is a stage elsewhere."""
    return gettext(f"{what} {text}").removeprefix(f"{what} ")
