"""What a report of garak says: lines of JSON, read from the source of garak 0.17.1 and from a report that it wrote."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from upright.checks.foreign import plain, rate, skipped
from upright.evidence.statement import NotExamined
from upright.measures.estimate import Estimate

RATE = "attack_success_rate"
TYPES = {"start_run setup", "init", "attempt", "eval", "completion", "digest"}
_COMPLETE = 2


@dataclass(slots=True)
class GarakReport:
    """The lines that matter, and the numbers of those that cannot be read; ``judged`` are whole attempts."""

    version: str = ""
    started: str = ""
    ended: str = ""
    setup: Mapping[str, Any] = field(default_factory=dict)
    evals: list[Mapping[str, Any]] = field(default_factory=list)
    started_attempts: dict[str, str] = field(default_factory=dict)
    judged_attempts: dict[str, str] = field(default_factory=dict)
    judged: list[Mapping[str, Any]] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, lines: Iterable[tuple[int, Any]], *, attempts: bool = False) -> "GarakReport":
        """From number and value of each line; whole attempts are kept where asked for, as they hold prompts."""
        report = cls()
        for number, entry in lines:
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
                report._take(entry, keep=attempts)
        return report

    def _take(self, entry: Mapping[str, Any], *, keep: bool) -> None:
        """An attempt is written when it was answered, and again when its detectors have judged it."""
        is_judged = entry.get("status") == _COMPLETE
        among = self.judged_attempts if is_judged else self.started_attempts
        among[str(entry.get("uuid", ""))] = _short(str(entry.get("probe_classname", "")))
        if is_judged and keep:
            self.judged.append(entry)

    @property
    def generations(self) -> int:
        """How often each prompt was sent."""
        return max(1, _count(self.setup.get("run.generations"), 1))

    def contradiction(self) -> str:
        """Where what a probe counts does not add up; empty where all does."""
        for row in self.evals:
            passed, fails, _, total = _counts(row)
            if passed + fails != total:
                return f"probe {plain(row.get('probe'))} counts {passed} + {fails} of {total}"
        return ""

    def estimates(self) -> tuple[Estimate, ...]:
        """The rate of successful attacks of each probe, as each of its detectors saw it.

        Outputs of one prompt are not independent, so the interval stands on the number of prompts.
        """
        prompts = Counter(self.judged_attempts.values())
        found = []
        for row in self.evals:
            _, fails, _, total = _counts(row)
            group = {"probe": plain(row.get("probe")), "detector": plain(row.get("detector"))}
            size = prompts.get(_short(group["probe"])) or total / self.generations
            found.append(rate(RATE, fails, total, group=group, size=size))
        return tuple(found)

    def nones(self) -> tuple[NotExamined, ...]:
        """Outputs that a detector could not score."""
        return skipped(
            [
                (f"{plain(row.get('probe'))} by {plain(row.get('detector'))}", _UNSCORED, none)
                for row in self.evals
                if (none := _counts(row)[2])
            ]
        )

    def missing(self) -> tuple[str, ...]:
        """Why the run is not whole: no last line, an attempt or a probe that did not finish, a damaged line."""
        found = []
        if not self.ended:
            found.append("the report has no completion line, so the run was cancelled or is still going")
        evaluated = {_short(str(row.get("probe", ""))) for row in self.evals}
        lacking = sorted({*self.started_attempts.values(), *self.judged_attempts.values()} - evaluated)
        if lacking:
            found.append(f"{len(lacking)} probes were started and not evaluated: {', '.join(map(plain, lacking[:3]))}")
        unfinished = len(self.started_attempts.keys() - self.judged_attempts.keys())
        if unfinished:
            found.append(f"{unfinished} attempts were answered and not judged")
        if self.damaged:
            found.append(f"{len(self.damaged)} lines cannot be read, the first is line {self.damaged[0]}")
        if not self.evals:
            found.append("no probe was evaluated")
        return tuple(found)

    def transcript(self) -> bytes:
        """One JSON line for each judged attempt: probe, prompt, what came back, what each detector said of it."""
        return "".join(f"{json.dumps(_told(entry), sort_keys=True)}\n" for entry in self.judged).encode()


_UNSCORED = "the detector could not score the output"


def _told(entry: Mapping[str, Any]) -> dict[str, Any]:
    prompt = entry.get("prompt")
    turns = prompt.get("turns") if isinstance(prompt, Mapping) else None
    outputs = entry.get("outputs")
    return {
        "probe": entry.get("probe_classname"),
        "seq": entry.get("seq"),
        "prompt": [_text(turn.get("content")) for turn in turns or () if isinstance(turn, Mapping)],
        "outputs": [_text(output) for output in (outputs if isinstance(outputs, list) else ())],
        "detectors": entry.get("detector_results"),
    }


def _text(message: Any) -> str | None:
    text = message.get("text") if isinstance(message, Mapping) else message
    return text if isinstance(text, str) else None


def _counts(row: Mapping[str, Any]) -> tuple[int, int, int, int]:
    passed, fails, none = (_count(row.get(name)) for name in ("passed", "fails", "nones"))
    total = _count(row.get("total_evaluated", row.get("total")), passed + fails)
    return passed, fails if "fails" in row else max(0, total - passed), none, total


def _short(name: str) -> str:
    return name.removeprefix("probes.").removeprefix("garak.probes.")


def _count(value: object, default: int = 0) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else default
