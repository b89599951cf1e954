"""The one place where intervals and limits become passed, failed or undecided (contracts, section 3).

Every comparison is a question that can go wrong by chance, so the level of each is raised with their number, by
Holm's step-down rule: the clearest first, at 1 - 0.05/m, then 1 - 0.05/(m - 1), … until one is not clear.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from upright.evidence.statement import Reason
from upright.kernel import InputError, decimal_text
from upright.measures.estimate import Estimate

Bound = Literal["at_least", "at_most"]
Verdict = Literal["passed", "failed", "undecided"]
CONFIDENCE = 0.95
_FINEST = 1e-9
_MOST_ROWS = 1_000_000_000


class LimitError(InputError):
    """A limit cannot be read, or speaks of what the check does not measure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An estimate held against one bound of one limit."""

    estimate: Estimate
    bound: Bound
    limit: Decimal

    @property
    def text(self) -> str:
        """As in evidence: ``selection_rate_difference at_most 0.1``."""
        return f"{self.estimate.name} {self.bound} {decimal_text(self.limit)}"

    def verdict_at(self, level: float) -> Verdict:
        """Surely beyond, surely within, or neither, at this level; compared as recorded numbers.

        A bound that is not a number says nothing of where the truth lies, so it is neither.
        """
        bounds = self.estimate.compared_at(level)
        if any(math.isnan(bound) for bound in bounds):
            return "undecided"
        low, high = (_decimal(bound) for bound in bounds)
        within, beyond = (high <= self.limit, low > self.limit)
        if self.bound == "at_least":
            within, beyond = (low >= self.limit, high < self.limit)
        if within:
            return "passed"
        return "failed" if beyond else "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What was decided of one comparison, at which level (``None``: not asked), and why in words."""

    comparison: Comparison
    verdict: Verdict
    decided_at: float | None
    because: str


def comparisons_of(estimates: Sequence[Estimate], limits: Mapping[str, Mapping[str, str]]) -> tuple[Comparison, ...]:
    """Each estimate against each bound of the limit of its name.

    Raises:
        LimitError: a bound other than at_least and at_most, or one that is not a number.
    """
    return tuple(
        Comparison(estimate=estimate, bound=bound, limit=limit)
        for name, limit_ in limits.items()
        for bound, limit in read_limit(name, limit_)
        for estimate in estimates
        if estimate.name == name
    )


def read_limit(name: str, limit: Mapping[str, str]) -> tuple[tuple[Bound, Decimal], ...]:
    """The bounds of one limit.

    Raises:
        LimitError: empty, a bound other than at_least and at_most, or one that is not a number.
    """
    found: list[tuple[Bound, Decimal]] = []
    for bound, text in limit.items():
        if bound not in ("at_least", "at_most"):
            raise LimitError(
                f"limits: {name}: {bound!r} is not a bound; write at_least or at_most.", code="UP-CHECK-11"
            )
        found.append(("at_least" if bound == "at_least" else "at_most", Decimal(decimal_text(str(text)))))
    if not found:
        raise LimitError(f"limits: {name} has no bound; write at_least or at_most.", code="UP-CHECK-11")
    return tuple(found)


def decide(comparisons: Sequence[Comparison], *, confidence: float = CONFIDENCE) -> tuple[Reason, ...]:
    """One reason per comparison, in the given order; none = ``undecided: no limit``."""
    if not comparisons:
        return (NO_LIMIT,)
    return tuple(reason_of(ruling) for ruling in rule(comparisons, confidence=confidence))


NO_LIMIT = Reason(limit="", outcome="undecided", because="no limit: a measurement alone neither passes nor fails")


def reason_of(ruling: Ruling) -> Reason:
    """A ruling as evidence says it."""
    return Reason(limit=ruling.comparison.text, outcome=ruling.verdict, because=ruling.because)


def rule(comparisons: Sequence[Comparison], *, confidence: float = CONFIDENCE) -> tuple[Ruling, ...]:
    """Decides all comparisons of one binding together.

    Exact numbers and groups too small to judge are not questions of chance and do not count in the family. The error
    rate over the whole family, of any wrong passed or failed, is at most 1 - ``confidence``.

    Source: Holm 1979, on two-sided questions "is the interval wholly on one side of the limit?".
    """
    asked = [one for one in comparisons if _is_question(one.estimate)]
    levels = _holm({id(one): _doubt(one) for one in asked}, 1.0 - confidence)
    texts = [one.text for one in comparisons]
    times = Counter(texts)
    return tuple(
        _ruled(one, levels.get(id(one)), times[text] > 1, len(asked), confidence)
        for one, text in zip(comparisons, texts, strict=True)
    )


def _is_question(estimate: Estimate) -> bool:
    return not estimate.unfit and _is_defined(estimate) and estimate.interval is not None


def _is_defined(estimate: Estimate) -> bool:
    return estimate.value is not None and math.isfinite(estimate.value)


