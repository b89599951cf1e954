"""Decisions among several classes, by group: each class against the rest, the averages over classes, the whole mix."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from upright.measures.decisions import RATES, Cells, Decisions, groupings, share_of
from upright.measures.errors import MeasureInputError
from upright.measures.estimate import Estimate, shown
from upright.measures.fairness import Group, Plan, Rates, rate_estimates, reference_of
from upright.measures.resample import Inversion, Numbers, normal_noise
from upright.measures.shares import Least, Share
from upright.measures.tally import Tally
from upright.measures.values import MISSING, value_text, values_shown

MOST_CLASSES = 50
LEAST_OF_A_CLASS = 5
Matrix = npt.NDArray[np.float64]
"""Shape (classes + 1, classes, 3): label (the last row: unknown) x decision x (rows, weights, squares)."""
EACH = tuple(rate for rate in RATES if rate != "accuracy")
"""Rates of one class against the rest."""
MACRO = ("macro_true_positive_rate", "macro_false_positive_rate", "macro_positive_predictive_value")
"""Averages over the classes, each class counting the same."""


@dataclass(frozen=True, slots=True)
class Classes:
    """Decisions among ``names`` by finest group; rows without decision or label as in ``Decisions``."""

    by: tuple[str, ...]
    names: tuple[str, ...]
    groups: Mapping[Group, Matrix]
    has_labels: bool
    undecided_rows: int
    unlabelled_rows: int

    def over(self, columns: Sequence[str]) -> dict[Group, Matrix]:
        """The same cells by fewer columns, groups in order of their text."""
        where = [self.by.index(column) for column in columns]
        found: dict[Group, Matrix] = {}
        for group, cells in self.groups.items():
            key = tuple(group[position] for position in where)
            found[key] = found[key] + cells if key in found else cells
        return dict(sorted(found.items()))

    def of_class(self, name: str) -> Decisions:
        """One class against all others, as decisions of which it is the favourable one."""
        at = self.names.index(name)
        groups = {group: against_the_rest(cells, at) for group, cells in self.groups.items()}
        return Decisions(self.by, groups, self.has_labels, True, self.undecided_rows, self.unlabelled_rows)


def against_the_rest(cells: Matrix, at: int) -> Cells:
    """The cells of two values: class ``at``, and any other."""
    labels = np.stack([cells[:-1].sum(axis=0) - cells[at], cells[at], cells[-1]])
    found: Cells = np.stack([labels.sum(axis=1) - labels[:, at], labels[:, at]], axis=1)
    return found


def read_classes(
    counts: Tally, *, by: Sequence[str], prediction: str, label: str | None, given: Sequence[str] = ()
) -> Classes:
    """Gives the cells of ``count_decisions`` their meaning.

    ``given`` is the set of classes; without it, all that occur as label or decision.

    Raises:
        MeasureInputError: a value that is not among the given classes, fewer than two classes, or more than 50.
    """
    keys = counts.keys
    at_prediction = keys.index(prediction)
    at_label = None if label is None else keys.index(label)
    names = _names(counts, [(prediction, at_prediction), (label, at_label)], given)
    place = {name: at for at, name in enumerate(names)}
    where = [keys.index(column) for column in by]
    groups: dict[Group, Matrix] = {}
    undecided = unlabelled = 0
    for key, values in counts.cells.items():
        if key[at_prediction] is None:
            undecided += int(values[0])
            continue
        truth = None if at_label is None else key[at_label]
        unlabelled += int(values[0]) if truth is None and at_label is not None else 0
        row = len(names) if truth is None else place[value_text(truth)]
        cells = groups.setdefault(tuple(value_text(key[at]) for at in where), np.zeros((len(names) + 1, len(names), 3)))
        cells[row, place[value_text(key[at_prediction])]] += values if len(values) == 3 else values * 3
    return Classes(tuple(by), names, groups, label is not None, undecided, unlabelled)


def _names(counts: Tally, columns: list[tuple[str | None, int | None]], given: Sequence[str]) -> tuple[str, ...]:
    found: set[str] = set()
    for column, position in columns:
        if column is None or position is None:
            continue
        texts = {value_text(key[position]) for key in counts.cells} - {MISSING}
        if given and texts - set(given):
            rows = ((value_text(key[position]), values[0]) for key, values in counts.cells.items())
            _, shown = values_shown((one for one in rows if one[0] not in given), 1)
            raise MeasureInputError(
                f"Column {column!r} holds {shown}, which is not among the classes {', '.join(given)}. Add it to "
                "the option `classes`, or turn it into missing.",
                code="UP-MEASURE-15",
            )
        found |= texts
    names = tuple(dict.fromkeys(given)) or tuple(sorted(found, key=_in_order))
    if not 2 <= len(names) <= MOST_CLASSES:
        raise MeasureInputError(
            f"There are {len(names)} classes; expected 2 to {MOST_CLASSES}. Numbers are compared with the option "
            "`task: regression`; put classes that belong together into one.",
            code="UP-MEASURE-16",
        )
    return names


def _in_order(text: str) -> tuple[float, str]:
    """Numbers by size, words behind them."""
    try:
        number = float(text)
    except ValueError:
        return math.inf, text
    return (math.inf if math.isnan(number) else number), text


def class_estimates(classes: Classes, plan: Plan, *, outcome: str, seed: int) -> tuple[Estimate, ...]:
    """Every rate of every class, group by group, then averages over classes, accuracy, and how far mixes lie apart.

    ``outcome`` is what a class is called in a group's name: ``{"sex": "F", "grade": "A"}``. Without labels there are
    selection rates and mixes only.

    Raises:
        MeasureInputError: the reference is not a group of its column, or ``outcome`` is the name of one.
    """
    if outcome in {*plan.protected, *plan.strata}:
        raise MeasureInputError(
            f"Column {outcome!r} is the decision and a group at the same time. Leave it out of `protected` and "
            "`strata`.",
            code="UP-MEASURE-17",
        )
    found: list[Estimate] = []
    for name in classes.names:
        rates = Rates(names=EACH if classes.has_labels else EACH[:1], aside={outcome: name})
        found += rate_estimates(classes.of_class(name), rates, plan, seed=seed)
    if classes.has_labels:
        found += rate_estimates(classes, Rates(names=(*MACRO, "accuracy"), share=class_share), plan, seed=seed)
    return (*found, *_mixes(classes, plan, seed))


def class_share(cells: Matrix, rate: str) -> Share:
    """A rate of all classes together, as a share at the size that an unweighted sample would need to know it so well.

    Averages over classes are not defined where a class is missing from the group.
    """
    if rate == "accuracy":
        _, cases, cases_squares = map(float, np.einsum("kks->s", cells[:-1]))
        known, base, squares = map(float, cells[:-1].sum(axis=(0, 1)))
        return Share(rows=int(known), base=base, base_squares=squares, cases=cases, cases_squares=cases_squares)
    count = cells.shape[1]
    parts = [share_of(against_the_rest(cells, at), rate.removeprefix("macro_")) for at in range(count)]
    rows = int(cells[:-1, :, 0].sum())
    empty = sum(1 for part in parts if part.value is None)
    if empty:
        what = "decided" if rate == "macro_positive_predictive_value" else "labelled"
        lacking = f"{empty} of {count} classes are never {what} here, so the average over classes is not defined"
        return Share(rows=rows, base=0.0, base_squares=0.0, cases=0.0, cases_squares=0.0, lacking=lacking)
    fewest = min(part.rows for part in parts)
    lacking = f"a class has {fewest} rows here; {LEAST_OF_A_CLASS} are needed for an average over classes"
    value = sum(part.value or 0.0 for part in parts) / count
    spread = _false_alarms(cells, parts) if rate == "macro_false_positive_rate" else sum(map(_variance, parts))
    variance = spread / count**2
    size = value * (1.0 - value) / variance if 0.0 < value < 1.0 and variance > 0.0 else 0.0
    size = size or count**2 / sum(1.0 / part.size for part in parts)
    return Share(
        rows=rows,
        base=size,
        base_squares=size,
        cases=value * size,
        cases_squares=value * size,
        lacking=lacking if fewest < LEAST_OF_A_CLASS else "",
    )


def _variance(part: Share) -> float:
    """Of one class's share, as if it had one more case and one more other: none is thought to be free of noise."""
    share = ((part.value or 0.0) * part.size + 1.0) / (part.size + 2.0)
    return share * (1.0 - share) / part.size if part.size > 0.0 else 0.0


