"""``upright compare``: two models of a manifest on the same rows."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

from cli.running import Runner
from upright.kernel import schemas

MODEL = """
import numpy as np
CLASSES = [0, 1]
def predict_proba(c):
    p = np.clip(c['x'] {more}, 0, 1)
    return np.column_stack([1 - p, p])
"""
MANIFEST = """
upright: 1
organisation: {id: o}
system: {id: s, purpose: p, stage: verification-validation, modality: tabular, roles: {iso42001: [producer]}}
models:
  - {id: now, path: now.py, features: [x], output: predict_proba, positive: 1, threshold: "0.5", may_load: true}
  - {id: next, path: next.py, features: [x], output: predict_proba, positive: 1, threshold: "0.5", may_load: true}
  - {id: shut, path: next.py, features: [x], output: predict_proba, positive: 1, threshold: "0.5"}
datasets:
  - {id: rows, path: rows.parquet, columns: {label: y}, protected: [sex]}
checks: {}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rng = np.random.default_rng(3)
    x = rng.random(600)
    columns = {"x": x, "y": (x + rng.normal(0, 0.03, 600) > 0.6).astype("int8"), "sex": ["F", "M"] * 300}
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet")
    (tmp_path / "now.py").write_text(MODEL.format(more=""))
    (tmp_path / "next.py").write_text(MODEL.format(more="- 0.1"))
    (tmp_path / "upright.yaml").write_text(MANIFEST)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_which_decisions_change_and_who_is_right_more_often(folder: Path, run: Runner) -> None:
    document = run("compare", "now", "next", "--format", "json").document
    Draft202012Validator(schemas.load("compare")).validate(document)
    table = pq.read_table(folder / "rows.parquet")
    x, y = table["x"].to_numpy(), table["y"].to_numpy()
    now, then = x >= 0.5, x - 0.1 >= 0.5
    found = {(one["name"], *one["group"].values()): one for one in document["measurements"]}
    assert found["decisions_changed",]["value"] == pytest.approx((now != then).mean())
    assert found["decisions_changed", "F"]["n"] == 300
    better = found["accuracy_difference",]
    assert better["value"] == pytest.approx((then == y).mean() - (now == y).mean())
    assert better["low"] > 0
    assert document["right"]["b_only"] == int(((then == y) & (now != y)).sum())
    assert found["auc_difference",]["value"] == pytest.approx(0.0, abs=0.02)
    assert not (folder / ".upright").exists(), "nothing is filed"


def test_a_model_is_as_good_as_itself(folder: Path, run: Runner) -> None:
    shown = run("compare", "now", "now")
    assert shown.status == 0
    assert "Decisions that changed" in shown.out
    assert "both" in shown.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("now", "nex"), "has no model 'nex'"),
        (("now", "next", "--on", "row"), "has no data set 'row'"),
        (("now", "shut"), "may_load"),
    ],
)
def test_what_cannot_be_compared_says_why(folder: Path, run: Runner, arguments: tuple[str, ...], words: str) -> None:
    shown = run("compare", *arguments)
    assert shown.status == 2
    assert words in shown.err
