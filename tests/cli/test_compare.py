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


NUMBERS = """
import numpy as np
def predict(c):
    return np.asarray(c['x']) * {slope}
"""


def regressions(folder: Path, labels: "np.ndarray", slopes: tuple[float, float] = (90.0, 97.0)) -> None:
    """Two models that predict a number, and rows with what turned out."""
    table = pq.read_table(folder / "rows.parquet")
    pq.write_table(table.set_column(1, "y", pa.array(labels)), folder / "rows.parquet")
    for name, slope in zip(("now", "next"), slopes, strict=True):
        (folder / f"{name}.py").write_text(NUMBERS.format(slope=slope))
    text = MANIFEST.replace('output: predict_proba, positive: 1, threshold: "0.5"', "output: predict")
    (folder / "upright.yaml").write_text(text)


def test_models_that_predict_a_number_are_compared_by_their_errors(folder: Path, run: Runner) -> None:
    from scipy import stats

    x = pq.read_table(folder / "rows.parquet")["x"].to_numpy()
    y = 100.0 * x + np.random.default_rng(5).normal(0, 1, len(x))
    regressions(folder, y)
    document = run("compare", "now", "next", "--format", "json").document
    Draft202012Validator(schemas.load("compare")).validate(document)
    found = {(one["name"], *one["group"].values()): one for one in document["measurements"]}
    nearer = np.abs(97 * x - y) - np.abs(90 * x - y)
    assert found["absolute_error_difference",]["value"] == pytest.approx(nearer.mean())
    low, high = stats.ttest_1samp(nearer, 0).confidence_interval(0.95)
    assert (found["absolute_error_difference",]["low"], found["absolute_error_difference",]["high"]) == pytest.approx(
        (low, high)
    )
    assert found["absolute_error_difference", "F"]["value"] == pytest.approx(nearer[::2].mean())
    assert found["score_difference",]["value"] == pytest.approx((7 * x).mean())
    assert document["right"] is None, "nobody is right about a number, only nearer"
    assert not {"decisions_changed", "accuracy_difference"} & {one["name"] for one in document["measurements"]}
    shown = run("compare", "now", "next").out
    assert "Mean absolute error, B minus A" in shown
    assert "McNemar" not in shown


def test_numbers_that_may_be_codes_of_classes_are_still_decisions(folder: Path, run: Runner) -> None:
    regressions(folder, np.arange(600) % 26, slopes=(0.0, 0.0))
    names = {one["name"] for one in run("compare", "now", "next", "--format", "json").document["measurements"]}
    assert {"decisions_changed", "accuracy_difference"} <= names
    assert "absolute_error_difference" not in names


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
