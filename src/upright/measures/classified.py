"""Decisions against outcomes without groups in mind: accuracy, precision, recall, specificity, F1; also of classes."""

import functools
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from upright.measures.classes import Matrix, against_the_rest, class_share
from upright.measures.decisions import Cells, share_of
from upright.measures.estimate import Estimate, shown
from upright.measures.intervals import wilson
from upright.measures.resample import Draws, multinomial_draws
from upright.measures.shares import Least, Share

_SHARES = {
    "accuracy": "accuracy",
    "precision": "positive_predictive_value",
    "recall": "true_positive_rate",
}


def classification_estimates(
    cells: Cells, *, group: Mapping[str, str], least: Least, seed: int, dependent: str = ""
) -> tuple[Estimate, ...]:
    """From the cells of one group, positive class in the place of ``favourable``."""
    found = []
    for name, rate in _SHARES.items():
        found.append(_of_share(name, share_of(cells, rate), group, least, dependent))
    false_alarms = share_of(cells, "false_positive_rate")
    rejected = Share(
        rows=false_alarms.rows,
        base=false_alarms.base,
        base_squares=false_alarms.base_squares,
        cases=false_alarms.base - false_alarms.cases,
        cases_squares=false_alarms.base_squares - false_alarms.cases_squares,
    )
    found.append(_of_share("specificity", rejected, group, least, dependent))
    found.append(_balanced(share_of(cells, "true_positive_rate"), rejected, group, least, dependent))
    found.append(_f1(cells, group, least, seed, dependent))
    return tuple(shown(one, one.n) for one in found)


def _of_share(name: str, share: Share, group: Mapping[str, str], least: Least, dependent: str) -> Estimate:
    return Estimate(
        name=name,
        value=share.value,
        n=share.rows,
        unit="share",
        method="wilson",
        interval=share.interval,
        group=group,
        unfit=dependent or least.missing(share),
    )


def _balanced(recall: Share, specificity: Share, group: Mapping[str, str], least: Least, dependent: str) -> Estimate:
    """Mean of recall and specificity; interval from their Wilson intervals as Newcombe's is for a difference."""
    first, second = recall.value, specificity.value
    value = None if first is None or second is None else (first + second) / 2

    def interval(level: float) -> tuple[float, float]:
        one, other = first or 0.0, second or 0.0
        low, high = wilson(one, recall.size, level)
        other_low, other_high = wilson(other, specificity.size, level)
        middle = (one + other) / 2
        return (
            middle - math.hypot(one - low, other - other_low) / 2,
            middle + math.hypot(high - one, other_high - other) / 2,
        )

    return Estimate(
        name="balanced_accuracy",
        value=value,
        n=recall.rows + specificity.rows,
        unit="share",
        method="hybrid score",
        interval=interval,
        group=group,
        unfit=dependent or least.missing(recall) or least.missing(specificity),
    )


def _f1(cells: Cells, group: Mapping[str, str], least: Least, seed: int, dependent: str) -> Estimate:
    """Harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN)."""
    counts, weights = cells[:2, :, 0].ravel(), cells[:2, :, 1].ravel()
    value = _f1_of(weights)
    rows = int(counts.sum())
    uneven = rows > 0 and not np.allclose(weights, counts * (weights.sum() / counts.sum()))
    unfit = dependent or least.missing(share_of(cells, "accuracy"))
    if uneven:
        unfit = unfit or "rows carry weights, for which resampling cells is not right"
    if math.isnan(float(value)):
        return Estimate(name="f1", value=None, n=rows, unit="share", method="resampled cells", group=group, unfit=unfit)

    @functools.cache
    def draw(draws: int) -> Cells:
        return np.nan_to_num(_f1_of(multinomial_draws(counts, draws=draws, seed=seed)))

    resampled = Draws(draw=draw, least=0.0, most=1.0)
    return Estimate(
        name="f1",
        value=float(value),
        n=rows,
        unit="share",
        method="resampled cells",
        interval=resampled.percentile,
        group=group,
        unfit=unfit,
    )


def _f1_of(cells: Cells) -> Cells:
    """Of (…, 4): true negatives, false positives, false negatives, true positives."""
    _, false_positives, false_negatives, hits = np.moveaxis(cells, -1, 0)
    wrong = 2 * hits + false_positives + false_negatives
    found: Cells = np.divide(2 * hits, wrong, out=np.full_like(wrong, np.nan), where=wrong > 0)
    return found


def multiclass_estimates(
    cells: Matrix,
    names: Sequence[str],
    *,
    outcome: str,
    group: Mapping[str, str],
    least: Least,
    seed: int,
) -> tuple[Estimate, ...]:
    """From the cells of one group (see ``classes``): accuracy, averages over classes, then each class on its own.

    ``outcome`` is what a class is called in the name of its numbers.
    """
    known = cells[:-1]
    f1 = _f1_of_classes(known, least, seed)
    found = [
        _of_share(name, class_share(cells, rate), group, least, "")
        for name, rate in (
            ("accuracy", "accuracy"),
            ("balanced_accuracy", "macro_true_positive_rate"),
            ("macro_precision", "macro_positive_predictive_value"),
        )
    ]
    found.append(f1("macro_f1", None, group))
    for at, name in enumerate(names):
        rest, named = against_the_rest(cells, at), {**group, outcome: name}
        found += [_of_share(told, share_of(rest, _SHARES[told]), named, least, "") for told in ("precision", "recall")]
        found.append(f1("f1", at, named))
    return tuple(shown(one, one.n) for one in found)


def _f1_of_classes(known: Matrix, least: Least, seed: int) -> Callable[[str, int | None, Mapping[str, str]], Estimate]:
    """F1 of each class, or their mean, from the same draws of the whole confusion matrix."""
    counts, weights = known[..., 0].ravel(), known[..., 1].ravel()
    rows, size = int(counts.sum()), len(known)
    uneven = rows > 0 and not np.allclose(weights, counts * (weights.sum() / counts.sum()))
    few = least.missing(class_share(np.concatenate([known, known[:1] * 0]), "accuracy"))
    unfit = few or ("rows carry weights, for which resampling cells is not right" if uneven else "")

    def each(flat: Cells) -> Cells:
        matrix = flat.reshape(*flat.shape[:-1], size, size)
        hits = np.diagonal(matrix, axis1=-2, axis2=-1)
        wrong = matrix.sum(axis=-1) + matrix.sum(axis=-2)
        found: Cells = np.divide(2 * hits, wrong, out=np.full_like(hits, np.nan), where=wrong > 0)
        return found

    @functools.cache
    def draw(draws: int) -> Cells:
        return np.nan_to_num(each(multinomial_draws(counts, draws=draws, seed=seed)))

    def estimate(name: str, at: int | None, named: Mapping[str, str]) -> Estimate:
        values = each(weights)
        value = float(values.mean() if at is None else values[at])
        resampled = Draws(
            draw=lambda draws: np.asarray(draw(draws).mean(axis=1) if at is None else draw(draws)[:, at]),
            least=0.0,
            most=1.0,
        )
        return Estimate(
            name=name,
            value=None if math.isnan(value) else value,
            n=rows,
            unit="share",
            method="resampled cells",
            interval=None if math.isnan(value) else resampled.percentile,
            group=named,
            unfit=unfit,
        )

    return estimate
