"""Quantiles with intervals by order statistics, against SciPy and by simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from upright.measures.quantiles import quantile_estimate


@pytest.mark.parametrize("size", [10, 30, 200])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_interval_is_that_of_the_quantile_test(size: int, share: float) -> None:
    values = np.random.default_rng(size).exponential(size=size)
    found = quantile_estimate("d", values.tolist(), share, unit="u", method="m")
    for level in (0.9, 0.95, 0.999):
        bounds = stats.quantile_test(values, q=0, p=share).confidence_interval(level)
        low, high = found.at(level) or (0.0, 0.0)
        assert low == pytest.approx(0.0 if math.isnan(bounds.low) else bounds.low)
        assert high == pytest.approx(math.inf if math.isnan(bounds.high) else bounds.high)


def test_it_covers_the_true_quantile_at_least_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    true = -math.log(0.5)
    hits = 0
    for _ in range(400):
        low, high = quantile_estimate("d", rng.exponential(size=40).tolist(), 0.5, unit="u", method="m").at(0.95) or (
            0,
            0,
        )
        hits += low <= true <= high
    assert hits / 400 >= 0.93


def test_nothing_has_no_quantile() -> None:
    found = quantile_estimate("d", [], 0.5, unit="u", method="m")
    assert (found.value, found.at(0.95)) == (None, None)
