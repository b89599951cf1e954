"""Long stretches of plain records in a pickle, stepped over at once by a regular expression.

A stretch is sixteen or more whole containers in a row (dicts, lists, tuples of numbers, short ASCII texts and what was
memoized before, and of such containers) and nothing else: no instruction in it names, calls or makes
anything. Each byte is matched as the argument or the instruction that Python would take it for, since no alternative
begins like another and no repetition gives back what it took. Whatever does not fit is left to the machine.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from upright.modelfiles.values import Bytes, Unknown

if TYPE_CHECKING:
    from upright.modelfiles.machine import Machine

GROUP = 16
LONGEST_TEXT, LONGEST_INNER_TEXT, LONGEST_KEY, LONGEST_RAW = 127, 63, 31, 32
_SPAN = 1 << 16
FIRST_PAUSE, _LONGEST_PAUSE, _CUT, _NEAR = 1 << 7, 1 << 20, 1 << 12, 1 << 12
_FORGET_EVERY = 1 << 22
PASSED = Unknown("one of many plain containers")
"""Stands for a container in a stretch; whatever is done with it but keeping it is suspicious."""


# The grammar ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grammar:
    """How one family of protocols writes plain records.

    ``memo`` is the instruction that memoizes, ``index`` of it what is captured. ``sixteen`` and ``one`` match
    containers; ``memoized`` what leads to the next memoizing and its index; ``values`` what it memoizes.
    """

    sixteen: re.Pattern[bytes]
    one: re.Pattern[bytes]
    memoized: re.Pattern[bytes]
    values: re.Pattern[bytes]


def _sized(code: bytes, longest: int, content: bytes, zeros: bytes = b"") -> bytes:
    """An instruction with the length and as many bytes of ``content``."""
    lengths = (re.escape(bytes([n])) + zeros + content + b"{%d}+" % n for n in range(1, longest + 1))
    return code + b"(?:" + b"|".join((*lengths, rb"\x00" + zeros)) + b")"


def _gets(solid: int) -> bytes:
    """Memo reads that are sure to find something when the first ``solid`` places are taken; at least 256 are."""
    if solid >= 1 << 24:
        return b"h.|j...\\x00"
    if solid >= 1 << 20:
        return b"h.|j..[\\x00-\\x0f]\\x00"
    if solid >= 1 << 16:
        return b"h.|j..\\x00\\x00"
    if solid >= 1 << 12:
        return b"h.|j.[\\x00-\\x0f]\\x00\\x00"
    return b"h."


_ASCII = rb"[\x00-\x7f]"
_OFTEN = rb"h.J.{4}|h.K.|h.G.{8}|h.M.."  # a number under a key that stood before: half the time of the general way
_NUMBER = (
    rb"K.|M..|J.{4}|G.{8}|[N\x88\x89]|\x8a(?:\x00|\x01.|\x02..|\x03...|\x04.{4}|\x05.{5}|\x06.{6}|\x07.{7}|\x08.{8})"
)


@cache
def _grammar(framed: bool, level: int) -> Grammar:
    memo = rb"(?:\x94)?+" if framed else b"(?:r.{4})?+"
    index = rb"(\x94)" if framed else b"r(.{4})"
    gets = _gets(level)

    def text(longest: int) -> bytes:
        return _sized(rb"\x8c", longest, _ASCII) if framed else _sized(b"X", longest, _ASCII, rb"\x00\x00\x00")

    raw = _sized(b"C", LONGEST_RAW, b".")
    atoms = _NUMBER + b"|" + text(LONGEST_INNER_TEXT) + memo + b"|" + gets + rb"|\)"
    atom = b"(?:" + atoms + b")"
    key = b"(?:" + gets + b"|" + text(LONGEST_KEY) + memo + b"|" + _NUMBER + b")"
    # Below, a container that writers would go on filling (none yet, or a batch of 1,000) is not taken: what follows it
    # would fill it, and what is passed over cannot be filled.
    inner = b"|".join(
        (
            _NUMBER,
            text(LONGEST_TEXT) + memo,
            gets,
            rb"\)",
            rb"\}" + memo + rb"(?:(?:\((?:" + key + atom + b")++u)++|" + key + atom + b"s|)",
            rb"\]" + memo + rb"(?:(?:\((?:" + atom + b")++e)++|" + atom + b"a|)",
            rb"\((?:" + atom + b")++t" + memo,
            raw + memo,
        )
    )
    container = b"|".join(
        (
            rb"\}" + memo + rb"(?:\((?:" + _OFTEN + b"|" + key + b"(?:" + inner + b")){1,999}+u|" + key + atom + b"s)",
            rb"\]" + memo + rb"(?:\((?:" + inner + b"){1,999}+e|" + atom + b"a)",
            rb"\((?:" + atom + b")++t" + memo,
            rb"(?:" + atom + rb"(?:\x85|" + atom + rb"(?:\x86|" + atom + rb"\x87)))" + memo,
        )
    )
    made = text(LONGEST_TEXT) + b"|" + raw + rb"|[}\]t\x85-\x87]"
    ends = rb"(?!\x94)" if framed else b"(?!r)"
    other = b"(?:" + _NUMBER + b"|h.|j.{4}|(?:" + made + b")" + ends + rb"|[()euas])*+"
    return Grammar(
        re.compile(b"(?:" + container + b"){%d}+" % GROUP, re.DOTALL),
        re.compile(b"(?:" + container + b")(?!b)", re.DOTALL),
        re.compile(other + b"(?:(?:" + made + b")" + index + rb"|\Z)", re.DOTALL),
        re.compile(other + b"(?:(" + made + b")" + index + rb"|\Z)", re.DOTALL),
    )


def _level(solid: int) -> int:
    return max((step for step in (1 << 8, 1 << 12, 1 << 16, 1 << 20, 1 << 24) if step <= solid), default=0)


# What a stretch memoizes ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stretch:
    """The bytes of a stretch."""

    buffer: Any
    start: int
    stop: int
    framed: bool

    def indices(self) -> list[bytes]:
        """Of each memoizing its index as written; where none is written, its instruction."""
        found = _grammar(self.framed, 1 << 8).memoized.findall(self.buffer, self.start, self.stop)
        return [index for index in found if index]

    def values(self) -> Iterator[Any]:
        """What is memoized, in order."""
        for match in _grammar(self.framed, 1 << 8).values.finditer(self.buffer, self.start, self.stop):
            made = match[1]
            if made is None:
                return
            if made[:1] in {b"\x8c", b"X"}:
                yield made[2 if self.framed else 5 :].decode("ascii")
            else:
                yield Bytes(len(made) - 2) if made[:1] == b"C" else PASSED


# The machine's way in -------------------------------------------------------------------------------------------


def pass_over(m: "Machine", first: int) -> bool:
    """Steps over the stretch that begins at ``first``, if one does; then the machine stands behind it."""
    memo, near = m.memo, first - m.passed < _NEAR
    if first < m.next_stretch or (len(m.stack) < GROUP and not near):
        return False
    if m.proto < 2 or memo.settled < 1 << 8 or not memo.is_dense:
        return False
    framed = m.proto >= 4
    grammar = _grammar(framed, _level(memo.settled))
    at, count = first, 0
    limit = min(m.end, m.frame_end)
    while (found := grammar.sixteen.match(m.buffer, at, min(limit, at + _SPAN))) is not None:
        at = found.end()
        count += GROUP
    if not count:
        if limit - first > _CUT:  # what a frame cuts says nothing of what follows
            m.pause = min(2 * m.pause, _LONGEST_PAUSE)
            m.next_stretch = first + m.pause
        return False
    while (found := grammar.one.match(m.buffer, at, min(limit, at + _SPAN))) is not None:
        at = found.end()
        count += 1
    stretch = Stretch(m.buffer, first, at, framed)
    if not memo.take_over(stretch):
        m.next_stretch = at
        return False
    m.pause = FIRST_PAUSE
    m.pos = m.passed = at
    m.stack.extend([PASSED] * count)
    if at - m.forgotten > _FORGET_EVERY:
        m.forgotten = at
        m.window.forget(at)
    return True
