"""What is stepped over at once is judged as if each instruction had been followed."""

import collections
import pickle
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from modelfiles.assembler import REDUCE, STACK_GLOBAL, STOP, proto, short_text
from modelfiles.oracle import consult
from modelfiles.test_oracle import foreign
from upright.modelfiles import extents, machine, stretches
from upright.modelfiles.allowlist import allow_list
from upright.modelfiles.limits import Budget, LimitError, Limits, memory_used
from upright.modelfiles.machine import Ended, Machine
from upright.modelfiles.report import Findings, Verdict
from upright.modelfiles.window import Window

PROTOCOLS = (2, 3, 4, 5)


@pytest.fixture(autouse=True)
def from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are looked for at once, not only in large files."""
    monkeypatch.setattr(stretches, "ATOMS_AFTER", 0)
    monkeypatch.setattr(stretches, "_CHECKED", 0)  # what small runs cost says nothing of what was followed
    monkeypatch.setattr(stretches, "NESTED_AFTER", 0)
    monkeypatch.setattr(extents, "_DEEPER_AFTER", (0, 0))
    monkeypatch.setattr(extents, "_NEAR", 0)


class Followed:
    """One stream, followed to its end or break."""

    def __init__(self, data: bytes) -> None:
        self.findings = Findings()
        self.budget = Budget(Limits())
        self.machine = Machine(Window.over(data), allow_list(), self.findings, self.budget)
        self.ended: Ended = self.machine.run()

    @property
    def verdict(self) -> Verdict:
        return self.findings.verdict if self.ended.stop is not None else Verdict.NOT_EXAMINED

    @property
    def globals(self) -> set[str]:
        return {found.name for found in self.findings.detections() if found.name}


@contextmanager
def each_instruction() -> Iterator[None]:
    """Nothing is stepped over meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine, "pass_over", lambda *_: False)
        yield


def slowly(data: bytes) -> Followed:
    with each_instruction():
        return Followed(data)


def record(n: int) -> dict[str, Any]:
    return {
        "id": n,
        "score": n / 7,
        "name": f"n{n}",
        "ok": n % 2 == 0,
        "none": None,
        "big": n << 40,
    }


def nested(n: int) -> dict[str, Any]:
    inner = {"in": n, "text": f"t{n}", "part": 0.5}
    return {"id": n, "tags": [f"a{n}", "shared", n], "inner": inner, "one": {"x": n}, "pair": (1, 2, 3, n), "empty": []}


