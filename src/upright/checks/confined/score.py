"""Loads a scikit-learn model and scores rows; runs only inside the sandbox.

Rows come as JSON columns, results go as JSON: nothing that either side would have to unpickle.
"""

import importlib
import importlib.util
import json
import math
from pathlib import Path
from typing import Any

_JOBLIB = "joblib"


def run(arguments: dict[str, Any]) -> dict[str, Any]:
    """``{model, rows, features, output, positive}`` to ``{scores, labels}``, one of each per row or None."""
    model = _load(Path(arguments["model"]))
    columns = json.loads(Path(arguments["rows"]).read_text(encoding="utf-8"))
    ask = _asker(model, columns, arguments["features"])
    output = arguments["output"]
    scores = (
        None if output == "predict" and _is_classifier(model) else _scores(model, ask, output, arguments["positive"])
    )
    labels = ask("predict").tolist() if arguments["labels"] else None
    return {"scores": scores, "labels": None if labels is None else [_plain(label) for label in labels]}


def _load(path: Path) -> Any:
    if importlib.util.find_spec(_JOBLIB) is not None:
        return importlib.import_module(_JOBLIB).load(path)
    import pickle

    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301 - scanned before, and this process is locked in


def _asker(model: Any, columns: dict[str, list[Any]], features: list[str]) -> Any:
    """Calls a method of the model with the rows, as an array where that means the same, else as a pandas frame."""
    names = [str(name) for name in getattr(model, "feature_names_in_", features)]
    missing = [name for name in names if name not in columns]
    if missing:
        raise ValueError(f"the model was trained with the column {missing[0]!r}, which is not among the features")
    numeric = all(not isinstance(value, str) for name in names for value in columns[name])

    def ask(method: str) -> Any:
        import warnings

        if numeric:
            try:
                with warnings.catch_warnings():
                    warnings.filterwarnings("ignore", message="X does not have valid feature names")
                    return getattr(model, method)(_array(columns, names))
            except (ValueError, TypeError, IndexError, KeyError, AttributeError):
                if importlib.util.find_spec("pandas") is None:
                    raise
        return getattr(model, method)(_frame(columns, names))

    return ask


def _array(columns: dict[str, list[Any]], names: list[str]) -> Any:
    import numpy as np

    return np.array([[math.nan if v is None else float(v) for v in columns[name]] for name in names]).T


def _frame(columns: dict[str, list[Any]], names: list[str]) -> Any:
    if importlib.util.find_spec("pandas") is None:
        raise ValueError("this model wants its columns by name, which needs pandas in this environment")
    pandas = importlib.import_module("pandas")
    return pandas.DataFrame({name: columns[name] for name in names})


def _is_classifier(model: Any) -> bool:
    return hasattr(model, "classes_")


def _scores(model: Any, ask: Any, output: str, positive: str | None) -> list[float]:
    if output != "predict" and not hasattr(model, output):
        raise ValueError(f"the model has no {output}")
    found = ask(output)
    if getattr(found, "ndim", 1) == 2:
        found = found[:, _column(model, positive, found.shape[1])]
    return [float(value) for value in found.tolist()]


def _column(model: Any, positive: str | None, width: int) -> int:
    known: Any = getattr(model, "classes_", None)
    classes = list(range(width)) if known is None else [_plain(value) for value in known.tolist()]
    if positive is None:
        if width == 2:
            return 1
        raise ValueError(f"the model knows {width} classes; name the positive one in the manifest")
    for at, value in enumerate(classes):
        if _same(value, positive):
            return at
    raise ValueError(f"the model does not know the positive class {positive!r}; it knows {classes}")


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _same(value: Any, text: str) -> bool:
    if str(value) == text:
        return True
    try:
        return float(value) == float(text)
    except (TypeError, ValueError):
        return False
