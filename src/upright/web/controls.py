"""Controls: a framework as a tree with statuses; one requirement with why, what answers its asks, what is near."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.gzip import gzip_page

from upright.desk.description import registered
from upright.desk.visible import visible
from upright.posture import Facts, explain, fold
from upright.posture.explain import CellView
from upright.posture.posture import STATUSES, Status, Verdict
from upright.records.assurance.evidence import fresh_until
from upright.records.assurance.explaining import posture_and_facts
from upright.records.assurance.judging import posture_of
from upright.records.assurance.models import EvidenceRow
from upright.records.inventory.models import System
from upright.web.filed import readable
from upright.web.frame import catalogue, ledger_of
from upright.web.improving import found_against
from upright.web.naming import know, learn
from upright.web.posture import RIGHT, SHORT, WORST_FIRST, ordered, short
from upright.web.requests import Request
from upright.web.sentences import kind as kind_name
from upright.web.sentences import said
from upright.web.steps import begin
from upright.web.tree import options, pairs, tree

if TYPE_CHECKING:
    from upright.catalogue import Ask, Requirement

_STATES = {"ok": "met", "bad": "failing", "old": "stale", "open": "unknown", "none": "unknown"}
_SAID = {
    "none": gettext_noop("nothing yet"),
    "aged": gettext_noop("older than is asked for"),
    "changed": gettext_noop("what it looked at has changed"),
    "draft": gettext_noop("a draft only"),
    "passed": gettext_noop("passed"),
    "failed": gettext_noop("failed"),
    "done": gettext_noop("failed; an approved record says what is done about it"),
}
_SHOWN = 4
_CHOICES = 200
_WORST = ("bad", "old", "open", "none", "ok")


@dataclass(frozen=True, kw_only=True)
class Point:
    """One line of the checklist: kinds of which any answers, where it stands, on which statements, what to do.

    An answer is about whom, in which words, by which statement or else by which record.
    """

    words: str
    status: str
    about: str
    fresh_for: str | None
    mode: str
    answers: tuple[tuple[str, str, EvidenceRow | None, str], ...]
    verb: str
    address: str


def controls(request: Request) -> HttpResponse:
    """A framework over one system and the organisation; the requirement that is asked for, or the worst."""
    system = _system(request)
    if system is None:
        return render(request, "web/controls.html", {"systems": [], "here": "controls"})
    at = request.GET.get("at", "")
    framework = at.partition(":")[0] or request.GET.get("framework", "iso42001")
    if framework not in catalogue().frameworks:
        raise Http404(f"There is no framework {framework!r}.")
    return _page(request, system, framework, at)


def why(request: Request, ref: str, requirement: str) -> HttpResponse:
    """The same page at one requirement of one system."""
    system = visible(System, request.powers).select_related("owner").filter(ref=ref).first()
    if not isinstance(system, System) or not request.powers.may(RIGHT, system):
        raise Http404(f"There is no system {ref} that you may read.")
    if requirement not in catalogue().requirements:
        raise Http404(f"There is no requirement {requirement!r}.")
    return _page(request, system, requirement.partition(":")[0], requirement)


def _system(request: Request) -> System | None:
    """The system that is asked for, else the first by name; None: none whose posture may be read."""
    rows = visible(System, request.powers).select_related("owner")
    if not request.powers.may(RIGHT):
        return None
    wanted = request.GET.get("system", "")
    asked: System | None = rows.filter(ref=wanted).first() if wanted else None
    return asked or rows.order_by("name").first()


def _choices(request: Request, system: System | None) -> list[tuple[str, str]]:
    """What can be chosen instead, by name; the one that is shown is among them however many there are."""
    if system is None:
        return []
    found = list(visible(System, request.powers).order_by("name").values_list("ref", "name")[:_CHOICES])
    own = (system.ref, system.name)
    return found if own in found else [own, *found]


@gzip_page
def side_by_side(request: Request) -> HttpResponse:
    """Two frameworks: which requirements speak of the same, and where each stands; shown for orientation alone.

    Packed on the way, as hundreds of lines that are alike: nothing on it repeats what somebody else could have typed
    into its address, so its size tells nothing of what is secret (0298).
    """
    system = _system(request)
    crossed = {
        (str(one["from"]), str(one["to"]))
        for one in catalogue().crosswalks.values()
        if one["to"] in catalogue().frameworks
    }
    right = request.GET.get("right", "eu-ai-act")
    found = next(
        (one for one in catalogue().crosswalks.values() if (one["from"], one["to"]) == ("iso42001", right)), None
    )
    if found is None:
        raise Http404(f"There is no crosswalk from ISO/IEC 42001 to {right!r}.")
    statuses = _statuses(posture_of(system.ref).verdicts) if system else {}
    lines: dict[str, list[dict[str, Any]]] = {}
    for link in found["links"]:
        lines.setdefault(link["from"], []).append(link | {"status": statuses.get(link["to"], "unknown")})
    known = catalogue().requirements
    return render(
        request,
        "web/side_by_side.html",
        {
            "system": system,
            "systems": options(_choices(request, system), system.ref if system else ""),
            "right": right,
            "called": said(SHORT.get(right, right)),
            "choices": [(to, said(SHORT.get(to, to))) for _, to in sorted(crossed)],
            "crosswalk": found,
            "lines": [
                {
                    "left": known[one],
                    "status": statuses.get(one, "unknown"),
                    "links": pairs(
                        system,
                        (link | {"title": known[link["to"]].title} for link in links if link["to"] in known),
                    ),
                }
                for one, links in lines.items()
                if one in known
            ],
            "here": "controls",
        },
    )


def _page(request: Request, system: System, framework: str, at: str) -> HttpResponse:
    kept, facts = posture_and_facts(system.ref, _organisation(request))
    statuses = _statuses(kept.verdicts)
    wanted = request.GET.get("status", "")
    own = [one for one in catalogue().requirements.values() if one.framework == framework]
    shown = [one for one in own if wanted not in STATUSES or statuses.get(one.id, "unknown") == wanted]
    chosen = catalogue().requirements.get(at) or _worst(shown or own, statuses)
    if at and at not in catalogue().requirements:
        raise Http404(f"There is no requirement {at!r}.")
    counted: Counter[str] = Counter(statuses.get(one.id, "unknown") for one in own)
    context = {
        "system": system,
        "systems": options(_choices(request, system), system.ref),
        "framework": catalogue().frameworks[framework],
        "frameworks": [(one, said(SHORT.get(one, one))) for one in ordered()],
        "called": said(SHORT.get(framework, framework)),
        "wanted": wanted,
        "total": len(own),
        "counts": [
            (one, counted[one], _address(system, framework, status="" if one == wanted else one))
            for one in WORST_FIRST
            if counted[one]
        ],
        "all": _address(system, framework),
        "tree": tree(system, shown, statuses, chosen, narrowed_to=wanted if wanted in STATUSES else ""),
        "kept_at": kept.at,
        "here": "controls",
    }
    return render(request, "web/controls.html", context | _detail(request, system, chosen, facts, statuses))


def _organisation(request: Request) -> str:
    """The organisation's reference, which the foot of the page reads too; empty where there is no ledger."""
    ledger = ledger_of(request)
    return ledger.of if ledger else ""


