"""From estimates and limits to what evidence holds."""

import pytest

from checks.test_decide import normal, share
from upright.checks.contract import NotJudged
from upright.checks.decide import LimitError
from upright.checks.judge import demand_known, judge
from upright.evidence.statement import NotExamined, Reason
from upright.measures.estimate import exact

SMALL = {"sex": "X"}


def small(**more):
    return share(1, 3, **{"group": SMALL, "unfit": "3 rows; 30 are needed"} | more)


def large(cases: int = 90, group: str = "F"):
    return share(cases, 100, group={"sex": group})


def test_without_limits_it_is_undecided_and_still_measured() -> None:
    found = judge([large()], {})
    assert (found.result, found.reasons[0].because.partition(":")[0]) == ("undecided", "no limit")
    assert found.measurements[0].value == "0.9"
    assert found.measurements[0].outcome is None


def test_all_within_passes_one_beyond_fails_and_the_worst_comes_first() -> None:
    limits = {"rate": {"at_least": "0.5"}}
    assert judge([large(), large(80, "M")], limits).result == "passed"
    found = judge([large(), large(10, "M"), large(55, "N")], limits)
    assert found.result == "failed"
    assert [one.outcome for one in found.reasons] == ["failed", "undecided", "passed"]
    assert [one.outcome for one in found.measurements] == ["passed", "failed", "undecided"]


def test_a_group_too_small_keeps_the_rest_from_passing_and_stays_visible() -> None:
    found = judge([large(), small()], {"rate": {"at_least": "0.5"}})
    assert found.result == "undecided"
    assert found.measurements[1].outcome == "undecided"
    assert found.measurements[1].n == 3
    assert any("30 are needed" in one.because for one in found.reasons)


def test_a_group_that_the_binding_lets_go_is_shown_with_its_reason_and_no_longer_holds_up() -> None:
    let_go = [NotJudged(group=SMALL, reason="3 people of all branches together")]
    found = judge([large(), small()], {"rate": {"at_least": "0.5"}}, not_judged=let_go)
    assert found.result == "passed"
    assert found.not_examined == (
        NotExamined(
            what="group sex = X", why="not judged, as the binding says: 3 people of all branches together", count=3
        ),
    )
    assert [one.group for one in found.measurements] == [{"sex": "F"}, SMALL]


def test_a_group_large_enough_cannot_be_let_go() -> None:
    let_go = [NotJudged(group={"sex": "M"}, reason="we would rather not")]
    found = judge([large(), large(10, "M")], {"rate": {"at_least": "0.5"}}, not_judged=let_go)
    assert found.result == "failed"
    assert found.not_examined == ()


def test_letting_every_group_go_does_not_pass() -> None:
    found = judge([small()], {"rate": {"at_least": "0.5"}}, not_judged=[NotJudged(group=SMALL, reason="few")])
    assert found.result == "undecided"
    assert "could not be measured" in found.reasons[0].because


def test_a_limit_whose_measure_is_absent_is_undecided() -> None:
    found = judge([large()], {"rate": {"at_least": "0.5"}, "auc": {"at_least": "0.7", "at_most": "1"}})
    assert found.result == "undecided"
    assert {one.limit for one in found.reasons if one.outcome == "undecided"} == {"auc at_least 0.7", "auc at_most 1"}


def test_reported_estimates_are_shown_and_never_judged() -> None:
    found = judge([large()], {"rate": {"at_least": "0.5"}}, reported=[large(1, "M")])
    assert found.result == "passed"
    assert found.measurements[1].outcome is None


@pytest.mark.parametrize("outcome", ["failed", "errored", "undecided"])
def test_a_reason_of_the_checks_own_keeps_it_from_passing(outcome: str) -> None:
    own = Reason(limit="", outcome=outcome, because="half of the file could not be read")
    found = judge([large()], {"rate": {"at_least": "0.5"}}, also=[own])
    assert found.result == outcome
    assert found.reasons[0] == own
    assert judge([large()], {}, also=[own]).result == outcome


def test_several_passes_of_one_limit_are_told_by_the_narrowest() -> None:
    found = judge([large(90, g) for g in "AB"] + [large(75, "C")], {"rate": {"at_least": "0.5"}})
    (reason,) = found.reasons
    assert reason.because.startswith("sex = C")
    assert reason.because.endswith("(and 2 more, by wider margins)")


def test_a_measurement_carries_its_plain_interval_and_the_level_it_was_decided_at() -> None:
    found = judge([normal(0.3, 0.01), normal(0.31, 0.01)], {"gap": {"at_most": "0.1"}})
    first = found.measurements[0]
    assert (first.confidence, first.low, first.high) == ("0.95", "0.28040036015", "0.31959963984") or (
        float(first.low),
        float(first.high),
    ) == pytest.approx((0.3 - 1.959964 * 0.01, 0.3 + 1.959964 * 0.01), abs=1e-7)
    assert {one.decided_at for one in found.measurements} == {"0.975", "0.95"}
    counted = judge([exact("rows", 5, n=5, unit="rows")], {"rows": {"at_least": "1"}}).measurements[0]
    assert (counted.low, counted.high, counted.confidence, counted.decided_at) == (None, None, None, None)


def test_a_limit_on_an_unknown_measure_is_refused_with_the_nearest() -> None:
    with pytest.raises(LimitError, match=r"Did you mean 'selection_rate_ratio'.*UP-CHECK-12"):
        demand_known("group-fairness", {"selection_rate_ration": {"at_least": "0.8"}}, ["selection_rate_ratio"])
    with pytest.raises(LimitError, match=r"It measures: auc.*UP-CHECK-12"):
        demand_known("performance", {"zzz": {"at_least": "0.8"}}, ["auc"])
    assert demand_known("anything", {"zzz": {"at_least": "0.8"}}, []) is None
