"""Pickle streams: each trick is found, what the libraries write is clean."""

import pickle
from collections import OrderedDict, defaultdict, deque
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from modelfiles.assembler import read
from modelfiles.hostile_pickles import Hostile, hostile_pickles
from upright.modelfiles import Verdict

HOSTILE = hostile_pickles()
PLAIN: dict[str, Any] = {
    "none": None,
    "numbers": [0, 1, -1, 255, 256, 65_535, 2**31, -(2**31), 2**63, 2**200, 1.5, float("nan"), True, False, 1j],
    "texts": ["", "a", "ä\ud83d"[:1], "x" * 300, "line\nbreak", "'", '"', "\\u0041", "os.system"],
    "bytes": [b"", b"a", b"\xff" * 300, bytearray(b"abc")],
    "containers": [(), (1,), (1, 2, 3, 4), [[]], {}, {"a": 1}, {1: 2}, set(), {1, 2}, frozenset({3})],
    "collections": [OrderedDict(a=1), defaultdict(list, a=[1]), deque([1, 2]), deque([1], maxlen=3)],
    "time": [datetime(2026, 1, 2, 3, 4, tzinfo=UTC), date(2026, 1, 2), Decimal("1.50"), range(3), slice(1, 2)],
    "long-list": list(range(5_000)) + [0.5] * 5_000 + [None] * 5_000,
    "long-dict": {f"k{i}": i for i in range(5_000)},
    "shared": [["again"]] * 3,
    "array": np.arange(12.0).reshape(3, 4),
    "arrays": {k: np.zeros(5, k) for k in ("f4", "f8", "i8", "u1", "?", "c16", "U5", "S3", "M8[ns]", "m8[s]", ">f8")},
    "array-of-objects": np.array([1, "a", None], dtype=object),
    "structured": np.zeros(3, [("a", "f8"), ("b", "i4")]),
    "scalars": [np.float64(1.5), np.int32(3), np.bool_(True), np.str_("a")],
    "fortran": np.asfortranarray(np.ones((3, 2))),
    "masked": np.ma.array([1.0, 2.0], mask=[True, False]),
    "random": [np.random.RandomState(1), np.random.default_rng(1)],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_stream_is_found(name: str) -> None:
    each: Hostile = HOSTILE[name]
    found = read(each.data)
    assert found.verdict.value in each.verdicts, found
    assert set(each.names) <= found.globals, found
    assert found.detections


def test_the_streams_are_many_and_all_different() -> None:
    assert len({each.data for each in HOSTILE.values()}) == len(HOSTILE)
    assert len(HOSTILE) >= 170


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", PLAIN)
def test_plain_values_are_clean(name: str, protocol: int) -> None:
    found = read(pickle.dumps(PLAIN[name], protocol))
    assert found.verdict is Verdict.CLEAN, found
    assert found.format == "pickle"


def test_a_detection_says_what_where_and_which_global() -> None:
    found = read(b"\x80\x02cos\nsystem\nX\x04\0\0\0true\x85R.")
    first = found.detections[0]
    assert (first.name, first.offset) == ("os.system", 2)
    assert "run code" in first.what
