"""Scores against outcomes: ranking (AUC), squared error (Brier) and calibration, from 1,024 fixed bins."""

import math
from collections.abc import Mapping

import numpy as np

from upright.measures.calibration import calibration_estimate
from upright.measures.estimate import Estimate, shown
from upright.measures.histograms import BINS, Histogram
from upright.measures.intervals import mean_interval, on_logit


def score_estimates(
    histogram: Histogram, *, group: Mapping[str, str], least_rows: int, seed: int, dependent: str = ""
) -> tuple[Estimate, ...]:
    """AUC, Brier score and calibration error of one group."""
    rows = int(histogram[..., 0].sum())
    fewest = int(histogram[..., 0].sum(axis=1).min())
    few = "" if rows >= least_rows else f"{rows} rows; {least_rows} are needed"
    one_class = "all outcomes are of one class; rows of both are needed" if fewest == 0 else ""
    rare = "" if fewest >= 5 else f"{fewest} rows of the rarer outcome; 5 are needed"
    found = (
        _auc(histogram, rows, group, dependent or few or one_class or rare),
        _brier(histogram, rows, group, dependent or few),
        calibration_estimate(histogram, group=group, least_rows=least_rows, seed=seed, dependent=dependent),
    )
    return tuple(shown(one, rows) for one in found)


def _auc(histogram: Histogram, rows: int, group: Mapping[str, str], unfit: str) -> Estimate:
    """Ties within a bin count half; what that can hide is bounded, and added to the interval.

    Source: DeLong, DeLong & Clarke-Pearson 1988, on bins; interval on the log-odds scale.
    """
    negative, positive = histogram[0, :, 1], histogram[1, :, 1]
    total_n, total_p = float(negative.sum()), float(positive.sum())
    if total_n <= 0.0 or total_p <= 0.0:
        return Estimate(name="auc", value=None, n=rows, unit="share", method="delong", group=group, unfit=unfit)
    below = (np.cumsum(negative) - negative / 2) / total_n
    above = 1.0 - (np.cumsum(positive) - positive / 2) / total_p
    value = float(positive @ below / total_p)
    hidden = float(positive @ negative / (2 * total_n * total_p))
    variance = _spread(histogram[1], below - value, total_p) + _spread(histogram[0], above - value, total_n)
    error = math.sqrt(variance)

    def interval(level: float) -> tuple[float, float]:
        low, high = on_logit(value, error, level)
        return max(0.0, low - hidden), min(1.0, high + hidden)

    return Estimate(
        name="auc",
        value=value,
        n=rows,
        unit="share",
        method=f"delong on {BINS:,} bins, which hide at most {hidden:.2g}",
        interval=interval,
        group=group,
        unfit=unfit,
    )


def _spread(sums: Histogram, away: Histogram, total: float) -> float:
    count = float(sums[:, 0].sum())
    return float(sums[:, 2] @ away**2) / total**2 * (count / (count - 1) if count > 1 else 1.0)


def _brier(histogram: Histogram, rows: int, group: Mapping[str, str], unfit: str) -> Estimate:
    """Mean squared distance of probability and outcome: 0 is perfect, 0.25 is a coin's."""
    sums = histogram.sum(axis=(0, 1))
    _, weights, squares, _, errors, errors_w2, fourths_w2 = (float(value) for value in sums)
    if weights <= 0.0:
        return Estimate(name="brier", value=None, n=rows, unit="squared", method="student", group=group, unfit=unfit)
    value = errors / weights
    variance = max(0.0, fourths_w2 - 2 * value * errors_w2 + value**2 * squares) / weights**2
    size = weights**2 / squares

    def interval(level: float) -> tuple[float, float]:
        low, high = mean_interval(value, math.sqrt(variance * size / max(size - 1, 1.0)), size, level)
        return max(0.0, low), min(1.0, high)

    return Estimate(
        name="brier", value=value, n=rows, unit="squared", method="student", interval=interval, group=group, unfit=unfit
    )
