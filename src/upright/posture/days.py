"""Legal days: dates of law, review and waiver are days in Brussels, worked out by rule so that no machine differs."""

from datetime import UTC, date, datetime, timedelta

from upright.kernel import parse_time


def authority_day(at: str) -> str:
    """The day in Brussels at a recorded time, as ``YYYY-MM-DD``.

    Central European Time, one hour ahead of UTC; two from 01:00 UTC on the last Sunday of March until 01:00 UTC on the
    last Sunday of October (Directive 2000/84/EC). No time-zone data is read. The day in Brussels is never
    before the day in UTC, so a period that ends with a day ends here at its strictest reading.

    >>> authority_day("2026-12-01T22:59:59.999Z"), authority_day("2026-12-01T23:00:00.000Z")
    ('2026-12-01', '2026-12-02')
    >>> authority_day("2026-07-01T22:00:00.000Z")
    '2026-07-02'
    """
    moment = parse_time(at)
    summer = _last_sunday(moment.year, 3) <= moment < _last_sunday(moment.year, 10)
    try:
        return (moment + timedelta(hours=2 if summer else 1)).date().isoformat()
    except OverflowError:
        return date.max.isoformat()


def _last_sunday(year: int, month: int) -> datetime:
    end = datetime(year, month, 31, 1, tzinfo=UTC)
    return end - timedelta(days=(end.weekday() + 1) % 7)
