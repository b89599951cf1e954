"""What the explanation looks like: plots of importance and dependence, single decisions as JSON for an overseer."""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from upright.checks.asking import Floats
from upright.checks.contract import ArtefactBytes
from upright.checks.explaining.mixing import Ask, Mixer
from upright.checks.svg import Bar, Curve, curve_plot, interval_plot
from upright.kernel import decimal_text
from upright.measures.distinct import distinct
from upright.measures.estimate import Estimate
from upright.measures.intervals import mean_interval
from upright.measures.values import value_text

_SHOWN, _DEPENDENCES, _POINTS, _CATEGORIES = 20, 4, 15, 12


def importance_page(estimates: Sequence[Estimate], unit: str) -> ArtefactBytes:
    """The features that matter most, the first on top."""
    ordered = sorted(estimates, key=lambda one: -(one.value or 0.0))[:_SHOWN]
    bars = []
    for one in ordered:
        low, high = one.at(0.95) or (one.value or 0.0, one.value or 0.0)
        bars.append(Bar(one.group["feature"], one.value or 0.0, low, high))
    picture = interval_plot(bars, title="What the decisions rest on", unit=unit)
    return ArtefactBytes(name="importance.svg", media_type="image/svg+xml", data=picture)


def dependence_pages(ask: Ask, mixer: Mixer, ordered: Sequence[str], *, show_values: bool) -> list[ArtefactBytes]:
    """Of the first few features the mean score of all rows when each of them has the value (partial dependence)."""
    found = []
    for number, name in enumerate(ordered[:_DEPENDENCES], start=1):
        picture = _dependence(ask, mixer, name, show_values=show_values)
        if picture is not None:
            found.append(ArtefactBytes(name=f"dependence-{number}.svg", media_type="image/svg+xml", data=picture))
    return found


def _dependence(ask: Ask, mixer: Mixer, name: str, *, show_values: bool) -> bytes | None:
    values = mixer.values(name)
    title = f"Mean score when {name} is set for everybody"
    if values.dtype.kind in "fib" and values.ndim == 1:
        numbers = values[~np.isnan(values.astype(np.float64))].astype(np.float64)
        if not len(numbers):
            return None
        shares = np.linspace(0.02, 0.98, _POINTS)
        grid = distinct(np.quantile(numbers, shares, method="nearest"))
        if len(grid) < 2:
            return None
        means = _means(ask, mixer, name, [_like(values, value) for value in grid])
        shown = grid if show_values else np.array([(numbers <= value).mean() for value in grid])
        curve = Curve(x=shown.tolist(), y=[m[0] for m in means], low=[m[1] for m in means], high=[m[2] for m in means])
        x_name = name if show_values else f"{name}, as the share of rows with at most this value"
        return curve_plot(curve, title=title, x_name=x_name, y_name="mean score", y_range=_range(means))
    if values.dtype != object or not show_values:
        return None
    known = sorted({value for value in values if value is not None}, key=str)[:_CATEGORIES]
    means = _means(ask, mixer, name, known)
    bars = [Bar(value_text(value), *mean) for value, mean in zip(known, means, strict=True)]
    return interval_plot(bars, title=title, unit="mean score") if bars else None


def _like(values: Any, value: float) -> Any:
    return int(value) if values.dtype.kind in "ib" else float(value)


def _means(ask: Ask, mixer: Mixer, name: str, values: Sequence[Any]) -> list[tuple[float, float, float]]:
    """The mean score, with its interval, where everybody has each of the values."""
    if not values:
        return []
    return [_mean_score(scores) for scores in np.split(ask(mixer.with_values(name, values)), len(values))]


def _mean_score(scores: Floats) -> tuple[float, float, float]:
    flat = scores if scores.ndim == 1 else scores.max(axis=1)
    mean, error = float(flat.mean()), float(flat.std(ddof=1) / math.sqrt(len(flat))) if len(flat) > 1 else 0.0
    return (mean, *mean_interval(mean, error, len(flat), 0.95))


def _range(means: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    low, high = min(m[1] for m in means), max(m[2] for m in means)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def decisions_page(
    mixer: Mixer,
    rows: Sequence[int],
    contributions: Floats,
    start: Floats,
    *,
    decisions: Sequence[str],
    method: str,
    show_values: bool,
) -> ArtefactBytes:
    """Each explained decision: what it started from, and what each feature added, the largest first."""
    found = []
    for number, row in enumerate(rows):
        order = np.argsort(-np.abs(contributions[number]), kind="stable")
        total = float(start[number] + contributions[number].sum())
        found.append(
            {
                "decision": decisions[number],
                "score": _text(total),
                "starts_from": _text(float(start[number])),
                "contributions": [
                    {
                        "feature": mixer.names[at],
                        "adds": _text(float(contributions[number, at])),
                        **_value(mixer, mixer.names[at], row, show_values=show_values),
                    }
                    for at in order
                ],
            }
        )
    document = {"upright": 1, "method": method, "explanations": found}
    data = json.dumps(document, indent=1, sort_keys=True).encode()
    return ArtefactBytes(name="explanations.json", media_type="application/json", data=data)


def _value(mixer: Mixer, name: str, row: int, *, show_values: bool) -> dict[str, str]:
    """The value itself, or only how it ranks among the rows where values are personal."""
    values = mixer.values(name)
    if values.ndim > 1:
        return {}
    if show_values:
        return {"value": value_text(values[row].item() if hasattr(values[row], "item") else values[row])}
    if values.dtype.kind in "fib":
        known = values.astype(np.float64)
        known = known[~np.isnan(known)]
        if np.isnan(float(values[row])) or not len(known):
            return {"ranks_at": "missing"}
        return {"ranks_at": _text(round(float((known <= values[row]).mean()), 2))}
    return {}


def _text(value: float) -> str:
    return decimal_text(round(value, 6)) if math.isfinite(value) else "not finite"
