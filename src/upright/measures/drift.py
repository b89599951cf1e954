"""Has a column changed from its baseline by more than chance explains, and what could have been found at all?"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from upright.measures.chance import (
    chi_squared_tail,
    falling,
    kolmogorov_quantile,
    kolmogorov_tail,
    shifted_chi_squared_below,
)
from upright.measures.cuts import OTHERS, NumberCuts
from upright.measures.tally import Tally

Numbers = npt.NDArray[np.float64]
PARTS = 10
LEAST_EXPECTED = 5.0
POWER = 0.8
_POWER_Z = 0.8416212335729143
_RARE = 0.01
_ROUNDING = 1e-10
_STEADY_BITS = 40


@dataclass(frozen=True, slots=True)
class Counted:
    """One column of one table: rows per cell, rows without a value; for numbers also the sums per cell of values less
    the cuts' origin, and the sum of their squares.
    """

    cells: Numbers
    missing: float
    totals: Numbers | None = None
    squares: float = 0.0

    @property
    def present(self) -> float:
        """Rows with a value."""
        return float(self.cells.sum())

    @property
    def rows(self) -> float:
        """All rows."""
        return self.present + self.missing

    @property
    def variance(self) -> float:
        """Of the numbers, 0 where it is rounding alone; not a number where they are infinite or there are none."""
        if self.totals is None or not self.present:
            return math.nan
        square = self.squares / self.present
        found = square - (float(self.totals.sum()) / self.present) ** 2
        return 0.0 if found <= _ROUNDING * square else found


@dataclass(frozen=True, slots=True)
class Pair:
    """A column of two tables in the same cells. Both have rows. ``names`` are the values of categories."""

    base: Counted
    new: Counted
    cuts: NumberCuts | None = None
    names: tuple[str, ...] = ()

    @property
    def has_numbers(self) -> bool:
        """Whether the cells have an order, and both tables something in them."""
        return self.cuts is not None and self.base.present > 0 and self.new.present > 0

    @property
    def size(self) -> float:
        """Rows of one sample that would be as noisy as the difference of these two, among rows with a value."""
        return self.base.present * self.new.present / (self.base.present + self.new.present)

    def gaps(self) -> Numbers:
        """Difference of the shares below each edge between cells."""
        return np.cumsum(self.base.cells / self.base.present - self.new.cells / self.new.present)[:-1]

    def unseen(self) -> dict[str, int]:
        """Values of categories that the baseline never had, with their rows in the new table."""
        where = np.flatnonzero((self.base.cells == 0) & (self.new.cells > 0)) if self.cuts is None else ()
        return {self.names[at]: int(self.new.cells[at]) for at in where}


def number_pair(cuts: NumberCuts, base: Tally, new: Tally) -> Pair:
    """From the tallies of ``count_numbers``."""
    return Pair(counted(cuts, base), counted(cuts, new), cuts)


def value_pair(base: Tally, new: Tally) -> Pair:
    """From the tallies of ``count_values``, ``count_known`` or ``count_buckets``."""
    names = sorted({str(key[0]) for one in (base, new) for key in one.cells if key[0] is not None})

    def of(one: Tally) -> Counted:
        rows = np.array([float(one.cells.get((name,), (0,))[0]) for name in names])
        return Counted(rows, float(one.cells.get((None,), (0,))[0]))

    shown = tuple("all its other values" if name == OTHERS else name for name in names)
    return Pair(of(base), of(new), names=shown)


def counted(cuts: NumberCuts, counts: Tally) -> Counted:
    """From a tally of ``count_numbers``."""
    found = np.zeros((cuts.total + 2, 3))
    missing = 0.0
    for (cell,), sums in counts.cells.items():
        if cell is None:
            missing += sums[0]
        else:
            found[int(str(cell))] += sums
    return steadied(found[:, 0], found[:, 1], found[:, 2], missing)


def steadied(rows: Numbers, totals: Numbers, squares: Numbers, missing: float) -> Counted:
    """From sums per cell, without what the order of rows does to sums of floats."""
    return Counted(rows, missing, _steady(totals), float(_steady(np.array([squares.sum()]))[0]))


def _steady(sums: Numbers) -> Numbers:
    """Sums of floats without the last digits, which depend on the order of rows."""
    most = float(np.abs(sums).sum())
    if not 0.0 < most < math.inf:
        return sums
    step = math.ldexp(1.0, math.frexp(most)[1] - _STEADY_BITS)
    return np.asarray(np.round(sums / step) * step)


def parts(pair: Pair) -> tuple[Numbers, Numbers]:
    """Rows in about ten parts of the baseline, and in a last one those without a value; empty in both: left out.

    Numbers: parts of equal shares, a value of such a share alone. Categories: each value; those of under 1 % are one
    part, as are those that the baseline never had. So do people cut columns who compare them by PSI.
    """
    rows = pair.base.cells
    if pair.cuts is None:
        part = np.where(rows == 0, 0, np.where(rows < _RARE * rows.sum(), 1, np.arange(len(rows)) + 2))
    else:
        part = _runs(rows, rows.sum() / PARTS)
    return _joined(pair, part)


def _joined(pair: Pair, part: npt.NDArray[np.int64]) -> tuple[Numbers, Numbers]:
    base, new = (np.append(np.bincount(part, weights=one.cells), one.missing) for one in (pair.base, pair.new))
    some = (base + new) > 0
    return base[some], new[some]


def _runs(rows: Numbers, enough: float) -> npt.NDArray[np.int64]:
    """Neighbouring cells joined until they hold enough; a cell that holds enough alone stays alone."""
    part = np.zeros(len(rows), dtype=np.int64)
    number, held = 0, 0.0
    for at, count in enumerate(rows.tolist()):
        if at and enough and (held >= enough or count >= enough):
            number, held = number + 1, 0.0
        part[at] = number
        held += count
    return part


def difference_chance(pair: Pair) -> float:
    """The chance that two samples of one population differ as much as these, in either of two ways (a p-value).

    Chi-squared on the parts of both tables together, those with under 5 expected rows joined; for numbers
    also the Kolmogorov-Smirnov gap on all cells, and twice the smaller. Which parts there are must not depend on one
    of the tables alone: a part chosen because the baseline has nothing in it would find a change in any two samples.
    """
    statistic, degrees = _homogeneity(pair)
    chances = [chi_squared_tail(statistic, degrees)] if degrees else []
    if pair.has_numbers:
        chances.append(kolmogorov_tail(math.sqrt(pair.size) * float(np.abs(pair.gaps()).max())))
    return min(1.0, len(chances) * min(chances)) if chances else 1.0


def findable_change(pair: Pair, alpha: float) -> float:
    """The share of rows that must move so that it is found at ``alpha`` in four of five cases; 1 = nothing can be."""
    if pair.has_numbers:
        return min(1.0, (kolmogorov_quantile(alpha / 2) + _POWER_Z / 2) / math.sqrt(pair.size))
    degrees = max(1, _homogeneity(pair)[1])  # of one value alone: a second one would be the change
    most = 200.0 + 20.0 * degrees - 4.0 * math.log(alpha)
    critical = falling(lambda value: chi_squared_tail(value, degrees), alpha, 0.0, most)
    needed = falling(lambda shift: shifted_chi_squared_below(critical, degrees, shift), 1 - POWER, 0.0, 4 * most)
    return min(1.0, math.sqrt(needed * (1 / pair.base.rows + 1 / pair.new.rows)) / 2)


def _homogeneity(pair: Pair) -> tuple[float, int]:
    """A chi-squared statistic and its degrees of freedom, 0 where too little is left to compare.

    The smaller of Pearson's and the likelihood ratio's: the first raises too many alarms far out in the tail, where
    many columns are judged together, the second in the middle.
    """
    both = pair.base.cells + pair.new.cells
    share = both.sum() / max(1.0, min(pair.base.present, pair.new.present))
    enough = max(both.sum() / PARTS, LEAST_EXPECTED * share)
    part = _runs(both, enough) if pair.cuts is not None else np.arange(len(both))
    base, new = _enough(*_joined(pair, part))
    share = (base + new) / (base + new).sum()
    squares = logs = 0.0
    for one in (base, new):
        expected = one.sum() * share
        squares += float(((one - expected) ** 2 / expected).sum())
        logs += 2.0 * float((one * np.log(one / expected, out=np.zeros_like(one), where=one > 0)).sum())
    return min(squares, logs), len(share) - 1


def _enough(base: Numbers, new: Numbers) -> tuple[Numbers, Numbers]:
    """Parts with under 5 expected rows in a table become one; if that is still too small, it joins the smallest."""
    least = min(base.sum(), new.sum()) / (base + new).sum()
    few = (base + new) * least < LEAST_EXPECTED
    if not few.any() or len(base) == 1:
        return base, new
    kept = [one[~few].copy() for one in (base, new)]
    rest = [float(one[few].sum()) for one in (base, new)]
    if sum(rest) * least < LEAST_EXPECTED and len(kept[0]):
        smallest = int(np.argmin(kept[0] + kept[1]))
        for one, more in zip(kept, rest, strict=True):
            one[smallest] += more
        return kept[0], kept[1]
    return np.append(kept[0], rest[0]), np.append(kept[1], rest[1])
