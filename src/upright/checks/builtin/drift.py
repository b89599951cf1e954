"""Has a table changed from its baseline: columns, predictions, scores, labels, and which columns there are?"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from upright.checks.contract import ArtefactBytes, Binding, CheckResult, Context, Run, TableSource, check
from upright.checks.inputs import demand_rows, table_of
from upright.checks.judge import judge
from upright.checks.tables import demand_columns
from upright.evidence.statement import NotExamined, Reason
from upright.kernel import InputError
from upright.measures.cells import count_columns
from upright.measures.chance import holm
from upright.measures.cuts import (
    count_buckets,
    count_known,
    count_values,
    draw,
    number_cuts,
)
from upright.measures.distances import drift_estimates
from upright.measures.drift import Pair, difference_chance, findable_change, value_pair
from upright.measures.errors import MeasureInputError
from upright.measures.estimate import Estimate, exact
from upright.measures.tally import collect
from upright.measures.values import CROWD

if TYPE_CHECKING:
    from ibis.expr.types import Table

MEASURES = ("p_value", "schema_changes", "psi", "js", "ks", "wasserstein", "unseen_share")
FALSE_ALARMS = "0.05"
_LEAST_CHANCE = 1e-12


@check(
    "drift",
    version="1",
    kinds=("drift",),
    about=("dataset",),
    measures=MEASURES,
    default_limits={"p_value": {"at_least": FALSE_ALARMS}, "schema_changes": {"at_most": "0"}},
)
def drift(
    *,
    columns: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    smallest_change: float = 0.1,
    ignore_weights: bool = False,
) -> Run:
    """Compares each column of a table with the baseline named by ``against``: has it changed by more than chance?

    ``p_value`` is the chance that data without drift differ as much, adjusted for the number of columns (Holm), so a
    limit ``at_least: "0.05"``, the default, raises a false alarm in at most 5 % of comparisons. A column passes only
    if a change that moves ``smallest_change`` of its rows would have been found. ``psi``, ``js``, ``ks`` and
    ``wasserstein`` say how large a change is; set limits on them instead where small changes do not matter.
    ``schema_changes`` counts columns of the baseline that are gone or hold another type. Rows without a value are
    compared too. Columns of time, joined people and ``ignore`` are left out; ``columns`` names the only ones to take.
    """
    if not 0.0 < smallest_change < 1.0:
        raise InputError(
            f"smallest_change is {smallest_change:g}; expected a share of rows above 0 and below 1, such as 0.1.",
            code="UP-CHECK-80",
        )

    def run(binding: Binding, context: Context) -> CheckResult:
        source = table_of(binding)
        baseline = _baseline(binding, source, ignore_weights=ignore_weights)
        table, base = context.open_table(source), context.open_table(baseline)
        rows, base_rows = demand_rows(table, source), demand_rows(base, baseline)
        for name in (*columns, *ignore):
            if name not in base.columns:
                demand_columns(table, [name], str(source.ref))
        plan = _plan(_Side(table, source, rows), _Side(base, baseline, base_rows), columns, ignore)
        pairs = _pairs(plan, table, base, base_rows, context)
        asked = binding.limits.get("p_value")
        rate = None if asked is None else min(0.5, float(asked.get("at_least", FALSE_ALARMS)))
        found = [
            *_chances(pairs, rate, smallest_change),
            exact("schema_changes", len(plan.changes), n=len(base.columns), unit="columns"),
            *_distances(pairs),
        ]
        promised = tuple(_promise(pairs, rate))
        judgement = judge(found, binding.limits, not_judged=binding.not_judged, also=promised)
        made = judgement.as_result(*plan.left_out)
        explained = tuple(_explained(judgement.reasons, plan))
        return replace(made, reasons=(*explained, *made.reasons), artefacts=(_kept(baseline, base_rows, pairs),))

    return run


def _baseline(binding: Binding, source: TableSource, *, ignore_weights: bool) -> TableSource:
    """The table in ``against``, if the two can be compared."""
    baseline = binding.against
    if not isinstance(baseline, TableSource):
        raise InputError(
            f"{binding.id}: drift is measured against a baseline. Set `against: dataset:…`.", code="UP-CHECK-81"
        )
    if baseline.digest == source.digest and baseline.ref.bare == source.ref.bare:
        raise MeasureInputError(
            f"{source.ref} is compared with itself, which says nothing. Name another table in `against`.",
            code="UP-MEASURE-20",
        )
    for one in (source, baseline):
        if one.columns.weight is not None and not ignore_weights:
            raise MeasureInputError(
                f"{one.ref} has weights ({one.columns.weight}), and drift compares rows of equal weight. Set the "
                "option ignore_weights: true if that is meant.",
                code="UP-MEASURE-21",
            )
    return baseline


@dataclass(frozen=True, slots=True)
class _Side:
    table: "Table"
    source: TableSource
    rows: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is compared: by name here, the name in the baseline and whether the column holds numbers."""

    columns: dict[str, tuple[str, bool]] = field(default_factory=dict)
    changes: dict[str, str] = field(default_factory=dict)
    left_out: list[NotExamined] = field(default_factory=list)


