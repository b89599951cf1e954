"""Singling out: classes counted against a plain count, an estimate held to a simulated population, faults found."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.made import table_source
from upright.checks.contract import Binding, Columns, Context
from upright.checks.run import Ran, run_one
from upright.checks.tables import Tables
from upright.kernel import Ref
from upright.measures.uniqueness import ClassSizes, CorrectMatch


def check(
    folder: Path, columns: dict[str, Any], limits: Any = None, protected: tuple[str, ...] = (), **options: Any
) -> Ran:
    about: dict[str, Any] = {"columns": Columns(), "favourable": None, "protected": protected, "declared": {}}
    source = table_source(folder, pa.table(columns), **about)
    binding = Binding(
        id="re", system=Ref("system", "made"), check="reidentification", on=source, options=options, limits=limits or {}
    )
    return run_one(binding, Context(seed=0, scratch=folder, open_table=Tables(folder).open))


def values(ran: Ran) -> dict[str, float]:
    return {one.name: float(one.value or "nan") for one in ran.predicate.measurements}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 4), st.sampled_from([0, 1, None])),
        min_size=1,
        max_size=60,
    )
)
def test_classes_are_those_of_a_plain_count(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("classes")
    place, age, ill = (list(column) for column in zip(*rows, strict=True))
    columns = {"place": pa.array(place, pa.string()), "age": age, "ill": pa.array(ill, pa.int64())}
    ran = check(folder, columns, quasi_identifiers=("place", "age"), sensitive=("ill",))
    classes = Counter(zip(place, age, strict=True))
    within = {key: {c for a, b, c in rows if (a, b) == key} for key in classes}
    assert values(ran) == {
        "smallest_class": min(classes.values()),
        "unique_share": pytest.approx(sum(n == 1 for n in classes.values()) / len(rows)),
        "least_diversity": min(len(found) for found in within.values()),
    }


def test_a_person_who_stands_alone_is_found_and_a_coarse_table_passes(tmp_path):
    coarse = {"age": ["30-39", "40-49"] * 50, "sex": ["f", "f", "m", "m"] * 25}
    limits = {"smallest_class": {"at_least": "5"}, "unique_share": {"at_most": "0"}}
    assert check(tmp_path, coarse, limits, quasi_identifiers=("age", "sex")).predicate.result == "passed"
    fine = {**coarse, "age": [*coarse["age"][:-1], "90-99"]}
    ran = check(tmp_path, fine, limits, quasi_identifiers=("age", "sex"))
    assert ran.predicate.result == "failed"
    assert values(ran)["unique_share"] == 0.01


def test_the_protected_columns_serve_where_no_others_are_named(tmp_path):
    columns = {"sex": ["f", "m"] * 20, "name": [f"n{at}" for at in range(40)]}
    assert values(check(tmp_path, columns, protected=("sex",)))["smallest_class"] == 20
    assert check(tmp_path, columns).predicate.result == "errored"


def test_without_limits_it_is_undecided_and_without_population_it_says_so(tmp_path):
    ran = check(tmp_path, {"age": list(range(40))}, quasi_identifiers=("age",))
    assert ran.predicate.result == "undecided"
    assert ran.predicate.not_examined[0].count == 40
    assert not any(
        "population" in one.what
        for one in check(tmp_path, {"age": [1] * 40}, quasi_identifiers=("age",), population=400).predicate.not_examined
    )


@pytest.mark.parametrize(
    "options", [{"population": 10}, {"population": -1}, {"sensitive": ("age",)}, {"quasi_identifiers": ("no",)}]
)
def test_what_cannot_be_is_refused(tmp_path, options):
    ran = check(tmp_path, {"age": [1, 2] * 20}, **{"quasi_identifiers": ("age",), **options})
    assert ran.predicate.result in {"errored", "undecided"}
    assert "UP-" in ran.predicate.reasons[0].because


def test_the_estimate_is_about_right_on_a_population_that_is_known():
    draw = np.random.default_rng(3)
    held, runs = 0, 60
    for _ in range(runs):
        weights = draw.gamma(0.6, 1.0, 8_000)  # a population of cells with many small ones
        people = draw.choice(8_000, size=20_000, p=weights / weights.sum())
        sampled = 0.2
        taken = people[draw.random(people.size) < sampled]
        sizes = Counter(Counter(taken.tolist()).values())
        whole = Counter(people.tolist())
        alone = [key for key, count in Counter(taken.tolist()).items() if count == 1]
        truth = len(alone) / sum(whole[key] for key in alone)  # of all who match a row that is alone, the right ones
        low, high = CorrectMatch(sizes=ClassSizes(sizes), sampled=sampled).interval(0.95)
        held += low <= truth <= high
    assert held >= 0.85 * runs


def test_a_whole_population_is_known_for_sure():
    match = CorrectMatch(sizes=ClassSizes({1: 10, 2: 5}), sampled=1.0)
    assert match.value == 1.0
    assert match.interval(0.95) == (1.0, 1.0)


def test_no_value_of_a_person_is_in_the_evidence(tmp_path):
    ran = check(
        tmp_path,
        {"name": [f"person-{at}" for at in range(40)], "ill": [0, 1] * 20},
        quasi_identifiers=("name",),
        sensitive=("ill",),
    )
    assert "person-" not in repr(ran.predicate)
