"""garak: ``garak.<run>.report.jsonl``, one JSON value a line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from upright.checks.foreign import plain
from upright.checks.llm.garak_report import TYPES, GarakReport
from upright.interchange.findings import Findings
from upright.interchange.reading import json_lines, moment, refused

FORMAT = "garak report"


def recognises(first: Mapping[str, Any]) -> bool:
    """Whether the first line is one of garak's."""
    return first.get("entry_type") in TYPES


def read(path: Path) -> Findings:
    """The rate of successful attacks of each probe, as each of its detectors saw it.

    ``nones`` (outputs that a detector could not score) are not examined. A run without its last line, with an attempt
    that did not finish, with a probe that was not evaluated, or with a damaged line is not whole.
    """
    report = GarakReport.of(json_lines(path))
    if wrong := report.contradiction():
        raise refused(path, wrong)
    return Findings(
        format=FORMAT,
        tool="garak",
        version=plain(report.version, 40),
        kinds=("llm-red-team",),
        estimates=report.estimates(),
        started=moment(report.started),
        ended=moment(report.ended) or moment(report.started),
        partial=report.missing(),
        not_examined=report.nones(),
        about=plain(report.setup.get("plugins.target_name") or report.setup.get("plugins.model_name") or ""),
        settings={
            "probes": plain(report.setup.get("plugins.probe_spec", "")),
            "generations": str(report.generations),
            "eval_threshold": plain(report.setup.get("run.eval_threshold", "")),
        },
    )
