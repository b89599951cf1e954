"""A pickle's memo: what was kept by number, where what runs keep is only counted when somebody asks."""

from bisect import bisect_right
from collections import deque
from operator import attrgetter
from struct import pack
from typing import Any

from upright.modelfiles.runs import Run
from upright.modelfiles.values import Unknown

_MISSING = Unknown("nothing is kept there")
_MOST_READ = 8
_LONG_PUT = 5


class Memo:
    """Kept values by index, as both unpicklers keep them.

    A run is passed over with all that it keeps; its places are counted when an index beyond the known ones is asked
    for, and its values are made when one of them is. ``at`` is where in the file a place is written or read.
    """

    __slots__ = ("_earlier", "_held", "_known", "_read", "_runs", "_stops", "_top", "rewrites", "settled")

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}
        self._runs: list[Run] = []
        self._stops: list[int] = []
        self._held: deque[Any] = deque()
        self._earlier: dict[int, list[tuple[int, Any]]] = {}
        self._read: dict[int, list[str | None]] = {}
        self._top = 0
        self.settled = 0
        """How many places are taken, those of ``_held`` not counted."""
        self.rewrites = 0
        """How often something was kept elsewhere than beyond all places that were taken."""

    def __len__(self) -> int:
        """How many values are held."""
        return len(self._known) + len(self._held)

    @property
    def is_dense(self) -> bool:
        """Whether the taken places are the first ones, without a gap."""
        return self._top == self.settled

    def add(self, value: Any, at: int) -> None:
        """MEMOIZE: at the index that is the number of places taken."""
        if self._held:
            self._held.append((value,))
        else:
            self._set(self.settled, value, at)

    def put(self, index: int, value: Any, at: int) -> None:
        """PUT: at this index, over whatever was there."""
        self.settle()
        self._set(index, value, at)

    def get(self, index: int) -> Any:
        """The value at an index; KeyError if the place is empty."""
        value = self._known.get(index, _MISSING)
        if value is not _MISSING:
            return value
        self.settle()
        run = self._run_of(index)
        return self._known[index] if run is None else run.kept(index - run.place)

    def is_passed(self, index: int) -> bool:
        """Whether a run keeps what is there."""
        if index in self._known:
            return False
        self.settle()
        return index not in self._known and self._run_of(index) is not None

    def get_as_of(self, index: int, at: int) -> Any:
        """The value that stood at an index when the file was read up to ``at``."""
        for written, before in self._earlier.get(index, ()):
            if at < written:
                return before.kept(index - before.place) if type(before) is Run else before
        return self.get(index)

    def take_over(self, run: Run, keeping: list[bytes] | None) -> bool:
        """Keeps what a run keeps; False, and nothing is kept, if it writes others than the next indices."""
        if keeping is None:
            if run.machine.buffer.find(b"\x94", run.start, run.stop) >= 0:
                self._held.append(run)
            return True
        self.settle()
        if not run.framed:
            last = self.settled + len(keeping)
            if last >= 1 << 32 or _indices(keeping) != pack(f"<{len(keeping)}L", *range(self.settled, last)):
                return False
        self._count(run, len(keeping))
        return True

    def settle(self) -> None:
        """Counts what runs keep that were passed over."""
        while self._held:
            held = self._held.popleft()
            if type(held) is Run:
                self._count(held, len(held.keeping()))
            else:
                self._set(self.settled, held[0], 0)

    def texts_of(self, run: Run) -> list[str | None]:
        """``Run.texts``, of a few runs read once."""
        if run.place not in self._read:
            if len(self._read) >= _MOST_READ:
                del self._read[next(iter(self._read))]
            self._read[run.place] = run.texts()
            run.machine.budget.steps(len(self._read[run.place]) // 4)
        return self._read[run.place]

    def _set(self, index: int, value: Any, at: int) -> None:
        if index >= self._top:
            self.settled += 1
            self._top = index + 1
        else:
            self.rewrites += 1
            before = self._known.get(index, _MISSING)
            before = self._run_of(index) if before is _MISSING else before
            if before is None:
                self.settled += 1
            elif self._runs:
                self._earlier.setdefault(index, []).append((at, before))
        self._known[index] = value

    def _run_of(self, index: int) -> Run | None:
        place = bisect_right(self._runs, index, key=attrgetter("place")) - 1
        return self._runs[place] if place >= 0 and index < self._stops[place] else None

    def _count(self, run: Run, count: int) -> None:
        run.place = self.settled
        if count:
            self.settled += count
            self._top = self.settled
            self._runs.append(run)
            self._stops.append(self.settled)


def _indices(keeping: list[bytes]) -> bytes:
    """The index of each PUT as four bytes; of most of them it is four bytes as it stands."""
    whole = b"".join(keeping)
    if len(whole) != _LONG_PUT * len(keeping) or whole[::_LONG_PUT].strip(b"r"):
        return b"".join(one[1:].ljust(4, b"\0") for one in keeping)
    found = bytearray(len(whole) - len(keeping))
    for n in range(4):
        found[n::4] = whole[n + 1 :: _LONG_PUT]
    return bytes(found)


class Reread(Memo):
    """The memo that a run saw when it is followed later; what the run itself keeps is kept apart."""

    __slots__ = ("_own", "_run")

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run
        self._own: list[Any] = []

    @property
    def own(self) -> list[Any]:
        """What the run keeps, in order."""
        return self._own

    def add(self, value: Any, at: int) -> None:  # noqa: ARG002 - where it stands does not matter here
        """The next of its own."""
        self._own.append(value)

    def put(self, index: int, value: Any, at: int) -> None:  # noqa: ARG002 - a run writes the next places alone
        """The same."""
        self._own.append(value)

    def get(self, index: int) -> Any:
        """What stood there by then."""
        if 0 <= self._run.place <= index:
            return self._own[index - self._run.place]
        return self._run.machine.memo.get_as_of(index, self._run.start)

    def is_passed(self, index: int) -> bool:  # noqa: ARG002 - one answer for all
        """Everything is made at once here."""
        return False
