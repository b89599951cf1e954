"""How far a column has moved: PSI, Jensen-Shannon, Kolmogorov-Smirnov and Wasserstein distances, from counts.

Each reads above 0 without any change, for chance alone: the method names what it shows on average then (the noise
floor), and the interval accounts for it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from upright.measures.chance import falling, kolmogorov_quantile, shift_interval
from upright.measures.drift import Pair, parts
from upright.measures.estimate import Estimate, Interval
from upright.measures.intervals import normal_quantile

Numbers = npt.NDArray[np.float64]
_MEAN_GAP = 0.8687311606361591  # mean of the Kolmogorov distribution: sqrt(pi / 2) ln 2
_LOG_2 = math.log(2.0)


def drift_estimates(pair: Pair, *, group: Mapping[str, str], least_rows: int = 30) -> tuple[Estimate, ...]:
    """The distances of one column; those of order only for numbers. Limits on them use their intervals."""
    found = [*_divergences(pair, group, _few(pair.base.rows, pair.new.rows, "rows", least_rows))]
    if pair.cuts is not None:
        few = _few(pair.base.present, pair.new.present, "values", least_rows)
        found += [_ks(pair, group, few), _wasserstein(pair, group, few)]
    return tuple(found)


def _few(first: float, second: float, what: str, least: int) -> str:
    rows = int(min(first, second))
    return "" if rows >= max(least, 1) else f"{rows} {what} in the smaller table; {max(least, 1)} are needed"


def _divergences(pair: Pair, group: Mapping[str, str], few: str) -> tuple[Estimate, Estimate]:
    """PSI and the Jensen-Shannon distance (base 2: 0 the same, 1 nothing in common), on ``parts``.

    Without change, PSI over ``1/n + 1/m`` is chi-squared in large samples, with one degree less than parts, and so is
    eight times the Jensen-Shannon divergence; with change, noncentral. Half a row is added to each part where one is
    empty, as PSI would be infinite.

    Source: Yurdakul 2018 for PSI; Lin 1991 for Jensen-Shannon.
    """
    base, new = parts(pair)
    rows, others = float(base.sum()), float(new.sum())
    degrees, noise = len(base) - 1, 1 / rows + 1 / others
    p, q = base / rows, new / others
    log_p, log_q = (_log(2 * one / (p + q)) / 2 for one in (p, q))
    divergence = max(0.0, float(p @ log_p + q @ log_q))
    js_spread = 64 * (_variance(p, log_p) / rows + _variance(q, log_q) / others)
    if min(base.min(), new.min()) == 0:
        p, q = ((one + 0.5) / (one + 0.5).sum() for one in (base, new))
    ratio = np.log(p / q)
    psi = float((p - q) @ ratio)
    psi_spread = _variance(p, ratio + 1 - q / p) / rows + _variance(q, -ratio + 1 - p / q) / others
    floors = degrees * noise, _distance(degrees * noise)
    psi_interval = _noncentral(psi, degrees, noise, psi_spread, lambda one: one)
    js_interval = _noncentral(8 * divergence, degrees, noise, js_spread, _distance)
    blank = Estimate(name="psi", value=None, n=int(pair.new.rows), unit="distance", method="", group=group, unfit=few)
    return (
        replace(blank, value=psi, method=_method(len(base), "parts", floors[0]), interval=psi_interval),
        replace(
            blank,
            name="js",
            value=_distance(8 * divergence),
            method=_method(len(base), "parts", floors[1]),
            interval=js_interval,
        ),
    )


def _method(number: int, what: str, floor: float) -> str:
    return f"{number:,} {what}; without change {floor:.2g} on average"


def _distance(eightfold: float) -> float:
    """The distance in base 2 of eight times the divergence in base e."""
    return min(1.0, math.sqrt(max(0.0, eightfold) / 8 / _LOG_2))


def _log(values: Numbers) -> Numbers:
    return np.log(values, out=np.zeros_like(values), where=values > 0)


def _variance(shares: Numbers, slopes: Numbers) -> float:
    return max(0.0, float(shares @ slopes**2 - (shares @ slopes) ** 2))


def _noncentral(value: float, degrees: int, noise: float, spread: float, shown: Callable[[float], float]) -> Interval:
    """Interval of ``noise`` times a noncentral chi-squared value, widened where its own spread is greater."""
    if degrees == 0:
        return lambda _level: (0.0, 0.0)
    seen = value / noise
    beyond = max(0.0, seen - degrees)
    own = 2 * degrees + (spread / noise**2 * beyond / seen if seen > 0 else 0.0)
    widen = max(1.0, math.sqrt(own / (2 * degrees + 4 * beyond)))

    def interval(level: float) -> tuple[float, float]:
        low, high = shift_interval(seen, degrees, level, widen)
        return shown(low * noise), shown(high * noise)

    return interval


def _ks(pair: Pair, group: Mapping[str, str], few: str) -> Estimate:
    """The greatest gap between the shares of rows below a value; 0 the same, 1 nothing in common.

    The lower end allows for the greatest gap that chance makes anywhere, the upper for chance at one place.
    """
    blank = Estimate(
        name="ks", value=None, n=int(pair.new.present), unit="distance", method="cells", group=group, unfit=few
    )
    if not pair.has_numbers:
        return blank
    value = float(np.abs(pair.gaps()).max())
    root = math.sqrt(pair.size)

    def interval(level: float) -> tuple[float, float]:
        low = value - kolmogorov_quantile((1 - level) / 2) / root
        return max(0.0, low), min(1.0, value + normal_quantile(level) / 2 / root)

    method = _method(len(pair.base.cells), "cells", _MEAN_GAP / root)
    return replace(blank, value=value, method=method, interval=interval)


def _wasserstein(pair: Pair, group: Mapping[str, str], few: str) -> Estimate:
    """How far values must move on average to make one distribution of the other, in baseline standard deviations.

    Exact but for the gap changing its sign within a cell, as cells keep the sums of their values.
    """
    rows = int(pair.new.present)
    blank = Estimate(name="wasserstein", value=None, n=rows, unit="baseline sd", method="cells", group=group, unfit=few)
    scale = math.sqrt(pair.base.variance) if pair.has_numbers else 0.0
    areas = _areas(pair)
    if areas is None or not scale > 0.0:
        if areas is not None and not areas.any():
            return replace(blank, value=0.0, method="counted")
        why = few or "the baseline has no spread to measure by, or a table holds infinite numbers"
        return replace(blank, unfit=why)
    noise = _noise(pair) / scale
    value, spread = float(np.abs(areas).sum()) / scale, _spread(pair) / scale
    pattern = areas / np.abs(areas).sum() if value > 0.0 else noise / noise.sum()

    def shown(true: float) -> float:
        """The mean of what is seen where this is true: the sum of the means of folded normal numbers."""
        return float(_folded_mean(true * pattern, noise).sum())

    def interval(level: float) -> tuple[float, float]:
        reach = normal_quantile(level) * spread
        most, nothing = value + reach + float(noise.sum()), shown(0.0)
        low = 0.0 if nothing + reach >= value else falling(lambda one: -shown(one), reach - value, 0.0, most)
        return low, falling(lambda one: -shown(one), -(max(value, nothing) + reach), 0.0, most)

    method = _method(len(pair.base.cells), "cells", shown(0.0))
    return replace(blank, value=value, method=method, interval=interval)


def _areas(pair: Pair) -> Numbers | None:
    """Per cell the signed area between the two distributions; none where a sum is infinite."""
    base, new = pair.base, pair.new
    if pair.cuts is None or base.totals is None or new.totals is None or not pair.has_numbers:
        return None
    if not np.isfinite(base.totals).all() or not np.isfinite(new.totals).all():
        return None
    if not math.isfinite(base.variance) or not math.isfinite(new.variance):
        return None
    corners = pair.gaps() * (pair.cuts.edges() - pair.cuts.origin)
    moved = base.totals / base.present - new.totals / new.present
    areas = np.diff(np.concatenate([[0.0], corners, [0.0]])) - moved
    rounding = 1e-12 * (np.abs(corners).max(initial=0.0) + float(np.abs(moved).max()))
    return np.where(np.abs(areas) <= rounding, 0.0, areas)


def _spread(pair: Pair) -> float:
    """Standard error of the sum of the areas, which is the difference of the means; no other weighing has more."""
    return math.sqrt(pair.base.variance / pair.base.present + pair.new.variance / pair.new.present)


def _noise(pair: Pair) -> Numbers:
    """Standard error of each cell's area: its width, times that of the gap at its middle."""
    both = (pair.base, pair.new)
    variance = np.zeros(len(pair.base.cells))
    for one in both:
        share = (np.cumsum(one.cells) - one.cells / 2) / one.present
        variance += share * (1 - share) / one.present
    return np.asarray(np.maximum(_widths(pair) * np.sqrt(np.maximum(variance, 0.0)), 1e-300), dtype=np.float64)


