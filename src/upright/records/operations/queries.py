"""What is open in operations: notices that are owed, voices that wait, alarms, evidence that is asked for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from upright.records.operations.clocks import Clock
from upright.records.operations.models import Incident
from upright.records.trail.server_log import now


@dataclass(frozen=True, kw_only=True)
class Owed:
    """One notice that an incident still owes."""

    incident: Incident
    clock: Clock
    is_overdue: bool

    @property
    def until(self) -> datetime | None:
        """Its strictest reading; None: at once."""
        return self.clock.strictest


def owed_notices(units: Collection[UUID] | None = None) -> list[Owed]:
    """The notices owed by incidents that are not closed, the nearest first; ``units`` limits to those of somebody."""
    rows = Incident.objects.exclude(state=Incident.State.CLOSED).prefetch_related("notices")
    if units is not None:
        rows = rows.filter(unit__in=units)
    moment = now()
    found = [Owed(incident=one, clock=clock, is_overdue=clock.is_overdue(moment)) for one in rows for clock in one.owed]
    return sorted(found, key=lambda one: (one.until is not None, one.until or moment))
