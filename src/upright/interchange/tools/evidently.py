"""Evidently: the JSON of ``Snapshot.save_json`` and of ``Snapshot.dumps``. Read from files of evidently 0.7.23."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from upright.checks.foreign import plain, skipped
from upright.interchange.findings import Findings, bare_number, slug
from upright.interchange.reading import json_of, moment
from upright.measures.estimate import Estimate, exact

FORMAT = "Evidently report"
_PERFORMANCE = {
    "Accuracy", "Precision", "Recall", "F1Score", "TPR", "TNR", "FPR", "FNR", "RocAuc", "LogLoss", "MAE", "RMSE",
    "MAPE", "R2Score", "MeanError", "AbsMaxError", "F1ByLabel", "PrecisionByLabel", "RecallByLabel", "RocAucByLabel",
}  # fmt: skip
_MOST_METRICS = 300


def recognises(document: Mapping[str, Any]) -> bool:
    """Whether a document is a snapshot, in its short or its full form."""
    short = isinstance(document.get("metrics"), list) and isinstance(document.get("tests"), list)
    return short or (isinstance(document.get("metric_results"), Mapping) and "top_level_metrics" in document)


def read(path: Path) -> Findings:
    """How many of its tests failed, and its metrics as they are given: it says on how many rows of none of them.

    A test that ended with an error or was skipped leaves the report open. Tests of drift, of performance and of data
    quality are evidence of different kinds; whoever imports says of which.
    """
    document = json_of(path)
    tests = list(_tests(document))
    failed = [one for one in tests if _status(one) == "FAIL"]
    odd = [one for one in tests if _status(one) not in {"FAIL", "SUCCESS", "WARNING"}]
    kinds = tuple(dict.fromkeys(kind for kind, _ in _metrics(document)))
    metrics = [one for _, one in _metrics(document)]
    return Findings(
        format=FORMAT,
        tool="evidently",
        kinds=kinds,
        estimates=(exact("failed_tests", len(failed), n=len(tests), unit="tests"), *metrics[:_MOST_METRICS]),
        default_limits={"failed_tests": {"at_most": "0"}},
        ended=moment(document.get("timestamp")),
        partial=() if tests else ("it holds no test, and a metric alone neither passes nor fails",),
        undecided=(f"{len(odd)} tests ended with an error or were skipped",) if odd else (),
        failures=tuple(plain(one.get("description") or one.get("name") or "a test") for one in failed),
        not_examined=skipped(
            [
                *((plain(one.get("name")), f"the test ended as {plain(_status(one), 20)}", 1) for one in odd),
                *(
                    [("further metrics", "not shown here", len(metrics) - _MOST_METRICS)]
                    if len(metrics) > _MOST_METRICS
                    else []
                ),
            ]
        ),
    )


def _tests(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    rows = document.get("tests")
    if not isinstance(rows, list):
        rows = []
        for result in document["metric_results"].values():
            inner = result.get("tests") if isinstance(result, Mapping) else None
            rows += inner if isinstance(inner, list) else []
    yield from (row for row in rows if isinstance(row, Mapping))


def _status(test: Mapping[str, Any]) -> str:
    return str(test.get("status", "")).rpartition(".")[2].upper()


def _metrics(document: Mapping[str, Any]) -> Iterator[tuple[str, Estimate]]:
    rows = document.get("metrics")
    if isinstance(rows, list):
        for row in rows:
            config = row.get("config") if isinstance(row, Mapping) else None
            if isinstance(config, Mapping):
                yield from _numbers(config, row.get("value"))
        return
    for result in document["metric_results"].values():
        location = result.get("metric_value_location") if isinstance(result, Mapping) else None
        metric = location.get("metric") if isinstance(location, Mapping) else None
        params = metric.get("params") if isinstance(metric, Mapping) else None
        if isinstance(params, Mapping):
            yield from _numbers(params, result.get("value"))


def _words(name: str) -> str:
    """``ValueDrift`` as ``Value Drift``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)


def _numbers(config: Mapping[str, Any], value: Any) -> Iterator[tuple[str, Estimate]]:
    name = str(config.get("type", "")).rpartition(":")[2]
    kind = "drift" if "Drift" in name else "performance" if name in _PERFORMANCE else "data-quality"
    group = {"column": plain(config["column"])} if isinstance(config.get("column"), str) else {}
    if isinstance(config.get("method"), str):
        group["method"] = plain(config["method"])
    values = value if isinstance(value, Mapping) else {"": value}
    for part, number in values.items():
        if isinstance(number, int | float) and not isinstance(number, bool) and abs(number) < 1e300:
            label = {"part": plain(part)} if part else {}
            yield kind, bare_number(slug(_words(name)), float(number), group=group | label)
