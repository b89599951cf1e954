"""Predicted numbers by group: mean prediction, mean residual, errors, and shares at thresholds, from sums of powers."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from upright.measures.decisions import Cells, groupings
from upright.measures.errors import MeasureInputError
from upright.measures.estimate import Estimate, shown
from upright.measures.fairness import Group, Plan, Rates, rate_estimates, reference_of
from upright.measures.intervals import mean_interval, student_quantile
from upright.measures.resample import Inversion, Numbers
from upright.measures.shares import Share
from upright.measures.tally import Tally, tally
from upright.measures.values import value_text

if TYPE_CHECKING:
    from ibis.expr.types import Table

_SUMS = ("rows", "predicted", "p", "p2", "both", "e", "e2", "absolute", "e4")
CENTRES = ("mean_prediction", "mean_residual", "mae", "rmse")
MOST_THRESHOLDS = 20
_ROUNDING = 1e-12


def count_numbers(
    table: "Table", *, by: Sequence[str], prediction: str, label: str | None, thresholds: Sequence[float] = ()
) -> Tally:
    """Sums by group: powers of the prediction and of the residual (label minus prediction), rows at each threshold.

    ``predicted`` counts rows with a number predicted, ``both`` those with a label too. Sums add, so days and shards do.

    Raises:
        MeasureInputError: more than 20 thresholds.
    """
    if len(thresholds) > MOST_THRESHOLDS:
        raise MeasureInputError(
            f"There are {len(thresholds)} thresholds; expected at most {MOST_THRESHOLDS}, at which somebody decides.",
            code="UP-MEASURE-18",
        )
    number = table[prediction].cast("float64")
    number = number.isnan().fill_null(True).ifelse(None, number)
    error = None if label is None else table[label].cast("float64") - number
    error = number * math.nan if error is None else error
    fine = table.select(*by, __one=1, __p=number, __e=error.isnan().fill_null(True).ifelse(None, error))
    p, e = fine["__p"], fine["__e"]
    reached = {f"at_{at}": (p >= level).cast("int64").sum() for at, level in enumerate(thresholds)}
    found = fine.group_by(["__one", *by]).agg(
        rows=fine.count(),
        predicted=p.count(),
        p=p.sum(),
        p2=(p * p).sum(),
        both=e.count(),
        e=e.sum(),
        e2=(e * e).sum(),
        absolute=e.abs().sum(),
        e4=(e * e * e * e).sum(),
        **reached,
    )
    return tally(found, keys=("__one", *by), sums=(*_SUMS, *reached))


@dataclass(frozen=True, slots=True)
class Predicted:
    """Sums by finest group."""

    by: tuple[str, ...]
    groups: Mapping[Group, Cells]
    has_labels: bool

    @classmethod
    def of(cls, counts: Tally, *, has_labels: bool) -> "Predicted":
        """From the tally of ``count_numbers``."""
        groups: dict[Group, Cells] = {}
        for key, values in counts.cells.items():
            name = tuple(value_text(value) for value in key[1:])
            sums = np.array(values, dtype=np.float64)
            groups[name] = _added(groups[name], sums) if name in groups else sums
        return cls(counts.keys[1:], groups, has_labels)

    def over(self, columns: Sequence[str]) -> dict[Group, Cells]:
        """The same by fewer columns, groups in order of their text; the first sum counts rows."""
        where = [self.by.index(column) for column in columns]
        found: dict[Group, Cells] = {}
        for group, sums in self.groups.items():
            key = tuple(group[position] for position in where)
            found[key] = _added(found[key], sums) if key in found else sums
        return dict(sorted(found.items()))

    def total(self, name: str) -> int:
        """A count over all groups."""
        return int(sum(sums[_SUMS.index(name)] for sums in self.groups.values()))


def _added(one: Cells, other: Cells) -> Cells:
    """Both; infinities of both signs give NaN, which decides nothing."""
    with np.errstate(invalid="ignore", over="ignore"):
        return one + other


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """A mean, or the root of one, with its standard error. ``is_root``: its interval is made on the log scale."""

    rows: int
    value: float | None
    error: float
    is_root: bool = False
    lacking: str = ""

    def interval(self, level: float) -> tuple[float, float]:
        """Student's."""
        value = self.value or 0.0
        if not self.is_root:
            return mean_interval(value, self.error, self.rows, level)
        if value <= 0.0:
            return 0.0, 0.0
        reach = min(350.0, student_quantile(level, self.rows - 1.0) * self.error / value)
        return value * math.exp(-reach), value * math.exp(reach)

    def minus(self, other: "Centre", level: float) -> tuple[float, float]:
        """Interval of ``self - other``, from both intervals.

        Source: Zou & Donner 2008 (method of variance estimates recovery), as Newcombe's for shares.
        """
        one, two = self.value or 0.0, other.value or 0.0
        low, high = self.interval(level)
        other_low, other_high = other.interval(level)
        gap = one - two
        return gap - math.hypot(one - low, other_high - two), gap + math.hypot(high - one, two - other_low)

    def unfit(self, least_rows: int) -> str:
        """Why it may not be judged."""
        if self.rows < least_rows:
            return f"{self.rows:,} {'row' if self.rows == 1 else 'rows'}; {least_rows} are needed"
        return self.lacking


