"""Results of other tools, from the command to posture: marked as imported, counted only where an ask takes them."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.running import Runner
from interchange import foreign
from upright.workspace import Workspace, load_manifest

MANIFEST = """\
upright: 1
organisation: {id: meridian}
system:
  id: lending
  purpose: Ranks applications.
  roles: {iso42001: [producer]}
  stage: verification-validation
  modality: llm
models:
  - {id: scorer, path: model.bin}
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(capsys)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.bin").write_bytes(b"model")
    (tmp_path / "upright.yaml").write_text(MANIFEST)
    workspace = Workspace.open_or_create(tmp_path, "meridian")
    workspace.assess(load_manifest(tmp_path / "upright.yaml"))
    return tmp_path


def imported(run: Runner, *arguments: object) -> Any:
    answer = run("evidence", "import", *arguments, "--format", "json")
    assert answer.status == 0, answer.err
    return answer.document


def statement(folder: Path, filed: Any) -> Any:
    row = Workspace.open(folder).find_evidence(filed["evidence"])
    assert row.statement is not None
    return row.statement.predicate


def test_a_report_becomes_evidence_that_names_tool_version_and_file(run: Runner, folder: Path) -> None:
    path = foreign.garak(folder / "g.jsonl", [("dan.Dan", "dan.DAN", 300, 0, 2)], generations=1)
    filed = imported(run, path, "--limit", "attack_success_rate at_most 0.05")
    said = statement(folder, filed)
    assert (said.source, said.kinds, said.result) == ("imported", ("llm-red-team",), "passed")
    import hashlib

    assert said.imported.tool == "garak"
    assert said.imported.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert said.inputs[0].hold == "declared"
    assert said.ended == "2026-03-31T21:00:00.000Z", "a time without zone is the earliest that it can mean"
    assert filed["stream"] == "binding:lending/import-garak-scorer"
    assert imported(run, path, "--limit", "attack_success_rate at_most 0.05")["index"] == filed["index"]
    text = run("evidence", "import", path, "--limit", "attack_success_rate at_most 0.01").out
    assert "Attack success rate" in text


def test_an_import_counts_only_where_an_ask_takes_it(run: Runner, folder: Path) -> None:
    def cells(requirement: str) -> str:
        _, _, posture = Workspace.open(folder).posture(manifest=load_manifest(folder / "upright.yaml"))
        return str(next(one.status for one in posture.verdicts if one.requirement == requirement))

    before = cells("iso42001:A.4.4")
    path = foreign.sarif(folder / "s.json", [], invocations=[{"executionSuccessful": True, "endTimeUtc": now()}])
    assert statement(folder, imported(run, path)).result == "passed"
    assert cells("iso42001:A.4.4") == before, "a scan that others made is no check of ours"
    bad = foreign.sarif(
        folder / "t.json", [{"level": "error", "ruleId": "CVE-2026-1", "message": {"text": "x"}}],
        invocations=[{"executionSuccessful": True, "endTimeUtc": now()}],
    )  # fmt: skip
    assert statement(folder, imported(run, bad)).result == "failed"
    assert cells("iso42001:A.4.4") == "failing", "bad news counts, whoever brings it"


def now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat()


