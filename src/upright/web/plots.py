"""Intervals against a limit, as geometry in per cent: the rows of one table share one scale."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext

from upright.desk.values import localised
from upright.evidence.statement import Measurement
from upright.web.sentences import measure
from upright.web.values import limit_words

_MOST = 12
_WORST_FIRST = ("failed", "undecided", None, "passed")


@dataclass(frozen=True, kw_only=True)
class PlotRow:
    """One measurement: the place of point, ends and its numbers in words; a place is None where it is not known."""

    name: str
    says: str
    status: str
    n: str
    address: str = ""
    at: str | None = None
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True, kw_only=True)
class Plot:
    """Every measurement of one name against its limit. ``beyond``: where, and how wide, the refused sides lie.

    A difference has two of them, since its limit is about the distance, whichever group is ahead.
    """

    name: str
    limit_words: str
    limit: str
    edges: tuple[str, ...]
    beyond: tuple[tuple[str, str], ...]
    ticks: tuple[tuple[str, str, str], ...]
    rows: tuple[PlotRow, ...]
    more: int = 0
    anchor: str = field(default="")


def number(text: str | None, digits: int = 3) -> str:
    """A decimal text as a reader wants it: three places, whole numbers with their thousands apart, a real minus."""
    if text is None:
        return gettext("not known")
    value = _decimal(text)
    if value is None:
        return text
    if value == value.to_integral_value():
        return localised(f"{value:,.0f}").replace("-", "\u2212")
    shown = f"{value:.{digits}f}" if abs(value) >= Decimal("0.001") else f"{value:.2g}"
    return localised(shown).replace("-", "\u2212")


def interval(one: Measurement) -> str:
    """A value with its interval, such as ``0.201 (0.150 to 0.255)``."""
    if one.value is None:
        return gettext("withheld")
    ends = (
        ""
        if one.low is None or one.high is None
        else gettext(" (%(low)s to %(high)s)") % {"low": number(one.low), "high": number(one.high)}
    )
    return f"{number(one.value)}{ends}"


def of_whom(one: Measurement) -> str:
    """The group that a measurement is about, against which."""
    group = ", ".join(f"{name} {value}" for name, value in one.group.items())
    against = ", ".join(one.against.values()) if one.against else ""
    return (
        gettext("%(group)s against %(other)s") % {"group": group, "other": against}
        if group and against
        else group or gettext("all")
    )


def plots(measurements: Sequence[Measurement], limits: Mapping[str, Mapping[str, str]]) -> list[Plot]:
    """A plot for each limit whose measurements have intervals."""
    found = []
    for name, limit in limits.items():
        own = [one for one in measurements if one.name == name and one.outcome is not None]
        if any(one.low is not None for one in own):
            own.sort(key=lambda one: _WORST_FIRST.index(one.outcome) if one.outcome in _WORST_FIRST else 9)
            rows = [(of_whom(one), one, "") for one in own]
            found.append(plot(name, limit, rows[:_MOST], more=max(0, len(rows) - _MOST)))
    return found


def plot(name: str, limit: Mapping[str, str], rows: Iterable[tuple[str, Measurement, str]], *, more: int = 0) -> Plot:
    """Named measurements against one limit; (name, measurement, address) each."""
    listed = list(rows)
    side, bound = next(iter(limit.items()))
    edge = _decimal(bound) or Decimal(0)
    values = [
        value for _, one, _ in listed for value in map(_decimal, (one.value, one.low, one.high)) if value is not None
    ]
    least, most = min([Decimal(0), edge, *values]), max([edge, *values])
    scale = _Scale(least, most + (most - least) * Decimal("0.04") if most > least else most + 1)
    middle = scale.place(edge)
    is_two_sided = side == "at_most" and "difference" in name and least < 0
    other = scale.place(max(-edge, least))
    beyond = [(middle, 100 - middle)] if side == "at_most" else [(Decimal(0), middle)]
    if is_two_sided and other > 0:
        beyond.append((Decimal(0), other))
    ticks = tuple(
        (f"{scale.place(value):.2f}%", anchor, number(str(value.normalize()), 2))
        for value, anchor in ((least, "start"), (scale.most, "end"))
        if abs(scale.place(value) - middle) > 18
    )
    return Plot(
        name=measure(name),
        limit_words=limit_words(limit),
        limit=f"{middle:.2f}%",
        edges=tuple(f"{one:.2f}%" for one in ((middle, other) if is_two_sided and other > 0 else (middle,))),
        beyond=tuple((f"{at:.2f}%", f"{width:.2f}%") for at, width in beyond),
        ticks=ticks,
        rows=tuple(_row(scale, *one) for one in listed),
        more=more,
        anchor="end" if middle > 82 else "start" if middle < 18 else "middle",
    )


class _Scale:
    def __init__(self, least: Decimal, most: Decimal) -> None:
        self.least, self.most = least, most

    def place(self, value: Decimal) -> Decimal:
        return 100 * (value - self.least) / (self.most - self.least)


def _row(scale: _Scale, name: str, one: Measurement, address: str) -> PlotRow:
    value, low, high = map(_decimal, (one.value, one.low, one.high))
    ends = low is not None and high is not None and value is not None
    return PlotRow(
        name=name,
        says=interval(one),
        status=one.outcome or "unknown",
        n=f"{one.n:,}",
        address=address,
        at=None if value is None else f"{scale.place(value):.2f}%",
        low=f"{scale.place(low):.2f}%" if ends and low is not None else None,
        high=f"{scale.place(high):.2f}%" if ends and high is not None else None,
    )


def _decimal(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None
