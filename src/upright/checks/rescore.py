"""Whether a table's predictions are what the named model gives: a sample is scored again, in the sandbox."""

import datetime as dt
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from upright.checks.asking import AskingError
from upright.checks.contract import Binding, Context, ModelSource, Reproduced, Reproduction, TableSource
from upright.checks.models import NoModelError, opened

if TYPE_CHECKING:
    from ibis.expr.types import Table

SAMPLE_ROWS = 200
SCORE_TOLERANCE = 1e-6
_ROW = "upright_row_number"
_MOST_REMEMBERED = 64
_remembered: dict[tuple[str, int, str, str], Reproduction] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescored:
    """What scoring rows again said. ``mismatched`` counts rows; ``detail`` names the first, or why it was not done."""

    reproduced: Reproduced
    result: Literal["passed", "failed", "undecided"]
    rows: int = 0
    mismatched: int = 0
    detail: str = ""
    notes: tuple[str, ...] = ()


def reproduce(binding: Binding, context: Context) -> Reproduction:
    """Scores a seeded sample of 200 rows of ``binding.on`` (all, if fewer) again with ``binding.model``.

    The sample depends on table, model and seed alone, so bindings on the same pair share one run.
    """
    if not isinstance(binding.on, TableSource) or binding.model is None:
        return Reproduction(reproduced="no", why="the model's file is not known here")
    key = (str(context.scratch), context.seed, repr(binding.on), repr(binding.model))
    if key in _remembered:
        return _remembered[key]
    if len(_remembered) >= _MOST_REMEMBERED:
        _remembered.clear()
    _remembered[key] = found = _reproduce(binding.on, binding.model, context)
    return found


def _reproduce(source: TableSource, model: ModelSource, context: Context) -> Reproduction:
    columns = source.columns
    if columns.score is None and columns.prediction is None:
        return Reproduction(reproduced="no", why="the table names neither a prediction nor a score column")
    table = context.open_table(source)
    absent = [name for name in model.features if name not in table.columns]
    if not model.features or absent:
        why = f"the table has no column {absent[0]!r}" if absent else "the manifest names no features of the model"
        return Reproduction(reproduced="no", why=f"{why}, so its rows cannot be scored again")
    rows = sample(table, [*model.features, *columns.named().values()], seed=context.seed)
    found = rescore(
        model,
        {name: rows[name] for name in model.features},
        None if columns.score is None else rows[columns.score],
        None if columns.prediction is None else rows[columns.prediction],
        context,
    )
    why = "; ".join(part for part in (found.detail, *found.notes) if part)
    return Reproduction(reproduced=found.reproduced, rows=found.rows, mismatched=found.mismatched, why=why)


def sample(table: "Table", names: Sequence[str], *, seed: int, size: int = SAMPLE_ROWS) -> dict[str, list[Any]]:
    """A sample without repeats of ``size`` rows (all, if fewer), as columns of plain values."""
    from upright.measures.tally import collect, row_count

    wanted = list(dict.fromkeys(names))
    count = row_count(table)
    part = table.select(*wanted)
    if count > size:
        chosen = sorted(random.Random(seed).sample(range(count), size))  # noqa: S311 - a sample, not a secret
        rows = _numbered(part, chosen)
    else:
        rows = collect(part)
    return {name: [_plain(row[at]) for row in rows] for at, name in enumerate(wanted)}


def _numbered(part: "Table", chosen: Sequence[int]) -> list[tuple[Any, ...]]:
    """The rows at these places. DuckDB is handed the numbers as text: as 200 literals they cost Ibis 0.1 CPU s."""
    import ibis

    from upright.measures.tally import collect

    numbered = part.mutate(**{_ROW: ibis.row_number()})
    backend = part.get_backend()
    if backend.name != "duckdb":
        return collect(numbered.filter(numbered[_ROW].isin(chosen)).order_by(_ROW).drop(_ROW))
    places = ", ".join(str(int(one)) for one in chosen)
    inner = backend.compile(numbered)
    query = f"select * exclude ({_ROW}) from ({inner}) where {_ROW} in ({places}) order by {_ROW}"  # noqa: S608 - whole numbers of ours
    return list(backend.raw_sql(query).fetchall())