def _false_alarms(cells: Matrix, parts: Sequence[Share]) -> float:
    """Variance of the summed false positive rates: a row of one label can be the false alarm of any other class."""
    each = np.array([1.0 / part.base for part in parts])
    worth = np.tile(each, (len(parts), 1))
    np.fill_diagonal(worth, 0.0)
    weights, squares = cells[:-1, :, 1], cells[:-1, :, 2]
    totals = weights.sum(axis=1, keepdims=True)
    middle = np.divide(
        (weights * worth).sum(axis=1, keepdims=True), totals, where=totals > 0, out=np.zeros_like(totals)
    )
    rows = np.maximum(cells[:-1, :, 0].sum(axis=1), 2.0)
    spread = (squares * (worth - middle) ** 2).sum(axis=1)
    return float((spread * rows / (rows - 1.0)).sum())


def _mixes(classes: Classes, plan: Plan, seed: int) -> Iterator[Estimate]:
    """``decision_distance``: the share of decisions that would have to change for two groups to have the same mix.

    Half the summed distance of the classes' selection rates (total variation): 0 is the same mix, 1 has no class in
    common. Reads too high in small samples, as noise never cancels; the method names what equal groups would show, and
    the interval accounts for it. With strata, within each.
    """
    for columns in groupings(plan.protected, intersections=plan.intersections):
        whole = classes.over(columns)
        rows = {group: float(cells[..., 0].sum()) for group, cells in whole.items()}
        reference = reference_of(columns, rows, plan)
        pairs = [(group, reference, whole[reference], cells) for group, cells in whole.items() if group != reference]
        if plan.strata:
            fine = classes.over((*columns, *plan.strata))
            for group, cells in fine.items():
                own, stratum = group[: len(columns)], group[len(columns) :]
                base = fine.get((*reference, *stratum))
                if own != reference and base is not None:
                    pairs.append((group, (*reference, *stratum), base, cells))
        for group, against, base, cells in pairs:
            yield _mix(plan.within(columns, group), plan.within(columns, against), (base, cells), plan, seed)


