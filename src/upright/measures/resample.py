"""Intervals by resampling cells, where no closed form exists.

Drawing the cells of a table of n unweighted, independent rows from a multinomial is the bootstrap of its rows, in
distribution, at the cost of the cells instead of the rows.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """A value and what resampling made of it. ``least`` and ``most`` bound what the value can be at all."""

    value: float
    drawn: Numbers
    least: float
    most: float

    @property
    def bias(self) -> float:
        """How much too high the value reads on average."""
        return float(self.drawn.mean()) - self.value

    def percentile(self, level: float) -> tuple[float, float]:
        """The middle ``level`` of the draws; the whole range where the draws are too few to say."""
        if not self._resolves(level):
            return self.least, self.most
        low, high = np.quantile(self.drawn, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def turned(self, level: float) -> tuple[float, float]:
        """The basic bootstrap interval, ``2 value - quantiles``, which takes back the bias; kept within the range."""
        if not self._resolves(level):
            return self.least, self.most
        low, high = self.percentile(level)
        return (
            min(max(2 * self.value - high, self.least), self.most),
            max(min(2 * self.value - low, self.most), self.least),
        )

    def _resolves(self, level: float) -> bool:
        """Five draws at least beyond each end: a quantile of fewer is noise."""
        return (1 - level) / 2 * len(self.drawn) >= 5


def multinomial_draws(counts: Numbers, *, draws: int, seed: int) -> Numbers:
    """``draws`` tables of as many rows as ``counts`` (shape (cells,)) sums to; shape (draws, cells)."""
    total = round(float(counts.sum()))
    return np.random.default_rng(seed).multinomial(total, counts / counts.sum(), size=draws).astype(np.float64)
