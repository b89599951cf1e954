"""Rows in which some features come from another row: the one question that permutation and Shapley values ask."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from upright.checks.asking import Floats
from upright.checks.confined.columns import as_column

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
Ask = Callable[[Mapping[str, Any]], Floats]
"""Columns to a score for each row, (rows,) or (rows, classes)."""


class Mixer:
    """Columns as arrays that can be put together row by row."""

    def __init__(self, columns: Mapping[str, Any], names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._parts = [self._array(columns[name]) for name in self.names]
        self.rows = len(self._parts[0])

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

    def with_value(self, name: str, value: Any) -> dict[str, Any]:
        """All rows, with one feature set to a value."""
        found = self.columns(np.arange(self.rows))
        found[name] = as_column([value] * self.rows)
        return found

    def values(self, name: str) -> npt.NDArray[Any]:
        """One column."""
        return self._parts[self.names.index(name)]


def _wide(mask: Mask, part: npt.NDArray[Any]) -> Mask:
    return mask if part.ndim == 1 else mask[:, None]


def distance(one: Floats, other: Floats) -> Floats:
    """How much an answer changed: the difference, or half the sum of the differences of probabilities."""
    gap = np.abs(one - other)
    return np.asarray(gap if gap.ndim == 1 else gap.sum(axis=1) / 2, dtype=np.float64)
