"""What an adapter gives: a model that answers rows."""

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from typing import Any, Protocol

from upright.checks.confined.columns import Columns, Numbers, rows_of

PROBABILITY, MARGIN, PREDICTION = "predict_proba", "decision_function", "predict"


class Loaded(Protocol):
    """``names`` are the columns it reads, in its order; ``classes`` plain values, in the order of its columns.

    ``outputs`` are the words of a manifest that it can answer, the best first. ``score`` gives (n,) or (n, k).
    """

    library: str
    names: Sequence[str]
    classes: list[Any] | None
    outputs: tuple[str, ...]

    def score(self, columns: Columns, output: str) -> Numbers:
        """Numbers of the rows: probabilities, margins or predicted values."""

    def label(self, columns: Columns) -> list[Any]:
        """What the model itself decides of each row, as plain values."""


class MissingLibraryError(ImportError):
    """A library is not installed here; ``needs`` is its name for the parent."""

    def __init__(self, needs: str) -> None:
        super().__init__(f"{needs} is not installed")
        self.needs = needs


def library(name: str) -> Any:
    """A module of an extra.

    Raises:
        MissingLibraryError: it is not installed.
    """
    if importlib.util.find_spec(name.partition(".")[0]) is None:
        raise MissingLibraryError(name.partition(".")[0])
    return importlib.import_module(name)


@contextlib.contextmanager
def hidden(name: str) -> Iterator[None]:
    """Within it a package that was not imported yet looks as if it were not installed; afterwards it can be imported.

    For a library that imports another at once, in case somebody should hand it over later.
    """
    finder = _Hides(name)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Hides:
    def __init__(self, name: str) -> None:
        self.name = name

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """Nothing else is found here, and what is hidden nowhere.

        Raises:
            ModuleNotFoundError: this is the hidden one.
        """
        if name == self.name:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def plain(value: Any) -> Any:
    """A class or label as JSON carries it; a whole float is a whole number."""
    if hasattr(value, "item"):
        value = value.item()
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def matrix(columns: Columns, names: Sequence[str]) -> Numbers | None:
    """The columns side by side as floats, vectors spread out; ``None`` where one holds texts."""
    import numpy as np

    parts = []
    for name in names:
        column = columns[name]
        if not isinstance(column, np.ndarray):
            if any(value is not None and not isinstance(value, int | float) for value in column):
                return None
            column = np.array([np.nan if value is None else float(value) for value in column])
        parts.append(column if column.ndim == 2 else column[:, None])
    return np.concatenate(parts, axis=1, dtype=np.float64) if parts else np.empty((rows_of(columns), 0))


def frame(columns: Columns, names: Sequence[str]) -> Any:
    """The columns as a pandas frame.

    Raises:
        MissingLibraryError: pandas is not installed.
    """
    return library("pandas").DataFrame({name: columns[name] for name in names})


def categories(columns: Columns, names: Sequence[str]) -> Any:
    """The same frame, its texts as categories, which boosters hold against those that they were trained with.

    Raises:
        MissingLibraryError: pandas is not installed.
    """
    made = frame(columns, names)
    for name in made.columns:
        if made[name].dtype == object or str(made[name].dtype) in {"str", "string"}:
            made[name] = made[name].astype("category")
    return made


def demand_names(names: Sequence[str], columns: Columns) -> None:
    """Refuses rows that lack a column.

    Raises:
        ValueError: with the first that is missing.
    """
    for name in names:
        if name not in columns:
            raise ValueError(f"the model was trained with the column {name!r}, which is not among the features")


def demand_output(output: str, outputs: Sequence[str]) -> None:
    """Refuses what the model cannot answer.

    Raises:
        ValueError: with what it can.
    """
    if output not in outputs:
        raise ValueError(f"the model has no {output}; it has {', '.join(outputs)}")