def centre_of(sums: Cells, name: str) -> Centre:
    """One of ``CENTRES`` of one group.

    The standard error of a root mean square is that of the mean square over twice the root (delta method).
    """
    told = dict(zip(_SUMS, (float(one) for one in sums), strict=False))
    rows = int(told["predicted"] if name == "mean_prediction" else told["both"])
    if rows == 0:
        return Centre(rows=0, value=None, error=0.0)
    first, second = {
        "mean_prediction": (told["p"], told["p2"]),
        "mean_residual": (told["e"], told["e2"]),
        "mae": (told["absolute"], told["e2"]),
        "rmse": (told["e2"], told["e4"]),
    }[name]
    mean, square = first / rows, second / rows
    variance = square - mean * mean
    lost = variance <= _ROUNDING * square
    error = math.sqrt(max(0.0, variance) / max(rows - 1, 1)) if math.isfinite(variance) else math.nan
    lacking = "all numbers are the same, or so large that their spread is lost to rounding" if lost else ""
    if name != "rmse":
        return Centre(rows=rows, value=mean, error=error, lacking=lacking)
    root = math.sqrt(mean) if mean >= 0.0 else math.nan
    return Centre(rows=rows, value=root, error=error / (2 * root) if root else 0.0, is_root=True, lacking=lacking)


def centre_estimates(predicted: Predicted, plan: Plan, *, seed: int) -> tuple[Estimate, ...]:
    """Each centre of each group, differences to the reference, the widest gap, and with strata like with like.

    Difference = reference minus group, in the unit of the label. Without labels there are mean predictions only.

    Raises:
        MeasureInputError: the reference is not a group of its column.
    """
    names = CENTRES if predicted.has_labels else CENTRES[:1]
    found: list[Estimate] = []
    for columns in groupings(plan.protected, intersections=plan.intersections):
        whole = predicted.over(columns)
        reference = reference_of(columns, {group: float(sums[0]) for group, sums in whole.items()}, plan)
        for name in names:
            centres = {group: centre_of(sums, name) for group, sums in whole.items()}
            base = centres[reference]
            for group, centre in centres.items():
                found.append(_alone(name, centre, plan.within(columns, group), plan))
            for group, centre in centres.items():
                if group != reference:
                    named = plan.within(columns, group), plan.within(columns, reference)
                    found.append(_difference(name, base, centre, named, plan))
            if len(whole) > 2:
                found += _gap(name, columns, list(centres.values()), plan, seed)
            if plan.strata:
                found += _within(name, predicted, columns, reference, plan)
    return tuple(found)


def _alone(name: str, centre: Centre, group: Mapping[str, str], plan: Plan) -> Estimate:
    found = Estimate(
        name=name,
        value=centre.value,
        n=centre.rows,
        unit="label",
        method="student on the log scale" if centre.is_root else "student",
        interval=centre.interval,
        group=group,
        unfit=plan.dependent or centre.unfit(plan.least.rows),
        absolute=name == "mean_residual",
    )
    return shown(found, centre.rows)


def _difference(
    name: str, reference: Centre, centre: Centre, named: tuple[Mapping[str, str], Mapping[str, str]], plan: Plan
) -> Estimate:
    first, second = reference.value, centre.value
    found = Estimate(
        name=f"{name}_difference",
        value=None if first is None or second is None else first - second,
        n=reference.rows + centre.rows,
        unit="label",
        method="recovered variances",
        interval=lambda level: reference.minus(centre, level),
        group=named[0],
        against=named[1],
        unfit=plan.dependent or reference.unfit(plan.least.rows) or centre.unfit(plan.least.rows),
        absolute=True,
    )
    return shown(found, reference.rows, centre.rows)


def _gap(name: str, columns: Group, centres: Sequence[Centre], plan: Plan, seed: int) -> Iterator[Estimate]:
    """Largest minus smallest over the groups that are large enough; noise alone makes it positive, see resample."""
    fit = [one for one in centres if not one.unfit(plan.least.rows)]
    if len(fit) < 2:
        return
    values = np.array([one.value for one in fit], dtype=np.float64)
    errors = np.array([one.error for one in fit], dtype=np.float64)
    degrees = np.array([max(one.rows - 1, 3) for one in fit], dtype=np.float64)
    finite = bool(np.isfinite([values, errors]).all())
    gap = float(np.ptp(values)) if finite else math.nan
    left_out = len(centres) - len(fit)
    found = _gap_inversion(values, errors, degrees, gap, seed) if finite else None
    estimate = Estimate(
        name=f"{name}_gap",
        value=gap,
        n=sum(one.rows for one in fit),
        unit="label",
        method="test inversion"
        if found is None
        else f"test inversion; equal groups of these sizes show {found.expected:.4g} on average",
        interval=None if found is None else found.interval,
        group=dict.fromkeys(columns, "(all)"),
        unfit=plan.dependent or (f"{left_out} groups are too small to be compared" if left_out else ""),
    )
    yield shown(estimate, *(one.rows for one in fit))


