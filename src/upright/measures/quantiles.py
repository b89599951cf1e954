"""Quantiles of a sample, with intervals by order statistics: no assumption on the distribution, infinities allowed."""

import math
from collections.abc import Sequence

import numpy as np

from upright.measures.estimate import Estimate


def quantile_estimate(
    name: str, values: Sequence[float], share: float, *, unit: str, method: str, unfit: str = ""
) -> Estimate:
    """The value below which a ``share`` of the population lies.

    The interval takes the order statistics whose ranks a binomial count makes sure at the level; where the sample is
    too small for that, the bound is infinite (above) or 0 (below), as the values here are distances.

    Source: Conover, Practical Nonparametric Statistics, 3.2. Checked: against SciPy's ``quantile_test``.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    size = len(ordered)
    value = float(ordered[max(0, math.ceil(share * size) - 1)]) if size else None

    def interval(level: float) -> tuple[float, float]:
        low, high = _ranks(size, share, (1.0 - level) / 2.0)
        return (float(ordered[low - 1]) if low >= 1 else 0.0, float(ordered[high - 1]) if high <= size else math.inf)

    return Estimate(name=name, value=value, n=size, unit=unit, method=method, interval=interval, unfit=unfit)


def _ranks(size: int, share: float, tail: float) -> tuple[int, int]:
    """Ranks (from 1) of the two order statistics, each missed with a chance of at most ``tail``; 0 or n + 1: none."""
    low, high = 0, size + 1
    total = 0.0
    for count in range(size + 1):
        total += _binomial(size, count, share)
        if total <= tail:
            low = count + 1
        if total >= 1.0 - tail:
            high = count + 1
            break
    return low, high


def _binomial(size: int, count: int, share: float) -> float:
    logarithm = math.lgamma(size + 1) - math.lgamma(count + 1) - math.lgamma(size - count + 1)
    return math.exp(logarithm + count * math.log(share) + (size - count) * math.log1p(-share))
