"""Group fairness of classes, numbers and scores: the fault is found, the clean case passes, the unfit is said."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression

from checks.tabular import ask, roles, table, why
from upright.checks.contract import Columns, NotJudged

GRADES = roles(columns=Columns(label="y", prediction="p"), favourable=None)
MULTI: dict[str, Any] = {"task": "multiclass"}
NUMBERS: dict[str, Any] = {"task": "regression"}


def graded(wrong: float, rows: int = 3_000, seed: int = 1) -> dict[str, Any]:
    """Grades a to c, read right except for a share of group m's a that is read as c."""
    generator = np.random.default_rng(seed)
    grade = generator.choice(["a", "b", "c"], 2 * rows)
    group = np.repeat(["f", "m"], rows)
    read = np.where((group == "m") & (grade == "a") & (generator.random(2 * rows) < wrong), "c", grade)
    slips = generator.random(2 * rows) < 0.05
    return {"g": group, "y": grade, "p": np.where(slips, generator.choice(["a", "b", "c"], 2 * rows), read)}


def test_a_class_that_is_read_worse_for_one_group_is_found_by_class_by_average_and_by_mix(tmp_path: Path) -> None:
    limits = {
        "true_positive_rate_difference": {"at_most": "0.1"},
        "macro_true_positive_rate_difference": {"at_most": "0.05"},
        "decision_distance": {"at_most": "0.05"},
    }
    told: dict[str, Any] = {"limits": limits, "options": MULTI, "reference": {"g": "f"}}
    unfair = ask("group-fairness", table(tmp_path, graded(0.4), **GRADES), tmp_path, **told)
    fair = ask("group-fairness", table(tmp_path, graded(0.0), **GRADES), tmp_path, **told)
    assert (unfair.result, fair.result) == ("failed", "passed"), why(fair)
    assert {one.limit.partition(" ")[0] for one in unfair.reasons if one.outcome == "failed"} == set(limits)
    failed = [one.group for one in unfair.measurements if one.outcome == "failed" and "p" in one.group]
    assert failed == [{"g": "m", "p": "a"}]


def test_classes_are_compared_within_strata(tmp_path: Path) -> None:
    """Simpson: in each department alike, but the departments' mixes differ, and so do the groups."""
    parts = [("f", "hard", 800, 0.2), ("m", "hard", 200, 0.2), ("f", "easy", 200, 0.8), ("m", "easy", 800, 0.8)]
    columns = {
        "g": [g for g, _, n, _ in parts for _ in range(n)],
        "d": [d for _, d, n, _ in parts for _ in range(n)],
        "p": ["yes" if at < n * share else ("no" if at % 2 else "wait") for _, _, n, share in parts for at in range(n)],
    }
    given = table(tmp_path, columns, **roles(columns=Columns(prediction="p"), favourable=None))
    limits = {"selection_rate_difference": {"at_most": "0.15"}}
    crude = ask("group-fairness", given, tmp_path, limits=limits, options=MULTI)
    within = ask("group-fairness", given, tmp_path, limits=limits, options=MULTI, strata=("d",))
    assert (crude.result, within.result) == ("failed", "passed"), why(within)
    pooled = [one for one in within.measurements if one.name == "selection_rate_difference_within"]
    assert {one.group["p"] for one in pooled} == {"yes", "no", "wait"}
    assert all(abs(float(one.value)) < 0.02 for one in pooled)


def test_several_favourable_decisions_are_one_side_and_all_others_the_other(tmp_path: Path) -> None:
    columns = graded(0.4)
    given = table(tmp_path, columns, **roles(favourable=("a", "b")))
    limits = {"selection_rate_difference": {"at_most": "0.05"}}
    said = ask("group-fairness", given, tmp_path, limits=limits)
    assert said.result == "failed", why(said)
    rate = next(one for one in said.measurements if one.name == "selection_rate" and one.group == {"g": "m"})
    good = np.isin(columns["p"][columns["g"] == "m"], ["a", "b"]).mean()
    assert float(rate.value) == pytest.approx(good)
    never = ask("group-fairness", table(tmp_path, columns, **roles(favourable=("x", "z"))), tmp_path, limits=limits)
    assert (never.result, "UP-MEASURE-05" in why(never)) == ("undecided", True)


