"""The frontier of accuracy against a gap, for one threshold for all or one per group, from score histograms.

A histogram counts the rows of each score bin by outcome, so a threshold is a bin edge and every choice is a sum:
no row is read again. A positive decision is a score at or above the threshold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from upright.measures.errors import MeasureInputError

Numbers = npt.NDArray[np.float64]
GAPS = ("selection_rate", "true_positive_rate", "false_positive_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a choice means for one group.

    ``changed`` counts the rows decided otherwise than today, of which ``worse`` lose the favourable decision. Rates
    are of the positive class; ``None`` where nobody could be in them.
    """

    group: str
    threshold: float
    rows: int
    selection_rate: float | None
    true_positive_rate: float | None
    false_positive_rate: float | None
    accuracy: float | None
    changed: int
    worse: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One point of the frontier. ``kind`` is ``blind`` (one threshold) or ``aware`` (one per group)."""

    kind: str
    accuracy: float
    gap: float
    costs: tuple[Cost, ...]


class Groups:
    """Histograms by group: ``{name: (2, bins)}``, rows of the negative and of the positive outcome per score bin.

    Raises:
        MeasureInputError: fewer than two groups, or a group without rows.
    """

    def __init__(self, histograms: Mapping[str, Numbers]) -> None:
        empty = [name for name, cells in histograms.items() if not cells.sum() > 0.0]
        if len(histograms) < 2 or empty:
            found = f"group {empty[0]!r} has no rows" if empty else f"there are {len(histograms)} groups"
            raise MeasureInputError(
                f"Thresholds are weighed between two groups or more that have rows; {found}. Name a protected column "
                "that parts the table.",
                code="UP-MITIGATE-01",
            )
        self.names = tuple(histograms)
        cells = np.stack([histograms[name] for name in self.names])
        self.bins = cells.shape[2]
        # at[g, y, k]: rows of group g and outcome y with a score at or above edge k; the last edge selects nobody
        reverse = np.cumsum(cells[:, :, ::-1], axis=2)[:, :, ::-1]
        self.at = np.concatenate([reverse, np.zeros((*reverse.shape[:2], 1))], axis=2)
        self.totals = cells.sum(axis=2)
        self.rows = self.totals.sum(axis=1)

    @property
    def correct(self) -> Numbers:
        """Rows decided as they turned out, by group and edge."""
        return np.asarray(self.at[:, 1] + self.totals[:, :1] - self.at[:, 0])

    def rates(self, rate: str) -> Numbers:
        """By group and edge; NaN where nobody could be in it."""
        if rate == "selection_rate":
            top, base = self.at.sum(axis=1), self.rows
        else:
            outcome = 1 if rate == "true_positive_rate" else 0
            top, base = self.at[:, outcome], self.totals[:, outcome]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(top / base[:, None])


def choices(groups: Groups, *, gap: str, today: float, favourable_is_positive: bool) -> tuple[Choice, ...]:
    """Every choice that no other beats in both accuracy and gap, of each kind, by growing gap.

    Args:
        groups: their histograms.
        gap: one of ``GAPS``; the largest difference of this rate between two groups.
        today: the threshold in use, for what a choice changes.
        favourable_is_positive: whether a score at or above the threshold is good for the person.

    Raises:
        MeasureInputError: an unknown gap, or one that a group cannot have.
    """
    if gap not in GAPS:
        raise MeasureInputError(f"gap is {gap!r}; expected one of {', '.join(GAPS)}.", code="UP-MITIGATE-02")
    rates = groups.rates(gap)
    if np.isnan(rates).any():
        name = groups.names[int(np.isnan(rates).any(axis=1).argmax())]
        raise MeasureInputError(
            f"Group {name!r} has no row that could be in {gap}; choose another gap, or leave the group out.",
            code="UP-MITIGATE-03",
        )
    blind = _blind(groups, rates)
    aware = _aware(groups, rates)
    found = [("blind", edges) for edges in blind] + [("aware", edges) for edges in aware]
    return tuple(_choice(groups, kind, edges, rates, today, favourable_is_positive) for kind, edges in found)


def _choice(groups: Groups, kind: str, edges: Sequence[int], rates: Numbers, today: float, favourable: bool) -> Choice:
    which = np.arange(len(edges))
    chosen = rates[which, list(edges)]
    right = groups.correct[which, list(edges)].sum()
    return Choice(
        kind=kind,
        accuracy=float(right / groups.rows.sum()),
        gap=float(np.ptp(chosen)),
        costs=tuple(_cost(groups, at, edge, today, favourable) for at, edge in enumerate(edges)),
    )


def _blind(groups: Groups, rates: Numbers) -> list[tuple[int, ...]]:
    right, gap = groups.correct.sum(axis=0), np.ptp(rates, axis=0)
    found: list[tuple[int, ...]] = []
    best = -1.0
    for edge in np.lexsort((-right, gap)):
        if right[edge] > best:
            best = float(right[edge])
            found.append((int(edge),) * len(groups.names))
    return found


def _aware(groups: Groups, rates: Numbers) -> list[tuple[int, ...]]:
    """For each width of a band of rates, the place of the band where the best thresholds inside it are right most.

    The widths are a grid of 101; within one the search is exact, as a best band begins at some group's rate.
    """
    correct = groups.correct
    found: dict[tuple[int, ...], tuple[float, float]] = {}
    starts = np.unique(rates)
    sought = [_BestInRange(rates[at], correct[at]) for at in range(len(groups.names))]
    for width in np.linspace(0.0, 1.0, 101):
        parts = [one.best(starts, starts + width) for one in sought]
        total = np.sum([right for right, _ in parts], axis=0)
        at = int(total.argmax())
        if np.isfinite(total[at]):
            edges = tuple(int(edge[at]) for _, edge in parts)
            chosen = rates[np.arange(len(edges)), list(edges)]
            found[edges] = (float(np.ptp(chosen)), float(total[at]))
    kept: list[tuple[int, ...]] = []
    best = -1.0
    for edges, (_, right) in sorted(found.items(), key=lambda item: (item[1][0], -item[1][1])):
        if right > best:
            best = right
            kept.append(edges)
    return kept


class _BestInRange:
    """Of one group: the edge that is right most often among those whose rate lies in a range (sparse table)."""

    def __init__(self, rates: Numbers, correct: Numbers) -> None:
        self.order = np.argsort(rates, kind="stable")
        self.rates = rates[self.order]
        self.value = correct[self.order]
        self.levels = [np.arange(len(self.rates))]
        step = 1
        while 2 * step <= len(self.rates):
            last = self.levels[-1]
            one, other = last[:-step], last[step:]
            self.levels.append(np.where(self.value[one] >= self.value[other], one, other))
            step *= 2

    def best(self, low: Numbers, high: Numbers) -> tuple[Numbers, Numbers]:
        """Rows decided right and the edge, for each range; minus infinity where no rate lies in it."""
        slack = 1e-12
        start = np.searchsorted(self.rates, low - slack, side="left")
        end = np.searchsorted(self.rates, high + slack, side="right")
        right = np.full(len(low), -np.inf)
        edge = np.zeros(len(low))
        length = np.maximum(end - start, 0)
        for level, table in enumerate(self.levels):
            size = 1 << level
            here = (length >= size) & (length < 2 * size)
            if not here.any():
                continue
            one, other = table[start[here]], table[end[here] - size]
            chosen = np.where(self.value[one] >= self.value[other], one, other)
            right[here], edge[here] = self.value[chosen], self.order[chosen]
        return right, edge


def _cost(groups: Groups, at: int, edge: int, today: float, favourable: bool) -> Cost:
    now = min(groups.bins, int(np.ceil(today * groups.bins - 1e-9)))
    selected, before = groups.at[at, :, edge], groups.at[at, :, now]
    moved = float(selected.sum() - before.sum())
    worse = max(0.0, -moved) if favourable else max(0.0, moved)
    negatives, positives = groups.totals[at]
    rows = float(groups.rows[at])
    return Cost(
        group=groups.names[at],
        threshold=edge / groups.bins,
        rows=round(rows),
        selection_rate=float(selected.sum()) / rows,
        true_positive_rate=float(selected[1]) / positives if positives else None,
        false_positive_rate=float(selected[0]) / negatives if negatives else None,
        accuracy=float(selected[1] + negatives - selected[0]) / rows,
        changed=round(abs(moved)),
        worse=round(worse),
    )
