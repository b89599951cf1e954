"""Intervals and limits to passed, failed, undecided: against Holm's rule written out, and by simulation."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from upright.checks.decide import LimitError, comparisons_of, decide, read_limit, rule
from upright.measures.estimate import Estimate, exact
from upright.measures.intervals import normal_quantile, wilson


def normal(value: float, error: float, name: str = "gap", **more) -> Estimate:
    """With the interval of a normal mean, whose p-value SciPy knows."""

    def interval(level: float) -> tuple[float, float]:
        reach = normal_quantile(level) * error
        return value - reach, value + reach

    about = {"n": 100, "unit": "difference", "method": "normal", "interval": interval}
    return Estimate(name=name, value=value, **about | more)


def share(cases: int, rows: int, **more) -> Estimate:
    return Estimate(
        name="rate",
        value=cases / rows,
        n=rows,
        unit="share",
        method="wilson",
        interval=lambda level: wilson(cases / rows, rows, level),
        **more,
    )


def verdicts(estimates: list[Estimate], **limits: dict[str, str]) -> list[str]:
    return [one.verdict for one in rule(comparisons_of(estimates, limits))]


def test_without_a_limit_nothing_is_decided() -> None:
    (reason,) = decide([])
    assert (reason.outcome, reason.limit) == ("undecided", "")
    assert "no limit" in reason.because


@pytest.mark.parametrize(
    ("value", "bound", "expected"),
    [
        (0.20, "at_most", "failed"),
        (0.05, "at_most", "passed"),
        (0.11, "at_most", "undecided"),
        (0.09, "at_most", "undecided"),
        (0.20, "at_least", "passed"),
        (0.05, "at_least", "failed"),
        (0.10, "at_least", "undecided"),
    ],
)
def test_surely_beyond_fails_surely_within_passes_and_straddling_stays_open(
    value: float, bound: str, expected: str
) -> None:
    assert verdicts([normal(value, 0.01)], gap={bound: "0.1"}) == [expected]


def test_two_bounds_of_one_limit_are_two_comparisons() -> None:
    assert verdicts([normal(0.2, 0.01)], gap={"at_least": "0.1", "at_most": "0.15"}) == ["passed", "failed"]


def test_a_difference_is_held_against_its_limit_without_its_sign() -> None:
    assert verdicts([normal(-0.2, 0.01, absolute=True)], gap={"at_most": "0.1"}) == ["failed"]
    assert verdicts([normal(-0.2, 0.01)], gap={"at_most": "0.1"}) == ["passed"]
    assert verdicts([normal(-0.02, 0.01, absolute=True)], gap={"at_most": "0.1"}) == ["passed"]


def test_recorded_numbers_are_what_is_compared_so_a_value_at_its_limit_is_within() -> None:
    assert verdicts([exact("n", 0.1 + 0.2, n=1, unit="")], n={"at_most": "0.3"}) == ["passed"]
    assert verdicts([exact("n", 0.3, n=1, unit="")], n={"at_least": "0.3"}) == ["passed"]
    assert verdicts([exact("n", 0.3000001, n=1, unit="")], n={"at_most": "0.3"}) == ["failed"]


def holm(p_values: list[float], alpha: float) -> list[bool]:
    """Holm 1979, as its paper words it: from the smallest p, reject while p <= alpha / (how many are left)."""
    rejected = [False] * len(p_values)
    order = sorted(range(len(p_values)), key=lambda at: p_values[at])
    for step, at in enumerate(order):
        if p_values[at] > alpha / (len(p_values) - step):
            break
        rejected[at] = True
    return rejected


@given(st.lists(st.tuples(st.floats(-0.5, 0.5), st.floats(0.01, 0.2)), min_size=1, max_size=12))
def test_levels_are_holms(drawn: list[tuple[float, float]]) -> None:
    p_values = [float(2 * norm.sf(abs(value) / error)) for value, error in drawn]
    ranked = sorted(p_values)
    if any(abs(p - 0.05 / (len(ranked) - at)) < 1e-6 * p for at, p in enumerate(ranked)):
        return  # on the very edge, where bisection may say either
    found = verdicts([normal(value, error) for value, error in drawn], gap={"at_most": "0"})
    assert [verdict != "undecided" for verdict in found] == holm(p_values, 0.05)
    assert all(
        verdict == ("failed" if value > 0 else "passed")
        for verdict, (value, _) in zip(found, drawn, strict=True)
        if verdict != "undecided"
    )


def test_a_single_comparison_is_read_at_95_percent_and_more_are_read_at_more() -> None:
    one = normal(0.1 + 0.01 * 1.97, 0.01)
    assert verdicts([one], gap={"at_most": "0.1"}) == ["failed"]
    many = rule(comparisons_of([one, *[normal(0.1, 0.01) for _ in range(9)]], {"gap": {"at_most": "0.1"}}))
    assert many[0].verdict == "undecided"
    assert many[0].decided_at == pytest.approx(0.995)
    assert "10 comparisons together" in many[0].because


def test_exact_numbers_and_groups_too_small_do_not_raise_the_level() -> None:
    clear = normal(0.1 + 0.01 * 1.97, 0.01)
    idle = [exact("gap", 5, n=1, unit=""), normal(0.5, 0.01, unfit="3 rows; 30 are needed")]
    found = rule(comparisons_of([clear, *idle], {"gap": {"at_most": "0.1"}}))
    assert [one.verdict for one in found] == ["failed", "failed", "undecided"]
    assert [one.decided_at for one in found] == [pytest.approx(0.95), None, None]


def test_over_a_family_at_the_limit_a_wrong_verdict_is_rare() -> None:
    generator = np.random.default_rng(3)
    runs, wrong = 300, 0
    for values in generator.normal(0.0, 0.1, (runs, 8)):
        found = verdicts([normal(float(value), 0.1) for value in values], gap={"at_most": "0"})
        wrong += any(one != "undecided" for one in found)
    assert wrong / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)
    assert wrong > 0


def test_small_groups_and_undefined_values_are_open_with_their_reason() -> None:
    small = share(2, 3, unfit="3 rows; 30 are needed")
    undefined = Estimate(name="rate", value=None, n=0, unit="share", method="wilson")
    found = rule(comparisons_of([small, undefined], {"rate": {"at_least": "0.1"}}))
    assert [one.verdict for one in found] == ["undecided", "undecided"]
    assert "30 are needed" in found[0].because
    assert "nothing to divide by" in found[1].because


@pytest.mark.parametrize(
    "interval",
    [
        lambda _level: (math.nan, math.nan),
        lambda _level: (0.0, math.nan),
        lambda _level: (math.nan, 0.0),
        lambda _level: (-math.inf, math.inf),
    ],
)
@pytest.mark.parametrize("limit", [{"at_most": "0.1"}, {"at_least": "0.1"}])
def test_an_interval_that_is_not_a_number_decides_nothing(interval, limit: dict[str, str]) -> None:
    broken = Estimate(name="gap", value=0.05, n=50, unit="", method="", interval=interval)
    assert verdicts([broken], gap=limit) == ["undecided"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_exact_value_that_is_not_a_number_decides_nothing(value: float) -> None:
    broken = Estimate(name="gap", value=value, n=50, unit="", method="counted")
    assert verdicts([broken], gap={"at_most": "0.1"}) == ["undecided"]


@pytest.mark.parametrize(("cases", "rows", "limit"), [(55, 100, "0.5"), (700, 1_000, "0.72"), (12, 60, "0.25")])
def test_an_undecided_comparison_names_the_rows_that_would_decide_it(cases: int, rows: int, limit: str) -> None:
    (ruling,) = rule(comparisons_of([share(cases, rows)], {"rate": {"at_least": limit}}))
    assert ruling.verdict == "undecided"
    asked = int(ruling.because.split("about ")[1].split(" rows")[0].replace(",", ""))
    side = "passed" if cases / rows > float(limit) else "failed"

    def verdict(many: int) -> str:
        return verdicts([share(round(cases / rows * many), many)], rate={"at_least": limit})[0]

    assert verdict(int(asked * 1.15)) == side
    assert verdict(int(asked * 0.75)) == "undecided"


def test_a_value_at_its_limit_is_not_promised_a_number_of_rows() -> None:
    (ruling,) = rule(comparisons_of([share(50, 100)], {"rate": {"at_least": "0.5"}}))
    assert "no realistic number of rows" in ruling.because


def test_reasons_name_the_group_where_several_are_compared() -> None:
    groups = [share(90, 100, group={"sex": "F"}), share(20, 100, group={"sex": "M"}, against={"sex": "F"})]
    reasons = decide(comparisons_of(groups, {"rate": {"at_least": "0.5"}}))
    assert [one.because.partition(":")[0] for one in reasons] == ["sex = F", "sex = M against F"]
    assert reasons[1].limit == "rate at_least 0.5"
    assert "0.200 (0.133 to 0.289) is below 0.5 for sure" in reasons[1].because


@pytest.mark.parametrize("limit", [{}, {"atleast": "0.5"}, {"min": "0.5"}])
def test_a_limit_without_a_known_bound_is_refused(limit: dict[str, str]) -> None:
    with pytest.raises(LimitError, match="UP-CHECK-11"):
        read_limit("auc", limit)


@pytest.mark.parametrize("text", ["high", "", "nan", "inf", "0,7"])
def test_a_limit_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Exception, match="UP-NUM-01"):
        read_limit("auc", {"at_least": text})


def test_a_limit_is_read_as_decimal() -> None:
    assert read_limit("auc", {"at_least": "0.70", "at_most": "1"}) == (
        ("at_least", Decimal("0.7")),
        ("at_most", Decimal(1)),
    )
