"""Predicted numbers by group against scikit-learn, SciPy and plain NumPy; the monoid; what cannot be judged."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk

from upright.measures.centres import Predicted, centre_estimates, centre_of, count_numbers, threshold_estimates
from upright.measures.errors import MeasureInputError
from upright.measures.fairness import Plan
from upright.measures.shares import Least

ANY = Least(rows=2, expected=0.0)


def generated(seed=0, rows=900):
    generator = np.random.default_rng(seed)
    sex = generator.choice(["F", "M"], rows)
    band = generator.choice(["young", "middle", "old"], rows)
    wage = generator.gamma(4.0, 5.0, rows) + 3.0 * (sex == "M")
    return {"sex": sex, "band": band, "y": wage, "p": wage + generator.normal(-1.0 * (sex == "F"), 4.0)}


def read(table, by=("sex", "band"), label="y", thresholds=()):
    counts = count_numbers(table, by=by, prediction="p", label=label, thresholds=thresholds)
    return Predicted.of(counts, has_labels=label is not None)


def test_every_centre_of_every_group_is_scikit_learns_and_numpys(as_table):
    data = generated()
    found = centre_estimates(read(as_table(**data)), Plan(protected=("sex", "band"), least=ANY), seed=1)
    checked = 0
    for one in found:
        if one.against is not None or "(all)" in one.group.values():
            continue
        inside = np.logical_and.reduce([data[column] == value for column, value in one.group.items()])
        y, p = data["y"][inside], data["p"][inside]
        expected = {
            "mean_prediction": np.mean(p),
            "mean_residual": np.mean(y - p),
            "mae": sk.mean_absolute_error(y, p),
            "rmse": sk.root_mean_squared_error(y, p),
        }[one.name]
        assert one.value == pytest.approx(expected, rel=1e-9)
        assert one.n == inside.sum()
        if one.name in {"mean_prediction", "mean_residual", "mae"}:
            sample = {"mean_prediction": p, "mean_residual": y - p, "mae": np.abs(y - p)}[one.name]
            theirs = stats.t.interval(0.95, len(sample) - 1, np.mean(sample), stats.sem(sample))
            assert one.at(0.95) == pytest.approx(theirs, rel=1e-4)
        checked += 1
    assert checked == 4 * (2 + 3 + 6)


def test_differences_gaps_and_strata_are_what_counting_gives(as_table):
    data = generated(2)
    plan = Plan(protected=("sex",), strata=("band",), reference={"sex": "M"}, least=ANY)
    found = centre_estimates(read(as_table(**data)), plan, seed=1)
    residual = data["y"] - data["p"]

    def mean(sex, band=None):
        inside = (data["sex"] == sex) & ((data["band"] == band) if band else True)
        return float(residual[inside].mean()), int(inside.sum())

    whole = next(one for one in found if one.name == "mean_residual_difference" and len(one.group) == 1)
    assert whole.value == pytest.approx(mean("M")[0] - mean("F")[0])
    pooled = next(one for one in found if one.name == "mean_residual_difference_within")
    top = bottom = 0.0
    for band in ("young", "middle", "old"):
        (first, n), (second, m) = mean("M", band), mean("F", band)
        top, bottom = top + n * m / (n + m) * (first - second), bottom + n * m / (n + m)
        one = next(e for e in found if e.name == "mean_residual_difference" and e.group.get("band") == band)
        assert one.value == pytest.approx(first - second)
    assert pooled.value == pytest.approx(top / bottom)
    assert pooled.at(0.95)[0] < pooled.value < pooled.at(0.95)[1]
    by_band = centre_estimates(read(as_table(**data)), Plan(protected=("band",), least=ANY), seed=1)
    means = [data["p"][data["band"] == band].mean() for band in ("young", "middle", "old")]
    gap = next(one for one in by_band if one.name == "mean_prediction_gap")
    assert gap.value == pytest.approx(np.ptp(means))
    assert 0.0 <= gap.at(0.95)[0] <= gap.at(0.95)[1]


def test_the_difference_of_two_means_is_nearly_welchs(as_table):
    data = generated(3, rows=200)
    found = centre_estimates(read(as_table(**data)), Plan(protected=("sex",), reference={"sex": "M"}), seed=1)
    ours = next(one for one in found if one.name == "mean_prediction_difference").at(0.95)
    sides = [data["p"][data["sex"] == sex] for sex in ("M", "F")]
    theirs = stats.ttest_ind(*sides, equal_var=False).confidence_interval(0.95)
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.02 * (theirs.high - theirs.low))


@pytest.mark.parametrize("high", [True, False])
def test_who_is_selected_at_a_threshold_is_counted(as_table, high):
    data = generated(4)
    predicted = read(as_table(**data), thresholds=(15.0, 22.5))
    found = threshold_estimates(
        predicted, Plan(protected=("sex",)), outcome="wage", thresholds=(15.0, 22.5), high=high, seed=1
    )
    for level, text in ((15.0, "15"), (22.5, "22.5")):
        words = f"{'at least' if high else 'below'} {text}"
        for sex in ("F", "M"):
            here = data["p"][data["sex"] == sex]
            one = next(e for e in found if e.name == "selection_rate" and e.group == {"sex": sex, "wage": words})
            assert one.value == pytest.approx((here >= level).mean() if high else (here < level).mean())
    with pytest.raises(MeasureInputError, match="UP-MEASURE-18"):
        read(as_table(**data), thresholds=tuple(range(21)))


def test_shards_add_up_to_the_whole(as_table):
    data = generated(5)
    by = ("sex", "band")
    whole = count_numbers(as_table(**data), by=by, prediction="p", label="y", thresholds=(20.0,))
    parts = [
        count_numbers(
            as_table(**{name: values[at::2] for name, values in data.items()}),
            by=by, prediction="p", label="y", thresholds=(20.0,),
        )
        for at in range(2)
    ]  # fmt: skip
    assert set((parts[0] + parts[1]).cells) == set(whole.cells)
    for key, sums in (parts[1] + parts[0]).cells.items():
        assert sums == pytest.approx(whole.cells[key], rel=1e-12)


def test_missing_numbers_are_left_out_and_counted(as_table):
    table = as_table(
        sex=["F"] * 6, p=[1.0, None, float("nan"), 2.0, 3.0, 6.0], y=[1.0, 1.0, 1.0, None, 2.0, float("nan")]
    )
    found = read(table, by=("sex",))
    assert [found.total(name) for name in ("rows", "predicted", "both")] == [6, 4, 2]
    sums = found.over(("sex",))["F",]
    assert centre_of(sums, "mean_prediction").value == pytest.approx(3.0)
    assert centre_of(sums, "mae").value == pytest.approx(0.5)


def test_numbers_that_do_not_vary_or_are_infinite_decide_nothing(as_table):
    same = read(as_table(sex=["F", "M"] * 40, p=[1e9] * 80, y=[1e9] * 80), by=("sex",))
    found = centre_estimates(same, Plan(protected=("sex",)), seed=1)
    assert all("all numbers are the same" in one.unfit for one in found)
    endless = read(as_table(sex=["F", "M"] * 40, p=[float("inf"), 1.0] * 40, y=[1.0] * 80), by=("sex",))
    for one in centre_estimates(endless, Plan(protected=("sex",)), seed=1):
        assert one.unfit or one.value is None or not np.isfinite(one.value) or one.group == {"sex": "M"}


def test_few_rows_are_shown_and_not_judged(as_table):
    data = generated(6, rows=300) | {"sex": np.array(["F"] * 290 + ["M"] * 7 + ["X"] * 3)}
    found = centre_estimates(read(as_table(**data), by=("sex",)), Plan(protected=("sex",)), seed=1)
    seven = [one for one in found if one.group == {"sex": "M"}]
    assert all("7 rows; 30 are needed" in one.unfit for one in seven)
    assert all(one.value is not None for one in seven)
    three = [one for one in found if one.group == {"sex": "X"}]
    assert three
    assert all(one.value is None and "withheld" in one.unfit for one in three)