def _detail(
    request: Request, system: System, requirement: "Requirement", facts: Facts, statuses: Mapping[str, Status]
) -> dict[str, Any]:
    told = explain(facts, catalogue(), requirement.id, system=system.ref)
    know(request, system)
    learn(request, (*told.sentences, *(one.subject for one in told.cells), *map(_record_of, told.cells)))
    rows = {one.evidence: one for one in readable(request).filter(evidence__in=told.evidence[:64])}
    status = statuses.get(requirement.id, "unknown")
    group = next(
        (one for one in catalogue().frameworks[requirement.framework].groups if one.id == requirement.group), None
    )
    return {
        "requirement": requirement,
        "group": group,
        "status": status,
        "told": told,
        "failed": sum(one.state == "bad" for one in told.cells),
        "points": [
            _point(request, system, ask, member, told.cells, rows) for ask in requirement.asks for member in ask.all_of
        ],
        "against": found_against(request, requirement.id, system),
        "nearby": _nearby(requirement.id, statuses),
        "kept_by": [
            one
            for one in registered().values()
            if one.clause == requirement.id and request.powers.may(one.right("read"))
        ],
    }


def _point(
    request: Request,
    system: System,
    ask: "Ask",
    kinds: tuple[str, ...],
    cells: Iterable[CellView],
    rows: Mapping[str, EvidenceRow],
) -> Point:
    own = [one for one in cells if one.kind in kinds and one.subject.partition(":")[0] == ask.about]
    states = {one.state for one in own}
    status = "unknown"
    if "bad" in states:
        status = "failing"
    elif "old" in states:
        status = "stale"
    elif "ok" in states:
        complete = len(kinds) > 1 or states == {"ok"}
        status = "met" if complete else "partly"
    verb, address = begin(request, kinds[0], system.ref)
    answers = []
    for one in sorted(own, key=lambda cell: _WORST.index(cell.state)):
        row = next((rows[item] for item in one.evidence if item in rows), None)
        if row is not None or one.state != "none":
            words = said(_SAID.get(one.reason, one.reason.replace("-", " ")))
            answers.append((one.subject, words, row, "" if row else _record_of(one)))
    return Point(
        words=gettext(" or ").join(kind_name(one) for one in kinds),
        status=status,
        about=said(ask.about),
        fresh_for=ask.fresh_for,
        mode=gettext("must have been done") if ask.mode == "must_be_done" else gettext("must pass"),
        answers=tuple(answers[:_SHOWN]),
        verb=verb,
        address=address,
    )


