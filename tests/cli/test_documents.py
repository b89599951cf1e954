"""What ``--format json`` prints in special cases is what the published schemas say; test_schemas.py has the rest."""

import pickle
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cli.running import Runner
from cli.test_workspace import assessed, write_system  # noqa: F401 - the fixture of one assessment
from upright.kernel import schemas


def assert_conforms(document: Any, name: str) -> None:
    schema = schemas.load(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**document, "surprise": 1})


@pytest.fixture
def here(assessed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: F811
    for part in ("system", "config", "state"):
        shutil.copytree(assessed / part, tmp_path / part)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path / "system")
    return tmp_path / "system"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("posture", ("posture", "--framework", "gdpr", "--at", "2020-01-01")),
        ("error", ("explain", "iso42001:A.99")),
        ("error", ("gate", "--to", "mars")),
    ],
)
def test_the_document_conforms_to_its_schema(run: Runner, here: Path, name: str, arguments: tuple[str, ...]) -> None:
    assert_conforms(run(*arguments, "--format", "json").document, name)


def test_a_scan_conforms_for_every_verdict(run: Runner, folder: Path) -> None:
    (folder / "clean.pkl").write_bytes(pickle.dumps([1]))
    (folder / "bad.pkl").write_bytes(b"cposix\nsystem\n(S'true'\ntR.")
    (folder / "other.txt").write_text("hello")
    document = run("scan", "clean.pkl", "bad.pkl", "other.txt", "--format", "json").document
    assert_conforms(document, "scan")
    assert {each["verdict"] for each in document["files"]} == {"clean", "dangerous", "not_examined"}


@pytest.mark.parametrize("name", schemas.names())
def test_every_schema_is_a_schema_and_has_a_title_and_an_id(name: str) -> None:
    schema = schemas.load(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"]
    assert schema["$id"].startswith(f"urn:upright:schema:{name}")
