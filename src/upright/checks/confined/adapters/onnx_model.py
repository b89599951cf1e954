"""ONNX graphs, run by onnxruntime on one thread; custom operators are never registered."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from upright.checks.confined.columns import Columns, Numbers, rows_of
from upright.checks.confined.loaded import (
    MARGIN,
    PREDICTION,
    PROBABILITY,
    demand_names,
    demand_output,
    library,
    matrix,
    plain,
)

_TYPES = {
    "tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16,
    "tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(bool)": np.bool_,
    "tensor(uint8)": np.uint8, "tensor(int8)": np.int8,
}  # fmt: skip
_TEXT = "tensor(string)"
_FLOATS = ("tensor(float)", "tensor(double)", "tensor(float16)")


def load(request: dict[str, Any]) -> "Graph":
    """The graph in a file.

    Raises:
        MissingLibraryError: onnxruntime is not installed.
    """
    runtime = library("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = runtime.InferenceSession(request["path"], options, providers=["CPUExecutionProvider"])
    return Graph(session, request, f"onnxruntime {runtime.__version__}")


class Graph:
    """A graph with one input for all features, or one input for each of them.

    Of its outputs, whole numbers or texts are labels; a sequence of mappings or floats are scores, which the manifest
    says the meaning of (``output``).
    """

    def __init__(self, session: Any, request: dict[str, Any], library_name: str) -> None:
        self.session, self.library = session, library_name
        self.features: list[str] = request["features"]
        self.inputs = list(session.get_inputs())
        self.names = [one.name for one in self.inputs] if len(self.inputs) > 1 else self.features
        outputs = list(session.get_outputs())
        self.labels = next((one.name for one in outputs if one.type in {_TEXT, "tensor(int64)", "tensor(int32)"}), None)
        scores = [one for one in outputs if one.type.startswith("seq(map(") or one.type in _FLOATS]
        named = [one for one in scores if "prob" in one.name.lower()]
        self.scores = next((one.name for one in (*named, *scores)), None)
        self.meaning = request.get("output") or (PROBABILITY if named or self.labels else PREDICTION)
        self.classes: list[Any] | None = None
        given = [] if self.scores is None else [self.meaning]
        if PREDICTION not in given and (self.labels is not None or self.meaning in {PROBABILITY, MARGIN}):
            given.append(PREDICTION)
        self.outputs = tuple(given)

    def score(self, columns: Columns, output: str) -> Numbers:
        """What the graph gives, as numbers; probabilities are held to be such."""
        demand_output(output, self.outputs)
        if output != self.meaning or self.scores is None:
            return np.asarray(self.label(columns), dtype=np.float64)
        (found,) = self.session.run([self.scores], self._feed(columns))
        if isinstance(found, list):
            self.classes = [plain(key) for key in found[0]] if found else None
            found = [[row[key] for key in found[0]] for row in found]
        numbers = np.asarray(found, dtype=np.float64)
        numbers = numbers.reshape(len(numbers), -1)
        numbers = numbers[:, 0] if numbers.shape[1] == 1 else numbers
        if output == PROBABILITY and numbers.size and (numbers.min() < 0.0 or numbers.max() > 1.0 + 1e-6):
            raise ValueError("the graph gives numbers outside 0 to 1; say `output: decision_function`")
        return numbers

    def label(self, columns: Columns) -> list[Any]:
        """The graph's own label, else the position of its largest score."""
        if self.labels is not None:
            (found,) = self.session.run([self.labels], self._feed(columns))
            return list(np.asarray(found).reshape(rows_of(columns)).tolist())
        numbers = self.score(columns, self.meaning)
        if numbers.ndim == 2:
            return [int(value) for value in numbers.argmax(axis=1)]
        if self.meaning == PREDICTION:
            return [float(value) for value in numbers]
        raise ValueError("the graph gives one number for each row; name a `threshold` in the manifest")

    def _feed(self, columns: Columns) -> dict[str, Any]:
        demand_names(self.names, columns)
        if len(self.inputs) > 1:
            return {one.name: _single(columns, one, rows_of(columns)) for one in self.inputs}
        values = matrix(columns, self.names)
        wanted = self.inputs[0]
        if wanted.type == _TEXT or values is None:
            if wanted.type != _TEXT:
                raise ValueError(f"the graph reads {wanted.type}; a feature holds texts")
            return {wanted.name: np.array([[str(v) for v in columns[name]] for name in self.names], dtype=object).T}
        shape = _shape_of(wanted.shape, values.shape[1])
        return {wanted.name: values.astype(_type_of(wanted)).reshape(len(values), *shape)}


def _single(columns: Columns, wanted: Any, rows: int) -> Any:
    column = columns[wanted.name]
    shape = (rows, 1) if len(wanted.shape) > 1 else (rows,)
    if wanted.type == _TEXT:
        return np.array([str(value) for value in column], dtype=object).reshape(shape)
    values = matrix(columns, [wanted.name])
    if values is None:
        raise ValueError(f"the graph reads {wanted.type} of {wanted.name!r}, which holds texts")
    return values.astype(_type_of(wanted)).reshape(shape)


def _type_of(wanted: Any) -> Any:
    if wanted.type not in _TYPES:
        raise ValueError(f"the graph reads {wanted.type}, which is not supported")
    return _TYPES[wanted.type]


def _shape_of(declared: Sequence[Any], width: int) -> tuple[int, ...]:
    """Sides of one row: the declared ones; of two open ones a square is made."""
    sides = list(declared[1:])
    known = math.prod(side for side in sides if isinstance(side, int))
    is_open = [at for at, side in enumerate(sides) if not isinstance(side, int)]
    left = width // known if known else 0
    if len(is_open) == 1:
        sides[is_open[0]] = left
    elif len(is_open) == 2:
        sides[is_open[0]] = sides[is_open[1]] = math.isqrt(left)
    if not sides or not all(isinstance(side, int) for side in sides) or math.prod(sides) != width:
        raise ValueError(f"the graph reads {list(declared)} and the features give {width} numbers for each row")
    return tuple(sides)