def test_a_small_group_is_let_go_of_in_all_its_classes_by_one_line(tmp_path: Path) -> None:
    columns = graded(0.0)
    columns = {name: np.concatenate([values, more]) for (name, values), more in zip(
        columns.items(), (["x"] * 9, ["a", "b", "c"] * 3, ["a", "b", "c"] * 3), strict=True)}  # fmt: skip
    given = table(tmp_path, columns, **GRADES)
    limits = {"true_positive_rate_difference": {"at_most": "0.1"}}
    assert ask("group-fairness", given, tmp_path, limits=limits, options=MULTI).result == "undecided"
    gone = (NotJudged(group={"g": "x"}, reason="nine people"),)
    said = ask("group-fairness", given, tmp_path, limits=limits, options=MULTI, not_judged=gone)
    assert said.result == "passed", why(said)
    assert ("group g = x", 9) in [(one.what, one.count) for one in said.not_examined]


def paid(bias: float, rows: int = 1_500, seed: int = 3) -> dict[str, Any]:
    generator = np.random.default_rng(seed)
    group = np.repeat(["f", "m"], rows)
    truth = generator.gamma(5.0, 4.0, 2 * rows)
    return {"g": group, "y": truth, "p": truth + generator.normal(0, 2, 2 * rows) - bias * (group == "f")}


def test_numbers_that_are_too_low_for_one_group_are_found_by_means_and_at_the_threshold(tmp_path: Path) -> None:
    limits = {
        "mean_residual_difference": {"at_most": "1"},
        "mean_prediction_difference": {"at_most": "1.5"},
        "selection_rate_difference": {"at_most": "0.1"},
        "rmse_difference": {"at_most": "1"},
    }
    options = NUMBERS | {"thresholds": [20, 25.5]}
    given = roles(favourable=None)
    unfair = ask("group-fairness", table(tmp_path, paid(6.0), **given), tmp_path, limits=limits, options=options)
    fair = ask("group-fairness", table(tmp_path, paid(0.0), **given), tmp_path, limits=limits, options=options)
    assert (unfair.result, fair.result) == ("failed", "passed"), why(fair)
    assert {one.limit.partition(" ")[0] for one in unfair.reasons if one.outcome == "failed"} == set(limits)
    named = {one.group["p"] for one in unfair.measurements if one.name == "selection_rate"}
    assert named == {"at least 20", "at least 25.5"}


def test_a_real_regression_is_compared_by_sex_and_within_bands_of_weight(tmp_path: Path) -> None:
    """scikit-learn's 442 patients: the numbers are those of NumPy on the rows."""
    table_of = load_diabetes(scaled=False)
    features = [0, 2, 3, 4, 5, 6, 7, 8, 9]
    model = LinearRegression().fit(table_of.data[:, features], table_of.target)
    predicted = model.predict(table_of.data[:, features])
    columns = {
        "g": np.where(table_of.data[:, 1] == 1, "1", "2"),
        "bmi": np.where(table_of.data[:, 2] >= 26, "high", "low"),
        "y": table_of.target,
        "p": predicted,
    }
    given = table(tmp_path, columns, **roles(favourable=None))
    limits = {"mae_difference": {"at_most": "30"}, "mean_residual_difference_within": {"at_most": "100"}}
    said = ask("group-fairness", given, tmp_path, limits=limits, options=NUMBERS, strata=("bmi",))
    assert said.result == "passed", why(said)
    wrong = np.abs(columns["y"] - predicted)
    crude = next(one for one in said.measurements if one.name == "mae_difference" and one.group == {"g": "2"})
    assert float(crude.value) == pytest.approx(wrong[columns["g"] == "1"].mean() - wrong[columns["g"] == "2"].mean())


