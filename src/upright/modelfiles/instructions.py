"""The pickle instructions that cannot run code: numbers, texts, containers, stack, memo and protocol."""

import codecs
import re
from collections.abc import Callable
from typing import Any

from upright.modelfiles.limits import BrokenStreamError
from upright.modelfiles.machine import (
    OPCODES,
    Machine,
    StopStream,
    constant,
    opcode,
)
from upright.modelfiles.runs import Run, made, size_of
from upright.modelfiles.stretches import NOWHERE
from upright.modelfiles.values import (
    FLOAT,
    INTEGER,
    KEEP_PLACE,
    LONG_TEXT,
    LONG_TUPLE,
    LONGEST_TEXT,
    LONGEST_TUPLE,
    Box,
    Bytes,
    Instance,
    LongText,
    Unknown,
)

_DECIMAL = re.compile(rb"-?(0|[1-9][0-9]{0,18})")
_INDEX = re.compile(rb"0|[1-9][0-9]{0,18}")

for _code, _value in ((b"N", None), (b"\x88", True), (b"\x89", False), (b")", ())):
    constant(_code, _value)
OPCODES[0x8F] = lambda m: m.stack.append(Box("set"))


OPCODES[ord("]")] = lambda m: m.stack.append(Box("list"))
OPCODES[ord("}")] = lambda m: m.stack.append(Box("dict"))
OPCODES[ord("K")] = lambda m: m.stack.append(m.number(1))
OPCODES[ord("J")] = lambda m: m.stack.append(m.number(4, signed=True))


@opcode(b"G")
def _float(m: Machine) -> None:
    m.skip(8)
    m.stack.append(FLOAT)


@opcode(b"M")
def _two_byte_number(m: Machine) -> None:
    m.stack.append(m.number(2))


@opcode(b"\x8a", b"\x8b")
def _long(m: Machine) -> None:
    wide = m.buffer[m.pos - 1] == 0x8B
    size = m.number(4, signed=True) if wide else m.number(1)
    if size < 0:
        raise BrokenStreamError("a number has a negative length")
    m.stack.append(m.number(size, signed=True) if size <= 8 else (m.skip(size), INTEGER)[1])


@opcode(b"I", b"L")
def _text_number(m: Machine) -> None:
    is_long = m.buffer[m.pos - 1] == ord("L")
    text = m.line()
    if text in {b"00", b"01"} and not is_long:
        m.stack.append(text == b"01")
        return
    text = text.removesuffix(b"L") if is_long else text
    if _DECIMAL.fullmatch(text):
        m.stack.append(int(text))
        return
    if not re.fullmatch(rb"-?[0-9]{1,4000}", text):
        m.unclear("a number in an unusual form")
    m.stack.append(INTEGER)


@opcode(b"F")
def _text_float(m: Machine) -> None:
    text = m.line()
    try:
        float(text)
    except ValueError:
        raise BrokenStreamError("a float that is no number") from None
    m.stack.append(FLOAT)


# Texts and bytes ------------------------------------------------------------------------------------------------


