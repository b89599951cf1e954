"""The streams example runs from nothing: numbers, classes and scores of real pupils are compared, none is errored."""

import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from upright.workspace import Workspace, load_manifest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "streams"


def test_every_check_of_the_streams_answers_and_numbers_are_those_of_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("upright.yaml", "train.py"):
        shutil.copy(EXAMPLE / name, tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py", str(tmp_path)])
    runpy.run_path(str(EXAMPLE / "train.py"), run_name="__main__")
    manifest = load_manifest(tmp_path)
    found = Workspace.open_or_create(tmp_path, manifest.organisation.ref.path).assess(manifest)
    checks = {check.binding: check for check in found.checks}
    outcomes = {name: check.outcome for name, check in checks.items()}
    assert {name: outcome for name, outcome in outcomes.items() if outcome != "passed"} == {
        "grades-fairness": "failed",
        "grades-fairness-within": "undecided",
        "streams-fairness": "failed",
        "graduation-fairness": "failed",
        "dependency-vulnerabilities": "undecided",  # without records of vulnerabilities nothing is said of them
    }
    assert len(outcomes) == len(manifest.checks) == 25
    table = pq.read_table(tmp_path / "holdout.parquet")
    rows = {name: np.array(table[name].to_pylist()) for name in table.column_names}
    residual = rows["grade"] - rows["grade_expected"]
    female, male = (residual[rows["sex"] == sex].mean() for sex in ("female", "male"))
    for one in checks["grades-fairness"].measurements:
        if one.name == "mean_residual_difference" and one.group == {"sex": "male"}:
            assert float(one.value) == pytest.approx(female - male)
    upper = (rows["stream_proposed"] == "upper")[rows["ethnicity"] == "black"].mean()
    rate = [
        one
        for one in checks["streams-fairness"].measurements
        if one.name == "selection_rate" and one.group == {"ethnicity": "black", "stream_proposed": "upper"}
    ]
    assert [float(one.value) for one in rate] == [pytest.approx(upper)]
