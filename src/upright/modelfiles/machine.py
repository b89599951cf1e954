"""An interpreter for pickle streams that makes nothing: it follows stack, memo and marks, and knows each value by kind.

It must never stop before Python would (that is where code hides) and never know less than Python about a name.
Where Python's two unpicklers differ, or where only a broken writer goes, the stream goes on and is noted: not clean.
Source: CPython 3.11 ``Lib/pickle.py``, ``Modules/_pickle.c`` and ``Lib/pickletools.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from upright.modelfiles.allowlist import AllowList
from upright.modelfiles.limits import BrokenStreamError, Budget, LimitError, memory_used
from upright.modelfiles.memo import Memo, Reread
from upright.modelfiles.report import Findings
from upright.modelfiles.runs import Run, made
from upright.modelfiles.shapes import Step
from upright.modelfiles.storages import Storages
from upright.modelfiles.stretches import NOWHERE, Seeker, pass_over
from upright.modelfiles.window import Window

_COUNT_EVERY = 1 << 13


class StopStream(Exception):  # noqa: N818 - the end of a stream is no error
    """A stream came to its STOP."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How one stream ended: after its STOP, or where it broke."""

    stop: int | None
    value: Any = None
    why: str = ""
    at: int = 0


class Machine:
    """Follows one pickle stream of ``window``; offsets are from the window's start.

    ``joblib``: after the state of a joblib array wrapper come the array's own bytes, as ``joblib.load`` reads them.
    ``storages``: those of a torch file; a persistent id may name one of these and nothing else.
    """

    def __init__(
        self,
        window: Window,
        allow: AllowList,
        findings: Findings,
        budget: Budget,
        *,
        joblib: bool = False,
        storages: Storages | None = None,
        memo: Memo | None = None,
    ) -> None:
        self.window = window
        self.allow = allow
        self.findings = findings
        self.budget = budget
        self.joblib = joblib
        self.unlisted: dict[str, int] = {}
        self.storages = storages
        self.wrappers = 0
        self.buffer = window.buffer
        self.end = window.stop
        self.pos = window.start
        self.proto = 0
        self.frame_end = NOWHERE
        self.memo = Memo() if memo is None else memo
        self.seeker = Seeker()
        self.made = self.buried = 0
        self.memory = 0
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []

    def run(self, start: int = 0) -> Ended:
        """Follows the stream from ``start`` to its STOP or its break."""
        self.pos = self.window.start + start
        self.proto, self.frame_end = 0, NOWHERE
        self.stack, self.below = [], []
        self.buried, self.memory = 0, memory_used()
        try:
            self._loop()
        except StopStream:
            self._check_frame("the stream stops")
            return Ended(self.pos - self.window.start, value=self.stack[-1])
        except BrokenStreamError as why:
            return Ended(None, why=str(why), at=self.offset)

    @property
    def offset(self) -> int:
        """Where in the window we are."""
        return self.pos - self.window.start

    def _loop(self) -> NoReturn:
        buffer, end, table, seeker = self.buffer, self.end, OPCODES, self.seeker
        done = 0
        steps: list[Step] | None = None
        try:
            while True:
                if not done & (_COUNT_EVERY - 1):
                    steps = self._count(done, steps)
                pos = self.pos
                if pos >= self.frame_end:
                    self._check_frame("an instruction")
                if pos >= end:
                    raise BrokenStreamError("the pickle ends without STOP")
                done += 1
                if steps is not None:
                    steps.append((pos, len(self.stack), len(self.below)))
                elif pos >= seeker.next and pass_over(self, pos):
                    continue
                self.pos = pos + 1
                handler = table[buffer[pos]]
                if handler is None:
                    self.pos = pos
                    raise BrokenStreamError(f"byte 0x{buffer[pos]:02x} is no pickle instruction")
                handler(self)
        finally:
            self.budget.steps(done & (_COUNT_EVERY - 1))

    def _count(self, done: int, steps: list[Step] | None) -> list[Step] | None:
        """Every so many instructions: what they used up; where the next ones are noted, if objects are learnt of."""
        self.budget.steps(_COUNT_EVERY if done else 0)
        limits = self.budget.limits
        if len(self.stack) + self.buried + len(self.memo) + len(self.unlisted) + self.made > limits.values:
            raise LimitError(f"holds more than {limits.values} values at once")
        if len(self.below) > limits.marks:
            raise LimitError(f"opens more than {limits.marks} containers within each other")
        if memory_used() - self.memory > limits.memory:
            raise LimitError(f"needs more than {limits.memory >> 20} MB of memory to be followed")
        self.window.forget(self.pos)
        self.seeker.after(done)
        if steps is not None:
            self.seeker.learn(self, steps)
            return None
        return [] if self.seeker.will_learn(done) else None

    def follow(self, run: Run) -> tuple[list[Any], list[Any]]:
        """What a run pushes and what it keeps, instruction by instruction; this machine stays where it is.

        Raises:
            LimitError: it pushes other values than were counted, or does not stop where it was seen to stop.
        """
        findings, memo = Findings(), Reread(run)
        inner = self.aside(run.start, memo, findings)
        inner.end = run.stop
        done = 0
        try:
            while inner.pos < run.stop and inner.step():
                done += 1
        except (BrokenStreamError, StopStream):
            inner.pos = -1
        self.budget.steps(done)
        self.made += run.count + len(memo.own)
        if inner.pos != run.stop or inner.below or len(inner.stack) != run.count or findings.detections():
            raise LimitError("holds plain values that are not what they looked like")
        return inner.stack, memo.own

    def aside(self, at: int, memo: Memo, findings: Findings) -> "Machine":
        """Another machine on the same bytes, from ``at`` on."""
        inner = Machine(self.window, self.allow, findings, self.budget, memo=memo)
        inner.pos, inner.proto = at, self.proto
        return inner

    def step(self) -> bool:
        """Follows one instruction, wherever frames end; False where none stands."""
        handler = OPCODES[self.buffer[self.pos]]
        if handler is not None:
            self.pos += 1
            handler(self)
        return handler is not None

    def _check_frame(self, what: str) -> None:
        if self.frame_end not in {NOWHERE, self.pos}:
            self.unclear(f"{what} does not agree with the pickle's frames")
        self.frame_end = NOWHERE

    def unclear(self, what: str) -> None:
        """Notes something that readers understand differently, or that no writer writes."""
        self.findings.suspicious(what, offset=self.offset)

    # Arguments ------------------------------------------------------------------------------------------------

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        return self.buffer[self.skip(count) : self.pos]

    def skip(self, count: int) -> int:
        """Steps over ``count`` bytes and says where they start in the buffer."""
        first = self.pos
        if count < 0 or first + count > self.end:
            raise BrokenStreamError("an argument reaches beyond the end")
        self.pos = first + count
        return first

    def number(self, count: int, *, signed: bool = False) -> int:
        """A little-endian number of ``count`` bytes."""
        return int.from_bytes(self.take(count), "little", signed=signed)

    def line(self) -> bytes:
        """The text up to the next newline; at the end of the file Python drops the last byte instead and goes on."""
        at = self.buffer.find(b"\n", self.pos, self.end)
        if at < 0:
            text = self.buffer[self.pos : self.end][:-1]
            self.pos = self.end
            return text
        text = self.buffer[self.pos : at]
        self.pos = at + 1
        return text

    # Stack ----------------------------------------------------------------------------------------------------

    def pop(self) -> Any:
        """The top of the stack above the last mark."""
        value = self.top()
        self.stack.pop()
        return value

    def top(self) -> Any:
        """The same, left where it is."""
        if not self.stack:
            raise BrokenStreamError("the stack is empty")
        value = self.stack[-1]
        if type(value) is Run:
            self.stack[-1:] = value.values()
            return self.stack[-1]
        return value

    def pop_mark(self) -> list[Any]:
        """What lies above the last mark; the mark goes too."""
        return made(self.drop_mark())

    def drop_mark(self) -> list[Any]:
        """The same, where runs stand as they are."""
        if not self.below:
            raise BrokenStreamError("there is no mark")
        items = self.stack
        self.stack = self.below.pop()
        self.buried -= len(self.stack)
        return items


Handler = Callable[[Machine], None]
OPCODES: list[Handler | None] = [None] * 256


def opcode(*codes: bytes) -> Callable[[Handler], Handler]:
    """Registers the handler of one or more instructions."""

    def register(handler: Handler) -> Handler:
        for code in codes:
            OPCODES[code[0]] = handler
        return handler

    return register


def constant(code: bytes, value: Any) -> None:
    """Registers an instruction that pushes one value."""
    OPCODES[code[0]] = lambda m: m.stack.append(value)
