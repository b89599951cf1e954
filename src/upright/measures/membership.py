"""How well an attack tells members of a training set from others: AUC, and the share found at few false alarms."""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from upright.measures.estimate import Estimate
from upright.measures.intervals import normal_quantile, on_logit, wilson

Floats = npt.NDArray[np.float64]


def attack_auc(members: Floats, others: Floats, *, group: Mapping[str, str], least: int) -> Estimate:
    """The chance that a member's score is above another's, ties half; 0.5 is guessing.

    Source: DeLong, DeLong & Clarke-Pearson 1988, interval on the log-odds scale; where every member is above (or below)
    every other, the interval of a share seen in the smaller sample. Checked: against scikit-learn's ``roc_auc_score``
    and the double loop.
    """
    above = _placements(members, others)
    below = 1.0 - _placements(others, members)
    value = float(above.mean()) if len(members) and len(others) else None
    error = math.sqrt(_spread(above) + _spread(below)) if len(members) > 1 and len(others) > 1 else 0.0
    size = min(len(members), len(others))

    def interval(level: float) -> tuple[float, float]:
        if value is None:
            return 0.0, 1.0
        return on_logit(value, error, level) if error > 0.0 else wilson(value, size, level)

    return Estimate(
        name="attack_auc", value=value, n=len(members) + len(others), unit="share", method="delong", group=group,
        interval=interval, unfit=_few(members, others, least),
    )  # fmt: skip


def attack_tpr(members: Floats, others: Floats, *, rate: float, group: Mapping[str, str], least: int) -> Estimate:
    """The share of members above the score that at most ``rate`` of the others exceed.

    Where the threshold lies is itself uncertain: the interval is Wilson's at the order statistics that bound that
    quantile of the others, each part at half of what may be missed, so it is rather too wide than too narrow.
    """
    ordered = np.sort(others)[::-1]
    allowed = int(rate * len(others))
    value = float((members > ordered[allowed]).mean()) if len(others) > allowed and len(members) else None

    def interval(level: float) -> tuple[float, float]:
        half = (1.0 + level) / 2.0
        reach = normal_quantile(half) * math.sqrt(len(others) * rate * (1 - rate))
        strict = max(0, math.floor(len(others) * rate - reach))
        loose = min(len(others) - 1, math.ceil(len(others) * rate + reach))
        low = float((members > ordered[strict]).mean()) if strict < allowed or allowed == 0 else value or 0.0
        high = float((members > ordered[loose]).mean())
        return wilson(min(low, value or 0.0), len(members), half)[0], wilson(
            max(high, value or 0.0), len(members), half
        )[1]

    needed = math.ceil(1 / rate)
    few = _few(members, others, least)
    if not few and len(others) < needed:
        few = f"{len(others)} non-members; {needed} are needed for a false alarm rate of {rate:g}"
    return Estimate(
        name="attack_tpr", value=value, n=len(members) + len(others), unit="share", group=group, unfit=few,
        method=f"wilson, with the threshold at a false alarm rate of {rate:g}",
        interval=interval if value is not None else None,
    )  # fmt: skip


def _placements(scores: Floats, others: Floats) -> Floats:
    """Of each score the share of the others below it, ties half."""
    ordered = np.sort(others)
    low, high = np.searchsorted(ordered, scores, "left"), np.searchsorted(ordered, scores, "right")
    return np.asarray((low + high) / 2 / max(len(others), 1), dtype=np.float64)


def _spread(placements: Floats) -> float:
    return float(placements.var(ddof=1) / len(placements))


def _few(members: Floats, others: Floats, least: int) -> str:
    for what, scores in (("members", members), ("non-members", others)):
        if len(scores) < least:
            return f"{len(scores)} {what}; {least} are needed"
    return ""
