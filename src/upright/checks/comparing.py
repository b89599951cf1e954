"""Two versions of a model on the same rows: which decisions changed, and who is right more often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from upright.checks.asking import ModelSession
from upright.checks.contract import Context, ModelSource, TableSource
from upright.checks.model_rows import table_for
from upright.checks.models import opened
from upright.checks.rescore import sample
from upright.measures.distinct import distinct
from upright.measures.errors import MeasureInputError
from upright.measures.estimate import Estimate, shown
from upright.measures.intervals import wilson
from upright.measures.paired import Pairs, auc_difference, mean_difference, share_difference
from upright.measures.values import is_value, value_text

Floats = npt.NDArray[np.float64]
_LEAST = 30
_MOST_CLASSES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What was measured of the two; ``pairs`` and its exact p-value only where models decide and rows have a label."""

    rows: int
    estimates: tuple[Estimate, ...]
    pairs: Pairs | None


def compare_models(
    first: ModelSource, second: ModelSource, source: TableSource, context: Context, *, rows: int
) -> Compared:
    """Asks both about a seeded sample of rows.

    Raises:
        MeasureInputError: one of them cannot be asked, or the rows lack what it reads.
    """
    label = source.columns.label
    more = [*([] if label is None else [label]), *source.protected]
    table = table_for(first, source, context, more)
    table_for(second, source, context)
    columns = sample(table, [*first.features, *second.features, *more], seed=context.seed, size=rows)
    with opened(first, context) as one, opened(second, context) as other:
        found = [_answers(session, columns) for session in (one, other)]
        size = len(found[0][0])
        if label is not None and (numbers := _as_numbers((one, other), found, columns[label])) is not None:
            judged = _of_errors(*numbers, columns, source.protected)
            return Compared(rows=size, estimates=tuple(judged), pairs=None)
        changed = np.array([a != b for a, b in zip(found[0][0], found[1][0], strict=True)])
        estimates = [_share(changed, {}), *_by_group(changed, columns, source.protected)]
        if found[0][1] is not None and found[1][1] is not None:
            estimates.append(mean_difference("score_difference", found[1][1] - found[0][1], unit="score", least=_LEAST))
        pairs = None
        if label is not None:
            pairs, judged = _against_labels(one, other, found, columns[label])
            estimates += judged
    return Compared(rows=size, estimates=tuple(estimates), pairs=pairs)


def _answers(session: ModelSession, columns: Mapping[str, Any]) -> tuple[list[str], Any]:
    """Decisions, and one score for each row where the model has one."""
    decisions = session.decisions(columns)
    matrix = session.matrix(columns)
    if matrix.ndim == 1:
        return decisions, matrix
    if matrix.shape[1] > 2 and session.source.positive is None:
        return decisions, None
    return decisions, matrix[:, session.positive_at(matrix.shape[1])]


def _as_numbers(
    sessions: Sequence[ModelSession], found: Sequence[tuple[list[str], Any]], labels: Sequence[Any]
) -> tuple[Floats, Floats, Floats] | None:
    """Both models' predictions and what turned out, where they predict a number rather than decide.

    Whole numbers alone may be codes of classes, and so may few different ones.
    """
    if any(session.output != "predict" or session.source.threshold is not None for session in sessions):
        return None
    first, second = (score for _, score in found)
    if first is None or second is None or not all(one is None or isinstance(one, Real) for one in labels):
        return None
    truth = np.array([np.nan if one is None else float(one) for one in labels])
    known = truth[~np.isnan(truth)]
    if len(np.unique(known)) <= _MOST_CLASSES or all((one % 1 == 0).all() for one in (first, second, known)):
        return None
    return first, second, truth


def _of_errors(
    first: Floats, second: Floats, truth: Floats, columns: Mapping[str, Sequence[Any]], protected: Sequence[str]
) -> list[Estimate]:
    """How far the predictions moved, and whether they came nearer to what turned out: of all rows, and by group."""
    known = ~np.isnan(truth)
    nearer = np.abs(second - truth) - np.abs(first - truth)
    found = [
        mean_difference("score_difference", second - first, unit="score", least=_LEAST),
        mean_difference("absolute_error_difference", nearer[known], unit="score", least=_LEAST),
    ]
    for name in protected:
        texts = np.array([value_text(value) for value in columns[name]])
        for text in distinct(texts):
            rows = known & (texts == text)
            of_group = mean_difference("absolute_error_difference", nearer[rows], unit="score", least=_LEAST)
            found.append(shown(replace(of_group, group={name: str(text)}), int(rows.sum())))
    return found


def _against_labels(
    one: ModelSession, other: ModelSession, found: Sequence[tuple[list[str], Any]], labels: Sequence[Any]
) -> tuple[Pairs, list[Estimate]]:
    known = np.array([value_text(label) != value_text(None) for label in labels])
    if not known.any():
        raise MeasureInputError("No row has a label, so nobody can be right.", code="UP-MODEL-60")
    rights = [
        np.array([_is_right(session, decision, label) for decision, label in zip(decisions, labels, strict=True)])[
            known
        ]
        for session, (decisions, _) in zip((one, other), found, strict=True)
    ]
    pairs = Pairs.of(rights[0], rights[1])
    estimates = [share_difference("accuracy_difference", pairs, least=_LEAST)]
    scores = [score for _, score in found]
    if all(score is not None for score in scores) and one.source.positive == other.source.positive:
        wanted = one.source.positive or "1"
        positive = np.array([is_value(wanted, label) for label in labels])[known]
        if positive.any() and not positive.all():
            estimates.append(
                auc_difference("auc_difference", scores[0][known], scores[1][known], positive, least=_LEAST)
            )
    return pairs, estimates


def _is_right(session: ModelSession, decision: str, label: Any) -> bool:
    if session.source.threshold is not None and session.output != "predict":
        return (decision == "positive") == is_value(session.source.positive or "1", label)
    return is_value(decision, label)


def _by_group(
    changed: npt.NDArray[np.bool_], columns: Mapping[str, Sequence[Any]], protected: Sequence[str]
) -> list[Estimate]:
    found = []
    for name in protected:
        texts = np.array([value_text(value) for value in columns[name]])
        found += [_share(changed[texts == text], {name: str(text)}) for text in distinct(texts)]
    return found


def _share(changed: npt.NDArray[np.bool_], group: Mapping[str, str]) -> Estimate:
    size = len(changed)
    value = float(changed.mean()) if size else None
    found = Estimate(
        name="decisions_changed", value=value, n=size, unit="share", method="wilson", group=group,
        interval=lambda level: wilson(value or 0.0, size, level),
        unfit="" if size >= _LEAST else f"{size} rows; {_LEAST} are needed",
    )  # fmt: skip
    return shown(found, size)
