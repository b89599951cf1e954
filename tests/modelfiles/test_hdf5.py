"""HDF5 damaged by structure: a verdict within bounds, and nothing hidden that HDF5's own library would read.

That the library reads what is planted here was seen with h5py 3.16 (HDF5 1.14), beside 35,000 mutations of this kind.
"""

import random
import re
import struct
import time

import pytest

from modelfiles.assembler import read
from modelfiles.hostile_formats import vector
from upright.modelfiles import Verdict
from upright.modelfiles.limits import Limits

SMALL = Limits(opcodes=20_000, members=50, expanded_bytes=2**20, free_bytes=2**18, probes=20)
HOSTILE = ("keras_lambda.h5", "keras_lambda_nested.h5")
PLAIN = ("keras_plain.h5", "keras_image.h5", "keras_nested.h5", "keras_plain.weights.h5")
SIZES = (0, 1, 2, 7, 8, 16, 24, 32, 64, 255, 256, 4_096, 65_535, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1)
CONFIGURED = re.compile(rb"\x0c\x00..[\x00\x01]...\x01.{7}model_config\x00", re.DOTALL)
"""The message that holds the attribute which Keras reads."""


def places(data: bytes, *marks: bytes) -> list[int]:
    return [found.start() for mark in marks for found in re.finditer(re.escape(mark), data)]


def mutated(seed: str, data: bytes) -> bytes:
    """One to five changes to bytes, sizes, counts and addresses, most of them where the structures are."""
    rng, changed = random.Random(seed), bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
        at = rng.randrange(len(changed) if rng.random() < 0.3 else 3_000)
        word, kind, size = at // 8 * 8, rng.randrange(7), rng.choice((1, 2, 4, 8))
        if kind == 0:
            changed[at] = rng.randrange(256)
        elif kind == 1:
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            changed[at : at + size] = (rng.choice(SIZES) % (1 << 8 * size)).to_bytes(size, "little")
        elif kind == 3:
            near = int.from_bytes(changed[at : at + size], "little") + rng.choice((-8, -2, -1, 1, 2, 8))
            changed[at : at + size] = (near % (1 << 8 * size)).to_bytes(size, "little")
        elif kind == 4:
            changed[word : word + 8] = struct.pack("<Q", rng.choice(places(data, b"TREE", b"HEAP", b"SNOD", b"GCOL")))
        elif kind == 5:
            start = rng.randrange(len(data) - 40)
            changed[at : at + 24] = data[start : start + 24]
        elif rng.random() < 0.2:
            return bytes(changed[: rng.randrange(3_000, len(changed))])
    return bytes(changed)


@pytest.mark.parametrize("name", [*HOSTILE, *PLAIN])
def test_mutations_get_a_verdict_and_no_code_is_overlooked(name: str) -> None:
    data = vector(name)
    seen = set()
    for seed in range(250):
        damaged = mutated(f"{name}{seed}", data)
        found = read(damaged, SMALL)
        seen.add(found.verdict)
        if name in HOSTILE and CONFIGURED.search(damaged) and b'"class_name": "Lambda"' in damaged:
            assert found.verdict is not Verdict.CLEAN, seed
    assert len(seen) > 1
    assert read(data).verdict is (Verdict.DANGEROUS if name in HOSTILE else Verdict.CLEAN)


@pytest.mark.parametrize("name", HOSTILE)
def test_messages_beyond_the_count_are_read_as_hdf5_reads_them(name: str) -> None:
    data = bytearray(vector(name))
    (root,) = struct.unpack_from("<Q", data, 64)
    (count,) = struct.unpack_from("<H", data, root + 2)
    for fewer in range(count):
        struct.pack_into("<H", data, root + 2, fewer)
        assert read(bytes(data)).verdict is not Verdict.CLEAN, fewer


