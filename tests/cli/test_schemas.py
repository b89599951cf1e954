"""Every command is run for real, and what it prints as JSON is held to the schema that is published for it."""

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer

from cli.test_compare import MODEL
from cli.test_workspace import example, write_system
from upright.cli import main
from upright.cli.main import app
from upright.kernel import schemas

SCORED = """
upright: 1
organisation: {id: meridian}
system: {id: s, purpose: p, stage: verification-validation, modality: tabular, roles: {iso42001: [producer]}}
models:
  - {id: now, path: now.py, features: [x], output: predict_proba, positive: 1, threshold: "0.5", may_load: true}
  - {id: next, path: next.py, features: [x], output: predict_proba, positive: 1, threshold: "0.5", may_load: true}
datasets:
  - id: rows
    path: rows.parquet
    columns: {label: y, prediction: decision, score: x}
    recorded_decisions: true
    protected: [sex]
    favourable: 1
checks:
  fair: {check: group-fairness, on: dataset:rows, limits: {selection_rate_ratio: {at_least: "0.8"}}}
"""
JUNIT = '<testsuite name="t" tests="1" timestamp="2026-05-01T10:00:00+00:00"><testcase name="a"/></testsuite>'
COMMANDS: dict[str, str] = {
    "init": "--print",
    "discover": "",
    "doctor": "",
    "assess": "--bundle run.bundle",
    "mitigate": "fair --manifest scored",
    "compare": "now next --manifest scored",
    "scan": "scored",
    "classify": "answers.yaml",
    "posture": "",
    "explain": "iso42001:A.5.4",
    "gate": "--to deployment",
    "evidence list": "",
    "evidence show": "{evidence}",
    "evidence import": "junit.xml --about dataset:decisions --kind data-quality",
    "evidence merge": "run.bundle",
    "key new": "person",
    "key list": "",
    "key export": "log",
    "key enrol": "person",
    "attest": "impact-assessment --about system:loans --file record.json --key {person}",
    "key retire": "{person} --reason left",
    "ledger verify": "",
    "ledger head": "",
    "ledger prove": "3",
    "ledger consistency": "3",
    "pack": "-o p.zip",
    "verify": "p.zip",
    "report": "assessment",
    "catalogue frameworks": "",
    "catalogue requirements": "",
    "catalogue kinds": "",
    "catalogue threats": "",
    "catalogue lint": "",
    "schema": "",
    "serve": "--organisation meridian --administrator a@b.example --manager m@b.example --prepare-only",
    "worker": "--once",
    "demo": "--home ../server --prepare-only",  # there are people: it says what it is, and builds nothing (0246)
    "backup": "server.backup",
    "restore": "",
}  # in this order: later ones read what earlier ones wrote


def commands() -> list[str]:
    """Every command that there is, by its words."""
    found = []
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        # manage answers as Django does; push is run against a real server in tests/site/test_push_command.py
        if name in {"manage", "push"}:
            continue
        parts = getattr(command, "commands", None)
        found += [f"{name} {part}" for part in parts] if parts else [name]
    return found


def printed(*words: str) -> Any:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main([*words, "--format", "json"])
    return json.loads(out.getvalue())


def write_office(folder: Path) -> None:
    write_system(folder)
    (folder / "scored").mkdir()
    (folder / "scored/upright.yaml").write_text(SCORED)
    (folder / "scored/now.py").write_text(MODEL.format(more=""))
    (folder / "scored/next.py").write_text(MODEL.format(more="- 0.1"))
    x = np.random.default_rng(3).random(600)
    columns = {"x": x, "y": (x > 0.6).astype("int8"), "decision": (x > 0.5).astype("int8"), "sex": ["F", "M"] * 300}
    pq.write_table(pa.table(columns), folder / "scored/rows.parquet")
    (folder / "answers.yaml").write_text("Q0: yes\n")
    (folder / "junit.xml").write_text(JUNIT)
    (folder / "record.json").write_text(example())


def printed_by_a_process(*words: str) -> Any:
    """A server's home and database are settled when its apps are loaded, so it begins in a process of its own."""
    command = [sys.executable, "-m", "upright", *words, "--format", "json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each command printed, run one after the other in one folder."""
    home = tmp_path_factory.mktemp("office")
    (home / "system").mkdir()
    write_office(home / "system")
    found: dict[str, Any] = {}
    names: dict[str, Callable[[], str]] = {
        "{evidence}": lambda: found["evidence list"]["evidence"][0]["evidence"],
        "{person}": lambda: found["key new"]["fingerprint"],
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
        patch.setenv("XDG_STATE_HOME", str(home / "state"))
        patch.chdir(home / "system")
        patch.setenv("UPRIGHT_HOME", str(home / "server"))
        patch.delenv("UPRIGHT_DATABASE_URL", raising=False)
        for command, more in COMMANDS.items():
            if command == "restore":  # which only a log that cannot go on needs
                (home / "system/.upright/ledger/tile/0/000").unlink()
            words = [names[word]() if word in names else word for word in more.split()]
            how = printed_by_a_process if command in {"serve", "worker", "demo"} else printed
            found[command] = how(*command.split(), *words)
        found["report-list"] = printed("report")
    return found


@pytest.mark.parametrize("command", commands())
def test_each_command_prints_what_its_schema_says(documents: dict[str, Any], command: str) -> None:
    assert command in documents, f"{command} is new: run it in COMMANDS above"
    schema = schemas.load(schemas.of_command(command))
    validator = jsonschema.Draft202012Validator(schema)
    assert "error" not in documents[command], documents[command]
    validator.validate(documents[command])
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({**documents[command], "surprise": 1})


def test_a_list_of_reports_has_a_schema_of_its_own(documents: dict[str, Any]) -> None:
    assert jsonschema.Draft202012Validator(schemas.load("report-list")).is_valid(documents["report-list"])


def test_every_schema_of_a_command_is_found_by_its_words_and_no_two_share_one() -> None:
    found = [schemas.of_command(command) for command in commands()]
    assert len(found) == len(set(found))
    assert set(found) <= set(schemas.names())


def test_a_schema_carries_those_that_it_refers_to(documents: dict[str, Any]) -> None:
    schema = schemas.load("evidence-show")
    assert schema["$defs"]["statement"] == schemas.load("statement")
    wrong = documents["evidence show"] | {"statement": {"_type": "other"}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(wrong)


def test_explain_says_what_nobody_has_confirmed(documents: dict[str, Any]) -> None:
    from upright.catalogue import Catalogue

    known = Catalogue.load().requirement("iso42001:A.5.4")
    said = documents["explain"]
    assert (said["confirmed"], said["asks_confirmed"]) == (known.confirmed, known.asks_confirmed)
    assert said["cautions"] == list(known.cautions)
    assert said["judgement"] == "own"