def rescore(
    model: ModelSource,
    rows: Mapping[str, Sequence[Any]],
    expected_scores: Sequence[Any] | None,
    expected_decisions: Sequence[Any] | None,
    context: Context,
) -> Rescored:
    """Scores ``rows`` (columns of equal length, plain values) and compares.

    Scores agree within 1e-6; decisions agree exactly: with a threshold "positive where score >= threshold", else what
    the model predicts. Rows without a recorded result are left out. Nothing is loaded unless the file is the one that
    ``model.digest`` names and passed the scan, or the owner allowed it (``may_load``) and it is not dangerous.
    """
    try:
        with opened(model, context) as session:
            is_decided_by_labels = model.threshold is None or session.output == "predict"
            needs_labels = expected_decisions is not None and is_decided_by_labels
            labels = session.labels(rows) if needs_labels else None
            needs_scores = expected_scores is not None or (expected_decisions is not None and not needs_labels)
            scores = session.scores(rows).tolist() if needs_scores else None
            return _compare(model, scores, labels, expected_scores, expected_decisions, session.notes)
    except (NoModelError, AskingError) as why:
        return _cannot(why.message)


def _cannot(why: str, notes: tuple[str, ...] = ()) -> Rescored:
    words = why if why.startswith("no sandbox") else f"could not score again: {why}"
    return Rescored(reproduced="no", result="undecided", detail=words, notes=notes)


def _compare(
    model: ModelSource,
    scores: Sequence[float] | None,
    labels: Sequence[Any] | None,
    expected_scores: Sequence[Any] | None,
    expected_decisions: Sequence[Any] | None,
    notes: tuple[str, ...],
) -> Rescored:
    wrong: dict[int, str] = {}
    seen: set[int] = set()
    if expected_scores is not None and scores is not None:
        _against_scores(expected_scores, scores, wrong, seen)
    if expected_decisions is not None:
        _against_decisions(model, expected_decisions, scores or [], labels, wrong, seen)
    if not seen:
        return _cannot("no sampled row has a recorded result", notes)
    if wrong:
        first = min(wrong)
        detail = f"{len(wrong)} of {len(seen)} rows differ; the first: {wrong[first]}"
        return Rescored(
            reproduced="no", result="failed", rows=len(seen), mismatched=len(wrong), detail=detail, notes=notes
        )
    return Rescored(reproduced="yes", result="passed", rows=len(seen), notes=notes)


def _against_scores(expected: Sequence[Any], got: Sequence[Any], wrong: dict[int, str], seen: set[int]) -> None:
    for at, (recorded, found) in enumerate(zip(expected, got, strict=True)):
        if _is_missing(recorded):
            continue
        seen.add(at)
        number = _number(recorded)
        if number is None or not isinstance(found, int | float) or not abs(number - found) <= SCORE_TOLERANCE:
            wrong.setdefault(at, f"score {recorded} recorded, {found} from the model")


def _against_decisions(
    model: ModelSource,
    expected: Sequence[Any],
    scores: Sequence[float],
    labels: Sequence[Any] | None,
    wrong: dict[int, str],
    seen: set[int],
) -> None:
    for at, recorded in enumerate(expected):
        if _is_missing(recorded):
            continue
        seen.add(at)
        if labels is not None:
            agrees, found = same_value(recorded, labels[at]), labels[at]
        else:
            found = scores[at] >= float(model.threshold or 0)
            agrees = same_value(recorded, model.positive or "1") == found
        if not agrees:
            wrong.setdefault(at, f"decision {recorded!r} recorded, {found!r} from the model")


def same_value(one: Any, other: Any) -> bool:
    """Whether two recorded values mean the same: as texts, or as numbers (1, 1.0, "1", True).

    Numbers with a fraction are predictions of a regression; they agree as scores do, to 1e-6 of their size.

    >>> same_value(True, "1"), same_value("yes", "no"), same_value(2, "2.0"), same_value(1e7, 1e7 + 1)
    (True, False, True, False)
    >>> same_value(51.25, 51.2500001), same_value(51.25, 51.26)
    (True, False)
    """
    first, second = _number(one), _number(other)
    if first is not None and second is not None:
        if first.is_integer() and second.is_integer():
            return first == second
        return math.isclose(first, second, rel_tol=SCORE_TOLERANCE, abs_tol=SCORE_TOLERANCE)
    return str(one) == str(other)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return {"true": 1.0, "false": 0.0}.get(str(value).lower())
    return number


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _plain(value: Any) -> Any:
    """A value as JSON carries it; times become text, decimals numbers."""
    if isinstance(value, bool | int | float | str | None):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list | tuple) and all(one is None or isinstance(one, int | float) for one in value):
        return list(value)
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return str(value)