def _widths(pair: Pair) -> Numbers:
    """Of the cells; of the open ones at the ends twice the distance from the edge to the mean of what is in them."""
    if pair.cuts is None or pair.base.totals is None or pair.new.totals is None:
        return np.zeros(len(pair.base.cells))
    edges = pair.cuts.edges() - pair.cuts.origin
    rows, totals = pair.base.cells + pair.new.cells, pair.base.totals + pair.new.totals
    ends = [2 * abs(totals[at] / rows[at] - edges[at]) if rows[at] else 0.0 for at in (0, -1)]
    return np.concatenate([ends[:1], np.diff(edges), ends[1:]])


def _folded_mean(middle: Numbers, spread: Numbers) -> Numbers:
    """Mean of the absolute value of normal numbers."""
    scaled = np.minimum(np.abs(middle) / spread, 30.0)
    return np.asarray(
        spread * math.sqrt(2 / math.pi) * np.exp(-(scaled**2) / 2) + np.abs(middle) * _erf(scaled / math.sqrt(2))
    )


def _erf(values: Numbers) -> Numbers:
    """Of numbers from 0, to 1.5e-7. Source: Abramowitz & Stegun, 7.1.26."""
    t = 1 / (1 + 0.3275911 * values)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return np.asarray(1 - series * np.exp(-(values**2)))
