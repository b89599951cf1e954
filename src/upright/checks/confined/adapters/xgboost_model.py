"""XGBoost's own model files."""

import json
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
    plain,
)

_CLASSIFIES = ("binary:", "multi:")


def load(request: dict[str, Any]) -> "Boosted":
    """The booster in a file.

    Raises:
        MissingLibraryError: XGBoost is not installed.
    """
    booster = library("xgboost").Booster()
    booster.load_model(request["path"])
    return boosted(booster, request["features"])


def boosted(booster: Any, features: list[str]) -> "Boosted":
    """The same of a booster that was loaded already."""
    booster.set_param({"nthread": 1})
    return Boosted(library("xgboost"), booster, features)


def demand_categories(booster: Any) -> None:
    """Refuses texts where the booster does not know them for what they were when it was trained.

    Raises:
        ValueError: it reads numbers alone, or comes from an XGBoost (before 3.1) that kept the codes and not the texts.
    """
    if "c" not in (booster.feature_types or ()):
        raise ValueError("XGBoost reads numbers; a feature holds texts")
    if not hasattr(booster, "get_categories") or booster.get_categories().empty():
        raise ValueError("it keeps the codes of categories and not their texts; train it with XGBoost 3.1 or later")


class Boosted:
    """A booster, asked by DMatrix, texts as categories if it was trained with them; missing numbers are its own."""

    def __init__(self, xgboost: Any, booster: Any, features: list[str]) -> None:
        self.xgboost, self.booster = xgboost, booster
        self.library = f"xgboost {xgboost.__version__}"
        self.names = list(booster.feature_names or features)
        learner = json.loads(booster.save_config())["learner"]
        self.objective = str(learner["learner_train_param"]["objective"])
        count = int(learner["learner_model_param"].get("num_class", "0"))
        self.classes = list(range(count or 2)) if self.objective.startswith(_CLASSIFIES) else None
        self.outputs: tuple[str, ...] = (PROBABILITY, MARGIN, PREDICTION) if self.classes else (PREDICTION,)
        if self.objective in {"binary:logitraw", "binary:hinge", "multi:softmax"}:
            self.outputs = (MARGIN, PREDICTION)

    def score(self, columns: Columns, output: str) -> Numbers:
        """Probabilities, margins before the link function, or predicted values."""
        demand_output(output, self.outputs)
        if output == PREDICTION and self.classes:
            return np.asarray(self.label(columns), dtype=np.float64)
        margin = output == MARGIN
        found = np.asarray(self.booster.predict(self._rows(columns), output_margin=margin), dtype=np.float64)
        if found.ndim == 1 and self.classes:
            return np.column_stack([-found, found] if margin else [1.0 - found, found])
        return found

    def label(self, columns: Columns) -> list[Any]:
        """The class with the largest margin, or the predicted value."""
        if not self.classes:
            return [float(value) for value in self.booster.predict(self._rows(columns))]
        return [plain(value) for value in self.score(columns, MARGIN).argmax(axis=1)]

    def contribute(self, columns: Columns, of: int | None) -> Numbers:
        """Exact TreeSHAP contributions to the margin, and the base value last."""
        found = np.asarray(self.booster.predict(self._rows(columns), pred_contribs=True), dtype=np.float64)
        return found[:, of or 0, :] if found.ndim == 3 else found

    def _rows(self, columns: Columns) -> Any:
        demand_names(self.names, columns)
        values = matrix(columns, self.names)
        if values is None:
            demand_categories(self.booster)
            rows = categories(columns, self.names)
            return self.xgboost.DMatrix(rows, missing=np.nan, nthread=1, enable_categorical=True)
        return self.xgboost.DMatrix(values, feature_names=self.booster.feature_names, missing=np.nan, nthread=1)
