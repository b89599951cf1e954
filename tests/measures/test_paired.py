"""Paired differences, against SciPy, scikit-learn, the double loop and simulation."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from upright.measures.paired import Pairs, auc_difference, mean_difference, share_difference


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (5, 5), (3, 11), (40, 22)])
def test_mcnemar_is_the_exact_binomial_test(first: int, second: int) -> None:
    expected = stats.binomtest(first, first + second, 0.5).pvalue if first + second else 1.0
    assert Pairs(100, first, second, 7).mcnemar == pytest.approx(expected, rel=1e-12)


def test_pairs_are_counted_row_by_row() -> None:
    one, other = np.array([True, True, False, False, True]), np.array([True, False, True, False, False])
    assert Pairs.of(one, other) == Pairs(1, 2, 1, 1)


@pytest.mark.parametrize("size", [30, 300])
def test_the_interval_of_a_paired_difference_covers_as_often_as_it_says(size: int) -> None:
    rng = np.random.default_rng(size)
    chances = np.array([0.7, 0.06, 0.12, 0.12])
    hits = 0
    for _ in range(1_000):
        found = share_difference("d", Pairs(*(int(n) for n in rng.multinomial(size, chances))), least=1)
        low, high = found.at(0.95) or (0, 0)
        hits += low <= 0.06 <= high
    assert 0.93 <= hits / 1_000 <= 0.985


def test_it_is_narrower_than_that_of_independent_groups_where_both_are_right_on_the_same_rows() -> None:
    from upright.measures.intervals import newcombe

    found = share_difference("d", Pairs(800, 20, 40, 140), least=1)
    low, high = found.at(0.95) or (0, 0)
    apart = newcombe(0.84, 1_000, 0.82, 1_000, 0.95)
    assert found.value == pytest.approx(0.02)
    assert high - low < 0.6 * (apart[1] - apart[0])


def test_the_mean_difference_is_that_of_the_paired_t_test() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=80), rng.normal(0.2, 1, 80)
    bounds = stats.ttest_rel(other, one).confidence_interval(0.95)
    low, high = mean_difference("d", other - one, unit="u", least=1).at(0.95) or (0, 0)
    assert (low, high) == (pytest.approx(bounds.low, abs=2e-3), pytest.approx(bounds.high, abs=2e-3))


def test_the_auc_difference_has_the_variance_of_the_double_loop() -> None:
    rng = np.random.default_rng(2)
    positive = rng.random(90) < 0.4
    one = rng.normal(size=90) + positive
    other = (one + rng.normal(0, 0.8, 90) + 0.3 * positive).round(1)
    found = auc_difference("d", one, other, positive, least=1)
    assert found.value == pytest.approx(roc_auc_score(positive, other) - roc_auc_score(positive, one), abs=1e-12)

    def wins(scores: np.ndarray) -> np.ndarray:
        ups, downs = scores[positive], scores[~positive]
        return np.array([[(up > down) + 0.5 * (up == down) for down in downs] for up in ups])

    gap = wins(other) - wins(one)
    variance = gap.mean(axis=1).var(ddof=1) / gap.shape[0] + gap.mean(axis=0).var(ddof=1) / gap.shape[1]
    low, high = found.at(0.95) or (0, 0)
    assert (high - low) / 2 == pytest.approx(1.959964 * np.sqrt(variance), rel=1e-5)


def test_nothing_to_compare_has_no_difference() -> None:
    assert share_difference("d", Pairs(0, 0, 0, 0), least=1).value is None
    assert auc_difference("d", np.ones(4), np.ones(4), np.ones(4, dtype=bool), least=1).value is None
