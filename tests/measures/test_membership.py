"""Measures of membership attacks, against scikit-learn, the double loop and simulation."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from upright.measures.membership import attack_auc, attack_tpr

GROUP = {"attack": "made"}


@pytest.mark.parametrize("ties", [False, True])
def test_the_auc_is_that_of_scikit_learn_with_ties_as_without(ties: bool) -> None:
    rng = np.random.default_rng(1)
    members, others = rng.normal(0.5, 1, 150), rng.normal(0, 1, 220)
    if ties:
        members, others = members.round(), others.round()
    labels = [1] * 150 + [0] * 220
    found = attack_auc(members, others, group=GROUP, least=30)
    assert found.value == pytest.approx(roc_auc_score(labels, np.concatenate([members, others])), abs=1e-12)


def test_its_interval_covers_the_true_auc_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(400):
        found = attack_auc(rng.normal(0.3584, 1, 120), rng.normal(0, 1, 120), group=GROUP, least=30)
        low, high = found.at(0.95) or (0, 0)
        hits += low <= 0.6 <= high  # P(member > other) for a shift of 0.3584 is 0.6
    assert 0.92 <= hits / 400 <= 0.98


def test_members_that_all_stand_above_still_have_an_interval() -> None:
    found = attack_auc(np.arange(50.0) + 100, np.arange(40.0), group=GROUP, least=30)
    low, high = found.at(0.95) or (0, 0)
    assert (found.value, high) == (1.0, 1.0)
    assert 0.8 < low < 1.0


def test_the_share_found_at_a_low_false_alarm_rate_is_read_off_the_roc_curve() -> None:
    rng = np.random.default_rng(3)
    members, others = rng.normal(1.5, 1, 500), rng.normal(0, 1, 400)
    found = attack_tpr(members, others, rate=0.01, group=GROUP, least=30)
    false_alarms, found_share, _ = roc_curve([1] * 500 + [0] * 400, np.concatenate([members, others]))
    assert found.value == pytest.approx(found_share[false_alarms <= 0.01].max(), abs=1e-12)
    low, high = found.at(0.95) or (0, 0)
    assert low <= found.value <= high


def test_the_interval_of_that_share_is_rather_too_wide() -> None:
    from statistics import NormalDist

    true = 1 - NormalDist(1.5, 1).cdf(NormalDist().inv_cdf(0.99))
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(200):
        found = attack_tpr(rng.normal(1.5, 1, 300), rng.normal(0, 1, 300), rate=0.01, group=GROUP, least=30)
        low, high = found.at(0.95) or (0, 0)
        hits += low <= true <= high
    assert hits / 200 >= 0.94


def test_too_few_rows_are_not_judged() -> None:
    few = attack_auc(np.zeros(5), np.zeros(50), group=GROUP, least=30)
    assert few.unfit == "5 members; 30 are needed"
    rare = attack_tpr(np.zeros(50), np.zeros(50), rate=0.01, group=GROUP, least=30)
    assert rare.unfit == "50 non-members; 100 are needed for a false alarm rate of 0.01"
