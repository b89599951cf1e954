"""Torch models that hold their own code as data and need no class of yours: TorchScript and exported programs."""

import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from upright.checks.confined.columns import Columns, Numbers
from upright.checks.confined.loaded import (
    MARGIN,
    PREDICTION,
    PROBABILITY,
    demand_names,
    demand_output,
    library,
    matrix,
)

_WANTED = (
    "expected TorchScript (torch.jit.save) or an exported program (torch.export.save with a dynamic first dimension); "
    "a state dict or a whole module has no code of its own: export it"
)


def load(request: dict[str, Any]) -> "Tensors":
    """The scripted module or exported program in a file.

    Raises:
        MissingLibraryError: torch is not installed. ValueError: the file holds neither.
    """
    torch = library("torch")
    torch.set_num_threads(1)
    entries = _entries(request["path"])
    if "constants.pkl" in entries:
        return Tensors(torch, torch.jit.load(request["path"], map_location="cpu").eval(), request)
    if entries & {"archive_format", "serialized_exported_program.json"}:
        program = library("torch.export").load(request["path"])
        _demand_rows(program)
        return Tensors(torch, program.module(), request)
    raise ValueError(f"the file holds no torch model that runs by itself; {_WANTED}")


def _entries(path: str) -> set[str]:
    """The names in the archive, without the folder that torch puts all of them in."""
    if not zipfile.is_zipfile(path):
        return set()
    with zipfile.ZipFile(path) as archive:
        return {name.partition("/")[2] or name for name in archive.namelist()}


def _demand_rows(program: Any) -> None:
    """An exported program says what it takes: it must be one tensor, of any number of rows."""
    given = program.graph_signature.user_inputs
    if len(given) != 1:
        raise ValueError(f"the exported program takes {len(given)} tensors; one of shape (rows, features) can be given")
    rows = next(node.meta["val"].shape[0] for node in program.graph.nodes if node.name == given[0])
    if type(rows) is int:
        raise ValueError(
            f"the exported program takes exactly {rows} rows; export it with "
            "`dynamic_shapes=({0: torch.export.Dim('rows')},)`"
        )


def _own(module: Any) -> Iterator[Any]:
    """The tensors that a model brings: a frozen one has no parameters, they stand in its graph."""
    yield from module.parameters()
    yield from module.buffers()
    graph = getattr(module, "inlined_graph", None)  # its nodes live no longer than it does
    if graph is not None:
        for node in graph.findAllNodes("prim::Constant"):
            if "value" in node.attributeNames() and node.kindOf("value") == "t":
                yield node.t("value")


class Tensors:
    """A model that takes one tensor (rows, features), in the precision of its own numbers, else float32."""

    def __init__(self, torch: Any, module: Callable[..., Any], request: dict[str, Any]) -> None:
        self.torch, self.module = torch, module
        self.names: list[str] = request["features"]
        self.library = f"torch {torch.__version__}"
        self.output = request.get("output") or MARGIN
        self.classes: list[Any] | None = None
        self.outputs = (self.output,) if self.output == PREDICTION else (self.output, PREDICTION)
        self.dtype = next((one.dtype for one in _own(module) if one.is_floating_point()), torch.float32)

    def score(self, columns: Columns, output: str) -> Numbers:
        """What the module gives, which the manifest says the meaning of."""
        demand_output(output, self.outputs)
        demand_names(self.names, columns)
        values = matrix(columns, self.names)
        if values is None:
            raise ValueError("torch reads numbers; a feature holds texts")
        rows = self.torch.from_numpy(np.ascontiguousarray(values, dtype=np.float64)).to(self.dtype)
        with self.torch.inference_mode():
            given = self.module(rows)
        if not self.torch.is_tensor(given):
            raise ValueError(f"the module gives a {type(given).__name__}; one tensor is expected")
        found: Numbers = given.double().numpy()
        found = found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found
        if output == PROBABILITY and (found.min(initial=0.0) < 0.0 or found.max(initial=1.0) > 1.0 + 1e-6):
            raise ValueError("the module gives numbers outside 0 to 1; say `output: decision_function`")
        return found

    def label(self, columns: Columns) -> list[Any]:
        """The position of the largest output, or the predicted value."""
        found = self.score(columns, self.output)
        if found.ndim == 2:
            return [int(value) for value in found.argmax(axis=1)]
        if self.output == PREDICTION:
            return [float(value) for value in found]
        raise ValueError("the module gives one number for each row; name a `threshold` in the manifest")
