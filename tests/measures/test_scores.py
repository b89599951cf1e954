"""Values against scikit-learn and direct loops; intervals against their definitions."""

import numpy as np
import pytest
from sklearn import metrics as sk

from upright.measures.calibration import CALIBRATION_BINS
from upright.measures.classified import classification_estimates
from upright.measures.decisions import count_decisions, read_decisions
from upright.measures.errors import MeasureInputError
from upright.measures.histograms import count_scores, read_scores
from upright.measures.residuals import count_residuals, residual_estimates
from upright.measures.scores import score_estimates
from upright.measures.shares import Least


def generated(seed: int, rows: int = 700, grid: int | None = 256):
    generator = np.random.default_rng(seed)
    score = generator.beta(2, 3, rows) if grid is None else generator.integers(0, grid + 1, rows) / grid
    label = (generator.random(rows) < 0.15 + 0.7 * score).astype(int)
    return {"s": score, "y": label, "w": generator.integers(1, 6, rows).astype(float)}


def scored(table, weight=None):
    counts = count_scores(table, by=[], positive=table["y"] == 1, score="s", weight=weight)
    (histogram,) = read_scores(counts).over(()).values()
    return {one.name: one for one in score_estimates(histogram, group={}, least_rows=30, seed=3)}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("grid", [1, 8, 256])
def test_auc_and_brier_are_scikit_learns_on_scores_with_ties(as_table, grid, weighted):
    data = generated(grid, grid=grid)
    found = scored(as_table(**data), "w" if weighted else None)
    weights = data["w"] if weighted else None
    assert found["auc"].value == pytest.approx(sk.roc_auc_score(data["y"], data["s"], sample_weight=weights), abs=1e-9)
    theirs = sk.brier_score_loss(data["y"], data["s"], sample_weight=weights)
    assert found["brier"].value == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_what_bins_can_hide_of_the_auc_is_bounded_and_inside_the_interval(as_table, seed):
    data = generated(seed, grid=None)
    found = scored(as_table(**data))["auc"]
    exact = sk.roc_auc_score(data["y"], data["s"])
    hidden = float(found.method.rpartition(" ")[2])
    assert abs(found.value - exact) <= hidden
    assert hidden < 0.002


@pytest.mark.parametrize("weighted", [False, True])
def test_the_calibration_error_is_the_direct_double_loop(as_table, weighted):
    data = generated(11, grid=None)
    found = scored(as_table(**data), "w" if weighted else None)["calibration_error"]
    weights = data["w"] if weighted else np.ones(700)
    total = 0.0
    for at in range(CALIBRATION_BINS):
        inside = [
            row
            for row in range(700)
            if at / CALIBRATION_BINS <= data["s"][row] < (at + 1) / CALIBRATION_BINS
            or (at == 15 and data["s"][row] == 1)
        ]
        total += abs(sum(weights[row] * (data["s"][row] - data["y"][row]) for row in inside))
    assert found.value == pytest.approx(total / weights.sum(), abs=1e-9)


def test_the_auc_varies_as_delong_says_by_direct_pairs(as_table):
    data = generated(4, rows=200, grid=64)
    positive, negative = data["s"][data["y"] == 1], data["s"][data["y"] == 0]
    pairs = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    error = np.sqrt(pairs.mean(1).var(ddof=1) / len(positive) + pairs.mean(0).var(ddof=1) / len(negative))
    auc = pairs.mean()
    found = scored(as_table(**data))["auc"]
    odds, reach = np.log(auc / (1 - auc)), 1.959963984540054 * error / (auc * (1 - auc))
    hidden = float(found.method.rpartition(" ")[2])
    expected = 1 / (1 + np.exp(-(odds - reach))), 1 / (1 + np.exp(-(odds + reach)))
    assert found.at(0.95) == pytest.approx(expected, abs=hidden * 1.02)


def test_one_class_alone_ranks_nothing(as_table):
    found = scored(as_table(s=[0.1, 0.9] * 40, y=[1] * 80))
    assert found["auc"].value is None
    assert found["auc"].unfit == "all outcomes are of one class; rows of both are needed"
    assert found["brier"].value == pytest.approx((0.81 + 0.01) / 2)


def test_scores_outside_0_to_1_are_refused_with_the_range_found(as_table):
    with pytest.raises(MeasureInputError, match=r"runs from -3\.5 to 0\.9.*UP-MEASURE-09"):
        scored(as_table(s=[-3.5, 0.9] * 40, y=[1, 0] * 40))
    with pytest.raises(MeasureInputError, match="UP-MEASURE-08"):
        scored(as_table(s=["high", "low"] * 40, y=[1, 0] * 40))


def test_rows_without_score_or_outcome_are_counted_apart(as_table):
    table = as_table(s=[0.5, float("nan"), None, 0.25] * 20, y=[1, 1, 0, None] * 20)
    counts = count_scores(table, by=[], positive=table["y"] == 1, score="s")
    scores = read_scores(counts)
    assert scores.unfit_rows == 60
    assert sum(h[..., 0].sum() for h in scores.groups.values()) == 20


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_classification_measures_are_scikit_learns(as_table, seed, weighted):
    data = generated(seed)
    data["p"] = (data["s"] > 0.55).astype(int)
    counts = count_decisions(as_table(**data), by=[], prediction="p", label="y", weight="w" if weighted else None)
    decisions = read_decisions(counts, by=[], prediction="p", label="y", favourable="1")
    (cells,) = decisions.over(()).values()
    found = {one.name: one for one in classification_estimates(cells, group={}, least=Least(), seed=1)}
    weights = {"sample_weight": data["w"] if weighted else None}
    theirs = {
        "accuracy": sk.accuracy_score,
        "precision": sk.precision_score,
        "recall": sk.recall_score,
        "balanced_accuracy": sk.balanced_accuracy_score,
        "f1": sk.f1_score,
        "specificity": lambda y, p, **k: sk.recall_score(y, p, pos_label=0, **k),
    }
    for name, function in theirs.items():
        assert found[name].value == pytest.approx(function(data["y"], data["p"], **weights), abs=1e-9), name
        low, high = found[name].at(0.95) or (0, 1)
        assert low < found[name].value < high
    assert bool(found["f1"].unfit) is weighted


@pytest.mark.parametrize("seed", range(3))
def test_errors_of_numbers_are_scikit_learns(as_table, seed):
    generator = np.random.default_rng(seed)
    truth = generator.gamma(2.0, 50.0, 500)
    guess = truth + generator.normal(0, 20, 500)
    counts = count_residuals(as_table(y=truth, p=guess), by=[], label="y", prediction="p")
    (sums,) = counts.cells.values()
    found = {one.name: one for one in residual_estimates(sums, group={}, least_rows=30)}
    assert found["mae"].value == pytest.approx(sk.mean_absolute_error(truth, guess), rel=1e-9)
    assert found["rmse"].value == pytest.approx(sk.root_mean_squared_error(truth, guess), rel=1e-9)


def test_rows_without_a_number_are_counted_and_not_measured(as_table):
    table = as_table(y=[1.0, 2.0, None, 4.0] * 10, p=[1.5, float("nan"), 3.0, 4.5] * 10)
    (sums,) = count_residuals(table, by=[], label="y", prediction="p").cells.values()
    found = residual_estimates(sums, group={}, least_rows=10)
    assert (sums[0], sums[1]) == (40, 20)
    assert found[0].value == pytest.approx(0.5)
