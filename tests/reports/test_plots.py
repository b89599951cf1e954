"""Geometry of interval plots: everything lies on one scale, nothing leaves it, what is beyond a limit is shaded."""

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.made import measured
from upright.reports.parts.plots import Bounds, mark, scale


def per_cent(text: str) -> float:
    assert text.endswith("%")
    return float(text[:-1])


def difference(value: str, low: str, high: str) -> object:
    return measured("selection_rate_difference", {"a": "b"}, value, low, high, outcome="failed")


def test_the_honest_difference_lies_wholly_beyond_its_limit() -> None:
    one = difference("0.200596", "0.149956", "0.254779")
    axis = scale([one], Bounds(None, "0.1", absolute=True))
    drawn = mark(one, axis)
    assert drawn is not None
    line = per_cent(axis.lines[-1])
    assert line < per_cent(drawn.low) < per_cent(drawn.x) < per_cent(drawn.high) <= 100
    shaded = axis.beyond[-1]
    assert per_cent(shaded.x) == line
    assert per_cent(shaded.x) + per_cent(shaded.width) == pytest.approx(100, abs=0.02)


def test_a_difference_has_a_limit_on_both_sides_when_it_may_be_negative() -> None:
    one = difference("-0.02", "-0.2", "0.16")
    axis = scale([one], Bounds(None, "0.1", absolute=True))
    assert len(axis.lines) == 2
    assert len(axis.beyond) == 2
    assert "limit \u22120.1" in [label.text for label in axis.labels]


def test_below_an_at_least_limit_is_beyond() -> None:
    one = measured("selection_rate_ratio", {}, "0.779", "0.724", "0.838", outcome="undecided")
    axis = scale([one], Bounds("0.8", None))
    (shaded,) = axis.beyond
    assert per_cent(shaded.x) == 0
    assert per_cent(shaded.width) == per_cent(axis.lines[0])


def test_without_an_interval_nothing_is_drawn() -> None:
    small = measured("selection_rate_difference", {}, None, None, None, outcome="undecided")
    assert mark(small, scale([small], Bounds(None, "0.1"))) is None


def test_the_limits_label_is_always_there_in_its_own_digits() -> None:
    axis = scale([difference("0.2", "0.15", "0.25")], Bounds(None, "0.10", absolute=True))
    assert [label.text for label in axis.labels if label.is_limit] == ["limit 0.10"]


numbers = st.decimals(min_value=-5, max_value=5, places=4, allow_nan=False)


@given(st.lists(st.tuples(numbers, numbers, numbers).map(sorted), min_size=1, max_size=6), numbers, st.booleans())
def test_nothing_leaves_the_plot_and_order_is_kept(rows: list[list[Decimal]], limit: Decimal, absolute: bool) -> None:
    measurements = [difference(str(value), str(low), str(high)) for low, value, high in rows]
    axis = scale(measurements, Bounds(None, str(abs(limit)), absolute=absolute))
    for one in measurements:
        drawn = mark(one, axis)
        assert drawn is not None
        assert 0 <= per_cent(drawn.low) <= per_cent(drawn.x) <= per_cent(drawn.high) <= 100
        assert not drawn.cut_low
        assert not drawn.cut_high
    assert axis.lines
    places = [per_cent(label.x) for label in axis.labels]
    assert all(0 <= place <= 100 for place in places)
    ticks = [per_cent(label.x) for label in axis.labels if not label.is_limit]
    assert all(after - before >= 13 for before, after in itertools.pairwise(ticks))
