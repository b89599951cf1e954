"""The smallest realistic change that flips a decision, by search: an upper bound of the true distance, found again and
checked by asking the model.

Three stages, each over all rows at once. One feature alone: a grid of moves, then halving between the last that does
not flip and the first that does. Several together: the cheapest pairs of moves, rows that are decided otherwise, and
the features that bring the next decision nearer for their cost. Then what the flip does not need is taken back.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from upright.checks.asking import Codes, Floats
from upright.checks.deciding import Decider, nearness
from upright.checks.robustness.shrinking import Bools, Positions, shrunk
from upright.checks.robustness.space import Feature, Rows, Space
from upright.measures.distinct import distinct

_Piece = tuple[Positions, Rows, Bools, Floats | None]
"""Rows, the same moved, which of them flipped, and how near the next decision they came."""
_Bracket = tuple[Positions, int, Floats, Floats]
"""Of rows, in one feature, a value that does not flip and one that does."""
_MOVES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 1.0, 1.6, 2.5)
_ALL_STEPS = 24
_HALVINGS = 14
_NEIGHBOURS = 3
_PAIRS, _SINGLES, _MOVES_IN_PAIRS = 150, 40, 6
_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Flips:
    """Of each row the cost of the smallest change found that flips it (infinite: none), and the changed row itself."""

    distance: Floats
    moved: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is searched: ``base`` rows decided as ``codes``; ``pool`` are other rows that occur, decided as theirs."""

    space: Space
    decider: Decider
    base: Rows
    codes: Codes
    pool: Rows
    pool_codes: Codes
    progress: Callable[[float], None]


class _Lane:
    """One feature in one direction: rows that have not flipped yet, where they stand, and what was found so far."""

    def __init__(self, at: int, sign: float, grid: list[float], rows: Positions, inside: Floats) -> None:
        self.at, self.sign, self.grid = at, sign, grid
        self.rows, self.inside = rows, inside
        self.next: tuple[Positions, Rows] = rows, np.empty((0, 0))
        self.pieces: list[_Piece] = []
        self.brackets: list[_Bracket] = []

    def take(self, piece: _Piece) -> None:
        """What the model says of the step."""
        rows, moved, flips, _ = piece
        values = moved[:, self.at]
        self.pieces.append(piece)
        if flips.any():
            self.brackets.append((rows[flips], self.at, self.inside[flips], values[flips]))
        self.rows, self.inside = rows[~flips], values[~flips]


