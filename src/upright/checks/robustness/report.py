"""A table's robustness: the search and the damage as estimates, and what they looked like."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from upright.checks.asking import Floats, ModelSession
from upright.checks.confined.columns import pick, rows_of
from upright.checks.contract import ArtefactBytes
from upright.checks.deciding import Decider
from upright.checks.robustness.damage import damaged_estimates
from upright.checks.robustness.search import Flips, Search, Task
from upright.checks.robustness.settings import Settings
from upright.checks.robustness.space import Rows, Space, space_of
from upright.checks.svg import Curve, curve_plot
from upright.evidence.statement import NotExamined
from upright.kernel import decimal_text
from upright.measures.estimate import Estimate
from upright.measures.intervals import wilson
from upright.measures.quantiles import quantile_estimate

if TYPE_CHECKING:
    from ibis.expr.types import Table

_SEARCH = "search, confirmed by the model: an upper bound of each distance"
_PARTS = 1_000
_ITERATIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """Estimates that limits may judge, others that are only shown, and the files."""

    judged: tuple[Estimate, ...]
    reported: tuple[Estimate, ...] = ()
    not_examined: tuple[NotExamined, ...] = ()
    artefacts: tuple[ArtefactBytes, ...] = ()


def tabular_robustness(
    session: ModelSession,
    table: "Table",
    columns: Mapping[str, Sequence[Any]],
    asked: Settings,
    seed: int,
    progress: Callable[[int, int], None],
) -> Robustness:
    """Searches and damages a seeded part of the sampled rows; the rest are other rows that occur."""
    space = space_of(table, session.source.features, asked.immutable)
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(rows_of(columns))[: asked.rows])
    picked = pick(columns, chosen)
    held, others = space.holding(picked), space.holding(columns)
    decider = Decider(session, picked)
    base, pool = held.encode(picked), others.encode(columns)
    codes, pool_codes = decider.codes(held.decode(base)), decider.codes(others.decode(pool))
    task = Task(
        space=held, decider=decider, base=base, codes=codes, pool=pool, pool_codes=pool_codes,
        progress=lambda share: progress(round(share * _PARTS * 0.9), _PARTS),
    )  # fmt: skip
    found = _searched(task, session, picked, asked, seed)
    damaged = damaged_estimates(held, decider, base, codes, rng, noise=asked.noise, least=asked.least)
    progress(_PARTS, _PARTS)
    return Robustness(
        judged=(*_distances(found.distance, space, asked), *damaged),
        not_examined=tuple(_not_moved(space, len(chosen))),
        artefacts=_artefacts(found, task, asked.budget),
    )


def _searched(task: Task, session: ModelSession, picked: Mapping[str, Any], asked: Settings, seed: int) -> Flips:
    search = Search(task)
    if asked.hop_skip_jump:
        search.starts.append(_hop_skip_jump(task, session, picked, seed))
    return search.run()


def _hop_skip_jump(
    task: Task, session: ModelSession, picked: Mapping[str, Any], seed: int
) -> tuple["np.ndarray[Any, Any]", Rows]:
    """Where the toolbox ends, of the rows that have no missing number: a start for taking back what is not needed."""
    numeric = [at for at in task.space.movable if task.space.features[at].is_numeric]
    rows = np.flatnonzero(~np.isnan(task.base[:, numeric]).any(axis=1)) if numeric else np.empty(0, dtype=np.int64)
    moved = task.base[rows].copy()
    if not len(rows):
        return rows, moved
    features = [task.space.features[at] for at in numeric]
    source = session.source
    threshold = None if task.decider.mode != "threshold" else float(source.threshold or 0.0)
    width = 0 if threshold is None else session.matrix(pick(picked, slice(0, 1))).ndim
    request = {
        "op": "hop_skip_jump", "seed": seed % 2**32, "iterations": _ITERATIONS, "output": session.output,
        "numbers": [{"name": f.name, "low": f.low, "high": f.high, "steps": f.steps} for f in features],
        "threshold": threshold, "positive_at": session.positive_at(2) if width == 2 else 0,
    }  # fmt: skip
    moved[:, numeric] = session.ask(request, pick(task.space.decode(task.base), rows))
    return rows, moved


def _distances(distance: Floats, space: Space, asked: Settings) -> tuple[Estimate, ...]:
    size, flipped = len(distance), int((distance <= asked.budget + 1e-9).sum())
    few = "" if size >= asked.least else f"{size} rows; {asked.least} are needed"
    share = Estimate(
        name="flipped_within_budget",
        value=flipped / size,
        n=size,
        unit="share",
        method=f"wilson; changes of at most {decimal_text(asked.budget)}; {_SEARCH}",
        interval=lambda level: wilson(flipped / size, size, level),
        unfit=few,
    )
    farthest = _farthest(space)
    bounded = np.minimum(distance, farthest)
    method = (
        f"order statistics; {_SEARCH}; where no flip was found, the whole range ({decimal_text(round(farthest, 3))})"
    )
    quantiles = {"lowest_decile_flip_distance": 0.1, "median_flip_distance": 0.5}
    return share, *(
        quantile_estimate(name, bounded.tolist(), part, unit="usual spreads", method=method, unfit=few)
        for name, part in quantiles.items()
    )


def _farthest(space: Space) -> float:
    moved = (space.features[at] for at in space.movable)
    return float(sum((f.high - f.low) / f.scale if f.is_numeric else 1.0 for f in moved))


def _not_moved(space: Space, rows: int) -> list[NotExamined]:
    return [
        NotExamined(what=f"changes of {feature.name}", why=feature.why, count=rows)
        for feature in space.features
        if feature.kind == "fixed"
    ]


def _artefacts(found: Flips, task: Task, budget: float) -> tuple[ArtefactBytes, ...]:
    """How many flip within which distance, and by which columns; no value of any row."""
    size = len(found.distance)
    ends = found.distance[np.isfinite(found.distance)]
    reach = max(2 * budget, float(np.quantile(ends, 0.9)) if len(ends) else 0.0)
    at = np.linspace(0.0, reach, 41)
    counts = [(found.distance <= one + 1e-9).sum() for one in at]
    bounds = [wilson(count / size, size, 0.95) for count in counts]
    curve = Curve(
        x=at.tolist(),
        y=[float(count / size) for count in counts],
        low=[low for low, _ in bounds],
        high=[high for _, high in bounds],
    )
    picture = curve_plot(
        curve, title="Decisions that a change of this size flips", x_name="size of the change, in usual spreads",
        y_name="share of rows", limit=budget, y_range=(0.0, 1.0),
    )  # fmt: skip
    document = json.dumps(_document(found, task, budget), indent=1, sort_keys=True).encode()
    return (
        ArtefactBytes(name="flip-distance.svg", media_type="image/svg+xml", data=picture),
        ArtefactBytes(name="flips.json", media_type="application/json", data=document),
    )


def _document(found: Flips, task: Task, budget: float) -> dict[str, Any]:
    flipped = np.isfinite(found.distance)
    columns: Counter[str] = Counter()
    widths: Counter[int] = Counter()
    for row in np.flatnonzero(flipped):
        moved = [
            feature.name
            for at, feature in enumerate(task.space.features)
            if feature.kind != "fixed" and found.moved[row, at] != task.base[row, at]
            and not np.isnan(found.moved[row, at])
        ]  # fmt: skip
        columns.update(moved)
        widths[len(moved)] += 1
    shares = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9)
    ordered = np.sort(found.distance)
    quantiles = [float(ordered[max(0, int(np.ceil(share * len(ordered))) - 1)]) for share in shares]
    return {
        "upright": 1,
        "rows": len(found.distance),
        "flipped": int(flipped.sum()),
        "budget": decimal_text(budget),
        "quantiles": {
            decimal_text(share): decimal_text(round(value, 6)) if np.isfinite(value) else None
            for share, value in zip(shares, quantiles, strict=True)
        },
        "flips_that_move": dict(sorted(columns.items())),
        "columns_moved_at_once": {str(width): count for width, count in sorted(widths.items())},
    }
