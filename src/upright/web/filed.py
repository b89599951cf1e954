"""The statements of evidence that somebody may read, and what their kinds are called."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from upright.desk.visible import visible
from upright.records.assurance.models import EvidenceRow
from upright.records.inventory.models import System
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


def kinds_of(row: EvidenceRow) -> str:
    """The kinds of a statement by their names."""
    return kinds(row.kinds)
