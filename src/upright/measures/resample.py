"""Intervals by drawing at random, where no closed form exists.

Drawing the cells of a table of n unweighted, independent rows from a multinomial is the bootstrap of its rows, in
distribution, at the cost of the cells instead of the rows.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
DRAWS = (2_000, 20_000)
"""How many at first, and how many where many comparisons together ask for a level that the first cannot resolve."""
_STEPS = 64
_LEAST_BEYOND = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """What resampling makes of a value: ``draw(n)`` gives n of them, the same each time.

    ``least`` and ``most`` bound what the value can be at all.
    """

    draw: Callable[[int], Numbers]
    least: float
    most: float

    def percentile(self, level: float) -> tuple[float, float]:
        """The middle ``level`` of the draws; the whole range where no number of draws can say."""
        draws = enough_draws(level)
        if draws is None:
            return self.least, self.most
        low, high = np.quantile(self.draw(draws), [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)


@dataclass(frozen=True, kw_only=True)
class Inversion:
    """The interval of a distance that noise alone makes positive, such as the gap between the best and worst group.

    Observed, such a distance reads too high; resampling the observed table adds the same noise once more, and its
    interval misses a true distance near 0. So we ask of each possible true distance how often it would show one as
    large, or as small, as the observed, and keep those for which neither is rare (inversion of a test). The pattern
    between the parts is taken from the observed one, scaled.

    ``show(true, n)`` draws n observed distances for a true one, from the same random numbers each time, so that larger
    truths show larger ones. ``reach`` is how far above the value a truth is worth trying; ``most`` the largest one.
    """

    value: float
    show: Callable[[float, int], Numbers]
    reach: float
    most: float
    _known: dict[tuple[int, int], tuple[float, float, float]] = field(default_factory=dict)

    @property
    def expected(self) -> float:
        """The mean distance shown where the true one is 0."""
        return self._tails(0, DRAWS[0])[2]

    def interval(self, level: float) -> tuple[float, float]:
        """The true distances that the observed one does not make unlikely; all, where no number of draws can say."""
        draws = enough_draws(level)
        if draws is None:
            return 0.0, self.most
        rare = (1 - level) / 2
        low = self._crossing(lambda step: self._tails(step, draws)[0] - rare)
        high = self._crossing(lambda step: rare - self._tails(step, draws)[1])
        return low, high

    def _true(self, step: float) -> float:
        return min(self.most, self.value + self.reach) * step / _STEPS

    def _tails(self, step: int, draws: int) -> tuple[float, float, float]:
        """Shares of draws as large and as small as the value, and their mean; each truth is drawn once."""
        key = step, draws
        if key not in self._known:
            shown = self.show(self._true(step), draws)
            self._known[key] = (
                float((shown >= self.value).mean()),
                float((shown <= self.value).mean()),
                float(shown.mean()),
            )
        return self._known[key]

    def _crossing(self, rising: Callable[[int], float]) -> float:
        """Where a rising curve passes 0, by halving and a straight line within the last step; an end if nowhere."""
        low, high = 0, _STEPS
        if rising(low) >= 0.0:
            return self._true(low)
        if rising(high) < 0.0:
            return self._true(high)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if rising(middle) < 0.0 else (low, middle)
        below, above = rising(low), rising(high)
        return self._true(low + (-below / (above - below) if above > below else 1.0))


def multinomial_draws(counts: Numbers, *, draws: int, seed: int) -> Numbers:
    """``draws`` tables of as many rows as ``counts`` (shape (cells,)) sums to; shape (draws, cells)."""
    total = round(float(counts.sum()))
    return np.random.default_rng(seed).multinomial(total, counts / counts.sum(), size=draws).astype(np.float64)


def normal_noise(width: int, *, seed: int) -> Callable[[int], Numbers]:
    """Gives n rows of ``width`` standard normal numbers, the same for the same n; drawn when first asked for."""

    @functools.cache
    def noise(draws: int) -> Numbers:
        return np.random.default_rng(seed).standard_normal((draws, width))

    return noise


def enough_draws(level: float) -> int | None:
    """The least of ``DRAWS`` that leaves five draws beyond each end, as a quantile of fewer is noise; else ``None``."""
    return next((draws for draws in DRAWS if (1 - level) / 2 * draws >= _LEAST_BEYOND), None)
