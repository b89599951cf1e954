"""SARIF 2.1.0: results of scanners. Read from the OASIS specification (errata 01)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from upright.checks.foreign import plain, skipped
from upright.interchange.findings import Findings
from upright.interchange.reading import json_of, moment, refused
from upright.measures.estimate import exact

FORMAT = "SARIF log"
LEVELS = ("error", "warning", "note")
_WAITING = ("open", "review")
_KINDS = {
    "dependency-vulnerabilities": ("osv-scanner", "trivy", "grype", "pip-audit", "snyk", "dependency-check"),
    "model-file-scan": ("modelscan", "picklescan", "modelaudit", "fickling", "upright"),
}


def recognises(document: Mapping[str, Any]) -> bool:
    """Whether a document is a log of SARIF 2.1."""
    return isinstance(document.get("runs"), list) and str(document.get("version", "")).startswith("2.1")


def read(path: Path) -> Findings:
    """How many results of each level stand: neither suppressed, nor gone since the baseline, nor of a kind that passes.

    A run without results (the key itself is missing), that says it did not succeed, or that notifies an error is not
    whole: by the specification such a log does not say that nothing was found.
    """
    runs = json_of(path)["runs"]
    if not all(isinstance(run, Mapping) for run in runs):
        raise refused(path, "one of its runs is not an object")
    counts: Counter[str] = Counter()
    left: Counter[str] = Counter()
    waiting = 0
    failures: list[str] = []
    partial: list[str] = []
    tools: list[str] = []
    versions: list[str] = []
    for number, run in enumerate(runs):
        driver = _mapping(_mapping(run.get("tool")).get("driver"))
        tools.append(plain(driver.get("name") or "unnamed tool"))
        versions.append(plain(driver.get("semanticVersion") or driver.get("version") or "", 40))
        partial += _missing(run, f"run {number + 1} of {len(runs)} ({tools[-1]})")
        results = run.get("results")
        for result in results if isinstance(results, list) else []:
            why = _set_aside(_mapping(result))
            if why:
                left[why] += 1
                continue
            if _mapping(result).get("kind") in _WAITING:
                waiting += 1
                continue
            level = _level(_mapping(result), driver)
            counts[level] += 1
            if level == "error":
                failures.append(_told(_mapping(result)))
    undecided = (f"{waiting} results wait for a person's answer (kind open or review)",) if waiting else ()
    return Findings(
        format=FORMAT,
        tool=", ".join(dict.fromkeys(tools)) or "unnamed tool",
        version=", ".join(dict.fromkeys(one for one in versions if one)),
        kinds=tuple(kind for kind, names in _KINDS.items() if any(one.lower() in names for one in tools)),
        estimates=tuple(exact(f"{level}_results", counts[level], n=len(runs), unit="results") for level in LEVELS),
        default_limits={"error_results": {"at_most": "0"}, "warning_results": {"at_most": "0"}},
        started=_time(runs, "startTimeUtc", min),
        ended=_time(runs, "endTimeUtc", max),
        partial=(*partial, *(() if runs else ("it holds no run",))),
        undecided=undecided,
        failures=tuple(failures),
        not_examined=skipped([("results", why, count) for why, count in sorted(left.items())]),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _missing(run: Mapping[str, Any], where: str) -> Iterator[str]:
    if not isinstance(run.get("results"), list):
        yield f"{where} has no results, which means that it did not look for any"
    for invocation in _rows(run.get("invocations")):
        if invocation.get("executionSuccessful") is not True:
            yield f"{where} says that it did not end well"
        for name in ("toolExecutionNotifications", "toolConfigurationNotifications"):
            errors = [one for one in _rows(invocation.get(name)) if one.get("level") == "error"]
            if errors:
                yield f"{where} notifies {len(errors)} errors of the tool itself"


def _set_aside(result: Mapping[str, Any]) -> str:
    if result.get("kind", "fail") not in {"fail", *_WAITING}:
        return f"of kind {plain(result.get('kind'), 20)}"
    if result.get("baselineState") == "absent":
        return "gone since the baseline"
    suppressions = _rows(result.get("suppressions"))
    if suppressions and all(one.get("status", one.get("state", "accepted")) == "accepted" for one in suppressions):
        return "suppressed by those who ran the tool"
    return ""


def _level(result: Mapping[str, Any], driver: Mapping[str, Any]) -> str:
    """The level of a result: its own, else its rule's default, else warning (specification, 3.27.10)."""
    level = result.get("level")
    if level is None:
        rules = _rows(driver.get("rules"))
        index = result.get("ruleIndex")
        named = [one for one in rules if one.get("id") == result.get("ruleId")]
        is_index = isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(rules)
        rule = rules[index] if is_index else named[0] if named else {}  # type: ignore[index]
        level = _mapping(rule.get("defaultConfiguration")).get("level")
    return level if level in {*LEVELS, "none"} else "warning"


def _told(result: Mapping[str, Any]) -> str:
    text = _mapping(result.get("message")).get("text") or ""
    return plain(f"{result.get('ruleId', 'a result')}: {text}", 200)


def _time(runs: list[Any], name: str, choose: Any) -> Any:
    times = [at for run in runs for one in _rows(run.get("invocations")) if (at := moment(one.get(name))) is not None]
    return choose(times) if times else None
