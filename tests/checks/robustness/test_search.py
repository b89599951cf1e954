"""The search for the smallest flip, against enumeration and against geometry."""

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from upright.checks.contract import TableSource
from upright.checks.robustness.search import Flips, Search, Task
from upright.checks.robustness.space import Space, space_of
from upright.checks.tables import Tables
from upright.kernel import Ref
from upright.measures.errors import MeasureInputError


class Function:
    """Decides by a function of the columns, in this process."""

    def __init__(self, score: Callable[[dict[str, Any]], np.ndarray], *, scores: bool) -> None:
        self.score, self.scores, self.asked = score, scores, 0

    def ask(self, columns: dict[str, Any]) -> tuple[np.ndarray, np.ndarray | None]:
        over = np.asarray(self.score(columns), dtype=float)
        self.asked += len(over)
        return (over >= 0).astype(np.int64), np.column_stack([-over, over]) if self.scores else None


def spaced(folder: Path, columns: dict[str, Any], names: tuple[str, ...], immutable: tuple[str, ...] = ()) -> Space:
    path = folder / "rows.parquet"
    pq.write_table(pa.table(columns), path)
    source = TableSource(ref=Ref("dataset", "s/rows"), path=path, digest="0" * 64, hold="bytes")
    return space_of(Tables(folder).open(source), names, immutable).holding(columns)


def search(space: Space, columns: dict[str, Any], function: Function) -> Flips:
    base = space.encode(columns)
    codes, _ = function.ask(space.decode(base))
    task = Task(
        space=space, decider=function, base=base, codes=codes, pool=base, pool_codes=codes, progress=lambda _: None
    )
    return Search(task).run()


def small_grid(rows: int = 120) -> dict[str, Any]:
    rng = np.random.default_rng(8)
    return {
        "late": rng.integers(0, 5, rows).tolist(),
        "years": rng.integers(0, 7, rows).tolist(),
        "town": rng.choice(["a", "b", "c"], rows).tolist(),
        "owner": rng.choice([True, False], rows).tolist(),
    }


def entangled(c: dict[str, Any]) -> np.ndarray:
    """Interactions, no single direction: late payments count by town, owners by years."""
    town = np.array([{"a": 0.0, "b": 1.3, "c": -0.6}[value] for value in c["town"]])
    late, years, owner = (np.asarray(c[name], dtype=float) for name in ("late", "years", "owner"))
    return np.sin(late * 1.1 + town) + 0.35 * years * owner - 0.9 * (years > 3) - 0.2


@pytest.mark.parametrize("scores", [True, False])
def test_on_a_small_grid_the_distance_is_that_of_every_possible_change(tmp_path: Path, scores: bool) -> None:
    columns = small_grid()
    space = spaced(tmp_path, columns, tuple(columns))
    found = search(space, columns, Function(entangled, scores=scores))
    every = list(itertools.product(range(5), range(7), "abc", (True, False)))
    grid = space.encode({name: [row[at] for row in every] for at, name in enumerate(columns)})
    decided = entangled(space.decode(grid)) >= 0
    base = space.encode(columns)
    own = entangled(space.decode(base)) >= 0
    best = np.array([
        space.cost(grid[decided != own[row]], np.tile(base[row], (int((decided != own[row]).sum()), 1))).min()
        for row in range(len(base))
    ])  # fmt: skip
    assert (found.distance >= best - 1e-9).all(), "a distance below the smallest possible one"
    assert (found.distance <= best + 1e-9).mean() >= 0.97
    np.testing.assert_allclose(np.median(found.distance), np.median(best))


