"""LightGBM's own model files."""

from typing import Any

import numpy as np

from upright.checks.confined.columns import Columns, Numbers
from upright.checks.confined.loaded import (
    MARGIN,
    PREDICTION,
    PROBABILITY,
    categories,
    demand_names,
    demand_output,
    library,
    matrix,
)

_CLASSIFIES = ("binary", "multiclass", "multiclassova", "cross_entropy")


def load(request: dict[str, Any]) -> "Boosted":
    """The booster in a file.

    Raises:
        MissingLibraryError: LightGBM is not installed.
    """
    return boosted(library("lightgbm").Booster(model_file=request["path"]), request["features"])


def boosted(booster: Any, features: list[str]) -> "Boosted":
    """The same of a booster that was loaded already."""
    return Boosted(library("lightgbm"), booster, features)


class Boosted:
    """A booster, asked with an array, or with a frame of categories where it was trained with texts."""

    def __init__(self, lightgbm: Any, booster: Any, features: list[str]) -> None:
        self.booster = booster
        self.library = f"lightgbm {lightgbm.__version__}"
        names = list(booster.feature_name())
        own = [f"Column_{at}" for at in range(len(names))]
        self.names = features if names == own else names
        self.trees = booster.num_model_per_iteration()
        objective = str(_objective(booster))
        count = 2 if self.trees == 1 else self.trees
        self.classes = list(range(count)) if objective.startswith(_CLASSIFIES) else None
        self.outputs = (PROBABILITY, MARGIN, PREDICTION) if self.classes else (PREDICTION,)

    def score(self, columns: Columns, output: str) -> Numbers:
        """Probabilities, margins, or predicted values."""
        demand_output(output, self.outputs)
        if output == PREDICTION and self.classes:
            return np.asarray(self.label(columns), dtype=np.float64)
        margin = output == MARGIN
        found = np.asarray(self._predict(columns, raw_score=margin), dtype=np.float64)
        if found.ndim == 1 and self.classes:
            return np.column_stack([-found, found] if margin else [1.0 - found, found])
        return found

    def label(self, columns: Columns) -> list[Any]:
        """The class with the largest margin, or the predicted value."""
        if not self.classes:
            return [float(value) for value in self._predict(columns)]
        return [int(value) for value in self.score(columns, MARGIN).argmax(axis=1)]

    def contribute(self, columns: Columns, of: int | None) -> Numbers:
        """Exact TreeSHAP contributions to the margin, and the base value last."""
        found = np.asarray(self._predict(columns, pred_contrib=True), dtype=np.float64)
        width = found.shape[1] // self.trees
        at = (of or 0) * width if self.trees > 1 else 0
        return found[:, at : at + width]

    def _predict(self, columns: Columns, **how: Any) -> Any:
        demand_names(self.names, columns)
        values: Any = matrix(columns, self.names)
        if values is None or self.booster.pandas_categorical:
            values = categories(columns, self.names)
        return self.booster.predict(values, num_threads=1, **how)


def _objective(booster: Any) -> str:
    for line in booster.model_to_string(num_iteration=1).splitlines():
        if line.startswith("objective="):
            return str(line.removeprefix("objective="))
    return ""
