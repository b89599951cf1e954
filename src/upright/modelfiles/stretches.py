"""Where a pickle holds long runs of plain values, and how the machine steps over one."""

from array import array
from re import Pattern

from upright.modelfiles import grammar
from upright.modelfiles.grammar import ATOMS, EMPTIES, LONG, LONG_HEADS, STARTS, VALUES, Encoded, Manner, Shape
from upright.modelfiles.runs import Run, Stream
from upright.modelfiles.shapes import Learnt, Step, learn
from upright.modelfiles.values import LONGEST_TEXT

ATOMS_AFTER, SHAPES_AFTER, NESTED_AFTER = 1 << 13, 1 << 14, 1 << 16
"""After so many instructions runs are looked for: of numbers and texts, and of containers; expressions cost time.

And after the second of these, objects that are built over and over are learnt, to be values of runs."""
NOWHERE = 1 << 62
_SPAN = 1 << 16
_FEW, _MANY, _SHORT, _LONG = 8, 64, 64, 512
_FIRST_PAUSE, _LONGEST_PAUSE = 1 << 7, 1 << 14
_APART, _APART_OF_OBJECTS = 3, 12
_MOST_MARKS = 9_000
_CHECKED = 100
"""Steps that a run counts whose reads of the memo are compared one by one."""
_FORGET_EVERY = 1 << 22
_LOOSER = (0, 1, 2)
_ANY_PLACE = 2
_LENGTH_OF_LENGTH = 4
_DEEPEST, _PATIENCE, _TRIES = 60, 8, 16
_OPENING = frozenset(b"(]}\x8f")
_DICT, _APPEND, _SET = b"}as"
_EMPTY = frozenset(b"]}")
_TAKING = frozenset(b"eut\x90\x91dl1")
"""Instructions that take all down to the mark, so that no value of a run before them is looked at alone."""


class Seeker:
    """Where the machine of one stream looks for the next run, and in which manner it found the last.

    After a run the next is likely among as many marks, and whole containers of such among fewer; these are tried at
    every instruction, a few times in vain. Where nothing is found, some instructions are tried after a while, a longer
    one each time.
    """

    __slots__ = (
        "forgotten",
        "learns_at",
        "learnt",
        "loose",
        "marks",
        "nested",
        "next",
        "patience",
        "patience_below",
        "pause",
        "tries",
    )

    def __init__(self) -> None:
        self.next = NOWHERE
        self.learnt = Learnt()
        self.learns_at = SHAPES_AFTER
        self.pause = _FIRST_PAUSE
        self.nested = False
        self.loose = self.forgotten = self.marks = self.patience = 0
        self.patience_below = _PATIENCE
        self.tries = _TRIES

    def after(self, steps: int) -> None:
        """So many instructions were followed."""
        if self.next == NOWHERE and steps >= ATOMS_AFTER:
            self.next = 0
        self.nested = self.nested or steps >= NESTED_AFTER

    def will_learn(self, steps: int) -> bool:
        """Whether the next instructions are followed one by one, to learn of the objects they build."""
        if steps < self.learns_at:
            return False
        self.learns_at = 4 * max(steps, SHAPES_AFTER)
        return True

    def learn(self, m: Stream, steps: list[Step]) -> None:
        """What these instructions built is a value from now on, where it is built as often."""
        known = self.learnt.shapes
        self.learnt = learn(m, steps, self.learnt)
        if self.learnt.shapes != known:
            self.next, self.pause, self.patience, self.tries = m.pos, _FIRST_PAUSE, 0, _TRIES

    def may_try(self, marks: int) -> bool:
        """Whether a run is looked for among so many marks."""
        return not self.patience or marks == self.marks or (marks < self.marks and self.patience_below > 0)

    def found(self, run: Run, marks: int, stop: int) -> None:
        """From ``stop`` on it may look again."""
        if run.count >= _MANY or run.stop - run.start >= _LONG:
            self.pause = _FIRST_PAUSE
        self.patience, self.marks, self.next = _PATIENCE, marks, stop

    def failed(self, first: int, marks: int) -> None:
        """There was none at ``first``."""
        if not self.patience:
            self.tries -= 1
            if not self.tries:
                self.next = first + self.pause
                self.pause = min(2 * self.pause, _LONGEST_PAUSE)
                self.tries = _TRIES
        elif marks < self.marks:
            self.patience_below -= 1
        else:
            self.patience -= 1


def pass_over(m: Stream, first: int) -> bool:
    """Steps over the run that begins at ``first``, if one does; then the machine stands behind it."""
    seeker, marks, code = m.seeker, len(m.below), m.buffer[first]
    if not seeker.may_try(marks) or code not in STARTS or (code in _OPENING and not seeker.nested):
        return False
    if marks > _MOST_MARKS or not m.memo.is_dense:
        return False
    for loose in sorted(_LOOSER, key=lambda one: one != seeker.loose):
        found = _run(m, first, loose)
        if found is not None:
            run, stop, is_strict = found
            seeker.loose = 0 if is_strict else loose
            seeker.found(run, marks, stop)
            m.pos = run.stop
            m.stack.append(run)
            if m.pos - seeker.forgotten > _FORGET_EVERY:
                seeker.forgotten = m.pos
                m.window.forget(m.pos)
            return True
    seeker.failed(first, marks)
    return False


