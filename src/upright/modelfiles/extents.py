"""How far plain values go from a place in a pickle: by expressions, and by hand where containers lie deeper."""

from functools import partial
from re import Pattern

from upright.modelfiles.grammar import (
    ATOMS,
    EMPTIES,
    FEW,
    FLAT,
    LONG,
    LONG_HEADS,
    VALUES,
    Expressions,
    Parts,
)
from upright.modelfiles.runs import Stream
from upright.modelfiles.values import LONGEST_TEXT

OPENING = frozenset(b"(]}\x8f")
_DEEPEST = 60
_DICT, _APPEND, _SET, _MARK = b"}as("
_EMPTY = frozenset(b"]}")
_NEAR = 256
"""So few bytes before the end of a frame deeper containers are not looked for: most of them are cut off there."""
_DEEPER_AFTER = (8, 2_048)
"""So many containers that are not of atoms alone, and long texts, are left to the machine; more with shapes of objects,
where the expressions for them take up to a second to compile."""


def steps_from(m: Stream, first: int, limit: int, taken: Expressions, long: dict[int, int]) -> list[tuple[int, int]]:
    """The end of each match and its number of values; into ``long`` go the long texts among them."""
    steps: list[tuple[int, int]] = []
    at = first
    repeat = partial(_repeat, m, limit=limit, steps=steps)
    if taken.atoms(FEW).match(m.buffer, at, limit) is not None:  # else the larger are not compiled
        for count in (*ATOMS, FEW):
            at = repeat(taken.atoms(count), at, count=count)
    if m.seeker.nested:
        if at < limit and m.buffer[at] in _EMPTY:
            at = repeat(taken.empties, at, count=EMPTIES)
        at = _flat(m, taken, at, limit, steps)
        if at < limit and _may_nest(m, at, limit, is_first=at == first):
            at = _nested(m, taken, at, limit, steps, long)
    repeat(taken.atoms(1), at, count=1)
    m.budget.steps(len(steps) + len(long) // 4)
    return steps


def _flat(m: Stream, taken: Expressions, at: int, limit: int, steps: list[tuple[int, int]]) -> int:
    """Where containers of atoms end that begin at ``at``."""
    if taken.flat(1).match(m.buffer, at, limit) is not None:
        for count in (*FLAT, 1):
            at = _repeat(m, taken.flat(count), at, limit=limit, steps=steps, count=count)
    return at


def _may_nest(m: Stream, at: int, limit: int, *, is_first: bool) -> bool:
    """Whether to look for a deeper container or a long text there: these expressions cost more than all others.

    A mark where a run would begin is likely that of a batch of items.
    """
    code = m.buffer[at]
    if code in LONG_HEADS:
        if _long_text(m, at, limit) is None:
            return False
    elif code not in OPENING or (is_first and code == _MARK) or (not is_first and limit - at < _NEAR):
        return False
    m.seeker.deeper += 1
    return bool(m.seeker.deeper > _DEEPER_AFTER[bool(m.seeker.learnt.shapes)])


def _nested(
    m: Stream, taken: Expressions, at: int, limit: int, steps: list[tuple[int, int]], long: dict[int, int]
) -> int:
    """The same of containers of any depth and of long texts."""
    deep: int | None = at
    while deep is not None:
        at = _repeat(m, taken.values, deep, limit=limit, steps=steps, count=VALUES)
        deep = _deep(m, taken.parts, at, limit, _DEEPEST, long)
        if deep is not None:
            steps.append((deep, 1))
    return at


def _repeat(
    m: Stream, pattern: Pattern[bytes], at: int, *, limit: int, steps: list[tuple[int, int]], count: int
) -> int:
    while (found := pattern.match(m.buffer, at, limit)) is not None:
        at = found.end()
        steps.append((at, count))
    return at


def _deep(m: Stream, parts: Parts, at: int, limit: int, levels: int, long: dict[int, int]) -> int | None:
    """Where the container ends that begins at ``at``, if it is of plain values to its end; or the long text."""
    code = m.buffer[at] if at < limit else 0
    if code in LONG_HEADS:
        return _long(m, parts, at, limit, long)
    opened = parts.opens[code].match(m.buffer, at, limit) if code in parts.opens and levels else None
    if opened is None:
        return None
    at = opened.end()
    if opened[1] is None:
        return _alone(m, parts, at, limit, levels, long, is_dict=code == _DICT)
    while True:
        items = parts.items[code].match(m.buffer, at, limit)
        at = at if items is None else items.end()
        closed = parts.closes[code].match(m.buffer, at, limit)
        if closed is not None:
            return closed.end()
        if code == _DICT:
            key = parts.key.match(m.buffer, at, limit)
            if key is None:
                return None
            at = key.end()
        inside = _deep(m, parts, at, limit, levels - 1, long)
        if inside is None:
            return None
        at = inside


def _long(m: Stream, parts: Parts, at: int, limit: int, long: dict[int, int]) -> int | None:
    """Where the long text ends that begins at ``at``, with what keeps it; None if it is short, cut off or broken.

    One longer than ``LONGEST_TEXT`` is not decoded, as the machine does not do so either.
    """
    text = _long_text(m, at, limit)
    if text is None:
        return None
    first, stop = text
    if stop - first <= LONGEST_TEXT:
        try:
            m.buffer[first:stop].decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return None
    long[at] = stop
    kept = parts.memo.match(m.buffer, stop, limit)
    return kept.end() if kept is not None else stop


def _long_text(m: Stream, at: int, limit: int) -> tuple[int, int] | None:
    """Where the text of an instruction starts and stops; None if it is short or cut off."""
    first = at + 1 + LONG_HEADS[m.buffer[at]]
    stop = first + int.from_bytes(m.buffer[at + 1 : first], "little")
    return None if stop - first < LONG or stop > limit else (first, stop)


def _alone(m: Stream, parts: Parts, at: int, limit: int, levels: int, long: dict[int, int], *, is_dict: bool) -> int:
    """Where the one item ends that is put into the container before ``at``; there, if it stays empty."""
    inside: int | None = at
    if is_dict:
        key = parts.key.match(m.buffer, at, limit)
        inside = None if key is None else key.end()
    if inside is not None:
        value = parts.value.match(m.buffer, inside, limit)
        inside = _deep(m, parts, inside, limit, levels - 1, long) if value is None else value.end()
    if inside is None or inside >= limit or m.buffer[inside] != (_SET if is_dict else _APPEND):
        return at
    return inside + 1
