"""Cuts, counts, chances and distances of drift, against SciPy, NumPy and simulated tables without drift."""

from math import sqrt

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import binom, ks_2samp, wasserstein_distance

from measures.drift_study import COLUMNS, SIZES, alarms, cell_tally, held, pair_of
from upright.measures.cuts import (
    CELLS,
    count_buckets,
    count_known,
    count_numbers,
    count_values,
    draw,
    number_cuts,
)
from upright.measures.distances import drift_estimates
from upright.measures.drift import difference_chance, findable_change, number_pair, parts, value_pair
from upright.measures.tally import Tally

SHAPES = {
    "normal": lambda g, n: g.normal(size=n),
    "long tail": lambda g, n: g.lognormal(0, 2, n),
    "whole": lambda g, n: g.integers(0, 9, n).astype(float),
    "mostly zero": lambda g, n: np.where(g.random(n) < 0.6, 0.0, g.lognormal(0, 1, n)),
    "far off": lambda g, n: 1.7e9 + g.normal(size=n),
    "two spikes": lambda g, n: g.integers(0, 2, n) + g.normal(0, 1e-6, n),
    "cauchy": lambda g, n: g.standard_cauchy(n),
}


def of(pair, name):
    return next(one for one in drift_estimates(pair, group={}) if one.name == name)


@pytest.mark.parametrize("shape", SHAPES)
def test_ks_and_wasserstein_are_scipys(shape):
    generator = np.random.default_rng(1)
    for rows, others, moved in ((100, 150, 0.0), (20_000, 5_000, 0.0), (5_000, 5_000, 0.3)):
        base, new = SHAPES[shape](generator, rows), SHAPES[shape](generator, others)
        new = new + moved * base.std()
        pair = pair_of(base, new)
        gap, moved_by = ks_2samp(base, new).statistic, wasserstein_distance(base, new) / base.std()
        assert gap - 0.012 <= of(pair, "ks").value <= gap + 1e-12
        # Where all rows crowd in two places, one cell spans what lies between, and the gap changes its sign there.
        assert of(pair, "wasserstein").value == pytest.approx(
            moved_by, rel=0.1 if shape == "two spikes" else 0.01, abs=5e-4
        )


def test_psi_and_js_are_the_textbooks_and_scipys_on_the_same_parts():
    generator = np.random.default_rng(2)
    for base, new in (
        (generator.normal(size=4_000), generator.normal(0.4, 1.2, 3_000)),
        (generator.choice(list("abcde"), 900), generator.choice(list("abcde"), 800, p=[0.4, 0.3, 0.1, 0.1, 0.1])),
    ):
        pair = pair_of(base, new)
        rows, others = parts(pair)
        p, q = rows / rows.sum(), others / others.sum()
        assert of(pair, "psi").value == pytest.approx(sum((b - a) * np.log(b / a) for a, b in zip(p, q, strict=True)))
        assert of(pair, "js").value == pytest.approx(jensenshannon(p, q, base=2))


def test_the_parts_of_numbers_are_the_baselines_tenths():
    generator = np.random.default_rng(3)
    rows, _ = parts(pair_of(generator.lognormal(0, 2, 5_000), generator.lognormal(0, 2, 5_000)))
    assert 8 <= len(rows) <= 11
    assert rows[:-1].min() >= 500 - 1


def test_the_engine_counts_the_cells_that_numpy_finds(as_table):
    generator = np.random.default_rng(4)
    for shape in SHAPES.values():
        values = shape(generator, 3_000)
        values[::97] = np.nan
        cuts = number_cuts(values[np.isfinite(values)])
        beyond = [None if at % 2 and one != one else one for at, one in enumerate(values)]
        beyond += [-np.inf, np.inf, 1e300, -1e300]
        found, wanted = (count_numbers(as_table(v=beyond), "v", cuts), cell_tally(cuts, values))
        rows = {key: sums[0] for key, sums in found.cells.items()}
        expected = {key: sums[0] for key, sums in wanted.cells.items()}
        for cell in (0, cuts.total + 1):
            expected[(cell,)] = expected.get((cell,), 0) + 2
        assert rows == expected


