"""Leaves and openings: canonical bytes, known answers, and that nothing else is taken for one."""

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.kernel import canonical_bytes
from upright.kernel.schemas import load
from upright.ledger import DamageError, leaf_hash
from upright.ledger.leaves import (
    body_digest,
    columns,
    entry_tile,
    leaf_bytes,
    parse_leaf,
    place,
    split_entry_tile,
    stream_id,
)
from upright.ledger.openings import opening_bytes, opening_ends, opening_label, read_openings, wiping
from upright.ledger.values import ENTRY_TYPES

KNOWN = json.loads((Path(__file__).parents[1] / "vectors/ledger/leaf.json").read_text(encoding="utf-8"))
HEX = st.binary(min_size=32, max_size=32).map(bytes.hex)
LEAF = st.fixed_dictionaries(
    {
        "body": HEX,
        "n": st.integers(0, 10**9),
        "prev": st.none() | st.integers(0, 10**9),
        "stream": HEX,
        "time": st.just("2026-03-12T09:30:00.000Z") | st.just("2028-02-29T23:59:59.999Z"),
        "type_": st.sampled_from(ENTRY_TYPES),
        "late": st.booleans(),
    }
)


def test_stream_ids_body_digests_leaves_and_their_hashes_have_known_answers() -> None:
    stream, body = KNOWN["stream"], KNOWN["body"]
    assert stream_id(bytes.fromhex(stream["salt"]), stream["ref"]) == stream["id"]
    assert body_digest(body["media_type"], bytes.fromhex(body["salt"]), body["body"].encode()) == body["digest"]
    for known in KNOWN["leaves"]:
        made = leaf_bytes(
            body=body["digest"],
            n=known["n"],
            prev=known["prev"],
            stream=stream["id"],
            time=known["time"],
            type_=known["type"],
            late=known["late"],
        )
        assert made == known["bytes"].encode()
        assert leaf_hash(made).hex() == known["hash"]


def test_canonical_bytes_are_those_of_the_examples_in_rfc_8785() -> None:
    """RFC 8785, sections 3.2.2 (sample and its bytes) and 3.2.3 (order of names by UTF-16 code units)."""
    sample = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert canonical_bytes(sample).hex() == (
        "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e33"
        "3333333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e"
        "4127425c225c5c5c5c5c222f227d"
    )
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = list(json.loads(canonical_bytes(dict.fromkeys(names, 0))))
    assert ordered == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@given(LEAF)
def test_a_leaf_is_the_canonical_form_of_its_object_and_fits_the_schema(leaf: dict) -> None:
    value = {name: leaf[name] for name in ("body", "n", "prev", "stream", "time")} | {"type": leaf["type_"], "v": 1}
    if leaf["late"]:
        value["late"] = True
    assert leaf_bytes(**leaf) == canonical_bytes(value)
    jsonschema.validate(value, load("leaf"))
    read = parse_leaf(leaf_bytes(**leaf))
    assert (read.n, read.prev, read.late, read.type) == (leaf["n"], leaf["prev"], leaf["late"], leaf["type_"])


@given(st.lists(LEAF, min_size=1, max_size=20))
def test_reading_a_tile_at_once_gives_what_reading_leaf_by_leaf_gives(leaves: list[dict]) -> None:
    tile = entry_tile([leaf_bytes(**leaf) for leaf in leaves])
    found = columns(tile, len(leaves))
    assert found is not None
    apart = [parse_leaf(data) for data in split_entry_tile(tile, len(leaves))[0]]
    assert list(found.body) == [leaf.body.encode() for leaf in apart]
    assert list(found.place) == [place(leaf.n, leaf.prev) for leaf in apart]
    assert [bool(late) for late in found.late] == [leaf.late for leaf in apart]
    assert list(found.type) == [leaf.type.encode() for leaf in apart]


GOOD = KNOWN["leaves"][0]["bytes"].encode()


@pytest.mark.parametrize(
    "bad",
    [
        GOOD.replace(b'"v":1', b'"v":2'),
        GOOD.replace(b'"v":1', b'"v":1.0'),
        GOOD.replace(b'"n":7', b'"n": 7'),
        GOOD.replace(b'"n":7', b'"n":07'),
        GOOD.replace(b'"n":7,', b'"late":false,"n":7,'),
        GOOD.replace(b'"n":7,"prev":123', b'"prev":123,"n":7'),
        GOOD.replace(b"evidence", b"evidences"),
        GOOD.replace(b"evidence", b"\\u0065vidence"),
        GOOD.replace(b"09:30", b"25:30"),
        GOOD.replace(b"2026-03-12", b"2026-02-30"),
        GOOD.replace(b"74e8", b"74E8"),
        GOOD.replace(b'"v":1', b'"v":1,"w":1'),
        GOOD + b" ",
        b" " + GOOD,
    ],
)
def test_another_spelling_of_a_leaf_is_noticed(bad: bytes) -> None:
    assert columns(entry_tile([GOOD]), 1) is not None
    assert columns(entry_tile([bad]), 1) is None or b'"n":07' in bad


def test_a_leading_zero_is_left_to_the_comparison_of_places() -> None:
    found = columns(entry_tile([GOOD.replace(b'"n":7', b'"n":07')]), 1)
    assert found is not None
    assert found.place[0] != place(7, 123)


def test_bytes_between_leaves_of_a_tile_are_noticed() -> None:
    tile = entry_tile([GOOD, b"x" + GOOD])
    assert columns(tile, 2) is None


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_salt_of_another_length_is_an_error(length: int) -> None:
    with pytest.raises(DamageError, match="exactly 32"):
        stream_id(bytes(length), "system:mortgage")
    with pytest.raises(DamageError, match="exactly 32"):
        body_digest("application/json", bytes(length), b"{}")


@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=30), st.none() | st.just(b"s" * 32), st.binary(min_size=1, max_size=99)),
        min_size=1,
        max_size=12,
    ),
    st.integers(0, 10**12),
)
def test_openings_are_read_back_as_they_were_written(rows: list[tuple], first: int) -> None:
    data = b"".join(
        opening_bytes(index, opening_label(ref, "application/json")[0], salt, b"t" * 32, body)
        for index, (ref, salt, body) in enumerate(rows, first)
    )
    found = [opening for opening, _at in read_openings(data, first, len(rows))]
    assert [(o.ref, o.stream_salt, o.body) for o in found] == rows
    assert [o.index for o in found] == list(range(first, first + len(rows)))
    assert opening_ends(data, first, len(rows))[-1] == len(data)


def test_reading_openings_stops_unless_the_index_is_the_expected_next_one() -> None:
    data = b"".join(opening_bytes(i, opening_label("a:b", "m/t")[0], None, b"t" * 32, b"{}") for i in (4, 5, 7))
    assert len(opening_ends(data, 4, 3)) == 2
    with pytest.raises(DamageError, match="expected index 6"):
        list(read_openings(data, 4, 3))


def test_wiping_leaves_index_ref_and_media_type_readable() -> None:
    data = bytearray(opening_bytes(4, opening_label("a:b", "m/t")[0], b"s" * 32, b"t" * 32, b'{"secret":1}'))
    for offset, zeros in wiping(bytes(data), 0, 4):
        data[offset : offset + len(zeros)] = zeros
    opening = next(read_openings(bytes(data), 4, 1))[0]
    assert opening.is_wiped
    assert (opening.ref, opening.media_type, opening.stream_salt) == ("a:b", "m/t", b"s" * 32)
    assert b"secret" not in data
