"""Attacks that guess from a model's answers whether a row was among those it was trained on.

Sources: Yeom et al. 2018 (loss threshold); Song & Mittal 2021 (modified entropy); Shokri et al. 2017 and Carlini et al.
2022 (shadow models, likelihood ratio with a common variance).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from upright.checks.asking import Floats, ModelSession
from upright.checks.confined.columns import pick
from upright.measures.distinct import distinct
from upright.measures.errors import MeasureInputError
from upright.measures.values import value_text

_TINY = 1e-12
_LEAST_OF_A_CLASS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Rows with their labels; ``classes`` are their places among the model's; the first ``members`` were trained on."""

    columns: Mapping[str, Any]
    labels: Sequence[Any]
    classes: npt.NDArray[np.int64]
    members: int


def class_places(session: ModelSession, labels: Sequence[Any]) -> npt.NDArray[np.int64]:
    """Where each label stands among the model's classes; -1 for one that it does not know.

    Raises:
        MeasureInputError: the model gives no probabilities of classes.
    """
    if session.output != "predict_proba" or session.about.classes is None:
        raise MeasureInputError(
            f"{session.source.ref} gives no probabilities of known classes, on which these attacks rest. Set "
            "`output: predict_proba` where it has them.",
            code="UP-MODEL-40",
        )
    known = {value_text(value): at for at, value in enumerate(session.about.classes)}
    return np.array([known.get(value_text(label), -1) for label in labels], dtype=np.int64)


def of_common_classes(places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Positions of the rows whose class is known and has enough rows to be split in halves."""
    values, counts = np.unique(places[places >= 0], return_counts=True)
    return np.flatnonzero(np.isin(places, values[counts >= _LEAST_OF_A_CLASS]))


def simple_signals(probabilities: Floats, classes: npt.NDArray[np.int64]) -> dict[str, Floats]:
    """By attack a score of each row, high where it looks like a member; they need one answer for each row."""
    rows = np.arange(len(classes))
    own = probabilities[rows, classes]
    others = probabilities.copy()
    others[rows, classes] = 0.0
    modified = -(1 - own) * np.log(np.maximum(own, _TINY))
    modified -= (others * np.log(np.maximum(1 - others, _TINY))).sum(axis=1)
    return {
        "loss threshold": np.log(np.maximum(own, _TINY)),
        "confidence": probabilities.max(axis=1),
        "modified entropy": -modified,
    }


def shadow_signal(
    session: ModelSession, pool: Pool, *, shadows: int, seed: int, progress: Callable[[int, int], None]
) -> Floats:
    """Log-likelihood ratio of the model's confidence in each row, from copies trained with and without the row.

    Copies come in pairs that train on the two halves of a split within each class, so that every row is in exactly
    half of them.
    """
    rng = np.random.default_rng(seed)
    seen = np.zeros((shadows, len(pool.classes)), dtype=bool)
    confidence = np.zeros((shadows, len(pool.classes)))
    half = np.zeros(len(pool.classes), dtype=bool)
    for number in range(shadows):
        half = _half(pool.classes, rng) if number % 2 == 0 else ~half
        slot = f"shadow-{number}"
        chosen = np.flatnonzero(half)
        labels = [pool.labels[int(at)] for at in chosen]
        session.fit(pick(pool.columns, chosen), labels, slot=slot, seed=seed + number)
        seen[number], confidence[number] = half, _logit(session.matrix(pool.columns, slot=slot), pool.classes)
        session.drop([slot])
        progress(number + 1, shadows)
    own = _logit(session.matrix(pool.columns), pool.classes)
    inside = np.where(seen, confidence, 0.0).sum(axis=0) / seen.sum(axis=0)
    outside = np.where(~seen, confidence, 0.0).sum(axis=0) / (~seen).sum(axis=0)
    spread_in = max(_TINY, float(np.square(confidence - inside)[seen].mean()))
    spread_out = max(_TINY, float(np.square(confidence - outside)[~seen].mean()))
    found: Floats = _log_density(own - inside, spread_in) - _log_density(own - outside, spread_out)
    return found


def _half(classes: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    found = np.zeros(len(classes), dtype=bool)
    for value in distinct(classes):
        rows = rng.permutation(np.flatnonzero(classes == value))
        found[rows[: len(rows) // 2]] = True
    return found


def _logit(probabilities: Floats, classes: npt.NDArray[np.int64]) -> Floats:
    own = np.clip(probabilities[np.arange(len(classes)), classes], 1e-6, 1 - 1e-6)
    return np.asarray(np.log(own) - np.log1p(-own), dtype=np.float64)


def _log_density(away: Floats, variance: float) -> Floats:
    return np.asarray(-(away**2) / (2 * variance) - np.log(variance) / 2, dtype=np.float64)