def _record_of(cell: CellView) -> str:
    """The reference of the record that a cell is read from; empty: it is read from statements."""
    return cell.stream if cell.stream and cell.stream.partition(":")[0] in registered() else ""


def until(row: EvidenceRow) -> Any:
    """The day until which a statement is fresh."""
    moment = fresh_until(row)
    return None if moment is None else moment.date()


def _nearby(requirement: str, statuses: Mapping[str, Status]) -> list[dict[str, Any]]:
    """What other frameworks say of nearly the same; it never makes posture."""
    found = []
    for crosswalk in catalogue().crosswalks.values():
        for link in crosswalk["links"]:
            if requirement not in (link["from"], link["to"]):
                continue
            other = link["to"] if link["from"] == requirement else link["from"]
            known = catalogue().requirements.get(other)
            found.append(
                {
                    "id": other if known else "",
                    "words": short(other) if known else other,
                    "title": said(known.title) if known else link.get("note", ""),
                    "status": statuses.get(other, "unknown") if known else "",
                    "strength": str(link.get("strength", "")),
                    "is_confirmed": link.get("confirmed", link.get("source") == "published"),
                }
            )
    return found


def _statuses(verdicts: Iterable[Verdict]) -> dict[str, Status]:
    """Each requirement once: what is asked of the system and what is asked of the organisation, folded."""
    by: dict[str, list[Status]] = {}
    for one in verdicts:
        by.setdefault(one.requirement, []).append(one.status)
    return {requirement: fold(found) for requirement, found in by.items()}


def _worst(shown: Sequence["Requirement"], statuses: Mapping[str, Status]) -> "Requirement":
    return min(shown, key=lambda one: WORST_FIRST.index(statuses.get(one.id, "unknown")))


def _address(system: System, framework: str, status: str = "") -> str:
    kept = {"framework": framework, "system": system.ref, "status": status}
    return f"{reverse('web:controls')}?{urlencode({name: one for name, one in kept.items() if one})}"
