"""The frontier of accuracy against a gap, for one threshold for all or one per group, from score histograms.

A histogram counts the rows of each score bin by decision and outcome, so a threshold is a bin edge and every choice is
a sum: no row is read again. A positive decision is a score at or above the threshold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from upright.measures.errors import MeasureInputError
from upright.measures.estimate import FEWEST_SHOWN, folded_at_zero
from upright.measures.fairness import gap_inversion
from upright.measures.intervals import newcombe, wilson

Numbers = npt.NDArray[np.float64]
LEVEL = 0.95
GAPS = ("selection_rate", "true_positive_rate", "false_positive_rate")


Range = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a choice means for one group.

    ``threshold`` is ``None`` for decisions as recorded. ``changed`` counts the rows decided otherwise than today, of
    which ``worse`` lose the favourable decision and ``better`` get it. Rates are of the positive class; ``None`` where
    nobody, or fewer than five people, could be in them.
    """

    group: str
    threshold: float | None
    rows: int
    selection_rate: float | None
    true_positive_rate: float | None
    false_positive_rate: float | None
    accuracy: float | None
    changed: int
    worse: int
    better: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One point of the frontier, or ``today``. ``kind`` is ``blind`` (one threshold) or ``aware`` (one per group).

    Intervals are of 95 % for a choice that was fixed before these rows were seen.
    """

    kind: str
    accuracy: float
    accuracy_interval: Range
    gap: float
    gap_interval: Range
    costs: tuple[Cost, ...]


def decided_at(histogram: Numbers, threshold: float) -> Numbers:
    """A histogram (outcome, bin) parted by the decision that a threshold makes of it: (decision, outcome, bin)."""
    bins = histogram.shape[1]
    over = np.arange(bins) >= min(bins, int(np.ceil(threshold * bins - 1e-9)))
    return np.stack([np.where(over, 0.0, histogram), np.where(over, histogram, 0.0)])


class Groups:
    """Histograms by group: ``{name: (2, 2, bins)}``, rows by decision of today, outcome and score bin.

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
        decided = np.stack([histograms[name] for name in self.names])
        cells = decided.sum(axis=1)
        self.bins = cells.shape[2]
        # at[g, y, k]: rows of group g and outcome y with a score at or above edge k; the last edge selects nobody
        self.at = _at_or_above(cells)
        self.totals = cells.sum(axis=2)
        self.rows = self.totals.sum(axis=1)
        self.today = decided[:, 1].sum(axis=2)  # rows by group and outcome that are decided positive today
        self.today_at = _at_or_above(decided[:, 1]).sum(axis=1)  # of these, with a score at or above each edge

    @property
    def correct(self) -> Numbers:
        """Rows decided as they turned out, by group and edge."""
        return np.asarray(self.at[:, 1] + self.totals[:, :1] - self.at[:, 0])

    def rates(self, rate: str) -> Numbers:
        """By group and edge; NaN where nobody could be in it."""
        top, base = _parts(rate, self.at, self.totals)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(top / base[:, None])


def _at_or_above(cells: Numbers) -> Numbers:
    reverse = np.cumsum(cells[..., ::-1], axis=-1)[..., ::-1]
    return np.concatenate([reverse, np.zeros((*reverse.shape[:-1], 1))], axis=-1)


def choices(groups: Groups, *, gap: str, favourable_is_positive: bool, seed: int = 0) -> tuple[Choice, ...]:
    """Decisions as they are today, then every choice that no other beats in both accuracy and gap, by growing gap.

    Args:
        groups: their histograms.
        gap: one of ``GAPS``; the largest difference of this rate between two groups.
        seed: of the random numbers behind the interval of a gap of three groups and more.
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
    tell = _Teller(groups, gap, favourable_is_positive, seed)
    chosen = [("blind", edges) for edges in _blind(groups, rates)] + [("aware", e) for e in _aware(groups, rates)]
    return (tell.today(), *(tell.choice(kind, edges) for kind, edges in chosen))


@dataclass(frozen=True, slots=True)
class _Teller:
    """Says of a choice how accurate it is, how wide its gap, and what it costs whom."""

    groups: Groups
    gap: str
    favourable_is_positive: bool
    seed: int

    def today(self) -> Choice:
        groups = self.groups
        costs = [self._cost(at, None, selected, 0.0, 0.0) for at, selected in enumerate(groups.today)]
        return self._whole("today", groups.today, costs)

    def choice(self, kind: str, edges: Sequence[int]) -> Choice:
        groups = self.groups
        selected = groups.at[np.arange(len(edges)), :, list(edges)]
        costs = []
        for at, edge in enumerate(edges):
            stay = float(groups.today_at[at, edge])
            gained, lost = float(selected[at].sum()) - stay, float(groups.today[at].sum()) - stay
            costs.append(self._cost(at, edge / groups.bins, selected[at], gained, lost))
        return self._whole(kind, selected, costs)

    def _whole(self, kind: str, selected: Numbers, costs: Sequence[Cost]) -> Choice:
        groups = self.groups
        rows = float(groups.rows.sum())
        accuracy = float((selected[:, 1] + groups.totals[:, 0] - selected[:, 0]).sum()) / rows
        top, base = (part for part in _parts(self.gap, selected, groups.totals))
        shares = top / base
        width = float(np.ptp(shares))
        return Choice(
            kind=kind,
            accuracy=accuracy,
            accuracy_interval=wilson(accuracy, rows, LEVEL),
            gap=width,
            gap_interval=_gap_interval(shares, base, width, self.seed),
            costs=tuple(costs),
        )

    def _cost(self, at: int, threshold: float | None, selected: Numbers, gained: float, lost: float) -> Cost:
        """``gained`` and ``lost`` count rows that get, or no longer get, the positive decision."""
        groups = self.groups
        negatives, positives = groups.totals[at]
        rows = float(groups.rows[at])
        better, worse = (gained, lost) if self.favourable_is_positive else (lost, gained)
        return Cost(
            group=groups.names[at],
            threshold=threshold,
            rows=round(rows),
            selection_rate=_told(selected.sum(), rows),
            true_positive_rate=_told(selected[1], positives),
            false_positive_rate=_told(selected[0], negatives),
            accuracy=_told(selected[1] + negatives - selected[0], rows),
            changed=round(gained + lost),
            worse=round(worse),
            better=round(better),
        )


def _told(top: float, base: float) -> float | None:
    return float(top) / float(base) if base >= FEWEST_SHOWN else None


def _parts(gap: str, selected: Numbers, totals: Numbers) -> tuple[Numbers, Numbers]:
    """Rows selected and rows that could be, by group, of a rate."""
    if gap == "selection_rate":
        return selected.sum(axis=1), totals.sum(axis=1)
    outcome = 1 if gap == "true_positive_rate" else 0
    return selected[:, outcome], totals[:, outcome]


def _gap_interval(shares: Numbers, sizes: Numbers, width: float, seed: int) -> Range:
    if len(shares) == 2:
        low, high = newcombe(float(shares[0]), float(sizes[0]), float(shares[1]), float(sizes[1]), LEVEL)
        return folded_at_zero(low, high)
    return gap_inversion(shares, sizes, width, seed).interval(LEVEL)


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