def test_a_narrower_run_does_not_replace_a_failure(run: Runner, folder: Path) -> None:
    limit = ("--limit", "attack_success_rate at_most 0.05")
    failed = foreign.garak(
        folder / "a.jsonl", [("dan.Dan", "dan.DAN", 100, 100, 0), ("leak.Replay", "x.X", 400, 0, 0)], generations=1
    )
    assert statement(folder, imported(run, failed, *limit)).result == "failed"
    narrower = foreign.garak(folder / "b.jsonl", [("leak.Replay", "x.X", 400, 0, 0)], generations=1)
    said = statement(folder, imported(run, narrower, *limit))
    assert said.result == "undecided"
    assert "measured more than this one" in said.reasons[0].because
    fewer = foreign.garak(
        folder / "c.jsonl", [("dan.Dan", "dan.DAN", 150, 0, 0), ("leak.Replay", "x.X", 400, 0, 0)], generations=1
    )
    assert statement(folder, imported(run, fewer, *limit)).result == "undecided"
    whole = foreign.garak(
        folder / "d.jsonl", [("dan.Dan", "dan.DAN", 400, 0, 0), ("leak.Replay", "x.X", 400, 0, 0)], generations=1
    )
    assert statement(folder, imported(run, whole, *limit)).result == "passed"
    assert statement(folder, imported(run, narrower, *limit, "--as", "leaks only")).result == "passed"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("j.xml",), "UP-IMP-04"),
        (("j.xml", "--kind", "performanc"), "UP-ATT-01"),
        (("j.xml", "--kind", "ai-policy"), "UP-ATT-01"),
        (("j.xml", "--kind", "performance", "--about", "model:scorr"), "UP-ATT-02"),
        (("j.xml", "--kind", "performance", "--about", "system"), "UP-ATT-02"),
        (("j.xml", "--kind", "performance", "--about", "model:scorer", "--limit", "failed_cases < 3"), "UP-IMP-08"),
        (("j.xml", "--kind", "performance", "--about", "model:scorer", "--limit", "auc at_most 3"), "UP-CHECK-12"),
        (("untimed.xml", "--kind", "performance", "--about", "model:scorer"), "UP-IMP-05"),
        (("future.xml", "--kind", "performance", "--about", "model:scorer"), "UP-IMP-06"),
        (("upright.yaml",), "UP-IMP-03"),
        (("absent",), "UP-IMP-01"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_filed(
    run: Runner, folder: Path, arguments: tuple[str, ...], code: str
) -> None:
    foreign.junit(folder / "j.xml", "<testcase/>")
    foreign.junit(folder / "untimed.xml", "<testcase/>", timestamp="")
    foreign.junit(folder / "future.xml", "<testcase/>", timestamp="2096-01-01T00:00:00Z")
    size = Workspace.open(folder).log.size
    answer = run("evidence", "import", *arguments)
    assert (answer.status, code in answer.err) == (2, True), answer.err
    assert Workspace.open(folder).log.size == size


def test_the_time_may_be_said_where_the_file_does_not_say_it(run: Runner, folder: Path) -> None:
    path = foreign.junit(folder / "j.xml", "<testcase name='a'/>", timestamp="")
    filed = imported(run, path, "--kind", "performance", "--about", "model:scorer", "--ended", "2026-04-01T00:00:00Z")
    assert statement(folder, filed).ended == "2026-04-01T00:00:00.000Z"


def test_a_folder_is_imported_with_the_digest_of_all_its_files(run: Runner, folder: Path) -> None:
    path = foreign.mlflow_run(folder / "run", {"auc": "1 0.9 0"})
    first = statement(folder, imported(run, path))
    assert (first.imported.tool, first.result) == ("mlflow", "undecided")
    assert "jane" not in json.dumps(imported(run, path)) + str(first)
    (path / "params" / "C").write_text("2")
    assert statement(folder, imported(run, path)).imported.sha256 != first.imported.sha256


def test_imported_evidence_is_part_of_a_pack_that_verifies(run: Runner, folder: Path) -> None:
    imported(run, foreign.promptfoo(folder / "p.json", [{}] * 5))
    assert run("pack", "-o", "pack.zip").status == 0
    answer = run("verify", "pack.zip", "--trust", str(Workspace.open(folder).log_key), "--format", "json")
    assert answer.document["outcome"] == "intact", answer.document["problems"]


def test_an_access_log_becomes_evidence_about_the_system_with_its_window(run: Runner, folder: Path) -> None:
    line = '192.0.2.1 - jane [01/Apr/2026:10:00:00 +0200] "GET /models HTTP/1.1" 200 12\n'
    (folder / "access.log").write_text(line)
    said = statement(folder, imported(run, folder / "access.log"))
    assert (said.kinds, said.result, said.system) == (("access-log",), "passed", "system:lending")
    window = next(one for one in said.inputs if one.hold == "window")
    assert (window.ref, window.from_, window.to) == ("log:lending/imported", said.ended, said.ended)
    assert "jane" not in str(said)
