"""Tails of distributions, against SciPy."""

import numpy as np
import pytest
from scipy import stats

from upright.measures.chance import (
    chi_squared_tail,
    falling,
    holm,
    kolmogorov_quantile,
    kolmogorov_tail,
    shift_interval,
    shifted_chi_squared_below,
)


@pytest.mark.parametrize("degrees", [1, 2, 5, 10, 101, 250])
def test_the_chi_squared_tail_is_scipys(degrees):
    for value in (0.1, 1.0, 5.0, 50.0, 200.0, 1_000.0):
        assert chi_squared_tail(value, degrees) == pytest.approx(stats.chi2.sf(value, degrees), rel=1e-9, abs=1e-300)
    assert chi_squared_tail(0.0, degrees) == 1.0
    assert chi_squared_tail(1e6, degrees) == 0.0


def test_the_kolmogorov_tail_is_scipys_and_its_quantile_never_too_small():
    for value in (0.05, 0.2, 0.3, 0.5, 1.0, 1.5, 3.0, 6.0):
        assert kolmogorov_tail(value) == pytest.approx(stats.kstwobign.sf(value), rel=1e-6)
    for alpha in (0.5, 0.05, 1e-3, 1e-9):
        assert kolmogorov_quantile(alpha) >= stats.kstwobign.isf(alpha) - 1e-12
    assert kolmogorov_quantile(0.05) == pytest.approx(stats.kstwobign.isf(0.05), abs=1e-4)


@pytest.mark.parametrize("degrees", [1, 2, 3, 9, 50])
def test_the_noncentral_chi_squared_is_scipys_to_what_its_docstring_says(degrees):
    for shift in (0.1, 1.0, 5.0, 50.0, 5e5):
        for level in (0.001, 0.025, 0.5, 0.975, 0.999):
            value = stats.ncx2.ppf(level, degrees, shift)
            found = shifted_chi_squared_below(value, degrees, shift)
            assert found == pytest.approx(level, abs=0.013 if degrees > 1 else 1e-5)


@pytest.mark.parametrize(("degrees", "shift"), [(1, 4.0), (9, 0.0), (9, 12.0), (30, 400.0)])
def test_the_interval_of_a_shift_holds_it_as_often_as_it_says(degrees, shift):
    drawn = np.random.default_rng(3).noncentral_chisquare(degrees, shift + 1e-12, 400)
    inside = [low <= shift <= high for low, high in (shift_interval(float(one), degrees, 0.95) for one in drawn)]
    assert np.mean(inside) >= 0.95 - 4 * np.sqrt(0.05 * 0.95 / 400)


def test_a_value_below_what_chance_gives_is_no_sign_of_less_than_nothing():
    low, high = shift_interval(0.5, 9, 0.95)
    assert low == 0.0
    assert high == pytest.approx(shift_interval(9.0, 9, 0.95)[1])
    assert shift_interval(30.0, 9, 0.999)[0] < shift_interval(30.0, 9, 0.95)[0]
    assert shift_interval(30.0, 9, 0.95, widen=2.0)[1] > shift_interval(30.0, 9, 0.95)[1]


def test_holm_is_the_step_down_rule_whatever_the_order():
    chances = [0.01, 0.04, 0.03, 0.2, 0.04]
    m = len(chances)
    ranked = sorted(chances)
    naive = {p: max(min(1.0, (m - at) * ranked[at]) for at in range(ranked.index(p) + 1)) for p in chances}
    assert holm(chances) == pytest.approx([naive[0.01], 0.12, naive[0.03], 0.2, 0.12])
    assert holm([]) == []
    assert holm([0.03]) == [0.03]


def test_a_falling_curve_is_met_where_it_passes():
    assert falling(lambda one: -(one**2), -2.0, 0.0, 5.0) == pytest.approx(2**0.5)
