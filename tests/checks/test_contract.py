"""What a check is given: recorded options, seeds, limits."""

from dataclasses import FrozenInstanceError, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from upright.checks.contract import (
    Binding,
    Columns,
    Context,
    ModelSource,
    NotJudged,
    People,
    Run,
    TableSource,
    check,
)
from upright.checks.options import OptionError
from upright.checks.recording import recorded_options
from upright.kernel import Ref, canonical_bytes

TABLE = TableSource(
    ref=Ref("dataset", "s/t"),
    path=Path("somewhere/t.parquet"),
    digest="1" * 64,
    hold="bytes",
    columns=Columns(label="y", score="p"),
    favourable="1",
    protected=("sex",),
)


def binding(**more: Any) -> Binding:
    return Binding(**{"id": "b", "system": Ref("system", "s"), "check": "c", "on": TABLE} | more)


def test_what_a_table_is_declared_to_mean_is_part_of_how_it_was_measured() -> None:
    base = recorded_options(binding())
    for change in (
        {"favourable": "0"},
        {"protected": ("sex", "age")},
        {"columns": Columns(label="y", score="q")},
        {"recorded_decisions": True},
        {"predictions_of": Ref("model", "s/m")},
        {"declared": {"licence": "MIT"}},
        {"people": People(path="p.csv", digest="2" * 64, hold="bytes", on="id", columns=("sex",))},
    ):
        assert recorded_options(binding(on=replace(TABLE, **change))) != base, change


def test_where_a_file_lies_and_which_bytes_it_has_are_not_options() -> None:
    moved = replace(TABLE, path=Path("elsewhere/t.parquet"), digest="3" * 64, hold="snapshot")
    assert recorded_options(binding(on=moved)) == recorded_options(binding())
    croissant = replace(TABLE, declared={"croissant": "/srv/data/croissant.json"})
    assert "/srv" not in str(recorded_options(binding(on=croissant)))


def test_recorded_options_are_canonical_json_without_floats() -> None:
    options = {"share": 0.1, "levels": (0.5, 1), "exact": Decimal("0.30"), "yes": True, "none": None, "of": {"a": 2.5}}
    found = recorded_options(
        binding(
            options=options,
            reference={"sex": "F"},
            strata=("region",),
            not_judged=(NotJudged(group={"sex": "X"}, reason="few"),),
            against=replace(TABLE, ref=Ref("dataset", "s/u")),
            model=ModelSource(ref=Ref("model", "s/m"), path="m", digest="4" * 64, hold="bytes", threshold="0.5"),
        )
    )
    assert canonical_bytes(found)
    assert found["share"] == "0.1"
    assert found["levels"] == ["0.5", 1]
    assert found["exact"] == "0.3"
    assert found["on"] == {"columns": {"label": "y", "score": "p"}, "favourable": "1", "protected": ["sex"]}
    assert {"reference", "strata", "not_judged", "against", "model"} <= set(found)


def test_a_seed_is_the_bindings_own_and_does_not_depend_on_the_others() -> None:
    context = Context(seed=1, scratch=Path(), open_table=lambda _: None)  # type: ignore[arg-type,return-value]
    first, other = binding(), binding(id="other")
    assert context.seed_of(first) == context.seed_of(replace(first, options={"a": 1}))
    assert context.seed_of(first) != context.seed_of(other)
    assert context.seed_of(first) != replace(context, seed=2).seed_of(first)
    assert 0 <= context.seed_of(first) < 2**53


def test_a_binding_is_named_by_its_system_and_cannot_be_changed() -> None:
    one = binding()
    assert str(one.ref) == "binding:s/b"
    with pytest.raises(FrozenInstanceError):
        one.id = "c"  # type: ignore[misc]


def test_the_limits_of_a_binding_replace_those_in_the_nature_of_the_check() -> None:
    @check("c", version="1", kinds=("data-quality",), default_limits={"n": {"at_most": "0"}})
    def made() -> Run:
        """Counts."""
        raise NotImplementedError

    assert made.limits_of(binding()) == {"n": {"at_most": "0"}}
    assert made.limits_of(binding(limits={"n": {"at_most": "5"}})) == {"n": {"at_most": "5"}}
    assert made.about_text == "Counts."


def test_a_check_whose_options_have_no_type_cannot_be_made() -> None:
    with pytest.raises(OptionError, match="UP-CHECK-01"):

        @check("c", version="1", kinds=("data-quality",))
        def made(*, rows=3) -> Run:  # type: ignore[no-untyped-def]
            raise NotImplementedError
