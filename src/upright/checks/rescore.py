"""Whether a table's predictions are what the named model gives: a sample is scored again, in the sandbox."""

import datetime as dt
import json
import math
import random
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from upright.checks.contract import Binding, Context, ModelSource, Reproduced, Reproduction, TableSource
from upright.checks.sandbox import SandboxLimits, run_confined

if TYPE_CHECKING:
    from ibis.expr.types import Table

SAMPLE_ROWS = 200
SCORE_TOLERANCE = 1e-6
ADAPTERS = ("sklearn", "joblib")
_OUTPUTS = ("predict_proba", "decision_function", "predict")
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
    import ibis

    from upright.measures.tally import collect

    wanted = list(dict.fromkeys(names))
    ((count,),) = collect(table.aggregate(rows=table.count()))
    part = table.select(*wanted)
    if count > size:
        chosen = sorted(random.Random(seed).sample(range(int(count)), size))  # noqa: S311 - a sample, not a secret
        numbered = part.mutate(**{_ROW: ibis.row_number()})
        part = numbered.filter(numbered[_ROW].isin(chosen)).order_by(_ROW).select(*wanted)
    rows = collect(part)
    return {name: [_plain(row[at]) for row in rows] for at, name in enumerate(wanted)}


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
    problem = _unfit(model)
    if problem:
        return _cannot(problem)
    Path(context.scratch).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=context.scratch, prefix="rescore-") as name:
        folder = Path(name)
        copy = folder / "model"
        problem = _fetch(model, copy)
        if problem:
            return _cannot(problem)
        (folder / "rows.json").write_text(json.dumps({k: list(v) for k, v in rows.items()}), encoding="utf-8")
        output = model.output or "predict_proba"
        order = {
            "model": str(copy.resolve()),
            "rows": str((folder / "rows.json").resolve()),
            "features": list(model.features),
            "output": output,
            "positive": model.positive,
            "labels": expected_decisions is not None and (model.threshold is None or output == "predict"),
        }
        limits = context.sandbox if isinstance(context.sandbox, SandboxLimits) else None
        found = run_confined("score", order, scratch=folder, limits=limits)
    if found.status != "done":
        said = f" ({found.errors.splitlines()[-1][:200]})" if found.errors else ""
        return _cannot(f"{found.why}{said}", found.notes)
    return _compare(model, found.value, expected_scores, expected_decisions, found.notes)


def _unfit(model: ModelSource) -> str:
    if (model.adapter or "sklearn") not in ADAPTERS:
        return f"there is no adapter {model.adapter!r} for scoring; there are: {', '.join(ADAPTERS)}"
    if model.output is not None and model.output not in _OUTPUTS:
        return f"output {model.output!r} is not known; expected one of {', '.join(_OUTPUTS)}"
    if not Path(model.path).is_file():
        return f"{Path(model.path).name} is not one file"
    return ""


def _fetch(model: ModelSource, copy: Path) -> str:
    """Copies the model into the child's folder, so that what is scanned, named by digest and loaded is one thing."""
    from upright.modelfiles import Verdict, scan

    shutil.copyfile(model.path, copy)
    with copy.open("rb") as file:
        digest = _digest_of(file)
    if model.hold == "bytes" and digest != model.digest:
        return "the model file changed while it was assessed"
    verdict = scan([copy]).verdict
    if verdict is Verdict.CLEAN or (model.may_load and verdict is not Verdict.DANGEROUS):
        return ""
    allow = "" if verdict is Verdict.DANGEROUS else ", and the manifest does not say may_load: true"
    return f"the model file was not loaded: its scan says {verdict.value}{allow}"


def _digest_of(file: Any) -> str:
    digest = sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def _cannot(why: str, notes: tuple[str, ...] = ()) -> Rescored:
    words = why if why.startswith("no sandbox") else f"could not score again: {why}"
    return Rescored(reproduced="no", result="undecided", detail=words, notes=notes)


def _compare(
    model: ModelSource,
    value: Any,
    expected_scores: Sequence[Any] | None,
    expected_decisions: Sequence[Any] | None,
    notes: tuple[str, ...],
) -> Rescored:
    scores, labels = (value.get("scores"), value.get("labels")) if isinstance(value, dict) else (None, None)
    expected = [one for one in (expected_scores, expected_decisions) if one is not None]
    size = len(expected[0]) if expected else 0
    if any(one is not None and (not isinstance(one, list) or len(one) != size) for one in (scores, labels)):
        return _cannot("the model gave another number of results than rows", notes)
    wrong: dict[int, str] = {}
    seen: set[int] = set()
    if expected_scores is not None:
        if scores is None:
            return _cannot("the model gives no score; name an output such as predict_proba", notes)
        _against_scores(expected_scores, scores, wrong, seen)
    if expected_decisions is not None and not _against_decisions(
        model, expected_decisions, scores, labels, wrong, seen
    ):
        return _cannot("the model gives neither labels nor scores to hold the decisions against", notes)
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
    scores: Sequence[Any] | None,
    labels: Sequence[Any] | None,
    wrong: dict[int, str],
    seen: set[int],
) -> bool:
    if labels is None and (scores is None or model.threshold is None):
        return False
    for at, recorded in enumerate(expected):
        if _is_missing(recorded):
            continue
        seen.add(at)
        if labels is not None:
            agrees, found = same_value(recorded, labels[at]), labels[at]
        else:
            found = bool(scores is not None and scores[at] >= float(model.threshold or 0))
            agrees = same_value(recorded, model.positive or "1") == found
        if not agrees:
            wrong.setdefault(at, f"decision {recorded!r} recorded, {found!r} from the model")
    return True


def same_value(one: Any, other: Any) -> bool:
    """Whether two recorded values mean the same: as texts, or as numbers (1, 1.0, "1", True).

    >>> same_value(True, "1"), same_value("yes", "no"), same_value(2, "2.0")
    (True, False, True)
    """
    first, second = _number(one), _number(other)
    if first is not None and second is not None:
        return first == second
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
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return str(value)