SHAPES: dict[str, Callable[[int], Any]] = {
    "records": record,
    "nested": nested,
    "lists": lambda n: [n, f"x{n}", 1.5, True],
    "pairs": lambda n: (n, n + 1),
    "singles": lambda n: {f"k{n}": n},
    "tuples": lambda n: (n, 1.0, f"y{n}", None, n),
    "some not ASCII": lambda n: {"id": n, "name": "é" if n % 20 == 0 else f"n{n}"},
    "bytes": lambda n: {"id": n, "raw": b"ab%d" % n},
    "repeated": lambda n: {"id": n, "kind": KINDS[n % 5]},
}
KINDS = [f"kind {n}" for n in range(5)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_long_lists_are_clean_and_mostly_stepped_over(shape: str, protocol: int) -> None:
    data = pickle.dumps([SHAPES[shape](n) for n in range(3_000)], protocol)
    fast = Followed(data)
    assert fast.ended.stop == len(data)
    assert fast.verdict is Verdict.CLEAN
    with each_instruction():
        every = Followed(data)
    assert every.verdict is Verdict.CLEAN
    if shape != "bytes" or protocol > 2:  # protocol 2 writes bytes as a call
        assert fast.budget.opcodes < every.budget.opcodes / (2 if "ASCII" in shape else 4)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_was_kept_is_found_under_its_number(shape: str, protocol: int) -> None:
    data = pickle.dumps([SHAPES[shape](n) for n in range(1_200)], protocol)
    fast, every = Followed(data).machine.memo, slowly(data).machine.memo
    with pytest.raises(KeyError):
        every.get(10**6)
    with pytest.raises(KeyError):
        fast.get(10**6)
    assert fast.settled == every.settled > 600
    for index in range(every.settled):
        wanted = every.get(index)
        got = fast.get(index)
        assert got == wanted if isinstance(wanted, str) else not isinstance(got, str), index


def tail(data: bytes, end: bytes) -> bytes:
    """A list of records with more instructions before its STOP; frames end where the records do."""
    return data[:-1] + end + STOP


def many(extra: tuple[str, ...] = (), protocol: int = 4) -> bytes:
    rows = [record(n) for n in range(600)]
    rows[550]["name"], rows[551]["name"] = (*extra, "a", "b")[:2]
    whole: bytes = pickle.dumps(rows, protocol)
    return whole.replace(b"\x95" + whole[3:11], b"", 1) if protocol >= 4 else whole


def index_of(data: bytes, text: str) -> int:
    memo = slowly(data).machine.memo
    return next(n for n in range(memo.settled) if memo.get(n) == text)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_names_that_a_stretch_holds_are_known_when_a_global_is_made_of_them(protocol: int) -> None:
    data = many(("os", "system"), protocol)
    gets = b"".join(b"j" + index_of(data, text).to_bytes(4, "little") for text in ("os", "system"))
    hostile = tail(data, gets + STACK_GLOBAL + short_text("true") + b"\x85" + REDUCE)
    found = Followed(hostile)
    assert found.budget.opcodes < 5_000
    assert found.verdict is Verdict.DANGEROUS
    assert found.globals == {"os.system"}


def test_a_number_written_twice_is_not_stepped_over() -> None:
    """Else a name could be put in another's place unseen."""
    data = many(("harmless", "os"), 2)
    index = index_of(data, "harmless")
    at = data.index(b"harmless")
    number = b"r" + index.to_bytes(4, "little")
    assert data[at + 8 : at + 13] == number
    following = data[at + 13 :].index(b"os" + b"r") + at + 15
    swapped = data[:following] + number + data[following + 5 :]
    other = data[: at + 8] + b"r" + (index + 1).to_bytes(4, "little") + data[at + 13 :]
    for changed in (swapped, other):
        assert changed != data
        end = b"j" + number[1:] + short_text("system") + STACK_GLOBAL
        fast, every = Followed(tail(changed, end)), slowly(tail(changed, end))
        assert (fast.verdict, fast.globals) == (every.verdict, every.globals)
        assert fast.verdict is not Verdict.CLEAN


def test_an_empty_place_breaks_the_stream_within_a_stretch() -> None:
    for protocol in PROTOCOLS:
        data = many((), protocol)
        get = b"h\x02" if protocol >= 4 else b"q"
        for number in (2**31 - 1, 90_000, 5_000):
            hole = b"}(K\x01j" + number.to_bytes(4, "little") + b"u"
            filled = tail(data, b"0](" + hole * 40 + b"e")
            assert Followed(filled).verdict is Verdict.NOT_EXAMINED, (protocol, number)
        assert get in data


def told(one: Followed) -> tuple[Any, ...]:
    """All that the machine said of a stream."""
    return (one.findings.detections(), one.ended.stop, one.ended.why, one.ended.at)


def test_a_passed_container_takes_what_a_followed_one_takes() -> None:
    data = many()
    taken = b"](" + b"}(K\x01K\x02u" * 40
    ends = (b"K\x01K\x02s0e", b"K\x01a0e", b"}b0e", b")R0e", b"\x81e", b"0" * 40 + b"Re", b"\x93e", b"2\x860e")
    seen = []
    for end in ends:
        stream = tail(data, taken + end)
        assert told(Followed(stream)) == told(slowly(stream)), end
        seen.append(Followed(stream).verdict)
    assert seen.count(Verdict.CLEAN) == 2  # an item put into a dict, and a tuple made of two


def test_the_stack_is_as_deep_as_it_was_made() -> None:
    data = many()
    for count in (16, 17, 31, 32, 100):
        taken = b"](" + b"}(K\x01K\x02u" * count
        assert Followed(tail(data, taken + b"0" * count + b"e0")).verdict is Verdict.CLEAN
        assert Followed(tail(data, taken + b"0" * (count + 1) + b"e0")).verdict is Verdict.NOT_EXAMINED


def benign() -> dict[str, Any]:
    rows = [record(n) for n in range(200)]
    return {
        "records, then an object": [*rows, np.arange(3.0), np.float64(2), collections.OrderedDict(a=1)],
        "objects between": [row if n % 25 else np.arange(2) for n, row in enumerate(rows)],
        "structured types": [*rows, np.zeros(2, [("a", "f8"), ("b", "i4")])],
        "default dicts": [*rows, collections.defaultdict(list, a=[1]), collections.ChainMap],
        "long lists within": [[*range(1001)], [{"a": n} for n in range(1001)]] * 20,
        "a last item that is alone": [[rows[0], [*range(1000), [1]], 1.5] for _ in range(40)],
        "dicts of records": {f"r{n}": row for n, row in enumerate(rows)},
        "sets and frozen sets": [*rows, {1, 2}, frozenset({3})],
        "empty ones": [*rows, {}, [], (), {}, {"a": {}}, {}, (1, 2, 3, 4, 5), {}, (1, 2, 3, 4, 5)],
        "texts": [f"text {n}" for n in range(2_000)] + [np.float32(1)],
        "long texts": [{"a": "x" * n} for n in range(300)],
    }


@pytest.mark.parametrize("name", benign())
@pytest.mark.parametrize("dumps", [pickle.dumps, pickle._dumps])  # type: ignore[attr-defined]
def test_what_writers_write_gets_the_same_verdict(name: str, dumps: Callable[..., bytes]) -> None:
    for protocol in PROTOCOLS:
        data = dumps(benign()[name], protocol)
        fast, every = Followed(data), slowly(data)
        assert (fast.verdict, fast.ended.stop, fast.globals) == (every.verdict, every.ended.stop, every.globals)
        assert fast.verdict is (Verdict.SUSPICIOUS if name == "default dicts" else Verdict.CLEAN)


def damaged(seed: int, count: int) -> list[bytes]:
    """Pickled records, each with a few bytes changed, left out or put in, or with names called at its end."""
    rng = random.Random(seed)
    wholes = [
        pickle.dumps([shape(n) for n in range(rng.randrange(90, 200))], protocol)
        for shape in SHAPES.values()
        for protocol in PROTOCOLS
    ]
    codes = bytes(range(128, 152)) + b"(.0123FGIJKLMNPQRSTUVXabcdeghijlopqrstu]}"
    found = []
    for _ in range(count):
        data = bytearray(rng.choice(wholes))
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(min(2_500, len(data) // 2), len(data))
            kind = rng.randrange(4)
            if kind == 0:
                data[at] = rng.choice(codes)
            elif kind == 1:
                del data[at]
            elif kind == 2:
                data[at:at] = bytes([rng.choice(codes)])
            else:
                data[at:at] = b"cos\nsystem\n" if rng.random() < 0.2 else b"h\x05"
        found.append(bytes(data))
    return found


def test_damaged_streams_get_the_same_verdict_as_instruction_by_instruction() -> None:
    streams = damaged(20_261_126, 1_500)
    kept = [Followed(data) for data in streams]
    with each_instruction():
        wanted = [Followed(data) for data in streams]
    told = collections.Counter(one.verdict for one in wanted)
    for data, fast, every in zip(streams, kept, wanted, strict=True):
        if fast.verdict is Verdict.CLEAN:
            assert every.verdict is Verdict.CLEAN, data
            assert fast.ended.stop == every.ended.stop
        assert fast.globals >= every.globals
    assert told[Verdict.CLEAN] > 50
    assert told[Verdict.NOT_EXAMINED] > 300
    assert sum(one.budget.opcodes for one in kept) < sum(one.budget.opcodes for one in wanted)
    clean = [data for data, fast in zip(streams, kept, strict=True) if fast.verdict is Verdict.CLEAN]
    assert [data for data, asked in zip(clean, consult(clean), strict=True) if foreign(asked)] == []


def test_runs_are_found_whatever_the_protocol_and_without_a_memo() -> None:
    rows = b"](" + b"}(K\x01K\x02u" * 100 + b"e."
    for head in (b"", proto(1), proto(2), proto(4)):
        assert Followed(head + rows).budget.opcodes < 50
        assert told(Followed(head + rows)) == told(slowly(head + rows))


def document(n: int) -> dict[str, Any]:
    return {
        "id": n,
        "tags": ["a", f"t{n}"],
        "by": {"name": f"n{n}", "plan": {"space": n, "more": [1, {"y": [(n, 2)]}]}},
    }


def test_large_lists_of_each_shape_take_few_steps_and_hold_few_values() -> None:
    rng = random.Random(7)
    shapes: dict[str, list[Any] | dict[str, Any]] = {
        "short texts": [f"v{rng.randrange(10**8)}" for _ in range(20_000)],
        "texts beyond ASCII": [f"\xfc{n}" for n in range(20_000)],
        "texts to numbers": {f"k{n}": rng.choice((n, n << 20, -n)) for n in range(20_000)},
        "numbers": [rng.choice((7, 700, 70_000, -1, 1 << 40, 0.5, None, True)) for _ in range(20_000)],
        "tuples": [(n, n / 3, f"t{n}") for n in range(6_000)],
        "empty lists": [[] for _ in range(20_000)],
        "documents": [document(n) for n in range(2_000)],
        "one tuple": [tuple(f"v{n}" for n in range(20_000))],
        "repeated texts": [KINDS[n % 5] for n in range(20_000)],
    }
    for name, shape in shapes.items():
        data = pickle.dumps(shape, 4)
        one = Followed(data)
        assert one.verdict is Verdict.CLEAN, name
        assert one.budget.opcodes < 6_000, name
        assert len(one.machine.memo) < 1_500, name


def test_a_tuple_that_goes_on_behind_a_frame_has_no_run_followed() -> None:
    data = pickle.dumps([(n, n / 7, f"\xfc{n}") for n in range(20_000)], 4)
    one = Followed(data)
    assert data.count(b"\x95") > 5
    assert one.verdict is Verdict.CLEAN
    assert one.machine.made == 0


HOSTILE = {
    "instructions": b"N0" * 20_000,
    "values at once": b"cdatetime\ndate\n" * 9_000,
    "containers within each other": b"](" * 9_000,
    "values at once, under marks": (b"cdatetime\ndate\n" * 2_000 + b"(") * 9,
    "instructions, for places written again": b"".join(b"]q%c" % n for n in range(200)) * 99,
}


@pytest.mark.parametrize("why", HOSTILE)
def test_what_needs_too_many_steps_or_values_says_so(why: str) -> None:
    limits = Limits(opcodes=20_000, values=5_000, marks=3_000)
    version = 2 if "again" in why else 4
    with pytest.raises(LimitError, match=why.partition(",")[0]):
        Machine(Window.over(proto(version) + HOSTILE[why] + b"N."), allow_list(), Findings(), Budget(limits)).run()


def test_what_needs_too_much_memory_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    told = iter(range(0, 2**40, 2**26))
    monkeypatch.setattr(machine, "memory_used", lambda: next(told))
    with pytest.raises(LimitError, match="needs more than 110 MB of memory"):
        Machine(Window.over(proto(4) + b"N0" * 40_000 + b"N."), allow_list(), Findings(), Budget(Limits())).run()
    monkeypatch.undo()
    assert memory_used() > 2**20
    kept = bytearray(2**26)
    assert memory_used() > len(kept)


# Streams of any shape -------------------------------------------------------------------------------------------


class Scribe:
    """Writes long runs of plain values, and among them what is hostile, damaged or only odd."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.framed = self.rng.random() < 0.6
        self.odd = self.rng.choice((0.0, 0.0, 0.02, 0.1))
        self.kept = 0

    def keep(self, raw: bytes) -> bytes:
        if self.rng.random() < 0.2:
            return raw
        self.kept += 1
        index = self.kept - 1 if self.rng.random() > self.odd / 4 else self.rng.randrange(self.kept + 2)
        if self.framed and self.rng.random() > self.odd / 8:
            return raw + b"\x94"
        return raw + (b"q" + bytes([index]) if index < 256 else b"r" + index.to_bytes(4, "little"))

    def text(self) -> bytes:
        rng = self.rng
        word = rng.choice(
            ("os", "system", "a", "", "\xe9t\xe9", "x" * rng.randrange(300), "__class__", f"k{rng.randrange(99)}")
        )
        raw = word.encode() if rng.random() > self.odd / 8 else rng.randbytes(rng.randrange(1, 9))
        if self.framed and len(raw) < 256:
            return b"\x8c" + bytes([len(raw)]) + raw
        return b"X" + len(raw).to_bytes(4, "little") + raw

    def get(self) -> bytes:
        index = self.rng.randrange(self.kept) if self.rng.random() > self.odd / 8 else self.kept + 1
        return b"h" + bytes([index]) if index < 256 else b"j" + index.to_bytes(4, "little")

    def atom(self) -> bytes:
        rng, kind = self.rng, self.rng.random()
        if kind < 0.4:
            codes = (b"K", 1), (b"M", 2), (b"J", 4), (b"G", 8), (b"\x8a\x02", 2), (b"N", 0), (b"\x88", 0), (b")", 0)
            code, width = rng.choice(codes)
            return code + rng.randbytes(width)
        if kind < 0.75 or not self.kept:
            return self.keep(self.text())
        if kind < 0.8:
            return self.keep(b"C\x03" + rng.choice((b"abc", b"c.R", b"\x94\x93(")))
        return self.get()

    def value(self, depth: int) -> bytes:
        rng, kind = self.rng, self.rng.random()
        if not depth or kind < 0.6:
            return self.atom()
        many = rng.choice((0, 1, 2, 5, 9, 70) if depth == 1 else (0, 1, 2, 3))
        if kind < 0.7:
            return self.keep(b"]") + (
                b"(" + self.values(many, depth - 1) + b"e" if many != 1 else self.value(depth - 1) + b"a"
            )
        if kind < 0.85:
            items = b"".join(self.atom() + self.value(depth - 1) for _ in range(many))
            return self.keep(b"}") + (b"(" + items + b"u" if many != 1 else items + b"s" if items else b"")
        if kind < 0.92:
            return self.keep(b"(" + self.values(many, depth - 1) + b"t")
        size = rng.randrange(1, 4)
        return self.keep(self.values(size, depth - 1) + bytes([0x84 + size]))

    def values(self, many: int, depth: int) -> bytes:
        return b"".join(self.value(depth) for _ in range(many))

    def oddity(self) -> bytes:
        rng = self.rng
        return rng.choice(
            (
                lambda: self.get() + self.get() + b"\x93" + self.values(1, 0) + b"\x85R",
                lambda: b"\x8c\x02os" + b"\x94\x8c\x06system\x93",
                lambda: b"cos\nsystem\n",
                lambda: b"0",
                lambda: b"2",
                lambda: b"1",
                lambda: b"a",
                lambda: b"b",
                lambda: b"(",
                lambda: b"e",
                lambda: b"u",
                lambda: bytes([rng.choice((0x81, 0x85, 0x86, 0x87, 0x94, 0x97))]),
                lambda: b"I12\n",
                lambda: b"V\\u0041\n",
                lambda: b"p0\n",
                lambda: b"g1\n",
                lambda: b"q" + rng.randbytes(1),
                lambda: b"\x95" + rng.choice((5, 40, 4_000)).to_bytes(8, "little"),
                lambda: rng.randbytes(1),
            )
        )()

    def stream(self) -> bytes:
        parts = [proto(4 if self.framed else 2) if self.rng.random() < 0.9 else b"", self.keep(b"]"), b"("]
        for _ in range(self.rng.randrange(1, 6)):
            parts.append(self.values(*self.rng.choice(((12, 0), (90, 0), (20, 1), (12, 2), (9, 3), (3, 5)))))
            if self.rng.random() < 10 * self.odd:
                parts.append(self.oddity())
        whole = b"".join((*parts, b"e."))
        return whole if self.rng.random() > self.odd else whole[: self.rng.randrange(len(whole))]


def test_streams_of_any_shape_are_told_of_as_instruction_by_instruction() -> None:
    streams = [Scribe(seed).stream() for seed in range(800)]
    fast = [Followed(stream) for stream in streams]
    with each_instruction():
        every = [Followed(stream) for stream in streams]
    wrong = [n for n, (one, other) in enumerate(zip(fast, every, strict=True)) if told(one) != told(other)]
    assert wrong == []
    verdicts = collections.Counter(one.verdict for one in every)
    assert min(verdicts[v] for v in (Verdict.CLEAN, Verdict.NOT_EXAMINED, Verdict.DANGEROUS)) > 20
    fewer = sum(one.budget.opcodes < other.budget.opcodes for one, other in zip(fast, every, strict=True))
    assert fewer > len(streams) / 3
    clean = [data for data, one in zip(streams, fast, strict=True) if one.verdict is Verdict.CLEAN]
    assert [data for data, asked in zip(clean, consult(clean), strict=True) if foreign(asked)] == []
