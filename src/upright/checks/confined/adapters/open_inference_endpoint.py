"""Endpoints that speak the Open Inference Protocol (KServe v2): Triton, MLServer, KServe and others.

Source: github.com/kserve/open-inference-protocol, ``specification/protocol/inference_rest.md``.
"""

from typing import Any
from urllib.parse import quote

import numpy as np

from upright.checks.confined.columns import Columns
from upright.checks.confined.door import Endpoint, EndpointError
from upright.checks.confined.hosted import Hosted, json_values

_TYPES = {"f": "FP64", "i": "INT64", "b": "BOOL"}


def load(request: dict[str, Any]) -> Hosted:
    """The endpoint; nothing is asked yet."""
    return Hosted(Endpoint(request), request, infer, "open inference protocol")


def infer(endpoint: Endpoint, request: dict[str, Any], columns: Columns) -> list[Any]:
    """One answer for each row: each feature is an input of its own name, shape (rows,) or (rows, width)."""
    version = f"/versions/{quote(request['version'], safe='')}" if request.get("version") else ""
    path = f"/v2/models/{quote(request['model'], safe='')}{version}/infer"
    inputs = [_input(name, columns[name]) for name in request["features"]]
    answer = endpoint.post(path, {"inputs": inputs})
    outputs = answer.get("outputs") if isinstance(answer, dict) else None
    if not isinstance(outputs, list) or not outputs or not all(isinstance(one, dict) for one in outputs):
        raise EndpointError("the answer has no list `outputs`")
    chosen = next((one for one in outputs if one.get("name") == request.get("output")), outputs[0])
    return _rows(chosen)


def _input(name: str, column: Any) -> dict[str, Any]:
    if not isinstance(column, np.ndarray):
        if any(value is None for value in column):
            raise EndpointError(f"a missing value of {name!r} has no form in the Open Inference Protocol")
        data = [str(value) for value in column]
        return {"name": name, "shape": [len(data)], "datatype": "BYTES", "data": data}
    if column.dtype.kind == "f" and np.isnan(column).any():
        raise EndpointError(f"a missing value of {name!r} has no form in the Open Inference Protocol")
    kind = _TYPES[column.dtype.kind]
    return {"name": name, "shape": list(column.shape), "datatype": kind, "data": json_values(column.reshape(-1))}


def _rows(output: dict[str, Any]) -> list[Any]:
    shape, data = output.get("shape"), output.get("data")
    if not isinstance(shape, list) or not isinstance(data, list) or not shape:
        raise EndpointError("an output has no shape or no data")
    flat = np.asarray(data, dtype=object).reshape(-1)
    if len(shape) > 2 or any(not isinstance(side, int) or side < 0 for side in shape) or np.prod(shape) != flat.size:
        raise EndpointError(f"an output of shape {shape} has {flat.size} values")
    return flat.tolist() if len(shape) == 1 else flat.reshape(shape).tolist()
