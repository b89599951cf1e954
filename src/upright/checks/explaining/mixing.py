"""Rows in which some features come from another row: the one question that permutation and Shapley values ask."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from upright.checks.asking import Floats
from upright.checks.confined.columns import as_column

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
Ask = Callable[[Mapping[str, Any]], Floats]
"""Columns to a score for each row, (rows,) or (rows, classes)."""
Score = Callable[[Mapping[str, Any], Places], Floats]
"""Columns, and of each row which row of the sample it explains, to one score each."""
Mix = tuple[Places, Places, Mask]
"""Rows, the others, and where the rows' own values stay."""
_NUMBERS_AT_ONCE = 1 << 17


class Mixer:
    """Columns as arrays that can be put together row by row."""

    def __init__(self, columns: Mapping[str, Any], names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._parts = [self._array(columns[name]) for name in self.names]
        self.rows = len(self._parts[0])
        self.numbers = sum(part.size for part in self._parts) // max(self.rows, 1)
        """How many numbers or words a row holds."""

    @staticmethod
    def _array(values: Any) -> npt.NDArray[Any]:
        column = as_column(values)
        if isinstance(column, np.ndarray):
            return column
        found = np.empty(len(column), dtype=object)
        found[:] = column
        return found

    def columns(self, rows: Places) -> dict[str, Any]:
        """These rows."""
        return {name: as_column(part[rows]) for name, part in zip(self.names, self._parts, strict=True)}

    def mixed(self, rows: Places, others: Places, mask: Mask) -> dict[str, Any]:
        """These rows, where the mask (rows, features) holds, and the others' values elsewhere."""
        return {
            name: as_column(np.where(_wide(mask[:, at], part), part[rows], part[others]))
            for at, (name, part) in enumerate(zip(self.names, self._parts, strict=True))
        }

    def with_values(self, name: str, values: Sequence[Any]) -> dict[str, Any]:
        """All rows once for each of the values, with one feature set to it."""
        found = self.columns(np.tile(np.arange(self.rows), len(values)))
        found[name] = as_column([value for value in values for _ in range(self.rows)])
        return found

    def values(self, name: str) -> npt.NDArray[Any]:
        """One column."""
        return self._parts[self.names.index(name)]


def scores_of(score: Score, mixer: Mixer, mixes: Iterable[Mix]) -> Iterator[Floats]:
    """Scores of each mix, in their order.

    Several share a request: a small one costs the model's library more than its rows do.
    """
    most = max(1, _NUMBERS_AT_ONCE // max(mixer.numbers, 1))
    waiting: list[Mix] = []
    for mix in mixes:
        if waiting and sum(len(rows) for rows, _, _ in waiting) + len(mix[0]) > most:
            yield from _scores(score, mixer, waiting)
            waiting = []
        waiting.append(mix)
    if waiting:
        yield from _scores(score, mixer, waiting)


def _scores(score: Score, mixer: Mixer, mixes: list[Mix]) -> list[Floats]:
    rows, others, mask = (np.concatenate(parts) for parts in zip(*mixes, strict=True))
    found = score(mixer.mixed(rows, others, mask), rows)
    return np.split(found, np.cumsum([len(each) for each, _, _ in mixes])[:-1])


def _wide(mask: Mask, part: npt.NDArray[Any]) -> Mask:
    return mask if part.ndim == 1 else mask[:, None]


def distance(one: Floats, other: Floats) -> Floats:
    """How much an answer changed: the difference, or half the sum of the differences of probabilities."""
    gap = np.abs(one - other)
    return np.asarray(gap if gap.ndim == 1 else gap.sum(axis=1) / 2, dtype=np.float64)
