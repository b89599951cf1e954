"""What crosses the pipe between a check and its confined child: whole, or refused; never guessed at."""

import os
import struct
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.checks.confined import frames
from upright.checks.confined.columns import ColumnError, as_column, pack, pick, rows_of, unpack

plain = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=20)


@settings(max_examples=40)
@given(st.dictionaries(st.text(max_size=9), st.lists(plain, min_size=3, max_size=3), min_size=1, max_size=5))
def test_columns_cross_unchanged_but_that_missing_numbers_are_nan(columns: dict[str, list[Any]]) -> None:
    layout, buffers = pack(columns)
    found = unpack(layout, memoryview(b"".join(bytes(memoryview(one).cast("B")) for one in buffers)))
    assert list(found) == list(columns)
    for name, values in columns.items():
        for sent, got in zip(values, found[name], strict=True):
            is_missing = sent is None and isinstance(got, float)
            assert np.isnan(got) if is_missing else got == sent


def test_a_column_takes_the_smallest_form_that_means_the_same() -> None:
    assert as_column([1, 2]).dtype == np.int64
    assert as_column([1, None]).dtype == np.float64
    assert as_column([True, False]).dtype == np.bool_
    assert as_column([True, 1]) == [True, 1]
    assert as_column([None, None]) == [None, None]
    assert as_column([2**64]) == [2**64]
    assert as_column(np.array([1, 2], dtype="uint8")).dtype == np.int64
    assert as_column([[1, 2], [3, None]]).shape == (2, 2)
    assert as_column([[1, 2], [3]]) == [[1, 2], [3]]
    assert as_column(np.array(["a", None], dtype=object)) == ["a", None]


def test_rows_are_picked_from_arrays_and_lists_alike() -> None:
    columns = {"n": np.arange(4.0), "t": ["a", "b", "c", "d"]}
    for rows in (slice(1, 3), np.array([False, True, True, False]), np.array([1, 2])):
        found = pick(columns, rows)
        assert (found["n"].tolist(), found["t"]) == ([1.0, 2.0], ["b", "c"])
    with pytest.raises(ColumnError, match="same number of rows"):
        rows_of({"a": [1], "b": [1, 2]})


@pytest.mark.parametrize(
    ("layout", "body"),
    [
        ([{"name": "a", "kind": "float", "shape": [2], "size": 16}], b"x" * 15),
        ([{"name": "a", "kind": "float", "shape": [2], "size": 16}], b"x" * 17),
        ([{"name": "a", "kind": "float", "shape": [3], "size": 16}], b"x" * 16),
        ([{"name": "a", "kind": "float", "shape": [-2, -1], "size": 16}], b"x" * 16),
        ([{"name": "a", "kind": "float", "shape": [1, 1, 2], "size": 16}], b"x" * 16),
        ([{"name": "a", "kind": "object", "shape": [2], "size": 16}], b"x" * 16),
        ([{"name": "a", "kind": "json", "shape": [2], "size": 3}], b"[1]"),
        ([{"name": "a", "kind": "json", "shape": [1], "size": 3}], b"{1]"),
        ([{"name": "a", "kind": "json", "shape": [1], "size": 60_000}], b"[" * 60_000),
        ([{"name": "a", "kind": "float", "shape": [2], "size": -1}], b""),
        ([{"kind": "float"}], b""),
        ("no layout", b""),
    ],
)
def test_bytes_that_are_not_what_the_head_says_are_refused(layout: Any, body: bytes) -> None:
    with pytest.raises(ColumnError):
        unpack(layout, memoryview(body))


@pytest.mark.parametrize(
    "data",
    [
        b"XXXX" + struct.pack("<II", 2, 0),
        b"UPR1" + struct.pack("<II", frames.MOST_HEAD + 1, 0),
        b"UPR1" + struct.pack("<II", 2, frames.MOST_BODY + 1),
    ],
)
def test_a_frame_beyond_its_bounds_is_refused_before_it_is_read(data: bytes) -> None:
    with pytest.raises(frames.FrameError):
        frames.lengths(data)
    for head in (b"[]", b"{", b"[" * 100_000):
        with pytest.raises(frames.FrameError):
            frames.decode_head(head)


def test_a_frame_too_long_to_be_taken_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MOST_BODY", 100)
    with pytest.raises(frames.FrameError, match="fewer rows"):
        frames.encode({}, [bytes(50), bytes(51)])
    with pytest.raises(frames.FrameError, match="fewer rows"):
        frames.encode({"a": "x" * frames.MOST_HEAD})


def test_a_large_frame_goes_through_a_pipe_in_pieces_and_a_closed_pipe_is_the_end() -> None:
    reader, writer = os.pipe()
    sent = np.arange(300_000.0)
    thread = threading.Thread(target=frames.write, args=(writer, {"a": 1}, [sent]))
    thread.start()
    got = frames.read(reader)
    thread.join()
    assert got is not None
    assert got[0] == {"a": 1}
    np.testing.assert_array_equal(np.frombuffer(got[1]), sent)
    os.write(writer, frames.MARK)
    os.close(writer)
    assert frames.read(reader) is None
    os.close(reader)
