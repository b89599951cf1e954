"""Statutory clocks of an incident: from the catalogue's figures, by the rule and at their strictest reading.

The rule is Regulation (EEC, Euratom) No 1182/71: the hour or day of the event is not counted; a period of days ends
with the last hour of its last day, where the authority is, and one that would end on a Saturday or Sunday ends on the
next Monday. Public holidays would end it later still and are not counted here. The strictest reading counts from the
moment itself and waits for no weekday; it is the one that makes a clock overdue.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from upright.kernel import InputError

BRUSSELS = ZoneInfo("Europe/Brussels")
_BREACH = "GDPR-33"
_PEOPLE = "GDPR-34"


@dataclass(frozen=True, kw_only=True)
class Clock:
    """One notice that is owed.

    Attributes:
        id: of the case in the catalogue, such as ``INC-A``.
        to: who is told.
        rule: what is owed, and where it is written.
        strictest: the moment until which it is owed at the strictest reading; None: at once, without a figure.
        by_rule: the moment by Regulation 1182/71.
        is_confirmed: whether the catalogue calls its source confirmed.
    """

    id: str
    to: str
    rule: str
    strictest: datetime | None
    by_rule: datetime | None
    is_confirmed: bool

    def is_overdue(self, at: datetime) -> bool:
        """Whether its strictest reading is past."""
        return self.strictest is not None and at > self.strictest


def after_hours(aware: datetime, hours: int) -> tuple[datetime, datetime]:
    """The end of a period of hours, at its strictest and by the rule.

    >>> after_hours(datetime(2026, 12, 31, 9, 20, tzinfo=UTC), 72)[1].isoformat()
    '2027-01-03T10:00:00+00:00'
    """
    whole = aware.replace(minute=0, second=0, microsecond=0)
    begins = whole if whole == aware else whole + timedelta(hours=1)
    return aware + timedelta(hours=hours), begins + timedelta(hours=hours)


def after_days(aware: datetime, days: int, where: ZoneInfo = BRUSSELS) -> tuple[datetime, datetime]:
    """The end of a period of days, at its strictest and by the rule; both in UTC.

    >>> after_days(datetime(2026, 3, 26, 23, 30, tzinfo=UTC), 2)[1].isoformat()
    '2026-03-30T22:00:00+00:00'
    """
    last = aware.astimezone(where).date() + timedelta(days=days)
    if last.weekday() >= 5:
        last += timedelta(days=7 - last.weekday())
    ends = datetime.combine(last + timedelta(days=1), time(), tzinfo=where)
    return aware + timedelta(days=days), ends.astimezone(UTC)


def clocks_of(
    facts: dict[str, Any],
    breach: dict[str, Any],
    *,
    aware: datetime,
    case: str,
    is_breach: bool,
    is_high_risk: bool,
) -> tuple[Clock, ...]:
    """The clocks that run for an incident.

    Args:
        facts: ``incident_deadlines`` of the EU AI Act in the catalogue.
        breach: the facts of ``GDPR-33`` there.
        aware: when the organisation knew.
        case: which case of Art. 73, or none.
        is_breach: whether personal data were breached.
        is_high_risk: whether people are likely at high risk by it.

    Raises:
        InputError: ``aware`` has no time zone.
    """
    if aware.tzinfo is None:
        raise InputError("The moment of awareness has no time zone.", code="UP-OPS-10")
    found = []
    for one in facts["cases"]:
        if one["id"] == case:
            days = one["days"]
            ends = (None, None) if days is None else after_days(aware, int(days))
            figure = "no fixed day count" if days is None else f"{days} days from awareness"
            rule = f"{one['case']}: {figure}; {one['also']} (EU AI Act, {one['reference']})"
            found.append(_clock(case, "Authority", rule, ends, one["confirmed"]))
    if is_breach:
        hours = int(re.fullmatch(r"PT(\d+)H", breach["deadline"])[1])  # type: ignore[index]  # the catalogue's form
        rule = (
            f"Breach of personal data: {hours} hours from awareness, unless risk to people is unlikely (GDPR, Art. 33)"
        )
        found.append(_clock(_BREACH, "Data protection authority", rule, after_hours(aware, hours), True))
    if is_breach and is_high_risk:
        rule = "Breach likely to bring high risk: people are told without undue delay (GDPR, Art. 34)"
        found.append(_clock(_PEOPLE, "People concerned", rule, (None, None), True))
    return tuple(found)


def _clock(name: str, to: str, rule: str, ends: tuple[datetime | None, datetime | None], is_confirmed: object) -> Clock:
    return Clock(id=name, to=to, rule=rule, strictest=ends[0], by_rule=ends[1], is_confirmed=is_confirmed is True)
