"""The frontier as one HTML file: a plain SVG plot, and the same numbers as tables. No script, no network."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Any

_WIDTH, _HEIGHT = 720, 430
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 44, 66
_STYLE = (
    ":root{--ink:#1f2933;--paper:#fff;--rule:#c9d1d9;--blind:#1d6fa5;--aware:#b25000;--today:#1f2933;--soft:#eef2f6}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e5e9ee;--paper:#14181d;--rule:#3b4652;--blind:#6db3e3;"
    "--aware:#f0a060;--today:#e5e9ee;--soft:#1d242c}}"
    "body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:64rem;"
    "margin:2rem auto;padding:0 1rem}h1{font-size:1.4rem;line-height:1.3}h2{font-size:1.1rem;margin-top:2rem}"
    ".law{background:var(--soft);border-left:4px solid var(--aware);padding:.6rem 1rem}"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}"
    "th,td{padding:.25rem .6rem;border-bottom:1px solid var(--rule);text-align:right;vertical-align:top}"
    "th:first-child,td:first-child,.word{text-align:left}tr.today{font-weight:600}"
    "svg{max-width:100%;height:auto;display:block;margin:1rem 0}"
    "svg text{fill:var(--ink);font:13px system-ui,sans-serif}"
    "svg .small{font-size:12px;fill-opacity:.85}.axis{stroke:var(--ink);stroke-opacity:.5}"
    ".grid{stroke:var(--rule);stroke-opacity:.45}"
    ".blind{stroke:var(--blind);fill:var(--blind)}.aware{stroke:var(--aware);fill:var(--paper)}"
    ".today{stroke:var(--today);fill:var(--today)}.line{fill:none;stroke-width:1.5}.reach{stroke-opacity:.6}"
    "svg.key{display:inline-block;vertical-align:middle;margin:0 .2rem;width:34px;height:14px}"
)
_KINDS = {"blind": "one threshold for all", "aware": "one threshold per group", "today": "as decided today"}


def frontier_page(document: Mapping[str, Any]) -> str:
    """From the JSON document of ``upright mitigate``."""
    by = " and ".join(document["by"])
    title = f"{document['binding']}: accuracy against the gap in {document['gap'].replace('_', ' ')} by {by}"
    left = [f"{by} = {group}: {rows} rows, too few to weigh" for group, rows in document["left_out"].items()]
    if document["undecided_rows"]:
        left.append(f"{document['undecided_rows']} rows without a decision")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>\n<h1>{escape(title)}</h1>\n"
        f'<p class="law">{escape(document["law"])}</p>\n'
        f"<p>{document['rows']:,} rows. Further left is fairer, further up is right more often.<br>{_key()}</p>\n"
        f"{_plot(document['choices'], title)}\n<p>{escape(document['points'])}</p>\n"
        + "".join(f"<p>Not in this: {escape(text)}.</p>\n" for text in left)
        + "<h2>What each choice costs whom</h2>\n"
        + _table(_HEADINGS, _choice_rows(document["choices"]), words=(4, 5, 6))
        + "<h2>Rates of each group</h2>\n"
        + _table(_RATES, _rate_rows(document["choices"]), words=(1,))
        + "<h2>Weights for training</h2>\n<p>With these, group and outcome are independent (Kamiran &amp; Calders "
        "2012); they act on training alone.</p>\n"
        + _table(
            ("group", "label", "weight"),
            ((None, (one["group"], one["label"], f"{one['weight']:.4f}")) for one in document["weights"]),
        )
        + "</body></html>\n"
    )


_HEADINGS = ("choice", "accuracy", "gap", "changed", "threshold", "lose the favourable decision", "get it")
_RATES = (
    *("choice", "group", "threshold", "rows", "selection rate", "true positive rate", "false positive rate"),
    *("accuracy", "changed", "worse off", "better off"),
)
Rows = Iterator[tuple[str | None, tuple[str, ...]]]


def _choice_rows(choices: Sequence[Mapping[str, Any]]) -> Rows:
    for one in choices:
        costs = one["costs"]
        yield (
            one["kind"],
            (
                one["id"],
                _with_interval(one, "accuracy"),
                _with_interval(one, "gap"),
                str(sum(cost["changed"] for cost in costs)),
                _thresholds(one),
                _people(costs, "worse"),
                _people(costs, "better"),
            ),
        )


def _thresholds(one: Mapping[str, Any]) -> str:
    found = {cost["threshold"] for cost in one["costs"]}
    if None in found:
        return "decisions as recorded"
    if one["kind"] != "aware":
        return f"all from {found.pop():.3f}"
    return ", ".join(f"{cost['group']} from {cost['threshold']:.3f}" for cost in one["costs"])


def _people(costs: Sequence[Mapping[str, Any]], name: str) -> str:
    return ", ".join(f"{cost[name]} of {cost['rows']} in {cost['group']}" for cost in costs if cost[name]) or "nobody"


def _with_interval(one: Mapping[str, Any], name: str) -> str:
    low, high = one[f"{name}_interval"]
    return f"{one[name]:.3f} ({low:.3f} to {high:.3f})"


def _rate_rows(choices: Sequence[Mapping[str, Any]]) -> Rows:
    for one in choices:
        for cost in one["costs"]:
            rates = (cost[f"{name}_rate"] for name in ("selection", "true_positive", "false_positive"))
            threshold = cost["threshold"]
            yield (
                one["kind"],
                (
                    *(one["id"], cost["group"], "–" if threshold is None else f"{threshold:.3f}", str(cost["rows"])),
                    *("–" if rate is None else f"{rate:.3f}" for rate in (*rates, cost["accuracy"])),
                    *(str(cost[name]) for name in ("changed", "worse", "better")),
                ),
            )


def _table(headings: Sequence[str], rows: Rows, *, words: Sequence[int] = ()) -> str:
    def line(tag: str, texts: Sequence[str]) -> str:
        return "".join(
            f"<{tag}{' class=word' if at in words else ''}>{escape(text)}</{tag}>" for at, text in enumerate(texts)
        )

    body = "\n".join(f"<tr{' class=today' if kind == 'today' else ''}>{line('td', texts)}</tr>" for kind, texts in rows)
    return (
        f'<div class="scroll"><table><thead><tr>{line("th", headings)}</tr></thead><tbody>\n{body}\n'
        "</tbody></table></div>\n"
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (min(self.high, max(self.low, value)) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        rough = (self.high - self.low) / 5
        power = 10.0 ** floor(log10(rough))
        step = next(size * power for size in (1, 2, 2.5, 5, 10) if size * power >= rough)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [round(at * step, 12) for at in range(first, last + 1)]


def _plot(choices: Sequence[Mapping[str, Any]], title: str) -> str:
    """Points with their intervals as thin bars; the choices of a kind joined by a line."""
    gaps = [end for one in choices for end in one["gap_interval"]]
    accuracies = [end for one in choices for end in one["accuracy_interval"]]
    low, high = min(accuracies), max(accuracies)
    room = max(high - low, 0.01) * 0.04
    across = _Axis(0.0, max([*gaps, 0.01]) * 1.02, _LEFT, _WIDTH - _RIGHT)
    up = _Axis(low - room, high + room, _HEIGHT - _BOTTOM, _TOP)
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}; numbers in the tables below">',
        *_grid(across, up),
    ]
    for kind in ("aware", "blind", "today"):
        some = [one for one in choices if one["kind"] == kind]
        for one in _spread(some):
            parts += _reach(one, across, up)
        if len(some) > 1:
            points = " ".join(f"{across.at(one['gap']):.1f},{up.at(one['accuracy']):.1f}" for one in some)
            dash = ' stroke-dasharray="6 4"' if kind == "aware" else ""
            parts.append(f'<polyline class="{kind} line" style="fill:none" points="{points}"{dash}/>')
        parts += [_mark(kind, across.at(one["gap"]), up.at(one["accuracy"])) for one in some]
    return "".join([*parts, "</svg>"])


def _spread(some: Sequence[Mapping[str, Any]], most: int = 5) -> list[Mapping[str, Any]]:
    """Few enough that their intervals can be told apart."""
    if len(some) <= most:
        return list(some)
    return [some[round(at * (len(some) - 1) / (most - 1))] for at in range(most)]


def _grid(across: _Axis, up: _Axis) -> Iterator[str]:
    bottom = _HEIGHT - _BOTTOM
    for tick in up.ticks():
        y = up.at(tick)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="small" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:.3g}</text>'
    for tick in across.ticks():
        x = across.at(tick)
        yield f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 5}"/>'
        yield f'<text class="small" x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{tick:.3g}</text>'
    yield f'<path class="axis" d="M{_LEFT} {_TOP}V{bottom}H{_WIDTH - _RIGHT}" fill="none"/>'
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    yield f'<text x="{middle:g}" y="{_HEIGHT - 16}" text-anchor="middle">gap between groups (smaller is fairer)</text>'
    yield f'<text x="{_LEFT - 50}" y="{_TOP - 18}">accuracy, with intervals of 95 % on some points</text>'


def _reach(one: Mapping[str, Any], across: _Axis, up: _Axis) -> list[str]:
    x, y = across.at(one["gap"]), up.at(one["accuracy"])
    left, right = (across.at(end) for end in one["gap_interval"])
    bottom, top = (up.at(end) for end in one["accuracy_interval"])
    kind = one["kind"]
    return [
        f'<line class="{kind} reach" x1="{left:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>',
        f'<line class="{kind} reach" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom:.1f}" y2="{top:.1f}"/>',
    ]


def _mark(kind: str, x: float, y: float) -> str:
    if kind == "blind":
        return f'<circle class="blind" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
    if kind == "aware":
        return f'<rect class="aware" x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6"/>'
    return f'<path class="today" d="M{x:.1f} {y - 7:.1f}l7 7l-7 7l-7 -7z"/>'


def _key() -> str:
    return "".join(
        ' <svg class="key" viewBox="0 0 34 14" aria-hidden="true">'
        + (f'<line class="{kind}" x1="1" x2="33" y1="7" y2="7"{dash}/>' if kind != "today" else "")
        + f"{_mark(kind, 17, 7)}</svg>{words}"
        for kind, words, dash in (
            (kind, words, ' stroke-dasharray="6 4"' if kind == "aware" else "") for kind, words in _KINDS.items()
        )
    )
