"""Tells what a file is by what it holds, never by its name, and reads it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from upright.interchange.findings import Findings, ForeignFileError
from upright.interchange.reading import head_of, top_level
from upright.interchange.tools import (
    access_log,
    evidently,
    garak,
    inspect_ai,
    junit,
    mlflow,
    model_card,
    promptfoo,
    sarif,
)

KNOWN: Mapping[str, str] = {
    garak.FORMAT: "garak.<run>.report.jsonl",
    promptfoo.FORMAT: "what `promptfoo eval -o FILE.json` writes",
    inspect_ai.FORMAT: "an evaluation log of inspect-ai, .json or .eval",
    evidently.FORMAT: "what `snapshot.save_json` or `snapshot.dumps` writes",
    sarif.FORMAT: "version 2.1.0, of any scanner",
    junit.FORMAT: "of any test runner",
    mlflow.RUN: "a folder of the file store, with meta.yaml",
    mlflow.MODEL: "a folder with MLmodel",
    model_card.FORMAT: "README.md with YAML between --- lines",
    access_log.S3: "of a bucket, also .gz",
    access_log.CLOUDTRAIL: "JSON with Records, also .gz",
    access_log.GATEWAY: "a line for each request, of Kong, Caddy, Traefik, Envoy, NGINX, Amazon API Gateway or Azure "
    "API Management, also .gz",
    access_log.WEB: "common or combined format, as registries and gateways write it, also .gz",
}
"""Every format that is taken in, and how to come by it."""

_JSON: tuple[tuple[Callable[[dict[str, Any]], bool], Callable[[Path], Findings]], ...] = (
    (inspect_ai.recognises, inspect_ai.read_json),
    (sarif.recognises, sarif.read),
    (promptfoo.recognises, promptfoo.read),
    (evidently.recognises, evidently.read),
)

_TELLING = {
    "eval", "status", "runs", "version", "results", "stats", "metrics", "tests", "metric_results", "top_level_metrics",
}  # fmt: skip


def read_findings(path: Path) -> Findings:
    """What a file or folder of another tool says.

    Raises:
        ForeignFileError: it cannot be read (UP-IMP-01), is damaged (-02), or is none of ``KNOWN`` (-03).
    """
    if path.is_dir():
        if mlflow.is_model(path):
            return mlflow.read_model(path)
        if mlflow.is_run(path):
            return mlflow.read_run(path)
        raise unknown(path)
    head = head_of(path)
    log = access_log.recognises(head)
    if log is not None:
        return access_log.read(path, log)
    if head.startswith(b"PK\x03\x04"):
        return inspect_ai.read_archive(path)
    if model_card.recognises(head):
        return model_card.read(path)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"<"):
        return junit.read(path)
    if text.startswith(b"{"):
        return _read_json(path, text)
    raise unknown(path)


def _read_json(path: Path, text: bytes) -> Findings:
    first = _object(text.partition(b"\n")[0])
    if first is not None and garak.recognises(first):
        return garak.read(path)
    document = top_level(path, _TELLING)
    for recognises, read in _JSON:
        if recognises(document):
            return read(path)
    raise unknown(path)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def unknown(path: Path) -> ForeignFileError:
    """The error that lists what is known."""
    known = "; ".join(f"{name} ({how})" for name, how in KNOWN.items())
    return ForeignFileError(
        f"{path.name} is nothing that can be imported. Known are: a signed statement of ours (DSSE envelope); {known}.",
        code="UP-IMP-03",
    )
