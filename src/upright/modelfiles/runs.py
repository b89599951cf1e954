"""Long runs of plain values in a pickle, stepped over at once and followed by instruction only if somebody asks.

A run pushes values and keeps some, and does nothing else: it neither looks at the stack below it nor changes what stood
before. So it may be followed later, and then gives what following it at once would have given.
"""

from dataclasses import dataclass, field
from re import Pattern
from typing import TYPE_CHECKING, Any, Protocol

from upright.modelfiles import grammar
from upright.modelfiles.allowlist import AllowList
from upright.modelfiles.limits import Budget
from upright.modelfiles.report import Findings
from upright.modelfiles.window import Buffer, Window

if TYPE_CHECKING:
    from array import array


class Stream(Protocol):
    """What runs ask of the machine that follows their stream; positions are those of ``buffer``."""

    window: Window
    buffer: Buffer
    allow: AllowList
    budget: Budget
    pos: int
    end: int
    proto: int
    frame_end: int
    memo: Any
    seeker: Any
    stack: list[Any]
    below: list[list[Any]]

    def follow(self, run: "Run") -> tuple[list[Any], list[Any]]:
        """What a run pushes and what it keeps."""

    def aside(self, at: int, memo: Any, findings: Findings) -> "Stream":
        """Another machine on the same bytes, from ``at`` on."""

    def step(self) -> bool:
        """Follows one instruction; False where none stands."""


@dataclass(slots=True, eq=False)
class Run:
    """``count`` values that the bytes ``start`` to ``stop`` push; ``place`` is the first that they keep, once known.

    ``long``: where the texts start and stop, by turns, that no expression took, each with its instruction.
    """

    machine: Stream
    start: int
    stop: int
    count: int
    framed: bool
    long: "array[int] | None" = None
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

    def readable(self) -> tuple[Buffer, int, int]:
        """Its instructions as the expressions read them, where they start and where they stop."""
        if self.long is None:
            return self.machine.buffer, self.start, self.stop
        edges = [self.start, *self.long, self.stop]
        between = zip(edges[::2], edges[1::2], strict=True)
        short = grammar.STANDS_FOR_LONG.join(self.machine.buffer[first:last] for first, last in between)
        return short, 0, len(short)

    def places(self) -> list[bytes]:
        """The instructions that keep a value or read a place, in order."""
        return _found(grammar.readers(framed=self.framed).places, self)

    def keeping(self, places: list[bytes] | None = None) -> list[bytes]:
        """Of these the ones that keep."""
        if places is None:
            return _found(grammar.readers(framed=self.framed).keeps, self)
        codes = b"\x94" if self.framed else b"qr"
        return [one for one in places if one[0] in codes]

    def texts(self) -> list[str | None]:
        """What it keeps, in order: texts, and None for what is none."""
        code, head = (b"\x8c", 2) if self.framed else (b"X", 5)
        found = grammar.readers(framed=self.framed).kept.findall(*self.readable())
        return [one[head:].decode("utf-8", "surrogatepass") if one[:1] == code else None for one in found if one]

    def _follow(self) -> tuple[list[Any], list[Any]]:
        if self._made is None:
            self._made = self.machine.follow(self)
        return self._made


def _found(pattern: Pattern[bytes], run: Run) -> list[bytes]:
    """What an expression of ``grammar.readers`` finds; at the end it finds nothing."""
    found: list[bytes] = pattern.findall(*run.readable())
    while found and not found[-1]:
        found.pop()
    return found


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
