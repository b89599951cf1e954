"""When somebody was last here, by a cookie of their own browser: nothing about it is kept on the server."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from upright.records.trail.server_log import now

_SHAPE = re.compile(r"(\d{1,15})\.(\d{1,15})\.(\d{1,11})")
_PAUSE = 30 * 60


@dataclass(frozen=True)
class Visits:
    """``before``: how long the ledger was when the visit before this one ended; ``current``: now; ``seconds``: when."""

    before: int
    current: int
    seconds: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """From a cookie; None where it is none of ours."""
        found = _SHAPE.fullmatch(text)
        return None if found is None else cls(*map(int, found.groups()))

    @property
    def at(self) -> datetime:
        """The moment of the last look at home."""
        return datetime.fromtimestamp(self.seconds, UTC)

    def __str__(self) -> str:
        return f"{self.before}.{self.current}.{self.seconds}"


def visited(known: Visits | None, size: int) -> Visits:
    """What to keep after a look at home: half an hour without one ends a visit."""
    seconds = int(now().timestamp())
    if known is None:
        return Visits(size, size, seconds)
    is_new = seconds - known.seconds > _PAUSE
    return Visits(known.current if is_new else min(known.before, size), size, seconds)