def _gap_inversion(values: Numbers, errors: Numbers, degrees: Numbers, gap: float, seed: int) -> Inversion:
    middle = float(values.mean())
    pattern = (values - middle) / gap if gap > 0.0 else np.linspace(-0.5, 0.5, len(values))
    drawn: dict[int, Numbers] = {}

    def show(true: float, draws: int) -> Numbers:
        if draws not in drawn:
            drawn[draws] = np.random.default_rng(seed).standard_t(degrees, (draws, len(values))) * errors
        return np.asarray(np.ptp(true * pattern + drawn[draws], axis=1), dtype=np.float64)

    return Inversion(value=gap, show=show, reach=8.0 * float(errors.max()), most=math.inf)


def _within(name: str, predicted: Predicted, columns: Group, reference: Group, plan: Plan) -> Iterator[Estimate]:
    """Stratum by stratum, then the difference common to all strata."""
    fine = predicted.over((*columns, *plan.strata))
    nobody = np.zeros_like(next(iter(fine.values())))
    strata = sorted({key[len(columns) :] for key in fine})
    for group in sorted({key[: len(columns)] for key in fine} - {reference}):
        pairs = []
        for stratum in strata:
            one, other = (fine.get((*key, *stratum), nobody) for key in (reference, group))
            pairs.append((centre_of(one, name), centre_of(other, name)))
            named = plan.within(columns, (*group, *stratum)), plan.within(columns, (*reference, *stratum))
            yield _difference(name, *pairs[-1], named, plan)
        yield _pooled(name, pairs, (plan.within(columns, group), plan.within(columns, reference)), plan)


def _pooled(
    name: str,
    pairs: Sequence[tuple[Centre, Centre]],
    named: tuple[Mapping[str, str], Mapping[str, str]],
    plan: Plan,
) -> Estimate:
    """Strata weigh by n m / (n + m), as Mantel-Haenszel's do for shares; strata without one of the groups drop out."""
    gap = weight = variance = 0.0
    rows = people = 0
    for reference, centre in pairs:
        if reference.value is None or centre.value is None or min(reference.rows, centre.rows) < 2:
            continue
        own = reference.rows * centre.rows / (reference.rows + centre.rows)
        gap += own * (reference.value - centre.value)
        variance += own * own * (reference.error * reference.error + centre.error * centre.error)
        weight += own
        rows += reference.rows + centre.rows
        people += centre.rows
    value = gap / weight if weight > 0.0 else None
    error = math.sqrt(variance) / weight if weight > 0.0 else 0.0
    enough = error > 0.0 and weight * 2 >= plan.least.rows
    found = Estimate(
        name=f"{name}_difference_within",
        value=value,
        n=rows,
        unit="label",
        method="student over strata",
        interval=lambda level: mean_interval(value or 0.0, error, max(2.0, 2 * weight), level),
        group=named[0],
        against=named[1],
        unfit=plan.dependent or ("" if enough else "too few rows in strata that hold both groups"),
        absolute=True,
    )
    return shown(found, people, rows - people)


def threshold_estimates(
    predicted: Predicted, plan: Plan, *, outcome: str, thresholds: Sequence[float], high: bool, seed: int
) -> tuple[Estimate, ...]:
    """Selection rates at thresholds that somebody decides by: rows at or above each (``high``), or below it.

    Raises:
        MeasureInputError: the reference is not a group of its column.
    """
    found: list[Estimate] = []
    for at, level in enumerate(thresholds):
        words = f"{'at least' if high else 'below'} {value_text(level)}"
        rates = Rates(names=("selection_rate",), share=_Reached(len(_SUMS) + at, high), aside={outcome: words})
        found += rate_estimates(_Counted(predicted), rates, plan, seed=seed)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Reached:
    """The share of rows with a prediction that reach a threshold, or do not."""

    place: int
    high: bool

    def __call__(self, cells: Cells, _rate: str) -> Share:
        rows, reached = float(cells[0, 1]), float(cells[0, self.place])
        cases = reached if self.high else rows - reached
        return Share(rows=int(rows), base=rows, base_squares=rows, cases=cases, cases_squares=cases)


@dataclass(frozen=True, slots=True)
class _Counted:
    """Sums in the shape of cells: one cell, whose first sum counts rows."""

    predicted: Predicted

    def over(self, columns: Sequence[str]) -> dict[Group, Cells]:
        return {group: sums[None, :] for group, sums in self.predicted.over(columns).items()}
