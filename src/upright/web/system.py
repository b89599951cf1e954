"""The one page of a system: gate and what is missing, posture, checks, risks, what it is made of, history."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from upright.desk import detail
from upright.desk.description import registered
from upright.desk.moves import offers
from upright.desk.values import localised, sentence
from upright.desk.visible import visible
from upright.evidence.dsse import Envelope
from upright.evidence.statement import Measurement, Predicate
from upright.gate import Missing
from upright.records.assurance.evidence import fresh_until, is_aged
from upright.records.assurance.judging import Kept, posture_of
from upright.records.assurance.models import EvidenceRow
from upright.records.inventory.models import System
from upright.records.risk.models import Risk
from upright.records.trail.history import recorded
from upright.records.trail.models import LedgerEntry, LedgerStream
from upright.web.checks import checks_of
from upright.web.evidence import RESULTS, readable
from upright.web.frame import catalogue
from upright.web.hanging import hanging
from upright.web.needs import stage_word
from upright.web.parts import made_of
from upright.web.plots import Plot, interval, of_whom, plot
from upright.web.posture import RIGHT, rows, said_of, severity_word
from upright.web.posture import short as requirement_short
from upright.web.recent import recent
from upright.web.records import links_of, why_not_edit
from upright.web.requests import Request, the_record
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


def show(request: Request, ref: str) -> HttpResponse:
    """The page; what somebody may not read of it is not on it."""
    described, record = the_record(ref, request)
    if not isinstance(record, System):
        raise Http404(f"There is no system {ref}.")
    may_judge = request.powers.may(RIGHT, record)
    kept = posture_of(ref) if may_judge else None
    newest = _newest(request, record) if may_judge else []
    read = _read(newest)
    moves = offers(described, record, actor=request.actor, powers=request.powers)
    refusal = why_not_edit(request, record)
    return render(
        request,
        "web/system.html",
        {
            "described": described,
            "record": record,
            "system": record,
            "moves": moves,
            "why_not_edit": refusal,
            "refusals": bool(refusal) or any(one.why_not for one in moves),
            "stage": stage_word(record.stage),
            "stages": _stages(record, kept),
            "kept": kept,
            "severity": severity_word(kept.severity, is_open=bool(kept.open_questions)) if kept else "",
            "gate": kept.gate if kept else None,
            "gate_says": _sentence(kept),
            "missing": [_lacking(request, one, kept, read, ref) for one in _first(kept)] if kept else [],
            "more": max(0, len(kept.gate.missing) - _MOST_MISSING) if kept and kept.gate else 0,
            "frameworks": rows(kept.counts(ref)) if kept else [],
            "plots": _plots(read),
            "runs": [_run(row, said) for row, said in read if row.binding],
            "stated": [row for row, _ in read if not row.binding],
            "newest": max((row.ended for row, _ in read), default=""),
            "checks": checks_of(record, request) if may_judge else None,
            "risks": _risks(request, record),
            "may_add_risk": "risk" in registered() and request.powers.may(registered()["risk"].right("add"), record),
            "made": made_of(record, request.powers, [row for row, _ in read]),
            "links": links_of(record, request),
            "sections": detail.sections(described, record),
            "happened": recent(request.powers, _NEWEST, index_ref=f"index:{ref}"),
            "here": "systems",
        }
        | hanging(record, request),
    )


def compare(request: Request, newer: int, older: int) -> HttpResponse:
    """Two statements side by side: each number of both with its interval, and by how much it changed."""
    found = {row.index: row for row in readable(request).filter(index__in=[newer, older])}
    if newer not in found or older not in found:
        raise Http404("One of the two statements is not there, or you may not read it.")
    both = dict(_read([found[newer], found[older]]))
    said = {row.index: predicate for row, predicate in both.items()}
    left, right = said[newer], said[older]
    names = {_key(one): one for one in (*left.measurements, *right.measurements)}
    at_left = {_key(one): one for one in left.measurements}
    at_right = {_key(one): one for one in right.measurements}
    return render(
        request,
        "web/compare.html",
        {
            "newer": found[newer],
            "older": found[older],
            "left": left,
            "right": right,
            "lines": [
                {
                    "name": one.name.replace("_", " "),
                    "of": of_whom(one),
                    "left": at_left.get(key),
                    "right": at_right.get(key),
                    "left_says": interval(at_left[key]) if key in at_left else "",
                    "right_says": interval(at_right[key]) if key in at_right else "",
                    "change": _change(at_left.get(key), at_right.get(key)),
                    "may_be_chance": _may_be_chance(at_left.get(key), at_right.get(key)),
                }
                for key, one in names.items()
            ],
            "is_one_stream": found[newer].stream == found[older].stream,
            "inputs_changed": _inputs(left) != _inputs(right),
            "limits_changed": left.limits != right.limits,
            "here": "evidence",
        },
    )


def _newest(request: Request, system: System) -> list[EvidenceRow]:
    """The newest statement of each stream of the system."""
    ends = LedgerStream.objects.filter(index_ref=f"index:{system.ref}").values("newest")
    found = readable(request).filter(index__in=ends).order_by("binding", "-index")[:_MOST_CHECKS]
    return sorted(found, key=lambda row: (_WORST.index(row.result) if row.result in RESULTS else 9, row.binding))


def _read(found: Iterable[EvidenceRow]) -> list[tuple[EvidenceRow, Predicate]]:
    """Each statement with what it says; one that was erased is left out."""
    listed = list(found)
    bodies = {
        one.index: one.body for one in recorded(LedgerEntry.objects.filter(index__in=[row.index for row in listed]))
    }
    return [
        (row, Envelope.parse(body).statement.predicate) for row in listed if (body := bodies.get(row.index)) is not None
    ]


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
            named = ", ".join(told(kind.replace("-", " ")) for kind in kinds[:3])
            why = gettext("%(why)s Lacks: %(kinds)s.") % {"why": told(why), "kinds": named}
        words = requirement_short(one.what)
    elif run is not None and said is not None:
        why = next((f"{reason.because}." for reason in said.reasons if reason.outcome == run.result), why)
        link = address = reverse("web:statement", args=[run.index])
        verb, words = gettext("See the run"), one.what
    elif one.what in catalogue().kinds:
        link = reverse("web:kind", args=[one.what])
        words = told(one.what.replace("-", " "))
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
        headline = f"{found.name.replace('_', ' ')} {interval(found)}, n {found.n:,}"
    else:
        headline = said.reasons[0].because if said.reasons else gettext("no number")
    limit = (
        limit_words(said.limits[found.name])
        if found is not None
        else ", ".join(dict.fromkeys(map(limit_words, said.limits.values())))
    )
    return Run(
        row=row, headline=headline, limit=limit or gettext("none"), fresh_until=fresh_until(row), is_old=is_aged(row)
    )


def _risks(request: Request, system: System) -> list[Risk]:
    found = visible(Risk, request.powers).filter(system=system).exclude(state="closed").prefetch_related("treatments")
    return sorted(found[:200], key=lambda one: -one.level)[:_MOST_RISKS]


def _key(one: Measurement) -> tuple[str, str]:
    return one.name, of_whom(one)


def _change(left: Measurement | None, right: Measurement | None) -> str:
    if left is None or right is None or left.value is None or right.value is None:
        return gettext("not comparable")
    change = Decimal(left.value) - Decimal(right.value)
    return "0" if not change else localised(f"{change:+.3f}").replace("-", "\u2212")


def _may_be_chance(left: Measurement | None, right: Measurement | None) -> bool:
    """Whether two numbers that differ have intervals that overlap; unknown ends are none that keep them apart."""
    if left is None or right is None or None in {left.value, right.value} or left.value == right.value:
        return False
    if left.low is None or left.high is None or right.low is None or right.high is None:
        return True
    return Decimal(left.low) <= Decimal(right.high) and Decimal(right.low) <= Decimal(left.high)


def _inputs(said: Predicate) -> list[tuple[str, str]]:
    return sorted((one.ref, one.digest) for one in said.inputs)
