"""Several classes against fairlearn, scikit-learn and plain counting; the monoid; what cannot be read."""

import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

from upright.measures.classes import EACH, against_the_rest, class_estimates, class_share, read_classes
from upright.measures.classified import multiclass_estimates
from upright.measures.decisions import count_decisions, groupings
from upright.measures.errors import MeasureInputError
from upright.measures.fairness import Plan
from upright.measures.shares import Least
from upright.measures.tally import Tally

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from fairlearn import metrics as fair

ANY = Least(rows=1, expected=0.0)
THEIRS = {
    "selection_rate": fair.selection_rate,
    "true_positive_rate": fair.true_positive_rate,
    "false_positive_rate": fair.false_positive_rate,
    "false_negative_rate": fair.false_negative_rate,
    "positive_predictive_value": lambda y, p, **k: sk.precision_score(y, p, zero_division=0, **k),
}


def generated(seed=0, rows=1_200):
    generator = np.random.default_rng(seed)
    label = generator.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2])
    sex = generator.choice(["F", "M"], rows)
    guess = generator.choice(["a", "b", "c"], rows)
    return {
        "sex": sex,
        "old": generator.choice([0, 1, 2], rows),
        "y": label,
        "p": np.where(generator.random(rows) < 0.5 + 0.2 * (sex == "F"), label, guess),
        "w": generator.integers(1, 5, rows).astype(float),
    }


def read(table, by=("sex", "old"), weight=None, label="y", **more):
    counts = count_decisions(table, by=by, prediction="p", label=label, weight=weight)
    return read_classes(counts, by=by, prediction="p", label=label, **more)


@pytest.mark.parametrize("weighted", [False, True])
def test_each_class_against_the_rest_is_fairlearns(as_table, weighted):
    data = generated()
    classes = read(as_table(**data), weight="w" if weighted else None)
    found = class_estimates(classes, Plan(protected=("sex", "old"), least=ANY), outcome="grade", seed=1)
    rates = {(one.name, tuple(one.group.items())): one.value for one in found if one.against is None}
    assert classes.names == ("a", "b", "c")
    for name in classes.names:
        for columns in groupings(["sex", "old"], intersections=not weighted):
            frame = fair.MetricFrame(
                metrics=THEIRS,
                y_true=data["y"] == name,
                y_pred=data["p"] == name,
                sensitive_features={column: data[column] for column in columns},
                sample_params={rate: {"sample_weight": data["w"]} for rate in THEIRS} if weighted else None,
            )
            for key, row in frame.by_group.iterrows():
                values = key if isinstance(key, tuple) else (key,)
                group = (*zip(columns, map(str, values), strict=True), ("grade", name))
                for rate in EACH:
                    assert rates[rate, group] == pytest.approx(row[rate], abs=1e-9)
            if len(frame.by_group) > 2:
                spread = frame.difference(method="between_groups")
                everyone = (*((column, "(all)") for column in columns), ("grade", name))
                assert rates["true_positive_rate_gap", everyone] == pytest.approx(
                    spread["true_positive_rate"], abs=1e-9
                )


@pytest.mark.parametrize("weighted", [False, True])
def test_averages_over_classes_are_scikit_learns(as_table, weighted):
    data = generated(3)
    found = class_estimates(
        read(as_table(**data), weight="w" if weighted else None),
        Plan(protected=("sex",), least=ANY, reference={"sex": "M"}),
        outcome="grade",
        seed=1,
    )
    values = {(one.name, one.group["sex"]): one.value for one in found if len(one.group) == 1}
    for sex in ("F", "M"):
        inside = data["sex"] == sex
        y, p, w = data["y"][inside], data["p"][inside], data["w"][inside] if weighted else None
        assert values["accuracy", sex] == pytest.approx(sk.accuracy_score(y, p, sample_weight=w))
        assert values["macro_true_positive_rate", sex] == pytest.approx(
            sk.recall_score(y, p, average="macro", sample_weight=w)
        )
        assert values["macro_positive_predictive_value", sex] == pytest.approx(
            sk.precision_score(y, p, average="macro", sample_weight=w)
        )
        parts = [sk.recall_score(y != c, p != c, sample_weight=w) for c in ("a", "b", "c")]
        assert values["macro_false_positive_rate", sex] == pytest.approx(1 - np.mean(parts))
    between = values["macro_true_positive_rate", "M"] - values["macro_true_positive_rate", "F"]
    assert values["macro_true_positive_rate_difference", "F"] == pytest.approx(between)


