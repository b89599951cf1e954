"""From estimates and limits to what evidence holds: measurements, reasons, the result."""

import difflib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec import structs

from upright.checks.contract import CheckResult, Limits, NotJudged, Outcome, Reproduced
from upright.checks.decide import (
    CONFIDENCE,
    NO_LIMIT,
    LimitError,
    Ruling,
    Verdict,
    comparisons_of,
    read_limit,
    reason_of,
    rule,
)
from upright.evidence.statement import Measurement, NotExamined, Reason
from upright.kernel import decimal_text
from upright.measures.estimate import FEWEST_SHOWN, WITHHELD, Estimate

_WORST_FIRST = ("failed", "errored", "undecided", "passed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All of a check's numbers, judged."""

    result: Outcome
    measurements: tuple[Measurement, ...]
    reasons: tuple[Reason, ...]
    not_examined: tuple[NotExamined, ...] = ()

    def as_result(self, *more: NotExamined, reproduced: Reproduced = "n/a") -> CheckResult:
        """As a check returns it, with what else was not examined."""
        return CheckResult(
            result=self.result,
            measurements=self.measurements,
            reasons=self.reasons,
            not_examined=(*self.not_examined, *more),
            reproduced=reproduced,
        )


def judge(
    estimates: Sequence[Estimate],
    limits: Limits,
    *,
    not_judged: Sequence[NotJudged] | None = None,
    reported: Sequence[Estimate] = (),
    also: Sequence[Reason] = (),
    aside: str | None = None,
) -> Judgement:
    """Judges ``estimates`` against ``limits``; ``reported`` are measured and shown, never judged.

    ``not_judged`` lets go of groups that are too small, and of no other: a group large enough to judge is judged;
    None, where a check knows no groups.
    ``aside`` is a part of a group's name that says of which outcome a number speaks, not of whom.
    A limit whose measure could not be taken is undecided. ``also`` are the check's own reasons, which count alike.
    """
    named = not_judged or ()
    let_go = [one for one in estimates if one.unfit and _named(one, named, aside)]
    gone = {id(one) for one in let_go}
    judged = [one for one in estimates if id(one) not in gone]
    rulings = rule(comparisons_of(judged, limits))
    why = _reasons(rulings, has_groups=not_judged is not None)
    found = [*why, *_unmet(judged, limits), *also] if limits else [NO_LIMIT, *also]
    reasons = sorted(found, key=lambda one: _WORST_FIRST.index(one.outcome))
    result: Outcome = reasons[0].outcome
    by_estimate: dict[int, list[Ruling]] = {}
    for ruling in rulings:
        by_estimate.setdefault(id(ruling.comparison.estimate), []).append(ruling)
    return Judgement(
        result=result,
        measurements=tuple(_measurement(one, by_estimate.get(id(one), [])) for one in (*estimates, *reported)),
        reasons=tuple(reasons),
        not_examined=(*_shown(let_go, named, aside), *_withheld([*estimates, *reported])),
    )


def demand_known(check: str, limits: Limits, measures: Sequence[str]) -> None:
    """Refuses limits on what the check never measures.

    Raises:
        LimitError: an unknown name (with the nearest known one), or a bound that cannot be read.
    """
    for name, limit in limits.items():
        read_limit(name, limit)
        if measures and name not in measures:
            near = difflib.get_close_matches(name, measures, n=1, cutoff=0.4)
            hint = f"Did you mean {near[0]!r}?" if near else f"It measures: {', '.join(measures)}."
            raise LimitError(
                f"{check} does not measure {name!r}, so no limit can be set on it. {hint}", code="UP-CHECK-12"
            )


def _reasons(rulings: Sequence[Ruling], *, has_groups: bool) -> Iterable[Reason]:
    """Failed and undecided one by one; of several passes of one limit, the narrowest and how many."""
    passes: dict[str, list[Ruling]] = {}
    for ruling in rulings:
        if ruling.verdict == "passed":
            passes.setdefault(ruling.comparison.text, []).append(ruling)
        else:
            yield _advised(reason_of(ruling), ruling.comparison.estimate, has_groups=has_groups)
    for group in passes.values():
        nearest = min(group, key=_margin)
        others = f" (and {len(group) - 1} more, by wider margins)" if len(group) > 1 else ""
        reason = reason_of(nearest)
        yield Reason(limit=reason.limit, outcome=reason.outcome, because=reason.because + others)


def _advised(reason: Reason, estimate: Estimate, *, has_groups: bool) -> Reason:
    """What cannot be judged says so with a code, and of a group what else can be done than to find more rows."""
    if not estimate.unfit:
        return reason
    todo = "; not_judged may name the group and why" if has_groups and estimate.group else ""
    return structs.replace(reason, because=f"{reason.because}; it cannot be judged{todo} [UP-CHECK-43]")


def _margin(ruling: Ruling) -> float:
    low, high = ruling.comparison.estimate.compared_at(ruling.decided_at or CONFIDENCE)
    limit = float(ruling.comparison.limit)
    return low - limit if ruling.comparison.bound == "at_least" else limit - high


def _unmet(judged: Sequence[Estimate], limits: Limits) -> Iterable[Reason]:
    measured = {one.name for one in judged}
    for name in limits:
        if name not in measured:
            for bound, text in limits[name].items():
                because = f"{name} could not be measured; expected data that holds it, or no limit on it [UP-CHECK-45]"
                yield Reason(limit=f"{name} {bound} {text}", outcome="undecided", because=because)


def _people(estimate: Estimate, aside: str | None) -> dict[str, str]:
    return {name: value for name, value in estimate.group.items() if name != aside}


def _named(estimate: Estimate, not_judged: Sequence[NotJudged], aside: str | None) -> NotJudged | None:
    return next((one for one in not_judged if dict(one.group) == _people(estimate, aside)), None)


def _shown(let_go: Sequence[Estimate], not_judged: Sequence[NotJudged], aside: str | None) -> Iterable[NotExamined]:
    rows: dict[tuple[tuple[str, str], ...], tuple[int, str]] = {}
    for estimate in let_go:
        named = _named(estimate, not_judged, aside)
        key = tuple(_people(estimate, aside).items())
        known = rows.get(key, (0, ""))[0]
        own = estimate.n if estimate.against is None else 0
        rows[key] = (max(known, own), named.reason if named else "")
    for group, (count, reason) in rows.items():
        text = ", ".join(f"{name} = {value}" for name, value in group)
        yield NotExamined(what=f"group {text}", why=f"not judged, as the binding says: {reason}", count=count)


def _withheld(estimates: Iterable[Estimate]) -> Iterable[NotExamined]:
    groups = {tuple(one.group.items()) for one in estimates if one.method == WITHHELD}
    if groups:
        why = f"fewer than {FEWEST_SHOWN} people stand behind them, so they would tell about persons"
        yield NotExamined(what="numbers of small groups, withheld", why=why, count=len(groups))


def _measurement(estimate: Estimate, rulings: Sequence[Ruling]) -> Measurement:
    outcome = _worst(rulings)
    if outcome is None and estimate.unfit:
        outcome = "undecided"
    bounds = None if estimate.unfit and estimate.value is None else estimate.at(CONFIDENCE)
    low, high = (None, None) if bounds is None else (_text(bound) for bound in bounds)
    levels = [ruling.decided_at for ruling in rulings if ruling.decided_at is not None]
    return Measurement(
        name=estimate.name,
        group=dict(estimate.group),
        against=None if estimate.against is None else dict(estimate.against),
        value=None if estimate.value is None else _text(estimate.value),
        low=low,
        high=high,
        confidence=None if bounds is None else decimal_text(CONFIDENCE),
        decided_at=None if not levels else decimal_text(round(max(levels), 12)),
        n=estimate.n,
        unit=estimate.unit,
        method=estimate.method,
        outcome=outcome,
    )


def _worst(rulings: Sequence[Ruling]) -> Verdict | None:
    order: tuple[Verdict, ...] = ("failed", "undecided", "passed")
    verdicts = {ruling.verdict for ruling in rulings}
    return next((one for one in order if one in verdicts), None)


def _text(value: float) -> str | None:
    return decimal_text(value) if math.isfinite(value) else None