def _plan(new: _Side, base: _Side, only: tuple[str, ...], ignore: tuple[str, ...]) -> _Plan:
    plan = _Plan()
    played = _same_part(new.source, base.source)
    aside = {one.source.columns.weight for one in (new, base)} | {one.source.columns.time for one in (new, base)}
    for side in (new, base):
        aside |= set(side.source.people.columns) if side.source.people else set()
    wanted = [name for name in base.table.columns if name not in {*ignore, *aside}]
    wanted = [name for name in wanted if not only or name in only or played.get(name, name) in only]
    for base_name in wanted:
        name = played.get(base_name, base_name)
        kinds = _kinds(_kind(new, name), _kind(base, base_name), (new, name), (base, base_name))
        if name not in new.table.columns:
            if base_name in base.source.columns.named().values():
                why = "not in the table that is compared: it has no such label, prediction or score yet"
                plan.left_out.append(NotExamined(what=f"column {base_name}", why=why, count=1))
            else:
                plan.changes[base_name] = f"{base_name} is gone"
        elif kinds == ("nothing", "nothing"):
            plan.left_out.append(_nothing(name))
        elif "other" in kinds or "time" in kinds:
            why = "times move by themselves" if "time" in kinds else "holds neither numbers nor text"
            plan.left_out.append(NotExamined(what=f"column {name}", why=why, count=1))
        elif kinds[0] != kinds[1]:
            plan.changes[name] = f"{name} holds {kinds[0]}, in the baseline {kinds[1]}"
        else:
            plan.columns[name] = (base_name, kinds[0] == "numbers")
    known = {*wanted, *plan.columns, *ignore, *aside}
    for name in new.table.columns:
        if name not in known and name not in base.table.columns and (not only or name in only):
            plan.left_out.append(NotExamined(what=f"column {name}", why="not in the baseline", count=1))
    return plan


def _nothing(name: str) -> NotExamined:
    return NotExamined(what=f"column {name}", why="no values in either table", count=1)


def _same_part(new: TableSource, base: TableSource) -> dict[str, str]:
    """Columns of label, prediction and score that have another name in the baseline."""
    parts, others = new.columns.named(), base.columns.named()
    return {others[part]: parts[part] for part in ("label", "prediction", "score") if part in parts and part in others}


def _kinds(kind: str, other: str, new: tuple[_Side, str], base: tuple[_Side, str]) -> tuple[str, str]:
    """Both kinds; a column without any value is of the other's kind, whatever its file says."""
    if "" not in (kind, other) and (kind != other or kind == "other"):
        if _is_empty(*new):
            kind = "nothing"
        if _is_empty(*base):
            other = "nothing"
        kind, other = (other if kind == "nothing" else kind), (kind if other == "nothing" else other)
    return kind, other


def _is_empty(side: _Side, name: str) -> bool:
    ((values,),) = collect(side.table.aggregate(values=side.table[name].count()))
    return int(values) == 0


def _kind(side: _Side, name: str) -> str:
    """``numbers``, ``text``, ``time``, ``other`` or ``nothing``; empty where there is no such column."""
    if name not in side.table.columns:
        return ""
    kind = side.table[name].type()
    if kind.is_numeric() or kind.is_boolean():
        return "numbers"
    if kind.is_string():
        return "text"
    return "time" if kind.is_temporal() else "other"


def _pairs(plan: _Plan, table: "Table", base: "Table", base_rows: int, context: Context) -> dict[str, Pair]:
    numbers = [base_name for base_name, is_number in plan.columns.values() if is_number]
    cuts = {name: number_cuts(sample) for name, sample in draw(base, numbers, base_rows).items() if len(sample)}
    bases = count_columns(base, cuts)
    news = count_columns(table, {name: cuts[of] for name, (of, _) in plan.columns.items() if of in cuts})
    pairs = {}
    for done, (name, (base_name, _)) in enumerate(plan.columns.items()):
        if base_name in cuts:
            pairs[name] = Pair(bases[base_name], news[name], cuts[base_name])
        else:
            pairs[name] = _values(base, base_name, table, name)
        if not pairs[name].base.present and not pairs[name].new.present:
            del pairs[name]
            plan.left_out.append(_nothing(name))
        context.progress(done + 1, len(plan.columns))
    return pairs


