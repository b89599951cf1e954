"""A share of rows that come in clusters, such as several replies to one probe: rows of a cluster are alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from upright.measures.intervals import wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteredShare:
    """``clusters`` are pairs of cases and rows; ``unclear`` of each are rows of which nobody can say (default none).

    The point counts unclear rows as no cases; the interval reaches from "none of them" to "all of them".
    """

    clusters: tuple[tuple[int, int], ...]
    unclear: tuple[int, ...] = ()

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(rows for _, rows in self.clusters)

    @property
    def value(self) -> float | None:
        """Cases over rows; ``None`` without rows."""
        return sum(cases for cases, _ in self.clusters) / self.rows if self.rows else None

    def interval(self, level: float) -> tuple[float, float]:
        """Wilson's at the effective size, with each unclear row counted the worse way on either side."""
        unclear = self.unclear or (0,) * len(self.clusters)
        most = [(cases + open_, rows) for (cases, rows), open_ in zip(self.clusters, unclear, strict=True)]
        low, _ = wilson(_share(self.clusters), effective_size(self.clusters), level)
        _, high = wilson(_share(most), effective_size(most), level)
        return low, high


def effective_size(clusters: Sequence[tuple[int, int]]) -> float:
    """The number of independent rows that would know the share as well; never more than there are rows.

    From the linearised variance of a ratio over clusters. Where every cluster agrees (a share of 0 or 1) nothing
    shows how alike their rows are, so each cluster counts once.

    Source: Cochran 1977, section 11.7 (ratio estimate with clusters); Korn & Graubard 1998 for the score interval.

    >>> effective_size([(0, 5)] * 12), round(effective_size([(1, 1), (0, 1)] * 10), 1)
    (12.0, 19.0)
    """
    filled = [(cases, rows) for cases, rows in clusters if rows]
    rows = sum(size for _, size in filled)
    share = _share(filled)
    count = len(filled)
    if count < 2 or not 0.0 < share < 1.0:
        return float(count)
    spread = sum((cases - share * size) ** 2 for cases, size in filled)
    variance = count / (count - 1) * spread / rows**2
    if variance <= 0.0:
        return float(rows)
    return min(float(rows), share * (1.0 - share) / variance)


def _share(clusters: Sequence[tuple[int, int]]) -> float:
    rows = sum(size for _, size in clusters)
    return sum(cases for cases, _ in clusters) / rows if rows else 0.0