def test_no_cell_is_too_full_unless_many_rows_share_its_value():
    generator = np.random.default_rng(5)
    for shape in SHAPES.values():
        values = shape(generator, 10_000)
        cuts = number_cuts(values)
        cells = cuts.locate(values)
        for cell in np.flatnonzero(np.bincount(cells) > 150):
            inside = values[cells == cell]
            assert (inside == np.median(inside)).sum() > len(inside) - 150
        assert cuts.edges().tolist() == sorted(cuts.edges().tolist())
        assert cells.min() >= 1
        assert cells.max() <= cuts.total


def test_a_plain_column_costs_one_even_stretch_and_a_hostile_one_no_more_than_equal_shares():
    generator = np.random.default_rng(6)
    assert number_cuts(generator.normal(size=10_000)).cells == (CELLS,)
    assert len(number_cuts(generator.lognormal(0, 2, 10_000)).cells) <= 12
    assert 200 < len(number_cuts(10.0 ** generator.uniform(-200, 100, 10_000)).cells) <= 512
    assert number_cuts(np.array([3.0])).cells == (1,)


def test_cuts_hold_nobodys_own_value():
    generator = np.random.default_rng(7)
    ids = generator.integers(10**11, 10**12, 500).astype(float)
    spread = 10.0 ** generator.uniform(-9, 9, 500)
    for values in (ids, spread):
        assert set(number_cuts(values).knots) & set(values.tolist()) == set()


def test_the_sample_is_the_same_in_any_order_of_rows(as_table):
    generator = np.random.default_rng(8)
    x, y = generator.normal(size=60_000), generator.integers(0, 5, 60_000)
    order = generator.permutation(60_000)
    first = draw(as_table(x=x, y=y), ["x", "y"], 60_000)
    second = draw(as_table(x=x[order], y=y[order]), ["x", "y"], 60_000)
    assert 7_000 < len(first["x"]) < 13_000
    assert all(sorted(first[name]) == sorted(second[name]) for name in ("x", "y"))


def test_a_sample_of_few_different_rows_or_hardly_any_numbers_still_has_them(as_table):
    flags = np.arange(50_000) % 2
    hardly = [None] * 49_999 + [7.0]
    found = draw(as_table(flag=flags, hardly=hardly, nothing=[None] * 50_000), ["flag", "hardly"], 50_000)
    assert set(found["flag"]) == {0.0, 1.0}
    assert len(draw(as_table(flag=flags, more=flags % 2 * 0.5), ["flag", "more"], 50_000)["more"]) == 2
    assert found["hardly"].tolist() == [7.0]
    assert draw(as_table(flag=flags), [], 50_000) == {}


def test_values_are_counted_one_by_one_while_they_are_few_and_in_buckets_when_many(as_table):
    table = as_table(c=["a", "b", "b", "", None, "(missing)"], d=[f"{at}" for at in range(6)])
    counts = count_values(table, "c")
    assert counts.cells == {("a",): (1,), ("b",): (2,), (None,): (2,), ("(missing)",): (1,)}
    known = count_known(table, "c", {"b"})
    assert sorted(sums[0] for sums in known.cells.values()) == [2, 2, 2]
    assert sum(sums[0] for sums in count_known(table, "c", set()).cells.values()) == 6
    many = as_table(c=[f"v{at}" for at in range(3_000)])
    assert count_values(many, "c") is None
    assert sum(sums[0] for sums in count_buckets(many, "c").cells.values()) == 3_000
    assert len(count_buckets(many, "c").cells) == 16


def test_counts_of_shards_add_up_to_the_whole(as_table):
    generator = np.random.default_rng(9)
    values = generator.normal(size=2_000)
    cuts = number_cuts(values)
    whole = count_numbers(as_table(v=values), "v", cuts)
    halves = count_numbers(as_table(v=values[:700]), "v", cuts) + count_numbers(as_table(v=values[700:]), "v", cuts)
    base = count_numbers(as_table(v=generator.normal(size=900)), "v", cuts)
    first, second = (of(number_pair(cuts, base, one), "wasserstein").value for one in (whole, halves))
    assert first == pytest.approx(second, rel=1e-12)


@pytest.mark.parametrize(("rows", "others"), SIZES)
def test_tables_without_drift_raise_an_alarm_in_at_most_five_of_a_hundred(rows, others):
    found = alarms(rows, others, runs=60, seed=11)
    assert found <= binom.isf(1e-4, 60, 0.05), f"{found} of 60 tables of {len(COLUMNS)} columns"