def _push_text(m: Machine, size: int) -> None:
    if size > LONGEST_TEXT:
        at = m.skip(size)
        m.stack.append(LongText(at, size) if size >= KEEP_PLACE else LONG_TEXT)
        return
    try:
        m.stack.append(m.take(size).decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError:
        raise BrokenStreamError("a text that is not UTF-8") from None


def _sized(code: bytes, width: int, push: Callable[[Machine, int], None]) -> None:
    OPCODES[code[0]] = lambda m: push(m, m.number(width))


def _push_bytes(m: Machine, size: int) -> None:
    m.stack.append(Bytes(size, m.skip(size)))


def _push_bytearray(m: Machine, size: int) -> None:
    m.stack.append(Box("bytearray", raw=Bytes(size, m.skip(size))))


for _code, _width in ((b"\x8c", 1), (b"X", 4), (b"\x8d", 8)):
    _sized(_code, _width, _push_text)
for _code, _width in ((b"C", 1), (b"B", 4), (b"\x8e", 8)):
    _sized(_code, _width, _push_bytes)
_sized(b"\x96", 8, _push_bytearray)


def _push_old_text(m: Machine, raw: bytes) -> None:
    """A Python 2 text: ASCII by default; anything else depends on how the reader was called."""
    if not raw.isascii():
        m.findings.not_examined(
            "a Python 2 text that is not ASCII: what it means depends on the reader", offset=m.offset
        )
    m.stack.append(raw.decode("latin-1") if len(raw) <= LONGEST_TEXT else LONG_TEXT)


@opcode(b"T", b"U")
def _old_binary_text(m: Machine) -> None:
    wide = m.buffer[m.pos - 1] == ord("T")
    _push_old_text(m, m.take(m.number(4, signed=True) if wide else m.number(1)))


@opcode(b"S")
def _old_text(m: Machine) -> None:
    text = m.line().rstrip()
    if len(text) < 2 or text[:1] != text[-1:] or text[:1] not in {b"'", b'"'}:
        raise BrokenStreamError("a text without quotes")
    try:
        _push_old_text(m, codecs.escape_decode(text[1:-1])[0])
    except ValueError:
        raise BrokenStreamError("a text with a broken escape") from None


@opcode(b"V")
def _raw_text(m: Machine) -> None:
    at = m.pos
    line = m.line()
    try:
        text = line.decode("raw-unicode-escape")
    except UnicodeDecodeError:
        raise BrokenStreamError("a text with a broken escape") from None
    m.stack.append(text if len(text) <= LONGEST_TEXT else LongText(at, len(line), "raw-unicode-escape"))


# Containers -----------------------------------------------------------------------------------------------------


@opcode(b"\x85", b"\x86", b"\x87")
def _short_tuple(m: Machine) -> None:
    items = [m.pop() for _ in range(m.buffer[m.pos - 1] - 0x84)]
    m.stack.append(tuple(reversed(items)))


@opcode(b"t")
def _mark_tuple(m: Machine) -> None:
    items = m.drop_mark()
    m.stack.append(tuple(made(items)) if size_of(items) <= LONGEST_TUPLE else LONG_TUPLE)


@opcode(b"l")
def _mark_list(m: Machine) -> None:
    m.drop_mark()
    m.stack.append(Box("list"))


@opcode(b"\x91")
def _frozenset(m: Machine) -> None:
    m.drop_mark()
    m.stack.append(Box("frozenset"))


@opcode(b"d")
def _mark_dict(m: Machine) -> None:
    items = m.drop_mark()
    box = Box("dict")
    m.stack.append(box)
    _put_all(m, box, items)


def _put_all(m: Machine, target: Any, items: list[Any]) -> None:
    if size_of(items) % 2:
        m.unclear("a dict with a key that has no value")
    if isinstance(target, Box) and target.kind == "dict":
        target.put_all(items)
    else:
        _fill(m, target, "items")


def _fill(m: Machine, target: Any, use: str) -> None:
    kinds = {"append": ("list",), "items": ("dict",), "add": ("set",)}[use]
    if isinstance(target, Box) and target.kind in kinds:
        return
    entry = target.of.entry if isinstance(target, Instance) else None
    if entry is None or use not in entry.uses:
        m.unclear("puts items into something that is no plain list, dict or set")


@opcode(b"s")
def _set_item(m: Machine) -> None:
    value, key = m.pop(), m.pop()
    _put_all(m, m.top(), [key, value])


@opcode(b"u")
def _set_items(m: Machine) -> None:
    items = m.drop_mark()
    _put_all(m, m.top(), items)


@opcode(b"a")
def _append(m: Machine) -> None:
    m.pop()
    _fill(m, m.top(), "append")


@opcode(b"e")
def _appends(m: Machine) -> None:
    m.drop_mark()
    _fill(m, m.top(), "append")


@opcode(b"\x90")
def _add_items(m: Machine) -> None:
    m.drop_mark()
    _fill(m, m.top(), "add")


# Stack and memo -------------------------------------------------------------------------------------------------


@opcode(b"(")
def _mark(m: Machine) -> None:
    if len(m.below) > 10_000:
        m.unclear("marks within marks, more than 10,000 deep")
    m.below.append(m.stack)
    m.buried += len(m.stack)
    m.stack = []


@opcode(b"0")
def _pop(m: Machine) -> None:
    if m.stack:
        m.pop()
    else:
        m.drop_mark()


@opcode(b"1")
def _pop_mark(m: Machine) -> None:
    m.drop_mark()


@opcode(b"2")
def _duplicate(m: Machine) -> None:
    m.stack.append(m.top())


@opcode(b".")
def _stop(m: Machine) -> None:
    m.top()
    raise StopStream


def _index(m: Machine) -> int:
    text = m.line()
    if not _INDEX.fullmatch(text):
        m.unclear("a memo index in an unusual form")
    try:
        return int(text[:64])
    except ValueError:
        raise BrokenStreamError("a memo index that is no number") from None


@opcode(b"g", b"h", b"j")
def _get(m: Machine) -> None:
    first = m.pos - 1
    code = m.buffer[first]
    index = _index(m) if code == ord("g") else m.number(1 if code == ord("h") else 4)
    if m.memo.is_passed(index):
        m.stack.append(Run(m, first, m.pos, 1, framed=m.proto >= 4))
        return
    try:
        m.stack.append(m.memo.get(index))
    except KeyError:
        raise BrokenStreamError(f"memo {index} is empty") from None


def _put(m: Machine, index: int) -> None:
    if index < 0:
        raise BrokenStreamError("a negative memo index")
    if index > len(m.window):
        m.unclear("a memo index that makes the reader reserve memory for nothing")
    m.memo.put(index, m.top(), m.pos)


for _code, _width in ((b"q", 1), (b"r", 4)):
    _sized(_code, _width, _put)
OPCODES[ord("p")] = lambda m: _put(m, _index(m))


@opcode(b"\x94")
def _memoize(m: Machine) -> None:
    m.memo.add(m.top(), m.pos)


# Protocol -------------------------------------------------------------------------------------------------------


@opcode(b"\x80")
def _proto(m: Machine) -> None:
    version = m.number(1)
    if version > 5:
        raise BrokenStreamError(f"pickle protocol {version} does not exist")
    if m.stack or m.below or m.proto:
        m.unclear("the protocol changes within a pickle")
    m.proto = version


@opcode(b"\x95")
def _frame(m: Machine) -> None:
    size = m.number(8)
    if m.pos + size > m.end:
        raise BrokenStreamError("a frame reaches beyond the end")
    if m.frame_end not in {NOWHERE, m.pos - 9}:
        m.unclear("a frame within a frame")
    m.frame_end = m.pos + size


@opcode(b"\x97", b"\x98")
def _buffer(m: Machine) -> None:
    """Out-of-band buffers: without them, as from a file, the reader stops."""
    m.unclear("asks for a buffer that is kept elsewhere")
    if m.buffer[m.pos - 1] == 0x97:
        m.stack.append(Unknown("a buffer kept elsewhere"))
