import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.measures import tally as module
from upright.measures.decisions import count_decisions
from upright.measures.errors import MeasureInputError
from upright.measures.histograms import count_scores
from upright.measures.tally import Tally, row_count, tally

KEYS, SUMS = ("group", "decision"), ("rows", "other")
cells = st.lists(
    st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 1), st.integers(0, 10**9), st.integers(0, 10**9)),
    max_size=20,
).map(lambda rows: Tally.of(KEYS, SUMS, rows))


@given(cells, cells, cells)
def test_tallies_are_a_commutative_monoid(one, two, three):
    assert (one + two) + three == one + (two + three)
    assert one + two == two + one
    assert one + Tally.empty(KEYS, SUMS) == one


def test_summaries_of_shards_add_up_to_the_summary_of_the_whole(as_table):
    generator = np.random.default_rng(5)
    columns = {
        "sex": generator.choice(["F", "M", "X"], 900),
        "y": generator.integers(0, 2, 900),
        "p": generator.integers(0, 2, 900),
        "s": generator.integers(0, 257, 900) / 256,
    }
    count = lambda table: count_decisions(table, by=["sex"], prediction="p", label="y")  # noqa: E731
    score = lambda table: count_scores(table, by=["sex"], positive=table["y"] == 1, score="s")  # noqa: E731
    for summarise in (count, score):
        whole = summarise(as_table(**columns))
        parts = [summarise(as_table(**{k: v[at::3] for k, v in columns.items()})) for at in range(3)]
        merged = parts[2] + parts[0] + parts[1]
        assert merged.cells.keys() == whole.cells.keys()
        for key, values in whole.cells.items():
            assert merged.cells[key] == pytest.approx(values, abs=1e-9)


def test_summaries_of_different_things_do_not_merge():
    with pytest.raises(MeasureInputError, match="UP-MEASURE-01"):
        Tally.empty(("a",), ("rows",)) + Tally.empty(("b",), ("rows",))


def test_missing_and_nan_are_one_key():
    found = Tally.of(("g",), ("rows",), [(None, 2), (float("nan"), 3)])
    assert found.cells == {(None,): (5,)}


def test_a_column_of_identifiers_is_refused_as_a_grouping(as_table):
    table = as_table(person=list(range(100_002)))
    with pytest.raises(MeasureInputError, match="UP-MEASURE-02"):
        tally(table.group_by("person").agg(rows=table.count()), keys=("person",), sums=("rows",))


def test_rows_are_counted_once_for_each_table_and_anew_for_what_is_made_of_it(as_table, monkeypatch):
    table = as_table(a=[1, 1, 2])
    asked = []
    collect = module.collect
    monkeypatch.setattr(module, "collect", lambda one: asked.append(one) or collect(one))
    assert [row_count(table), row_count(table), row_count(table.distinct())] == [3, 3, 2]
    assert row_count(as_table(a=[1])) == 1
    assert len(asked) == 3
