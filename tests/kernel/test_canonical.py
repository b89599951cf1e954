"""Canonical bytes are those of RFC 8785, and the fast way gives the same."""

import datetime as dt
import enum
import json
import struct
from decimal import Decimal

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from upright.kernel import CanonicalError, canonical_bytes, plain_bytes

# RFC 8785, section 3.2.2: the input and its canonical form, section 3.2.4 gives its bytes.
RFC_INPUT = r"""{
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}"""
RFC_BYTES = bytes.fromhex(
    "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e333333"
    "333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c"
    "225c5c5c5c5c222f227d"
)


def test_the_example_of_rfc_8785_gives_its_bytes() -> None:
    assert canonical_bytes(json.loads(RFC_INPUT)) == RFC_BYTES


def test_properties_sort_by_utf16_code_units_as_in_rfc_8785_section_3_2_3() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    expected = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical_bytes(dict.fromkeys(keys, 0)))) == expected


# RFC 8785, appendix B: IEEE 754 bit patterns and their text.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "text"), NUMBERS)
def test_numbers_are_written_as_in_rfc_8785_appendix_b(bits: str, text: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_bytes(number) == text.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53 + 1, "\ud800", {"a": object()}])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(CanonicalError, match="UP-JCS-01"):
        canonical_bytes(value)


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner, max_size=4)
    ),
)


@given(PLAIN)
def test_the_fast_way_gives_the_same_bytes(value: object) -> None:
    assert plain_bytes(value) == canonical_bytes(value)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(exclude_categories=["Cs"]))
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
)  # fmt: skip


@given(ANY)
def test_any_json_value_has_the_bytes_of_an_independent_implementation(value: object) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


class _Word(enum.Enum):
    A = "a"


@pytest.mark.parametrize(
    "value",
    [
        [float("nan")],
        {"a": [float("-inf")]},
        {1: "a"},
        {"1": 1, 1: 1},
        b"bytes",
        {"a": {1, 2}},
        Decimal("1.5"),
        dt.date(2026, 1, 1),
        _Word.A,
        {_Word.A: 1},
        [2**53 + 1],
        {"a": "\ud800"},
        {"\udfff": 1},
    ],
)
def test_what_is_no_json_value_is_refused_however_deep_it_lies(value: object) -> None:
    with pytest.raises(CanonicalError, match="UP-JCS-01"):
        canonical_bytes({"deep": [value]})


def test_a_value_that_holds_itself_or_is_too_deep_is_refused() -> None:
    ring: list[object] = []
    ring.append(ring)
    with pytest.raises(CanonicalError, match="UP-JCS-01"):
        canonical_bytes(ring)


def test_the_fast_way_sorts_the_fields_of_structs() -> None:
    class Sample(msgspec.Struct):
        zeta: int
        alpha: str

    assert plain_bytes(Sample(zeta=1, alpha="a")) == b'{"alpha":"a","zeta":1}'
