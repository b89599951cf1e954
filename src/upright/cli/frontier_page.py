"""The frontier as one HTML file: a plain SVG plot, and the same numbers as a table. No script, no network."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

_WIDTH, _HEIGHT, _EDGE = 640, 360, 52
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}th,td{padding:.2rem .6rem;border-bottom:1px solid #bbb;text-align:right}"
    "th:first-child,td:first-child{text-align:left}svg{max-width:100%;height:auto}"
)


def frontier_page(document: Mapping[str, Any]) -> str:
    """From the JSON document of ``upright mitigate``."""
    title = f"{document['binding']}: accuracy against the gap in {document['gap']} by {document['by']}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>\n<h1>{escape(title)}</h1>\n"
        f"<p>{escape(document['law'])}</p>\n{_plot(document['choices'], title)}\n"
        f"<table><thead><tr>{_cells('th', _HEADINGS)}</tr></thead><tbody>\n"
        + "\n".join(f"<tr>{_cells('td', row)}</tr>" for row in _rows(document["choices"]))
        + f"\n</tbody></table>\n<p>{escape(document['points'])}</p>\n</body></html>\n"
    )


_HEADINGS = (
    *("choice", "accuracy", "gap", "group", "threshold", "rows", "selection rate"),
    *("true positive rate", "false positive rate", "decided otherwise", "of these worse off"),
)


def _rows(choices: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    for one in choices:
        for cost in one["costs"]:
            rates = (cost[name] for name in ("selection_rate", "true_positive_rate", "false_positive_rate"))
            yield [
                one["id"],
                f"{one['accuracy']:.3f}",
                f"{one['gap']:.3f}",
                cost["group"],
                f"{cost['threshold']:.3f}",
                str(cost["rows"]),
                *("–" if rate is None else f"{rate:.3f}" for rate in rates),
                str(cost["changed"]),
                str(cost["worse"]),
            ]


def _cells(tag: str, texts: Sequence[str]) -> str:
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)


def _plot(choices: Sequence[Mapping[str, Any]], title: str) -> str:
    """Disc and full line: one threshold for all; square and dashed line: one per group."""
    gaps, accuracies = ([float(one[name]) for one in choices] for name in ("gap", "accuracy"))
    right = max([*gaps, 0.01])
    bottom, top = min(accuracies), max(accuracies)
    span = max(top - bottom, 0.01)

    def place(one: Mapping[str, Any]) -> tuple[float, float]:
        across = _EDGE + one["gap"] / right * (_WIDTH - 2 * _EDGE)
        return across, _HEIGHT - _EDGE - (one["accuracy"] - bottom) / span * (_HEIGHT - 2 * _EDGE)

    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}; numbers in the table below">',
        f'<path d="M{_EDGE} {_EDGE}V{_HEIGHT - _EDGE}H{_WIDTH - _EDGE}" fill="none" stroke="#555"/>',
    ]
    for kind, dash in (("blind", ""), ("aware", ' stroke-dasharray="5 4"')):
        points = [place(one) for one in choices if one["kind"] == kind]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="#1f4e79"{dash}/>')
        for x, y in points:
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#1f4e79"/>'
                if kind == "blind"
                else f'<rect x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6" fill="#fff" stroke="#1f4e79"/>'
            )
    words = (
        (_EDGE, _HEIGHT - 30, "start", "0"),
        (_WIDTH - _EDGE, _HEIGHT - 30, "end", f"{right:.3f}"),
        (_WIDTH / 2, _HEIGHT - 12, "middle", "gap between groups (smaller is fairer)"),
        (_EDGE, _EDGE - 22, "start", "accuracy; disc: one threshold for all, square: one per group"),
        (_EDGE - 6, _EDGE + 5, "end", f"{bottom + span:.3f}"),
        (_EDGE - 6, _HEIGHT - _EDGE, "end", f"{bottom:.3f}"),
    )
    parts += [
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="13">{text}</text>' for x, y, anchor, text in words
    ]
    return "".join([*parts, "</svg>"])
