"""Global importance by permutation, and how stable its ranking is when the rows are others."""

import functools
from collections.abc import Callable, Mapping

import numpy as np

from upright.checks.asking import Floats
from upright.checks.explaining.mixing import Ask, Mixer, distance
from upright.measures.estimate import Estimate
from upright.measures.intervals import mean_interval
from upright.measures.resample import Draws

_HALVINGS = 2_000
_AT_ONCE = 500


def permuted_changes(
    ask: Ask, mixer: Mixer, *, repeats: int, rng: np.random.Generator, progress: Callable[[int, int], None]
) -> Floats:
    """Of each row and feature how much the answer changes when the feature comes from another row, on average.

    The mean over rows is permutation importance for the score's own change (a label is not needed).
    Source: Breiman 2001; Fisher, Rudin & Dominici 2019. Checked: against scikit-learn's ``permutation_importance``.
    """
    rows = np.arange(mixer.rows)
    base = ask(mixer.columns(rows))
    found = np.zeros((mixer.rows, len(mixer.names)))
    for at in range(len(mixer.names)):
        mask = np.ones((mixer.rows, len(mixer.names)), dtype=bool)
        mask[:, at] = False
        for _ in range(repeats):
            found[:, at] += distance(ask(mixer.mixed(rows, rng.permutation(rows), mask)), base) / repeats
        progress(at + 1, len(mixer.names))
    return found


def importance_estimates(
    changes: Floats, names: tuple[str, ...], *, method: str, unit: str, least: int
) -> list[Estimate]:
    """The mean of each feature over rows, with Student's interval."""
    size = len(changes)
    few = "" if size >= least else f"{size} rows; {least} are needed"
    found = []
    for at, name in enumerate(names):
        value = float(changes[:, at].mean())
        error = float(changes[:, at].std(ddof=1) / np.sqrt(size)) if size > 1 else 0.0
        found.append(_mean("importance", value, error, size, {"feature": name}, method=method, unit=unit, unfit=few))
    return found


def _mean(
    name: str, value: float, error: float, size: int, group: Mapping[str, str], *, method: str, unit: str, unfit: str
) -> Estimate:
    def interval(level: float) -> tuple[float, float]:
        low, high = mean_interval(value, error, size, level)
        return max(0.0, low), high

    return Estimate(
        name=name, value=value, n=size, unit=unit, method=f"student; {method}", interval=interval, group=group,
        unfit=unfit,
    )  # fmt: skip


def rank_stability(changes: Floats, *, rng: np.random.Generator, least: int) -> Estimate:
    """Spearman's correlation between the rankings from one random half of the rows and from the other, on average.

    1 is the same ranking whatever the rows; the interval is the middle of many halvings.
    """
    size = len(changes)
    few = "" if size >= least else f"{size} rows; {least} are needed"
    if changes.shape[1] < 3:
        few = f"{changes.shape[1]} features; a ranking needs 3"
    if size < 2:
        return Estimate(name="rank_stability", value=None, n=size, unit="correlation", method="halvings", unfit=few)
    at_first = int(rng.integers(2**32))

    @functools.cache
    def draw(draws: int) -> Floats:
        halves = np.random.default_rng(at_first)
        found = []
        for start in range(0, draws, _AT_ONCE):
            some = halves.random((min(_AT_ONCE, draws - start), size))
            half = (np.argsort(some, axis=1) < size // 2).astype(np.float64)
            one = half @ changes
            found.append(_correlations(one / (size // 2), (changes.sum(axis=0) - one) / (size - size // 2)))
        return np.concatenate(found)

    return Estimate(
        name="rank_stability", value=float(draw(_HALVINGS).mean()), n=size, unit="correlation", unfit=few,
        interval=Draws(draw=draw, least=-1.0, most=1.0).percentile, method="middle of random halvings of the rows",
    )  # fmt: skip


def spearman(one: Floats, other: Floats) -> float:
    """Correlation of ranks, ties shared; 0 where one side is all ties.

    Checked: against SciPy's ``spearmanr``.
    """
    return float(_correlations(one[None], other[None])[0])


def _correlations(one: Floats, other: Floats) -> Floats:
    """The same for each row of two tables."""
    first, second = (ranks - ranks.mean(axis=1, keepdims=True) for ranks in (_ranks(one), _ranks(other)))
    size = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    over = (first * second).sum(axis=1)
    return np.asarray(np.divide(over, size, out=np.zeros_like(over), where=size > 0.0), dtype=np.float64)


def _ranks(values: Floats) -> Floats:
    """Of each row, ties shared: half of how many are smaller and how many are no larger, a whole column at a time."""
    columns = np.ascontiguousarray(values.T)
    twice = np.zeros(columns.shape, dtype=np.int32)
    for column in columns:
        twice += (column < columns).view(np.int8)
        twice += (column <= columns).view(np.int8)
    return np.ascontiguousarray(((twice + 1) / 2).T)
