"""Where a pickle holds long runs of plain values, and how the machine steps over one."""

from array import array

from upright.modelfiles import grammar
from upright.modelfiles.extents import OPENING, steps_from
from upright.modelfiles.grammar import STARTS, Encoded, Expressions, Manner, Shape
from upright.modelfiles.runs import Run, Stream
from upright.modelfiles.shapes import Learnt, Step, learn

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
_LOOSENED: tuple[frozenset[int], ...] = (frozenset(b"X\x8chj"), frozenset(b"hj"), frozenset())
"""By manner: the instructions that a looser one takes where this one does not."""
_LENGTH_OF_LENGTH = 4
_PATIENCE, _TRIES = 8, 16
_TAKING = frozenset(b"eut\x90\x91dl1")
"""Instructions that take all down to the mark, so that no value of a run before them is looked at alone."""


class Seeker:
    """Where the machine of one stream looks for the next run, and in which manner it found the last.

    After a run the next is likely among as many marks, and whole containers of such among fewer; these are tried at
    every instruction, a few times in vain. Where nothing is found, some instructions are tried after a while, a longer
    one each time.
    """

    __slots__ = (
        "deeper",
        "forgotten",
        "learns_at",
        "learnt",
        "loose",
        "manners",
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
        self.manners: dict[tuple[bool, int, int], Expressions] = {}
        self.learns_at = SHAPES_AFTER
        self.pause = _FIRST_PAUSE
        self.nested = False
        self.loose = self.forgotten = self.marks = self.patience = self.deeper = 0
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
        self.know(learn(m, steps, self.learnt))
        if self.learnt.shapes != known:
            self.next, self.pause, self.patience, self.tries = m.pos, _FIRST_PAUSE, 0, _TRIES

    def know(self, learnt: Learnt) -> None:
        """Takes these shapes for those of the stream."""
        self.learnt, self.manners, self.deeper = learnt, {}, 0

    def expressions(self, *, framed: bool, power: int, loose: int) -> Expressions:
        """Of a manner, with the shapes that were learnt."""
        key = (framed, power, loose)
        if key not in self.manners:
            manner = Manner(framed, power, loose > 0, loose == _ANY_PLACE, self.learnt.shapes)
            self.manners[key] = grammar.expressions(manner)
        return self.manners[key]

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
    if not seeker.may_try(marks) or code not in STARTS or (code in OPENING and not seeker.nested):
        return False
    if marks > _MOST_MARKS or not m.memo.is_dense:
        return False
    if seeker.learnt.shapes and not seeker.learnt.holds(m):
        seeker.know(Learnt())
    failed = -1
    for loose in sorted(_LOOSER, key=lambda one: one != seeker.loose):
        if loose < failed:  # what a looser manner does not take, a stricter one does not either
            continue
        power = 0 if loose == _ANY_PLACE else grammar.power_of(m.memo.settled)
        taken = seeker.expressions(framed=m.proto >= 4, power=power, loose=loose)
        seen = _seen(m, first, taken)
        if seen is None:
            failed = loose
            if not _is_looser_of_use(m, first, taken, loose):
                break
            continue
        run, stop = seen
        is_strict = _is_taken_over(m, run, taken.manner)
        if is_strict is not None:
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


def _limit(m: Stream, first: int) -> int:
    return min(m.end, m.frame_end, first + _SPAN)


def _is_looser_of_use(m: Stream, first: int, taken: Expressions, loose: int) -> bool:
    """Whether the first instruction that this manner does not take is one that a looser manner might."""
    limit = _limit(m, first)
    found = taken.instructions.match(m.buffer, first, limit)
    at = limit if found is None else found.end()
    return at < limit and m.buffer[at] in _LOOSENED[loose]


def _seen(m: Stream, first: int, taken: Expressions) -> tuple[Run, int] | None:
    """The run that begins there, by the look of it, and where looking for it ended."""
    long: dict[int, int] = {}
    steps = steps_from(m, first, _limit(m, first), taken, long)
    stop = steps[-1][0] if steps else first
    if stop < m.end and m.buffer[stop] not in _TAKING:  # a tuple may go on behind a frame's end
        apart, most = 0, _APART_OF_OBJECTS if taken.manner.objects else _APART
        while steps and apart < most:
            apart += steps.pop()[1]
    count = sum(size for _, size in steps)
    if not steps or (count < _FEW and steps[-1][0] - first < _SHORT):
        return None
    return Run(m, first, steps[-1][0], count, taken.manner.framed, _edges(long, steps[-1][0])), stop


def _is_taken_over(m: Stream, run: Run, manner: Manner) -> bool | None:
    """Checks a run and has the memo take it over; whether it was strict, None if a check failed."""
    places = run.places() if manner.any_place else None
    is_ascii = _is_ascii(run) if manner.any_text else True
    sure = _is_sure(m, places or []) if manner.any_place else True
    sure = sure if _are_encoded(run, manner.objects) else None
    if manner.any_place:
        m.budget.steps(_CHECKED + len(places or []) // 16)
    keeping = run.keeping(places) if manner.any_place or not manner.framed else None
    if is_ascii is None or sure is None or not m.memo.take_over(run, keeping):
        m.budget.steps((run.stop - run.start) // 4)  # looked at in vain, as no writer makes it happen
        return None
    return is_ascii and sure


def _edges(long: dict[int, int], stop: int) -> "array[int] | None":
    """Where long texts start and stop, those before ``stop``.

    Some may have been seen in a container that was given up; but what an instruction is depends only on those before
    it, so they stand there all the same.
    """
    if not long:
        return None
    return array("Q", (edge for one in sorted(long.items()) if one[1] <= stop for edge in one)) or None


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