def heap(*objects: tuple[int, bytes], size: int) -> bytes:
    """A global heap; index 0 is free room of so many bytes."""
    packed = b"".join(
        struct.pack("<HHIQ", index, 1, 0, len(raw) + 16 * (index == 0)) + raw + bytes(-len(raw) % 8)
        for index, raw in objects
    )
    rest = size - 16 - len(packed)
    return b"GCOL\x01\0\0\0" + struct.pack("<Q", size) + packed + struct.pack("<HHIQ", 0, 0, 0, rest) + bytes(rest - 16)


@pytest.mark.parametrize("between", [(), ((0, b""),), ((0, bytes(16)),)])
@pytest.mark.parametrize("last", [True, False])
def test_a_text_that_stands_twice_in_a_heap_is_not_clean(between: tuple[tuple[int, bytes], ...], *, last: bool) -> None:
    """HDF5 goes on behind free room, and takes the last of two texts with one number."""
    data = bytearray(vector("keras_lambda.h5"))
    (at,) = places(bytes(data), b"GCOL")
    (size,) = struct.unpack_from("<Q", data, at + 8)
    texts, pos = {}, at + 16
    while index := struct.unpack_from("<H", data, pos)[0]:
        (length,) = struct.unpack_from("<Q", data, pos + 8)
        texts[index] = bytes(data[pos + 16 : pos + 16 + length])
        pos += 16 + (length + 7) // 8 * 8
    (hostile,) = (index for index, raw in texts.items() if b"Lambda" in raw)
    code = texts.pop(hostile)
    harmless = b'{"class_name": "Sequential", "config": {"name": "x", "layers": []}}'.ljust(len(code))
    first, second = (harmless, code) if last else (code, harmless)
    data[at : at + size] = heap(*texts.items(), (hostile, first), *between, (hostile, second), size=size)
    assert read(bytes(data)).verdict is not Verdict.CLEAN
    data[at : at + size] = heap(*texts.items(), (hostile, harmless), size=size)
    assert read(bytes(data)).verdict is Verdict.CLEAN


def test_trees_and_lists_that_lead_to_themselves_end_soon() -> None:
    data = vector("keras_plain.h5")
    trees, started = places(data, b"TREE"), time.process_time()
    for tree in trees:
        around = bytearray(data)
        around[tree + 5], around[tree + 6 : tree + 8] = 1, (32).to_bytes(2, "little")
        for branch in range(32):
            struct.pack_into("<Q", around, tree + 32 + 16 * branch, trees[(branch + 1) % len(trees)])
        assert read(bytes(around)).verdict is Verdict.NOT_EXAMINED
    fan = bytearray(data + bytes(9 * 800 + 400))
    struct.pack_into("<Q", fan, 40, len(fan))
    nodes = [len(data) + 800 * depth for depth in range(9)]
    empty = len(data) + 9 * 800
    fan[empty : empty + 8] = b"SNOD\x01\0\0\0"
    for depth, node in enumerate(nodes):
        fan[node : node + 8] = b"TREE\0" + bytes([max(0, 7 - depth)]) + (32).to_bytes(2, "little")
        for branch in range(32):
            child = nodes[depth + 1] if depth < 7 else empty
            struct.pack_into("<Q", fan, node + 32 + 16 * branch, child)
    (root,) = struct.unpack_from("<Q", data, 64)
    stab = data.index(struct.pack("<HH", 0x11, 16), root)
    struct.pack_into("<Q", fan, stab + 8, nodes[0])
    assert "over each other" in read(bytes(fan)).words
    assert time.process_time() - started < 5


def test_an_attribute_of_countless_empty_texts_is_refused() -> None:
    data = bytearray(vector("keras_lambda.h5"))
    named = CONFIGURED.search(data)
    assert named is not None
    kind = named.start() + 16 + 16
    space = kind + struct.unpack_from("<H", data, named.start() + 12)[0]
    data[kind : kind + 8] = bytes([0x13, 0, 0, 0]) + bytes(4)
    data[space : space + 16] = bytes([1, 1, 0, 0]) + bytes(4) + struct.pack("<Q", 2**40)
    started = time.process_time()
    assert read(bytes(data)).verdict is Verdict.NOT_EXAMINED
    assert time.process_time() - started < 2
