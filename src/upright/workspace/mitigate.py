"""What a fairness binding's model could do otherwise: accuracy against a gap, and weights for training."""

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upright.kernel import InputError

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from upright.checks.contract import Binding, TableSource
    from upright.mitigation.thresholds import Choice
    from upright.workspace.manifest import Manifest

LEAST_ROWS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Mitigation:
    """``today`` is the threshold in use; ``left_out`` are groups too small to weigh, with their rows."""

    binding: str
    by: str
    gap: str
    today: float
    rows: int
    choices: "tuple[Choice, ...]"
    weights: dict[tuple[str, str], float]
    left_out: dict[str, int]


def mitigate(manifest: "Manifest", binding: str, *, by: str | None = None, gap: str = "selection_rate") -> Mitigation:
    """Reads the scores and labels behind a binding and weighs every threshold. Nothing is filed, no model is loaded.

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
        return _weigh(bound[binding], source, tables.open(source), by or source.protected[0], gap)


def _source(bound: "Binding", by: str | None) -> "TableSource":
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
    if by is not None and by not in source.protected:
        raise InputError(
            f"{by!r} is not a protected column of {source.ref}; it has {', '.join(source.protected)}.",
            code="UP-MITIGATE-13",
        )
    return source


def _weigh(bound: "Binding", source: "TableSource", table: "Table", by: str, gap: str) -> Mitigation:
    from upright.measures.scores import count_scores, read_scores
    from upright.measures.values import is_value, value_text
    from upright.mitigation.reweighing import reweighing
    from upright.mitigation.thresholds import Groups, choices

    label, score = str(source.columns.label), str(source.columns.score)
    positive = (bound.model.positive if bound.model else None) or "1"
    is_positive = table[label] == _value_of(table, label, positive)
    counted = read_scores(count_scores(table, by=[by], positive=is_positive, score=score))
    found = {value_text(key[0]): cells[..., 0] for key, cells in counted.over((by,)).items()}
    small = {name: int(cells.sum()) for name, cells in sorted(found.items()) if cells.sum() < LEAST_ROWS}
    kept = {name: found[name] for name in sorted(found) if name not in small}
    today = float(bound.model.threshold) if bound.model and bound.model.threshold is not None else 0.5
    groups = Groups(kept)
    pairs = {(name, str(outcome)): float(cells[outcome].sum()) for name, cells in kept.items() for outcome in (0, 1)}
    return Mitigation(
        binding=bound.id,
        by=by,
        gap=gap,
        today=today,
        rows=int(groups.rows.sum()),
        choices=choices(groups, gap=gap, today=today, favourable_is_positive=is_value(positive, source.favourable)),
        weights=reweighing(pairs),
        left_out=small,
    )


def _value_of(table: "Table", label: str, positive: str) -> Any:
    """The label's value that the model calls positive."""
    from upright.measures.decisions import demand_two_values
    from upright.measures.tally import collect, demand_single_values
    from upright.measures.values import is_value, value_text

    demand_single_values(table, [label])
    values = [value for (value,) in collect(table.select(label).distinct().limit(100)) if value is not None]
    demand_two_values(label, set(values))
    for value in values:
        if is_value(positive, value):
            return value
    shown = ", ".join(sorted(repr(value_text(value)) for value in values))
    raise InputError(
        f"Label {label!r} never is the positive value {positive!r}; it holds {shown}. Correct `positive` of the model.",
        code="UP-MITIGATE-14",
    )
