"""The honest reading of the mortgage applications, from the example's own data, beside SciPy and formulas by hand."""

import importlib.util
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import binomtest
from scipy.stats.contingency import relative_risk

from upright.checks.contract import Binding, Columns, Context, TableSource
from upright.checks.run import run_one
from upright.checks.tables import Tables
from upright.evidence.statement import Predicate
from upright.kernel import Ref

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "mortgage" / "train.py"
LIMITS = {"selection_rate_ratio": {"at_least": "0.8"}, "selection_rate_difference": {"at_most": "0.1"}}


@pytest.fixture(scope="module")
def applications() -> dict[str, np.ndarray]:
    """The real table, as the example reads it."""
    found = importlib.util.spec_from_file_location("mortgage_train", EXAMPLE)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return dict(module.read_table())


@pytest.fixture(scope="module")
def said(applications: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Predicate:
    return measured(applications, tmp_path_factory.mktemp("mortgage"), LIMITS)


def measured(
    table: dict[str, np.ndarray], folder: Path, limits: dict[str, Any], strata: tuple[str, ...] = ()
) -> Predicate:
    columns = {
        "denied": table["reject"].astype("int8"),
        "minority": (1 - table["white"]).astype("int8"),
        "credit_history": pa.array(["clean" if value == 1 else "delinquent" for value in table["chist"]]),
        "history": pa.array([f"{a} {b}" for a, b in zip(table["chist"], table["pubrec"], strict=True)]),
    }
    path = folder / "applications.parquet"
    pq.write_table(pa.table(columns), path)
    source = TableSource(
        ref=Ref("dataset", "mortgage/applications"),
        path=path,
        digest="0" * 64,
        hold="bytes",
        columns=Columns(prediction="denied"),
        recorded_decisions=True,
        protected=("minority",),
        favourable="0",
    )
    binding = Binding(
        id="applications-fairness",
        system=Ref("system", "mortgage"),
        check="group-fairness",
        on=source,
        limits=limits,
        reference={"minority": "0"},
        strata=strata,
    )
    return run_one(binding, Context(seed=1, scratch=folder, open_table=Tables(folder).open)).predicate


def counts(table: dict[str, np.ndarray], where: np.ndarray | None = None) -> tuple[int, int, int, int]:
    """Approved and all, of white and of minority applicants, by NumPy alone."""
    where = np.ones(len(table["white"]), dtype=bool) if where is None else where
    approved = table["reject"] == 0
    white = table["white"] == 1
    return tuple(int(one[where].sum()) for one in (approved & white, white, approved & ~white, ~white))  # type: ignore[return-value]


def test_the_table_is_the_one_that_the_design_describes(applications: dict[str, np.ndarray]) -> None:
    approved, white, approved_minority, minority = counts(applications)
    assert (white, minority) == (1681, 308)
    assert round(100 * approved / white, 1) == 90.8
    assert round(100 * approved_minority / minority, 1) == 70.8


def test_the_difference_is_above_its_limit_for_sure_and_failed(
    said: Predicate, applications: dict[str, np.ndarray]
) -> None:
    k, n, other_k, other_n = counts(applications)
    first = binomtest(k, n).proportion_ci(method="wilson")
    second = binomtest(other_k, other_n).proportion_ci(method="wilson")
    gap = k / n - other_k / other_n
    low = gap - math.hypot(k / n - first.low, second.high - other_k / other_n)
    high = gap + math.hypot(first.high - k / n, other_k / other_n - second.low)
    (found,) = (one for one in said.measurements if one.name == "selection_rate_difference")
    numbers = [float(one) for one in (found.value, found.low, found.high)]
    assert numbers == pytest.approx([gap, low, high], abs=1e-9)
    assert [f"{one:.3f}" for one in numbers] == ["0.201", "0.150", "0.255"]
    assert found.outcome == "failed"
    assert any("0.201 (0.150 to 0.255) is above 0.1 for sure" in one.because for one in said.reasons)


def test_the_ratio_is_below_four_fifths_as_a_point_and_undecided_as_a_statement(
    said: Predicate, applications: dict[str, np.ndarray]
) -> None:
    k, n, other_k, other_n = counts(applications)
    theirs = relative_risk(other_k, other_n, k, n)
    interval = theirs.confidence_interval(0.95)
    (found,) = (one for one in said.measurements if one.name == "selection_rate_ratio")
    numbers = [float(one) for one in (found.value, found.low, found.high)]
    assert numbers == pytest.approx([theirs.relative_risk, interval.low, interval.high], abs=1e-9)
    assert [f"{one:.3f}" for one in numbers] == ["0.779", "0.724", "0.838"]
    assert found.outcome == "undecided"
    assert any("lies on both sides of 0.8" in one.because for one in said.reasons)


def test_the_check_as_a_whole_failed_and_both_are_said(said: Predicate) -> None:
    assert said.result == "failed"
    assert {one.outcome for one in said.reasons} == {"failed", "undecided"}
    assert said.reproduced == "n/a"


def test_within_credit_histories_the_pooled_difference_is_that_of_mantel_and_haenszel(
    applications: dict[str, np.ndarray], tmp_path: Path
) -> None:
    found = measured(
        applications, tmp_path, {"selection_rate_difference_within": {"at_most": "0.1"}}, ("credit_history",)
    )
    top = bottom = variance = 0.0
    inside = {}
    for name, code in (("clean", 1), ("delinquent", 0)):
        k, n, other_k, other_n = counts(applications, applications["chist"] == code)
        inside[name] = k / n - other_k / other_n
        weight = n * other_n / (n + other_n)
        top, bottom = top + weight * inside[name], bottom + weight
        spread = k / n * (1 - k / n) / n + other_k / other_n * (1 - other_k / other_n) / other_n
        variance += weight**2 * spread
    pooled, error = top / bottom, math.sqrt(variance) / bottom
    (within,) = (one for one in found.measurements if one.name == "selection_rate_difference_within")
    numbers = [float(one) for one in (within.value, within.low, within.high)]
    assert numbers == pytest.approx([pooled, pooled - 1.959964 * error, pooled + 1.959964 * error], abs=1e-6)
    strata = {
        one.group["credit_history"]: float(one.value)
        for one in found.measurements
        if one.name == "selection_rate_difference" and "credit_history" in one.group
    }
    assert strata == pytest.approx(inside)
    assert (within.outcome, found.result) == ("failed", "failed")


def test_the_published_figure_within_credit_history_agrees_with_regression_and_with_resampling(
    applications: dict[str, np.ndarray], tmp_path: Path
) -> None:
    """Independent references of the figure that the example's own binding says: 0.149 (0.099 to 0.200).

    The Mantel-Haenszel difference (Greenland & Robins 1985, Biometrics 41:55-68) is the coefficient of the group in an
    ordinary regression with one constant per stratum (Frisch, Waugh & Lovell): solved here by least squares on single
    rows, with no sum over strata. Its interval is held to percentiles of 4,000 resamplings of rows within each stratum
    and group (Efron 1979), drawn as binomials.
    """
    table = applications
    history = table["chist"].astype(int) * 2 + table["pubrec"].astype(int)
    found = measured(table, tmp_path, {"selection_rate_difference_within": {"at_most": "0.1"}}, ("history",))
    (within,) = (one for one in found.measurements if one.name == "selection_rate_difference_within")
    value, low, high = (float(one) for one in (within.value, within.low, within.high))
    assert [f"{one:.3f}" for one in (value, low, high)] == ["0.149", "0.099", "0.200"]

    white, approved = (table["white"] == 1).astype(float), (table["reject"] == 0).astype(float)
    design = np.column_stack([white, *((history == code).astype(float) for code in np.unique(history))])
    coefficients, *_ = np.linalg.lstsq(design, approved, rcond=None)
    assert value == pytest.approx(coefficients[0], abs=1e-9)

    drawn = np.random.default_rng(20260101)
    top = bottom = 0.0
    for code in np.unique(history):
        k, n, other_k, other_n = counts(table, history == code)
        weight = 1 / (1 / n + 1 / other_n)
        gap = drawn.binomial(n, k / n, 4000) / n - drawn.binomial(other_n, other_k / other_n, 4000) / other_n
        top, bottom = top + weight * gap, bottom + weight
    assert np.percentile(top / bottom, [2.5, 97.5]).tolist() == pytest.approx([low, high], abs=0.004)
    assert (within.outcome, found.result) == ("undecided", "undecided")
