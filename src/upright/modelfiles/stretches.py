"""Long runs of plain values in a pickle, stepped over at once and followed by instruction only if somebody asks.

A run pushes values and keeps some, and does nothing else: it neither looks at the stack below it nor changes what stood
before. So it may be followed later, and then gives what following it at once would have given.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from upright.modelfiles import grammar
from upright.modelfiles.grammar import ATOMS, STARTS, VALUES, Manner

if TYPE_CHECKING:
    from upright.modelfiles.machine import Machine

ATOMS_AFTER, NESTED_AFTER = 1 << 13, 1 << 16
"""After so many instructions runs are looked for: of numbers and texts, and of containers; expressions cost time."""
NOWHERE = 1 << 62
_SPAN = 1 << 16
_FEW, _MANY = 8, 64
_FIRST_PAUSE, _LONGEST_PAUSE, _CUT = 1 << 7, 1 << 16, 1 << 12
_APART = 3
_MOST_MARKS = 9_000
_FORGET_EVERY = 1 << 22
_TAKING = frozenset(b"eut\x90\x91dl1")
"""Instructions that take all down to the mark, so that no value of a run before them is looked at alone."""


@dataclass(slots=True, eq=False)
class Run:
    """``count`` values that the bytes ``start`` to ``stop`` push; ``place`` is the first that they keep, once known."""

    machine: "Machine"
    start: int
    stop: int
    count: int
    framed: bool
    place: int = -1
    _made: tuple[list[Any], list[Any]] | None = field(default=None)

    def values(self) -> list[Any]:
        """What it pushes."""
        return self._follow()[0]

    def kept(self, ordinal: int) -> Any:
        """The value it keeps as its ``ordinal``-th; a text is read where it stands."""
        if self._made is None:
            text = self.machine.memo.texts_of(self)[ordinal]
            if text is not None:
                return text
        return self._follow()[1][ordinal]

    def places(self) -> list[bytes]:
        """The instructions that keep a value or read a place, in order."""
        found = grammar.readers(framed=self.framed).places.findall(self.machine.buffer, self.start, self.stop)
        return [one for one in found if one]

    def keeping(self, places: list[bytes] | None = None) -> list[bytes]:
        """Of these the ones that keep."""
        codes = b"\x94" if self.framed else b"qr"
        return [one for one in (self.places() if places is None else places) if one[0] in codes]

    def texts(self) -> list[str | None]:
        """What it keeps, in order: texts, and None for what is none."""
        code, head = (b"\x8c", 2) if self.framed else (b"X", 5)
        found = grammar.readers(framed=self.framed).kept.findall(self.machine.buffer, self.start, self.stop)
        return [one[head:].decode("utf-8", "surrogatepass") if one[:1] == code else None for one in found if one]

    def _follow(self) -> tuple[list[Any], list[Any]]:
        if self._made is None:
            self._made = self.machine.follow(self)
        return self._made


def size_of(items: list[Any]) -> int:
    """How many values stand there."""
    return sum(item.count if type(item) is Run else 1 for item in items)


def has_runs(items: list[Any]) -> bool:
    """Whether runs are among them."""
    return any(type(item) is Run for item in items)


def made(items: list[Any]) -> list[Any]:
    """The values themselves."""
    if not has_runs(items):
        return items
    return [value for item in items for value in (item.values() if type(item) is Run else (item,))]


# The machine's way in -------------------------------------------------------------------------------------------


class Seeker:
    """Where the machine of one stream looks for the next run, and in which manner it found the last."""

    __slots__ = ("forgotten", "loose", "nested", "next", "pause")

    def __init__(self) -> None:
        self.next = NOWHERE
        self.pause = _FIRST_PAUSE
        self.nested = self.loose = False
        self.forgotten = 0

    def after(self, steps: int) -> None:
        """So many instructions were followed."""
        if self.next == NOWHERE and steps >= ATOMS_AFTER:
            self.next = 0
        self.nested = self.nested or steps >= NESTED_AFTER

    def found(self, run: Run, stop: int) -> None:
        """From ``stop`` on it may look again."""
        if run.count >= _MANY:
            self.pause = _FIRST_PAUSE
        self.next = stop

    def failed(self, first: int, cut: int) -> None:
        """It looks again after a while, longer each time; but what is cut at once says nothing of what follows."""
        if cut > _CUT:
            self.pause = min(2 * self.pause, _LONGEST_PAUSE)
        self.next = first + self.pause


def pass_over(m: "Machine", first: int) -> bool:
    """Steps over the run that begins at ``first``, if one does; then the machine stands behind it."""
    if m.buffer[first] not in STARTS or len(m.below) > _MOST_MARKS or not m.memo.is_dense:
        return False
    seeker = m.seeker
    for loose in (seeker.loose, not seeker.loose):
        found = _run(m, first, loose=loose)
        if found is not None:
            run, stop, is_strict = found
            seeker.loose = not is_strict
            seeker.found(run, stop)
            m.pos = run.stop
            m.stack.append(run)
            if m.pos - seeker.forgotten > _FORGET_EVERY:
                seeker.forgotten = m.pos
                m.window.forget(m.pos)
            return True
    seeker.failed(first, min(m.end, m.frame_end) - first)
    return False


def _run(m: "Machine", first: int, *, loose: bool) -> tuple[Run, int, bool] | None:
    """The run, checked and taken over by the memo; where looking for it ended; whether it needs no loose manner."""
    limit = min(m.end, m.frame_end, first + _SPAN)
    manner = Manner(framed=m.proto >= 4, power=0 if loose else grammar.power_of(m.memo.settled), loose=loose)
    steps = _steps(m, first, limit, manner)
    stop = steps[-1][0] if steps else first
    is_cut = limit < m.end and limit - stop <= _CUT
    if stop < m.end and not is_cut and m.buffer[stop] not in _TAKING:
        apart = 0
        while steps and apart < _APART:
            apart += steps.pop()[1]
    count = sum(size for _, size in steps)
    if count < _FEW:
        return None
    run = Run(m, first, steps[-1][0], count, manner.framed)
    places = run.places() if loose or not manner.framed else None
    is_strict = not loose or _is_strict(m, run, places or [])
    if is_strict is None or not m.memo.take_over(run, None if places is None else run.keeping(places)):
        return None
    return run, stop, is_strict


def _steps(m: "Machine", first: int, limit: int, manner: Manner) -> list[tuple[int, int]]:
    """The end of each match and its number of values."""
    tried = [(grammar.atoms(manner, ATOMS), ATOMS), (grammar.atoms(manner, _FEW), _FEW)]
    if m.seeker.nested:
        tried.append((grammar.values(manner), VALUES))
    tried.append((grammar.atoms(manner, 1), 1))
    steps = []
    at = first
    for pattern, size in tried:
        while (found := pattern.match(m.buffer, at, limit)) is not None:
            at = found.end()
            steps.append((at, size))
    return steps


def _is_strict(m: "Machine", run: Run, places: list[bytes]) -> bool | None:
    """Whether a run needs no loose manner; None if it is not even right in it.

    Right: each text is UTF-8, and each place that is read is taken by then.
    """
    m.memo.settle()
    taken, sure = m.memo.settled, 1 << grammar.power_of(m.memo.settled)
    is_strict = True
    for one in places:
        if one[0] in b"hj":
            place = int.from_bytes(one[1:], "little")
            if place >= taken:
                return None
            is_strict = is_strict and place < sure
        else:
            taken += 1
    texts = b"".join(grammar.readers(framed=run.framed).texts.findall(m.buffer, run.start, run.stop))
    try:
        texts.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
    return is_strict and texts.isascii()
