"""What examples are built with."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from records.organisation import Organisation
from upright.records.trail.record import Record
from upright.records.trail.server_log import now

Builder = Callable[[Organisation, Mapping[str, Record]], Record]


def day(days: int) -> date:
    """A day so many days from today."""
    return now().date() + timedelta(days=days)