def _doubt(comparison: Comparison) -> float:
    """The smallest alpha whose interval lies wholly on one side of the limit (a p-value), by bisection; else 1."""
    if comparison.verdict_at(1.0 - _FINEST) != "undecided":
        return _FINEST
    low, high = math.log(_FINEST), 0.0
    if comparison.verdict_at(1e-6) == "undecided":
        return 1.0
    for _ in range(30):
        middle = (low + high) / 2
        if comparison.verdict_at(1.0 - math.exp(middle)) == "undecided":
            low = middle
        else:
            high = middle
    return math.exp(high)


def _holm(doubts: Mapping[int, float], alpha: float) -> dict[int, float]:
    """The level at which each is read: it falls step by step, and no further once one was not clear."""
    levels: dict[int, float] = {}
    left, stopped_at = len(doubts), None
    for key, doubt in sorted(doubts.items(), key=lambda item: item[1]):
        step = alpha / left if stopped_at is None else stopped_at
        levels[key] = 1.0 - step
        if doubt > step and stopped_at is None:
            stopped_at = step
        left -= 1
    return levels


def _ruled(one: Comparison, level: float | None, several: bool, asked: int, confidence: float) -> Ruling:
    estimate = one.estimate
    said = _who(estimate) if several or estimate.against is None else ""
    if estimate.unfit:
        return Ruling(comparison=one, verdict="undecided", decided_at=None, because=f"{said}{estimate.unfit}")
    if estimate.value is None or not _is_defined(estimate):
        what = "nothing to divide by" if estimate.value is None else "the values give no finite number"
        because = f"{said}not defined: {what}"
        return Ruling(comparison=one, verdict="undecided", decided_at=None, because=because)
    shown = abs(estimate.value) if estimate.absolute else estimate.value
    if level is None:
        verdict = one.verdict_at(confidence)
        how = "counted exactly" if estimate.method.startswith("counted") else f"by {estimate.method}"
        because = f"{said}{_counted(shown)} {_side(one, verdict)}, {how}"
        return Ruling(comparison=one, verdict=verdict, decided_at=None, because=because)
    verdict = one.verdict_at(level)
    low, high = estimate.compared_at(confidence)
    number = f"{said}{_short(shown)} ({_short(low)} to {_short(high)})"
    if verdict != "undecided":
        return Ruling(
            comparison=one, verdict=verdict, decided_at=level, because=f"{number} {_side(one, verdict)} for sure"
        )
    because = f"{number} {_why_open(one, level, asked, confidence)}; {_rows_needed(one, level)}"
    return Ruling(comparison=one, verdict="undecided", decided_at=level, because=because)


def _side(one: Comparison, verdict: Verdict) -> str:
    limit = decimal_text(one.limit)
    if verdict == "passed":
        return f"is at least {limit}" if one.bound == "at_least" else f"is at most {limit}"
    return f"is below {limit}" if one.bound == "at_least" else f"is above {limit}"


def _why_open(one: Comparison, level: float, asked: int, confidence: float) -> str:
    limit = decimal_text(one.limit)
    if one.verdict_at(confidence) == "undecided":
        return f"lies on both sides of {limit}"
    return (
        f"is clear of {limit} at {100 * confidence:g} %, but not at the {100 * level:.4g} % "
        f"that {asked} comparisons together ask"
    )


def _rows_needed(one: Comparison, level: float) -> str:
    """Rows grow with the square of how much nearer the interval must end."""
    estimate, limit = one.estimate, float(one.limit)
    low, high = estimate.compared_at(level)
    value = abs(estimate.value or 0.0) if estimate.absolute else estimate.value or 0.0
    reach = value - low if limit < value else high - value
    gap = abs(value - limit)
    ratio = reach / gap if gap > 0.0 else math.inf
    rows = estimate.n * ratio * ratio
    if math.isnan(rows):
        return "its interval could not be computed"
    if not rows < _MOST_ROWS:
        return "the value is so near the limit that no realistic number of rows decides it"
    return f"about {_rounded(rows):,} rows like these would decide it, if the value stays"


def _rounded(rows: float) -> int:
    """Up to two significant digits: it is an estimate."""
    step = 10 ** max(0, math.floor(math.log10(max(rows, 1.0))) - 1)
    return int(math.ceil(rows / step) * step)


def _who(estimate: Estimate) -> str:
    group = ", ".join(f"{name} = {value}" for name, value in estimate.group.items())
    if estimate.against:
        group += " against " + ", ".join(estimate.against.values())
    return f"{group}: " if group else ""


def _short(value: float) -> str:
    """Three decimals, more where they would hide a small number."""
    text = f"{value:.3f}"
    return text if value == 0 or abs(value) >= 0.01 else f"{value:.2g}"


def _counted(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else _short(value)


def _decimal(value: float) -> Decimal:
    return Decimal(decimal_text(value)) if math.isfinite(value) else Decimal("Infinity" if value > 0 else "-Infinity")
