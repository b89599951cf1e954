"""Shapley values of single decisions by sampling, for any model, and how faithfully they tell what the model does."""

import functools
from collections.abc import Callable

import numpy as np

from upright.checks.asking import Floats
from upright.checks.explaining.mixing import Mixer, Places
from upright.measures.estimate import Estimate
from upright.measures.resample import Draws

Score = Callable[[dict[str, object], Places], Floats]
"""Columns, and of each row which row of the sample it explains, to one score each."""


def sampled_shapley(
    score: Score, mixer: Mixer, rows: Places, *, orders: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Of each row the contribution of each feature to its score, and the score that they start from.

    Features enter in random orders, each order also backwards, over random other rows; the contributions of a row and
    its start sum to its score exactly.

    Source: Štrumbelj & Kononenko 2014; Mitchell et al. 2022 for the reversed orders. Checked: against the sum over all
    subsets, and against weights times differences for a line.
    """
    width = len(mixer.names)
    total = np.zeros((len(rows), width))
    start = np.zeros(len(rows))
    for number in range(orders):
        if number % 2 == 0:
            order = np.argsort(rng.random((len(rows), width)), axis=1)
            others = rng.integers(0, mixer.rows, len(rows))
        else:
            order = order[:, ::-1]
        mask = np.zeros((len(rows), width), dtype=bool)
        before = score(mixer.mixed(rows, others, mask), rows)
        start += before / orders
        for step in range(width):
            at = order[:, step]
            mask[np.arange(len(rows)), at] = True
            after = score(mixer.mixed(rows, others, mask), rows)
            total[np.arange(len(rows)), at] += (after - before) / orders
            before = after
    return total, start


def fidelity(
    score: Score, mixer: Mixer, rows: Places, contributions: Floats, *, subsets: int, others: int, seed: int, least: int
) -> Estimate:
    """Correlation between what the explanation says some features contribute and how the score falls without them.

    For each row, ``subsets`` random sets of features are replaced by those of ``others`` other rows; the mean fall is
    held against the sum of their contributions. 1 is an explanation that tells the model's behaviour exactly. The
    interval resamples rows.

    Source: Bhatt, Weller & Moura 2020 (faithfulness correlation).
    """
    rng = np.random.default_rng(seed)
    width = len(mixer.names)
    own = score(mixer.columns(rows), rows)
    said, seen = np.empty((len(rows), subsets)), np.empty((len(rows), subsets))
    for number in range(subsets):
        size = rng.integers(1, max(2, width // 2 + 1), len(rows))
        gone = np.argsort(np.argsort(rng.random((len(rows), width)), axis=1), axis=1) < size[:, None]
        said[:, number] = np.where(gone, contributions, 0.0).sum(axis=1)
        fall = np.zeros(len(rows))
        for _ in range(others):
            fall += (own - score(mixer.mixed(rows, rng.integers(0, mixer.rows, len(rows)), ~gone), rows)) / others
        seen[:, number] = fall
    parts = np.stack([np.ones_like(said), said, seen, said * said, seen * seen, said * seen]).sum(axis=2)
    value = float(_correlation(parts.sum(axis=1)))

    @functools.cache
    def draw(draws: int) -> Floats:
        chances = np.full(len(rows), 1 / len(rows))
        weights = np.random.default_rng(seed).multinomial(len(rows), chances, size=draws).astype(np.float64)
        return np.nan_to_num(_correlation(parts @ weights.T))

    few = "" if len(rows) >= least else f"{len(rows)} rows; {least} are needed"
    if not np.isfinite(value):
        few = "the score never changes, so there is nothing to explain"
    return Estimate(
        name="fidelity", value=value if np.isfinite(value) else None, n=len(rows), unit="correlation",
        method="faithfulness correlation, rows resampled", unfit=few,
        interval=Draws(draw=draw, least=-1.0, most=1.0).percentile,
    )  # fmt: skip


def _correlation(sums: Floats) -> Floats:
    n, x, y, xx, yy, xy = sums
    spread = np.sqrt(np.maximum(0.0, n * xx - x * x) * np.maximum(0.0, n * yy - y * y))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(spread > 1e-12, (n * xy - x * y) / spread, np.nan))
