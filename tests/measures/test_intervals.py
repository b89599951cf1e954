import itertools
import math

import numpy as np
import pytest
from scipy import stats
from scipy.stats.contingency import relative_risk

from upright.measures.estimate import folded_at_one, folded_at_zero
from upright.measures.intervals import log_ratio, newcombe, normal_quantile, on_logit, student_quantile, wilson

LEVELS = (0.8, 0.95, 0.99, 0.9995)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("size", [1, 2, 30, 1_989])
def test_wilson_is_scipys(size, level):
    for cases in {0, 1, size // 3, size - 1, size}:
        theirs = stats.binomtest(cases, size).proportion_ci(level, method="wilson")
        assert wilson(cases / size, size, level) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize("level", LEVELS)
def test_katz_is_scipys_relative_risk(level):
    for cases, size, other_cases, other_size in ((218, 308, 1527, 1681), (1, 30, 29, 30), (30, 30, 12, 40)):
        theirs = relative_risk(cases, size, other_cases, other_size).confidence_interval(level)
        ours = log_ratio(cases / size, size, other_cases / other_size, other_size, level)
        assert ours == pytest.approx((theirs.low, theirs.high), rel=1e-12)


def test_newcombe_gives_the_published_examples():
    # Newcombe 1998 (Statistics in Medicine 17, 873-890), table II, method 10, contrasts (a), (b), (d), (e), (h).
    published = [
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((0, 10, 0, 20), (-0.1611, 0.2775)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
    ]
    for (cases, size, other_cases, other_size), expected in published:
        ours = newcombe(cases / size, size, other_cases / other_size, other_size, 0.95)
        assert ours == pytest.approx(expected, abs=5e-5)


def test_student_quantiles_are_scipys_from_8_degrees_of_freedom():
    for degrees in (8, 29, 100, 3_000):
        for level in (0.9, 0.95, 0.99, 0.999):
            exact = stats.t.ppf((1 + level) / 2, degrees)
            assert student_quantile(level, degrees) == pytest.approx(exact, rel=4e-3)


def test_normal_quantiles_are_scipys_and_other_levels_are_refused():
    assert normal_quantile(0.95) == pytest.approx(stats.norm.ppf(0.975), abs=1e-12)
    for level in (0.0, 1.0, 1.5):
        with pytest.raises(ValueError, match="not between"):
            normal_quantile(level)


@pytest.mark.parametrize(
    "make",
    [
        lambda level: wilson(0.3, 40, level),
        lambda level: newcombe(0.3, 40, 0.5, 60, level),
        lambda level: log_ratio(0.3, 40, 0.5, 60, level),
        lambda level: on_logit(0.8, 0.03, level),
    ],
)
def test_a_higher_level_never_gives_a_narrower_interval(make):
    bounds = [make(level) for level in (0.5, 0.9, 0.95, 0.999, 1 - 1e-9)]
    assert all(a[0] >= b[0] and a[1] <= b[1] for a, b in itertools.pairwise(bounds))


def test_ratios_with_an_empty_group_leave_the_unknown_bound_open():
    assert log_ratio(0.0, 40, 0.5, 40, 0.95)[0] == 0.0
    assert log_ratio(0.5, 40, 0.0, 40, 0.95)[1] == math.inf
    assert log_ratio(0.0, 40, 0.0, 40, 0.95) == (0.0, math.inf)
    assert log_ratio(0.0, 0, 0.5, 40, 0.95) == (0.0, math.inf)


def test_folding_keeps_every_value_that_the_interval_held():
    generator = np.random.default_rng(0)
    for _ in range(200):
        low, high = np.sort(generator.uniform(-1, 1, 2))
        inside = np.linspace(low, high, 50)
        folded = folded_at_zero(low, high)
        assert folded[0] <= np.abs(inside).min() + 1e-9
        assert folded[1] >= np.abs(inside).max() - 1e-9
        low, high = np.exp([low, high])
        inside = np.linspace(low, high, 50)
        both = np.minimum(inside, 1 / inside)
        folded = folded_at_one(low, high)
        assert folded[0] <= both.min() + 1e-9
        assert folded[1] >= both.max() - 1e-9