def _mix(
    group: Mapping[str, str], against: Mapping[str, str], pair: tuple[Matrix, Matrix], plan: Plan, seed: int
) -> Estimate:
    sums = [cells.sum(axis=0) for cells in pair]
    weights = [one[:, 1] for one in sums]
    rows = [int(one[:, 0].sum()) for one in sums]
    whole = [_everybody(one) for one in sums]
    shares = [one / one.sum() if one.sum() > 0.0 else one for one in weights]
    apart = shares[0] - shares[1]
    value = float(np.abs(apart).sum() / 2)
    sizes = [max(one.kish, 1e-9) for one in whole]
    middle = (weights[0] + weights[1]) / max(weights[0].sum() + weights[1].sum(), 1e-9)
    found = _mix_inversion(middle, apart, value, 1.0 / sizes[0] + 1.0 / sizes[1], seed)
    least = Least(rows=plan.least.rows, expected=0.0)
    few = next((why for one in whole if (why := least.missing(one))), "")
    estimate = Estimate(
        name="decision_distance",
        value=value,
        n=sum(rows),
        unit="share",
        method=f"test inversion; equal groups of these sizes show {found.expected:.4f} on average",
        interval=found.interval,
        group=group,
        against=against,
        unfit=plan.dependent or few,
    )
    return shown(estimate, *rows)


def _everybody(sums: Numbers) -> Share:
    """All decisions of a group, as a share of themselves: how many rows they are worth."""
    rows, base, squares = map(float, sums.sum(axis=0))
    return Share(rows=int(rows), base=base, base_squares=squares, cases=base, cases_squares=squares)


def _mix_inversion(middle: Numbers, apart: Numbers, value: float, inverse_size: float, seed: int) -> Inversion:
    count = len(middle)
    pattern = apart / value if value > 0.0 else np.where(np.arange(count) < 1, 1.0, -1.0 / (count - 1))
    noise = normal_noise(count, seed=seed)
    root = np.sqrt(middle)

    def show(true: float, draws: int) -> Numbers:
        wide = noise(draws)
        drawn = wide * root - (wide @ root)[:, None] * middle
        return np.asarray(np.abs(true * pattern + drawn * math.sqrt(inverse_size)).sum(axis=1) / 2, dtype=np.float64)

    return Inversion(value=value, show=show, reach=6.0 * math.sqrt(inverse_size), most=1.0)
