"""Intervals by drawing, at the levels that many comparisons together ask for."""

import itertools

import numpy as np
import pytest
from scipy.stats import norm

from upright.checks.decide import comparisons_of, rule
from upright.measures.classified import classification_estimates
from upright.measures.estimate import Estimate
from upright.measures.fairness import gap_inversion
from upright.measures.resample import DRAWS, Draws, enough_draws, normal_noise
from upright.measures.shares import Least


def gap(*rates: float, rows: int = 2_000) -> Estimate:
    values, sizes = np.array(rates), np.full(len(rates), float(rows))
    found = gap_inversion(values, sizes, float(np.ptp(values)), seed=1)
    return Estimate(
        name="gap", value=found.value, n=rows, unit="difference", method="test inversion", interval=found.interval
    )


def test_more_is_drawn_only_where_a_level_asks_for_it() -> None:
    assert [enough_draws(level) for level in (0.5, 0.95, 0.995)] == [DRAWS[0]] * 3
    assert enough_draws(1 - 0.05 / 40) == DRAWS[1]
    assert enough_draws(1 - 1e-6) is None


def test_a_percentile_at_a_fine_level_is_that_of_the_distribution() -> None:
    drawn = Draws(draw=lambda n: normal_noise(1, seed=4)(n)[:, 0], least=-9.0, most=9.0)
    level = 1 - 0.05 / 20
    assert drawn.percentile(level) == pytest.approx(norm.interval(level), abs=0.15)
    assert drawn.percentile(1 - 1e-7) == (-9.0, 9.0)


def test_a_gap_far_beyond_its_limit_fails_among_forty_comparisons() -> None:
    wide, narrow = gap(0.3, 0.5, 0.7), gap(0.5, 0.5, 0.51)
    many = [wide, *[narrow] * 39]
    found = rule(comparisons_of(many, {"gap": {"at_most": "0.1"}}))
    assert (found[0].verdict, found[1].verdict) == ("failed", "passed")
    assert found[0].decided_at == pytest.approx(1 - 0.05 / 40, abs=1e-3)


def test_the_interval_of_a_gap_grows_with_the_level() -> None:
    one = gap(0.3, 0.5, 0.7, rows=200)
    bounds = [one.at(level) for level in (0.5, 0.9, 0.95, 0.99, 0.999)]
    assert all(low >= wider_low - 0.01 for (low, _), (wider_low, _) in itertools.pairwise(bounds))
    assert all(high <= wider_high + 0.01 for (_, high), (_, wider_high) in itertools.pairwise(bounds))


def test_f1_is_decided_at_a_fine_level_too() -> None:
    cells = np.zeros((3, 2, 3))
    cells[:2, :] = np.array([[400, 100], [50, 450]])[..., None]
    f1 = {o.name: o for o in classification_estimates(cells, group={}, least=Least(), seed=1)}["f1"]
    low, high = f1.at(1 - 0.05 / 40)
    assert 0.7 < low < f1.value < high < 0.95
