"""Geometry of interval plots: one scale a table, in per cent of its width, so that text beside it never scales."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from upright.evidence import Measurement
from upright.reports.language import gettext, reader
from upright.reports.words import MINUS
from upright.reports.words import limit as limit_text

_TICKS = 5
_APART, _FROM_LIMIT = 10.0, 14.0  # per cent of the width between two labels, so that they never touch at 300 px
_ROOM = 0.06


@dataclass(frozen=True)
class Label:
    """A text under the axis: ``x`` in per cent; ``anchor`` keeps labels at the ends inside the plot."""

    x: str
    text: str
    anchor: str
    is_limit: bool


@dataclass(frozen=True)
class Span:
    """A stretch of the axis, both in per cent."""

    x: str
    width: str


@dataclass(frozen=True)
class Mark:
    """One interval: ends and point in per cent; ``status`` chooses disc, square or dashed ring.

    ``cut_low`` and ``cut_high`` say that the interval goes on beyond the plot.
    """

    low: str
    high: str
    x: str
    status: str
    cut_low: bool
    cut_high: bool


@dataclass(frozen=True)
class Bounds:
    """The limits of a measure, as decimal texts. ``absolute``: a difference is compared without its sign."""

    at_least: str | None
    at_most: str | None
    absolute: bool = False

    def edges(self) -> tuple[float, ...]:
        """Where the limit lines stand."""
        found = [float(text) for text in (self.at_least, self.at_most) if text is not None]
        if self.absolute and self.at_most is not None:
            found.append(-float(self.at_most))
        return tuple(found)


@dataclass(frozen=True)
class Scale:
    """An axis from ``low`` to ``high`` with its labels, limit lines and what lies beyond a limit."""

    low: float
    high: float
    labels: tuple[Label, ...]
    lines: tuple[str, ...]
    beyond: tuple[Span, ...]

    def at(self, value: float) -> float:
        """Where a value lies, in per cent, kept inside the plot."""
        return min(100.0, max(0.0, 100 * (value - self.low) / (self.high - self.low)))


def scale(measurements: Iterable[Measurement], bounds: Bounds) -> Scale:
    """An axis that shows every interval and every limit; differences also show zero."""
    values = [
        float(text)
        for one in measurements
        for text in (one.value, one.low, one.high)
        if text is not None and isfinite(float(text))
    ]
    edges = bounds.edges()
    values += [value for value in edges if value >= 0 or any(other < 0 for other in values)]
    if bounds.absolute or not values:
        values.append(0.0)
    low, high = min(values), max(values)
    room = (high - low) * _ROOM or max(abs(high) * _ROOM, 0.05)
    low = 0.0 if low == 0 else low - room
    axis = Scale(low, high + room, (), (), ())
    inside = [edge for edge in edges if axis.low <= edge <= axis.high]
    return Scale(
        axis.low,
        axis.high,
        _labels(axis, inside, bounds),
        tuple(_percent(axis.at(edge)) for edge in sorted(inside)),
        _beyond(axis, bounds),
    )


def mark(one: Measurement, axis: Scale) -> Mark | None:
    """The interval of a measurement on an axis; ``None`` where there is no interval to draw."""
    if one.value is None or one.low is None or one.high is None:
        return None
    low, value, high = float(one.low), float(one.value), float(one.high)
    return Mark(
        _percent(axis.at(low)),
        _percent(axis.at(high)),
        _percent(axis.at(value)),
        one.outcome or "shown",
        low < axis.low,
        high > axis.high,
    )


def _labels(axis: Scale, edges: list[float], bounds: Bounds) -> tuple[Label, ...]:
    found: list[tuple[float, str, bool]] = [
        (axis.at(edge), gettext("limit %(value)s") % {"value": _limit_of(edge, bounds)}, True)
        for edge in sorted(edges, key=lambda edge: -edge)
    ]
    step, ticks = _ticks(axis.low, axis.high)
    for tick in ticks:
        where = axis.at(tick)
        if all(abs(where - other) >= (_FROM_LIMIT if is_limit else _APART) for other, _, is_limit in found):
            found.append((where, _tick_text(tick, step), False))
    return tuple(
        Label(_percent(x), text, "start" if x < 7 else "end" if x > 93 else "middle", is_limit)
        for x, text, is_limit in sorted(found)
    )


def _limit_of(edge: float, bounds: Bounds) -> str:
    for text in (bounds.at_least, bounds.at_most):
        if text is not None and float(text) == edge:
            return limit_text(text)
    return limit_text(f"-{bounds.at_most}")


def _tick_text(tick: float, step: float) -> str:
    """All ticks of one axis with as many decimals as its step needs."""
    places = next((places for places in range(6) if round(step * 10**places, 6) % 1 == 0), 6)
    return reader().number(f"{tick:,.{places}f}".replace("-", MINUS))


def _ticks(low: float, high: float) -> tuple[float, list[float]]:
    rough = (high - low) / _TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(size * power for size in (1, 2, 2.5, 5, 10) if size * power >= rough)
    return step, [round(index * step, 12) for index in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def _beyond(axis: Scale, bounds: Bounds) -> tuple[Span, ...]:
    spans: list[tuple[float, float]] = []
    if bounds.at_most is not None:
        spans.append((axis.at(float(bounds.at_most)), 100.0))
        if bounds.absolute and axis.low < -float(bounds.at_most):
            spans.append((0.0, axis.at(-float(bounds.at_most))))
    if bounds.at_least is not None:
        spans.append((0.0, axis.at(float(bounds.at_least))))
    return tuple(Span(_percent(start), _percent(end - start)) for start, end in sorted(spans) if end > start)


def _percent(value: float) -> str:
    return f"{value:.2f}%"
