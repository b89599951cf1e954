"""Columns counted together are counted as each alone, by whichever of the two ways."""

from types import SimpleNamespace

import numpy as np
import pytest

from measures.test_drift import SHAPES
from upright.measures import cells
from upright.measures.cuts import count_numbers, number_cuts
from upright.measures.drift import counted

ODD = [None, np.nan, np.inf, -np.inf, 1e300, -1e300]


@pytest.fixture
def many(as_table):
    generator = np.random.default_rng(5)
    columns = {name: [*shape(generator, 3_000).tolist(), *ODD] for name, shape in SHAPES.items()}
    columns["flag"] = [True, False, None] * 1_002
    columns["count"] = [*range(3_000), *[None] * 6]
    columns["nothing"] = [np.nan] * 3_006
    table = as_table(**columns)
    cuts = {
        name: number_cuts(np.array([one for one in values if one is not None and abs(one) < 1e299] or [0.0], float))
        for name, values in columns.items()
    }
    return table, cuts


def same(one, other):
    return (
        np.array_equal(one.cells, other.cells)
        and one.missing == other.missing
        and np.allclose(one.totals, other.totals, rtol=1e-9, equal_nan=True)
        and np.allclose(one.squares, other.squares, rtol=1e-9, equal_nan=True)
    )


def test_numpy_counts_many_columns_as_the_engine_counts_each(many, monkeypatch):
    table, cuts = many
    monkeypatch.setattr(cells, "_COLUMNS", 4)
    monkeypatch.setattr(cells, "_ROWS", 2_048)
    found = cells.count_columns(table, cuts)
    assert list(found) == list(cuts)
    for name, each in cuts.items():
        assert same(found[name], counted(each, count_numbers(table, name, each))), name
    assert found["nothing"].present == 0
    assert found["flag"].missing == 1_002


def test_a_database_of_another_kind_counts_for_itself(many, monkeypatch):
    table, cuts = many
    here = cells.count_columns(table, cuts)
    monkeypatch.setattr(type(table), "get_backend", lambda self: SimpleNamespace(name="postgres"))
    monkeypatch.setattr(cells, "_batches", lambda expression: pytest.fail("its rows were fetched"))
    asked = []
    monkeypatch.setattr(cells, "count_numbers", lambda table, name, cuts: asked.append(name) or {})
    monkeypatch.setattr(cells, "counted", lambda cuts, counts: counts)
    assert cells.count_columns(table, cuts) == {name: {} for name in here}
    assert asked == list(cuts)


def test_no_columns_are_no_query(as_table):
    assert cells.count_columns(as_table(v=[1.0]), {}) == {}
