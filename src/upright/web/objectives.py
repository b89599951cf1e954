"""An objective against live measures: what the newest statements about its system say of its measure, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext

from upright.evidence.dsse import Envelope
from upright.evidence.statement import Measurement
from upright.records.assurance.evidence import is_aged
from upright.records.assurance.models import EvidenceRow
from upright.records.governance.models import Objective
from upright.records.trail.history import recorded
from upright.records.trail.models import LedgerEntry
from upright.web.filed import readable
from upright.web.plots import interval, of_whom
from upright.web.requests import Request
from upright.web.values import in_words

_NEWEST = 200
_ORDER = ("missed", "undecided", "stale", "reached")
_SIGNS: Mapping[str, str] = {"reached": "met", "missed": "failing", "undecided": "undecided", "stale": "stale"}


@dataclass(frozen=True, kw_only=True)
class Live:
    """One measurement held against the target."""

    of: str
    says: str
    n: int
    verdict: str
    sign: str
    row: EvidenceRow


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where an objective stands: the worst of what was measured; nothing measured is unknown, never reached."""

    verdict: str
    sign: str
    says: str
    measured: tuple[Live, ...] = ()


def standing(objective: Objective, request: Request) -> Standing:
    """The newest statement of each stream about its system that measured it; an aged one counts as stale."""
    if not objective.about:
        return Standing(
            verdict=gettext("not measured"),
            sign="unknown",
            says=gettext("It names no system, so no measure of a check tells."),
        )
    newest: dict[str, EvidenceRow] = {}
    for row in readable(request).filter(system=objective.about).order_by("-index")[:_NEWEST]:
        newest.setdefault(row.stream, row)
    entries = recorded(LedgerEntry.objects.filter(index__in=[one.index for one in newest.values()]))
    bodies = {one.index: one.body for one in entries}
    found: list[Live] = []
    for row in newest.values():
        body = bodies.get(row.index)
        if body is None:
            continue
        said = Envelope.parse(body).statement.predicate
        found += [
            _live(objective, one, row)
            for one in said.measurements
            if one.name == objective.measure and one.value is not None
        ]
    if not found:
        return Standing(
            verdict=gettext("not measured"),
            sign="unknown",
            says=gettext("No statement about %(about)s measures %(measure)s.")
            % {"about": objective.about, "measure": objective.measure},
        )
    worst = min(found, key=lambda one: _ORDER.index(one.verdict))
    return Standing(
        verdict=worst.verdict,
        sign=worst.sign,
        says=gettext("%(of)s: %(says)s, target %(target)s")
        % {"of": worst.of, "says": worst.says, "target": in_words(objective.target)},
        measured=tuple(sorted(found, key=lambda one: _ORDER.index(one.verdict))),
    )


def _live(objective: Objective, one: Measurement, row: EvidenceRow) -> Live:
    low, high = (Decimal(str(one.value if side is None else side)) for side in (one.low, one.high))
    if one.name.endswith("_difference") and objective.target.startswith("at_most"):
        low, high = _absolute(low, high)
    verdict = "stale" if is_aged(row) else objective.judged(low, high)
    return Live(of=of_whom(one), says=interval(one), n=one.n, verdict=verdict, sign=_SIGNS[verdict], row=row)


def _absolute(low: Decimal, high: Decimal) -> tuple[Decimal, Decimal]:
    """A limit from above is on the size of a difference, whichever group it favours, as a binding's limit is."""
    if low >= 0:
        return low, high
    return (Decimal(0), max(-low, high)) if high > 0 else (-high, -low)