def test_for_a_line_the_distance_is_that_of_geometry(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    columns = {name: rng.normal(0, size, 200).tolist() for name, size in (("a", 1.0), ("b", 10.0), ("c", 0.1))}
    space = spaced(tmp_path, columns, ("a", "b", "c"))
    weights = {"a": 0.7, "b": -0.05, "c": 3.0}

    def line(c: dict[str, Any]) -> np.ndarray:
        return sum(weights[name] * np.asarray(c[name]) for name in weights) - 0.4

    found = search(space, columns, Function(line, scores=True))
    steepest = max(abs(weights[feature.name]) * feature.scale for feature in space.features)
    exact = np.abs(line(columns)) / steepest
    near = exact < 0.5  # farther away the best column's range may end
    assert near.sum() > 50
    np.testing.assert_allclose(found.distance[near], exact[near], atol=2e-3)
    assert (found.distance >= exact - 1e-9).all()


def test_what_is_found_can_occur_and_leaves_immutable_columns_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    columns: dict[str, Any] = small_grid() | {"debt": rng.gamma(2.0, 300.0, 120).tolist()}
    columns["years"][3] = None
    space = spaced(tmp_path, columns, tuple(columns), immutable=("town",))

    def rule(c: dict[str, Any]) -> np.ndarray:
        late, debt = np.asarray(c["late"], dtype=float), np.asarray(c["debt"])
        assert set(c["town"]) <= {"a", "b", "c"}
        assert np.asarray(c["late"]).dtype.kind == "i", "whole numbers stay whole"
        return late * 200 + debt - 900 + 100 * np.array([town == "a" for town in c["town"]])

    found = search(space, columns, Function(rule, scores=True))
    flipped = np.isfinite(found.distance)
    assert flipped.mean() > 0.9
    moved, base = space.decode(found.moved), space.decode(space.encode(columns))
    assert moved["town"] == base["town"] == columns["town"]
    assert (np.asarray(moved["debt"]) >= min(columns["debt"]) - 1e-9).all()
    assert (np.asarray(moved["debt"]) <= max(columns["debt"]) + 1e-9).all()
    assert set(np.asarray(moved["late"])) <= set(range(5))
    assert np.isnan(space.encode(columns)[3, 1])
    assert np.isnan(found.moved[3, 1]), "a missing value is not made up"
    assert ((rule(moved) >= 0) != (rule(base) >= 0))[flipped].all(), "each flip is one"


def test_a_row_that_nothing_flips_has_no_distance(tmp_path: Path) -> None:
    columns = small_grid()
    space = spaced(tmp_path, columns, tuple(columns))
    found = search(space, columns, Function(lambda c: np.ones(len(c["town"])), scores=True))
    assert np.isinf(found.distance).all()
    np.testing.assert_array_equal(found.moved, space.encode(columns))


def test_flips_that_are_shrunk_together_end_as_each_alone_in_a_third_of_the_requests(tmp_path: Path) -> None:
    columns = {**small_grid(60), "rate": np.random.default_rng(9).normal(0, 1, 60).tolist()}
    space = spaced(tmp_path, columns, tuple(columns))
    base = space.encode(columns)
    rng = np.random.default_rng(10)
    starts = [(np.arange(60), base[rng.permutation(60)]) for _ in range(4)]
    starts += [(np.array([], dtype=np.int64), base[:0]), (np.arange(5), base[:5])]  # nothing, and no flip at all
    ends = []
    for groups in ([starts], [[start] for start in starts]):
        requests: list[int] = []

        def score(c: dict[str, Any], requests: list[int] = requests) -> np.ndarray:
            requests.append(len(c["late"]))
            return entangled(c) + np.asarray(c["rate"], dtype=float)

        function = Function(score, scores=True)
        codes, _ = function.ask(space.decode(base))
        found = Search(
            Task(
                space=space, decider=function, base=base, codes=codes, pool=base, pool_codes=codes,
                progress=lambda _: None,
            )
        )  # fmt: skip
        for group in groups:
            found.shrink(group)
        ends.append((found.best.tolist(), found.moved.tolist(), sum(requests), len(requests)))
    together, alone = ends
    assert np.isfinite(together[0]).any()
    assert together[:3] == alone[:3]
    assert together[3] < alone[3] / 3


def test_columns_that_cannot_be_moved_say_why(tmp_path: Path) -> None:
    columns = {
        "same": [1.0] * 60,
        "empty": pa.nulls(60, pa.float64()),
        "who": [f"person {n}" for n in range(60)],
        "day": pa.array([0] * 60, pa.date32()),
        "ok": list(range(60)),
    }
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table(columns), path)
    source = TableSource(ref=Ref("dataset", "s/t"), path=path, digest="0" * 64, hold="bytes")
    table = Tables(tmp_path).open(source)
    space = space_of(table, tuple(columns), ())
    assert [feature.kind for feature in space.features] == ["fixed"] * 4 + ["whole"]
    reasons = [feature.why for feature in space.features]
    assert reasons[:3] == ["every row has the same value", "no row has a value", "has more than 50 values"]
    with pytest.raises(MeasureInputError, match="No feature can be moved"):
        space_of(table, ("same", "who"), ())
    with pytest.raises(MeasureInputError, match="no column 'nobody'"):
        space_of(table, ("ok",), ("nobody",))


def test_a_table_of_other_types_than_the_one_that_gave_the_ranges_is_refused(tmp_path: Path) -> None:
    columns = small_grid()
    space = spaced(tmp_path, columns, tuple(columns))
    for name, wrong in {"late": [[1, 2]] * 120, "years": ["n/a"] * 120, "town": [["a"]] * 120}.items():
        with pytest.raises(MeasureInputError, match=f"'{name}' is of another kind"):
            space.encode(columns | {name: wrong})


def test_kinds_and_ranges_of_many_features_are_those_of_each_column_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    columns: dict[str, Any] = {f"n{at}": rng.normal(at, 1 + at, 97).tolist() for at in range(40)}
    columns |= {f"w{at}": rng.integers(-at, 3 + at, 97).tolist() for at in range(20)}
    columns |= {f"f{at}": rng.integers(0, 2, 97).tolist() for at in range(5)}
    columns["n3"][:4] = [None, math.nan, math.inf, -math.inf]
    columns["w4"][0] = None
    columns |= {"none": pa.nulls(97, pa.float64()), "nan": [math.nan] * 97, "same": [2.5] * 97}
    columns |= {"yes": [True, *[False] * 96], "who": ["a", *["b"] * 96], "kept": rng.normal(0, 1, 97).tolist()}
    names = (*columns, "n0")
    space = spaced(tmp_path, columns, names, ("kept",))
    assert [feature.name for feature in space.features] == list(names)
    found = {feature.name: feature for feature in space.features}
    assert space.features[-1] == found["n0"]
    assert {name for name, feature in found.items() if feature.kind == "fixed"} == {"none", "nan", "same", "kept"}
    assert (found["yes"].kind, found["who"].kind, found["who"].values) == ("flag", "category", ("b", "a"))
    for name in columns:
        if name[0] in "nwf" and name[1:].isdecimal():
            values = np.array([value for value in columns[name] if value is not None and math.isfinite(value)], float)
            feature = found[name]
            assert feature.kind == {"n": "number", "w": "whole", "f": "flag"}[name[0]] or set(values) == {0, 1}
            assert (feature.low, feature.high) == (values.min(), values.max())
            if feature.kind != "flag":
                first, last = np.quantile(values, [0.05, 0.95])
                assert feature.scale == pytest.approx(last - first, rel=1e-12)
