"""Random pickle streams from a seed: mostly well-formed, of listed names, with foreign ones and damage mixed in."""

import pickle
import random
import struct
import uuid
from collections import Counter, OrderedDict, defaultdict
from functools import cache

import numpy as np

from modelfiles.assembler import glob, proto, short_text, stack_glob, text
from modelfiles.hostile_archives import dtype, hostile_archives, joblib_array
from modelfiles.hostile_pickles import hostile_pickles

LISTED = (
    ("collections", "OrderedDict"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy", "float64"),
    ("builtins", "set"),
    ("builtins", "bytearray"),
    ("builtins", "complex"),
    ("copyreg", "_reconstructor"),
    ("_codecs", "encode"),
    ("sklearn.pipeline", "Pipeline"),
    ("sklearn.preprocessing._data", "StandardScaler"),
    ("numpy.random._pickle", "__randomstate_ctor"),
    ("datetime", "timedelta"),
    ("collections", "Counter"),
    ("uuid", "UUID"),
)
OLD = (("__builtin__", "set"), ("__builtin__", "object"), ("copy_reg", "_reconstructor"), ("UserDict", "UserDict"))
FOREIGN = (
    ("os", "system"),
    ("builtins", "eval"),
    ("__builtin__", "eval"),
    ("posix", "system"),
    ("nowhere", "Thing"),
    ("numpy", "load"),
    ("commands", "getoutput"),
    ("sklearn.pipeline", "os.system"),
    ("copy_reg", "add_extension"),
)
WORDS = tuple(sorted({word for pair in LISTED + FOREIGN + OLD for word in pair} | {"", "a", "latin1", "state"}))


@cache
def pieces() -> tuple[bytes, ...]:
    """Bodies of real pickles, without their protocol and STOP."""
    values = (
        np.arange(3.0),
        np.array([1, "a"], dtype=object),
        np.float32(1),
        OrderedDict(a=1),
        defaultdict(list, a=[1]),
        {1, 2},
        Counter(a=2),
        uuid.UUID(int=7),
        b"abc",
        np.dtype([("a", "f8")]),
        [1.5] * 40,
        {"a": (1, 2), "b": None},
        np.random.RandomState(0).get_state(),
    )
    found = []
    for version in range(6):
        for value in values:
            raw = pickle.dumps(value, version)
            found.append(raw[2 if version > 1 else 0 : -1])
    found.append(joblib_array((4,), dtype("u1"), b"\x02\xff\xff" + b"abcd"))
    found.append(joblib_array((2,), dtype("u1"), b"c\n", aligned=False))
    found.append(joblib_array((1,), dtype("f8"), b"\x00" + bytes(8)))
    found.append(joblib_array((1,), dtype("O"), pickle.dumps([None], 4)))
    return tuple(found)


@cache
def seeds() -> tuple[bytes, ...]:
    """Short files of the hostile corpora, to be damaged further."""
    corpus = (*hostile_pickles().values(), *hostile_archives().values())
    return tuple(each.data for each in corpus if len(each.data) < 2_000)


class Maker:
    """Writes one stream; knows roughly how many values lie above each mark."""

    def __init__(self, rng: random.Random, foreign: float) -> None:
        self.rng = rng
        self.foreign = foreign
        self.out = bytearray()
        self.depths = [0]
        self.memo = 0

    def push(self, raw: bytes, values: int = 1) -> None:
        self.out += raw
        self.depths[-1] += values

    def step(self) -> None:
        rng = self.rng
        depth = self.depths[-1]
        kind = rng.random()
        if kind < 0.22:
            self.push(self.constant())
        elif kind < 0.40:
            self.push(self.name())
        elif kind < 0.50:
            self.push(rng.choice((b"]", b"}", b"\x8f", b")")))
        elif kind < 0.56:
            self.out += b"("
            self.depths.append(0)
        elif kind < 0.64 and len(self.depths) > 1:
            self.depths.pop()
            self.push(rng.choice((b"t", b"t", b"l", b"d", b"\x91", b"o")))
        elif kind < 0.68 and len(self.depths) > 1 and self.depths[-2]:
            self.depths.pop()
            self.out += rng.choice((b"e", b"u", b"\x90"))
        elif kind < 0.76 and depth >= 2:
            self.push(rng.choice((b"\x86", b"R", b"\x81", b"\x93", b"a", b"b")), -1)
        elif kind < 0.80 and depth >= 3:
            self.push(rng.choice((b"\x87", b"s", b"\x92")), -2)
        elif kind < 0.86 and depth:
            self.store()
        elif kind < 0.90 and self.memo:
            self.push(self.fetch())
        elif kind < 0.97:
            self.push(rng.choice(pieces()))
        elif depth:
            self.out += rng.choice((b"0", b"2", b"\x85"))
        elif rng.random() < 0.1:
            self.out += bytes([rng.randrange(256)])

    def constant(self) -> bytes:
        rng = self.rng
        return rng.choice(
            (
                lambda: b"N",
                lambda: b"\x88",
                lambda: b"K" + bytes([rng.randrange(256)]),
                lambda: b"J" + struct.pack("<i", rng.randrange(-9, 9)),
                lambda: b"G" + struct.pack(">d", rng.random()),
                lambda: b"I%d\n" % rng.randrange(99),
                lambda: text(rng.choice(WORDS)),
                lambda: short_text(rng.choice(WORDS)),
                lambda: b"V" + rng.choice(WORDS).encode() + b"\n",
                lambda: b"S'" + rng.choice(WORDS).encode() + b"'\n",
                lambda: b"C\x03abc",
            )
        )()

    def name(self) -> bytes:
        rng = self.rng
        pool = FOREIGN if rng.random() < self.foreign else LISTED + OLD if rng.random() < 0.2 else LISTED
        module, name = rng.choice(pool)
        form = rng.random()
        if form < 0.4:
            return glob(module, name)
        if form < 0.8:
            return stack_glob(module, name)
        if form < 0.9:
            return glob(module, name) + rng.choice((b")R", b")\x81", b"K\x01\x85R", b"}b"))
        if form < 0.95:
            return b"(" + rng.choice((b"", b"K\x01")) + f"i{module}\n{name}\n".encode()
        return text(module) + b"2" + b"0" + text(name) + b"\x93"

    def store(self) -> None:
        rng = self.rng
        index = rng.randrange(6) if rng.random() < 0.5 else self.memo
        self.out += rng.choice(
            (b"\x94", b"q" + bytes([index % 256]), b"r" + struct.pack("<L", index), b"p%d\n" % index)
        )
        self.memo += 1

    def fetch(self) -> bytes:
        index = self.rng.randrange(self.memo + 1) % 256
        return self.rng.choice((b"h" + bytes([index]), b"j" + struct.pack("<L", index), b"g%d\n" % index))


def stream(rng: random.Random) -> bytes:
    """One pickle."""
    maker = Maker(rng, rng.choice((0.0, 0.0, 0.0, 0.03, 0.3)))
    version = rng.choice((None, 0, 1, 2, 2, 3, 4, 4, 5))
    for _ in range(rng.randrange(1, 14)):
        maker.step()
    while len(maker.depths) > 1:
        maker.depths.pop()
        maker.push(b"t")
    if not maker.depths[0]:
        maker.push(b"N")
    body = bytes(maker.out) + (b"." if rng.random() < 0.97 else b"")
    if version in {4, 5} and rng.random() < 0.3:
        body = b"\x95" + struct.pack("<Q", len(body)) + body
    return (proto(version) if version is not None else b"") + body


def file(rng: random.Random) -> bytes:
    """One file: a pickle, several, or a damaged one."""
    kind = rng.random()
    if kind < 0.70:
        return stream(rng)
    if kind < 0.82:
        return b"".join(stream(rng) for _ in range(rng.randrange(2, 4)))
    data = bytearray(rng.choice(seeds()) if kind < 0.90 else stream(rng))
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(data) + 1)
        change = rng.random()
        if change < 0.4 and at < len(data):
            data[at] = rng.randrange(256)
        elif change < 0.6:
            del data[at : at + rng.randrange(1, 9)]
        elif change < 0.8:
            data[at:at] = rng.choice(pieces())
        else:
            data[at:at] = bytes([rng.choice(b"(])}NRb0.2\x85\x86\x93\x94t")])
    return bytes(data)


def corpus(seed: int, count: int) -> list[bytes]:
    """``count`` files; the same for the same seed."""
    rng = random.Random(seed)
    return [file(rng) for _ in range(count)]
