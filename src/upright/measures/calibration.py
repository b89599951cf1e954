"""Calibration: does a score of 0.7 come true seven times in ten, in each group alike? From 16 bins of the score."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from upright.measures.decisions import groupings
from upright.measures.estimate import Estimate, Interval, shown
from upright.measures.fairness import Group, Plan, reference_of
from upright.measures.histograms import Histogram, Scores
from upright.measures.resample import Inversion, Numbers, normal_noise
from upright.measures.values import value_text

CALIBRATION_BINS = 16
LEAST_CALIBRATION_ROWS = 160
"""Ten rows a bin on average: below, the interval holds the truth in as few as 80 % of samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Miscalibration:
    """The calibration error of one group; ``value`` is ``None`` without rows."""

    rows: int
    value: float | None
    interval: Interval | None
    expected: float


def miscalibration(histogram: Histogram, *, seed: int) -> Miscalibration:
    """Expected calibration error over 16 equal-width bins: mean distance of probability and rate, weighed by rows.

    The histogram's own bins are a multiple of 16.

    Reads too high in small samples, as noise never cancels; ``expected`` is what a perfectly calibrated score would
    show, and the interval accounts for it.

    Source: Naeini, Cooper & Hauskrecht, AAAI 2015.
    """
    rows = int(histogram[..., 0].sum())
    bins = histogram.shape[1]
    cells = histogram.reshape(2, CALIBRATION_BINS, bins // CALIBRATION_BINS, histogram.shape[2]).sum(axis=2)
    weights = cells[..., 1].sum(axis=0)
    total = float(weights.sum())
    if total <= 0.0:
        return Miscalibration(rows=rows, value=None, interval=None, expected=0.0)
    gaps = cells[..., 3].sum(axis=0) - cells[1, :, 1]
    value = float(np.abs(gaps).sum() / total)
    found = _calibration_inversion(cells, weights, gaps, value, seed)
    return Miscalibration(rows=rows, value=value, interval=found.interval, expected=found.expected)


def calibration_estimate(
    histogram: Histogram, *, group: Mapping[str, str], least_rows: int, seed: int, dependent: str = ""
) -> Estimate:
    """``calibration_error`` of one group."""
    return _alone(miscalibration(histogram, seed=seed), group, least_rows, dependent)


def _alone(one: Miscalibration, group: Mapping[str, str], least_rows: int, dependent: str) -> Estimate:
    told = f"perfect calibration shows {one.expected:.4f} on average"
    return Estimate(
        name="calibration_error",
        value=one.value,
        n=one.rows,
        unit="share",
        method=f"{CALIBRATION_BINS} bins, test inversion; {told}" if one.value is not None else "test inversion",
        interval=one.interval,
        group=group,
        unfit=dependent or _few(one.rows, least_rows),
    )


def _few(rows: int, least_rows: int) -> str:
    wanted = max(LEAST_CALIBRATION_ROWS, least_rows)
    return "" if rows >= wanted else f"{rows} rows; {wanted} are needed to say how well scores are calibrated"


def calibration_within(scores: Scores, plan: Plan, *, seed: int) -> tuple[Estimate, ...]:
    """The calibration error of every group, and how it stands to the reference's; with strata, within each.

    Difference = reference minus group.

    Raises:
        MeasureInputError: the reference is not a group of its column.
    """
    found: list[Estimate] = []
    for columns in groupings(plan.protected, intersections=plan.intersections):
        whole = _named(scores, columns)
        rows = {group: float(cells[..., 0].sum()) for group, cells in whole.items()}
        reference = reference_of(columns, rows, plan)
        found += _compared(columns, whole, dict.fromkeys(whole, reference), plan, seed)
        if plan.strata:
            fine = _named(scores, (*columns, *plan.strata))
            found += _compared(columns, fine, {key: (*reference, *key[len(columns) :]) for key in fine}, plan, seed)
    return tuple(found)


def _named(scores: Scores, columns: Group) -> dict[Group, Histogram]:
    """Histograms by group as text, in its order; values that read the same are one group."""
    found: dict[Group, Histogram] = {}
    for key, cells in scores.over(columns).items():
        name = tuple(value_text(value) for value in key)
        found[name] = found[name] + cells if name in found else cells
    return dict(sorted(found.items()))


def _compared(
    columns: Group, whole: Mapping[Group, Histogram], against: Mapping[Group, Group], plan: Plan, seed: int
) -> Iterator[Estimate]:
    errors = {group: miscalibration(cells, seed=seed) for group, cells in whole.items()}
    least = plan.least.rows
    for group, one in errors.items():
        yield shown(_alone(one, plan.within(columns, group), least, plan.dependent), one.rows)
    for group, one in errors.items():
        base = errors.get(against[group])
        if base is None or group == against[group] or base.value is None or one.value is None:
            continue
        found = Estimate(
            name="calibration_error_difference",
            value=base.value - one.value,
            n=base.rows + one.rows,
            unit="difference",
            method="two test inversions, Bonferroni",
            interval=_apart(base, one),
            group=plan.within(columns, group),
            against=plan.within(columns, against[group]),
            unfit=plan.dependent or _few(base.rows, least) or _few(one.rows, least),
            absolute=True,
        )
        yield shown(found, base.rows, one.rows)


def _apart(one: Miscalibration, other: Miscalibration) -> Interval:
    """From the ends of both intervals, each at half the doubt (Bonferroni), so it holds more often than it says.

    Nothing tighter holds: an error of 0 lies on the border of what is possible, and intervals that start from the
    observed errors, or from the middles, held a difference of 0.125 in 77 to 87 % of samples.
    """
    inner, other_inner = one.interval, other.interval
    if inner is None or other_inner is None:
        return lambda _level: (-1.0, 1.0)

    def interval(level: float) -> tuple[float, float]:
        each = 1.0 - (1.0 - level) / 2.0
        (low, high), (other_low, other_high) = inner(each), other_inner(each)
        return max(-1.0, low - other_high), min(1.0, high - other_low)

    return interval


def _calibration_inversion(cells: Numbers, weights: Numbers, gaps: Numbers, value: float, seed: int) -> Inversion:
    """Each bin's summed gap varies as its outcomes do.

    A bin's rate is taken as if one more row had come out as its mean score says, so that a bin of one row is not
    thought to be free of noise.
    """
    total = float(weights.sum())
    counts, squares = cells[..., 0].sum(axis=0), cells[..., 2].sum(axis=0)
    means, rates = (
        np.divide(sums, weights, out=np.zeros_like(weights), where=weights > 0)
        for sums in (cells[..., 3].sum(axis=0), cells[1, :, 1])
    )
    rates = (rates * counts + means) / (counts + 1)
    spread = np.sqrt(squares * rates * (1 - rates)) / total
    pattern = gaps / (total * value) if value > 0.0 else weights / total
    noise = normal_noise(CALIBRATION_BINS, seed=seed)

    def show(true: float, draws: int) -> Numbers:
        return np.asarray(np.abs(true * pattern + noise(draws) * spread).sum(axis=1), dtype=np.float64)

    return Inversion(value=value, show=show, reach=6.0 * float(np.sqrt((spread**2).sum())), most=1.0)
