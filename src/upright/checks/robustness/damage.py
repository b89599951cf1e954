"""Everyday damage to a table's rows: noise, a missing value, a unit mixed up, a value out of range.

Each row is damaged once, in one column chosen at random (noise in all of them), so that the share of rows whose
decision changes is a share of independent trials.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from upright.checks.asking import AskingError
from upright.checks.deciding import Decider
from upright.checks.robustness.space import Rows, Space
from upright.measures.estimate import Estimate
from upright.measures.intervals import wilson

UNITS = (1000.0, 100.0, 12.0, 1 / 12.0, 1 / 100.0, 1 / 1000.0)
Damage = Callable[[Space, Rows, np.random.Generator, float], Rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of damage: the measure of its effect, what it does in words, and to which features."""

    measure: str
    about: str
    damage: Damage
    numbers_only: bool = True


def _noise(space: Space, rows: Rows, rng: np.random.Generator, size: float) -> Rows:
    moved = rows.copy()
    for at, feature in enumerate(space.features):
        if feature.kind in {"number", "whole"}:
            moved[:, at] += rng.standard_normal(len(rows)) * size * feature.scale
    return space.realistic(moved)


def _missing(space: Space, rows: Rows, rng: np.random.Generator, _size: float) -> Rows:
    moved = rows.copy()
    chosen = rng.choice(np.array(space.movable), len(rows))
    moved[np.arange(len(rows)), chosen] = np.nan
    return moved


def _units(space: Space, rows: Rows, rng: np.random.Generator, _size: float) -> Rows:
    moved = rows.copy()
    for row, at in enumerate(_one_number(space, rng, len(rows))):
        value = moved[row, at] * rng.choice(UNITS)
        moved[row, at] = np.rint(value) if space.features[at].steps else value
    return moved


def _beyond(space: Space, rows: Rows, rng: np.random.Generator, _size: float) -> Rows:
    moved = rows.copy()
    for row, at in enumerate(_one_number(space, rng, len(rows))):
        feature = space.features[at]
        reach = (feature.high - feature.low) * rng.uniform(0.5, 2.0)
        value = feature.high + reach if rng.random() < 0.5 else feature.low - reach
        moved[row, at] = np.rint(value) if feature.steps else value
    return moved


def _one_number(space: Space, rng: np.random.Generator, rows: int) -> list[int]:
    numbers = [at for at, feature in enumerate(space.features) if feature.kind in {"number", "whole"}]
    return [int(at) for at in rng.choice(np.array(numbers), rows)]


KINDS = (
    Kind(measure="changed_by_noise", about="noise on every number", damage=_noise),
    Kind(measure="changed_by_missing", about="one value missing", damage=_missing, numbers_only=False),
    Kind(measure="changed_by_units", about="one number in another unit (12, 100 or 1,000 times)", damage=_units),
    Kind(measure="changed_by_out_of_range", about="one number far beyond its range", damage=_beyond),
)


def damaged_estimates(
    space: Space, decider: Decider, rows: Rows, codes: np.ndarray, rng: np.random.Generator, *, noise: float, least: int
) -> tuple[Estimate, ...]:
    """Of each kind the share of rows whose decision changes; a model that refuses such rows has none, and says so."""
    has_numbers = any(feature.kind in {"number", "whole"} for feature in space.features)
    found = []
    for kind in KINDS:
        if kind.numbers_only and not has_numbers:
            continue
        moved = kind.damage(space, rows, rng, noise)
        try:
            changed = decider.codes(space.decode(moved)) != codes
        except AskingError as why:
            if not decider.session.is_alive:
                raise
            found.append(_refused(kind, str(why.message), len(rows)))
            continue
        found.append(changed_share(kind.measure, int(changed.sum()), len(rows), method=kind.about, least=least))
    return tuple(found)


def changed_share(name: str, changed: int, rows: int, *, method: str, least: int, **group: str) -> Estimate:
    """The share of rows whose decision changed, with Wilson's interval."""
    share = changed / rows if rows else None
    few = "" if rows >= least else f"{rows} rows; {least} are needed"
    return Estimate(
        name=name,
        value=share,
        n=rows,
        unit="share",
        method=f"wilson; {method}",
        interval=lambda level: wilson(share or 0.0, rows, level),
        group=group,
        unfit=few,
    )


def _refused(kind: Kind, why: str, rows: int) -> Estimate:
    return Estimate(
        name=kind.measure, value=None, n=rows, unit="share", method=f"wilson; {kind.about}",
        unfit=f"the model refuses such rows: {why}",
    )  # fmt: skip
