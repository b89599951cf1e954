"""The one page of a system in parts: where it stands, risks, what it is made of, documents, tasks, history."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from upright.desk import detail
from upright.desk.description import RecordType, registered
from upright.desk.moves import offers
from upright.desk.values import localised, sentence
from upright.desk.visible import visible
from upright.evidence.statement import Measurement, Predicate
from upright.gate import Missing
from upright.records.assurance.evidence import fresh_until, is_aged
from upright.records.assurance.judging import Kept, posture_of
from upright.records.assurance.models import EvidenceRow
from upright.records.inventory.models import System
from upright.records.risk.models import Risk
from upright.records.risk.queries import worst_first
from upright.records.trail.models import LedgerStream
from upright.web.checks import checks_of
from upright.web.evidence import RESULTS
from upright.web.filed import predicates, readable
from upright.web.frame import catalogue, ledger_of
from upright.web.hanging import hanging
from upright.web.needs import stage_word
from upright.web.parts import made_of
from upright.web.plots import Plot, interval, of_whom, plot
from upright.web.posture import RIGHT, rows, said_of, severity_word
from upright.web.posture import short as requirement_short
from upright.web.recent import recent, with_names
from upright.web.records import links_of, why_not_edit
from upright.web.requests import Request, is_fragment, the_record
from upright.web.sentences import kind as kind_name
from upright.web.sentences import kinds as kind_names
from upright.web.sentences import measure
from upright.web.sentences import said as told
from upright.web.steps import begin
from upright.web.values import limit_words

_MOST_MISSING = 12
_MOST_RISKS = 12
_NEWEST = 8
_MOST_CHECKS = 40
_WORST = ("failed", "errored", "undecided", "passed")


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """One thing that keeps the gate shut, why it is asked for, and the button that begins to mend it."""

    words: str
    link: str
    status: str
    why: str
    verb: str
    address: str


@dataclass(frozen=True, kw_only=True)
class Run:
    """The newest run of a bound check: its headline with interval and n, its limit, how fresh it is."""

    row: EvidenceRow
    headline: str
    limit: str
    fresh_until: Any
    is_old: bool


class Seen:
    """A system as one request sees it; what no shown part needs is not read."""

    def __init__(self, request: Request, described: RecordType, record: System) -> None:
        self.request, self.described, self.record = request, described, record
        self.may_judge = request.powers.may(RIGHT, record)

    @cached_property
    def kept(self) -> Kept | None:
        """Its posture, as far as it may be read."""
        ledger = ledger_of(self.request)
        return posture_of(self.record.ref, ledger.of if ledger else "") if self.may_judge else None

    @cached_property
    def newest(self) -> list[EvidenceRow]:
        """The newest statement of each of its streams."""
        return _newest(self.request, self.record) if self.may_judge else []


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the page: shown, or a link to it."""

    name: str
    title: Any
    address: str
    is_shown: bool


def show(request: Request, ref: str) -> HttpResponse:
    """The page with one of its parts, the part alone for htmx; what somebody may not read of it is not on it."""
    described, record = the_record(ref, request)
    if not isinstance(record, System):
        raise Http404(f"There is no system {ref}.")
    seen = Seen(request, described, record)
    names = [name for name in _PARTS if name != STANDING or seen.may_judge]
    asked = request.GET.get("part", STANDING)
    name = asked if asked in names else names[0]
    context = _PARTS[name][1](seen) | {
        "system": record,
        "record": record,
        "parts": [_part(ref, one, is_shown=one == name) for one in names],
        "shown": f"web/parts/system/{name}.html",
        "is_fragment": is_fragment(request),
    }
    if is_fragment(request):
        return render(request, "web/parts/system/part.html", context)
    return render(request, "web/system.html", context | _around(seen))


def _part(ref: str, name: str, *, is_shown: bool) -> Part:
    query = "" if name == STANDING else f"?part={name}"
    return Part(
        name=name, title=_PARTS[name][0], address=f"{reverse('web:record', args=[ref])}{query}", is_shown=is_shown
    )


