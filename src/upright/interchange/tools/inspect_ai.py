"""Inspect (``inspect-ai``): evaluation logs as ``.json`` or ``.eval``. Read from inspect-ai 0.3.285."""

from pathlib import Path
from typing import Any

import msgspec

from upright.checks.foreign import plain, skipped
from upright.interchange.findings import Findings, bare_number, slug
from upright.interchange.reading import decoded, json_of, member, moment, refused
from upright.measures.estimate import Estimate
from upright.measures.intervals import mean_interval, wilson

FORMAT = "Inspect log"
_STANDARD_ERROR = "stderr"


class _Metric(msgspec.Struct):
    name: str
    value: float
    group: str | None = None


class _Score(msgspec.Struct):
    name: str
    scorer: str = ""
    scored_samples: int | None = None
    unscored_samples: int | None = None
    metrics: dict[str, _Metric] = {}


class _Results(msgspec.Struct):
    total_samples: int = 0
    completed_samples: int = 0
    logged_samples: int | None = None
    scores: list[_Score] = []


class _Dataset(msgspec.Struct):
    name: str | None = None
    samples: int | None = None
    sample_ids: list[int | str] | None = None


class _Config(msgspec.Struct):
    limit: Any = None
    epochs: int | None = None


class _Spec(msgspec.Struct):
    task: str
    model: str
    created: str = ""
    dataset: _Dataset = msgspec.field(default_factory=_Dataset)
    config: _Config = msgspec.field(default_factory=_Config)
    packages: dict[str, str] = {}


class _Stats(msgspec.Struct):
    started_at: str = ""
    completed_at: str = ""


class _Log(msgspec.Struct):
    status: str
    eval: _Spec
    results: _Results | None = None
    stats: _Stats = msgspec.field(default_factory=_Stats)
    invalidated: bool = False


def recognises(document: dict[str, Any]) -> bool:
    """Whether a document is an evaluation log."""
    spec = document.get("eval")
    return isinstance(spec, dict) and "task" in spec and "model" in spec and "status" in document


def read_json(path: Path) -> Findings:
    """A log as one JSON document; see ``_findings``."""
    return _findings(json_of(path, _Log))


def read_archive(path: Path) -> Findings:
    """A log as ``.eval``: a zip whose ``header.json`` has everything but the samples.

    Raises:
        ForeignFileError: it has neither a header nor the entry that a run begins with.
    """
    header = member(path, "header.json")
    if header is not None:
        return _findings(decoded(path, header, _Log))
    start = member(path, "_journal/start.json")
    if start is None:
        raise refused(path, "it is a zip without header.json, so it is no Inspect log")
    spec = decoded(path, start, _Started)
    return _findings(_Log(status="started", eval=spec.eval))


class _Started(msgspec.Struct):
    eval: _Spec


def _findings(log: _Log) -> Findings:
    """The metrics of each scorer; an accuracy has a Wilson interval, a mean one by its standard error.

    Samples that a scorer left out are not examined. A run that was cancelled, ended with an error, was invalidated or
    did not come to its end is not whole.
    """
    results = log.results or _Results()
    unscored = [
        (plain(score.name), "the scorer gave no score", score.unscored_samples)
        for score in results.scores
        if score.unscored_samples
    ]
    left = (log.eval.dataset.samples or 0) - len(log.eval.dataset.sample_ids or ())
    if log.eval.config.limit is not None and left > 0:
        unscored.append(("samples of the data set", "left out by the limit of the run", left))
    return Findings(
        format=FORMAT,
        tool="inspect-ai",
        version=plain(log.eval.packages.get("inspect_ai", ""), 40),
        kinds=("llm-quality", "llm-red-team"),
        estimates=tuple(one for score in results.scores for one in _estimates(score)),
        started=moment(log.stats.started_at) or moment(log.eval.created),
        ended=moment(log.stats.completed_at) or moment(log.eval.created),
        partial=tuple(_missing(log, results)),
        not_examined=skipped(unscored),
        about=plain(log.eval.model),
        settings={
            "task": plain(log.eval.task),
            "dataset": plain(log.eval.dataset.name or ""),
            "epochs": str(log.eval.config.epochs or 1),
            "limit": "" if log.eval.config.limit is None else plain(log.eval.config.limit),
        },
    )


def _missing(log: _Log, results: _Results) -> list[str]:
    found = []
    if log.status != "success":
        found.append(f"the run ended as {plain(log.status, 40)!r}, not as 'success'")
    if log.invalidated:
        found.append("the log was invalidated by those who made it")
    done = min(results.completed_samples, results.logged_samples or results.completed_samples)
    if done < results.total_samples:
        found.append(f"{results.total_samples - done} of {results.total_samples} samples were not completed")
    if not results.scores:
        found.append("it holds no score")
    return found


def _estimates(score: _Score) -> list[Estimate]:
    size = score.scored_samples or 0
    error = next((one.value for one in score.metrics.values() if one.name == _STANDARD_ERROR), None)
    found = []
    for metric in score.metrics.values():
        name = slug(metric.name)
        group = {"scorer": plain(score.name)} | ({"group": plain(metric.group)} if metric.group else {})
        if name == _STANDARD_ERROR:
            continue
        if name == "accuracy" and size and 0.0 <= metric.value <= 1.0:
            found.append(_share(name, metric.value, size, group))
        elif name == "mean" and error is not None and size > 1:
            found.append(_mean(name, metric.value, error, size, group))
        else:
            found.append(bare_number(name, metric.value, group=group))
    return found


def _share(name: str, value: float, size: int, group: dict[str, str]) -> Estimate:
    """An accuracy may have half points, so the share is taken as it is given; Wilson is then wider than needed."""
    interval = lambda level: wilson(value, float(size), level)  # noqa: E731
    return Estimate(name=name, value=value, n=size, unit="share", method="wilson", interval=interval, group=group)


def _mean(name: str, value: float, error: float, size: int, group: dict[str, str]) -> Estimate:
    interval = lambda level: mean_interval(value, error, float(size), level)  # noqa: E731
    return Estimate(name=name, value=value, n=size, unit="", method="student", interval=interval, group=group)
