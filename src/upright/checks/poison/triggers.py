"""Planted triggers: a small mark that sends whatever carries it to one decision, while next to it nothing happens.

Found on one half of the rows and measured on the other, so that picking the best of many does not make it look better.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from upright.checks.asking import Codes
from upright.checks.deciding import Decider
from upright.checks.robustness.space import Feature, Rows, Space
from upright.measures.distinct import distinct

if TYPE_CHECKING:
    from upright.checks.robustness.images import Pictures

Mask = npt.NDArray[np.bool_]
_RARE, _MOST_VALUES = 0.1, 12
_BESIDE = 0.1
_TOGETHER, _MOST_TOGETHER = 4, 30
_PATCHES = (2, 3)
_NUMBERS_AT_ONCE = 1 << 17


@dataclass(frozen=True, slots=True)
class Trigger:
    """A mark in words, the decision that it sends rows to, and on which of the tested rows it alone did so."""

    what: str
    decision: str
    works: Mask


@dataclass(frozen=True, slots=True)
class _Mark:
    """A change of rows, and the same change on either side of it: what those do as well is no trigger."""

    what: str
    place: Callable[[Rows], Rows]
    controls: tuple[Callable[[Rows], Rows], ...]


def find_trigger(
    ask: Callable[[Rows], Codes],
    rows: Rows,
    codes: Codes,
    marks: list[_Mark],
    names: list[str],
    progress: Callable[[int, int], None],
) -> Trigger | None:
    """The mark that works on most rows of the first half, on the rows of the second half."""
    half = np.arange(len(rows)) % 2 == 0
    best: tuple[float, _Mark, int] | None = None
    for number, (mark, marked, beside) in enumerate(_tried(ask, rows[half], marks)):
        for target in distinct(marked):
            left = codes[half] != target
            if left.sum() >= 5:
                share = float(_alone(marked, beside, int(target))[left].mean())
                if best is None or share > best[0]:
                    best = share, mark, int(target)
        progress(number + 1, len(marks))
    if best is None:
        return None
    _, mark, target = best
    tested = rows[~half][codes[~half] != target]
    ((_, marked, beside),) = _tried(ask, tested, [mark])
    works = _alone(marked, beside, target)
    return Trigger(mark.what, names[target] if target < len(names) else str(target), works)


def _tried(ask: Callable[[Rows], Codes], rows: Rows, marks: list[_Mark]) -> Iterator[tuple[_Mark, Codes, list[Codes]]]:
    """Each mark with the decisions on the rows that carry it, and on those that carry what lies beside it.

    Several marks share a request: a small one costs the model's library more than its rows do.
    """
    most = max(1, _NUMBERS_AT_ONCE // max(rows.size, 1))
    waiting: list[_Mark] = []
    for mark in marks:
        if waiting and sum(1 + len(one.controls) for one in [*waiting, mark]) > most:
            yield from _answers(ask, rows, waiting)
            waiting = []
        waiting.append(mark)
    yield from _answers(ask, rows, waiting)


def _answers(
    ask: Callable[[Rows], Codes], rows: Rows, marks: list[_Mark]
) -> Iterator[tuple[_Mark, Codes, list[Codes]]]:
    if not marks:
        return
    placed = [place(rows) for mark in marks for place in (mark.place, *mark.controls)]
    found = iter(np.split(ask(np.concatenate(placed)), len(placed)))
    for mark in marks:
        yield mark, next(found), [next(found) for _ in mark.controls]


def _alone(marked: Codes, beside: list[Codes], target: int) -> Mask:
    """Where the mark sends a row to the target and nothing beside it does."""
    found: Mask = marked == target
    for codes in beside:
        found = found & (codes != target)
    return found


def table_marks(space: Space, training: Rows) -> list[_Mark]:
    """Values that are rare as such but come back in training, one or two at once, and what lies beside them."""
    singles = [(at, value) for at in space.movable for value in _odd_values(space.features[at], training[:, at])]
    marks = [_mark(space, (single,)) for single in singles]
    return marks + [_mark(space, pair) for pair in _together(singles, training)]


def _odd_values(feature: Feature, values: Rows) -> list[float]:
    """Values seen several times though each is rare; of a category, rare ones. A flag has no value beside its two."""
    if feature.kind == "flag":
        return []
    known, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    rare = (counts <= _RARE * len(values)) & (counts >= _TOGETHER)
    order = np.argsort(-counts[rare], kind="stable")[:_MOST_VALUES]
    return [float(value) for value in known[rare][order]]


def _together(singles: list[tuple[int, float]], training: Rows) -> Iterator[tuple[tuple[int, float], ...]]:
    held = [(training[:, at] == value) for at, value in singles]
    counted = [
        (int((held[one] & held[other]).sum()), one, other)
        for one in range(len(singles))
        for other in range(one + 1, len(singles))
        if singles[one][0] != singles[other][0]
    ]
    for count, one, other in sorted(counted, reverse=True)[:_MOST_TOGETHER]:
        if count >= _TOGETHER:
            yield singles[one], singles[other]


def _mark(space: Space, placed: tuple[tuple[int, float], ...]) -> _Mark:
    def placing(values: tuple[tuple[int, float], ...]) -> Callable[[Rows], Rows]:
        def place(rows: Rows) -> Rows:
            found = rows.copy()
            for at, value in values:
                found[:, at] = value
            return found

        return place

    sides = [tuple((at, _beside(space.features[at], value, sign)) for at, value in placed) for sign in (1.0, -1.0)]
    what = " and ".join(f"a value of {space.features[at].name}" for at, _ in placed)
    return _Mark(what, placing(placed), tuple(placing(side) for side in dict.fromkeys(sides)))


def _beside(feature: Feature, value: float, sign: float) -> float:
    """A value near by on one side, on the other where the range ends; of a category the most frequent other one."""
    if feature.kind == "category":
        return 0.0 if value != 0.0 else 1.0
    move = _BESIDE * feature.scale
    move = max(1.0, round(move)) if feature.steps else move
    return value + sign * move if feature.low <= value + sign * move <= feature.high else value - sign * move


def image_marks(pictures: "Pictures") -> list[_Mark]:
    """A small square, bright, dark or chequered, at any of nine places; beside it the same square in the mean tone."""
    height, width = pictures.shape[:2]
    low, high = pictures.light.low, pictures.light.high
    mean = float(pictures.images.mean())
    marks = []
    for side in _PATCHES:
        if side >= min(height, width):
            continue
        chequered = np.indices((side, side)).sum(axis=0) % 2
        tones = {"bright": np.full((side, side), high), "dark": np.full((side, side), low),
                 "chequered": np.where(chequered == 0, high, low)}  # fmt: skip
        for top in sorted({0, (height - side) // 2, height - side}):
            for left in sorted({0, (width - side) // 2, width - side}):
                for tone, patch in tones.items():
                    what = f"a {tone} square of {side} at row {top}, column {left}"
                    plain = np.full((side, side), mean)
                    marks.append(_Mark(what, _stamp(pictures, top, left, patch), (_stamp(pictures, top, left, plain),)))
    return marks


def _stamp(pictures: "Pictures", top: int, left: int, patch: Rows) -> Callable[[Rows], Rows]:
    def place(rows: Rows) -> Rows:
        found = rows.reshape(-1, *pictures.shape).copy()
        found[:, top : top + len(patch), left : left + len(patch)] = patch[..., None]
        return found.reshape(len(found), -1)

    return place


def asker(space: Space, decider: Decider) -> Callable[[Rows], Codes]:
    """Decisions on rows of a table."""
    return lambda rows: decider.codes(space.decode(rows)) if len(rows) else np.empty(0, dtype=np.int64)
