"""Group fairness: rates per group and intersection, and how each group stands to its reference."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from upright.measures.decisions import RATES, Cells, Decisions, groupings, share_of
from upright.measures.errors import MeasureInputError
from upright.measures.estimate import Estimate, folded_at_one, shown
from upright.measures.intervals import normal_quantile
from upright.measures.resample import Inversion, Numbers, normal_noise
from upright.measures.shares import Least, Share
from upright.measures.values import values_shown

Group = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to compare: protected columns, the reference of each (else the largest group), strata, what is enough.

    ``dependent`` says why rows are not independent of each other; nothing is then judged.
    """

    protected: tuple[str, ...]
    reference: Mapping[str, str] = field(default_factory=dict)
    strata: tuple[str, ...] = ()
    intersections: bool = True
    least: Least = field(default_factory=Least)
    dependent: str = ""

    def within(self, columns: Group, group: Group) -> dict[str, str]:
        """A group of ``columns``, or of these and the strata, as an estimate names it."""
        return dict(zip((*columns, *self.strata), group, strict=False))


class Grouped(Protocol):
    """Cells by group that can be summed over columns; a cell's first sum counts rows."""

    def over(self, columns: Sequence[str]) -> dict[Group, Cells]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Which shares are compared: their names, how one is read from cells, and what stands beside the group's name.

    ``aside`` says of which outcome a rate speaks where there are several: ``{"grade": "A"}``.
    """

    names: Sequence[str]
    share: Callable[[Cells, str], Share] = share_of
    aside: Mapping[str, str] = field(default_factory=dict)


def group_estimates(decisions: Decisions, plan: Plan, *, seed: int) -> tuple[Estimate, ...]:
    """Every rate of every group, then differences and ratios to the reference, then the widest gap.

    Difference = reference minus group, so it is positive where the group fares worse on a rate that is good to have;
    ratio = smaller over larger. With strata each comparison is made within each stratum, and pooled over them
    (Mantel-Haenszel weights) under ``<rate>_difference_within``. Without labels there are selection rates only.

    Raises:
        MeasureInputError: the reference is not a group of its column.
    """
    names = RATES if decisions.has_labels else RATES[:1]
    return rate_estimates(decisions, Rates(names=names), plan, seed=seed)


def rate_estimates(grouped: Grouped, rates: Rates, plan: Plan, *, seed: int) -> tuple[Estimate, ...]:
    """The same of any rates that cells give.

    Raises:
        MeasureInputError: the reference is not a group of its column.
    """
    found: list[Estimate] = []
    for columns in groupings(plan.protected, intersections=plan.intersections):
        whole = grouped.over(columns)
        reference = reference_of(columns, {group: float(cells[..., 0].sum()) for group, cells in whole.items()}, plan)
        found += _rates(columns, whole, rates, plan)
        found += _comparisons(columns, whole, reference, rates, plan)
        if len(whole) > 2:
            found += _gaps(columns, whole, rates, plan, seed)
        if plan.strata:
            found += _within(grouped, columns, reference, rates, plan)
    return tuple(found)


def reference_of(columns: Group, rows: Mapping[Group, float], plan: Plan) -> Group:
    """The group that matches the given reference; the largest of those that do, ties by text.

    Raises:
        MeasureInputError: the reference is not a group of its column, or there are no rows.
    """
    if not rows:
        raise MeasureInputError("No row has a decision, so nothing can be compared.", code="UP-MEASURE-07")
    given = plan.reference
    for column in columns:
        if column in given:
            place = columns.index(column)
            if not any(group[place] == given[column] for group in rows):
                _, named = values_shown(((group[place], count) for group, count in rows.items()), 12)
                raise MeasureInputError(
                    f"The reference {given[column]!r} is not a group of {column!r}; it has {named}. "
                    "Set `reference` to one of these, or leave it out for the largest group.",
                    code="UP-MEASURE-06",
                )
    fitting = [group for group in rows if all(given.get(c, v) == v for c, v in zip(columns, group, strict=True))]
    return max(fitting or list(rows), key=lambda group: (rows[group], group))


def _rates(columns: Group, whole: Mapping[Group, Cells], rates: Rates, plan: Plan) -> Iterator[Estimate]:
    for group, cells in whole.items():
        for rate in rates.names:
            share = rates.share(cells, rate)
            found = Estimate(
                name=rate,
                value=share.value,
                n=share.rows,
                unit="share",
                method="wilson",
                interval=share.interval,
                group=plan.within(columns, group) | dict(rates.aside),
                unfit=plan.dependent or plan.least.missing(share),
            )
            yield shown(found, share.rows)


def _comparisons(
    columns: Group, whole: Mapping[Group, Cells], reference: Group, rates: Rates, plan: Plan
) -> Iterator[Estimate]:
    aside = dict(rates.aside)
    for group, cells in whole.items():
        if group == reference:
            continue
        for rate in rates.names:
            pair = (rates.share(whole[reference], rate), rates.share(cells, rate))
            named, against = plan.within(columns, group) | aside, plan.within(columns, reference) | aside
            yield from _compare(rate, pair, named, against, plan)


def _compare(
    rate: str, pair: tuple[Share, Share], group: Mapping[str, str], against: Mapping[str, str], plan: Plan
) -> Iterator[Estimate]:
    reference, share = pair
    first, second = reference.value, share.value
    rows = reference.rows + share.rows
    unfit = plan.dependent or plan.least.missing(reference, share)
    difference = Estimate(
        name=f"{rate}_difference",
        value=None if first is None or second is None else first - second,
        n=rows,
        unit="difference",
        method="newcombe",
        interval=lambda level: reference.minus(share, level),
        group=group,
        against=against,
        unfit=unfit,
        absolute=True,
    )
    larger = max(first or 0.0, second or 0.0)
    defined = first is not None and second is not None and larger > 0.0
    ratio = Estimate(
        name=f"{rate}_ratio",
        value=min(first, second) / larger if first is not None and second is not None and defined else None,
        n=rows,
        unit="ratio",
        method="katz",
        interval=lambda level: folded_at_one(*share.over(reference, level)),
        group=group,
        against=against,
        unfit=unfit or ("" if defined else "both rates are 0, so their ratio is not defined"),
    )
    yield from (shown(one, reference.rows, share.rows) for one in (difference, ratio))


def _within(grouped: Grouped, columns: Group, reference: Group, rates: Rates, plan: Plan) -> Iterator[Estimate]:
    """Comparisons of like with like: stratum by stratum, then pooled."""
    fine = grouped.over((*columns, *plan.strata))
    nobody = np.zeros_like(next(iter(fine.values())))
    strata = sorted({key[len(columns) :] for key in fine})
    aside = dict(rates.aside)
    for group in sorted({key[: len(columns)] for key in fine} - {reference}):
        pairs: dict[str, list[tuple[Share, Share]]] = {rate: [] for rate in rates.names}
        for stratum in strata:
            base, cells = fine.get((*reference, *stratum), nobody), fine.get((*group, *stratum), nobody)
            inside, against = (plan.within(columns, (*one, *stratum)) | aside for one in (group, reference))
            for rate in rates.names:
                pair = (rates.share(base, rate), rates.share(cells, rate))
                pairs[rate].append(pair)
                yield from _compare(rate, pair, inside, against, plan)
        named, against = plan.within(columns, group) | aside, plan.within(columns, reference) | aside
        for rate in rates.names:
            yield _pooled(rate, pairs[rate], named, against, plan)


def _pooled(
    rate: str,
    pairs: Sequence[tuple[Share, Share]],
    group: Mapping[str, str],
    against: Mapping[str, str],
    plan: Plan,
) -> Estimate:
    """The difference common to all strata (Greenland & Robins 1985), over strata that hold both groups."""
    gap = weight = variance = 0.0
    rows = people = 0
    for reference, share in pairs:
        if reference.value is None or share.value is None:
            continue
        size, other = reference.size, share.size
        own = size * other / (size + other)
        gap += own * (reference.value - share.value)
        spread = reference.value * (1 - reference.value) / size + share.value * (1 - share.value) / other
        variance += own**2 * spread
        weight += own
        rows += reference.rows + share.rows
        people += share.rows
    value = gap / weight if weight > 0.0 else None
    error = math.sqrt(variance) / weight if weight > 0.0 else 0.0
    unfit = "" if error > 0.0 and weight * 2 >= plan.least.rows else "too few rows in strata that hold both groups"
    found = Estimate(
        name=f"{rate}_difference_within",
        value=value,
        n=rows,
        unit="difference",
        method="mantel-haenszel",
        interval=_around(value or 0.0, error),
        group=group,
        against=against,
        unfit=plan.dependent or unfit,
        absolute=True,
    )
    return shown(found, people, rows - people)


def _around(value: float, error: float) -> Callable[[float], tuple[float, float]]:
    def interval(level: float) -> tuple[float, float]:
        reach = normal_quantile(level) * error
        return max(-1.0, value - reach), min(1.0, value + reach)

    return interval


def _gaps(columns: Group, whole: Mapping[Group, Cells], rates: Rates, plan: Plan, seed: int) -> Iterator[Estimate]:
    """Largest minus smallest rate over the groups that are large enough.

    The largest of many noisy rates lies too high, so the gap does too; the method names by how much where all groups
    are alike, and the interval accounts for it.
    """
    for rate in rates.names:
        shares = [rates.share(cells, rate) for cells in whole.values()]
        fit = [share for share in shares if share.size > 0.0 and not plan.least.missing(share)]
        if len(fit) < 2:
            continue
        values = np.array([share.value for share in fit], dtype=np.float64)
        sizes = np.array([share.size for share in fit], dtype=np.float64)
        gap = float(values.max() - values.min())
        found = gap_inversion(values, sizes, gap, seed)
        left_out = len(shares) - len(fit)
        estimate = Estimate(
            name=f"{rate}_gap",
            value=gap,
            n=sum(share.rows for share in fit),
            unit="difference",
            method=f"test inversion; equal groups of these sizes show {found.expected:.4f} on average",
            interval=found.interval,
            group=dict.fromkeys(columns, "(all)") | dict(rates.aside),
            unfit=plan.dependent or (f"{left_out} groups are too small to be compared" if left_out else ""),
        )
        yield shown(estimate, *(share.rows for share in fit))


def gap_inversion(values: Numbers, sizes: Numbers, gap: float, seed: int) -> Inversion:
    """The interval of the widest gap between groups' shares ``values`` of ``sizes`` rows."""
    middle = float(values @ sizes / sizes.sum())
    pattern = (values - middle) / gap if gap > 0.0 else np.linspace(-0.5, 0.5, len(values))
    noise = normal_noise(len(values), seed=seed)

    def show(true: float, draws: int) -> Numbers:
        rates = np.clip(middle + true * pattern, 0.0, 1.0)
        drawn = np.clip(rates + noise(draws) * np.sqrt(rates * (1.0 - rates) / sizes), 0.0, 1.0)
        return np.asarray(np.ptp(drawn, axis=1), dtype=np.float64)

    spread = float(np.sqrt(0.25 / sizes).max())
    return Inversion(value=gap, show=show, reach=6.0 * spread, most=1.0)
