"""A Python file with functions of agreed names: ``predict_proba``, ``decision_function``, ``predict``.

Each takes the columns (a dict of name to a NumPy array or a list of texts) and gives one answer for each row; a list
``CLASSES`` names the classes in the order of the columns that ``predict_proba`` gives.
"""

from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import numpy as np

from upright.checks.confined.columns import Columns, Numbers
from upright.checks.confined.loaded import MARGIN, PREDICTION, PROBABILITY, demand_output, plain


def load(request: dict[str, Any]) -> "Functions":
    """The functions of a file, which is executed.

    Raises:
        ValueError: it has none of them.
    """
    spec = spec_from_file_location("model_under_test", request["path"])
    if spec is None or spec.loader is None:
        raise ValueError("this is no Python file")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return Functions(module, request["features"])


class Functions:
    """A module, asked by its functions."""

    library = "python"

    def __init__(self, module: Any, features: list[str]) -> None:
        self.module, self.names = module, features
        known = getattr(module, "CLASSES", None)
        self.classes = None if known is None else [plain(value) for value in known]
        self.outputs = tuple(n for n in (PROBABILITY, MARGIN, PREDICTION) if callable(getattr(module, n, None)))
        if not self.outputs:
            raise ValueError(f"the file defines none of {PROBABILITY}, {MARGIN} and {PREDICTION}")

    def score(self, columns: Columns, output: str) -> Numbers:
        """What the function says, as numbers."""
        demand_output(output, self.outputs)
        return np.asarray(getattr(self.module, output)(dict(columns)), dtype=np.float64)

    def label(self, columns: Columns) -> list[Any]:
        """What ``predict`` says, else the most probable class."""
        if PREDICTION in self.outputs:
            return list(np.asarray(self.module.predict(dict(columns))).tolist())
        found = self.score(columns, self.outputs[0])
        if found.ndim != 2 or self.classes is None:
            raise ValueError("the file has no predict, and no CLASSES to name what is most probable")
        return [self.classes[at] for at in found.argmax(axis=1)]
