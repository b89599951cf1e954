"""The inputs of 9.3.2, drawn from the ledger: what changed or stands in the period, whichever app keeps it.

Other apps' records are read by what they speak or by the type of their reference, so an app that keeps none of them
leaves an empty extract, and the review has to say why.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from django.db.models import Q

from upright.evidence.dsse import Envelope
from upright.kernel import UprightError
from upright.ledger import Recorded
from upright.records.assurance.independence import of_records
from upright.records.assurance.lying import MOST_LINKS, next_of
from upright.records.assurance.reviewing import ManagementReview, ReviewInput, row
from upright.records.identity.models import Unit
from upright.records.identity.power import units_below
from upright.records.trail.history import recorded
from upright.records.trail.models import LedgerEntry

Row = dict[str, Any]
_TITLES = ("title", "name", "what", "statement", "decision", "purpose", "summary", "description", "nature", "cause")
_MOST = 200
THEN = " → "
"""Between results of one check, oldest first."""


class Period:
    """The ledger as of a moment: the newest state of each record, and which of them changed in the period.

    ``units`` are the references of those whose records are looked at, by where they lay at that moment; None: of all.
    """

    def __init__(self, since: str, entries: Sequence[Recorded], units: Collection[str] | None = None) -> None:
        self.since, self._units = since, units
        self.evidence = [one for one in entries if one.type == "evidence" and one.body is not None]
        self._all: dict[str, tuple[Recorded, Mapping[str, Any]]] = {}
        for entry in entries:
            if entry.type == "record" and entry.body is not None:
                self._all[entry.ref] = (entry, msgspec.json.decode(entry.body))
        self.newest = {ref: held for ref, held in self._all.items() if self._is_looked_at(ref)}

    def _is_looked_at(self, ref: str) -> bool:
        return self._units is None or self._unit_of(ref) in self._units

    def _unit_of(self, ref: str) -> str:
        """Where a record lies, as ``power.unit_of`` says it; empty: in no unit, so in the whole organisation."""
        for _ in range(MOST_LINKS):
            if ref not in self._all:
                return ""
            ref = next_of(ref, self._all[ref][1].get("record") or {})
            if ref.startswith("unit:"):
                return ref
        return ""

    def records(self, *types: str, kinds: Sequence[str] = (), changed: bool = True) -> Iterator[Row]:
        """Records of these types, or that speak one of these kinds; those that changed in the period, or all."""
        for ref, (entry, body) in sorted(self.newest.items()):
            if changed and entry.time < self.since:
                continue
            spoken = body.get("evidence") or {}
            if ref.partition(":")[0] in types or not set(kinds).isdisjoint(spoken.get("kinds", ())):
                said = body.get("record") or {}
                yield row(ref, _title(said, ref), str(said.get("state") or spoken.get("state") or ""), entry.time)

    def runs(self) -> Iterator[tuple[Recorded, Any]]:
        """Evidence of checks with its predicate, in order."""
        for entry in self.evidence:
            try:
                said = Envelope.parse(entry.body or b"").statement.predicate
            except UprightError:
                continue
            if self._is_looked_at(said.system or ""):
                yield entry, said


def period_of(review: ManagementReview) -> tuple[Period, int]:
    """What the ledger holds now of the review's unit and those below it, and its newest entry.

    A review of one legal entity reads nothing of another; one of the whole organisation reads all.
    """
    signed = Q(ref__gte="binding:", ref__lt="binding;") | Q(ref__gte="attestation:", ref__lt="attestation;")
    entries = recorded(LedgerEntry.objects.filter(signed | of_records()))
    units: Collection[str] | None = None
    if review.unit.parent_id is not None:
        units = set(Unit.objects.filter(pk__in=units_below(review.unit)).values_list("ref", flat=True))
    return Period(review.since.isoformat(), entries, units), entries[-1].index if entries else 0


def extract(item: str, period: Period, review: ManagementReview) -> list[Row]:
    """The lines of one input; none where the records hold nothing of it."""
    return list(_DRAWN[ReviewInput.Item(item)](period, review))[:_MOST]


def _earlier_actions(period: Period, review: ManagementReview) -> Iterator[Row]:
    """Every decision of earlier reviews, with where what became of it stands."""
    for ref, (entry, body) in sorted(period.newest.items()):
        said = body.get("record") or {}
        if ref.startswith("review-decision:") and said.get("review") != review.ref:
            outcome = str(said.get("outcome") or "")
            held = period.newest.get(outcome)
            state = str((held[1].get("record") or {}).get("state", "")) if held else "no plan"
            yield row(ref, str(said.get("decision")), state, entry.time, became=outcome, due=str(said.get("due")))


def _context(period: Period, _review: ManagementReview) -> Iterator[Row]:
    yield from period.records("context-issue", kinds=("context-analysis",))


def _parties(period: Period, _review: ManagementReview) -> Iterator[Row]:
    yield from period.records("interested-party", kinds=("interested-party",))


def _nonconformities(period: Period, _review: ManagementReview) -> Iterator[Row]:
    """What changed, and what stands open however old it is."""
    seen = set()
    for one in period.records("nonconformity", "corrective-action"):
        seen.add(one["ref"])
        yield one
    for one in period.records("nonconformity", "corrective-action", changed=False):
        said = period.newest[one["ref"]][1].get("record") or {}
        is_open = one["state"] in {"planned", "done"} or (one["ref"].startswith("non") and not said.get("effective"))
        if one["ref"] not in seen and is_open:
            yield one


def _monitoring(period: Period, _review: ManagementReview) -> Iterator[Row]:
    """Evaluations and measurements, and how the checks of the period came out, by kind."""
    yield from period.records(kinds=("performance-evaluation", "measurement"))
    counts: dict[str, dict[str, int]] = {}
    for entry, said in period.runs():
        if entry.time >= period.since:
            for kind in said.kinds:
                by = counts.setdefault(kind, {})
                by[said.result] = by.get(said.result, 0) + 1
    for kind, by in sorted(counts.items()):
        told = ", ".join(f"{count} {result}" for result, count in sorted(by.items()))
        yield row(kind, f"Results of {kind}: {told}", "measured", period.since)


def _audits(period: Period, _review: ManagementReview) -> Iterator[Row]:
    yield from period.records("audit", "audit-finding", "certificate")


def _objectives(period: Period, _review: ManagementReview) -> Iterator[Row]:
    """Each objective with the newest value of its measure, by whichever check measured it."""
    newest: dict[str, tuple[str, str, str]] = {}
    for entry, said in period.runs():
        for one in said.measurements:
            value = f"{one.value} ({one.low} to {one.high})" if one.low is not None else str(one.value)
            newest[one.name] = (value, said.result, entry.time)
    for one in period.records("objective", kinds=("objective",), changed=False):
        held = period.newest[one["ref"]][1].get("record") or {}
        measure = str(held.get("measure") or "")
        value, result, at = newest.get(measure, ("not measured", "unknown", one["on"]))
        yield row(one["ref"], one["what"], result, at, measure=measure, target=str(held.get("target")), value=value)


def _impact(period: Period, _review: ManagementReview) -> Iterator[Row]:
    yield from period.records("impact-assessment", kinds=("impact-assessment", "societal-impact-assessment"))


def _tests(period: Period, _review: ManagementReview) -> Iterator[Row]:
    """The last results of each binding in the period, oldest first."""
    results: dict[str, list[str]] = {}
    last: dict[str, str] = {}
    for entry, said in period.runs():
        if entry.time >= period.since and entry.ref.startswith("binding:"):
            results.setdefault(entry.ref, []).append(said.result)
            last[entry.ref] = entry.time
    for ref, found in sorted(results.items()):
        yield row(ref, THEN.join(found[-12:]), found[-1], last[ref], runs=len(found))


def _incidents(period: Period, _review: ManagementReview) -> Iterator[Row]:
    kinds = ("incident", "concern", "external-report")
    yield from period.records("incident", "concern", "external-report", "contested-decision", kinds=kinds)


def _improvement(period: Period, _review: ManagementReview) -> Iterator[Row]:
    """Ideas and opportunities that changed in the period."""
    yield from period.records("improvement", "opportunity")


def _title(said: Mapping[str, Any], ref: str) -> str:
    return next((str(said[name]) for name in _TITLES if said.get(name)), ref)


_Item = ReviewInput.Item
_DRAWN: Mapping[str, Callable[[Period, ManagementReview], Iterator[Row]]] = {
    _Item.EARLIER_ACTIONS: _earlier_actions,
    _Item.CONTEXT: _context,
    _Item.PARTIES: _parties,
    _Item.NONCONFORMITIES: _nonconformities,
    _Item.MONITORING: _monitoring,
    _Item.AUDITS: _audits,
    _Item.OBJECTIVES: _objectives,
    _Item.IMPACT: _impact,
    _Item.TESTS: _tests,
    _Item.INCIDENTS: _incidents,
    _Item.IMPROVEMENT: _improvement,
}