def _around(seen: Seen) -> dict[str, Any]:
    """What stands above and beside every part."""
    request, record, kept = seen.request, seen.record, seen.kept
    moves = offers(seen.described, record, actor=request.actor, powers=request.powers)
    refusal = why_not_edit(request, record)
    return {
        "described": seen.described,
        "moves": moves,
        "why_not_edit": refusal,
        "refusals": bool(refusal) or any(one.why_not for one in moves),
        "stage": stage_word(record.stage),
        "kept": kept,
        "gate": kept.gate if kept else None,
        "severity": severity_word(kept.severity, is_open=bool(kept.open_questions)) if kept else "",
        "newest": max((row.ended for row in seen.newest), default=""),
        "here": "systems",
    }


def _standing(seen: Seen) -> dict[str, Any]:
    kept, ref = seen.kept, seen.record.ref
    read = predicates(seen.newest)
    return {
        "kept": kept,
        "gate": kept.gate if kept else None,
        "gate_says": _sentence(kept),
        "stages": _stages(seen.record, kept),
        "missing": [_lacking(seen.request, one, kept, read, ref) for one in _first(kept)] if kept else [],
        "more": max(0, len(kept.gate.missing) - _MOST_MISSING) if kept and kept.gate else 0,
        "frameworks": rows(kept.counts(ref)) if kept else [],
        "plots": _plots(read),
        "runs": [_run(row, said) for row, said in read if row.binding],
        "checks": checks_of(seen.record, seen.request) if seen.may_judge else None,
    }


def _at_risk(seen: Seen) -> dict[str, Any]:
    """What is not closed, as things stand the highest first."""
    open_ = visible(Risk, seen.request.powers).filter(system=seen.record).exclude(state=Risk.State.CLOSED)
    shown = list(worst_first(open_, "current", _MOST_RISKS).prefetch_related("treatments"))
    count = open_.count() if len(shown) == _MOST_RISKS else len(shown)
    may_add = "risk" in registered() and seen.request.powers.may(registered()["risk"].right("add"), seen.record)
    return {"risks": shown, "count": count, "more": count - len(shown), "may_add_risk": may_add}


def _made(seen: Seen) -> dict[str, Any]:
    return {"made": made_of(seen.record, seen.request.powers, seen.newest)}


def _documents(seen: Seen) -> dict[str, Any]:
    return {
        "links": links_of(seen.record, seen.request),
        "stated": [row for row in seen.newest if not row.binding],
        "sections": detail.sections(seen.described, seen.record),
    }


def _work(seen: Seen) -> dict[str, Any]:
    return hanging(seen.record, seen.request)


def _happened(seen: Seen) -> dict[str, Any]:
    newest = recent(seen.request.powers, _NEWEST, index_ref=f"index:{seen.record.ref}")
    return {"happened": with_names(seen.request, newest)}


STANDING = "standing"
_PARTS: Mapping[str, tuple[Any, Callable[[Seen], dict[str, Any]]]] = {
    STANDING: (gettext_lazy("Gate, posture, checks"), _standing),
    "risks": (gettext_lazy("Risks and treatments"), _at_risk),
    "parts": (gettext_lazy("Models, data, suppliers"), _made),
    "documents": (gettext_lazy("Documents and records"), _documents),
    "work": (gettext_lazy("Tasks and comments"), _work),
    "history": (gettext_lazy("History"), _happened),
}
"""The parts in the order of the page: what each is called, and what it reads."""


def _newest(request: Request, system: System) -> list[EvidenceRow]:
    """The newest statement of each stream of the system."""
    ends = LedgerStream.objects.filter(index_ref=f"index:{system.ref}").values("newest")
    found = readable(request).filter(index__in=ends).order_by("binding", "-index")[:_MOST_CHECKS]
    return sorted(found, key=lambda row: (_WORST.index(row.result) if row.result in RESULTS else 9, row.binding))


def _stages(system: System, kept: Kept | None) -> list[dict[str, str]]:
    stages = list(catalogue().stages)
    at = stages.index(system.stage) if system.stage in stages else -1
    found = []
    for n, stage in enumerate(stages):
        state = "done" if n < at else "here" if n == at else ""
        answer = kept.gate.answer if kept and kept.gate and kept.gate.stage == stage else ""
        found.append(
            {"word": sentence(stage_word(stage)), "state": "shut" if answer == "deny" else state, "answer": answer}
        )
    return found