def _values(base: "Table", base_name: str, table: "Table", name: str) -> Pair:
    counts, others = count_values(base, base_name), count_values(table, name)
    if counts is None:
        return value_pair(count_buckets(base, base_name), count_buckets(table, name))
    if others is None:
        others = count_known(table, name, {str(key[0]) for key in counts.cells if key[0] is not None})
    return value_pair(counts, others)


def _chances(pairs: Mapping[str, Pair], rate: float | None, smallest_change: float) -> Iterator[Estimate]:
    """Adjusted p-values; where they are judged, one that is no alarm speaks only if a change would have been found."""
    adjusted = holm([difference_chance(pair) for pair in pairs.values()])
    for (name, pair), chance in zip(pairs.items(), adjusted, strict=True):
        blind = "" if rate is None or chance < rate else _too_blind(pair, rate / len(pairs), smallest_change)
        yield Estimate(
            name="p_value",
            value=max(chance, _LEAST_CHANCE),
            n=int(pair.new.rows),
            unit="probability",
            method=f"{'KS and chi-squared' if pair.has_numbers else 'chi-squared'}, Holm over {len(pairs)} columns",
            group={"column": name},
            unfit=blind,
        )


def _too_blind(pair: Pair, alpha: float, smallest_change: float) -> str:
    findable = findable_change(pair, max(alpha, _LEAST_CHANCE))
    if findable <= smallest_change:
        return ""
    return (
        f"{pair.new.rows:,.0f} rows against {pair.base.rows:,.0f} show only changes that move "
        f"{100 * findable:.0f} % of the rows or more; to find {100 * smallest_change:.3g} %, about "
        f"{(findable / smallest_change) ** 2:,.1f} times as many are needed"
    )


def _distances(pairs: Mapping[str, Pair]) -> Iterator[Estimate]:
    for name, pair in pairs.items():
        group = {"column": name}
        yield from drift_estimates(pair, group=group)
        unseen = pair.unseen()
        if pair.cuts is None and not any(value.startswith("bucket ") for value in pair.names):
            shown = sorted((-rows, value) for value, rows in unseen.items() if rows >= CROWD)[:3]
            named = ", ".join(f"{value!r} {-rows:,}" for rows, value in shown)
            method = f"counted; {len(unseen)} values that the baseline never has" + (f": {named}" if named else "")
            share = sum(unseen.values()) / pair.new.rows
            yield exact(
                "unseen_share",
                share,
                n=int(pair.new.rows),
                unit="share",
                method=method if unseen else "counted",
                group=group,
            )


def _promise(pairs: Mapping[str, Pair], rate: float | None) -> Iterator[Reason]:
    """The chance of a false alarm, said in so many words."""
    if not pairs:
        because = "no column of the baseline can be compared, so nothing was"
        yield Reason(limit="", outcome="undecided", because=because)
    elif rate is not None:
        because = (
            f"without drift, at most {100 * rate:.3g} % of comparisons like this one fail for any of their "
            f"{len(pairs)} columns"
        )
        yield Reason(limit="", outcome="passed", because=because)


def _explained(reasons: tuple[Reason, ...], plan: _Plan) -> Iterator[Reason]:
    """Which columns are meant, where their number fails."""
    for reason in reasons:
        if plan.changes and reason.outcome == "failed" and reason.limit.startswith("schema_changes"):
            yield Reason(limit=reason.limit, outcome="failed", because="; ".join(plan.changes.values()))


def _kept(baseline: TableSource, rows: int, pairs: Mapping[str, Pair]) -> ArtefactBytes:
    """The baseline's cuts and counts. What fewer than ten rows hold is counted without its name."""
    document = {
        "upright": 1,
        "dataset": str(baseline.ref.bare),
        "sha256": baseline.digest,
        "rows": rows,
        "columns": [_column(name, pair) for name, pair in pairs.items() if pair.base.present >= CROWD],
    }
    data = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return ArtefactBytes(name="drift-baseline.json", media_type="application/json", data=data + b"\n")


def _column(name: str, pair: Pair) -> dict[str, Any]:
    base = pair.base
    cells = [(at, int(rows)) for at, rows in enumerate(base.cells.tolist()) if rows]
    found: dict[str, Any] = {"name": name, "missing": int(base.missing)}
    if pair.cuts is not None:
        return {**found, "knots": pair.cuts.knots, "cells": pair.cuts.cells, "rows": cells}
    named = {pair.names[at]: rows for at, rows in cells if rows >= CROWD}
    return {**found, "values": named, "rare": sum(rows for _, rows in cells) - sum(named.values())}
