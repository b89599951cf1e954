"""Rows as columns, and how they cross the pipe: numbers as raw little-endian arrays, everything else as JSON."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[Any]
Columns = dict[str, Any]
"""Name to a NumPy array of float64, int64 or bool (float64 with two dimensions for vectors), or a list of values."""

LABEL = "\x00label"
"""Under which the labels travel that a model is trained with; no column of a table has this name."""

_KINDS = {"float": np.dtype("<f8"), "int": np.dtype("<i8"), "flag": np.dtype("|b1")}
_NAMES = {"f": "float", "i": "int", "b": "flag"}
_WHOLE = 2**63


class ColumnError(ValueError):
    """Columns that do not have the same number of rows, or bytes that are not the columns they claim to be."""


def as_column(values: Any) -> Any:
    """The most compact form that means the same: None in numbers is NaN; texts and mixtures stay a list."""
    if isinstance(values, np.ndarray):
        return _as_array(values)
    found = list(values)
    kinds = {type(value) for value in found}
    if kinds == {bool}:
        return np.array(found, dtype=np.bool_)
    if kinds == {int} and all(-_WHOLE <= value < _WHOLE for value in found):
        return np.array(found, dtype=np.int64)
    if kinds and kinds <= {int, float, type(None)} and kinds != {type(None)}:
        return np.array([math.nan if value is None else float(value) for value in found])
    if kinds and kinds <= {list, tuple} and len({len(value) for value in found}) == 1:
        return _as_vectors(found)
    return found


def _as_array(values: Numbers) -> Any:
    if values.dtype.kind in "fiub":
        whole = {"f": np.float64, "b": np.bool_}.get(values.dtype.kind, np.int64)
        return np.ascontiguousarray(values, dtype=whole)
    return as_column(values.tolist())


def _as_vectors(found: list[Any]) -> Any:
    try:
        return np.array([[math.nan if one is None else float(one) for one in row] for row in found])
    except (TypeError, ValueError):
        return found


def rows_of(columns: Mapping[str, Any]) -> int:
    """How many rows the columns have.

    Raises:
        ColumnError: they differ, or there is none.
    """
    sizes = {len(column) for column in columns.values()}
    if len(sizes) != 1:
        raise ColumnError("the columns do not have the same number of rows" if sizes else "there are no columns")
    return sizes.pop()


def pick(columns: Mapping[str, Any], rows: Any) -> Columns:
    """The given rows (positions, a mask or a slice) of every column."""
    found: Columns = {}
    for name, column in columns.items():
        if isinstance(column, np.ndarray):
            found[name] = column[rows]
        else:
            chosen = np.arange(len(column))[rows]
            found[name] = [column[at] for at in chosen]
    return found


def pack(columns: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[Any]]:
    """What stands in the head, and the buffers of the body."""
    layout: list[dict[str, Any]] = []
    buffers: list[Any] = []
    for name, values in columns.items():
        column = as_column(values)
        if isinstance(column, np.ndarray):
            kind = _NAMES[column.dtype.kind]
            data: Any = np.ascontiguousarray(column, dtype=_KINDS[kind])
            size, shape = data.nbytes, list(data.shape)
        else:
            kind, data = "json", json.dumps(column, separators=(",", ":")).encode()
            size, shape = len(data), [len(column)]
        layout.append({"name": name, "kind": kind, "shape": shape, "size": size})
        if size:
            buffers.append(data)
    return layout, buffers


def unpack(layout: Sequence[Mapping[str, Any]], body: memoryview) -> Columns:
    """The columns again.

    Raises:
        ColumnError: the bytes are not what the head says, to the last one.
    """
    found: Columns = {}
    at = 0
    try:
        for part in layout:
            size = int(part["size"])
            if size < 0 or at + size > len(body):
                raise ColumnError("a column is cut off")
            found[str(part["name"])] = _column(part, body[at : at + size])
            at += size
    except (KeyError, TypeError, ValueError, RecursionError, OverflowError) as why:
        raise ColumnError(f"columns are not of the agreed form: {why}") from None
    if at != len(body):
        raise ColumnError("there are bytes beyond the last column")
    return found


def _column(part: Mapping[str, Any], data: memoryview) -> Any:
    shape = [int(side) for side in part["shape"]]
    if part["kind"] == "json":
        value = json.loads(bytes(data))
        if not isinstance(value, list) or [len(value)] != shape:
            raise ColumnError("a column has another number of rows than it says")
        return value
    dtype = _KINDS[part["kind"]]
    if not 1 <= len(shape) <= 2 or min(shape) < 0 or math.prod(shape) * dtype.itemsize != len(data):
        raise ColumnError("a column has another size than it says")
    return np.frombuffer(data, dtype=dtype).reshape(shape)
