"""Files in the shape that other tools write; each says which version's source or output it was read from."""

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def garak(
    path: Path,
    evals: Sequence[tuple[str, str, int, int, int]],
    *,
    complete: bool = True,
    attempts: Mapping[str, tuple[int, int]] | None = None,
    generations: int = 5,
    more: Sequence[str] = (),
) -> Path:
    """garak 0.17.1: (probe, detector, passed, fails, nones); ``attempts`` are started and judged ones by probe."""
    lines: list[Any] = [
        {"entry_type": "start_run setup", "plugins.target_name": "tiny", "plugins.probe_spec": "dan",
         "run.generations": generations,
         "run.eval_threshold": 0.5, "run.seed": None},
        {"entry_type": "init", "garak_version": "0.17.1", "start_time": "2026-04-01T10:00:00.000001", "run": "r"},
    ]  # fmt: skip
    for probe, (started, judged) in (attempts or {}).items():
        row = {
            "entry_type": "attempt",
            "probe_classname": probe,
            "prompt": {"turns": []},
            "outputs": [{"text": "secret"}],
        }
        lines += [{**row, "uuid": f"{probe}-{at}", "status": 1, "detector_results": {}} for at in range(started)]
        lines += [
            {**row, "uuid": f"{probe}-{at}", "status": 2, "detector_results": {"x": [0.1]}} for at in range(judged)
        ]
    for probe, detector, passed, fails, nones in evals:
        total = passed + fails
        lines.append(
            {"entry_type": "eval", "probe": probe, "detector": detector, "passed": passed, "fails": fails,
             "nones": nones,
             "total_evaluated": total, "total_processed": total + nones}
        )  # fmt: skip
    if complete:
        lines.append({"entry_type": "completion", "end_time": "2026-04-01T11:00:00.000002", "run": "r"})
        lines.append({"entry_type": "digest", "meta": {}, "eval": {}})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + "".join(more))
    return path


def promptfoo(
    path: Path, rows: Sequence[Mapping[str, Any]], *, config: Mapping[str, Any] | None = None, **stats: int
) -> Path:
    """promptfoo, summary version 3; a row says ``success``, and where it errs ``failureReason: 2``."""
    results = [
        {"testIdx": at, "promptIdx": 0, "provider": {"id": "openai:tiny", "label": ""}, "success": True,
         "failureReason": 0,
         "score": 1, "namedScores": {}, "latencyMs": 3, "vars": {}, "prompt": {"raw": "x", "label": "x"},
          "testCase": {}, **row}
        for at, row in enumerate(rows)
    ]  # fmt: skip
    counted = {
        "successes": sum(row["success"] for row in results),
        "failures": sum(not row["success"] and row["failureReason"] != 2 for row in results),
        "errors": sum(row["failureReason"] == 2 for row in results),
    }
    document = {
        "evalId": "eval-1",
        "results": {"version": 3, "timestamp": "2026-04-01T11:00:00.000Z", "results": results, "prompts": [],
         "stats": counted | stats},
        "config": dict(config or {"description": "suite"}),
        "shareableUrl": None,
        "metadata": {"promptfooVersion": "0.119.0", "nodeVersion": "v22", "platform": "linux", "arch": "x64",
         "exportedAt": "2026-04-01T11:00:01Z"},
    }  # fmt: skip
    path.write_text(json.dumps(document))
    return path


def inspect_log(**changes: Any) -> dict[str, Any]:
    """inspect-ai 0.3.285: an evaluation of twelve samples with mockllm, cut to what the log begins with."""
    scores = [
        {"name": "match", "scorer": "match", "scored_samples": 12, "unscored_samples": 0, "params": {},
         "metrics": {"accuracy": {"name": "accuracy", "value": 0.6666666666666666, "params": {}},
                     "stderr": {"name": "stderr", "value": 0.142, "params": {}}}}
    ]  # fmt: skip
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "eval_id": "e", "run_id": "r", "created": "2026-04-01T10:00:00+00:00", "task": "arith", "task_id": "t",
            "dataset": {"name": "arith", "samples": 12, "sample_ids": list(range(1, 13)), "shuffled": False},
            "model": "mockllm/model", "config": {"epochs": 1}, "packages": {"inspect_ai": "0.3.285"},
        },
        "plan": {"name": "plan", "steps": []},
        "results": {"total_samples": 12, "completed_samples": 12, "scores": scores},
        "stats": {"started_at": "2026-04-01T10:00:00+00:00", "completed_at": "2026-04-01T11:00:00+00:00"},
        "invalidated": False,
        **changes,
    }  # fmt: skip


def zstandard_zip(path: Path, entries: Mapping[str, bytes], *, claim: int | None = None) -> Path:
    """A zip whose entries are packed by method 93, as ``.eval`` files are; Python 3.11 cannot write it."""
    import pyarrow as pa

    body, directory = b"", b""
    for name, data in entries.items():
        packed = pa.Codec("zstd").compress(data, asbytes=True)
        size = len(data) if claim is None else claim
        common = struct.pack("<HHHHHIIIHH", 63, 0, 93, 0, 33, zlib.crc32(data), len(packed), size, len(name), 0)
        directory += (
            b"PK\x01\x02"
            + struct.pack("<H", 63)
            + common
            + struct.pack("<HHHII", 0, 0, 0, 0, len(body))
            + name.encode()
        )
        body += b"PK\x03\x04" + common + name.encode() + packed
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    path.write_bytes(body + directory + end)
    return path


