"""Whatever the bytes: a verdict, never an exception, never a hang."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from modelfiles.assembler import read
from modelfiles.hostile_archives import hostile_archives
from modelfiles.hostile_formats import hostile_formats, keras_zip, safetensors, vector
from upright.modelfiles import Verdict
from upright.modelfiles.dtypes import DtypeError, described_dtype, read_npy_header
from upright.modelfiles.limits import Limits

SMALL = Limits(opcodes=20_000, members=50, expanded_bytes=2**20, free_bytes=2**18, probes=20)
STARTS = (
    *(b"", b"\x80\x04", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"\x1f\x8b\x08\x00", b"BZh9", b"\xfd7zXZ\x00", b"]\0\0"),
    *(b"GGUF\x03\0\0\0", b"{L", b"\x89HDF\r\n\x1a\n", b"\x08\x0a\x3a", b"\x08\x01\x12", b"tree\n", b'{"'),
    *(b"\x04\x22\x4d\x18", b"\x28\xb5\x2f\xfd"),
)
VECTORS = Path(__file__).parents[1] / "vectors" / "modelfiles"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300)
@given(st.sampled_from(STARTS), st.binary(max_size=300))
def test_any_bytes_get_a_verdict(start: bytes, rest: bytes) -> None:
    assert read(start + rest, SMALL).verdict in set(Verdict)


@pytest.mark.parametrize(
    "name", sorted(p.name for p in VECTORS.iterdir() if p.suffix in {".pt", ".onnx", ".gguf", ".h5"})
)
def test_damaged_files_of_real_libraries_get_a_verdict(name: str) -> None:
    rng = random.Random(name)
    data = vector(name)
    for _ in range(25):
        damaged = bytearray(data)
        for _ in range(rng.randrange(1, 6)):
            damaged[rng.randrange(min(len(damaged), 4_096))] = rng.randrange(256)
        assert read(bytes(damaged), SMALL).verdict in set(Verdict)


def test_damaged_hostile_files_get_a_verdict() -> None:
    rng = random.Random(5)
    corpus = [e.data for e in (*hostile_archives().values(), *hostile_formats().values()) if 0 < len(e.data) < 30_000]
    counted = 0
    for data in corpus:
        for _ in range(3):
            damaged = bytearray(data)
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            counted += read(bytes(damaged[: rng.randrange(1, len(damaged) + 1)]), SMALL).verdict in set(Verdict)
    assert counted == 3 * len(corpus)


@settings(max_examples=150)
@given(JSON)
@example({"a": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}})
def test_any_json_gets_a_verdict(document: Any) -> None:
    assert read(json.dumps(document).encode(), SMALL).verdict in set(Verdict)
    assert read(safetensors(document), SMALL).verdict in set(Verdict)


@settings(max_examples=30)
@given(JSON)
def test_any_keras_configuration_gets_a_verdict(document: Any) -> None:
    assert read(keras_zip({"class_name": "Sequential", "config": document})).verdict in set(Verdict)


@settings(max_examples=200)
@given(st.binary(max_size=80))
def test_an_npy_header_is_read_or_refused(raw: bytes) -> None:
    head = b"\x93NUMPY\x01\x00" + bytes([len(raw), 0]) + raw
    try:
        found = read_npy_header(head)
    except DtypeError:
        return
    assert found.data_offset == 10 + len(raw)


@given(st.sampled_from(["f8", "i4", "O", "U3", "S5", "M8[ns]"]), st.integers(0, 9))
def test_a_dtype_has_the_size_that_numpy_gives_it(code: str, count: int) -> None:
    import numpy as np

    described = [("a", code, (count,)), ("b", "<i2")]
    ours, theirs = described_dtype(described), np.dtype(described)
    assert (ours.size, ours.objects) == (theirs.itemsize, theirs.hasobject)
