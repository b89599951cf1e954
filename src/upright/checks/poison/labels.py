"""Labels that may have been flipped, and what flipped labels would do: copies of the model trained in the sandbox."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from upright.checks.asking import Floats, ModelSession
from upright.checks.confined.columns import pick
from upright.measures.distinct import distinct

_FOLDS = 5


def held_out_probabilities(
    session: ModelSession,
    columns: Mapping[str, Any],
    labels: Sequence[Any],
    classes: npt.NDArray[np.int64],
    *,
    seed: int,
    progress: Callable[[int, int], None],
) -> Floats:
    """What copies that were trained without a row say of it: five folds within each class."""
    rng = np.random.default_rng(seed)
    fold = np.zeros(len(classes), dtype=np.int64)
    for value in distinct(classes):
        rows = rng.permutation(np.flatnonzero(classes == value))
        fold[rows] = np.arange(len(rows)) % _FOLDS
    width = len(session.about.classes or ())
    found = np.zeros((len(classes), width))
    for number in range(_FOLDS):
        inside, outside = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        slot = f"fold-{number}"
        session.fit(pick(columns, inside), [labels[int(at)] for at in inside], slot=slot, seed=seed + number)
        found[outside] = session.matrix(pick(columns, outside), slot=slot)
        session.drop([slot])
        progress(number + 1, _FOLDS)
    return found


def suspicious(probabilities: Floats, classes: npt.NDArray[np.int64], sure: float) -> npt.NDArray[np.bool_]:
    """Rows for whose label copies that never saw it are sure of another.

    Source: Northcutt, Jiang & Chuang 2021 (confident learning), with one bound for all classes.
    """
    others = probabilities.copy()
    others[np.arange(len(classes)), classes] = 0.0
    return np.asarray(others.max(axis=1) >= sure)


def changed_by_flips(
    session: ModelSession,
    columns: Mapping[str, Any],
    labels: Sequence[Any],
    asked: Mapping[str, Any],
    *,
    share: float,
    repeats: int,
    seed: int,
) -> Floats:
    """Of each asked row the share of repeats in which a copy trained with flipped labels says another class.

    Compared with a copy trained in the same way on the labels as they are.
    """
    rng = np.random.default_rng(seed)
    session.fit(columns, labels, slot="as-is", seed=seed)
    before = session.matrix(asked, slot="as-is").argmax(axis=1)
    session.drop(["as-is"])
    known = sorted(set(labels), key=str)
    changed = np.zeros(len(before))
    for number in range(repeats):
        flipped = list(labels)
        for at in rng.permutation(len(labels))[: round(share * len(labels))]:
            flipped[at] = rng.choice([one for one in range(len(known)) if known[one] != labels[at]])
            flipped[at] = known[flipped[at]]
        slot = f"flipped-{number}"
        session.fit(columns, flipped, slot=slot, seed=seed)
        changed += (session.matrix(asked, slot=slot).argmax(axis=1) != before) / repeats
        session.drop([slot])
    return changed
