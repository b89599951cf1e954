"""Shapley values of single decisions by sampling, for any model, and how faithfully they tell what the model does."""

import functools
from collections.abc import Iterator

import numpy as np

from upright.checks.asking import Floats
from upright.checks.explaining.mixing import Mask, Mix, Mixer, Places, Score, scores_of
from upright.measures.estimate import Estimate
from upright.measures.resample import Draws


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
    for order, others in _orders(mixer, len(rows), orders, rng):
        scores = scores_of(score, mixer, ((rows, others, mask) for mask in _entering(order)))
        before = next(scores)
        start += before / orders
        for at, after in zip(order.T, scores, strict=True):
            total[np.arange(len(rows)), at] += (after - before) / orders
            before = after
    return total, start


def _orders(mixer: Mixer, rows: int, orders: int, rng: np.random.Generator) -> Iterator[tuple[Places, Places]]:
    """For each row in which order its features enter, and over which other row; each order also backwards."""
    for number in range(orders):
        if number % 2 == 0:
            order = np.argsort(rng.random((rows, len(mixer.names))), axis=1)
            others = rng.integers(0, mixer.rows, rows)
        else:
            order = order[:, ::-1]
        yield order, others


def _entering(order: Places) -> Iterator[Mask]:
    """Which features each row has of its own: none, then one more each time."""
    mask = np.zeros(order.shape, dtype=bool)
    yield mask.copy()
    for step in range(order.shape[1]):
        mask[np.arange(len(order)), order[:, step]] = True
        yield mask.copy()


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
    mixes: list[Mix] = []
    for number in range(subsets):
        size = rng.integers(1, max(2, width // 2 + 1), len(rows))
        gone = np.argsort(np.argsort(rng.random((len(rows), width)), axis=1), axis=1) < size[:, None]
        said[:, number] = np.where(gone, contributions, 0.0).sum(axis=1)
        mixes += [(rows, rng.integers(0, mixer.rows, len(rows)), ~gone) for _ in range(others)]
    scores = scores_of(score, mixer, mixes)
    for number in range(subsets):
        fall = np.zeros(len(rows))
        for _ in range(others):
            fall += (own - next(scores)) / others
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
