"""Legal periods against a reckoning of their own: by the day, across the change of the clocks and of the year."""

import calendar
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from upright.kernel import InputError, parse_time, time_text
from upright.posture.days import authority_day
from upright.records.assurance.judging import catalogue
from upright.records.operations.clocks import after_days, after_hours, clocks_of


def facts() -> tuple[dict[str, Any], dict[str, Any]]:
    found = catalogue()
    return dict(found.frameworks["eu-ai-act"].facts["incident_deadlines"]), dict(
        found.requirements["gdpr:GDPR-33"].facts
    )


def moments() -> list[datetime]:
    """Every 7 hours and 13 minutes over two changes of the clocks, a leap day and two ends of a year."""
    starts = ("2026-03-27", "2026-10-23", "2026-12-29", "2027-12-30", "2028-02-27")
    step = timedelta(hours=7, minutes=13)
    return [
        datetime.fromisoformat(start).replace(tzinfo=UTC) + step * number for start in starts for number in range(15)
    ]


def last_moment_of(day: date) -> datetime:
    """By search: the first millisecond that Brussels calls a later day, found without any time zone's data."""
    moment = datetime(day.year, day.month, day.day, 20, tzinfo=UTC)
    while authority_day(time_text(moment)) <= day.isoformat():
        moment += timedelta(minutes=15)
    return moment


def counted(aware: datetime, days: int) -> date:
    """By the calendar, a day at a time: the first one is the day after; a weekend's end is its Monday."""
    day = date.fromisoformat(authority_day(time_text(aware)))
    for _ in range(days):
        last = calendar.monthrange(day.year, day.month)[1]
        if day.day < last:
            day = date(day.year, day.month, day.day + 1)
        elif day.month < 12:
            day = date(day.year, day.month + 1, 1)
        else:
            day = date(day.year + 1, 1, 1)
    while calendar.day_name[calendar.weekday(day.year, day.month, day.day)] in {"Saturday", "Sunday"}:
        day = date.fromordinal(day.toordinal() + 1)
    return day


@pytest.mark.parametrize("days", [2, 10, 15])
def test_a_period_of_days_ends_with_the_authoritys_day_and_never_before_its_strictest_reading(days: int) -> None:
    for aware in moments():
        strictest, by_rule = after_days(aware, days)
        assert by_rule == last_moment_of(counted(aware, days)), aware
        assert strictest == datetime.fromtimestamp(aware.timestamp() + days * 86_400, tz=UTC)
        assert strictest <= by_rule


def test_seventy_two_hours_are_hours_whatever_the_clocks_do() -> None:
    for aware in moments():
        strictest, by_rule = after_hours(aware, 72)
        assert strictest.timestamp() - aware.timestamp() == 72 * 3600
        assert timedelta() <= by_rule - strictest < timedelta(hours=1)
        assert (by_rule.minute, by_rule.second) == (0, 0)


def test_each_case_has_the_catalogues_figure_and_shows_its_rule() -> None:
    acts, breach = facts()
    aware = parse_time("2026-12-30T22:30:00.000Z")  # 23:30 in Brussels
    wanted = {"INC-A": 15, "INC-B": 2, "INC-C": 10, "INC-D": None, "INC-E": 15}
    for case, days in wanted.items():
        (clock,) = clocks_of(acts, breach, aware=aware, case=case, is_breach=False, is_high_risk=False)
        assert clock.strictest == (None if days is None else aware + timedelta(days=days))
        assert (case, clock.is_confirmed) == (clock.id, True)
        assert "EU AI Act, Art." in clock.rule
    both = clocks_of(acts, breach, aware=aware, case="INC-B", is_breach=True, is_high_risk=True)
    assert [one.id for one in both] == ["INC-B", "GDPR-33", "GDPR-34"]
    assert both[0].by_rule == parse_time("2027-01-01T23:00:00.000Z")  # the end of Friday, new year's day, there
    assert both[1].strictest == parse_time("2027-01-02T22:30:00.000Z")
    assert [one.is_overdue(aware + timedelta(days=3, milliseconds=1)) for one in both] == [True, True, False]
    assert not both[1].is_overdue(aware + timedelta(hours=72))
    assert clocks_of(acts, breach, aware=aware, case="", is_breach=False, is_high_risk=True) == ()
    with pytest.raises(InputError, match="UP-OPS-10"):
        clocks_of(acts, breach, aware=aware.replace(tzinfo=None), case="", is_breach=False, is_high_risk=False)
