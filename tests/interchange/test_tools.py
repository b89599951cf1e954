"""What each tool's file says, and that a run which is not whole is never more than undecided."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binomtest

from interchange import foreign
from upright.checks.judge import Judgement
from upright.interchange import Findings, ForeignFileError, judged, read_findings


def said(judgement: Judgement) -> str:
    return " | ".join(one.because for one in judgement.reasons)


def left(judgement: Judgement) -> dict[str, int]:
    return {one.what: one.count for one in judgement.not_examined}


def held(path: Path, **limits: tuple[str, str]) -> tuple[Findings, Judgement]:
    found = read_findings(path)
    return found, judged(found, {name: {bound: value} for name, (bound, value) in limits.items()})


# garak -----------------------------------------------------------------------------------------------------------

EVALS = [("dan.Dan", "dan.DAN", 270, 30, 4), ("encoding.Base64", "mitigation.Bypass", 100, 0, 0)]


def test_garak_gives_the_rate_of_each_probe_with_an_interval_on_independent_prompts(tmp_path: Path) -> None:
    path = foreign.garak(tmp_path / "r.jsonl", EVALS, attempts={"dan.Dan": (60, 60), "encoding.Base64": (20, 20)})
    found, judgement = held(path, attack_success_rate=("at_most", "0.3"))
    assert (found.tool, found.version, found.kinds, found.about) == ("garak", "0.17.1", ("llm-red-team",), "tiny")
    first = judgement.measurements[0]
    assert (first.name, first.value, first.n) == ("attack_success_rate", "0.1", 300)
    exact = binomtest(6, 60).proportion_ci(method="wilson")
    assert first.low is not None
    assert float(first.low) == pytest.approx(exact.low, abs=1e-9)
    assert left(judgement) == {"dan.Dan by dan.DAN": 4}
    assert judgement.result == "passed"
    assert held(path, attack_success_rate=("at_most", "0.02"))[1].result == "failed"
    assert held(path, attack_success_rate=("at_most", "0.1"))[1].result == "undecided"


def test_garak_without_a_limit_neither_passes_nor_fails(tmp_path: Path) -> None:
    _, judgement = held(foreign.garak(tmp_path / "r.jsonl", EVALS))
    assert judgement.result == "undecided"
    assert "no limit" in said(judgement)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"complete": False}, "cancelled or is still going"),
        ({"attempts": {"dan.Dan": (60, 55)}}, "5 attempts were answered and not judged"),
        ({"attempts": {"leak.Replay": (3, 3)}}, "leak.Replay"),
        ({"more": ['{"entry_type": "att']}, "lines cannot be read"),
    ],
)
def test_a_garak_run_that_is_not_whole_is_undecided_even_if_it_failed(tmp_path: Path, changes: dict, says: str) -> None:
    path = foreign.garak(tmp_path / "r.jsonl", EVALS, **changes)
    for limit in ("0.9", "0.001"):
        _, judgement = held(path, attack_success_rate=("at_most", limit))
        assert judgement.result == "undecided"
        assert says in said(judgement)


def test_garak_of_older_versions_counts_total_and_contradictions_are_refused(tmp_path: Path) -> None:
    path = foreign.garak(tmp_path / "r.jsonl", [])
    row = {"entry_type": "eval", "probe": "a.A", "detector": "b.B", "passed": 8, "total": 10}
    path.write_text(path.read_text() + json.dumps(row) + "\n")
    assert held(path)[1].measurements[0].value == "0.2"
    path.write_text(path.read_text() + json.dumps({**row, "fails": 5, "total_evaluated": 10}) + "\n")
    with pytest.raises(ForeignFileError, match="counts 8 \\+ 5 of 10"):
        read_findings(path)


# promptfoo -------------------------------------------------------------------------------------------------------


def test_promptfoo_counts_failed_cases_and_their_rate_by_provider(tmp_path: Path) -> None:
    rows = [{"success": at != 3, "failureReason": int(at == 3)} for at in range(40)]
    found, judgement = held(foreign.promptfoo(tmp_path / "p.json", rows))
    assert (found.tool, found.version, found.kinds) == ("promptfoo", "0.119.0", ("llm-quality",))
    assert judgement.result == "failed"
    numbers = {one.name: one for one in judgement.measurements}
    assert (numbers["failed_cases"].value, numbers["failure_rate"].n) == ("1", 40)
    assert "case 3 of openai:tiny failed" in said(judgement)
    assert held(foreign.promptfoo(tmp_path / "q.json", [{}] * 5))[1].result == "passed"


def test_promptfoo_errors_are_not_examined_and_keep_the_run_open(tmp_path: Path) -> None:
    rows = [{}] * 9 + [{"success": False, "failureReason": 2, "error": "timeout"}]
    _, judgement = held(foreign.promptfoo(tmp_path / "p.json", rows))
    assert judgement.result == "undecided"
    assert left(judgement) == {"openai:tiny": 1}


def test_a_red_team_of_promptfoo_is_told_by_plugin_and_needs_a_limit(tmp_path: Path) -> None:
    rows = [
        {"success": at > 0, "failureReason": int(at == 0), "metadata": {"pluginId": f"p{at % 2}"}} for at in range(20)
    ]
    path = foreign.promptfoo(tmp_path / "p.json", rows, config={"redteam": {"plugins": []}})
    found, judgement = held(path)
    assert found.kinds == ("llm-red-team",)
    assert judgement.result == "undecided"
    groups = [one.group for one in judgement.measurements if one.name == "attack_success_rate"]
    assert groups == [{"plugin": "p0"}, {"plugin": "p1"}]


@pytest.mark.parametrize(
    ("rows", "stats", "says"),
    [([{}] * 3, {"successes": 99}, "its statistics say"), ([], {}, "it holds no case")],
)
def test_a_promptfoo_file_that_contradicts_itself_is_not_whole(
    tmp_path: Path, rows: list, stats: dict, says: str
) -> None:
    _, judgement = held(foreign.promptfoo(tmp_path / "p.json", rows, **stats))
    assert judgement.result == "undecided"
    assert says in said(judgement)


def test_what_promptfoo_filtered_is_kept_as_a_setting(tmp_path: Path) -> None:
    config = {"commandLineOptions": {"filterFirstN": 3, "repeat": 2}, "description": "d"}
    found = read_findings(foreign.promptfoo(tmp_path / "p.json", [{}] * 6, config=config))
    assert (found.settings["filterFirstN"], found.settings["repeat"]) == ("3", "2")


# Inspect ---------------------------------------------------------------------------------------------------------


def test_an_inspect_log_is_read_the_same_from_json_and_from_its_archive(tmp_path: Path) -> None:
    log = foreign.inspect_log()
    (tmp_path / "log.json").write_text(json.dumps({**log, "samples": [{"id": 1, "x": "y"}]}))
    archive = foreign.zstandard_zip(
        tmp_path / "log.eval", {"header.json": json.dumps(log).encode(), "samples/1.json": b"{}"}
    )
    for path in (tmp_path / "log.json", archive):
        found, judgement = held(path, accuracy=("at_least", "0.3"))
        assert (found.tool, found.version, found.about) == ("inspect-ai", "0.3.285", "mockllm/model")
        assert judgement.result == "passed"
        one = judgement.measurements[0]
        expected = binomtest(8, 12).proportion_ci(method="wilson")
        assert one.low is not None
        assert (float(one.low), one.n, one.group) == (pytest.approx(expected.low, abs=1e-9), 12, {"scorer": "match"})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"status": "cancelled"}, "'cancelled'"),
        ({"status": "error"}, "'error'"),
        ({"status": "started", "results": None}, "it holds no score"),
        ({"invalidated": True}, "invalidated"),
    ],
)
def test_an_inspect_run_that_did_not_succeed_is_undecided(tmp_path: Path, changes: dict, says: str) -> None:
    (tmp_path / "log.json").write_text(json.dumps(foreign.inspect_log(**changes)))
    limits = {} if changes.get("results", 1) is None else {"accuracy": ("at_least", "0.1")}
    _, judgement = held(tmp_path / "log.json", **limits)
    assert judgement.result == "undecided"
    assert says in said(judgement)


def test_inspect_counts_what_was_not_completed_not_scored_and_left_out(tmp_path: Path) -> None:
    log = foreign.inspect_log()
    log["results"] |= {"completed_samples": 10}
    log["results"]["scores"][0] |= {"scored_samples": 9, "unscored_samples": 1}
    log["eval"]["config"] = {"limit": 12}
    log["eval"]["dataset"] |= {"samples": 100}
    (tmp_path / "log.json").write_text(json.dumps(log))
    _, judgement = held(tmp_path / "log.json")
    assert "2 of 12 samples were not completed" in said(judgement)
    assert left(judgement) == {"match": 1, "samples of the data set": 88}


def test_an_inspect_archive_of_a_run_that_is_still_going_is_not_whole(tmp_path: Path) -> None:
    start = {"version": 2, "eval": foreign.inspect_log()["eval"], "plan": {}}
    path = foreign.zstandard_zip(tmp_path / "log.eval", {"_journal/start.json": json.dumps(start).encode()})
    assert "'started'" in said(held(path)[1])


def test_an_archive_that_claims_or_holds_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    big = json.dumps(foreign.inspect_log() | {"x": " " * 200_000_000}).encode()
    with pytest.raises(ForeignFileError, match="unpacks to more than"):
        read_findings(foreign.zstandard_zip(tmp_path / "honest.eval", {"header.json": big}))
    with pytest.raises(ForeignFileError, match="unpacks to more than"):
        read_findings(foreign.zstandard_zip(tmp_path / "lying.eval", {"header.json": big}, claim=10))
    with pytest.raises(ForeignFileError, match="no Inspect log"):
        read_findings(foreign.zstandard_zip(tmp_path / "other.zip", {"x": b"y"}))
    (tmp_path / "cut.eval").write_bytes((tmp_path / "other.zip").read_bytes()[:20])
    with pytest.raises(ForeignFileError, match="damaged zip"):
        read_findings(tmp_path / "cut.eval")


# Evidently -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dumped", [False, True])
def test_evidently_tests_decide_and_its_metrics_are_only_shown(tmp_path: Path, dumped: bool) -> None:
    found, judgement = held(foreign.evidently(tmp_path / "e.json", ["SUCCESS", "FAIL", "SUCCESS"], dumped=dumped))
    assert found.kinds == ("drift",)
    assert (found.ended is not None) is dumped
    assert judgement.result == "failed"
    assert "Drift score of test 1" in said(judgement)
    drift = next(one for one in judgement.measurements if one.name == "value_drift")
    assert (drift.value, drift.group["column"], drift.n, drift.outcome) == ("0.2", "a", 0, "undecided")
    clean = held(foreign.evidently(tmp_path / "f.json", ["SUCCESS"] * 3, dumped=dumped))[1]
    assert clean.result == "passed"


def test_evidently_errors_and_an_empty_report_stay_open_and_a_limit_on_a_bare_number_decides_nothing(
    tmp_path: Path,
) -> None:
    _, judgement = held(foreign.evidently(tmp_path / "e.json", ["SUCCESS", "ERROR", "SKIPPED"]))
    assert judgement.result == "undecided"
    assert left(judgement) == {"Value Drift 1": 1, "Value Drift 2": 1}
    assert held(foreign.evidently(tmp_path / "e.json", []))[1].result == "undecided"
    path = foreign.evidently(tmp_path / "e.json", ["SUCCESS"])
    _, judgement = held(path, value_drift=("at_most", "0.5"))
    assert judgement.result == "undecided"


# SARIF -----------------------------------------------------------------------------------------------------------


def result(**more: Any) -> dict[str, Any]:
    return {"ruleId": "CVE-2026-1", "message": {"text": "bad package"}, **more}


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], "passed"),
        ([result(level="error")], "failed"),
        ([result()], "failed"),
        ([result(level="note")], "passed"),
        ([result(level="error", suppressions=[{"kind": "external", "status": "accepted"}])], "passed"),
        ([result(level="error", suppressions=[{"kind": "external", "status": "underReview"}])], "failed"),
        ([result(level="error", baselineState="absent")], "passed"),
        ([result(kind="pass")], "passed"),
        ([result(kind="review")], "undecided"),
        ([result(level="error", kind="fail", rank=3.0)], "failed"),
    ],
)
def test_results_of_sarif_count_by_level_unless_they_were_set_aside(
    tmp_path: Path, results: list, expected: str
) -> None:
    found, judgement = held(foreign.sarif(tmp_path / "s.json", results))
    assert (found.tool, found.version, found.kinds) == ("osv-scanner", "2.2.1", ("dependency-vulnerabilities",))
    assert judgement.result == expected


def test_the_level_of_a_sarif_result_may_come_from_its_rule(tmp_path: Path) -> None:
    rules = [
        {"id": "A", "defaultConfiguration": {"level": "note"}},
        {"id": "B", "defaultConfiguration": {"level": "error"}},
    ]
    results = [{"ruleId": "A", "message": {}}, {"ruleIndex": 1, "message": {}}, {"ruleId": "C", "message": {}}]
    found, judgement = held(foreign.sarif(tmp_path / "s.json", results, driver={"rules": rules}))
    assert {one.name: one.value for one in judgement.measurements} == {
        "error_results": "1", "warning_results": "1", "note_results": "1",
    }  # fmt: skip
    assert found.ended is not None


@pytest.mark.parametrize(
    ("results", "run", "says"),
    [
        (None, {}, "did not look for any"),
        ([], {"invocations": [{"executionSuccessful": False}]}, "did not end well"),
        (
            [],
            {"invocations": [{"executionSuccessful": True, "toolExecutionNotifications": [{"level": "error"}]}]},
            "1 errors",
        ),
    ],
)
def test_a_sarif_run_that_did_not_look_or_end_well_is_undecided(
    tmp_path: Path, results: Any, run: dict, says: str
) -> None:
    _, judgement = held(foreign.sarif(tmp_path / "s.json", results, **run))
    assert judgement.result == "undecided"
    assert says in said(judgement)


def test_files_that_ruff_itself_writes_are_read(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import os\n")
    (tmp_path / "good.py").write_text("x = 1\n")
    for name, expected in (("bad.py", "failed"), ("good.py", "passed")):
        for form, suffix in (("sarif", "json"), ("junit", "xml")):
            command = [
                sys.executable,
                "-m",
                "ruff",
                "check",
                "--isolated",
                "--no-cache",
                "--select",
                "F",
                "--output-format",
                form,
                name,
            ]
            ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
            path = tmp_path / f"{name}.{suffix}"
            path.write_text(ran.stdout)
            found, judgement = held(path)
            assert judgement.result == expected, (form, name, said(judgement))
            assert found.tool == "ruff"
            assert str(tmp_path) not in str(found) + str(judgement)


# JUnit -----------------------------------------------------------------------------------------------------------

PASS, FAIL, ERROR, SKIP = (
    '<testcase classname="t" name="a"/>',
    '<testcase classname="t" name="b"><failure message="m">x</failure></testcase>',
    '<testcase classname="t" name="c"><error message="m"/></testcase>',
    '<testcase classname="t" name="d"><skipped type="pytest.skip"/></testcase>',
)


@pytest.mark.parametrize(
    ("cases", "expected", "failed", "skipped"),
    [
        (PASS * 3, "passed", "0", 0),
        (PASS + FAIL, "failed", "1", 0),
        (PASS + ERROR, "undecided", "0", 0),
        (PASS + SKIP * 2, "passed", "0", 2),
        (SKIP * 2, "undecided", "0", 2),
        ("", "undecided", "0", 0),
        ('<testcase name="e"><error/><failure/></testcase>', "failed", "1", 0),
    ],
)
def test_cases_of_junit_are_counted_by_their_worst_outcome(
    tmp_path: Path, cases: str, expected: str, failed: str, skipped: int
) -> None:
    found, judgement = held(foreign.junit(tmp_path / "j.xml", cases))
    assert judgement.result == expected
    assert judgement.measurements[0].value == failed
    assert left(judgement).get("skipped cases", 0) == skipped
    assert (found.tool, found.kinds) == ("pytest", ())


def test_a_suite_that_declares_more_cases_than_it_holds_is_not_whole(tmp_path: Path) -> None:
    _, judgement = held(foreign.junit(tmp_path / "j.xml", PASS, tests="5"))
    assert judgement.result == "undecided"
    assert "declares 5 cases and holds 1" in said(judgement)


def test_a_time_without_zone_is_the_earliest_that_it_can_mean(tmp_path: Path) -> None:
    found = read_findings(foreign.junit(tmp_path / "j.xml", PASS, timestamp="2026-04-01T11:00:00"))
    assert found.ended is not None
    assert found.ended.isoformat() == "2026-03-31T21:00:00+00:00"


# MLflow and model cards ------------------------------------------------------------------------------------------


def test_an_mlflow_run_gives_the_last_value_of_each_metric_and_never_who_ran_it(tmp_path: Path) -> None:
    metrics = {
        "auc": "1775041199000 0.8 0\n1775041199001 0.85 1\n1775041199002 0.7 0\n",
        "val/loss": "1 0.3 0\n",
        "odd": "x",
    }
    path = foreign.mlflow_run(tmp_path / "run", metrics)
    found, judgement = held(path, auc=("at_least", "0.5"))
    assert {one.name: one.value for one in judgement.measurements} == {"auc": "0.85", "val_loss": "0.3"}
    assert judgement.result == "undecided", "a run says on how many rows of none of its metrics"
    assert left(judgement) == {"odd": 1}
    assert found.ended is not None
    assert found.ended.isoformat() == "2026-04-01T11:00:00+00:00"
    assert "jane" not in str(found) + str(judgement)


@pytest.mark.parametrize(
    ("status", "stage", "says"), [(4, "active", "status 4"), (5, "active", "status 5"), (3, "deleted", "deleted")]
)
def test_an_mlflow_run_that_did_not_finish_is_not_whole(tmp_path: Path, status: int, stage: str, says: str) -> None:
    path = foreign.mlflow_run(tmp_path / "run", {"auc": "1 0.9 0"}, status=status, stage=stage)
    assert says in said(held(path)[1])


def test_an_mlflow_model_says_what_it_needs(tmp_path: Path) -> None:
    found, judgement = held(foreign.mlflow_model(tmp_path / "whole"))
    assert (found.kinds, found.version, judgement.result) == (("aibom",), "3.17.2", "passed")
    _, loose = held(foreign.mlflow_model(tmp_path / "loose", "mlflow\nnumpy>=2\n"))
    assert loose.result == "failed"
    assert "numpy>=2 has no exact version" in said(loose)
    assert held(foreign.mlflow_model(tmp_path / "none", None))[1].result == "undecided"


def test_a_model_card_states_numbers_that_decide_nothing(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(foreign.CARD)
    found, judgement = held(tmp_path / "README.md", accuracy=("at_least", "0.5"))
    assert (found.format, found.about) == ("Hugging Face model card", "my-model")
    one = judgement.measurements[0]
    assert (one.name, one.value, one.group) == ("accuracy", "0.91", {"dataset": "IMDb", "split": "test"})
    assert judgement.result == "undecided"
    assert left(judgement) == {"library_name": 1, "language": 1}
