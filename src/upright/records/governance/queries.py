"""Reads of governance that join: who read a document, out of those who have to."""

from dataclasses import dataclass
from datetime import date

from upright.records.governance.documents import Acknowledgement, Document
from upright.records.governance.subjects import units_below
from upright.records.identity.models import Person, Unit


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Who read the content that is in force, and who has yet to."""

    read: tuple[tuple[Person, date], ...]
    missing: tuple[Person, ...]
    beside: int
    """How many read it who did not have to."""

    @property
    def of(self) -> int:
        """How many have to."""
        return len(self.read) + len(self.missing)


def reading_of(document: Document) -> Reading:
    """The acknowledgements of what the document says now, as a share of the people of its distribution."""
    units = {
        below
        for unit in Unit.objects.filter(ref__in=document.distribution).values_list("pk", flat=True)
        for below in units_below(unit)
    }
    wanted = {one.pk: one for one in Person.objects.filter(unit__in=units, is_active=True).order_by("name")}
    found = Acknowledgement.objects.filter(document=document, digest=document.digest).select_related("person")
    read = {one.person_id: one for one in found}
    return Reading(
        read=tuple((one, read[pk].read_on) for pk, one in wanted.items() if pk in read),
        missing=tuple(one for pk, one in wanted.items() if pk not in read),
        beside=len(read.keys() - wanted.keys()),
    )
