"""scikit-learn estimators and pipelines, and whatever else joblib saved that has their methods."""

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from upright.checks.confined.columns import Columns, Numbers
from upright.checks.confined.deferred import defer_statistics
from upright.checks.confined.loaded import (
    MARGIN,
    PREDICTION,
    PROBABILITY,
    Loaded,
    categories,
    demand_names,
    demand_output,
    frame,
    hidden,
    library,
    matrix,
    plain,
)

_JOBLIB = "joblib"
_BOOSTERS = {name: f"upright.checks.confined.adapters.{name}_model" for name in ("lightgbm", "xgboost")}
_UNFIT = (ValueError, TypeError, IndexError, KeyError, AttributeError)


def load(request: dict[str, Any]) -> Loaded:
    """The estimator in a file, or a booster that was saved without its wrapper, which its own adapter asks.

    Raises:
        MissingLibraryError: a library that the file needs is not installed.
        ValueError: what the file holds predicts nothing.
    """
    defer_statistics()  # 1 CPU s, and few models ask anything of them
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there are no processes beside this one, for instance
        with hidden("pandas"):  # 0.5 CPU s, and of no use before somebody hands it a frame
            library("sklearn")
        model = _read(Path(request["path"]))
    top = type(model).__module__.partition(".")[0]
    if top in _BOOSTERS and type(model).__name__ == "Booster":
        boosted: Loaded = importlib.import_module(_BOOSTERS[top]).boosted(model, request["features"])
        return boosted
    if not hasattr(model, PREDICTION):
        raise ValueError(f"the file holds a {type(model).__name__}, which predicts nothing")
    return Estimator(model, request["features"])


def _read(path: Path) -> Any:
    try:
        if importlib.util.find_spec(_JOBLIB) is not None:
            return importlib.import_module(_JOBLIB).load(path)
        import pickle

        with path.open("rb") as file:
            return pickle.load(file)  # noqa: S301 - scanned before, and this process is locked in
    except ModuleNotFoundError as why:
        library(why.name or "")
        raise


class Estimator:
    """A fitted estimator, asked with an array where that means the same, else with a pandas frame."""

    def __init__(self, model: Any, features: list[str]) -> None:
        self.model, self.features = model, features
        self.library = _library_of(model)
        self.names: Sequence[str] = [str(name) for name in getattr(model, "feature_names_in_", features)]
        if not any(name not in features for name in self.names):
            self.vectors = len(self.names) != getattr(model, "n_features_in_", len(self.names))
        else:
            # Trained on a frame with one column for each element of a vector, or on other names: the features rule.
            self.vectors = len(features) == 1
            self.names = features if self.vectors else self.names
        known = getattr(model, "classes_", None)
        self.classes = None if known is None else [plain(value) for value in np.asarray(known).ravel().tolist()]
        self.outputs = tuple(name for name in (PROBABILITY, MARGIN, PREDICTION) if _can(model, name))
        self._wants_frame = False

    def score(self, columns: Columns, output: str) -> Numbers:
        """Probabilities, margins, or predicted values."""
        demand_output(output, self.outputs)
        found: Numbers = np.asarray(self._ask(output, columns))
        if output == MARGIN and found.ndim == 1 and self.classes and len(self.classes) == 2:
            return np.column_stack([-found, found])
        return found

    def label(self, columns: Columns) -> list[Any]:
        """What ``predict`` says."""
        return list(np.asarray(self._ask(PREDICTION, columns)).tolist())

    def fit(self, columns: Columns, labels: Any, seed: int | None) -> "Estimator":
        """An unfitted clone, trained on these rows; every random state that it leaves open gets the seed."""
        clone = library("sklearn.base").clone(self.model)
        if seed is not None:
            states = [name for name in clone.get_params() if name.rpartition("__")[2] == "random_state"]
            clone.set_params(**dict.fromkeys(states, seed))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target = np.asarray(labels)
            values = None if self._wants_frame else self._matrix(columns)
            if values is None:
                clone.fit(self._frame(columns), target)
            else:
                _asked_without_pandas(lambda rows: clone.fit(rows, target), values)
        return Estimator(clone, list(self.names))

    def _matrix(self, columns: Columns) -> Numbers | None:
        demand_names(self.names, columns)
        return matrix(columns, self.names)

    def _frame(self, columns: Columns) -> Any:
        demand_names(self.names, columns)
        top = type(self.model).__module__.partition(".")[0]
        if top not in _BOOSTERS:
            return frame(columns, self.names)
        if top == "xgboost" and matrix(columns, self.names) is None:
            importlib.import_module(_BOOSTERS[top]).demand_categories(self.model.get_booster())
        return categories(columns, self.names)

    def _ask(self, method: str, columns: Columns) -> Any:
        ask = getattr(self.model, method)
        values = None if self._wants_frame else self._matrix(columns)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if values is not None:
                try:
                    return _asked_without_pandas(ask, values)
                except _UNFIT:
                    if self.vectors or importlib.util.find_spec("pandas") is None:
                        raise
            found = ask(self._frame(columns))
        self._wants_frame = values is not None
        return found


def _asked_without_pandas(ask: Callable[[Any], Any], values: Numbers) -> Any:
    """Asks with an array, for which scikit-learn would import pandas only to see whether a value is its NA."""
    try:
        with hidden("pandas"):
            return ask(values)
    except ImportError:
        return ask(values)  # its output is set to frames, or a step of it needs pandas


def _can(model: Any, method: str) -> bool:
    try:
        return callable(getattr(model, method, None))
    except Exception:  # noqa: BLE001 - a property of the model may raise anything
        return False


def _library_of(model: Any) -> str:
    from importlib.metadata import PackageNotFoundError, version

    names = {"sklearn": "scikit-learn"}
    top = type(model).__module__.partition(".")[0]
    try:
        return f"{names.get(top, top)} {version(names.get(top, top))}"
    except PackageNotFoundError:  # installed by another name, as xgboost is by xgboost-cpu
        return f"{top} {getattr(sys.modules.get(top), '__version__', '')}".rstrip()
