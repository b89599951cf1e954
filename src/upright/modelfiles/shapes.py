"""Objects that a pickle builds over and over: learnt from its own instructions, so that runs may hold them.

A *shape* is the exact instructions that built one object. Those of its arguments that no guard looks at are left open:
that is proven by following the shape with values of which only the kind is known. What it reads of the memo stands
fixed, so the proof holds for every object of the shape as long as these places hold what they held.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from upright.modelfiles.grammar import KEPT, TEXT, WHOLE, Encoded, Manner, Part, Shape, object_of
from upright.modelfiles.limits import BrokenStreamError, LimitError
from upright.modelfiles.report import Findings
from upright.modelfiles.runs import Stream
from upright.modelfiles.states import BOOSTERS
from upright.modelfiles.values import INTEGER, LONG_TEXT, Bytes, Global, Instance, LongText, Some

Step = tuple[int, int, int]
"""Of a followed instruction: where it stands, and how many values and marks there were before it."""
_MOST_SHAPES, _MOST_TEXTS, _MOST_PROOFS = 8, 3, 60
_LONGEST, _FARTHEST, _LEAST = 120, 400, 4
_LONGEST_RAW, _LONGEST_OTHER = 255, 120
_LONGEST_ENCODED = 32
_HEAD_OF_TEXT = 5
_SOME_SIZE = -2
"""Of bytes whose size no guard may rely on; -1 is taken for any size."""
_TEXTS, _WHOLES, _GETS = b"X\x8c", b"KMJ\x8a", b"hj"
_RAW = {ord("C"): 2, 0x96: 9}
_CALLS = b"R\x81"
_ENDS = b"R\x81buesa\x90"
_ALLOWED = frozenset(b"KMJGN\x88\x89\x8aX\x8cChj)]}(eutas\x85\x86\x87R\x81b\x94qr\x8f\x90\x91\x96")
_KEEPABLE, _KEEPS = b"X\x8cC\x96}]tbR\x81\x85\x86\x87\x8f\x91", b"\x94qr"
"""What ``grammar.readers`` finds to be kept where a keeping instruction follows."""
_OTHERWISE = (b"\x94\x8c", b"qrX")
"""By whether the protocol is 4 or later: what its writers do not write. ``grammar.readers`` do not read it in runs."""
_TARGET = {ord("b"): -2, ord("a"): -2, ord("s"): -3}
_FILLS = b"ue\x90"
_UNFIT = BOOSTERS | {"joblib_array"}
"""What needs more than its instructions: the bytes that follow, or a look at the bytes it holds."""


class _CountedText(LongText):
    """A text of which only the number of characters is known."""

    __slots__ = ()


class _UnprovenError(Exception):
    """The instructions do something that is not the same for each object."""


@dataclass(slots=True)
class Learnt:
    """The shapes of one stream, and what they rely on: instances in the memo with what was known of them."""

    shapes: tuple[Shape, ...] = ()
    rewrites: int = 0
    relied: list[tuple[Instance, Any, int]] = field(default_factory=list)

    def holds(self, m: Stream) -> bool:
        """Whether the memo's places still hold what the proofs were made with."""
        return m.memo.rewrites == self.rewrites and all(
            one.facts is facts and one.builds == builds for one, facts, builds in self.relied
        )


def learn(m: Stream, steps: list[Step], before: Learnt) -> Learnt:
    """The shapes of the objects that were built in ``steps``, the most frequent ones, beside those known ``before``."""
    if not before.holds(m):
        before = Learnt(rewrites=m.memo.rewrites)
    proofs, manner = _Proofs(m), Manner(framed=m.proto >= 4, power=0, any_text=True)
    counts: Counter[Shape] = Counter()
    known: list[tuple[re.Pattern[bytes], Shape]] = []
    for number, (at, values, marks) in enumerate(steps):
        if m.buffer[at] not in _CALLS:
            continue
        start = _start(m, steps, number, values - 2, marks)
        if start is None:
            continue
        found = next((shape for pattern, shape in known if pattern.match(m.buffer, start)), None)
        if found is None and proofs.tried < _MOST_PROOFS:
            found = proofs.shape(start)
            if found is not None:
                known.insert(0, (re.compile(object_of(manner, found), re.DOTALL), found))
        if found is not None:
            counts[found] += 1
    kept = list(before.shapes)
    texts = sum(shape.count(TEXT) for shape in kept)
    for shape, count in counts.most_common():
        texts += shape.count(TEXT)
        if count >= _LEAST and len(kept) < _MOST_SHAPES and shape not in kept and texts <= _MOST_TEXTS:
            kept.append(shape)
    longest_first = tuple(sorted(kept, key=lambda shape: -len(shape)))
    return Learnt(longest_first, m.memo.rewrites, [*before.relied, *proofs.relied.values()])


def _start(m: Stream, steps: list[Step], number: int, values: int, marks: int) -> int | None:
    """Where the function was read from the memo that is called by this step, with so many values before it."""
    for at, count, depth in reversed(steps[max(0, number - _FARTHEST) : number]):
        if depth < marks or (depth == marks and count < values):
            return None
        if depth == marks and count == values:
            return at if m.buffer[at] in _GETS else None
    return None