def _sentence(kept: Kept | None) -> str:
    if kept is None or kept.gate is None:
        return gettext("Nothing lies beyond this stage.")
    stage = stage_word(kept.gate.stage)
    if kept.gate.answer == "allow":
        return gettext("The system may go to %(stage)s: all that is asked for is met or does not apply.") % {
            "stage": stage
        }
    return gettext("The system may not go to %(stage)s: %(missing)s.") % {
        "stage": stage,
        "missing": said_of(kept.gate.missing),
    }


def _first(kept: Kept) -> Sequence[Missing]:
    """What is missing, the worst first."""
    order = {"failing": 0, "prohibited": 0, "undetermined": 1, "stale": 2}
    missing = kept.gate.missing if kept.gate else ()
    return sorted(missing, key=lambda one: order.get(one.status, 3))[:_MOST_MISSING]


def _lacking(
    request: Request, one: Missing, kept: Kept, read: Iterable[tuple[EvidenceRow, Predicate]], ref: str
) -> Lacking:
    run, said = next(((row, said) for row, said in read if row.binding == one.what), (None, None))
    why, status = one.why, one.status if one.status not in {"undetermined", "prohibited"} else "unknown"
    if one.what in catalogue().requirements:
        link = reverse("web:why", args=[ref, one.what])
        kinds = kept.lacking.get(one.what, ())
        verb, address = begin(request, kinds[0], ref) if kinds else (gettext("See why"), link)
        if kinds:
            named = kind_names(kinds[:3])
            why = gettext("%(why)s Lacks: %(kinds)s.") % {"why": told(why), "kinds": named}
        words = requirement_short(one.what)
    elif run is not None and said is not None:
        why = next((f"{told(reason.because)}." for reason in said.reasons if reason.outcome == run.result), why)
        link = address = reverse("web:statement", args=[run.index])
        verb, words = gettext("See the run"), one.what
    elif one.what in catalogue().kinds:
        link = reverse("web:kind", args=[one.what])
        words = kind_name(one.what)
        verb, address = begin(request, one.what, ref)
    else:
        link = address = f"{reverse('web:controls')}?framework=eu-ai-act&system={ref}"
        verb = gettext("See the open questions")
        words = gettext("Class under the EU AI Act") if ":" in one.what else one.what
    return Lacking(words=words, link=link, status=status, why=why, verb=verb, address=address)


def _plots(read: Iterable[tuple[EvidenceRow, Predicate]]) -> list[Plot]:
    """For each limit the headline of every check that has it, against one scale."""
    by: dict[tuple[str, str], list[tuple[str, Measurement, str]]] = {}
    limits: dict[tuple[str, str], Mapping[str, str]] = {}
    for row, said in read:
        for name, limit in said.limits.items():
            one = _headline(said, name)
            if one is not None and one.low is not None:
                key = (name, limit_words(limit))
                limits[key] = limit
                label = f"{row.binding or row.subject}: {of_whom(one)}"
                by.setdefault(key, []).append((label, one, reverse("web:statement", args=[row.index])))
    return [plot(key[0], limits[key], found) for key, found in by.items()]


def _headline(said: Predicate, name: str) -> Measurement | None:
    own = [one for one in said.measurements if one.name == name and one.outcome is not None and one.value is not None]
    return min(own, key=lambda one: _WORST.index(one.outcome or "passed"), default=None)


def _run(row: EvidenceRow, said: Predicate) -> Run:
    names = list(said.limits)
    found = next((one for name in names if (one := _headline(said, name)) is not None), None)
    if found is not None:
        headline = f"{measure(found.name)} {interval(found)}, n {localised(f'{found.n:,}')}"
    else:
        headline = told(said.reasons[0].because) if said.reasons else gettext("no number")
    limit = (
        limit_words(said.limits[found.name])
        if found is not None
        else ", ".join(dict.fromkeys(map(limit_words, said.limits.values())))
    )
    return Run(
        row=row, headline=headline, limit=limit or gettext("none"), fresh_until=fresh_until(row), is_old=is_aged(row)
    )
