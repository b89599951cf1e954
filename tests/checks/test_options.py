"""Options: declared by a function's signature, checked before it runs."""

from collections.abc import Mapping
from typing import Any

import pytest

from upright.checks.options import OptionError, chosen, options_of


def declared(
    *,
    rows: int = 30,
    share: float = 0.5,
    strict: bool = False,
    name: str | None = None,
    columns: tuple[str, ...] = (),
    bins: tuple[int | float, ...] = (),
    ranges: Mapping[str, Any] = {},
) -> None:
    """What a check may declare."""


OPTIONS = options_of(declared)


def test_types_and_defaults_are_read_from_the_signature() -> None:
    assert {name: option.wanted for name, option in OPTIONS.items()} == {
        "rows": "a whole number",
        "share": "a number",
        "strict": "yes or no",
        "name": "text",
        "columns": "a list of text",
        "bins": "a list of a whole number or a number",
        "ranges": "a mapping",
    }
    assert OPTIONS["share"].default == 0.5


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"rows": 7}, {"rows": 7}),
        ({"share": 1}, {"share": 1.0}),
        ({"share": "0.25"}, {"share": 0.25}),
        ({"name": None}, {"name": None}),
        ({"columns": ["a", "b"]}, {"columns": ("a", "b")}),
        ({"columns": []}, {"columns": ()}),
        ({"ranges": {"age": {"at_least": "1"}}}, {"ranges": {"age": {"at_least": "1"}}}),
        ({}, {}),
    ],
)
def test_a_value_of_the_declared_type_is_taken(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert chosen("check", OPTIONS, given) == expected


@pytest.mark.parametrize(
    "given",
    [
        {"rows": "30"},
        {"rows": 30.0},
        {"rows": True},
        {"rows": None},
        {"share": "many"},
        {"share": True},
        {"share": "nan"},
        {"share": "inf"},
        {"share": float("nan")},
        {"strict": 1},
        {"strict": "yes"},
        {"name": 5},
        {"columns": "age"},
        {"columns": [1]},
        {"columns": {"a": 1}},
        {"ranges": [1]},
    ],
)
def test_a_value_of_another_type_is_refused_with_what_was_wanted(given: dict[str, Any]) -> None:
    (name,) = given
    with pytest.raises(OptionError, match=rf"check: option '{name}' is .*expected .*UP-CHECK-03"):
        chosen("check", OPTIONS, given)


def test_an_unknown_option_is_refused_with_the_nearest_or_with_all() -> None:
    with pytest.raises(OptionError, match=r"no option 'colums'. Did you mean 'columns'.*UP-CHECK-02"):
        chosen("check", OPTIONS, {"colums": []})
    with pytest.raises(OptionError, match=r"It has: bins, columns, name, ranges, rows, share, strict"):
        chosen("check", OPTIONS, {"zzzz": 1})
    with pytest.raises(OptionError, match=r"It has: none"):
        chosen("check", {}, {"zzzz": 1})


def positional(rows: int = 3) -> None: ...


def without_default(*, rows: int) -> None: ...


def untyped(*, rows=3) -> None: ...  # type: ignore[no-untyped-def]


def odd_type(*, rows: bytes = b"") -> None: ...


def fixed_tuple(*, rows: tuple[int, int] = (1, 2)) -> None: ...


def reserved(*, reference: str = "") -> None: ...


@pytest.mark.parametrize("make", [reserved, positional, without_default, untyped, odd_type, fixed_tuple])
def test_a_function_whose_options_a_manifest_could_not_hold_is_no_check(make: Any) -> None:
    with pytest.raises(OptionError, match="UP-CHECK-01"):
        options_of(make)