class _Memo:
    """What a shape reads of the memo; what it keeps is kept by nobody."""

    def __init__(self, m: Stream, relied: dict[int, tuple[Instance, Any, int]]) -> None:
        self._m = m
        self._relied = relied
        self.settled = 0

    def is_passed(self, index: int) -> bool:  # noqa: ARG002 - what runs keep is asked for as well
        return False

    def get(self, index: int) -> Any:
        value = self._m.memo.get(index)
        self._rely(value)
        return value

    def add(self, value: Any, at: int) -> None:
        """MEMOIZE."""

    def put(self, index: int, value: Any, at: int) -> None:
        """PUT."""

    def _rely(self, value: Any) -> None:
        if isinstance(value, tuple):
            for part in value:
                self._rely(part)
        elif isinstance(value, Instance):
            self._relied.setdefault(id(value), (value, value.facts, value.builds))
        elif not (value is None or isinstance(value, Global | str | int | float | Bytes | Some)):
            raise _UnprovenError


class _Proofs:
    """Follows shapes on a machine of their own."""

    def __init__(self, m: Stream) -> None:
        self.m = m
        self.tried = 0
        self.relied: dict[int, tuple[Instance, Any, int]] = {}

    def shape(self, start: int) -> Shape | None:
        """Of the object whose instructions begin there."""
        self.tried += 1
        ends = self._follow(start, {}, None)
        if not ends:
            return None
        stop = ends[-1]
        places = self._places(start, stop)
        open_ones: dict[int, Part] = {}
        for (at, code), (end, _) in zip(places, [*places[1:], (stop, 0)], strict=True):
            for part in self._openings(at, code, end):
                wider = {**open_ones, at: part}
                if self._follow(start, wider, stop)[-1:] == [stop]:
                    open_ones = wider
                    break
        return self._parts(places, stop, open_ones)

    def _openings(self, at: int, code: int, end: int) -> list[Part]:
        """How an argument may be left open, the widest way first."""
        if code in _WHOLES:
            return [WHOLE]
        if code not in _TEXTS:
            return []
        if code != ord("X") or end - at > _HEAD_OF_TEXT + 2 * _LONGEST_ENCODED:
            return [TEXT]
        count = len(self.m.buffer[at + _HEAD_OF_TEXT : end].decode("utf-8", "surrogatepass"))
        return [TEXT, Encoded(count)] if 0 < count <= _LONGEST_ENCODED else [TEXT]

    def _places(self, start: int, stop: int) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        self._follow(start, {}, stop, found)
        return [(at, self.m.buffer[at]) for at, _ in found]

    def _parts(self, places: list[tuple[int, int]], stop: int, open_ones: dict[int, Part]) -> Shape:
        buffer = self.m.buffer
        parts: list[Part] = []
        for (at, code), (end, _) in zip(places, [*places[1:], (stop, 0)], strict=True):
            if at in open_ones:
                parts.append(open_ones[at])
            elif code in _KEEPS:
                parts.append(KEPT)
            elif code in _RAW:
                head = _RAW[code]
                parts.append(re.escape(buffer[at : at + head]) + b".{%d}" % (end - at - head))
            elif code == ord("G"):
                parts.append(b"G.{8}")
            else:
                parts.append(re.escape(buffer[at:end]))
        return tuple(parts)

    def _follow(
        self, start: int, open_ones: dict[int, Part], stop: int | None, seen: list[tuple[int, int]] | None = None
    ) -> list[int]:
        """Where one whole object was there, up to what is not the same for each; open arguments known by kind alone."""
        m, findings = self.m, Findings()
        ends: list[int] = []
        inner = m.aside(start, _Memo(m, self.relied), findings)
        outer: set[int] = set()
        last = 0
        try:
            for _ in range(_LONGEST):
                at = inner.pos
                if at >= inner.end or at == stop:
                    break
                code = m.buffer[at]
                if code not in _ALLOWED:
                    break
                if code in _KEEPS and last not in _KEEPABLE:
                    break
                if code in _OTHERWISE[m.proto >= 4]:
                    break
                last = code
                self._demand_own(inner, code, outer)
                inner.step()
                m.budget.steps(1)
                if findings.detections():
                    break
                if inner.pos - at > (_LONGEST_RAW if code in _RAW else _LONGEST_OTHER):
                    break
                self._look(inner, at, code, open_ones, outer)
                if seen is not None:
                    seen.append((at, code))
                is_end = code in _ENDS or (code in _KEEPS and ends[-1:] == [at])
                if is_end and len(inner.stack) == 1 and not inner.below:
                    ends.append(inner.pos)
        except (_UnprovenError, BrokenStreamError, LimitError, TypeError, KeyError, ValueError, AttributeError):
            pass
        return ends

    @staticmethod
    def _demand_own(inner: Stream, code: int, outer: set[int]) -> None:
        """What an instruction changes was made by the shape itself."""
        stack: list[Any] = []
        if code in _FILLS:
            stack, place = (inner.below[-1] if inner.below else []), -1
        else:
            stack, place = inner.stack, _TARGET.get(code, 0)
        if place and (len(stack) < -place or id(stack[place]) in outer):
            raise _UnprovenError

    @staticmethod
    def _look(inner: Stream, at: int, code: int, open_ones: dict[int, Part], outer: set[int]) -> None:
        top = inner.stack[-1] if inner.stack else None
        if code in _GETS:
            outer.add(id(top))
        elif at in open_ones:
            part = open_ones[at]
            if isinstance(part, Encoded):
                inner.stack[-1] = _CountedText(size=part.count)
            else:
                inner.stack[-1] = LONG_TEXT if part == TEXT else INTEGER
        elif code in _CALLS and type(top) is Bytes and top.size < 0 and isinstance(top.text, LongText):
            if top.text is LONG_TEXT:
                inner.stack[-1] = Bytes(_SOME_SIZE)
            elif type(top.text) is _CountedText:
                inner.stack[-1] = Bytes(top.text.size)
        elif code == ord("b") and isinstance(top, Instance):
            entry = top.of.entry
            if entry is None or entry.build_guard in _UNFIT:
                raise _UnprovenError