class Search:
    """One search over all rows of a task."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.best = np.full(len(task.base), np.inf)
        self.moved = task.base.copy()
        self.starts: list[tuple[Positions, Rows]] = []
        """Changes of rows that someone else found, to begin with."""
        self.effects: list[tuple[int, Positions, Rows, Floats]] = []

    def run(self) -> Flips:
        """All stages."""
        self._one_feature()
        self.task.progress(0.35)
        starts = [*self.starts, *self._unlike(), *self._pairs(), *self._greedy()]
        self.shrink(starts)
        self._confirm()
        self.task.progress(1.0)
        return Flips(self.best, self.moved)

    # One feature ------------------------------------------------------------------------------------------------

    def _one_feature(self) -> None:
        """Each feature alone. The model is asked for all of them together: asking costs more than a few rows do."""
        lanes = [
            _Lane(at, sign, _grid(self.task.space.features[at]), rows, self.task.base[rows, at])
            for at in self.task.space.movable
            if self.task.space.features[at].kind != "category"
            for rows in [np.flatnonzero(~np.isnan(self.task.base[:, at]))]
            for sign in (-1.0, 1.0)
        ]
        self._walk(lanes)
        categories = {at: self._categories(at) for at in self.task.space.movable if at not in {one.at for one in lanes}}
        asked = iter(self._asked_together([piece for pieces in categories.values() for piece in pieces]))
        for at in self.task.space.movable:
            walked = [piece for lane in lanes if lane.at == at for piece in lane.pieces]
            for rows, moved, flips, near in [*walked, *(next(asked) for _ in categories.get(at, ()))]:
                if near is not None:
                    self.effects.append((at, rows, moved, near))
                self._keep(rows, moved, flips)
        self._halve([bracket for lane in lanes for bracket in lane.brackets])

    def _categories(self, at: int) -> list[tuple[Positions, Rows]]:
        """Each other value that the feature can have."""
        known = np.flatnonzero(~np.isnan(self.task.base[:, at]))
        found = []
        for value in range(len(self.task.space.features[at].values)):
            rows = known[self.task.base[known, at] != value]
            moved = self.task.base[rows]
            moved[:, at] = value
            found.append((rows, moved))
        return found

    def _walk(self, lanes: "list[_Lane]") -> None:
        """Finds in each lane, of each row, the last value of the grid that does not flip and the first that does."""
        for step in range(max((len(lane.grid) for lane in lanes), default=0)):
            going = [lane for lane in lanes if step < len(lane.grid) and self._starts(lane, step)]
            for lane, piece in zip(going, self._asked_together([lane.next for lane in going]), strict=True):
                lane.take(piece)

    def _starts(self, lane: "_Lane", step: int) -> bool:
        values = self._moved_by(
            self.task.space.features[lane.at], self.task.base[lane.rows, lane.at], lane.sign * lane.grid[step]
        )
        new = values != lane.inside
        lane.rows, lane.inside = lane.rows[new], lane.inside[new]
        moved = self.task.base[lane.rows]
        moved[:, lane.at] = values[new]
        lane.next = lane.rows, moved
        return len(lane.rows) > 0

    def _moved_by(self, feature: Feature, values: Floats, move: float) -> Floats:
        by = move if feature.steps else move * feature.scale
        found = np.clip(values + by, min(feature.low, np.inf), feature.high)
        return np.rint(found) if feature.steps else found

    def _halve(self, brackets: "list[_Bracket]") -> None:
        """Narrows each bracket down to where the decision flips, as long as that can be nearer than what is known."""
        for _ in range(_HALVINGS):
            going = []
            for rows, at, inside, outside in brackets:
                feature = self.task.space.features[at]
                open_ = np.abs(outside - inside) > (1.0 if feature.steps else 1e-4 * feature.scale)
                reach = np.abs(inside - self.task.base[rows, at]) / feature.scale < self.best[rows]
                left = open_ & reach
                if left.any():
                    going.append((rows[left], at, inside[left], outside[left]))
            brackets = []
            asked = [self._middle(bracket) for bracket in going]
            for (_, at, inside, outside), (rows, moved, flips, _) in zip(
                going, self._asked_together(asked), strict=True
            ):
                self._keep(rows, moved, flips)
                middle = moved[:, at]
                brackets.append((rows, at, np.where(flips, inside, middle), np.where(flips, middle, outside)))

    def _middle(self, bracket: "_Bracket") -> tuple[Positions, Rows]:
        rows, at, inside, outside = bracket
        middle = (inside + outside) / 2
        moved = self.task.base[rows]
        moved[:, at] = np.rint(middle) if self.task.space.features[at].steps else middle
        return rows, moved

    # Several features -------------------------------------------------------------------------------------------

    def _unlike(self) -> list[tuple[Positions, Rows]]:
        """The nearest rows of the pool that are decided otherwise, with what may not move put back."""
        task = self.task
        movable = list(task.space.movable)
        nearest = np.zeros((len(task.base), _NEIGHBOURS), dtype=np.int64)
        has = np.zeros((len(task.base), _NEIGHBOURS), dtype=bool)
        for row in range(len(task.base)):
            others = np.flatnonzero(task.pool_codes != task.codes[row])
            placed = np.tile(task.base[row], (len(others), 1))
            placed[:, movable] = task.pool[others][:, movable]
            costs = task.space.cost(placed, np.tile(task.base[row], (len(others), 1)))
            order = np.argsort(costs, kind="stable")[:_NEIGHBOURS]
            order = order[np.isfinite(costs[order])]
            nearest[row, : len(order)], has[row, : len(order)] = others[order], True
        found = []
        for at in range(_NEIGHBOURS):
            rows = np.flatnonzero(has[:, at])
            moved = task.base[rows]
            moved[:, movable] = task.pool[nearest[rows, at]][:, movable]
            found.append((rows, moved))
        return found

    def _pairs(self) -> list[tuple[Positions, Rows]]:
        """Of each row the cheapest pairs of moves of two features that cost less than the best flip so far."""
        rows: list[int] = []
        moved: list[Rows] = []
        for row in range(len(self.task.base)):
            cheap = self._cheap_pairs(self.task.base[row], self.best[row])
            rows += [row] * len(cheap)
            moved += cheap
        if not moved:
            return []
        where, placed = np.array(rows, dtype=np.int64), np.array(moved)
        flips = self._flips(where, placed)
        where, placed = where[flips], placed[flips]
        cost = self.task.space.cost(placed, self.task.base[where])
        first = [int(np.flatnonzero(where == row)[cost[where == row].argmin()]) for row in distinct(where)]
        return [(where[first], placed[first])]

    def _cheap_pairs(self, base: Rows, below: float) -> list[Rows]:
        single = [
            (at, value, cost)
            for at in self.task.space.movable
            if not np.isnan(base[at])
            for value, cost in self._near_moves(self.task.space.features[at], float(base[at]))
            if cost < below
        ]
        single = sorted(single, key=lambda move: move[2])[:_SINGLES]
        pairs = [
            (first[2] + second[2], first, second)
            for number, first in enumerate(single)
            for second in single[number + 1 :]
            if first[0] != second[0] and first[2] + second[2] < below
        ]
        found = []
        for _, (at, value, _), (other, other_value, _) in sorted(pairs, key=lambda pair: pair[0])[:_PAIRS]:
            one = base.copy()
            one[at], one[other] = value, other_value
            found.append(one)
        return found

    def _near_moves(self, feature: Feature, base: float) -> list[tuple[float, float]]:
        """Values near the row's own, with what they cost."""
        if feature.kind == "category":
            return [(float(value), 1.0) for value in range(len(feature.values)) if value != base][:_MOVES_IN_PAIRS]
        values = [
            float(self._moved_by(feature, np.array([base]), sign * step)[0])
            for step in _grid(feature)[2 if not feature.steps else 0 :][:_MOVES_IN_PAIRS]
            for sign in (-1.0, 1.0)
        ]
        return [(value, abs(value - base) / feature.scale) for value in dict.fromkeys(values) if value != base]

    def _greedy(self) -> list[tuple[Positions, Rows]]:
        """Along the features that bring the next decision nearest for their cost, each as far as its range allows."""
        if not self.effects:
            return []
        gains = self._gains()
        order = np.argsort(-gains[:, :, 0], axis=1, kind="stable")
        rows = np.arange(len(self.task.base))
        moved = self.task.base.copy()
        waiting = np.ones(len(rows), dtype=bool)
        done: list[tuple[Positions, Rows]] = []
        for step in range(order.shape[1]):
            at = order[:, step]
            useful = waiting & (gains[rows, at, 0] > 0.0)
            if not useful.any():
                break
            moved[rows[useful], at[useful]] = gains[rows[useful], at[useful], 1]
            picked = rows[useful]
            flips = self._flips(picked, moved[picked])
            if flips.any():
                done.append((picked[flips], moved[picked[flips]]))
            waiting[picked[flips]] = False
        return [(np.concatenate([rows for rows, _ in done]), np.concatenate([one for _, one in done]))] if done else []

    def _gains(self) -> Floats:
        """For each row and feature the best gain for its cost, and the end of the range in that direction."""
        task = self.task
        start = self._near(np.arange(len(task.base)), task.base)
        found = np.zeros((len(task.base), len(task.space.features), 2))
        for at, rows, moved, near in self.effects:
            cost = task.space.cost(moved, task.base[rows])
            gain = (near - start[rows]) / np.maximum(cost, 1e-12)
            better = gain > found[rows, at, 0]
            ends = self._end(task.space.features[at], moved[:, at], task.base[rows, at])
            found[rows[better], at, 0], found[rows[better], at, 1] = gain[better], ends[better]
        return found

    def _end(self, feature: Feature, moved: Floats, base: Floats) -> Floats:
        if feature.kind == "category":
            return moved
        return np.where(moved > base, feature.high, feature.low)

    def shrink(self, starts: list[tuple[Positions, Rows]]) -> None:
        """Shrinks all of them, each for itself; what they ask next goes into one request."""
        going = {
            at: shrunk(self.task.space, self.task.base, rows, moved)
            for at, (rows, moved) in enumerate(starts)
            if len(rows)
        }
        asked = {at: next(one) for at, one in going.items()}
        kept: dict[int, list[tuple[Positions, Rows]]] = {}
        while asked:
            answers = self._asked_together(list(asked.values()))
            for at, (_, _, flips, _) in zip(list(asked), answers, strict=True):
                try:
                    asked[at] = going[at].send(flips)
                except StopIteration as done:
                    kept[at] = done.value
                    del asked[at]
            self.task.progress(0.35 + 0.55 * len(kept) / len(going))
        for at in sorted(kept):
            for rows, moved in kept[at]:
                self._keep(rows, moved, np.ones(len(rows), dtype=bool))

    # Asking -----------------------------------------------------------------------------------------------------

    def _asked_together(self, asked: list[tuple[Positions, Rows]]) -> "list[_Piece]":
        """For each of them which of its moved rows flip, and how near the next decision they come; one request."""
        if not asked:
            return []
        rows, moved = (np.concatenate(parts) for parts in zip(*asked, strict=True))
        flips, near = self._asked(rows, moved)
        found, start = [], 0
        for each, placed in asked:
            part = slice(start, start + len(each))
            found.append((each, placed, flips[part], None if near is None else near[part]))
            start = part.stop
        return found

    def _asked(self, rows: Positions, moved: Rows) -> "tuple[Bools, Floats | None]":
        flips, nears = np.zeros(len(rows), dtype=bool), []
        for start in range(0, len(rows), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            codes, scores = self.task.decider.ask(self.task.space.decode(moved[part]))
            flips[part] = codes != self.task.codes[rows[part]]
            if scores is not None:
                nears.append(nearness(scores, self.task.codes[rows[part]]))
        return flips, np.concatenate(nears) if nears else None

    def _flips(self, rows: Positions, moved: Rows) -> Bools:
        """Which of the moved rows are decided otherwise than they were."""
        return self._asked(rows, moved)[0]

    def _near(self, rows: Positions, moved: Rows) -> Floats:
        _, scores = self.task.decider.ask(self.task.space.decode(moved))
        return np.zeros(len(rows)) if scores is None else nearness(scores, self.task.codes[rows])

    def _keep(self, rows: Positions, moved: Rows, flips: npt.NDArray[np.bool_]) -> None:
        rows, moved = rows[flips], moved[flips]
        cost = self.task.space.cost(moved, self.task.base[rows])
        better = cost < self.best[rows]
        self.best[rows[better]] = cost[better]
        self.moved[rows[better]] = moved[better]

    def _confirm(self) -> None:
        """Each flip once more: one that the model does not repeat is none."""
        rows = np.flatnonzero(np.isfinite(self.best))
        if len(rows):
            lost = rows[~self._flips(rows, self.moved[rows])]
            self.best[lost], self.moved[lost] = np.inf, self.task.base[lost]


def _grid(feature: Feature) -> list[float]:
    """Moves of one side, nearest first, in steps of 1 for whole numbers, else in scales; the last reaches the end."""
    span = feature.high - feature.low
    if not feature.steps:
        return [*_MOVES, max(span / feature.scale, _MOVES[-1]) + 1.0]
    if span <= _ALL_STEPS:
        return [float(step) for step in range(1, int(span) + 1)]
    steps = sorted({1.0, 2.0, *(float(max(1, round(move * feature.scale))) for move in _MOVES)})
    return [*steps, span + 1.0]
