"""Files that the tools themselves wrote (``tests/vectors/interchange``) say here what the tools printed."""

from pathlib import Path

import pytest
from scipy.stats import binomtest

from upright.checks.judge import Judgement
from upright.interchange import Findings, ForeignFileError, judged, read_findings

WRITTEN = Path(__file__).parents[1] / "vectors" / "interchange"


def read(name: str, **limits: dict[str, str]) -> tuple[Findings, Judgement]:
    found = read_findings(WRITTEN / name)
    return found, judged(found, limits)


def values(judgement: Judgement) -> dict[str, str | None]:
    return {one.name: one.value for one in judgement.measurements}


def said(judgement: Judgement) -> str:
    return " | ".join(one.because for one in judgement.reasons)


@pytest.mark.parametrize(
    ("name", "tool", "version", "result", "counted"),
    [
        ("bandit-found.sarif", "Bandit", "1.9.4", "failed",
         {"error_results": "1", "warning_results": "1", "note_results": "2"}),
        ("bandit-unread.sarif", "Bandit", "1.9.4", "undecided",
         {"error_results": "0", "warning_results": "0", "note_results": "0"}),
        ("semgrep-found.sarif", "Semgrep OSS", "1.185.0", "failed",
         {"error_results": "1", "warning_results": "0", "note_results": "0"}),
        ("pytest.xml", "pytest tests", "", "failed", {"failed_cases": "1", "error_cases": "1", "skipped_cases": "2"}),
        ("promptfoo.json", "promptfoo", "0.121.20", "failed", {"failed_cases": "1", "failure_rate": "0.5"}),
        ("mlflow-finished", "mlflow", "", "undecided", {"auc": "0.95"}),
        ("mlflow-running", "mlflow", "", "undecided", {"auc": "0.1"}),
        ("mlflow-model", "mlflow", "3.17.2", "passed", {"dependencies_without_version": "0"}),
        ("evidently-tests.json", "evidently", "", "failed", {"failed_tests": "2"}),
        ("evidently-metrics.json", "evidently", "", "undecided", {"failed_tests": "0"}),
    ],
)  # fmt: skip
def test_the_counts_are_those_that_the_tool_printed(
    name: str, tool: str, version: str, result: str, counted: dict[str, str]
) -> None:
    found, judgement = read(name)
    assert (found.tool, found.version, judgement.result) == (tool, version, result), said(judgement)
    assert values(judgement).items() >= counted.items()


def test_what_is_not_whole_says_why() -> None:
    assert "notifies 1 errors of the tool itself" in said(read("bandit-unread.sarif")[1])
    assert "the run has the status 1, not FINISHED" in said(read("mlflow-running")[1])
    assert "holds no test" in said(read("evidently-metrics.json")[1])
    _, going = read("inspect-going.eval", accuracy={"at_least": "0.1"})
    assert (going.result, "the run ended as 'started', not as 'success'" in said(going)) == ("undecided", True)


@pytest.mark.parametrize(("name", "right", "asked"), [("inspect-whole.eval", 4, 6), ("inspect-limited.eval", 2, 4)])
def test_an_archive_of_inspect_gives_its_accuracy_with_the_interval_of_its_samples(
    name: str, right: int, asked: int
) -> None:
    found, judgement = read(name, accuracy={"at_least": "0.05"})
    (accuracy,) = [one for one in judgement.measurements if one.name == "accuracy"]
    exact = binomtest(right, asked).proportion_ci(method="wilson")
    assert (found.tool, found.version, found.about) == ("inspect-ai", "0.3.285", "mockllm/model")
    assert (float(accuracy.value or 0), accuracy.n) == (pytest.approx(right / asked, abs=1e-12), asked)
    assert float(accuracy.low or 0) == pytest.approx(exact.low, abs=1e-9)
    assert {one.what: one.count for one in judgement.not_examined} == (
        {} if asked == 6 else {"samples of the data set": 2}
    )


def test_a_file_that_was_cut_short_is_refused_or_not_whole(tmp_path: Path) -> None:
    """A download that broke off: of each file, and of each of its last tenths, nothing passes."""
    files = sorted(one for one in WRITTEN.iterdir() if one.is_file() and one.suffix != ".md")
    refused = 0
    for path in files:
        whole, cut = path.read_bytes(), tmp_path / path.name
        limits = {"accuracy": {"at_least": "0.05"}} if "inspect" in path.name else {}
        for part in range(1, 10):
            cut.write_bytes(whole[: len(whole) * part // 10])
            try:
                judgement = judged(read_findings(cut), limits)
            except ForeignFileError:
                refused += 1
            else:
                assert judgement.result == "undecided", (path.name, part, said(judgement))
    assert refused >= 5 * len(files) > 40
