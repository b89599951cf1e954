"""Objects that are built over and over are stepped over, and judged as if each instruction had been followed."""

import collections
import datetime as dt
import decimal
import pickle
import random
import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelfiles.assembler import STACK_GLOBAL, proto, short_text, text
from modelfiles.oracle import consult
from modelfiles.test_oracle import foreign
from modelfiles.test_stretches import Followed, slowly, told
from upright.modelfiles import extents, machine, stretches
from upright.modelfiles.report import Verdict


@pytest.fixture(autouse=True)
def from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects are learnt at once and all the time, not only in large files."""
    monkeypatch.setattr(stretches, "ATOMS_AFTER", 0)
    monkeypatch.setattr(stretches, "_CHECKED", 0)  # what small runs cost says nothing of what was followed
    monkeypatch.setattr(stretches, "SHAPES_AFTER", 0)
    monkeypatch.setattr(extents, "_DEEPER_AFTER", (0, 0))
    monkeypatch.setattr(machine, "_COUNT_EVERY", 256)


def day(n: int) -> dt.datetime:
    return dt.datetime(2020, 1, 1) + dt.timedelta(hours=n)  # noqa: DTZ001 - as data hold them


OBJECTS: dict[str, Any] = {
    "numpy numbers": [np.float64(n / 3) for n in range(1_500)],
    "numpy numbers by text": {f"k{n}": np.int64(n) for n in range(1_500)},
    "numpy numbers as keys": {np.int64(n): n for n in range(1_500)},
    "dates": [day(n).date() for n in range(1_500)],
    "times": [day(n) for n in range(1_500)],
    "spans": [dt.timedelta(seconds=n) for n in range(1_500)],
    "decimals": [decimal.Decimal(n) / 7 for n in range(1_500)],
    "complex numbers": [complex(n, 1) for n in range(1_500)],
    "ordered dicts": [collections.OrderedDict(a=n, b="x") for n in range(1_500)],
    "arrays": [np.arange(3) + n for n in range(1_200)],
    "time stamps": [pd.Timestamp(n * 10**9) for n in range(1_200)],
}


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_objects_by_the_thousand_are_clean_and_mostly_stepped_over(name: str, protocol: int) -> None:
    data = pickle.dumps(OBJECTS[name], protocol)
    fast, every = Followed(data), slowly(data)
    assert told(fast) == told(every)
    assert fast.verdict is Verdict.CLEAN
    assert fast.budget.opcodes < every.budget.opcodes / 4
    assert len(fast.machine.memo) < len(every.machine.memo) / 3


def test_records_of_objects_and_sets_are_stepped_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "NESTED_AFTER", 0)
    rows = [{"id": n, "at": day(n), "cost": decimal.Decimal(n), "in": {n, n + 1}} for n in range(1_000)]
    data = pickle.dumps(rows, 4)
    fast, every = Followed(data), slowly(data)
    assert (fast.verdict, every.verdict) == (Verdict.CLEAN, Verdict.CLEAN)
    assert fast.budget.opcodes < every.budget.opcodes / 4


def test_one_number_among_thousands_that_lies_about_its_size_is_found() -> None:
    data = pickle.dumps(OBJECTS["numpy numbers"], 3)  # no frames: lengths may change
    number = b"C\x08" + struct.pack("<d", 1_000 / 3)
    assert data.count(number) == 1
    changed = data.replace(number, b"C\x07" + number[2:-1])
    assert Followed(changed).verdict is Verdict.SUSPICIOUS
    assert told(Followed(changed)) == told(slowly(changed))


def by_protocol_2(kind: str, count: int) -> tuple[bytes, bytes]:
    """Numbers of numpy as protocol 2 writes them, and the text of one in the middle, with its instruction."""
    made = [np.dtype(kind).type(n * 77) for n in range(count)]
    raw = made[count // 2].tobytes().decode("latin-1").encode()
    return pickle.dumps(made, 2), b"X" + len(raw).to_bytes(4, "little") + raw


@pytest.mark.parametrize("kind", ["i8", "f8", "f4", "c16"])
def test_a_number_by_protocol_2_of_another_number_of_characters_is_found(kind: str) -> None:
    """Its text is as long as others of the same number; what differs is how many characters these bytes are."""
    data, text = by_protocol_2(kind, 1_500)
    assert Followed(data).verdict is Verdict.CLEAN
    assert Followed(data).budget.opcodes < slowly(data).budget.opcodes / 4
    assert data.count(text) == 1
    size = np.dtype(kind).itemsize
    others = [b"\xc3\xbf" * (size // 2), b"\x00" * (size + 1), b"\x00" * (size - 1), b"\xc3\xbf" * size + b"\x00"]
    others += [b"\xe2\x82\xac" * (size // 3) + b"\xff", b"\xed\xa0\x80" + b"\x00" * (size - 1)]
    for raw in others:
        changed = data.replace(text, b"X" + len(raw).to_bytes(4, "little") + raw)
        fast, every = Followed(changed), slowly(changed)
        assert told(fast) == told(every), raw
        assert fast.verdict is not Verdict.CLEAN or raw.startswith(b"\xed"), raw


def test_a_call_cannot_hide_in_the_text_of_a_number() -> None:
    """Instructions in the bytes of a number are run only if its length lies, which each reading must see alike."""
    data, text = by_protocol_2("f8", 1_500)
    call = b"cos\nsystem\n)R"
    for size in range(1, 20):
        hidden = b"X" + size.to_bytes(4, "little") + b"abcdefgh"[:size] + call
        for changed in (data.replace(text, hidden), data.replace(text, hidden + text)):
            fast, every = Followed(changed), slowly(changed)
            assert told(fast) == told(every), size
            assert fast.verdict is not Verdict.CLEAN


@pytest.mark.parametrize("version", [2, 3, 4, 5])
@pytest.mark.parametrize("sized", [text, short_text])
def test_texts_and_places_as_another_protocol_writes_them_are_counted_as_python_counts_them(
    version: int, sized: Callable[[str], bytes]
) -> None:
    """Such bytes hold what looks like keeping, so whoever reads them otherwise than Python is off by some places."""
    kept = 0

    def keep(raw: bytes) -> bytes:
        nonlocal kept
        kept += 1
        return raw + (b"\x94" if version >= 4 else b"r" + (kept - 1).to_bytes(4, "little"))

    made = b"cnumpy\ndtype\n" + text("f8") + b"\x89\x88\x87R"
    state = b"(K\x03" + text("<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    parts = [proto(version), keep(b"cnumpy._core.multiarray\nscalar\n") + b"0", keep(made + state) + b"0"]
    parts += [keep(b"c_codecs\nencode\n") + b"0", keep(text("latin1")) + b"0](", b""]
    for n in range(900):
        word = "".join("\x94" if n % 3 else chr((7 * n + at) % 256) for at in range(8))
        called = keep(keep(b"h\x02" + keep(sized(word)) + b"h\x03\x86") + b"R")
        parts.append(keep(keep(b"h\x00h\x01" + called + b"\x86") + b"R"))
    names = keep(text("os")) + keep(text("system")) + b"00"
    reads = b"".join(b"j" + (kept - back).to_bytes(4, "little") for back in (2, 1))
    stream = b"".join([*parts, names, reads, STACK_GLOBAL, short_text("true"), b"\x85R", b"e."])
    fast, every = Followed(stream), slowly(stream)
    assert told(fast) == told(every)
    assert fast.machine.memo.settled == every.machine.memo.settled == kept
    assert fast.globals == {"os.system"}
    assert fast.verdict is Verdict.DANGEROUS
    if version < 4 and sized is text:
        assert fast.budget.opcodes < every.budget.opcodes / 4


def test_what_a_place_holds_later_counts_from_then_on() -> None:
    """A writer of attacks could train the machine on dates and then keep something else where ``date`` stood."""
    dates = b"".join(b"h\x00C\x04\x07\xe4\x01" + bytes([1 + n % 28]) + b"\x85R" for n in range(900))
    for change in (b"cos\nsystem\nq\x000", b"cos\nsystem\nr\x00\x00\x00\x000", b"cos\nsystem\np0\n0"):
        for version in (2, 4):
            stream = proto(version) + b"cdatetime\ndate\nq\x000](" + dates + change + dates + b"e."
            fast, every = Followed(stream), slowly(stream)
            assert fast.verdict is every.verdict is Verdict.DANGEROUS
            assert told(fast) == told(every)


def test_an_object_that_changes_another_is_no_value() -> None:
    """A state for what stood before counts each time: the second one is unusual."""
    head = b"cnumpy\ndtype\nX\x02\x00\x00\x00f8\x89\x88\x87Rq\x000cdatetime\ndate\nq\x010]("
    each = b"h\x01C\x04\x07\xe4\x01\x01\x85R0h\x00(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    stream = proto(2) + head + each * 200 + b"e."
    fast = Followed(stream)
    assert fast.verdict is Verdict.SUSPICIOUS
    assert told(fast) == told(slowly(stream))


# Streams of any objects -----------------------------------------------------------------------------------------


class ObjectScribe:
    """Writes lists of objects as a writer does, and among them what is hostile, damaged or only odd."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.framed = self.rng.random() < 0.6
        self.odd = self.rng.choice((0.0, 0.005, 0.02, 0.05))
        self.kept = 0
        self.remembers = self.rng.random() < 0.7
        self.places: dict[str, bytes] = {}
        self.letters = "\0a\xff\x94c\n" + ("\u20ac\ud800X" if self.odd > 0.01 else "")

    def keep(self, raw: bytes, *, always: bool = False) -> bytes:
        if not (self.remembers or always):
            return raw
        self.kept += 1
        return raw + (b"\x94" if self.framed else b"r" + (self.kept - 1).to_bytes(4, "little"))

    def get(self, index: int) -> bytes:
        return b"h" + bytes([index]) if index < 256 else b"j" + index.to_bytes(4, "little")

    def place(self, name: str, raw: bytes) -> bytes:
        stored = self.keep(raw, always=True) + b"0"
        self.places[name] = self.get(self.kept - 1)
        return stored

    def text(self, value: str) -> bytes:
        return short_text(value) if self.framed else text(value)

    def head(self) -> bytes:
        names = {
            "date": ("datetime", "date"),
            "span": ("datetime", "timedelta"),
            "decimal": ("decimal", "Decimal"),
            "scalar": ("numpy._core.multiarray", "scalar"),
            "make": ("numpy._core.multiarray", "_reconstruct"),
            "array": ("numpy", "ndarray"),
            "ordered": ("collections", "OrderedDict"),
            "dtype": ("numpy", "dtype"),
        }
        parts = [self.place(name, f"c{module}\n{attr}\n".encode()) for name, (module, attr) in names.items()]
        made = self.places["dtype"] + self.text("f8") + b"\x89\x88\x87R"
        state = b"(K\x03" + self.text("<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        parts.append(self.place("f8", made + state))
        parts.append(self.place("key", self.text("k")))
        parts.append(self.place("encode", b"c_codecs\nencode\n"))
        parts.append(self.place("latin1", self.text("latin1")))
        return b"".join(parts)

    def whole(self) -> bytes:
        code, width = self.rng.choice(((b"K", 1), (b"M", 2), (b"J", 4)))
        return code + self.rng.randbytes(width)

    def object(self) -> bytes:
        rng, at = self.rng, self.places
        kind = rng.choice(self.kinds)
        if kind == "date":
            return self.call(at["date"] + self.keep(b"C\x04\x07\xe4\x01" + bytes([rng.randrange(1, 28)])) + b"\x85")
        if kind == "span":
            return self.call(at["span"] + self.whole() + self.whole() + b"K\x00\x87")
        if kind == "decimal":
            word = rng.choice((f"{rng.randrange(10**6)}", "os", "system", "\xe9", "0.5"))
            return self.call(at["decimal"] + self.keep(self.text(word)) + b"\x85")
        if kind == "scalar":
            size = 8 if rng.random() > self.odd / 4 else 7
            return self.call(at["scalar"] + at["f8"] + self.keep(b"C" + bytes([size]) + rng.randbytes(size)) + b"\x86")
        if kind == "old":
            size = 8 if rng.random() > self.odd / 4 else rng.choice((7, 9))
            raw = "".join(rng.choice(self.letters) for _ in range(size)).encode("utf-8", "surrogatepass")
            raw = raw if rng.random() > self.odd / 8 else raw[:-1] + b"\xff"
            word = self.keep(b"X" + len(raw).to_bytes(4, "little") + raw)
            return self.call(
                at["scalar"] + at["f8"] + self.call(at["encode"] + word + at["latin1"] + b"\x86") + b"\x86"
            )
        if kind == "ordered":
            return self.call(at["ordered"] + b")") + b"(" + at["key"] + self.whole() + self.text("b") + b"Nu"
        count = 1 if rng.random() > self.odd / 4 else 2
        made = self.call(at["make"] + at["array"] + self.keep(b"K\x00\x85") + self.keep(b"C\x01b") + b"\x87")
        state = self.keep(b"(K\x01K" + bytes([count]) + b"\x85" + at["f8"] + b"\x89C\x08" + rng.randbytes(8) + b"t")
        return made + state + b"b"

    def call(self, raw: bytes) -> bytes:
        return self.keep(self.keep(raw) + b"R")

    def oddity(self) -> bytes:
        rng = self.rng
        some = self.get(rng.randrange(self.kept + 1))
        other = self.get(rng.randrange(max(1, self.kept)))
        return rng.choice(
            (
                lambda: some,
                lambda: some + b")R",
                lambda: some + b"}b",
                lambda: some + b"}(" + other + b"K\x01ub",
                lambda: some + b"(" + other + b"K\x01u",
                lambda: some + other + b"\x93" + self.text("id") + b"\x85R",
                lambda: some + other + b"\x85R",
                lambda: b"cos\nsystem\nr" + rng.randrange(self.kept).to_bytes(4, "little") + b"0",
                lambda: b"cdatetime\ndate\nr" + rng.randrange(self.kept).to_bytes(4, "little") + b"0",
                lambda: b"2}b",
                lambda: b"0",
                lambda: self.places["date"] + b"cos\nsystem\n\x85R",
                lambda: rng.randbytes(1),
            )
        )()

    def parts(self) -> Iterator[bytes]:
        yield proto(4 if self.framed else 2)
        yield self.head()
        kinds = ["date", "span", "decimal", "scalar", "ordered", "array"]
        if not self.framed or self.rng.random() < 0.2:  # no shape where texts are written as protocol 4 does not
            kinds.append("old")
        self.kinds = self.rng.sample(kinds, self.rng.randrange(1, 4))
        yield self.keep(b"]")
        for _ in range(self.rng.randrange(1, 4)):
            yield b"("
            for _ in range(self.rng.randrange(60, 200)):
                yield self.object() if self.rng.random() > 0.1 else self.whole()
                if self.rng.random() < self.odd:
                    yield self.oddity()
            yield b"e"
        yield b"."

    def stream(self) -> bytes:
        whole = b"".join(self.parts())
        return whole if self.rng.random() > self.odd else whole[: self.rng.randrange(len(whole))]


def test_streams_of_objects_are_told_of_as_instruction_by_instruction() -> None:
    streams = [ObjectScribe(seed).stream() for seed in range(160)]
    fast, every = [Followed(stream) for stream in streams], [slowly(stream) for stream in streams]
    wrong = [n for n, (one, other) in enumerate(zip(fast, every, strict=True)) if told(one) != told(other)]
    assert wrong == []
    verdicts = collections.Counter(one.verdict for one in every)
    assert min(verdicts[v] for v in Verdict) > 4, verdicts
    fewer = sum(one.budget.opcodes < other.budget.opcodes / 2 for one, other in zip(fast, every, strict=True))
    assert fewer > len(streams) / 4
    clean = [data for data, one in zip(streams, fast, strict=True) if one.verdict is Verdict.CLEAN]
    assert [data for data, asked in zip(clean, consult(clean), strict=True) if foreign(asked)] == []
