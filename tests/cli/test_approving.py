"""A manifest that is completed after its first assessment: what waits is said, approved by one command, and counts."""

import json
from pathlib import Path

import pytest

from cli.running import Runner
from upright.catalogue import Catalogue
from workspace.manifests import MANIFEST, write_project

CHECKS = MANIFEST.partition("checks:")[0] + "checks:\n  data-provenance: {on: dataset:applications}\n"
ORIGIN = """    favourable: 0
    origin: Own records
    licence: Own data
    collected: 2026-01/2026-06
    steps: [none]
"""


@pytest.fixture
def completed(folder: Path, run: Runner) -> Path:
    """A project that was assessed without an origin, and whose manifest says it now."""
    path = write_project(folder, CHECKS)
    assert run("assess").status == 1
    path.write_text(CHECKS.replace("    favourable: 0\n", ORIGIN))
    return folder


def status_of(run: Runner, requirement: str) -> str:
    return str(run("explain", requirement, "--format", "json").document["status"])


def test_what_passes_after_a_change_counts_once_a_person_approves_with_one_command(
    run: Runner, completed: Path
) -> None:
    answer = run("assess")
    assert answer.status == 0
    assert "on.declared.origin" in answer.out
    said = " ".join(answer.out.split())
    assert "upright attest binding-approval --reason WHY" in said
    assert said.count("Until a person approves") == 1
    assert status_of(run, "iso42001:A.7.5") == "failing"

    reason = ("attest", "binding-approval", "--reason", "The records' origin was not written down.")
    refused = run(*reason)
    assert (refused.status, "upright key new person" in refused.err) == (2, True)
    run("key", "new", "person")
    run("key", "enrol", "person")
    assert run(*reason).status == 0
    assert "Not approved yet" not in run("assess").out
    assert status_of(run, "iso42001:A.7.5") in {"partly", "met"}
    again = run(*reason)
    assert (again.status, "[UP-ATT-09]" in again.err) == (2, True)


def test_what_was_approved_is_on_record_with_its_reason_and_manifest(run: Runner, completed: Path) -> None:
    from upright.workspace import load_manifest

    run("assess")
    run("key", "new", "person")
    run("key", "enrol", "person")
    run("attest", "binding-approval", "--reason", "Origin added.")
    row = run("evidence", "list", "--kind", "binding-approval", "--format", "json").document["evidence"][0]
    assert row["subjects"] == ["system:lending"]
    shown = run("evidence", "show", row["evidence"], "--format", "json").document
    data = shown["statement"]["predicate"]["record"]["data"]
    assert data == {
        "manifest": load_manifest(completed).sha256, "bindings": ["data-provenance"], "reason": "Origin added."
    }  # fmt: skip


def test_without_a_reason_or_for_another_kind_without_a_file_nothing_is_filed(run: Runner, completed: Path) -> None:
    run("assess")
    before = run("ledger", "head").out
    assert "--reason" in run("attest", "binding-approval").err
    assert "upright catalogue kinds waiver" in run("attest", "waiver", "--reason", "x").err
    assert "name it" in run("attest", "group-fairness", "--file", "upright.yaml").err
    assert run("ledger", "head").out == before


@pytest.mark.parametrize("kind", ["binding-approval", "nonconformity", "statement-of-applicability"])
def test_the_file_that_a_kind_shows_is_one_that_it_takes(run: Runner, folder: Path, kind: str) -> None:
    import jsonschema
    import yaml

    answer = run("catalogue", "kinds", kind)
    shown = answer.out.partition("--file F':\n")[2]
    assert shown, answer.out
    data = yaml.safe_load(shown)
    found = Catalogue.load().kind(kind)
    jsonschema.Draft202012Validator(dict(found.fields)).validate(data)
    assert data == json.loads(json.dumps(_plain(found.example)))
    listed = run("catalogue", "kinds", kind, "--format", "json").document["kinds"]
    assert [one["id"] for one in listed] == [kind]
    assert "[UP-CAT-08]" in run("catalogue", "kinds", "nothing-known").err


def _plain(value: object) -> object:
    if hasattr(value, "items"):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def test_the_gate_says_where_open_questions_are_asked_and_which_file_an_attestation_takes(
    run: Runner, folder: Path
) -> None:
    write_project(folder, CHECKS.replace("  classification: answers.yaml\n", ""))
    run("assess")
    said = " ".join(run("gate", "--to", "deployment").out.split())
    assert "'upright classify FILE' asks these questions in words" in said
    assert "'upright catalogue kinds KIND' prints a file F" in said
    (folder / "answers.yaml").write_text("Q0: no\n")
    assert "Is it a machine-based system" in run("classify", "answers.yaml").out


def test_a_push_without_a_token_says_who_issues_one_and_how(run: Runner, folder: Path) -> None:
    write_project(folder, CHECKS)
    run("assess")
    refused = run("push", "--url", "http://127.0.0.1:9")
    assert refused.status == 2
    assert "'upright manage token EMAIL --name CI', where the server runs. [UP-CLI-30]" in refused.err
