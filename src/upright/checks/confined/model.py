"""The task that holds a model: loads it once, then answers rows; runs only inside the sandbox."""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from upright.checks.confined.adapters import ADAPTERS
from upright.checks.confined.columns import LABEL, Columns, pack, unpack
from upright.checks.confined.loaded import Loaded, plain

_held: dict[str, Loaded] = {}
MAIN = ""
Answer = tuple[Any, list[Any]]


def run(request: dict[str, Any], body: memoryview) -> Answer:
    """One request, by its ``op``; ``slot`` says which model, where others were fitted beside the first."""
    columns = unpack(request.get("layout", []), body)
    return _OPERATIONS[request["op"]](request, columns)


def _load(request: dict[str, Any], _columns: Columns) -> Answer:
    module = importlib.import_module(f"upright.checks.confined.adapters.{ADAPTERS[request['adapter']].module}")
    model: Loaded = module.load(request)
    _held[MAIN] = model
    about = {
        "library": model.library,
        "names": list(model.names),
        "classes": model.classes,
        "outputs": list(model.outputs),
        "fits": hasattr(model, "fit"),
        "contributes": hasattr(model, "contribute"),
    }
    return about, []


def _score(request: dict[str, Any], columns: Columns) -> Answer:
    model = _held[request.get("slot", MAIN)]
    answer, parts = _numbers(np.asarray(model.score(columns, request["output"]), dtype=np.float64))
    return answer | {"classes": model.classes}, parts


def _label(request: dict[str, Any], columns: Columns) -> Answer:
    labels = _held[request.get("slot", MAIN)].label(columns)
    layout, parts = pack({"labels": [plain(label) for label in labels]})
    return {"layout": layout}, parts


def _contribute(request: dict[str, Any], columns: Columns) -> Answer:
    model: Any = _held[request.get("slot", MAIN)]
    return _numbers(np.asarray(model.contribute(columns, request.get("of")), dtype=np.float64))


def _fit(request: dict[str, Any], columns: Columns) -> Answer:
    """Trains an unfitted copy of the model on these rows, and keeps it under ``slot``."""
    labels = columns.pop(LABEL)
    model: Any = _held[MAIN]
    _held[request["slot"]] = model.fit(columns, labels, request.get("seed"))
    return {"classes": _held[request["slot"]].classes}, []


def _drop(request: dict[str, Any], _columns: Columns) -> Answer:
    if request["slot"] != MAIN:
        _held.pop(request["slot"], None)
    return {}, []


def _hop_skip_jump(request: dict[str, Any], columns: Columns) -> Answer:
    from upright.checks.confined.hop_skip_jump import attack

    return _numbers(attack(_held[MAIN], request, columns))


def _numbers(found: Any) -> Answer:
    if found.ndim not in (1, 2):
        raise ValueError(f"the model answers with {found.ndim} dimensions; expected one number or one row for each row")
    layout, parts = pack({"numbers": found})
    return {"layout": layout}, parts


_OPERATIONS: dict[str, Callable[[dict[str, Any], Columns], Answer]] = {
    "load": _load,
    "score": _score,
    "label": _label,
    "contribute": _contribute,
    "fit": _fit,
    "drop": _drop,
    "hop_skip_jump": _hop_skip_jump,
}
