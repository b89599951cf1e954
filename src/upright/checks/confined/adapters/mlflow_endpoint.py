"""Endpoints that speak MLflow's scoring protocol: rows as ``dataframe_split`` to ``/invocations``.

Source: MLflow's documentation, "Local inference server specification" (MLflow 2 and later).
"""

from typing import Any

from upright.checks.confined.columns import Columns
from upright.checks.confined.door import Endpoint, EndpointError
from upright.checks.confined.hosted import Hosted, json_rows


def load(request: dict[str, Any]) -> Hosted:
    """The endpoint; nothing is asked yet."""
    return Hosted(Endpoint(request), request, invoke, "mlflow scoring protocol")


def invoke(endpoint: Endpoint, request: dict[str, Any], columns: Columns) -> list[Any]:
    """One answer for each row."""
    names = request["features"]
    asked = {"dataframe_split": {"columns": names, "data": json_rows(columns, names)}}
    answer = endpoint.post("/invocations", asked)
    found = answer.get("predictions") if isinstance(answer, dict) else answer
    if not isinstance(found, list):
        raise EndpointError("the answer has no list `predictions`")
    return found