def test_the_study_notices_a_test_that_raises_too_many(monkeypatch):
    import measures.drift_study as study

    monkeypatch.setattr(study, "difference_chance", lambda pair: difference_chance(pair) / 10)
    assert alarms(30, 30, runs=100, seed=11) > binom.isf(1e-4, 100, 0.05)


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_intervals_hold_the_truth_as_often_as_the_guide_says(shift):
    for rows in (30, 300, 3_000):
        found = held(rows, rows, shift, 1.0, runs=50)
        for name, share in found.items():
            least = 0.92 if (name, rows) == ("js", 30) else 0.94
            assert share >= least - 4 * sqrt(least * (1 - least) / 50), (name, rows, share)


def test_findable_says_what_is_found_in_four_of_five_cases():
    generator = np.random.default_rng(12)
    base, new = generator.random(400), generator.random(400)
    share = findable_change(pair_of(base, new), 0.01)
    hits = 0
    for _ in range(200):
        base, new = generator.random(400), generator.random(400)
        moved = np.where(generator.random(400) < share, 1.0, new)
        hits += difference_chance(pair_of(base, moved)) < 0.01
    assert hits >= 200 * 0.8 - 4 * sqrt(200 * 0.8 * 0.2)
    assert findable_change(pair_of(np.array(["a"]), np.array(["b"])), 0.05) == 1.0
    assert findable_change(pair_of(np.array(["a"] * 4_000), np.array(["a"] * 4_000)), 0.01) < 0.05


def test_what_is_planted_is_found_in_each_kind_of_column():
    generator = np.random.default_rng(13)
    base, new = generator.normal(50, 10, 2_000), generator.normal(50, 10, 2_000)
    assert difference_chance(pair_of(base, new)) > 0.001
    planted = {
        "moved": new + 3,
        "wider": 50 + (new - 50) * 1.4,
        "one in ten in other units": np.where(generator.random(2_000) < 0.1, new * 1_000, new),
        "a fifth missing": np.where(generator.random(2_000) < 0.2, np.nan, new),
        "constant": np.full(2_000, 50.0),
        "turned round": -new,
        "infinite": np.where(generator.random(2_000) < 0.1, np.inf, new),
    }
    assert {what for what, values in planted.items() if difference_chance(pair_of(base, values)) > 1e-6} == set()
    few, more = (generator.choice(list("abc"), 1_000, p=p) for p in ([0.5, 0.3, 0.2], [0.4, 0.3, 0.3]))
    assert difference_chance(pair_of(few, more)) < 1e-3
    assert difference_chance(pair_of(few, np.append(few, ["new"] * 40))) < 1e-6


def test_a_constant_stays_a_constant_and_is_seen_to_leave_it_in_either_direction():
    base = np.full(500, 3.0)
    same = pair_of(base, np.full(400, 3.0))
    assert difference_chance(same) == 1.0
    assert [one.value for one in drift_estimates(same, group={})] == [0.0, 0.0, 0.0, 0.0]
    for other in (3.0001, 2.9999, 1e9):
        pair = pair_of(base, np.full(400, other))
        assert difference_chance(pair) < 1e-12
        assert of(pair, "ks").value == 1.0
        assert of(pair, "js").value == 1.0
        assert of(pair, "psi").value > 5
        assert of(pair, "wasserstein").value is None
        assert "no spread" in of(pair, "wasserstein").unfit


def test_infinite_numbers_count_as_a_change_and_have_no_distance():
    base = np.random.default_rng(14).normal(size=300)
    pair = pair_of(base, np.append(base, [np.inf, -np.inf]))
    assert of(pair, "wasserstein").value is None
    assert of(pair, "ks").value is not None


def test_one_row_and_no_values_give_numbers_that_may_not_be_judged():
    one = pair_of(np.array([1.0]), np.array([2.0]))
    assert all(estimate.unfit for estimate in drift_estimates(one, group={}))
    assert difference_chance(one) > 0.5
    empty = value_pair(*(Tally.of(("value",), ("rows",), [(None, 50)]) for _ in range(2)))
    assert difference_chance(empty) == 1.0
    assert of(empty, "psi").value == 0.0
    gone = pair_of(np.arange(50.0), np.full(50, np.nan))
    assert difference_chance(gone) < 1e-12
    assert of(gone, "ks").value is None
