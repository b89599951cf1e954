"""Weights for training under which group and outcome are independent (Kamiran & Calders 2012)."""

from collections.abc import Mapping

from upright.measures.errors import MeasureInputError


def reweighing(counts: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """The weight of a row by its group and label: expected over observed share, P(g) P(y) / P(g, y).

    Above 1 where a group has an outcome more seldom than if both were independent. The weights sum to the number of
    rows. A pair that never occurs has no weight, as no row could carry it.

    Args:
        counts: rows by (group, label).

    Raises:
        MeasureInputError: no rows.
    Source: Kamiran & Calders, Knowledge and Information Systems 33 (2012), section 3.3.

    >>> reweighing({("a", "1"): 30, ("a", "0"): 10, ("b", "1"): 30, ("b", "0"): 30})["a", "0"]
    1.6
    """
    total = sum(counts.values())
    if not total > 0:
        raise MeasureInputError("There are no rows, so there is nothing to weigh.", code="UP-MITIGATE-04")
    groups: dict[str, float] = {}
    labels: dict[str, float] = {}
    for (group, label), rows in counts.items():
        groups[group] = groups.get(group, 0.0) + rows
        labels[label] = labels.get(label, 0.0) + rows
    return {
        (group, label): groups[group] * labels[label] / (total * rows)
        for (group, label), rows in counts.items()
        if rows > 0
    }
