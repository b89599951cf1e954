"""TorchScript archives: the one form of a torch model that holds its own code as data, and needs no class of yours."""

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


def load(request: dict[str, Any]) -> "Scripted":
    """The scripted module in a file.

    Raises:
        MissingLibraryError: torch is not installed.
    """
    torch = library("torch")
    torch.set_num_threads(1)
    module = torch.jit.load(request["path"], map_location="cpu").eval()
    return Scripted(torch, module, request)


class Scripted:
    """A module that takes one float tensor (rows, features)."""

    def __init__(self, torch: Any, module: Any, request: dict[str, Any]) -> None:
        self.torch, self.module = torch, module
        self.names: list[str] = request["features"]
        self.library = f"torch {torch.__version__}"
        self.output = request.get("output") or MARGIN
        self.classes: list[Any] | None = None
        self.outputs = (self.output,) if self.output == PREDICTION else (self.output, PREDICTION)

    def score(self, columns: Columns, output: str) -> Numbers:
        """What the module gives, which the manifest says the meaning of."""
        demand_output(output, self.outputs)
        demand_names(self.names, columns)
        values = matrix(columns, self.names)
        if values is None:
            raise ValueError("torch reads numbers; a feature holds texts")
        rows = self.torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
        with self.torch.inference_mode():
            found: Numbers = self.module(rows).numpy()
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
