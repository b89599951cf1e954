"""Large files of XGBoost and LightGBM are read without keeping their numbers, and as strictly as small ones."""

import json
import random
import struct
from typing import Any

import pytest

from modelfiles.assembler import Read, read
from modelfiles.benign import boosted
from upright.modelfiles import Verdict, documents
from upright.modelfiles.strict_json import JsonError, read_json, read_without_lists
from upright.modelfiles.window import Window


@pytest.fixture(scope="module")
def native() -> dict[str, bytes]:
    """Each library's own file, of one small model."""
    booster = dict(boosted())["xgb-booster"]
    return {form: bytes(booster.save_raw(form)) for form in ("json", "ubj")} | {
        "txt": dict(boosted())["lgb-booster"].model_to_string().encode()
    }


@pytest.fixture
def every_size_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_LARGE", 0)


# JSON -----------------------------------------------------------------------------------------------------------


def without_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_lists(part) for key, part in value.items()}
    if isinstance(value, list):
        numbers = all(type(part) in {int, float} for part in value)
        return None if value and numbers else [without_lists(part) for part in value]
    return value


def some_json(rng: random.Random, depth: int) -> Any:
    kind = rng.randrange(8 if depth else 4)
    if kind < 3:
        return rng.choice((0, -1, 1.5, 1e300, -2.5e-7, "a", 'x"[1,2]\\', "[3]", "\xe9\n", True, None, "]", "\\"))
    if kind < 5:
        return [rng.choice((0, 7, -1, 2.5, 1e-9)) for _ in range(rng.randrange(4))]
    if kind == 5:
        return [some_json(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {rng.choice("abc[],'\"\\") + str(n): some_json(rng, depth - 1) for n in range(rng.randrange(5))}


def strictly(text: bytes) -> Any:
    return without_lists(read_json(Window.over(text)))


def test_documents_without_their_lists_are_the_documents() -> None:
    rng = random.Random(20_261_128)
    for _ in range(1_500):
        value = some_json(rng, 4)
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=rng.random() < 0.5).encode()
        assert read_without_lists(Window.over(text)) == without_lists(value)


def test_what_is_no_json_is_none_without_its_lists_either() -> None:
    rng = random.Random(7)
    refused = 0
    for _ in range(3_000):
        text = bytearray(json.dumps(some_json(rng, 4), separators=(",", ":")).encode())
        for _ in range(rng.randrange(1, 3)):
            at = rng.randrange(len(text) + 1)
            text[at : at + rng.randrange(2)] = rng.choice(
                (b"", b"[", b"]", b'"', b"\\", b"0", b",", b"[1,2]", b"e", b".")
            )
        try:
            wanted = strictly(bytes(text))
        except JsonError:
            refused += 1
            with pytest.raises(JsonError):
                read_without_lists(Window.over(bytes(text)))
        else:
            assert read_without_lists(Window.over(bytes(text))) == wanted
    assert refused > 1_000


@pytest.mark.parametrize(
    "tail",
    [b"[1,2]", b"[1]", b"1", b"x", b'"', b"[01]", b"\x80", b'{"learner":[1,2]}', b",[1]"],
)
@pytest.mark.usefixtures("every_size_is_large")
def test_what_follows_a_document_of_trees_is_seen(native: dict[str, bytes], tail: bytes) -> None:
    assert read(native["json"]).verdict is Verdict.CLEAN
    assert read(native["json"] + tail).verdict is not Verdict.CLEAN


@pytest.mark.parametrize(
    "numbers", [b"[01]", b"[1.]", b"[.5]", b"[1,]", b"[+1]", b"[1 2]", b"[1,,2]", b"[0x1]", b"[-]"]
)
@pytest.mark.usefixtures("every_size_is_large")
def test_lists_that_are_none_are_seen(native: dict[str, bytes], numbers: bytes) -> None:
    text = native["json"]
    at = text.index(b"[", text.index(b'"left_children"'))
    changed = text[:at] + numbers + text[text.index(b"]", at) + 1 :]
    assert read(changed).verdict is Verdict.NOT_EXAMINED
    assert read(text[:at] + b"[1,2]" + text[text.index(b"]", at) + 1 :]).verdict is Verdict.CLEAN


# UBJSON ---------------------------------------------------------------------------------------------------------

WIDTHS = {b"i": "b", b"U": "B", b"I": "h", b"l": "i", b"L": "q", b"d": "f", b"D": "d", b"C": "c"}


class Plain:
    """Another reader of UBJSON, which keeps everything; by the draft, without any care for speed."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self.data):
            raise ValueError(count)
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, marker: bytes) -> Any:
        form = ">" + WIDTHS[marker]
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def count(self) -> int:
        found = self.number(self.take(1))
        if type(found) is not int or found < 0:
            raise ValueError(found)
        return found

    def next_is(self, marker: bytes) -> bool:
        if self.data[self.at : self.at + 1] != marker:
            return False
        self.at += 1
        return True

    def value(self, marker: bytes) -> Any:
        if marker in b"SH":
            return self.take(self.count())
        if marker in b"ZTF":
            return {b"Z": None, b"T": True, b"F": False}[marker]
        if marker not in {b"[", b"{"}:
            return self.number(marker)
        kind = self.take(1) if self.next_is(b"$") else None
        count = self.count() if self.next_is(b"#") else None
        if kind and count is None:
            raise ValueError(kind)
        found: Any = {} if marker == b"{" else []
        while count != len(found) and not (count is None and self.next_is(b"}" if marker == b"{" else b"]")):
            if marker == b"{":
                key = self.take(self.count())
                if key in found:
                    raise ValueError(key)
                found[key] = self.value(kind or self.take(1))
            else:
                found.append(self.value(kind or self.take(1)))
        return found

    def document(self) -> Any:
        found = self.value(self.take(1))
        if self.at != len(self.data):
            raise ValueError(self.at)
        return found


def test_a_damaged_ubjson_is_clean_only_where_another_reader_reads_it(native: dict[str, bytes]) -> None:
    rng = random.Random(11)
    whole = native["ubj"]
    assert b"learner" in Plain(whole).document()
    clean = 0
    for _ in range(1_200):
        data = bytearray(whole)
        near = rng.random() < 0.5
        for _ in range(rng.randrange(1, 3)):
            at = rng.randrange(200 if near else len(data))
            kind = rng.randrange(4)
            if kind == 0:
                data[at] = rng.choice(b"[]{}$#LSUilIdDTFZ\x00\xff")
            elif kind == 1:
                del data[at]
            elif kind == 2:
                data[at:at] = rng.choice((b"L", b"}", b"]", b"{", b"[", b"\x00"))
            else:
                del data[rng.randrange(len(data) // 2, len(data)) :]
        try:
            Plain(bytes(data)).document()
        except (ValueError, KeyError, struct.error, RecursionError, MemoryError, TypeError):
            assert read(bytes(data)).verdict is not Verdict.CLEAN
        else:
            clean += read(bytes(data)).verdict is Verdict.CLEAN
    assert clean > 20


# LightGBM -------------------------------------------------------------------------------------------------------


def test_a_line_that_lightgbm_does_not_write_is_seen_wherever_it_stands(native: dict[str, bytes]) -> None:
    lines = native["txt"].split(b"\n")
    assert read(native["txt"]).verdict is Verdict.CLEAN
    for at in range(0, len(lines) + 1, 3):
        changed = b"\n".join([*lines[:at], b"import os; os.system('true')", *lines[at:]])
        found: Read = read(changed)
        assert found.verdict is not Verdict.CLEAN, at
    cut = native["txt"][: native["txt"].index(b"end of trees")]
    assert [read(cut[:size]).verdict for size in (len(cut), len(cut) - 1)] == [Verdict.NOT_EXAMINED] * 2
    assert read(native["txt"] + b"\xff").verdict is not Verdict.CLEAN
