"""An estimate: a number, how sure it is at any level, and how much it stands on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

Interval = Callable[[float], tuple[float, float]]
"""Level in (0, 1) to (low, high); a higher level never gives a narrower interval."""
FEWEST_SHOWN = 5
WITHHELD = "withheld"
"""A rate of fewer people would tell about persons, so it is dropped; ``WITHHELD`` is then its method."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One measured number.

    ``value`` is ``None`` where it is not defined (nothing in the denominator). ``interval`` is ``None`` where the
    number is exact: counted from all rows that it speaks of, not a statement about a process behind them.
    ``unfit`` says why this estimate may neither pass nor fail anything; empty = it may. ``n`` counts rows.
    ``absolute``: limits compare the distance from 0 (a difference is signed, its limit is not).
    """

    name: str
    value: float | None
    n: int
    unit: str
    method: str
    interval: Interval | None = None
    group: Mapping[str, str] = field(default_factory=dict)
    against: Mapping[str, str] | None = None
    unfit: str = ""
    absolute: bool = False

    def at(self, level: float) -> tuple[float, float] | None:
        """The interval at ``level`` (0.95 for 95 %); ``None`` where there is none."""
        if self.interval is None or self.value is None:
            return None
        return self.interval(level)

    def compared_at(self, level: float) -> tuple[float, float]:
        """What a limit is compared with: the interval, folded at 0 where ``absolute``; exact: the value twice.

        Raises:
            ValueError: the value is not defined.
        """
        if self.value is None:
            raise ValueError(f"{self.name} is not defined here")
        low, high = self.at(level) or (self.value, self.value)
        return folded_at_zero(low, high) if self.absolute else (low, high)


def shown(estimate: Estimate, *people: int) -> Estimate:
    """The estimate, without its value and interval where it speaks of one to four people: a rate tells about each.

    ``people`` are the rows of each part that is compared. What is withheld decides nothing.
    """
    if not any(0 < rows < FEWEST_SHOWN for rows in people):
        return estimate
    why = f"numbers of fewer than {FEWEST_SHOWN} people are withheld"
    return replace(
        estimate,
        value=None,
        interval=None,
        method=WITHHELD,
        unfit=f"{estimate.unfit}; {why}" if estimate.unfit else why,
    )


def folded_at_zero(low: float, high: float) -> tuple[float, float]:
    """The interval of the absolute value.

    >>> folded_at_zero(-0.2, 0.1), folded_at_zero(-0.3, -0.1)
    ((0.0, 0.2), (0.1, 0.3))
    """
    if low <= 0.0 <= high:
        return 0.0, max(-low, high)
    return min(abs(low), abs(high)), max(abs(low), abs(high))


def folded_at_one(low: float, high: float) -> tuple[float, float]:
    """The interval of "smaller over larger" from the interval of a ratio (0 to infinity).

    >>> folded_at_one(0.5, 0.8), folded_at_one(1.25, 2.0), folded_at_one(0.8, 2.0)
    ((0.5, 0.8), (0.5, 0.8), (0.5, 1.0))
    """
    turned = 1.0 / high if high > 0.0 else float("inf")
    if low <= 1.0 <= high:
        return min(low, turned), 1.0
    if high < 1.0:
        return low, high
    return turned, 1.0 / low


def exact(
    name: str, value: float, *, n: int, unit: str, method: str = "counted", group: Mapping[str, str] | None = None
) -> Estimate:
    """A number that was counted, not estimated: it has no interval."""
    return Estimate(name=name, value=value, n=n, unit=unit, method=method, group=group or {})
