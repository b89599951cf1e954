"""A hosted model behind an adapter: what its answers mean, and rows as JSON."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from upright.checks.confined.columns import Columns, Numbers, pick, rows_of
from upright.checks.confined.door import Endpoint, EndpointError
from upright.checks.confined.loaded import PREDICTION, PROBABILITY, demand_names, demand_output

Invoke = Callable[[Endpoint, dict[str, Any], Columns], list[Any]]
ROWS_AT_ONCE = 1_000


class Hosted:
    """An endpoint whose answers mean what the manifest's ``output`` says: one number or one row for each row."""

    def __init__(self, endpoint: Endpoint, request: dict[str, Any], invoke: Invoke, protocol: str) -> None:
        self.endpoint, self.request, self.invoke = endpoint, request, invoke
        self.library = protocol
        self.names: list[str] = request["features"]
        self.classes: list[Any] | None = None
        self.meaning = request.get("output") or PREDICTION
        self.outputs = (PREDICTION,) if self.meaning == PREDICTION else (self.meaning, PREDICTION)

    def score(self, columns: Columns, output: str) -> Numbers:
        """The answers as numbers."""
        demand_output(output, self.outputs)
        answers = self._answers(columns)
        try:
            found = np.asarray(answers, dtype=np.float64)
        except (TypeError, ValueError):
            raise EndpointError("the endpoint answers with something else than numbers") from None
        if self.meaning == PROBABILITY and found.size and not (found.min() >= 0.0 and found.max() <= 1.0 + 1e-6):
            raise EndpointError("the endpoint gives numbers outside 0 to 1; say `output: decision_function`")
        return found

    def label(self, columns: Columns) -> list[Any]:
        """The answers, or the position of the largest of each."""
        if self.meaning == PREDICTION:
            return self._answers(columns)
        found = self.score(columns, self.meaning)
        if found.ndim != 2:
            raise EndpointError("the endpoint gives one number for each row; name a `threshold` in the manifest")
        return [int(value) for value in found.argmax(axis=1)]

    def _answers(self, columns: Columns) -> list[Any]:
        demand_names(self.names, columns)
        rows, found = rows_of(columns), []
        for start in range(0, rows, ROWS_AT_ONCE):
            part = pick(columns, slice(start, start + ROWS_AT_ONCE))
            answers = self.invoke(self.endpoint, self.request, part)
            if len(answers) != rows_of(part):
                raise EndpointError(f"{rows_of(part)} rows were sent and {len(answers)} answers came back")
            found += answers
        return found


def json_values(column: Any) -> list[Any]:
    """A column as JSON values: NaN is null, infinities are refused by whoever writes the JSON."""
    values = column.tolist() if isinstance(column, np.ndarray) else column
    return [None if isinstance(value, float) and math.isnan(value) else value for value in values]


def json_rows(columns: Columns, names: Sequence[str]) -> list[list[Any]]:
    """Rows of JSON values."""
    return [list(row) for row in zip(*(json_values(columns[name]) for name in names), strict=True)]