def scores(slope: float, rows: int = 4_000, seed: int = 5) -> dict[str, Any]:
    """Group f's score is calibrated; group m's outcomes follow it with the slope only."""
    generator = np.random.default_rng(seed)
    score = np.round(generator.random(2 * rows), 4)
    group = np.repeat(["f", "m"], rows)
    chance = np.where(group == "m", 0.5 + slope * (score - 0.5), score)
    label = (generator.random(2 * rows) < chance).astype("int8")
    return {"g": group, "y": label, "p": (score >= 0.5).astype("int8"), "s": score}


def test_scores_that_mean_something_else_for_one_group_are_found(tmp_path: Path) -> None:
    given = roles(columns=Columns(label="y", prediction="p", score="s"))
    limits = {"calibration_error": {"at_most": "0.08"}, "calibration_error_difference": {"at_most": "0.06"}}
    unfair = ask("group-fairness", table(tmp_path, scores(0.3), **given), tmp_path, limits=limits)
    fair = ask("group-fairness", table(tmp_path, scores(1.0), **given), tmp_path, limits=limits)
    assert (unfair.result, fair.result) == ("failed", "passed"), why(fair)
    errors = {one.group["g"]: one for one in unfair.measurements if one.name == "calibration_error"}
    assert (errors["f"].outcome, errors["m"].outcome) == ("passed", "failed")
    columns = scores(0.3)
    for group in ("f", "m"):
        inside = columns["g"] == group
        place = np.minimum((columns["s"][inside] * 16).astype(int), 15)
        gaps = [abs((columns["s"][inside] - columns["y"][inside])[place == at].sum()) for at in range(16)]
        assert float(errors[group].value) == pytest.approx(sum(gaps) / inside.sum(), abs=1e-9)


def test_calibration_is_asked_for_by_its_limit_and_strata_hold_for_it_too(tmp_path: Path) -> None:
    columns = scores(0.3) | {"d": ["u", "v"] * 4_000}
    columns["s"] = np.where(np.arange(8_000) == 3, 7.0, columns["s"])
    given = roles(columns=Columns(label="y", prediction="p", score="s"))
    silent = ask(
        "group-fairness", table(tmp_path, columns, **given), tmp_path, limits={"accuracy": {"at_least": "0.2"}}
    )
    assert silent.result == "passed", why(silent)
    limits = {"calibration_error_difference": {"at_most": "0.06"}}
    wrong = ask("group-fairness", table(tmp_path, columns, **given), tmp_path, limits=limits)
    assert (wrong.result, "UP-MEASURE-09" in why(wrong)) == ("undecided", True)
    columns["s"] = scores(0.3)["s"]
    said = ask("group-fairness", table(tmp_path, columns, **given), tmp_path, limits=limits, strata=("d",))
    assert said.result == "failed"
    judged = {one.group.get("d") for one in said.measurements if one.outcome == "failed"}
    assert judged == {"u", "v"}


