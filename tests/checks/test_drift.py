"""The check of drift: what is planted is found, what is clean passes, and what cannot be compared is said."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from upright.checks.contract import Binding, Columns, Context, TableSource
from upright.checks.run import Ran, run_one
from upright.checks.tables import Tables
from upright.kernel import Ref

ROWS = 2_000


def applications(seed: int, rows: int = ROWS) -> dict:
    generator = np.random.default_rng(seed)
    age = generator.integers(18, 80, rows)
    income = generator.lognormal(8, 0.5, rows)
    return {
        "applicant": [f"person-{seed}-{at}" for at in range(rows)],
        "age": age,
        "income": np.where(generator.random(rows) < 0.05, np.nan, income),
        "region": generator.choice(["north", "south", "west"], rows, p=[0.5, 0.3, 0.2]),
        "owner": generator.random(rows) < 0.4,
        "score": 1 / (1 + np.exp(-(age - 50) / 20)),
        "decision": (age > 50).astype("int8"),
        "denied": generator.integers(0, 2, rows),
        "day": pa.array(np.datetime64("2026-01-01") + np.arange(rows) % 300),
    }


@pytest.fixture
def compare(tmp_path):
    """Two tables of columns, compared: the answer of the check."""
    parts = Columns(label="denied", prediction="decision", score="score")

    def source(name: str, table: dict, **more) -> TableSource:
        path = Path(tmp_path) / f"{name}.parquet"
        pq.write_table(pa.table(table), path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        about = {"columns": parts, "hold": "bytes", "digest": digest, "path": path, "ref": Ref("dataset", f"m/{name}")}
        return TableSource(**about | more)

    def run(new: dict, base: dict, *, on=None, against=None, limits=None, **options) -> Ran:
        binding = Binding(
            id="drift",
            system=Ref("system", "m"),
            check="drift",
            on=source("march", new, **on or {}),
            against=source("january", base, **against or {}),
            options=options,
            limits=limits or {},
        )
        context = Context(
            seed=1, scratch=tmp_path, open_table=Tables(tmp_path).open, clock=lambda: datetime(2026, 5, 1, tzinfo=UTC)
        )
        return run_one(binding, context)

    return run


def said(ran: Ran) -> str:
    return " | ".join(f"{one.outcome}: {one.because}" for one in ran.predicate.reasons)


def failing(ran: Ran) -> set[str]:
    return {one.group["column"] for one in ran.predicate.measurements if one.outcome == "failed" and one.group}


def left_out(ran: Ran) -> dict[str, str]:
    return {one.what.removeprefix("column "): one.why for one in ran.predicate.not_examined}


def values(ran: Ran, name: str) -> dict[str, str | None]:
    return {one.group["column"]: one.value for one in ran.predicate.measurements if one.name == name}


def test_a_table_of_the_same_kind_passes_and_says_how_often_it_would_fail_by_chance(compare):
    ran = compare(applications(1), applications(2))
    assert ran.predicate.result == "passed", said(ran)
    assert ran.predicate.limits == {"p_value": {"at_least": "0.05"}, "schema_changes": {"at_most": "0"}}
    assert "without drift, at most 5 % of comparisons like this one fail for any of their 8 columns" in said(ran)
    assert left_out(ran) == {"day": "times move by themselves"}
    assert set(values(ran, "psi")) == set(values(ran, "js")) == set(applications(1)) - {"day"}
    assert (
        set(values(ran, "ks")) == set(values(ran, "wasserstein")) == set(values(ran, "psi")) - {"applicant", "region"}
    )
    methods = {one.method for one in ran.predicate.measurements if one.name in {"psi", "js", "ks", "wasserstein"}}
    assert all("without change" in method for method in methods)


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("income", lambda one: one * 1.15),
        ("income", lambda one: np.where(np.arange(ROWS) % 8 == 0, np.nan, one)),
        ("income", lambda one: np.where(np.arange(ROWS) % 20 == 0, one * 1_000, one)),
        ("region", lambda one: np.where(np.arange(ROWS) % 10 == 0, "south", one)),
        ("region", lambda one: np.where(np.arange(ROWS) % 40 == 0, "east", one)),
        ("region", lambda one: np.where(np.arange(ROWS) % 20 == 0, None, one)),
        ("owner", lambda one: one | (np.arange(ROWS) % 7 == 0)),
        ("score", lambda one: np.sqrt(one)),
        ("decision", lambda one: one | (np.arange(ROWS) % 7 == 0)),
        ("age", lambda one: np.full(ROWS, 50)),
    ],
    ids=["up", "missing", "other units", "shares", "new value", "nulls", "flag", "score", "decision", "constant"],
)
def test_a_planted_change_is_found_and_its_column_alone_is_named(compare, column, change):
    new = applications(1)
    new[column] = change(new[column])
    ran = compare(new, applications(2))
    assert ran.predicate.result == "failed", said(ran)
    assert failing(ran) == {column}
    assert f"column = {column}" in said(ran)


def test_new_values_are_counted_and_named_only_where_ten_rows_hold_them(compare):
    new = applications(1)
    new["region"] = np.where(np.arange(ROWS) % 50 == 0, "east", np.where(np.arange(ROWS) < 4, "Mx Rare", new["region"]))
    ran = compare(new, applications(2))
    unseen = next(
        one for one in ran.predicate.measurements if one.name == "unseen_share" and one.group == {"column": "region"}
    )
    assert float(unseen.value) == pytest.approx(43 / ROWS)
    assert "'east' 40" in unseen.method
    kept = json.loads(ran.artefacts[0].data)
    assert "Mx Rare" not in unseen.method + said(ran) + json.dumps(kept)


def test_a_limit_on_a_distance_lets_small_changes_be_where_the_default_does_not(compare):
    new, base = applications(1, 20_000), applications(2, 20_000)
    new["income"] = new["income"] * 1.04
    assert failing(compare(new, base)) == {"income"}
    for limits in ({"psi": {"at_most": "0.1"}}, {"ks": {"at_most": "0.1"}}, {"js": {"at_most": "0.1"}}):
        ran = compare(new, base, limits=limits)
        assert ran.predicate.result == "passed", said(ran)
        assert "without drift" not in said(ran)
    new["income"] = new["income"] * 2
    for limits in ({"psi": {"at_most": "0.1"}}, {"wasserstein": {"at_most": "0.1"}}):
        assert failing(compare(new, base, limits=limits)) == {"income"}
    few = {name: column[:40] for name, column in new.items()}
    assert compare(few, base, limits={"psi": {"at_most": "0.001"}}, ignore=["income"]).predicate.result == "undecided"


def test_a_column_that_is_gone_or_holds_another_type_fails_and_is_named(compare):
    new = applications(1)
    del new["income"]
    new["age"] = [f"{age} years" for age in new["age"]]
    ran = compare(new, applications(2))
    assert ran.predicate.result == "failed"
    assert "age holds text, in the baseline numbers; income is gone" in said(ran)
    assert next(one.value for one in ran.predicate.measurements if one.name == "schema_changes") == "2"
    allowed = compare(new, applications(2), limits={"schema_changes": {"at_most": "2"}})
    assert allowed.predicate.result == "passed"


def test_whole_numbers_floats_and_flags_are_one_type_and_an_empty_column_is_of_any(compare):
    new, base = applications(1), applications(2)
    new["age"], new["owner"] = new["age"].astype(float), new["owner"].astype("int8")
    base["note"], new["note"] = [""] * ROWS, pa.nulls(ROWS)
    base["gone"], new["gone"] = pa.nulls(ROWS), pa.nulls(ROWS)
    base["country"], new["country"] = ["BE"] * ROWS, ["BE"] * ROWS
    ran = compare(new, base)
    assert ran.predicate.result == "passed", said(ran)
    assert left_out(ran)["gone"] == left_out(ran)["note"] == "no values in either table"
    assert values(ran, "psi")["country"] == "0"


def test_a_column_that_lost_or_gained_all_its_values_fails(compare):
    for lost, kept in (("income", "numbers"), ("region", "text")):
        new = applications(1)
        new[lost] = pa.nulls(ROWS, pa.string() if kept == "numbers" else pa.float64())
        assert failing(compare(new, applications(2))) == {lost}
        base = applications(2)
        base[lost] = pa.nulls(ROWS)
        assert failing(compare(applications(1), base)) == {lost}


def test_what_the_baseline_lacks_and_labels_that_are_not_known_yet_are_left_out(compare):
    new = applications(1)
    del new["denied"]
    new["channel"] = ["web"] * ROWS
    ran = compare(new, applications(2), on={"columns": Columns(prediction="decision", score="score")})
    assert ran.predicate.result == "passed", said(ran)
    assert left_out(ran)["channel"] == "not in the baseline"
    assert "no such label" in left_out(ran)["denied"]


def test_parts_with_other_names_are_matched(compare):
    base = applications(2)
    base["p_denied"] = base.pop("score")
    parts = Columns(label="denied", prediction="decision", score="p_denied")
    ran = compare(applications(1), base, against={"columns": parts})
    assert ran.predicate.result == "passed", said(ran)
    assert "score" in values(ran, "ks")


def test_columns_and_ignore_choose_and_an_unknown_name_is_refused(compare):
    ran = compare(applications(1), applications(2), columns=["age", "region"])
    assert set(values(ran, "psi")) == {"age", "region"}
    ran = compare(applications(1), applications(2), ignore=["age"])
    assert "age" not in values(ran, "psi")
    assert "Did you mean 'age'" in said(compare(applications(1), applications(2), ignore=["aged"]))


def test_too_few_rows_to_find_a_change_are_undecided_unless_the_change_is_plain(compare):
    small = {name: column[:60] for name, column in applications(1).items()}
    ran = compare(small, applications(2))
    assert ran.predicate.result == "undecided"
    assert "60 rows against 2,000 show only changes that move 29 % of the rows or more" in said(ran)
    small["income"] = small["income"] * 3
    assert failing(compare(small, applications(2))) == {"income"}
    one = {name: column[:1] for name, column in applications(1).items()}
    for new, base in ((one, applications(2)), (applications(1), one), (one, {**one, "age": [44]})):
        assert compare(new, base).predicate.result == "undecided"


def test_no_rows_no_baseline_weights_and_the_table_itself_are_said(compare):
    empty = {name: column[:0] for name, column in applications(1).items()}
    assert "UP-MEASURE-07" in said(compare(empty, applications(2)))
    ran = compare(applications(1), applications(1), against={"ref": Ref("dataset", "m/march")})
    assert ran.predicate.result == "undecided"
    assert "UP-MEASURE-20" in said(ran)
    weighted = {"columns": Columns(weight="age")}
    ran = compare(applications(1), applications(2), on=weighted)
    assert ran.predicate.result == "undecided"
    assert "UP-MEASURE-21" in said(ran)
    ran = compare(applications(1), applications(2), on=weighted, ignore_weights=True)
    assert ran.predicate.result == "passed", said(ran)
    assert "UP-CHECK-80" in said(compare(applications(1), applications(2), smallest_change="1.5"))


def test_nothing_to_compare_never_passes(compare):
    day = {"day": applications(1)["day"]}
    ran = compare(day, {"day": applications(2)["day"][:100]}, on={"columns": Columns()}, against={"columns": Columns()})
    assert ran.predicate.result == "undecided"
    assert "no column of the baseline can be compared" in said(ran)


def test_rows_in_another_order_give_the_same_numbers_and_the_same_kept_baseline(compare):
    order = np.random.default_rng(3).permutation(ROWS)
    base = applications(2)
    turned = {name: pa.array(column).take(pa.array(order)) for name, column in base.items()}
    first, second = (compare(applications(1), one) for one in (base, turned))
    assert [one.value for one in first.predicate.measurements] == [one.value for one in second.predicate.measurements]
    one, other = (json.loads(ran.artefacts[0].data) for ran in (first, second))
    assert one["columns"] == other["columns"]
    assert one["sha256"] != other["sha256"]


def test_the_kept_baseline_counts_every_row_and_names_nobody(compare):
    ran = compare(applications(1), applications(2))
    kept = json.loads(ran.artefacts[0].data)
    assert kept["dataset"] == "dataset:m/january"
    by_name = {one["name"]: one for one in kept["columns"]}
    for one in kept["columns"]:
        counted = sum(rows for _, rows in one["rows"]) if "rows" in one else sum(one["values"].values()) + one["rare"]
        assert counted + one["missing"] == ROWS
    assert set(by_name["region"]["values"]) == {"north", "south", "west"}
    assert b"person-" not in ran.artefacts[0].data
    incomes = {repr(float(income)) for income in applications(2)["income"]}
    assert {repr(knot) for knot in by_name["income"]["knots"]} & incomes == set()


def test_a_text_of_very_many_values_is_compared_by_buckets(compare):
    generator = np.random.default_rng(5)
    new, base = ({"city": generator.integers(0, 3_000, 4_000).astype(str)} for _ in range(2))
    plain = {"columns": Columns()}
    assert compare(new, base, on=plain, against=plain).predicate.result == "passed"
    moved = {"city": np.where(np.arange(4_000) % 5 == 0, "Springfield", new["city"])}
    ran = compare(moved, base, on=plain, against=plain)
    assert failing(ran) == {"city"}
    assert "unseen_share" not in {one.name for one in ran.predicate.measurements}
