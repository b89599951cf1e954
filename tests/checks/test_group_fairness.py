"""Group fairness: a planted gap is found, a fair table passes, and each unfit table gets its own answer."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checks.tabular import ask, roles, table, why
from upright.checks.contract import Columns, NotJudged

FOUR_FIFTHS = {"selection_rate_ratio": {"at_least": "0.8"}}


def decided(rates: dict[str, float], rows: int = 2_000, seed: int = 1) -> dict[str, Any]:
    generator = np.random.default_rng(seed)
    group = np.repeat(list(rates), rows)
    chosen = generator.random(len(group)) < np.repeat(list(rates.values()), rows)
    label = generator.integers(0, 2, len(group))
    return {"g": group, "p": chosen.astype("int8"), "y": label.astype("int8")}


def test_a_planted_gap_fails_and_a_fair_table_passes(tmp_path: Path) -> None:
    unfair = ask(
        "group-fairness", table(tmp_path, decided({"a": 0.6, "b": 0.4}), **roles()), tmp_path, limits=FOUR_FIFTHS
    )
    fair = ask(
        "group-fairness", table(tmp_path, decided({"a": 0.6, "b": 0.59}), **roles()), tmp_path, limits=FOUR_FIFTHS
    )
    assert (unfair.result, fair.result) == ("failed", "passed")
    assert "is below 0.8 for sure" in why(unfair)


def test_a_gap_that_only_an_intersection_has_is_found_and_missed_without_intersections(tmp_path: Path) -> None:
    rates = {("a", "x"): 0.8, ("a", "y"): 0.4, ("b", "x"): 0.4, ("b", "y"): 0.8}
    parts = [
        decided({f"{g}{h}": rate}, seed=at) | {"h": [h] * 2_000} for at, ((g, h), rate) in enumerate(rates.items())
    ]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in ("g", "p", "y", "h")}
    columns["g"] = np.array([name[0] for name in columns["g"]])
    given = table(tmp_path, columns, **roles(protected=("g", "h")))
    whole = ask("group-fairness", given, tmp_path, limits=FOUR_FIFTHS)
    alone = ask("group-fairness", given, tmp_path, limits=FOUR_FIFTHS, options={"intersections": False})
    assert (whole.result, alone.result) == ("failed", "passed")


@pytest.mark.parametrize(
    ("change", "result", "words"),
    [
        ({"y": [0, 1, 2] * 40}, "undecided", r"'y' holds 3 values.*UP-MEASURE-04"),
        ({"p": ["yes", "no", "maybe"] * 40}, "undecided", r"'p' holds 3 values.*UP-MEASURE-04"),
        ({"p": ["yes", "no"] * 60}, "undecided", r"never holds the favourable value '1'.*UP-MEASURE-05"),
        ({"g": list(range(120))}, "undecided", "30 are needed"),
        ({"g": [["a"]] * 120}, "undecided", "UP-MEASURE-14"),
        ({"p": [float("nan"), 1.0] * 60}, "undecided", r"60 of 120 rows have no decision.*UP-CHECK-34"),
        ({"p": [None, 1] * 60}, "undecided", r"60 of 120 rows have no decision.*UP-CHECK-34"),
        ({"p": [0] * 120}, "undecided", "0.0 cases expected among 60 rows"),
    ],
)
def test_an_unfit_table_gets_its_own_clear_answer(
    tmp_path: Path, change: dict[str, Any], result: str, words: str
) -> None:
    columns = {"g": ["a", "a", "b", "b"] * 30, "p": [0, 1, 0, 1] * 30, "y": [0, 1, 1, 0] * 30} | change
    said = ask("group-fairness", table(tmp_path, columns, **roles()), tmp_path, limits=FOUR_FIFTHS)
    assert said.result == result, why(said)
    import re

    assert re.search(words, why(said))


def test_an_empty_table_is_undecided(tmp_path: Path) -> None:
    import pyarrow as pa

    empty = {name: pa.array([], pa.int64()) for name in ("g", "p", "y")}
    said = ask("group-fairness", table(tmp_path, empty, **roles()), tmp_path, limits=FOUR_FIFTHS)
    assert said.result == "undecided"
    assert "has no rows" in why(said)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"columns": Columns(label="y")}, "UP-CHECK-31"),
        ({"protected": ()}, "UP-CHECK-32"),
        ({"favourable": None}, "UP-CHECK-33"),
        ({"columns": Columns(label="y", prediction="q")}, "UP-TABLE-05"),
    ],
)
def test_what_the_manifest_does_not_say_is_asked_for(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    said = ask("group-fairness", table(tmp_path, decided({"a": 0.5, "b": 0.5}, 50), **roles(**change)), tmp_path)
    assert said.result == "errored"
    assert code in why(said)


def test_a_group_of_three_rows_stays_visible_and_holds_up_until_it_is_let_go(tmp_path: Path) -> None:
    columns = decided({"a": 0.6, "b": 0.6})
    columns = {
        name: [*values, *extra]
        for (name, values), extra in zip(columns.items(), (["c"] * 3, [1] * 3, [1] * 3), strict=True)
    }
    given = table(tmp_path, columns, **roles())
    held = ask("group-fairness", given, tmp_path, limits=FOUR_FIFTHS)
    assert held.result == "undecided"
    assert "3 rows; 30 are needed" in why(held)
    let_go = (NotJudged(group={"g": "c"}, reason="three people"),)
    gone = ask("group-fairness", given, tmp_path, limits=FOUR_FIFTHS, not_judged=let_go)
    assert gone.result == "passed"
    assert [(one.what, one.count) for one in gone.not_examined] == [
        ("group g = c", 3),
        ("numbers of small groups, withheld", 1),
    ]


def test_numbers_of_fewer_than_five_people_stand_nowhere_in_the_evidence(tmp_path: Path) -> None:
    """Not even where the binding calls so few rows enough; a limit on them stays undecided, five people are shown."""
    few = {
        "g": ["a"] * 60 + ["b"] * 4 + ["c"] * 5,
        "p": [0, 1] * 30 + [1, 1, 1, 0] + [1, 0, 1, 0, 1],
        "y": [1, 0, 1] * 23,
    }
    for least in (1, 30):
        said = ask(
            "group-fairness", table(tmp_path, few, **roles()), tmp_path,
            limits=FOUR_FIFTHS, options={"least_rows": least, "least_expected": 0.0},
        )  # fmt: skip
        small = [one for one in said.measurements if one.group == {"g": "b"}]
        assert len(small) == 18
        assert {(one.value, one.low, one.high, one.method, one.outcome) for one in small} == {
            (None, None, None, "withheld", "undecided")
        }
        five = [one for one in said.measurements if one.group == {"g": "c"} and one.name == "selection_rate"]
        assert [float(one.value) for one in five] == [0.6]
        assert said.result == "undecided"
        assert "numbers of fewer than 5 people are withheld" in why(said)
        assert "0.75" not in repr(said)


def test_a_stratum_with_few_people_is_withheld_and_still_counted_in_the_pooled_difference(tmp_path: Path) -> None:
    columns = decided({"a": 0.6, "b": 0.58}) | {"s": ["x"] * 3_997 + ["y"] * 3}
    said = ask("group-fairness", table(tmp_path, columns, **roles()), tmp_path, limits=FOUR_FIFTHS, strata=("s",))
    thin = [one for one in said.measurements if one.group.get("s") == "y"]
    assert thin
    assert all(one.value is None for one in thin)
    pooled = [one for one in said.measurements if one.name == "selection_rate_difference_within"]
    assert pooled[0].value is not None


def test_missing_protected_values_are_judged_as_a_group(tmp_path: Path) -> None:
    columns = decided({"a": 0.7, "b": 0.4})
    columns["g"] = [None if value == "b" else value for value in columns["g"].tolist()]
    said = ask("group-fairness", table(tmp_path, columns, **roles()), tmp_path, limits=FOUR_FIFTHS)
    assert said.result == "failed"
    assert {one.group["g"] for one in said.measurements if one.outcome == "failed"} == {"(missing)"}


def test_repeated_people_and_uneven_weights_are_not_judged_as_if_rows_were_independent(tmp_path: Path) -> None:
    columns = decided({"a": 0.6, "b": 0.59})
    columns["who"] = np.arange(len(columns["g"])) // 2
    given = table(tmp_path, columns, **roles())
    said = ask("group-fairness", given, tmp_path, limits=FOUR_FIFTHS, options={"person": "who"})
    assert said.result == "undecided"
    assert "give one row per person" in why(said)
    columns["who"] = np.arange(len(columns["g"]))
    given = table(tmp_path, columns, **roles())
    assert ask("group-fairness", given, tmp_path, limits=FOUR_FIFTHS, options={"person": "who"}).result == "passed"
    heavy = decided({"a": 0.6, "b": 0.6}, 60) | {"w": [100.0, *[0.01] * 59] * 2}
    weighed = table(tmp_path, heavy, **roles(columns=Columns(label="y", prediction="p", weight="w")))
    said = ask("group-fairness", weighed, tmp_path, limits=FOUR_FIFTHS)
    assert said.result == "undecided"
    assert "worth 1 of equal weight; 30 are needed" in why(said)


def test_a_person_column_that_is_absent_is_named(tmp_path: Path) -> None:
    given = table(tmp_path, decided({"a": 0.6, "b": 0.6}, 50), **roles())
    said = ask("group-fairness", given, tmp_path, limits=FOUR_FIFTHS, options={"person": "applicant"})
    assert said.result == "errored"
    assert "UP-TABLE-05" in why(said)


def test_missing_decisions_may_be_left_out_by_name_and_are_counted(tmp_path: Path) -> None:
    columns = decided({"a": 0.6, "b": 0.6})
    columns["p"] = [None if at % 50 == 0 else int(value) for at, value in enumerate(columns["p"])]
    given = table(tmp_path, columns, **roles())
    said = ask("group-fairness", given, tmp_path, limits=FOUR_FIFTHS, options={"leave_out_missing": True})
    assert said.result == "passed"
    assert [one.count for one in said.not_examined] == [80]