def _run(m: Stream, first: int, loose: int) -> tuple[Run, int, bool] | None:
    """The run, checked and taken over by the memo; where looking for it ended; whether it was strict."""
    limit = min(m.end, m.frame_end, first + _SPAN)
    power = 0 if loose == _ANY_PLACE else grammar.power_of(m.memo.settled)
    if m.seeker.learnt.shapes and not m.seeker.learnt.holds(m):
        m.seeker.learnt = Learnt()
    manner = Manner(m.proto >= 4, power, loose > 0, loose == _ANY_PLACE, m.seeker.learnt.shapes)
    long: dict[int, int] = {}
    steps = _steps(m, first, limit, manner, long)
    stop = steps[-1][0] if steps else first
    if stop < m.end and m.buffer[stop] not in _TAKING:  # a tuple may go on behind a frame's end
        apart, most = 0, _APART_OF_OBJECTS if manner.objects else _APART
        while steps and apart < most:
            apart += steps.pop()[1]
    count = sum(size for _, size in steps)
    if not steps or (count < _FEW and steps[-1][0] - first < _SHORT):
        return None
    run = Run(m, first, steps[-1][0], count, manner.framed, _edges(long, steps[-1][0]))
    places = run.places() if manner.any_place or not manner.framed else None
    is_ascii = _is_ascii(run) if manner.any_text else True
    sure = _is_sure(m, places or []) if manner.any_place else True
    sure = sure if _are_encoded(run, manner.objects) else None
    if manner.any_place:
        m.budget.steps(_CHECKED + len(places or []) // 16)
    if is_ascii is None or sure is None or not m.memo.take_over(run, None if places is None else run.keeping(places)):
        m.budget.steps((run.stop - first) // 4)  # looked at in vain, as no writer makes it happen
        return None
    return run, stop, is_ascii and sure


def _edges(long: dict[int, int], stop: int) -> "array[int] | None":
    """Where long texts start and stop, those before ``stop``.

    Some may have been seen in a container that was given up; but what an instruction is depends only on those before
    it, so they stand there all the same.
    """
    if not long:
        return None
    return array("Q", (edge for one in sorted(long.items()) if one[1] <= stop for edge in one)) or None


def _steps(m: Stream, first: int, limit: int, manner: Manner, long: dict[int, int]) -> list[tuple[int, int]]:
    """The end of each match and its number of values; into ``long`` go the long texts among them."""
    steps: list[tuple[int, int]] = []
    at = first
    if grammar.atoms(manner, ATOMS[-1]).match(m.buffer, at, limit) is not None:  # else the larger are not compiled
        for count in ATOMS:
            at = _repeat(m, grammar.atoms(manner, count), at, limit, steps, count)
    if m.seeker.nested:
        if at < limit and m.buffer[at] in _EMPTY:
            at = _repeat(m, grammar.empties(manner), at, limit, steps, EMPTIES)
        values, parts = grammar.values(manner), grammar.parts(manner)
        deep: int | None = at
        while deep is not None:
            at = _repeat(m, values, deep, limit, steps, VALUES)
            deep = _deep(m, parts, at, limit, _DEEPEST, long)
            if deep is not None:
                steps.append((deep, 1))
    _repeat(m, grammar.atoms(manner, 1), at, limit, steps, 1)
    m.budget.steps(len(steps) + len(long) // 4)
    return steps


def _repeat(m: Stream, pattern: Pattern[bytes], at: int, limit: int, steps: list[tuple[int, int]], count: int) -> int:
    while (found := pattern.match(m.buffer, at, limit)) is not None:
        at = found.end()
        steps.append((at, count))
    return at


def _deep(m: Stream, parts: grammar.Parts, at: int, limit: int, levels: int, long: dict[int, int]) -> int | None:
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


def _long(m: Stream, parts: grammar.Parts, at: int, limit: int, long: dict[int, int]) -> int | None:
    """Where the long text ends that begins at ``at``, with what keeps it; None if it is short, cut off or broken.

    One longer than ``LONGEST_TEXT`` is not decoded, as the machine does not do so either.
    """
    code = m.buffer[at]
    first = at + 1 + LONG_HEADS[code]
    size = int.from_bytes(m.buffer[at + 1 : first], "little")
    stop = first + size
    if size < LONG or stop > limit:
        return None
    if size <= LONGEST_TEXT:
        try:
            m.buffer[first:stop].decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return None
    long[at] = stop
    kept = parts.memo.match(m.buffer, stop, limit)
    return kept.end() if kept is not None else stop


def _alone(
    m: Stream, parts: grammar.Parts, at: int, limit: int, levels: int, long: dict[int, int], *, is_dict: bool
) -> int:
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


def _is_ascii(run: Run) -> bool | None:
    """Whether its texts are ASCII; None if one is not even UTF-8."""
    texts = b"".join(grammar.readers(framed=run.framed).texts.findall(*run.readable()))
    try:
        texts.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
    return texts.isascii()


def _are_encoded(run: Run, shapes: tuple[Shape, ...]) -> bool:
    """Whether the texts of which only the number of characters is known have that many."""
    for shape in shapes:
        if any(isinstance(part, Encoded) for part in shape):
            for part, finder in grammar.encoded(shape):
                texts = [one for one in finder.findall(*run.readable()) if one]
                try:
                    counts = set(map(len, map(bytes.decode, texts)))
                except UnicodeDecodeError:
                    return False
                if counts - {_LENGTH_OF_LENGTH + part.count}:
                    return False
    return True


def _is_sure(m: Stream, places: list[bytes]) -> bool | None:
    """Whether each place that is read was sure to be taken; None if one is not taken by then."""
    m.memo.settle()
    taken, sure = m.memo.settled, 1 << grammar.power_of(m.memo.settled)
    is_sure = True
    for one in places:
        if one[0] in b"hj":
            place = int.from_bytes(one[1:], "little")
            if place >= taken:
                return None
            is_sure = is_sure and place < sure
        else:
            taken += 1
    return is_sure
