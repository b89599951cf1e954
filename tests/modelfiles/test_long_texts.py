"""Documents with long texts are stepped over, and judged as if each instruction had been followed."""

import collections
import pickle
import pickletools
import random
from collections.abc import Callable
from typing import Any

import pytest

from modelfiles.assembler import STACK_GLOBAL, short_text
from modelfiles.oracle import consult
from modelfiles.test_oracle import foreign
from modelfiles.test_stretches import PROTOCOLS, Followed, each_instruction, index_of, slowly, tail, told
from upright.modelfiles import extents, stretches
from upright.modelfiles.report import Verdict
from upright.modelfiles.values import LongText


@pytest.fixture(autouse=True)
def from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are looked for at once, not only in large files."""
    monkeypatch.setattr(stretches, "ATOMS_AFTER", 0)
    monkeypatch.setattr(stretches, "_CHECKED", 0)
    monkeypatch.setattr(stretches, "NESTED_AFTER", 0)
    monkeypatch.setattr(extents, "_DEEPER_AFTER", (0, 0))
    monkeypatch.setattr(extents, "_NEAR", 0)


def archive(n: int) -> dict[str, Any]:
    """A document as stores of texts keep them."""
    body = ("\xfcber \u65e5\u672c \U0001f600 " if n % 3 == 0 else "plain words ") * (20 + n * 37 % 200)
    held: dict[str, Any] = {"id": n, "title": f"title {n} " * (n % 30), "text": body, "tags": [f"t{n % 9}", None]}
    if n % 4 == 0:
        held["parts"] = [[body[:300], None, ["x" * (n % 400)]], SAID[n % 3], {"again": body, "one": {"l": "y" * 500}}]
    return held


SAID = ["said before " * 30, "\xe9" * 64, "z" * 1_500]
LONG_SHAPES: dict[str, Callable[[int], Any]] = {
    "documents": archive,
    "texts": lambda n: f"{n} " * 300,
    "lists": lambda n: [n, "a" * (60 + n % 10), ["b" * 5_000], ["\xe9" * 130, n]],
    "under their names": lambda n: {"only": "x" * (n % 700)},
}


@pytest.mark.parametrize("shape", LONG_SHAPES)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_documents_with_long_texts_are_clean_and_mostly_stepped_over(shape: str, protocol: int) -> None:
    data = pickle.dumps([LONG_SHAPES[shape](n) for n in range(600)], protocol)
    fast, every = Followed(data), slowly(data)
    assert told(fast) == told(every)
    assert fast.verdict is Verdict.CLEAN
    assert fast.budget.opcodes < every.budget.opcodes / (1 if shape == "texts" else 2)
    assert len(fast.machine.memo) < len(every.machine.memo) / 2
    with pytest.raises(KeyError):
        fast.machine.memo.get(10**6)
    assert fast.machine.memo.settled == every.machine.memo.settled
    for index in range(every.machine.memo.settled):
        wanted, got = every.machine.memo.get(index), fast.machine.memo.get(index)
        assert type(got) is type(wanted), index
        if isinstance(wanted, LongText):
            assert (got.at, got.size) == (wanted.at, wanted.size), index
        elif isinstance(wanted, str):
            assert got == wanted, index


def test_damaged_documents_are_told_of_as_instruction_by_instruction() -> None:
    rng = random.Random(20_261_127)
    wholes = [
        pickle.dumps([shape(n) for n in range(60)], protocol) for shape in LONG_SHAPES.values() for protocol in (2, 4)
    ]
    calls = b"cos\nsystem\nX\x04\0\0\0true\x85R0"
    hostile = calls, calls, b"cos\nsystem\n0", b"h\x05", b"\x95\x09" + b"\0" * 7, b"\xff", b"R"
    streams = []
    for _ in range(600):
        data = bytearray(rng.choice(wholes))
        places = [at for _, _, at in pickletools.genops(bytes(data)) if at]
        for at in sorted(rng.sample(places, rng.randrange(1, 4)), reverse=True):
            if rng.random() < 0.5:
                data[at:at] = rng.choice(hostile)
            else:
                data[min(at + rng.randrange(7), len(data) - 1)] = rng.randrange(256)
        streams.append(bytes(data) if rng.random() < 0.9 else bytes(data[: rng.randrange(len(data))]))
    fast = [Followed(stream) for stream in streams]
    with each_instruction():
        every = [Followed(stream) for stream in streams]
    assert [n for n, (one, other) in enumerate(zip(fast, every, strict=True)) if told(one) != told(other)] == []
    verdicts = collections.Counter(one.verdict for one in every)
    assert min(verdicts[v] for v in (Verdict.CLEAN, Verdict.NOT_EXAMINED, Verdict.DANGEROUS)) > 15, verdicts
    clean = [data for data, one in zip(streams, fast, strict=True) if one.verdict is Verdict.CLEAN]
    assert [data for data, asked in zip(clean, consult(clean), strict=True) if foreign(asked)] == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_hides_behind_a_text_that_lies_about_its_size_is_found(protocol: int) -> None:
    """The size says less than what stands there: the rest are instructions."""
    data = pickle.dumps([{"id": n, "text": "q" * 696 + f"{n:04}"} for n in range(40)], protocol)
    at = data.index(b"q" * 696, len(data) // 2)
    hidden = b"cos\nsystem\nX\x04\0\0\0true\x85R0"
    room = 400 - len(hidden) - 6
    filled = hidden + b"X" + room.to_bytes(4, "little") + b"a" * room + b"0"
    changed = data[: at - 4] + (300).to_bytes(4, "little") + b"q" * 300 + filled + data[at + 700 :]
    fast, every = Followed(changed), slowly(changed)
    assert told(fast) == told(every)
    assert fast.verdict is Verdict.DANGEROUS
    assert fast.globals == {"os.system"}


def test_a_name_that_is_a_long_text_is_never_clean() -> None:
    """A kept text that no expression took is followed when somebody asks for it."""
    rows = [{"id": n, "text": "words " * 200, "name": "os." + "x" * 90} for n in range(40)]
    data = pickle.dumps(rows, 4)
    end = b"h" + bytes([index_of(data, "os." + "x" * 90)])
    stream = tail(data, end + short_text("system") + STACK_GLOBAL)
    assert told(Followed(stream)) == told(slowly(stream))
    assert Followed(stream).verdict is not Verdict.CLEAN
