"""A record of the story: written by one, approved by another, perhaps reconfirmed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from upright.site.demo.story import Cast, Event

Fields = Callable[[Cast], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Told:
    """A record of the story: written by one, approved by another some days later, and perhaps reconfirmed."""

    key: str
    model: str
    day: int
    fields: Fields
    by: str = "mira"
    owner: str = "mira"
    unit: str = "root"
    approved: int | None = None
    approver: str = "tessa"
    reconfirmed: int | None = None
    holds: int = 720

    def events(self) -> list[Event]:
        """What happened to it, day by day."""
        found = [Event(day=self.day, tell=self._write)]
        if self.approved is not None:
            found.append(Event(day=self.approved, tell=self._approve))
        if self.reconfirmed is not None:
            found.append(Event(day=self.reconfirmed, tell=self._reconfirm))
        return found

    def _write(self, cast: Cast) -> None:
        from upright.records.governance import models
        from upright.records.identity.editing import add

        model = getattr(models, self.model)
        about = {"unit": cast.units[self.unit], "owner": cast.person(self.owner)}
        review = {"review_by": in_days(self.holds)} if hasattr(model, "review_by") else {}
        cast.made[self.key] = add(model(**about, **review, **self.fields(cast)), actor=cast.actor(self.by))

    def _approve(self, cast: Cast) -> None:
        from upright.records.identity.controlled import approve, submit

        submit(cast.made[self.key], actor=cast.actor(self.by), reason="Ready to be looked at.")
        approve(cast.made[self.key], actor=cast.actor(self.approver), reason="As it stands.")

    def _reconfirm(self, cast: Cast) -> None:
        from upright.records.identity.controlled import reconfirm

        record = cast.made[self.key]
        reconfirm(
            record,
            review_by=in_days(365),
            actor=cast.actor(self.approver),
            reason="Looked at in the yearly round; nothing changed.",
        )


def in_days(days: int) -> date:
    """So many days after the day that is told."""
    from upright.records.trail.server_log import now

    return now().date() + timedelta(days=days)
