"""Simulated coverage of the 95 % intervals: how often the interval holds the true value.

``benchmarks/bench_fairness.py`` runs this whole; the tests run it small.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from upright.measures.calibration import LEAST_CALIBRATION_ROWS, _apart, miscalibration
from upright.measures.centres import _gap_inversion as _centre_gap
from upright.measures.centres import centre_of
from upright.measures.classes import _mix_inversion, class_share
from upright.measures.classified import classification_estimates
from upright.measures.fairness import gap_inversion
from upright.measures.histograms import BINS
from upright.measures.residuals import residual_estimates
from upright.measures.scores import score_estimates
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
        found = gap_inversion(values, sizes, float(np.ptp(values)), seed=1)
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


def confusions(truths, recalls):
    """For each label, where its decisions go: right with its recall, else to the others alike."""
    count = len(truths)
    wrong = (1 - np.array(recalls)) / (count - 1)
    matrix = np.repeat(wrong[:, None], count, axis=1)
    np.fill_diagonal(matrix, recalls)
    return np.array(truths), matrix


def drawn(generator, size, truths, recalls):
    """Cells of ``classes`` for ``size`` rows."""
    mix, matrix = confusions(truths, recalls)
    cells = np.zeros((len(mix) + 1, len(mix), 3))
    counts = generator.multinomial(size, (mix[:, None] * matrix).ravel()).reshape(len(mix), len(mix))
    cells[:-1] = counts[..., None]
    return cells


def true_macro(rate, truths, recalls):
    mix, matrix = confusions(truths, recalls)
    joint = mix[:, None] * matrix
    right = np.diagonal(joint)
    base = {"macro_true_positive_rate": mix, "macro_positive_predictive_value": joint.sum(axis=0)}
    if rate in base:
        return float((right / base[rate]).mean())
    return float(((joint.sum(axis=0) - right) / (1 - mix)).mean())


def macro(rate, truths, recalls, other=None):
    """The average over classes of one group, or the difference of two groups'."""

    def one(generator, size):
        first = class_share(drawn(generator, size, truths, recalls), rate)
        truth = true_macro(rate, truths, recalls)
        if other is None:
            return None if Least(expected=0.0).missing(first) else held(first.interval(LEVEL), truth)
        second = class_share(drawn(generator, size, truths, other), rate)
        if Least().missing(first, second):
            return None
        return held(first.minus(second, LEVEL), truth - true_macro(rate, truths, other))

    return one


def mixes(first, second):
    def one(generator, size):
        pair = [generator.multinomial(size, mix) / size for mix in (first, second)]
        apart = pair[0] - pair[1]
        value = float(np.abs(apart).sum() / 2)
        found = _mix_inversion((pair[0] + pair[1]) / 2, apart, value, 2 / size, seed=1)
        return held(found.interval(LEVEL), float(np.abs(np.subtract(first, second)).sum() / 2))

    return one


def sums_of(prediction, residual):
    e = residual
    size = len(prediction)
    powers = prediction.sum(), (prediction**2).sum(), size, e.sum(), (e**2).sum(), np.abs(e).sum(), (e**4).sum()
    return np.array([size, size, *powers])


def centres(name, draw, truth, groups=2):
    """The difference of two groups, the second twice as spread out; or the gap of several alike."""

    def one(generator, size):
        made = [
            centre_of(sums_of(*draw(generator, size, 2.0 if at == 1 and groups == 2 else 1.0)), name)
            for at in range(groups)
        ]
        if groups == 2:
            return held(made[0].minus(made[1], LEVEL), truth)
        values, errors = (np.array([getattr(each, part) for each in made]) for part in ("value", "error"))
        found = _centre_gap(values, errors, np.full(groups, size - 1.0), float(np.ptp(values)), seed=1)
        return held(found.interval(LEVEL), truth)

    return one


def normal(generator, size, spread):
    return generator.normal(0, spread, size), generator.normal(0, spread, size)


def skewed(generator, size, spread):
    """Exponential, as wages and delays are; the residual has mean 0."""
    return generator.exponential(spread, size), generator.exponential(spread, size) - spread


def calibration_difference(first, second):
    """Two groups whose scores are off by the slopes given; a slope of 1 is perfect, 0.5 an error of 0.125."""

    def one(generator, size):
        found = []
        for slope in (first, second):
            score = generator.random(size)
            label = (generator.random(size) < 0.5 + slope * (score - 0.5)).astype(int)
            found.append(miscalibration(histogram_of(score, label), seed=1))
        truth = (abs(1 - first) - abs(1 - second)) / 4
        return None if size < LEAST_CALIBRATION_ROWS else held(_apart(*found)(LEVEL), truth)

    return one


THREE = (0.5, 0.3, 0.2)


def compared_studies() -> Iterator[Study]:
    """Several classes, numbers, calibration within groups."""
    yield Study("mean recall of 3 classes", macro("macro_true_positive_rate", THREE, (0.9, 0.7, 0.8)))
    yield Study("mean recall of 3 classes, 0.97", macro("macro_true_positive_rate", THREE, (0.98, 0.97, 0.96)))
    yield Study("mean precision of 3 classes", macro("macro_positive_predictive_value", THREE, (0.9, 0.7, 0.8)))
    yield Study("mean false positive rate of 3 classes", macro("macro_false_positive_rate", THREE, (0.9, 0.7, 0.8)))
    yield Study(
        "mean recall, difference 0.1",
        macro("macro_true_positive_rate", THREE, (0.9, 0.7, 0.8), (0.8, 0.6, 0.7)),
    )
    yield Study(
        "mean false positive rate, difference",
        macro("macro_false_positive_rate", THREE, (0.9, 0.7, 0.8), (0.8, 0.6, 0.7)),
    )
    yield Study("distance of mixes, none", mixes(THREE, THREE))
    yield Study("distance of mixes, 0.2", mixes(THREE, (0.3, 0.4, 0.3)))
    yield Study("mean prediction, difference (normal)", centres("mean_prediction", normal, 0.0))
    yield Study("mean prediction, difference (exponential)", centres("mean_prediction", skewed, -1.0))
    yield Study("mean residual, difference (exponential)", centres("mean_residual", skewed, 0.0))
    yield Study("mae, difference (normal)", centres("mae", normal, -float(np.sqrt(2 / np.pi))))
    yield Study("rmse, difference (normal)", centres("rmse", normal, -1.0))
    yield Study("rmse, difference (exponential)", centres("rmse", skewed, -1.0))
    yield Study("mean prediction, gap of 4 groups, none", centres("mean_prediction", normal, 0.0, groups=4))
    yield Study("calibration error, difference, none (both 0)", calibration_difference(1.0, 1.0))
    yield Study("calibration error, difference, none (both 0.125)", calibration_difference(0.5, 0.5))
    yield Study("calibration error, difference 0.125", calibration_difference(0.5, 1.0))


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
    yield from compared_studies()
