"""garak: ``garak.<run>.report.jsonl``, one JSON value a line. Read from the source of garak 0.17.1."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from upright.interchange.findings import Findings, plain, rate, skipped
from upright.interchange.reading import json_lines, moment, refused

FORMAT = "garak report"
_TYPES = {"start_run setup", "init", "attempt", "eval", "completion", "digest"}
_COMPLETE = 2


def recognises(first: Mapping[str, Any]) -> bool:
    """Whether the first line is one of garak's."""
    return first.get("entry_type") in _TYPES


@dataclass(slots=True)
class _Report:
    version: str = ""
    started: str = ""
    ended: str = ""
    setup: dict[str, Any] = field(default_factory=dict)
    evals: list[Mapping[str, Any]] = field(default_factory=list)
    started_attempts: dict[str, str] = field(default_factory=dict)
    judged_attempts: dict[str, str] = field(default_factory=dict)
    damaged: list[int] = field(default_factory=list)


def read(path: Path) -> Findings:
    """The rate of successful attacks of each probe, as each of its detectors saw it.

    Outputs of one prompt are not independent, so the interval stands on the number of prompts. ``nones`` (outputs that
    a detector could not score) are not examined. A run without its last line, with an attempt that did not finish, with
    a probe that was not evaluated, or with a damaged line is not whole.
    """
    report = _collected(path)
    generations = max(1, _count(report.setup.get("run.generations"), 1))
    prompts = Counter(report.judged_attempts.values())
    estimates, nones = [], []
    for row in report.evals:
        passed, fails, none = (_count(row.get(name)) for name in ("passed", "fails", "nones"))
        total = _count(row.get("total_evaluated", row.get("total")), passed + fails)
        if "fails" not in row:
            fails = max(0, total - passed)
        if passed + fails != total:
            raise refused(path, f"probe {plain(row.get('probe'))} counts {passed} + {fails} of {total}")
        group = {"probe": plain(row.get("probe")), "detector": plain(row.get("detector"))}
        size = prompts.get(_short(group["probe"])) or total / generations
        estimates.append(rate("attack_success_rate", fails, total, group=group, size=size))
        if none:
            nones.append((f"{group['probe']} by {group['detector']}", "the detector could not score the output", none))
    return Findings(
        format=FORMAT,
        tool="garak",
        version=plain(report.version, 40),
        kinds=("llm-red-team",),
        estimates=tuple(estimates),
        started=moment(report.started),
        ended=moment(report.ended) or moment(report.started),
        partial=tuple(_missing(report)),
        not_examined=skipped(nones),
        about=plain(report.setup.get("plugins.target_name") or report.setup.get("plugins.model_name") or ""),
        settings={
            "probes": plain(report.setup.get("plugins.probe_spec", "")),
            "generations": str(generations),
            "eval_threshold": plain(report.setup.get("run.eval_threshold", "")),
        },
    )


def _collected(path: Path) -> _Report:
    report = _Report()
    for number, entry in json_lines(path):
        kind = entry.get("entry_type") if isinstance(entry, dict) else None
        if kind is None:
            report.damaged.append(number)
        elif kind == "start_run setup":
            report.setup = entry
        elif kind == "init":
            report.version, report.started = str(entry.get("garak_version", "")), str(entry.get("start_time", ""))
        elif kind == "completion":
            report.ended = str(entry.get("end_time", ""))
        elif kind == "eval":
            report.evals.append(entry)
        elif kind == "attempt":
            _take_attempt(entry, report)
    return report


def _take_attempt(entry: Mapping[str, Any], report: _Report) -> None:
    """An attempt is written when it was answered, and again when its detectors have judged it."""
    judged = report.judged_attempts if entry.get("status") == _COMPLETE else report.started_attempts
    judged[str(entry.get("uuid", ""))] = _short(str(entry.get("probe_classname", "")))


def _missing(report: _Report) -> list[str]:
    found = []
    if not report.ended:
        found.append("the report has no completion line, so the run was cancelled or is still going")
    evaluated = {_short(str(row.get("probe", ""))) for row in report.evals}
    lacking = sorted({*report.started_attempts.values(), *report.judged_attempts.values()} - evaluated)
    if lacking:
        found.append(f"{len(lacking)} probes were started and not evaluated: {', '.join(map(plain, lacking[:3]))}")
    unfinished = len(report.started_attempts.keys() - report.judged_attempts.keys())
    if unfinished:
        found.append(f"{unfinished} attempts were answered and not judged")
    if report.damaged:
        found.append(f"{len(report.damaged)} lines cannot be read, the first is line {report.damaged[0]}")
    if not report.evals:
        found.append("no probe was evaluated")
    return found


def _short(name: str) -> str:
    return name.removeprefix("probes.").removeprefix("garak.probes.")


def _count(value: object, default: int = 0) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else default
