"""A difference names the field, and the log entry that it was made from."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.pack.differences import Difference, differences

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abid"), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_equal_values_have_no_difference_and_different_ones_have_one(left: Any, right: Any) -> None:
    assert not list(differences(left, left))
    same = repr(left) == repr(right)
    ordered = not list(differences(left, right)) and not same
    assert same or ordered or list(differences(left, right))
    if ordered:  # only lists of named members may stand in another order
        assert sorted(repr(left)) == sorted(repr(right))


def item(name: str, **changed: Any) -> dict[str, Any]:
    return {"id": name, "index": 7, "result": "failed", **changed}


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ([item("b")], Difference("items[a]", '{"id":"a","index":7,"result":"failed"}', "nothing", 7)),
        ([item("b"), item("a", result="passed")], Difference("items[a].result", '"failed"', '"passed"', 7)),
        (
            [item("a"), item("b"), item("c", index=9)],
            Difference("items[c]", "nothing", '{"id":"c","index":9,"result":"failed"}', 9),
        ),
    ],
)
def test_members_are_compared_by_name(got: list[Any], expected: Difference) -> None:
    assert list(differences({"items": [item("a"), item("b")]}, {"items": got})) == [expected]


def test_a_number_is_not_its_text_nor_a_truth_value() -> None:
    assert len(list(differences({"a": 1, "b": 1}, {"a": "1", "b": True}))) == 2


def test_lists_without_names_are_compared_by_place() -> None:
    assert [d.field for d in differences({"a": [1, 2]}, {"a": [1, 3, 4]})] == ["a[1]", "a[2]"]
