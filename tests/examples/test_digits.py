"""The digits example runs from nothing: every check of its manifest answers, none is errored."""

import runpy
import shutil
import sys
from pathlib import Path

import pytest

from upright.workspace import Workspace, load_manifest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "digits"


def test_every_check_of_the_image_system_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("upright.yaml", "train.py"):
        shutil.copy(EXAMPLE / name, tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py", str(tmp_path)])
    runpy.run_path(str(EXAMPLE / "train.py"), run_name="__main__")
    manifest = load_manifest(tmp_path)
    found = Workspace.open_or_create(tmp_path, manifest.organisation.ref.path).assess(manifest)
    outcomes = {check.binding: check.outcome for check in found.checks}
    assert len(outcomes) == len(manifest.checks) == 16
    assert "errored" not in outcomes.values(), outcomes
    assert outcomes["model-signature"] == outcomes["inventory-match"] == "passed", outcomes
    undecided = {name for name, outcome in outcomes.items() if outcome == "undecided"}
    assert "dependency-vulnerabilities" in undecided, "without records of vulnerabilities nothing is said of them"
    assert undecided <= {"dependency-vulnerabilities", "robustness"}, outcomes
    assert set(outcomes.values()) == {"passed", "undecided"}, outcomes
