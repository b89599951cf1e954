"""JUnit XML: test cases by the form that Ant introduced and pytest, mypy, ruff, Maven and others write."""

from collections.abc import Mapping
from pathlib import Path

from upright.checks.foreign import plain, skipped
from upright.interchange.findings import Findings
from upright.interchange.reading import moment, read_xml, refused
from upright.measures.estimate import exact

FORMAT = "JUnit XML"
_OUTCOMES = ("failure", "error", "skipped")
_ROOTS = {"testsuites", "testsuite"}


class _Reader:
    """Counts cases by outcome while elements come and go; the worst outcome of a case is its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cases = 0
        self.names: dict[str, list[str]] = {word: [] for word in _OUTCOMES}
        self.case: str | None = None
        self.outcome = ""
        self.depth = 0
        self.declared: list[tuple[str, int, int]] = []
        self.suites: list[tuple[str, int, Mapping[str, str]]] = []
        self.tool = ""
        self.times: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self.depth == 0 and name not in _ROOTS:
            raise refused(self.path, f"its root is <{plain(name, 40)}>; expected <testsuites> or <testsuite>")
        self.depth += 1
        if name in _ROOTS:
            self.suites.append((name, self.cases, attributes))
            self.tool = self.tool or plain(attributes.get("name", ""), 60)
            if attributes.get("timestamp"):
                self.times.append(attributes["timestamp"])
        elif name == "testcase":
            self.cases += 1
            self.case = f"{attributes.get('classname', '')}.{attributes.get('name', '')}".strip(".") or "unnamed"
            self.outcome = ""
        elif self.case is not None and name in _OUTCOMES:
            order = ("", "skipped", "error", "failure")
            self.outcome = max(self.outcome, name, key=order.index)

    def end(self, name: str) -> None:
        self.depth -= 1
        if name == "testcase" and self.case is not None:
            if self.outcome:
                self.names[self.outcome].append(self.case)
            self.case = None
        elif name in _ROOTS:
            _, before, attributes = self.suites.pop()
            tests = attributes.get("tests", "")
            if tests.isdigit():
                self.declared.append((plain(attributes.get("name", name), 60), int(tests), self.cases - before))


def read(path: Path) -> Findings:
    """How many cases failed; those that ended with an error leave it open, those skipped are not examined.

    A suite that declares another number of cases than it holds is not whole. A time without zone is taken as the
    earliest that it can mean.
    """
    reader = _Reader(path)
    read_xml(path, reader.start, reader.end)
    failed, errors, passed_by = (reader.names[word] for word in _OUTCOMES)
    told = reader.cases - len(errors) - len(passed_by)
    short = [
        f"suite {name} declares {said} cases and holds {found}"
        for name, said, found in reader.declared
        if said != found
    ]
    times = sorted(at for text in reader.times if (at := moment(text)) is not None)
    return Findings(
        format=FORMAT,
        tool=reader.tool or "unnamed suite",
        estimates=(exact("failed_cases", len(failed), n=told, unit="cases"),),
        reported=(
            exact("error_cases", len(errors), n=reader.cases, unit="cases"),
            exact("skipped_cases", len(passed_by), n=reader.cases, unit="cases"),
        ),
        default_limits={"failed_cases": {"at_most": "0"}},
        started=times[0] if times else None,
        ended=times[-1] if times else None,
        partial=(*short[:5], *(() if reader.cases else ("it holds no case",))),
        undecided=(
            *((f"{len(errors)} cases ended with an error: {', '.join(map(plain, errors[:3]))}",) if errors else ()),
            *(("every case was skipped",) if reader.cases and told == 0 and not errors else ()),
        ),
        failures=tuple(plain(name) for name in failed),
        not_examined=skipped(
            [
                *(
                    [("cases that ended with an error", "the case did not come to its answer", len(errors))]
                    if errors
                    else []
                ),
                *([("skipped cases", "the suite left them out", len(passed_by))] if passed_by else []),
            ]
        ),
    )
