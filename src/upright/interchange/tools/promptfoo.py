"""promptfoo: the JSON that ``promptfoo eval -o FILE.json`` writes. Read from promptfoo's types (summary version 3)."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from upright.checks.foreign import plain, rate, skipped
from upright.interchange.findings import Findings
from upright.interchange.reading import json_of, moment, refused
from upright.measures.estimate import exact

FORMAT = "promptfoo results"
_ERROR = 2


def recognises(document: Mapping[str, Any]) -> bool:
    """Whether a document is promptfoo's, whole or only its summary."""
    inner = document.get("results")
    summary = inner if isinstance(inner, Mapping) else document
    return isinstance(summary.get("results"), list) and isinstance(summary.get("stats"), Mapping)


def read(path: Path) -> Findings:
    """How many cases failed, and the rate by provider, or for a red team by plugin; errors were not examined.

    A case that ended with an error says nothing about the model and leaves the run open. A file whose rows and
    statistics disagree is not whole.
    """
    document = json_of(path)
    inner = document.get("results")
    summary = inner if isinstance(inner, Mapping) else document
    config = document.get("config") if isinstance(document.get("config"), Mapping) else {}
    metadata = document.get("metadata") if isinstance(document.get("metadata"), Mapping) else {}
    rows = summary["results"]
    if not all(isinstance(row, Mapping) for row in rows):
        raise refused(path, "one of its results is not an object")
    red_team = bool(config.get("redteam")) or any(_plugin(row) for row in rows)
    repeats = _repeats(config)
    failed: Counter[tuple[str, str]] = Counter()
    told: Counter[tuple[str, str]] = Counter()
    errors: Counter[tuple[str, str]] = Counter()
    failures = []
    for row in rows:
        key = ("plugin", _plugin(row)) if red_team and _plugin(row) else ("provider", _provider(row))
        if row.get("failureReason") == _ERROR or (row.get("error") and row.get("failureReason") != 1):
            errors[key] += 1
        else:
            told[key] += 1
            failed[key] += row.get("success") is not True
            if row.get("success") is not True:
                failures.append(f"case {row.get('testIdx', '?')} of {key[1]} failed")
    name = "attack_success_rate" if red_team else "failure_rate"
    total = sum(told.values())
    return Findings(
        format=FORMAT,
        tool="promptfoo",
        version=plain(metadata.get("promptfooVersion", ""), 40),
        kinds=("llm-red-team",) if red_team else ("llm-quality",),
        estimates=(
            exact("failed_cases", sum(failed.values()), n=total, unit="cases"),
            *(
                rate(name, failed[key], count, group={key[0]: key[1]}, size=count / repeats)
                for key, count in sorted(told.items())
            ),
        ),
        default_limits={} if red_team else {"failed_cases": {"at_most": "0"}},
        ended=moment(summary.get("timestamp")),
        partial=tuple(_contradictions(summary, sum(failed.values()), total, sum(errors.values()))),
        undecided=(f"{sum(errors.values())} cases ended with an error and were not judged",) if errors else (),
        failures=tuple(failures),
        not_examined=skipped([(key[1], "ended with an error", count) for key, count in sorted(errors.items())]),
        about=", ".join(sorted({_provider(row) for row in rows}))[:120],
        settings={"description": plain(config.get("description") or ""), "repeat": str(repeats), **_filters(config)},
    )


def _contradictions(summary: Mapping[str, Any], failed: int, told: int, errors: int) -> list[str]:
    stats = summary["stats"]
    said = tuple(stats.get(name) for name in ("successes", "failures", "errors"))
    found = []
    if said != (told - failed, failed, errors) and said != (told - failed, failed, None):
        counted = (told - failed, failed, errors)
        found.append(f"its statistics say {said} passed, failed and errors, and its rows are {counted}")
    if not told and not errors:
        found.append("it holds no case")
    return found


def _plugin(row: Mapping[str, Any]) -> str:
    for part in (
        row.get("metadata"),
        (row.get("testCase") or {}).get("metadata") if isinstance(row.get("testCase"), Mapping) else None,
    ):
        if isinstance(part, Mapping) and isinstance(part.get("pluginId"), str):
            return plain(part["pluginId"])
    return ""


def _provider(row: Mapping[str, Any]) -> str:
    provider = row.get("provider")
    if isinstance(provider, Mapping):
        return plain(provider.get("label") or provider.get("id") or "unnamed")
    return plain(provider or "unnamed")


def _repeats(config: Mapping[str, Any]) -> int:
    for name in ("evaluateOptions", "commandLineOptions"):
        options = config.get(name)
        value = options.get("repeat") if isinstance(options, Mapping) else None
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return 1


def _filters(config: Mapping[str, Any]) -> dict[str, str]:
    options = config.get("commandLineOptions")
    options = options if isinstance(options, Mapping) else {}
    return {name: plain(value) for name, value in sorted(options.items()) if name.startswith("filter") and value}