@pytest.mark.parametrize(
    ("change", "options", "result", "words"),
    [
        ({"p": list(range(120))}, MULTI, "undecided", "There are 12[01] classes.*UP-MEASURE-16"),
        ({}, MULTI | {"classes": ["0", "2"]}, "undecided", "'1', which is not among the classes.*UP-MEASURE-15"),
        ({}, {"task": "ranking"}, "errored", "task is 'ranking'.*UP-CHECK-03"),
        ({}, NUMBERS | {"favours": "middle"}, "errored", "favours is 'middle'.*UP-CHECK-03"),
        ({"p": ["low", "high"] * 60}, NUMBERS, "undecided", "holds string, not numbers.*UP-MEASURE-08"),
        ({"p": [float("nan"), 1.0] * 60}, NUMBERS, "undecided", "60 of 120 rows have no prediction.*UP-CHECK-34"),
        ({"p": [None, 1] * 60}, MULTI, "undecided", "60 of 120 rows have no decision.*UP-CHECK-34"),
        ({"p": [5.0] * 120}, NUMBERS, "undecided", "all numbers are the same"),
        ({"p": [float("inf"), 1.0] * 60}, NUMBERS, "undecided", "no finite number|NaN|not defined"),
        ({"p": [None] * 120}, MULTI, "undecided", "There are .* classes|No row has a decision.*UP-MEASURE-07"),
        ({"p": [None] * 120}, {}, "undecided", "No row has a decision.*UP-MEASURE-07"),
        ({"p": [1e300, 1.0] * 60}, NUMBERS, "undecided", "no finite number|NaN|could not be computed|both sides"),
        ({"p": [float("inf"), float("-inf")] * 60}, NUMBERS, "undecided", "no finite number|NaN|not defined"),
        ({"g": list(range(120))}, NUMBERS, "undecided", "30 are needed"),
        ({"g": ["a"] * 120}, NUMBERS, "undecided", "could not be measured"),
        ({}, NUMBERS | {"thresholds": list(range(21))}, "undecided", "UP-MEASURE-18"),
    ],
)  # fmt: skip
def test_an_unfit_table_gets_its_own_clear_answer(
    tmp_path: Path, change: dict[str, Any], options: dict[str, Any], result: str, words: str
) -> None:
    columns = {"g": ["a", "a", "b", "b"] * 30, "p": [0, 1, 0, 1] * 30, "y": [0, 1, 1, 0] * 30} | change
    limits = {
        "mean_prediction_difference" if options.get("task") == "regression" else "selection_rate_difference":
        {"at_most": "0.1"}
    }  # fmt: skip
    said = ask("group-fairness", table(tmp_path, columns, **roles()), tmp_path, limits=limits, options=options)
    assert said.result == result, why(said)
    assert re.search(words, why(said)), why(said)


def test_weighted_numbers_are_refused_and_a_limit_of_another_task_is_undecided(tmp_path: Path) -> None:
    columns = paid(0.0, 100) | {"w": [1.0] * 200}
    given = table(tmp_path, columns, **roles(columns=Columns(label="y", prediction="p", weight="w")))
    assert "UP-CHECK-38" in why(ask("group-fairness", given, tmp_path, options=NUMBERS))
    plain = table(tmp_path, columns, **roles())
    said = ask("group-fairness", plain, tmp_path, limits={"decision_distance": {"at_most": "1"}}, options=NUMBERS)
    assert (said.result, "could not be measured" in why(said)) == ("undecided", True)


def test_nobodys_number_is_told_in_small_classes_and_small_groups(tmp_path: Path) -> None:
    columns = paid(0.0, 60)
    columns["g"] = np.array(["f"] * 60 + ["m"] * 56 + ["x"] * 4)
    limits = {"mae": {"at_most": "9"}}
    said = ask("group-fairness", table(tmp_path, columns, **roles()), tmp_path, limits=limits,
               options=NUMBERS | {"thresholds": [20], "least_rows": 2, "least_expected": 0})  # fmt: skip
    small = [one for one in said.measurements if one.group.get("g") == "x"]
    assert len(small) == 4 + 4 + 3
    assert {(one.value, one.method) for one in small} == {(None, "withheld")}
    assert said.result == "undecided"


def test_performance_of_classes_fails_on_one_weak_class_and_passes_without(tmp_path: Path) -> None:
    limits = {"macro_f1": {"at_least": "0.85"}, "recall": {"at_least": "0.8"}}
    weak = ask("performance", table(tmp_path, graded(0.6), **GRADES), tmp_path, limits=limits, options=MULTI)
    good = ask("performance", table(tmp_path, graded(0.0), **GRADES), tmp_path, limits=limits, options=MULTI)
    assert (weak.result, good.result) == ("failed", "passed"), why(good)
    assert [one.group for one in weak.measurements if one.outcome == "failed" and one.group] == [{"p": "a"}]
    nothing = table(tmp_path, {"g": ["f"] * 40, "y": ["a", "b"] * 20, "p": [None] * 40}, **GRADES)
    assert ask("performance", nothing, tmp_path, limits=limits, options=MULTI).result == "undecided"
