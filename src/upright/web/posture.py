"""Posture on pages: by framework over what one may see, of one system with its gate, and why in sentences."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from upright.desk.values import sentence
from upright.desk.visible import visible
from upright.gate import Missing
from upright.kernel import time_text
from upright.posture.posture import STATUSES, Counts, Verdict
from upright.records.assurance.judging import Kept, posture_of
from upright.records.assurance.overview import Summary, overall, summaries, summary_at
from upright.records.inventory.models import System
from upright.records.trail.server_log import now
from upright.web.checks import checks_of
from upright.web.frame import catalogue
from upright.web.requests import Request
from upright.web.sentences import said, within

RIGHT = "assurance.posture.read"
WORST_FIRST = ("failing", "stale", "unknown", "partly", "met", "not_applicable")
SHORT = {
    "iso42001": "ISO 42001",
    "eu-ai-act": "EU AI Act",
    "nist-ai-rmf": "NIST AI RMF",
    "gdpr": "GDPR",
}  # said() has their German
_MOST_MISSING = 12
_AGO = timedelta(days=30)
MOST_COMPARED = 20


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
    before: Counts | None = None

    @property
    def called(self) -> str:
        """The short name of the framework."""
        return said(SHORT.get(self.id, self.title))

    @property
    def asked(self) -> int:
        """How many apply."""
        return self.counts.of - self.counts.not_applicable

    @property
    def change(self) -> str:
        """How many more are met than before, with a sign; a dash where there was nothing before."""
        if self.before is None:
            return "–"
        more = self.counts.met - self.before.met
        return "0" if not more else f"+{more}" if more > 0 else f"\u2212{-more}"

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
        found = [(getattr(self.counts, one), said(one.replace("_", " "))) for one in STATUSES]
        return f"{said(self.title)}: {', '.join(f'{count} {word}' for count, word in found if count)}"


@dataclass(frozen=True, kw_only=True)
class Behind:
    """How many systems are shown as of an older entry, the oldest of those, and how many nobody judged yet."""

    count: int
    entry: int
    never: int


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
    return [Row(id=name, title=known[name].title, counts=counts[name]) for name in ordered() if name in counts]


def ordered() -> list[str]:
    """The frameworks as pages list them: that of the management system first, then law, then what is voluntary."""
    known = catalogue().frameworks
    return [*(name for name in SHORT if name in known), *(name for name in known if name not in SHORT)]


def read_by(request: Request, systems: Iterable[System]) -> Mapping[str, Summary]:
    """The summaries of those systems whose posture somebody may read."""
    if not request.powers.may(RIGHT):
        return {}
    return summaries([one.ref for one in systems if request.powers.may(RIGHT, one)])


def behind(found: Iterable[Summary]) -> Behind | None:
    """What a page over many systems says where some are being judged again; None where all are as of now."""
    waiting = [one for one in found if one.is_behind]
    if not waiting:
        return None
    entries = [one.entry for one in waiting if one.is_judged]
    return Behind(count=len(entries), entry=min(entries, default=-1), never=len(waiting) - len(entries))


def compared(systems: Sequence[object], found: Mapping[str, Summary]) -> list[Row]:
    """Posture by framework over these systems, beside that of thirty days ago where they are few enough to judge."""
    if not found:
        return []
    past: Mapping[str, Counts] = {}
    if len(systems) <= MOST_COMPARED:
        at = time_text((now() - _AGO).replace(hour=0, minute=0, second=0, microsecond=0))
        known = [summary_at(ref, at) for ref in found]
        past = overall(one for one in known if one is not None) if any(known) else {}
    known_frameworks = catalogue().frameworks
    counts = overall(found.values())
    return [
        Row(id=name, title=known_frameworks[name].title, counts=counts[name], before=past.get(name))
        for name in ordered()
        if name in counts
    ]


def short(requirement: str) -> str:
    """A requirement as it is called beside others: its framework's short name and its own id."""
    framework, _, local = requirement.partition(":")
    known = catalogue().requirements.get(requirement)  # none of a whole clause, such as iso42001:4
    return f"{said(SHORT.get(framework, framework))} {(known and known.display) or local}"


def said_of(missing: Iterable[Missing]) -> str:
    """What keeps a gate shut, counted, such as ``2 failing, 4 unknown``."""
    counted = Counter(one.status for one in missing)
    order = [*WORST_FIRST, *(one for one in counted if one not in WORST_FIRST)]
    return ", ".join(f"{counted[one]} {said(one.replace('_', ' '))}" for one in order if counted[one])


def severity_word(severity: str, *, is_open: bool = False) -> str:
    """A class under the EU AI Act as a reader says it; while questions are open, it is the worst that it may be."""
    word = said(sentence(severity.replace("_", " ").replace("-", " ")) or "Not classified")
    return gettext("Not decided; at worst: %(severity)s") % {"severity": within(word)} if is_open and severity else word


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
    lines.sort(key=lambda one: (WORST_FIRST.index(one.status), one.id))
    return render(
        request,
        "web/posture.html",
        {
            "system": system,
            "gate": _gate(kept),
            "frameworks": rows(kept.counts(system.ref)),
            "chosen": chosen,
            "wanted": wanted,
            "statuses": STATUSES,
            "lines": lines,
            "at": kept.at,
            "facts": kept.facts,
            "checks": checks_of(system, request),
            "here": "systems",
        },
    )


def _system(request: Request, ref: str) -> System:
    system = visible(System, request.powers).filter(ref=ref).first()
    if not isinstance(system, System) or not request.powers.may(RIGHT, system):
        raise Http404(f"There is no system {ref} that you may read.")
    return system


def _gate(kept: Kept) -> dict[str, Any]:
    """What the gate says of the next stage, as a sentence and what is missing."""
    if kept.gate is None:
        return {"stage": None}
    missing = list(kept.gate.missing)
    return {
        "stage": kept.gate.stage,
        "answer": kept.gate.answer,
        "missing": [(one, one.what if one.what in catalogue().requirements else "") for one in missing[:_MOST_MISSING]],
        "more": max(0, len(missing) - _MOST_MISSING),
        "waivers": kept.gate.waivers,
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
