"""The statements of evidence that somebody may read, what they say, and what their kinds are called."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from upright.desk.visible import visible
from upright.evidence.dsse import Envelope
from upright.evidence.statement import Predicate
from upright.records.assurance.models import EvidenceRow
from upright.records.inventory.models import System
from upright.records.trail.history import recorded
from upright.records.trail.models import LedgerEntry
from upright.web.posture import RIGHT
from upright.web.requests import Request
from upright.web.sentences import kinds

_MANY = 100  # systems


def readable(request: Request) -> "QuerySet[EvidenceRow]":
    """The statements that somebody may read: of systems that they may see, and of the organisation."""
    if not request.powers.may(RIGHT):
        return EvidenceRow.objects.none()
    return EvidenceRow.objects.filter(Q(system="") | Q(system__in=visible(System, request.powers).values("ref")))


def newest_first(request: Request) -> "QuerySet[EvidenceRow]":
    """The same, newest first. To who may see many systems most of the newest are, so each is looked up as it comes.

    Taking all statements of all these systems and sorting them would read the whole table for a page of fifty.
    """
    seen = visible(System, request.powers)
    if seen.count() <= _MANY or not request.powers.may(RIGHT):
        return readable(request).order_by("-index")
    is_seen = Exists(seen.filter(ref=OuterRef("system")))
    return EvidenceRow.objects.filter(Q(system="") | is_seen).order_by("-index")


def predicates(found: Iterable[EvidenceRow]) -> list[tuple[EvidenceRow, Predicate]]:
    """Each statement with what it says; one that was erased is left out."""
    listed = list(found)
    entries = LedgerEntry.objects.filter(index__in=[row.index for row in listed])
    bodies = {one.index: one.body for one in recorded(entries)}
    return [
        (row, Envelope.parse(body).statement.predicate) for row in listed if (body := bodies.get(row.index)) is not None
    ]


def kinds_of(row: EvidenceRow) -> str:
    """The kinds of a statement by their names."""
    return kinds(row.kinds)
