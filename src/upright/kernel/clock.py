"""Time: always UTC, always with milliseconds, always said by a clock that a caller hands in."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from upright.kernel.errors import InputError

Clock = Callable[[], datetime]

_TEXT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


class TimeError(InputError):
    """A text or value is not a moment or a duration that we accept."""


def system_clock() -> datetime:
    """Now, in UTC, cut to whole milliseconds."""
    return _whole(datetime.now(UTC))


def time_text(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and ``Z``; finer parts are cut, not rounded.

    Raises:
        TimeError: the time is naive, so nobody can say which moment it is.

    >>> time_text(datetime(2026, 3, 12, 9, 30, tzinfo=UTC))
    '2026-03-12T09:30:00.000Z'
    """
    if moment.tzinfo is None:
        raise TimeError(f"{moment.isoformat()} has no time zone; give one, such as 'Z'.", code="UP-TIME-01")
    return _whole(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """Reads what ``time_text`` writes, and nothing else: recorded times have one form.

    Raises:
        TimeError: another form, or no such moment.
    """
    if not _TEXT.fullmatch(text):
        raise TimeError(
            f"{text!r} is not a recorded time; expected the form 2026-03-12T09:30:00.000Z.", code="UP-TIME-02"
        )
    try:
        return datetime.fromisoformat(text)
    except ValueError as why:
        raise TimeError(f"{text!r} is not a moment: {why}.", code="UP-TIME-02") from None


def read_time(text: str) -> datetime:
    """Reads a moment that a person typed: RFC 3339 with any offset, or a date, which means the end of that UTC day.

    Raises:
        TimeError: not a date or time, or a time without offset.

    >>> read_time("2026-03-12T10:30:00+01:00").hour
    9
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise TimeError(
            f"{text!r} is not a time; expected 2026-03-12 or 2026-03-12T09:30:00Z.", code="UP-TIME-02"
        ) from None
    if len(text) == len("2026-03-12"):
        return moment.replace(hour=23, minute=59, second=59, microsecond=999_000, tzinfo=UTC)
    if moment.tzinfo is None:
        raise TimeError(f"{text!r} has no offset; add one, such as 'Z' for UTC.", code="UP-TIME-01")
    return _whole(moment)


def parse_duration(text: str) -> timedelta:
    """Reads an ISO 8601 duration in weeks, days, hours, minutes and seconds; a day is 24 hours.

    Years and months have no fixed length and are refused.

    Raises:
        TimeError: another form, or an empty duration.

    >>> parse_duration("P365D").days
    365
    """
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()) or text.endswith("T"):
        raise TimeError(
            f"{text!r} is not a duration; expected ISO 8601 in weeks, days or smaller, such as P365D or PT72H.",
            code="UP-TIME-03",
        )
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _whole(moment: datetime) -> datetime:
    utc = moment.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)
