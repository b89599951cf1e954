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
from upright.modelfiles import instructions
from upright.modelfiles.allowlist import allow_list
from upright.modelfiles.limits import Budget, Limits
from upright.modelfiles.machine import Ended, Machine
from upright.modelfiles.report import Findings, Verdict
from upright.modelfiles.window import Window

PROTOCOLS = (2, 3, 4, 5)


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
        patch.setattr(instructions, "pass_over", lambda *_: False)
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


def test_a_passed_container_takes_nothing_more() -> None:
    data = many()
    taken = b"](" + b"}(K\x01K\x02u" * 40
    for end in (b"K\x01K\x02s0e", b"K\x01a0e", b"}b0e", b")R0e", b"\x81e", b"0" * 40 + b"Re", b"\x93e"):
        assert Followed(tail(data, taken + end)).verdict is not Verdict.CLEAN, end


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
        "default dicts": [*rows, collections.defaultdict(list, a=[1]), collections.Counter],
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


def test_no_stretch_begins_without_a_protocol_or_a_memo() -> None:
    rows = b"](" + b"}(K\x01K\x02u" * 100 + b"e."
    for head in (b"", proto(1), proto(2), proto(4)):
        assert Followed(head + rows).budget.opcodes > 500
