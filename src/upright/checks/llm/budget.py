"""A bound on what asking a model may cost, and the pace at which it is asked."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


class BudgetSpentError(Exception):
    """The budget does not allow another request; what was not asked is then listed."""


@dataclass(slots=True, kw_only=True)
class Budget:
    """Requests, tokens (of prompts and replies, as the endpoint counts them) and seconds that may be spent.

    ``per_minute`` is the most requests a minute, 0 = no bound. ``clock`` and ``sleep`` are of the steady clock.
    """

    requests: int
    tokens: int
    seconds: float
    per_minute: int = 0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    spent_requests: int = 0
    spent_tokens: int = 0
    _started: float | None = field(default=None, repr=False)
    _last: float | None = field(default=None, repr=False)

    def take(self) -> None:
        """Waits for the pace and counts one request.

        Raises:
            BudgetSpentError: with what is spent.
        """
        now = self.clock()
        self._started = now if self._started is None else self._started
        pause = 0.0
        if self.per_minute and self._last is not None:
            pause = max(0.0, self._last + 60.0 / self.per_minute - now)
        self.demand(pause)
        if pause:
            self.sleep(pause)
        self._last = self.clock()
        self.spent_requests += 1

    def demand(self, pause: float = 0.0) -> None:
        """Whether another request, ``pause`` seconds from now, is within the budget.

        Raises:
            BudgetSpentError: it is not.
        """
        if self.spent_requests >= self.requests:
            raise BudgetSpentError(f"the budget of {self.requests:,} requests is spent")
        if self.spent_tokens >= self.tokens:
            raise BudgetSpentError(f"the budget of {self.tokens:,} tokens is spent")
        if self.left(pause) <= 0.0:
            raise BudgetSpentError(f"the budget of {self.seconds:g} s is spent")

    def left(self, pause: float = 0.0) -> float:
        """Seconds that are left after a pause."""
        used = 0.0 if self._started is None else self.clock() - self._started
        return self.seconds - used - pause

    def wait(self, seconds: float) -> None:
        """Waits before a repeated request.

        Raises:
            BudgetSpentError: the wait is longer than the time that is left.
        """
        if self.left(seconds) <= 0.0:
            raise BudgetSpentError(f"the budget of {self.seconds:g} s is spent")
        self.sleep(seconds)
