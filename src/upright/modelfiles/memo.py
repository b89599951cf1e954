"""A pickle's memo: what was kept by number, where long stretches are only counted when somebody asks."""

from bisect import bisect_right
from collections import deque
from operator import itemgetter
from typing import Any

from upright.modelfiles.stretches import Stretch
from upright.modelfiles.values import Unknown

_MISSING = Unknown("nothing is kept there")


class Memo:
    """Kept values by index, as both unpicklers keep them.

    A stretch is passed over with all that it memoizes; its places are counted when an index beyond the known ones is
    asked for, and its values are made when one of them is.
    """

    __slots__ = ("_held", "_known", "_stretches", "_top", "settled")

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}
        self._stretches: list[tuple[int, int, Stretch]] = []
        self._held: deque[Any] = deque()
        self._top = 0
        self.settled = 0
        """How many places are taken, those of ``_held`` not counted."""

    @property
    def is_dense(self) -> bool:
        """Whether the taken places are the first ones, without a gap."""
        return self._top == self.settled

    def add(self, value: Any) -> None:
        """MEMOIZE: at the index that is the number of places taken."""
        if self._held:
            self._held.append((value,))
        else:
            self._set(self.settled, value)

    def put(self, index: int, value: Any) -> None:
        """PUT: at this index, over whatever was there."""
        if self._held:
            self._settle()
        self._set(index, value)

    def get(self, index: int) -> Any:
        """The value at an index; KeyError if the place is empty."""
        value = self._known.get(index, _MISSING)
        if value is not _MISSING:
            return value
        self._settle()
        place = self._stretch_of(index)
        if place is not None:
            first, _, stretch = self._stretches.pop(place)
            for at, made in enumerate(stretch.values(), first):
                self._known.setdefault(at, made)
        return self._known[index]

    def take_over(self, stretch: Stretch) -> bool:
        """Keeps what a stretch memoizes; False, and nothing is kept, if it writes others than the next indices."""
        if stretch.framed:
            self._held.append(stretch)
            return True
        indices = [int.from_bytes(index, "little") for index in stretch.indices()]
        if indices != list(range(self.settled, self.settled + len(indices))):
            return False
        self._count(stretch, len(indices))
        return True

    def _set(self, index: int, value: Any) -> None:
        if index >= self._top:
            self.settled += 1
            self._top = index + 1
        elif index not in self._known and self._stretch_of(index) is None:
            self.settled += 1
        self._known[index] = value

    def _stretch_of(self, index: int) -> int | None:
        place = bisect_right(self._stretches, index, key=itemgetter(0)) - 1
        return place if place >= 0 and index < sum(self._stretches[place][:2]) else None

    def _settle(self) -> None:
        while self._held:
            held = self._held.popleft()
            if isinstance(held, Stretch):
                self._count(held, len(held.indices()))
            else:
                self._set(self.settled, held[0])

    def _count(self, stretch: Stretch, count: int) -> None:
        if count:
            self._stretches.append((self.settled, count, stretch))
            self.settled += count
            self._top = self.settled
