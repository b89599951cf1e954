"""Simulated coverage of the 95 % intervals: how often the interval holds the true value.

``benchmarks/bench_fairness.py`` runs this whole; the tests run it small.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from upright.measures.classified import classification_estimates
from upright.measures.fairness import _gap_inversion
from upright.measures.residuals import residual_estimates
from upright.measures.scores import BINS, score_estimates
from upright.measures.shares import Least, Share

SIZES = (30, 300, 3_000)
LEVEL = 0.95


@dataclass(frozen=True)
class Study:
    """``one(generator, n)`` draws a table of n rows (per group) and says whether the interval held the truth."""

    name: str
    one: Callable[[np.random.Generator, int], bool | None]


def coverage(study: Study, size: int, runs: int, seed: int = 0) -> tuple[float, int]:
    """Share of runs whose interval held the truth, and how many runs could be asked."""
    generator = np.random.default_rng([seed, size])
    answers = [answer for _ in range(runs) if (answer := study.one(generator, size)) is not None]
    return float(np.mean(answers)) if answers else float("nan"), len(answers)


def share(generator, size, truth, weights=None) -> Share:
    hits = generator.random(size) < truth
    w = np.ones(size) if weights is None else weights(generator, size)
    return Share(
        rows=size, base=w.sum(), base_squares=(w**2).sum(), cases=w[hits].sum(), cases_squares=(w[hits] ** 2).sum()
    )


def held(bounds, truth) -> bool:
    return bool(bounds[0] - 1e-12 <= truth <= bounds[1] + 1e-12)


def rate(truth, weights=None):
    return lambda generator, size: held(share(generator, size, truth, weights).interval(LEVEL), truth)


def difference(first, second, weights=None):
    def one(generator, size):
        pair = share(generator, size, first, weights), share(generator, size, second, weights)
        return held(pair[0].minus(pair[1], LEVEL), first - second)

    return one


def ratio(first, second, weights=None):
    def one(generator, size):
        pair = share(generator, size, first, weights), share(generator, size, second, weights)
        return held(pair[0].over(pair[1], LEVEL), first / second)

    return one


def gap(*truths):
    def one(generator, size):
        values = np.array([generator.binomial(size, truth) / size for truth in truths])
        sizes = np.full(len(truths), float(size))
        found = _gap_inversion(values, sizes, float(np.ptp(values)), seed=1)
        return held(found.interval(LEVEL), max(truths) - min(truths))

    return one


def weights_of_one_to_five(generator, size):
    return generator.integers(1, 6, size).astype(float)


def histogram_of(score, label):
    found = np.zeros((2, BINS, 7))
    place = np.minimum((score * BINS).astype(int), BINS - 1)
    error = (score - label) ** 2
    for at, value in enumerate(
        (np.ones_like(score), np.ones_like(score), np.ones_like(score), score, error, error, error**2)
    ):
        np.add.at(found[..., at], (label, place), value)
    return found


def scored(name, truth, slope):
    """Scores uniform on [0, 1]; P(label) = 1/2 + slope (score - 1/2), so slope 1 is perfect calibration."""

    def one(generator, size):
        score = generator.random(size)
        label = (generator.random(size) < 0.5 + slope * (score - 0.5)).astype(int)
        found = {
            item.name: item for item in score_estimates(histogram_of(score, label), group={}, least_rows=30, seed=1)
        }[name]
        return None if found.unfit else held(found.at(LEVEL), truth)

    return one


def true_auc(slope):
    grid = (np.arange(4_000) + 0.5) / 4_000
    up, down = 0.5 + slope * (grid - 0.5), 0.5 - slope * (grid - 0.5)
    return float((up * (np.cumsum(down) - down / 2)).sum() / (up.sum() * down.sum()))


def f1(truth):
    def one(generator, size):
        label = generator.random(size) < 0.4
        decision = generator.random(size) < np.where(label, 0.8, 0.3)
        cells = np.zeros((3, 2, 3))
        for y in (0, 1):
            for p in (0, 1):
                cells[y, p] = float(((label == y) & (decision == p)).sum())
        found = {item.name: item for item in classification_estimates(cells, group={}, least=Least(), seed=1)}["f1"]
        return None if found.unfit else held(found.at(LEVEL), truth)

    return one


def errors(name, truth):
    def one(generator, size):
        error = np.abs(generator.normal(0, 1, size))
        sums = (size, size, error.sum(), (error**2).sum(), (error**4).sum())
        found = {item.name: item for item in residual_estimates(sums, group={}, least_rows=30)}[name]
        return held(found.at(LEVEL), truth)

    return one


def studies() -> Iterator[Study]:
    """Every interval that Upright reports, at easy and at hard truths."""
    yield Study("rate 0.5 (wilson)", rate(0.5))
    yield Study("rate 0.9 (wilson)", rate(0.9))
    yield Study("rate 0.8, weights 1 to 5 (wilson, effective size)", rate(0.8, weights_of_one_to_five))
    yield Study("difference 0.9 - 0.7 (newcombe)", difference(0.9, 0.7))
    yield Study("difference 0.5 - 0.5 (newcombe)", difference(0.5, 0.5))
    yield Study("difference 0.8 - 0.6, weights 1 to 5", difference(0.8, 0.6, weights_of_one_to_five))
    yield Study("ratio 0.7 / 0.9 (katz)", ratio(0.7, 0.9))
    yield Study("ratio 0.3 / 0.4 (katz)", ratio(0.3, 0.4))
    yield Study("ratio 0.6 / 0.8, weights 1 to 5", ratio(0.6, 0.8, weights_of_one_to_five))
    yield Study("gap of 4 groups, none", gap(0.5, 0.5, 0.5, 0.5))
    yield Study("gap of 4 groups, 0.3", gap(0.5, 0.6, 0.7, 0.8))
    yield Study("gap of 12 groups, none", gap(*[0.6] * 12))
    yield Study("auc 0.80 (delong)", scored("auc", true_auc(0.9), 0.9))
    yield Study("brier (student)", scored("brier", 1 / 6, 1.0))
    yield Study("calibration error, none", scored("calibration_error", 0.0, 1.0))
    yield Study("calibration error, 0.125", scored("calibration_error", 0.125, 0.5))
    yield Study("f1 (resampled)", f1(2 * 0.32 / (0.4 + 0.32 + 0.18)))
    yield Study("mae (student)", errors("mae", float(np.sqrt(2 / np.pi))))
    yield Study("rmse (student, log scale)", errors("rmse", 1.0))
