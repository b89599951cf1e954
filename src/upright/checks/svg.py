"""Plots as plain SVG for artefacts: no script, no font of their own, readable in light and dark."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite, log10

_STYLE = (
    "svg{font:13px system-ui,sans-serif;color:#1f2933;background:#fff}"
    "@media(prefers-color-scheme:dark){svg{color:#e5e9ee;background:#14181d}}"
    ".axis{stroke:currentColor;stroke-opacity:.35;stroke-width:1}.line{stroke:#1d6fa5;stroke-width:2;fill:none}"
    ".band{fill:#1d6fa5;fill-opacity:.18}.dot{fill:#1d6fa5}.limit{stroke:#b42318;stroke-width:1.5;stroke-dasharray:5 4}"
    "text{fill:currentColor}.small{font-size:11.5px;fill-opacity:.8}"
)
_WIDTH, _LEFT, _RIGHT, _ROW = 720, 190, 24, 26
_LONGEST_NAME = 26


@dataclass(frozen=True, slots=True)
class Bar:
    """One named value with its interval."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Points from left to right, with a band around them."""

    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        if self.high <= self.low:
            return (self.start + self.end) / 2
        share = (min(self.high, max(self.low, value)) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, count: int = 5) -> list[float]:
        if self.high <= self.low:
            return [self.low]
        rough = (self.high - self.low) / count
        power = 10.0 ** floor(log10(rough))
        step = next(size * power for size in (1, 2, 2.5, 5, 10) if size * power >= rough)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [round(at * step, 12) for at in range(first, last + 1)]


def interval_plot(bars: Sequence[Bar], *, title: str, unit: str) -> bytes:
    """A row for each bar: its point and its interval, on one axis that begins at 0 unless something lies below."""
    ends = [end for bar in bars for end in (bar.low, bar.high, bar.value) if isfinite(end)]
    axis = _Axis(min(0.0, *ends), max(ends) or 1.0, _LEFT, _WIDTH - _RIGHT) if ends else _Axis(0, 1, _LEFT, _WIDTH)
    bottom = 44 + _ROW * len(bars)
    parts = [_text(12, 22, title, "start", bold=True)]
    for at, bar in enumerate(bars):
        y = 50 + _ROW * at
        parts.append(_text(_LEFT - 10, y + 4, _short(bar.name), "end"))
        parts.append(f'<rect class="band" x="{axis.at(bar.low):.1f}" y="{y - 6}" height="12" '
                     f'width="{max(1.0, axis.at(bar.high) - axis.at(bar.low)):.1f}"/>')  # fmt: skip
        parts.append(f'<circle class="dot" cx="{axis.at(bar.value):.1f}" cy="{y}" r="4"/>')
    parts += _bottom_axis(axis, bottom, unit)
    words = "; ".join(f"{bar.name} {_number(bar.value)} ({_number(bar.low)} to {_number(bar.high)})" for bar in bars)
    return _whole(parts, bottom + 46, title, words)


def curve_plot(
    curve: Curve, *, title: str, x_name: str, y_name: str, limit: float | None = None, y_range: tuple[float, float]
) -> bytes:
    """A line with its band; ``limit`` is a vertical line."""
    bottom, left = 270, 70
    across = _Axis(min(curve.x), max(curve.x), left, _WIDTH - _RIGHT)
    up = _Axis(*y_range, bottom, 48)
    parts = [_text(12, 22, title, "start", bold=True), _text(12, 40, y_name, "start", small=True)]
    points = [f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in zip(curve.x, curve.y, strict=True)]
    upper = [f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in zip(curve.x, curve.high, strict=True)]
    lower = [f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in zip(curve.x, curve.low, strict=True)]
    parts.append(f'<polygon class="band" points="{" ".join([*upper, *reversed(lower)])}"/>')
    parts.append(f'<polyline class="line" points="{" ".join(points)}"/>')
    for tick in up.ticks(4):
        parts.append(_text(left - 8, up.at(tick) + 4, _number(tick), "end", small=True))
        parts.append(
            f'<line class="axis" x1="{left}" x2="{_WIDTH - _RIGHT}" y1="{up.at(tick):.1f}" y2="{up.at(tick):.1f}"/>'
        )
    if limit is not None and across.low <= limit <= across.high:
        parts.append(
            f'<line class="limit" x1="{across.at(limit):.1f}" x2="{across.at(limit):.1f}" y1="48" y2="{bottom}"/>'
        )
    parts += _bottom_axis(across, bottom, x_name)
    words = "; ".join(f"{_number(x)}: {_number(y)}" for x, y in zip(curve.x, curve.y, strict=True))
    return _whole(parts, bottom + 46, title, words)


def _bottom_axis(axis: _Axis, y: float, name: str) -> list[str]:
    parts = [f'<line class="axis" x1="{axis.start:g}" x2="{axis.end:g}" y1="{y}" y2="{y}"/>']
    for tick in axis.ticks():
        parts.append(f'<line class="axis" x1="{axis.at(tick):.1f}" x2="{axis.at(tick):.1f}" y1="{y}" y2="{y + 5}"/>')
        parts.append(_text(axis.at(tick), y + 19, _number(tick), "middle", small=True))
    parts.append(_text((axis.start + axis.end) / 2, y + 37, name, "middle", small=True))
    return parts


def _text(x: float, y: float, text: str, anchor: str, *, bold: bool = False, small: bool = False) -> str:
    how = ' font-weight="600"' if bold else ' class="small"' if small else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{how}>{escape(_clean(text))}</text>'


def _whole(parts: Sequence[str], height: float, title: str, words: str) -> bytes:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:g}" role="img" '
        f'aria-labelledby="t d"><title id="t">{escape(_clean(title))}</title>'
        f'<desc id="d">{escape(_clean(words))}</desc><style>{_STYLE}</style>'
    )
    return "\n".join([head, *parts, "</svg>", ""]).encode()


def _clean(text: str) -> str:
    """Without characters that XML does not allow."""
    return "".join(
        sign if sign >= " " and sign not in "\ufffe\uffff" and not "\ud800" <= sign <= "\udfff" else " "
        for sign in text
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"


def _number(value: float) -> str:
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return text.replace("-", "\u2212")