def test_the_distance_of_two_mixes_is_half_the_summed_distance(as_table):
    data = generated(5)
    classes = read(as_table(**data))
    found = class_estimates(classes, Plan(protected=("sex",), strata=("old",), least=ANY), outcome="p2", seed=1)
    for one in (one for one in found if one.name == "decision_distance"):
        rows = [data["sex"] == side["sex"] for side in (one.group, one.against)]
        if "old" in one.group:
            rows = [inside & (data["old"] == int(one.group["old"])) for inside in rows]
        mixes = [[float((data["p"][inside] == c).mean()) for c in ("a", "b", "c")] for inside in rows]
        assert one.value == pytest.approx(np.abs(np.subtract(*mixes)).sum() / 2)
        low, high = one.at(0.95)
        assert 0.0 <= low <= high <= 1.0
    assert sum(one.name == "decision_distance" for one in found) == 4


def test_day_and_day_are_the_same_as_both_at_once(as_table):
    data = generated(6)
    whole = count_decisions(as_table(**data), by=["sex"], prediction="p", label="y")
    parts = [{name: values[part::3] for name, values in data.items()} for part in range(3)]
    tallies = [count_decisions(as_table(**part), by=["sex"], prediction="p", label="y") for part in parts]
    added = tallies[2] + (tallies[0] + tallies[1]) + Tally.empty(whole.keys, whole.sums)
    assert added.cells == whole.cells
    one, other = (read_classes(counts, by=["sex"], prediction="p", label="y") for counts in (added, whole))
    plan = Plan(protected=("sex",))
    assert [e.value for e in class_estimates(one, plan, outcome="g", seed=1)] == [
        e.value for e in class_estimates(other, plan, outcome="g", seed=1)
    ]


def test_classes_may_be_given_and_what_is_not_among_them_is_named(as_table):
    table = as_table(**generated(7))
    assert read(table, given=("c", "b", "a", "never")).names == ("c", "b", "a", "never")
    with pytest.raises(MeasureInputError, match=r"'[py]' holds 'c', which is not among.*UP-MEASURE-15"):
        read(table, given=("a", "b"))
    with pytest.raises(MeasureInputError, match=r"There are 51 classes.*UP-MEASURE-16"):
        read(as_table(sex=["F"] * 51, old=[0] * 51, p=list(range(51)), y=[0] * 51))
    with pytest.raises(MeasureInputError, match=r"There are 1 classes.*UP-MEASURE-16"):
        read(as_table(sex=["F"] * 3, old=[0] * 3, p=["a"] * 3, y=["a"] * 3))
    with pytest.raises(MeasureInputError, match="UP-MEASURE-17"):
        class_estimates(read(table), Plan(protected=("sex",)), outcome="sex", seed=1)
    numbers = as_table(sex=["F"] * 4, old=[0] * 4, p=[10, 9, 2, 10], y=[2.0, 9.0, 10.0, 2.0])
    assert read(numbers).names == ("2", "9", "10")


def test_an_average_over_classes_that_a_group_lacks_is_not_defined(as_table):
    table = as_table(
        sex=["F"] * 60 + ["M"] * 60, old=[0] * 120, p=["a", "b", "c"] * 40, y=["a", "b"] * 30 + ["a", "b", "c"] * 20
    )
    found = class_estimates(read(table, by=("sex",)), Plan(protected=("sex",)), outcome="g", seed=1)
    macro = {one.group["sex"]: one for one in found if one.name == "macro_true_positive_rate"}
    assert macro["F"].value is None
    assert "1 of 3 classes are never labelled here" in macro["F"].unfit
    assert macro["M"].unfit == ""


def test_missing_labels_count_in_selection_rates_only(as_table):
    table = as_table(sex=["F"] * 90, old=[0] * 90, p=["a", "b", "c"] * 30, y=["a", "b", None] * 30)
    classes = read(table, by=("sex",))
    assert (classes.unlabelled_rows, classes.undecided_rows) == (30, 0)
    cells = classes.over(("sex",))["F",]
    assert class_share(cells, "accuracy").rows == 60
    assert against_the_rest(cells, 2)[..., 0].sum() == 90


@pytest.mark.parametrize("seed", range(3))
def test_performance_of_classes_is_scikit_learns(as_table, seed):
    data = generated(seed)
    classes = read(as_table(**data), by=("sex",))
    found = multiclass_estimates(
        classes.over(())[()], classes.names, outcome="p", group={}, least=Least(expected=0.0), seed=1
    )
    y, p = data["y"], data["p"]
    whole = {one.name: one.value for one in found if not one.group}
    assert whole == pytest.approx(
        {
            "accuracy": sk.accuracy_score(y, p),
            "balanced_accuracy": sk.balanced_accuracy_score(y, p),
            "macro_precision": sk.precision_score(y, p, average="macro"),
            "macro_f1": sk.f1_score(y, p, average="macro"),
        }
    )
    for name, score in {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}.items():
        ours = [one.value for one in found if one.name == name]
        assert ours == pytest.approx(score(y, p, average=None, labels=["a", "b", "c"]))
    low, high = next(one for one in found if one.name == "macro_f1").at(0.95)
    assert low < whole["macro_f1"] < high
