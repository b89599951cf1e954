"""HopSkipJump of the Adversarial Robustness Toolbox, run beside the model; it sees decisions only.

Source: Chen, Jordan & Wainwright, IEEE S&P 2020.
"""

import os
import warnings
from typing import Any

import numpy as np

from upright.checks.confined.columns import Columns, Numbers, pick, rows_of
from upright.checks.confined.loaded import Loaded, library, plain


def attack(model: Loaded, request: dict[str, Any], columns: Columns) -> Numbers:
    """For each row the numbers of ``request["numbers"]``, moved so that it flips; unmoved where none was found.

    Each of the numbers is ``{name, low, high, steps}``; what is not named stays as it is.
    """
    os.environ["HOME"] = os.getcwd()  # noqa: PTH109 - where the library may keep its settings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        classification = library("art.estimators.classification")
        evasion = library("art.attacks.evasion")
        np.random.seed(request["seed"])
        each = (pick(columns, slice(at, at + 1)) for at in range(rows_of(columns)))
        return np.stack([_one(model, request, row, classification, evasion) for row in each])


def _one(model: Loaded, request: dict[str, Any], row: Columns, classification: Any, evasion: Any) -> Numbers:
    numbers = request["numbers"]
    low = np.array([one["low"] for one in numbers])
    span = np.array([one["high"] - one["low"] for one in numbers])
    own = np.array([float(row[one["name"]][0]) for one in numbers])
    steps = [one["steps"] for one in numbers]

    def placed(scaled: Numbers) -> Columns:
        values = low + np.clip(np.asarray(scaled, dtype=np.float64), 0.0, 1.0) * span
        found = {name: _repeated(values_of, len(values)) for name, values_of in row.items()}
        for at, one in enumerate(numbers):
            found[one["name"]] = np.rint(values[:, at]).astype(np.int64) if steps[at] else values[:, at]
        return found

    first = _decide(model, request, row)[0]

    def decide(scaled: Numbers) -> Numbers:
        same = np.array([decision == first for decision in _decide(model, request, placed(scaled))])
        return np.column_stack([same, ~same]).astype(np.float32)

    black_box = classification.BlackBoxClassifier(decide, (len(numbers),), 2, clip_values=(0.0, 1.0))
    hop = evasion.HopSkipJump(
        black_box, norm=2, max_iter=request["iterations"], max_eval=500, init_eval=50, init_size=100, verbose=False
    )
    start = ((own - low) / np.where(span > 0, span, 1.0)).astype(np.float32)[None]
    found: Numbers = hop.generate(start)
    if decide(found)[0, 0] == 1.0:
        return own
    values = low + np.clip(found[0].astype(np.float64), 0.0, 1.0) * span
    whole: Numbers = np.where(steps, np.rint(values), values)
    return whole


def _repeated(values: Any, count: int) -> Any:
    return np.repeat(values, count) if isinstance(values, np.ndarray) else list(values) * count


def _decide(model: Loaded, request: dict[str, Any], columns: Columns) -> list[Any]:
    if request["threshold"] is None:
        return [plain(label) for label in model.label(columns)]
    found = np.asarray(model.score(columns, request["output"]), dtype=np.float64)
    scores = found if found.ndim == 1 else found[:, request["positive_at"]]
    return list(scores >= request["threshold"])
