"""The cycle of a certificate: when which surveillance is due, and which audit answered it (ISO/IEC 17021-1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from upright.records.assurance.auditing import Audit, Certificate

_ANSWERED = (Audit.State.REPORTED, Audit.State.RECEIVED)


@dataclass(frozen=True, kw_only=True)
class Due:
    """A step of the cycle: what is due by when, and what became of it."""

    what: str
    on: date
    state: Literal["done", "planned", "to be planned", "overdue"]
    audit: Audit | None = None


def surveillance_days(issued: date, expires: date) -> tuple[date, ...]:
    """Days by which surveillance has to have taken place: each year after the decision, before the certificate ends.

    >>> surveillance_days(date(2025, 2, 28), date(2028, 2, 27))
    (datetime.date(2026, 2, 28), datetime.date(2027, 2, 28))
    """
    years = range(1, expires.year - issued.year + 1)
    return tuple(day for day in (_years_after(issued, count) for count in years) if day < _a_month_before(expires))


def cycle(certificate: Certificate, today: date) -> list[Due]:
    """Each surveillance of the cycle and the renewal at its end; a step is done once its audit was reported."""
    audits = list(certificate.audits.exclude(state=Audit.State.CANCELLED).order_by("ends"))
    found, before = [], certificate.issued_on
    for number, day in enumerate(surveillance_days(certificate.issued_on, certificate.expires_on), 1):
        within = [one for one in audits if one.kind == Audit.Kind.SURVEILLANCE and before < one.ends <= day]
        found.append(_due(f"Surveillance {number}", day, within, today))
        before = day
    renewal = [
        one for one in audits if one.kind == Audit.Kind.CERTIFICATION and before < one.ends <= certificate.expires_on
    ]
    return [*found, _due("Renewal", certificate.expires_on, renewal, today)]


def _due(what: str, day: date, audits: Iterable[Audit], today: date) -> Due:
    known = list(audits)
    done = next((one for one in known if one.state in _ANSWERED), None)
    if done is not None:
        return Due(what=what, on=day, state="done", audit=done)
    if day < today:
        return Due(what=what, on=day, state="overdue", audit=next(iter(known), None))
    return Due(what=what, on=day, state="planned" if known else "to be planned", audit=next(iter(known), None))


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


def _a_month_before(day: date) -> date:
    month, year = (day.month - 1, day.year) if day.month > 1 else (12, day.year - 1)
    return date(year, month, min(day.day, 28))
