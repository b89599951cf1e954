"""Intervals by drawing at random, where no closed form exists.

Drawing the cells of a table of n unweighted, independent rows from a multinomial is the bootstrap of its rows, in
distribution, at the cost of the cells instead of the rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
_STEPS = 61
_LEAST_BEYOND = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """A value and what resampling made of it. ``least`` and ``most`` bound what the value can be at all."""

    value: float
    drawn: Numbers
    least: float
    most: float

    def percentile(self, level: float) -> tuple[float, float]:
        """The middle ``level`` of the draws; the whole range where the draws are too few to say."""
        if not _resolves(level, len(self.drawn)):
            return self.least, self.most
        low, high = np.quantile(self.drawn, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inversion:
    """The interval of a distance that noise alone makes positive, such as the gap between the best and worst group.

    Observed, such a distance reads too high; resampling the observed table adds the same noise once more, and its
    interval misses a true distance near 0. So we ask of each possible true distance how often it would show one as
    large, or as small, as the observed, and keep those for which neither is rare (inversion of a test). The pattern
    between the parts is taken from the observed one, scaled.
    """

    tried: Numbers
    as_large: Numbers
    as_small: Numbers
    expected: float
    draws: int
    most: float

    @classmethod
    def of(cls, value: float, show: Callable[[float], Numbers], *, reach: float, most: float) -> Self:
        """``show(true)`` draws observed distances for a true one, from the same random numbers each time.

        ``reach`` is how far above the value a true distance is worth trying; ``most`` the largest possible.
        """
        tried = np.linspace(0.0, min(most, value + reach), _STEPS)
        shown = [show(float(true)) for true in tried]
        return cls(
            tried=tried,
            as_large=np.minimum.accumulate(np.array([(one >= value).mean() for one in shown])[::-1])[::-1],
            as_small=np.minimum.accumulate(np.array([(one <= value).mean() for one in shown])),
            expected=float(show(0.0).mean()),
            draws=len(shown[0]),
            most=most,
        )

    def interval(self, level: float) -> tuple[float, float]:
        """The true distances that the observed one does not make unlikely."""
        if not _resolves(level, self.draws):
            return 0.0, self.most
        rare = (1 - level) / 2
        low = _crossing(self.tried, self.as_large, rare)
        high = _crossing(self.tried, -self.as_small, -rare)
        return low, high


def _crossing(tried: Numbers, rising: Numbers, at: float) -> float:
    """Where a rising curve passes ``at``, by a straight line between steps; an end where it does not."""
    after = int(np.searchsorted(rising, at))
    if after == 0:
        return float(tried[0])
    if after == len(tried):
        return float(tried[-1])
    step = rising[after] - rising[after - 1]
    part = (at - rising[after - 1]) / step if step > 0 else 1.0
    return float(tried[after - 1] + part * (tried[after] - tried[after - 1]))


def multinomial_draws(counts: Numbers, *, draws: int, seed: int) -> Numbers:
    """``draws`` tables of as many rows as ``counts`` (shape (cells,)) sums to; shape (draws, cells)."""
    total = round(float(counts.sum()))
    return np.random.default_rng(seed).multinomial(total, counts / counts.sum(), size=draws).astype(np.float64)


def _resolves(level: float, draws: int) -> bool:
    """Five draws at least beyond each end: a quantile of fewer is noise."""
    return (1 - level) / 2 * draws >= _LEAST_BEYOND
