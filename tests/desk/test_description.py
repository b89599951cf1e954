"""Descriptions: loaded once, held to their models."""

import ast
from pathlib import Path

import pytest

from upright.desk.description import RecordType, record_type, register, registered
from upright.records.inventory.models import System


def test_every_description_is_loaded_and_found_by_name() -> None:
    assert record_type("system").model is System
    assert set(registered()) >= {"system"}


def test_a_description_that_names_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        register(
            RecordType(model=System, place="systems", clause="iso42001:4.3", purpose="x", columns=("name", "colour"))
        )


def test_an_unknown_type_is_named_with_those_there_are() -> None:
    with pytest.raises(Exception, match=r"'sistem'; there are .*system.*UP-DESK-01"):
        record_type("sistem")


def test_the_desk_stays_small_and_a_description_stays_reviewable() -> None:
    import upright.desk

    room = Path(upright.desk.__file__).parent
    lines = {path: path.read_text().splitlines() for path in room.glob("*.py")}
    assert 500 < sum(map(len, lines.values())) < 1500
    longest = {
        f"{path.name}:{node.lineno}": (node.end_lineno or 0) - node.lineno + 1
        for path in (room / "types").glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    }
    assert longest
    assert {name: count for name, count in longest.items() if count > 40} == {}
