"""What a flip does not need is taken back, feature by feature.

Each search says what it wants to ask next and is told which of those rows flip, so several can share a request.
"""

from collections.abc import Generator
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from upright.checks.asking import Floats
from upright.checks.robustness.space import Feature, Rows, Space

Positions = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
T = TypeVar("T")
Asking = Generator[tuple[Positions, Rows], Bools, T]
"""Asks of which rows, moved so, the decision flips; is told; and gives a result in the end."""
_TAKEN_BACK = 6
_ROUNDS = 2


def shrunk(space: Space, base: Rows, rows: Positions, moved: Rows) -> Asking[list[tuple[Positions, Rows]]]:
    """Takes back, feature by feature, what the flip does not need; the dearest moves first. Before and after."""
    flips = yield rows, moved
    rows, moved = rows[flips], moved[flips].copy()
    if not len(rows):
        return []
    whole = moved.copy()
    for _ in range(_ROUNDS):
        for at in _dearest_first(space, base, rows, moved):
            yield from _take_back(space.features[at], base[rows, at], rows, moved, at)
    return [(rows, whole), (rows, moved)]


def _dearest_first(space: Space, base: Rows, rows: Positions, moved: Rows) -> list[int]:
    costs = []
    for at in space.movable:
        feature = space.features[at]
        move = np.nan_to_num(np.abs(moved[:, at] - base[rows, at]))
        costs.append((float(((move > 0) if feature.kind == "category" else move / feature.scale).mean()), at))
    return [at for cost, at in sorted(costs, reverse=True) if cost > 0.0]


def _take_back(feature: Feature, base: Floats, rows: Positions, moved: Rows, at: int) -> Asking[None]:
    open_ = np.flatnonzero(moved[:, at] != base)
    trial = moved[open_].copy()
    trial[:, at] = base[open_]
    flips = yield rows[open_], trial
    moved[open_[flips], at] = base[open_[flips]]
    left = open_[~flips]
    if feature.kind == "category":
        return
    inside = base[left].copy()
    for _ in range(_TAKEN_BACK):
        if not len(left):
            return
        middle = (inside + moved[left, at]) / 2
        middle = np.rint(middle) if feature.steps else middle
        new = (middle != inside) & (middle != moved[left, at])
        left, inside, middle = left[new], inside[new], middle[new]
        trial = moved[left].copy()
        trial[:, at] = middle
        flips = yield rows[left], trial
        moved[left[flips], at] = middle[flips]
        inside = np.where(flips, inside, middle)
