"""Performance: a weak model fails, a good one passes, and each unfit table gets its own answer."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from checks.tabular import ask, roles, table, why
from upright.checks.contract import Columns

SCORED = Columns(label="y", prediction="p", score="s")


def scored(strength: float, rows: int = 3_000, seed: int = 2) -> dict[str, Any]:
    generator = np.random.default_rng(seed)
    score = np.round(generator.random(rows), 2)
    label = generator.random(rows) < 0.5 + strength * (score - 0.5)
    return {
        "g": generator.choice(["a", "b"], rows),
        "s": score,
        "y": label.astype("int8"),
        "p": (score >= 0.5).astype("int8"),
    }


def test_a_weak_model_fails_and_a_good_one_passes(tmp_path: Path) -> None:
    limits = {"auc": {"at_least": "0.7"}, "accuracy": {"at_least": "0.6"}, "calibration_error": {"at_most": "0.1"}}
    good = ask("performance", table(tmp_path, scored(1.0), **roles(columns=SCORED)), tmp_path, limits=limits)
    weak = ask("performance", table(tmp_path, scored(0.1), **roles(columns=SCORED)), tmp_path, limits=limits)
    assert (good.result, weak.result) == ("passed", "failed"), why(good)
    assert {one.limit.partition(" ")[0] for one in weak.reasons if one.outcome == "failed"} == set(limits)


@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_every_value_is_scikit_learns_with_ties(tmp_path: Path, strength: float) -> None:
    columns = scored(strength)
    said = ask("performance", table(tmp_path, columns, **roles(columns=SCORED)), tmp_path)
    found = {one.name: float(one.value) for one in said.measurements if not one.group}
    y, p, s = (columns[name] for name in ("y", "p", "s"))
    expected = {
        "accuracy": sk.accuracy_score(y, p),
        "precision": sk.precision_score(y, p),
        "recall": sk.recall_score(y, p),
        "specificity": sk.recall_score(y, p, pos_label=0),
        "balanced_accuracy": sk.balanced_accuracy_score(y, p),
        "f1": sk.f1_score(y, p),
        "auc": sk.roc_auc_score(y, s),
        "brier": sk.brier_score_loss(y, s),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-9)
    groups = {(one.name, one.group["g"]): float(one.value) for one in said.measurements if one.group}
    for group in ("a", "b"):
        inside = columns["g"] == group
        assert groups["auc", group] == pytest.approx(sk.roc_auc_score(y[inside], s[inside]), abs=1e-9)


@pytest.mark.parametrize(
    ("change", "result", "words"),
    [
        ({"y": [0, 1, 2] * 20}, "undecided", r"'y' holds 3 values \('0', '1', '2'\).*UP-MEASURE-04"),
        ({"y": [1] * 60}, "undecided", "all outcomes are of one class"),
        ({"y": [0] * 60}, "undecided", "all outcomes are of one class"),
        ({"y": ["no"] * 60}, "errored", "say which one is positive.*UP-CHECK-37"),
        ({"s": [1.5, 0.2] * 30}, "undecided", r"'s' runs from 0.2 to 1.5; expected 0 to 1.*margin.*UP-MEASURE-09"),
        ({"s": [-0.1, 0.2] * 30}, "undecided", "UP-MEASURE-09"),
        ({"s": ["high", "low"] * 30}, "undecided", r"'s' holds string, not numbers.*UP-MEASURE-08"),
        ({"p": [float("nan"), 1.0] * 30}, "undecided", r"30 of 60 rows have no prediction.*UP-CHECK-34"),
        ({"s": [float("nan"), 0.5] * 30}, "undecided", r"30 of 60 rows have no score.*UP-CHECK-34"),
        ({"s": [float("inf"), 0.5] * 30}, "undecided", "UP-MEASURE-09"),
        ({"y": [None] * 60}, "undecided|errored", "UP-(MEASURE|CHECK)-"),
    ],
)
def test_an_unfit_table_gets_its_own_clear_answer(
    tmp_path: Path, change: dict[str, Any], result: str, words: str
) -> None:
    columns = scored(1.0, 60) | change
    limits = {"auc": {"at_least": "0.5"}, "accuracy": {"at_least": "0.3"}}
    said = ask("performance", table(tmp_path, columns, **roles(columns=SCORED)), tmp_path, limits=limits)
    assert re.fullmatch(result, said.result), why(said)
    assert re.search(words, why(said)), why(said)


def test_a_small_table_and_a_table_without_label_are_not_judged(tmp_path: Path) -> None:
    few = ask(
        "performance", table(tmp_path, scored(1.0, 3), **roles(columns=SCORED)), tmp_path,
        limits={"auc": {"at_least": "0.5"}},
    )  # fmt: skip
    assert few.result in {"undecided", "errored"}
    bare = ask("performance", table(tmp_path, scored(1.0, 50), **roles(columns=Columns(score="s"))), tmp_path)
    assert (bare.result, "UP-CHECK-35" in why(bare)) == ("errored", True)
    alone = ask("performance", table(tmp_path, scored(1.0, 50), **roles(columns=Columns(label="y"))), tmp_path)
    assert (alone.result, "UP-CHECK-36" in why(alone)) == ("errored", True)


def test_a_group_may_be_judged_too(tmp_path: Path) -> None:
    columns = scored(1.0)
    wrong = columns["g"] == "b"
    columns["p"] = np.where(wrong, 1 - columns["p"], columns["p"])
    given = table(tmp_path, columns, **roles(columns=Columns(label="y", prediction="p")))
    limits = {"recall": {"at_least": "0.45"}}
    assert ask("performance", given, tmp_path, limits=limits).result in {"passed", "undecided"}
    assert ask("performance", given, tmp_path, limits=limits, options={"judge_groups": True}).result == "failed"


def test_errors_of_numbers_are_scikit_learns_and_infinite_ones_decide_nothing(tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    truth = generator.gamma(2.0, 50.0, 600)
    columns = {"g": ["a", "b"] * 300, "y": truth, "p": truth + generator.normal(0, 10, 600)}
    limits = {"mae": {"at_most": "12"}, "rmse": {"at_most": "5"}}
    told = {"limits": limits, "options": {"task": "regression"}}
    said = ask("performance", table(tmp_path, columns, **roles()), tmp_path, **told)
    found = {one.name: float(one.value) for one in said.measurements if not one.group}
    assert found["mae"] == pytest.approx(sk.mean_absolute_error(truth, columns["p"]), rel=1e-9)
    assert found["rmse"] == pytest.approx(sk.root_mean_squared_error(truth, columns["p"]), rel=1e-9)
    outcomes = {one.name: one.outcome for one in said.measurements if not one.group}
    assert outcomes == {"mae": "passed", "rmse": "failed"}
    columns["p"][0] = np.inf
    said = ask("performance", table(tmp_path, columns, **roles()), tmp_path, **told)
    assert said.result == "undecided", why(said)


def test_an_unknown_task_is_refused(tmp_path: Path) -> None:
    said = ask("performance", table(tmp_path, scored(1.0, 50), **roles()), tmp_path, options={"task": "ranking"})
    assert (said.result, "UP-CHECK-03" in why(said)) == ("errored", True)
