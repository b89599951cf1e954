"""Posture on pages: by framework over what one may see, of one system with its gate, and why in sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from upright.desk.visible import visible
from upright.kernel import UprightError
from upright.posture.posture import STATUSES, Counts, Verdict
from upright.records.assurance.judging import explain_of, gate_of, overall, posture_of, postures
from upright.records.inventory.models import System
from upright.web.frame import catalogue
from upright.web.requests import Request

_RIGHT = "assurance.posture.read"
_WORST_FIRST = ("failing", "stale", "unknown", "partly", "met", "not_applicable")
_MOST_MISSING = 12


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of a bar: from where, how wide, both in per cent."""

    status: str
    at: str
    width: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """A framework's counts, as a table and a bar show them."""

    id: str
    title: str
    counts: Counts

    @property
    def parts(self) -> list[Part]:
        """The bar: what does not apply is absent."""
        total = self.counts.of - self.counts.not_applicable
        at, found = 0, []
        for status in ("met", "partly", "failing", "stale", "unknown"):
            count = int(getattr(self.counts, status))
            if count:
                found.append(Part(status=status, at=f"{100 * at / total:.2f}%", width=f"{100 * count / total:.2f}%"))
            at += count
        return found

    @property
    def words(self) -> str:
        """What the bar shows, in words."""
        said = [f"{getattr(self.counts, one)} {one.replace('_', ' ')}" for one in STATUSES if getattr(self.counts, one)]
        return f"{self.title}: {', '.join(said)}"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One requirement of a system, with where it stands."""

    id: str
    title: str
    status: str
    findings: int
    question: str | None
    applies_from: str | None


def rows(counts: Mapping[str, Counts]) -> list[Row]:
    """Frameworks in the order of the catalogue."""
    known = catalogue().frameworks
    return [Row(id=name, title=known[name].title, counts=counts[name]) for name in known if name in counts]


def seen_by(request: Request) -> list[Row]:
    """Posture by framework over the systems that who looks may see; empty where there is none."""
    if not request.powers.may(_RIGHT):
        return []
    systems = list(visible(System, request.powers).order_by("ref").values_list("ref", flat=True))
    return rows(overall(postures(systems).values())) if systems else []


def controls(request: Request) -> HttpResponse:
    """What the frameworks ask for and how it is met, over the systems that one may see."""
    systems = list(visible(System, request.powers).order_by("name")) if request.powers.may(_RIGHT) else []
    kept = postures([system.ref for system in systems])
    each = [(system, rows(kept[system.ref].counts(system.ref))) for system in systems]
    return render(
        request,
        "web/controls.html",
        {"frameworks": rows(overall(kept.values())) if kept else [], "systems": each, "here": "controls"},
    )


def show(request: Request, ref: str) -> HttpResponse:
    """Where a system stands: the gate to its next stage, each framework, each requirement."""
    system = _system(request, ref)
    kept = posture_of(system.ref)
    chosen = request.GET.get("framework", "iso42001")
    wanted = request.GET.get("status", "")
    own = [one for one in kept.verdicts if one.scope_ref == system.ref]
    lines = [_line(one) for one in own if one.requirement.partition(":")[0] == chosen]
    if wanted in STATUSES:
        lines = [one for one in lines if one.status == wanted]
    lines.sort(key=lambda one: (_WORST_FIRST.index(one.status), one.id))
    return render(
        request,
        "web/posture.html",
        {
            "system": system,
            "gate": _gate(system),
            "frameworks": rows(kept.counts(system.ref)),
            "chosen": chosen,
            "wanted": wanted,
            "statuses": STATUSES,
            "lines": lines,
            "at": kept.at,
            "facts": kept.facts,
            "here": "systems",
        },
    )


def why(request: Request, ref: str, requirement: str) -> HttpResponse:
    """Why a requirement has its status, in sentences, with the evidence that they rest on."""
    system = _system(request, ref)
    known = catalogue().requirements.get(requirement)
    if known is None:
        raise Http404(f"There is no requirement {requirement!r}.")
    told = explain_of(requirement, system.ref)
    return render(
        request,
        "web/why.html",
        {"system": system, "requirement": known, "told": told, "here": "controls"},
    )


def _system(request: Request, ref: str) -> System:
    system = visible(System, request.powers).filter(ref=ref).first()
    if not isinstance(system, System) or not request.powers.may(_RIGHT, system):
        raise Http404(f"There is no system {ref} that you may read.")
    return system


def _gate(system: System) -> dict[str, Any]:
    """What the gate says of the next stage, as a sentence and what is missing."""
    stages = list(catalogue().stages)
    at = stages.index(system.stage) if system.stage in stages else -1
    following = stages[at + 1] if at + 1 < len(stages) else None
    if following is None:
        return {"stage": None}
    try:
        answer = gate_of(system.ref, following)
    except UprightError as refused:
        return {"stage": following, "answer": "deny", "missing": [], "more": 0, "because": refused.message}
    missing = list(answer.missing)
    return {
        "stage": following,
        "answer": answer.answer,
        "missing": missing[:_MOST_MISSING],
        "more": max(0, len(missing) - _MOST_MISSING),
        "waivers": answer.waivers,
    }


def _line(verdict: Verdict) -> Line:
    known = catalogue().requirements[verdict.requirement]
    return Line(
        id=verdict.requirement,
        title=known.title,
        status=verdict.status,
        findings=verdict.open_findings,
        question=verdict.question,
        applies_from=verdict.applies_from,
    )