def evidently(path: Path, statuses: Sequence[str], *, dumped: bool = False) -> Path:
    """evidently 0.7.23, from a drift and classification report: short (``save_json``) or full (``dumps``)."""
    drift = {"type": "evidently:metric_v2:ValueDrift", "column": "a", "method": "K-S p_value", "threshold": 0.05}
    count = {"type": "evidently:metric_v2:DriftedColumnsCount", "drift_share": 0.5}
    tests = [
        {"id": "drift", "name": f"Value Drift {at}", "description": f"Drift score of test {at}", "status": status,
         "metric_config": {"metric_id": "1d60", "params": drift}, "test_config": {}}
        for at, status in enumerate(statuses)
    ]  # fmt: skip
    if dumped:
        location = {"metric": {"metric_id": "1d60", "params": drift}, "param": {}}
        result = {"type": "evidently:metric_result_v2:SingleValue", "metric_value_location": location,
         "widget": [{"x": float("nan")}],
                  "tests": tests, "value": 0.2}  # fmt: skip
        document: dict[str, Any] = {
            "report": {}, "name": None, "timestamp": "2026-04-01T11:00:00.000001", "metadata": {}, "tags": [],
            "metric_results": {"1d60": result}, "top_level_metrics": ["1d60"], "widgets": [], "tests_widgets": [],
        }  # fmt: skip
    else:
        document = {
            "metrics": [
                {"id": "15e8", "metric_name": "DriftedColumnsCount(drift_share=0.5)", "config": count,
                 "value": {"count": 1.0, "share": 0.5}},
                {"id": "1d60", "metric_name": "ValueDrift(column=a)", "config": drift, "value": 0.2},
            ],
            "tests": tests,
        }  # fmt: skip
    path.write_text(json.dumps(document))
    return path


def sarif(
    path: Path, results: Sequence[Mapping[str, Any]] | None, *, driver: Mapping[str, Any] | None = None, **run: Any
) -> Path:
    """SARIF 2.1.0 with one run."""
    found: dict[str, Any] = {
        "tool": {"driver": {"name": "osv-scanner", "version": "2.2.1", "rules": [], **(driver or {})}},
        "invocations": [{"executionSuccessful": True, "endTimeUtc": "2026-04-01T11:00:00Z"}],
        **run,
    }
    if results is not None:
        found["results"] = list(results)
    path.write_text(json.dumps({"version": "2.1.0", "runs": [found]}))
    return path


def junit(path: Path, cases: str, **attributes: str) -> Path:
    """As pytest 9 writes it: one suite in ``<testsuites>``."""
    about = {"name": "pytest", "timestamp": "2026-04-01T11:00:00.000000+00:00", **attributes}
    text = " ".join(f'{name}="{value}"' for name, value in about.items())
    path.write_text(
        f'<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite {text}>{cases}</testsuite></testsuites>'
    )
    return path


def mlflow_run(folder: Path, metrics: Mapping[str, str], *, status: object = 3, stage: str = "active") -> Path:
    """mlflow 3.17.2, file store."""
    (folder / "metrics").mkdir(parents=True)
    (folder / "params").mkdir()
    (folder / "meta.yaml").write_text(
        "artifact_uri: file:///srv/runs/0/6433/artifacts\nend_time: 1775041200000\nexperiment_id: '0'\n"
        f"lifecycle_stage: {stage}\nrun_id: 6433e62c\nrun_name: x\nstart_time: 1775037600000\nstatus: {status}\n"
        "tags: []\nuser_id: jane.doe\n"
    )
    for name, text in metrics.items():
        path = folder / "metrics" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def mlflow_model(folder: Path, requirements: str | None = "mlflow==3.17.2\ncloudpickle==3.1.3\n") -> Path:
    """mlflow 3.17.2, ``mlflow.pyfunc.save_model``."""
    folder.mkdir(parents=True)
    (folder / "MLmodel").write_text(
        "flavors:\n  python_function:\n    loader_module: mlflow.pyfunc.model\n    python_version: 3.11.7\n"
        "mlflow_version: 3.17.2\nmodel_uuid: b40d8c11114d444f\nutc_time_created: '2026-04-01 10:38:50.858036'\n"
    )
    if requirements is not None:
        (folder / "requirements.txt").write_text(requirements)
    return folder


CARD = """---
base_model: bert-base
datasets:
- squad
license: apache-2.0
pipeline_tag: text-classification
tags:
- x
model-index:
- name: my-model
  results:
  - task:
      type: text-classification
    dataset:
      name: IMDb
      type: imdb
      split: test
    metrics:
    - type: accuracy
      value: 0.91
      verified: false
    - type: f1
      value: not measured
---

# Model Card for my-model
"""
