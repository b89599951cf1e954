"""A share: cases over a base, with what its interval needs when rows carry weights."""

from dataclasses import dataclass

from upright.measures.intervals import log_ratio, newcombe, wilson

_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """``cases`` of ``base``, as sums of weights (counts without weights), and sums of squared weights.

    ``rows`` is the plain number of rows in the base. ``lacking`` says why nothing can be read from it, however many.
    """

    rows: int
    base: float
    base_squares: float
    cases: float
    cases_squares: float
    lacking: str = ""

    @property
    def value(self) -> float | None:
        """The share, 0 to 1; ``None`` where the base is empty."""
        return self.cases / self.base if self.base > 0.0 else None

    @property
    def kish(self) -> float:
        """How many equal rows the weights are worth, whatever the outcome: a heavy row among light ones is worth 1."""
        return self.base**2 / self.base_squares if self.base_squares > 0.0 else 0.0

    @property
    def size(self) -> float:
        """Effective number of rows: the unweighted sample that would know the share equally well.

        From the linearised variance of a ratio of weighted sums; at a share of 0 or 1, where that is 0, Kish's size.
        Equals ``rows`` where all weights are equal.

        Source: Kish 1965, sections 2.6 and 8.2; Korn & Graubard 1998 for its use in a score interval.
        """
        share = self.value
        if share is None or self.base_squares <= 0.0:
            return 0.0
        if not 0.0 < share < 1.0:
            return self.kish
        variance = (1 - share) ** 2 * self.cases_squares + share**2 * (self.base_squares - self.cases_squares)
        return share * (1 - share) * self.base**2 / variance if variance > 0.0 else self.kish

    def interval(self, level: float) -> tuple[float, float]:
        """Wilson's, at the effective size."""
        return wilson(self.value or 0.0, self.size, level)

    def minus(self, other: "Share", level: float) -> tuple[float, float]:
        """Newcombe's interval of ``self - other``."""
        return newcombe(self.value or 0.0, self.size, other.value or 0.0, other.size, level)

    def over(self, other: "Share", level: float) -> tuple[float, float]:
        """Katz' interval of ``self / other``."""
        return log_ratio(self.value or 0.0, self.size, other.value or 0.0, other.size, level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """How much is enough: effective rows, and expected cases (and non-cases) at the pooled share."""

    rows: int = 30
    expected: float = 5.0

    def missing(self, *shares: Share) -> str:
        """Why these shares are too small to judge; empty where they are not.

        With one share only the rows count: Wilson's interval is honest at 0 and 1 too.
        """
        for share in shares:
            if share.lacking:
                return share.lacking
            size = min(float(share.rows), share.size + _ROUNDING, share.kish + _ROUNDING)
            if size < self.rows:
                effective = "" if round(size) == share.rows else f", worth {size:.0f} of equal weight"
                return f"{_rows(share.rows)}{effective}; {self.rows} are needed"
        if len(shares) < 2 or self.expected <= 0.0:
            return ""
        pooled = sum(share.cases for share in shares) / sum(share.base for share in shares)
        for share in shares:
            for part, name in ((pooled, "cases"), (1.0 - pooled, "non-cases")):
                if share.size * part + _ROUNDING < self.expected:
                    return (
                        f"{share.size * part:.1f} {name} expected among {_rows(share.rows)}; "
                        f"{self.expected:g} are needed"
                    )
        return ""


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
