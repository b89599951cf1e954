"""What a fairness binding's model could do otherwise: accuracy against a gap, and weights for training."""

import contextlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from upright.kernel import InputError

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from upright.checks.contract import Binding, TableSource
    from upright.mitigation.thresholds import Choice, Numbers
    from upright.workspace.manifest import Manifest

LEAST_ROWS = 30
MOST_GROUPS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Mitigation:
    """What can be chosen; the first of ``choices`` is the decisions of today.

    ``threshold`` is the one in use where no decisions are recorded, else ``None``. ``left_out`` are groups too small to
    weigh, with their rows; ``undecided_rows`` have no decision today.
    """

    binding: str
    system: str
    by: tuple[str, ...]
    gap: str
    threshold: float | None
    rows: int
    undecided_rows: int
    choices: "tuple[Choice, ...]"
    weights: dict[tuple[str, str], float]
    left_out: dict[str, int]


def mitigate(manifest: "Manifest", binding: str, *, by: Sequence[str] = (), gap: str = "selection_rate") -> Mitigation:
    """Reads the scores and labels behind a binding and weighs every threshold. Nothing is filed, no model is loaded.

    Groups are those of the first protected column, or the intersections of the columns ``by``.

    Raises:
        InputError: no such binding, no score or label, an unknown column, or a table that cannot be weighed.
    """
    from upright.checks.tables import Tables
    from upright.workspace.resolve import resolve

    bound = {one.id: one for one in resolve(manifest).bindings}
    if binding not in bound:
        from upright.workspace.safe_yaml import suggest

        raise InputError(f"The manifest has no check {binding!r}.{suggest(binding, bound)}", code="UP-MITIGATE-10")
    source = _source(bound[binding], by)
    with (
        tempfile.TemporaryDirectory(prefix="upright-") as scratch,
        contextlib.closing(Tables(Path(scratch))) as tables,
    ):
        return _weigh(
            bound[binding], source, tables.open(source), tuple(dict.fromkeys(by)) or source.protected[:1], gap
        )


def _source(bound: "Binding", by: Sequence[str]) -> "TableSource":
    from upright.checks.inputs import table_of

    source = table_of(bound)
    columns = source.columns
    lacking = [name for name in ("label", "score") if getattr(columns, name) is None]
    if lacking or not source.protected or source.favourable is None:
        raise InputError(
            f"{source.ref}: thresholds are weighed on scores with what turned out, per group. Name label, score, "
            "protected and favourable of the data set.",
            code="UP-MITIGATE-11",
        )
    if columns.weight is not None:
        raise InputError(
            f"{source.ref}: rows carry weights, so people cannot be counted; give rows of equal weight.",
            code="UP-MITIGATE-12",
        )
    for column in by:
        if column not in source.protected:
            raise InputError(
                f"{column!r} is not a protected column of {source.ref}; it has {', '.join(source.protected)}.",
                code="UP-MITIGATE-13",
            )
    return source


def _weigh(bound: "Binding", source: "TableSource", table: "Table", by: tuple[str, ...], gap: str) -> Mitigation:
    from upright.measures.values import is_value
    from upright.mitigation.reweighing import reweighing
    from upright.mitigation.thresholds import Groups, choices

    positive = (bound.model.positive if bound.model else None) or "1"
    threshold = None if _decision(source) else _threshold(bound)
    found, undecided = _histograms(source, table, by, positive, threshold)
    small = {name: int(cells.sum()) for name, cells in sorted(found.items()) if cells.sum() < LEAST_ROWS}
    kept = {name: found[name] for name in sorted(found) if name not in small}
    if len(kept) > MOST_GROUPS:
        raise InputError(
            f"{' and '.join(by)} part the table into {len(kept)} groups; thresholds are weighed between up to "
            f"{MOST_GROUPS}. Name fewer columns, or put values into bands.",
            code="UP-MITIGATE-15",
        )
    groups = Groups(kept)
    pairs = {(name, str(outcome)): float(cells[:, outcome].sum()) for name, cells in kept.items() for outcome in (0, 1)}
    good = source.favourable if isinstance(source.favourable, tuple) else (source.favourable,)
    return Mitigation(
        binding=bound.id,
        system=str(bound.system),
        by=by,
        gap=gap,
        threshold=threshold,
        rows=int(groups.rows.sum()),
        undecided_rows=undecided,
        choices=choices(groups, gap=gap, favourable_is_positive=any(is_value(positive, one) for one in good)),
        weights=reweighing(pairs),
        left_out=small,
    )


def _decision(source: "TableSource") -> str | None:
    """The column of today's decisions; a label is not one, even where it is what was decided."""
    found = source.columns.prediction
    return None if found == source.columns.label else found


def _threshold(bound: "Binding") -> float:
    return float(bound.model.threshold) if bound.model and bound.model.threshold is not None else 0.5


def _histograms(
    source: "TableSource", table: "Table", by: tuple[str, ...], positive: str, threshold: float | None
) -> "tuple[dict[str, Numbers], int]":
    """By group: decision of today, outcome, score bin; and how many rows have no decision."""
    from upright.measures.decisions import demand_two_values
    from upright.measures.histograms import count_scores, read_scores
    from upright.measures.values import is_value, value_text
    from upright.mitigation.thresholds import decided_at

    label, score, decision = str(source.columns.label), str(source.columns.score), _decision(source)
    is_positive = table[label] == _value_of(table, label, positive)
    keys = [*by, *([decision] if decision else [])]
    counted = read_scores(count_scores(table, by=keys, positive=is_positive, score=score))
    if decision:
        demand_two_values(decision, ((key[-1], cells[..., 0].sum()) for key, cells in counted.groups.items()))
    found: dict[str, Numbers] = {}
    undecided = 0
    for key, cells in counted.groups.items():
        rows = cells[..., 0]
        if decision and (key[-1] is None or key[-1] != key[-1]):  # only NaN differs from itself
            undecided += int(rows.sum())
            continue
        name = " / ".join(value_text(value) for value in key[: len(by)])
        at = found.setdefault(name, np.zeros((2, *rows.shape)))
        if decision:
            at[int(is_value(positive, key[-1]))] += rows
        else:
            at += decided_at(rows, threshold or 0.0)
    return found, undecided


def _value_of(table: "Table", label: str, positive: str) -> Any:
    """The label's value that the model calls positive."""
    from upright.checks.positive import label_values
    from upright.measures.values import is_value, values_shown

    values = label_values(table, label)
    for value, _ in values:
        if is_value(positive, value):
            return value
    _, shown = values_shown(values)
    raise InputError(
        f"Label {label!r} never is the positive value {positive!r}; it holds {shown}. Correct `positive` of the model.",
        code="UP-MITIGATE-14",
    )
