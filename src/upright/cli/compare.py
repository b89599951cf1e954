"""``upright compare``: two versions of a model on the same rows."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.here import manifest_path
from upright.cli.session import Session, command, single
from upright.cli.text import counted

if TYPE_CHECKING:
    from upright.checks.comparing import Compared
    from upright.cli.screen import Screen
    from upright.measures.estimate import Estimate

app = single()
_LEVEL = 0.95
_WORDS = {
    "decisions_changed": "Decisions that changed",
    "score_difference": "Score, B minus A",
    "accuracy_difference": "Accuracy, B minus A",
    "absolute_error_difference": "Mean absolute error, B minus A",
    "auc_difference": "AUC, B minus A",
}


@command(app)
def compare(
    session: Session,
    a: Annotated[str, typer.Argument(metavar="A", help="A model of the manifest: the one in use.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another: the one that may replace it.")],
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATASET", help="The rows to ask about [default: the only data set].")
    ] = None,
    rows: Annotated[
        int, typer.Option("--rows", metavar="N", min=1, max=200_000, help="At most this many, by seed.")
    ] = 5_000,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the sample.")] = 0,
    manifest: Annotated[
        Path | None, typer.Option("--manifest", metavar="FILE", help="The manifest [default: upright.yaml here].")
    ] = None,
) -> int:
    """Ask two models of the manifest about the same rows: which decisions change, and who is right more often.

    Differences are B minus A, with intervals that know that the rows are the same. Nothing is filed.
    """
    from upright.workspace.comparing import compare_in

    found, about = compare_in(manifest_path(manifest), a, b, on=on, rows=rows, seed=seed)
    session.answer(_json(found, about), lambda screen: _show(screen, found, about))
    return 0


def _json(found: "Compared", about: dict[str, str]) -> dict[str, Any]:
    pairs = found.pairs
    right = None
    if pairs is not None:
        right = {"both": pairs.both, "a_only": pairs.first, "b_only": pairs.second, "neither": pairs.neither}
        right["mcnemar_p"] = round(pairs.mcnemar, 12)  # type: ignore[assignment]
    return {
        "upright": 1,
        **about,
        "rows": found.rows,
        "right": right,
        "measurements": [_measurement(one) for one in found.estimates],
    }


def _measurement(one: "Estimate") -> dict[str, Any]:
    low, high = one.at(_LEVEL) or (None, None)
    return {
        "name": one.name, "group": dict(one.group), "value": one.value, "low": low, "high": high,
        "confidence": _LEVEL, "n": one.n, "unit": one.unit, "method": one.method,
        "outcome": "undecided" if one.unfit else None,
    }  # fmt: skip


def _show(screen: "Screen", found: "Compared", about: dict[str, str]) -> None:
    from upright.cli.screen import Column

    screen.title(f"{about['b']} against {about['a']}", f"{counted(found.rows, 'row')} of {about['on']}")
    lines = []
    for one in found.estimates:
        low, high = one.at(_LEVEL) or (None, None)
        group = ", ".join(f"{name} = {value}" for name, value in one.group.items())
        value = "not defined" if one.value is None else f"{one.value:.4f}"
        interval = "" if low is None or high is None else f"{low:.4f} to {high:.4f}"
        lines.append((_WORDS[one.name] + (f", {group}" if group else ""), value, interval, one.unfit))
    screen.table([Column("Measure"), Column("Value"), Column("95 % interval"), Column("")], lines)
    if found.pairs is not None:
        pairs = found.pairs
        screen.line()
        counts = f"both {pairs.both:,}, A alone {pairs.first:,}, B alone {pairs.second:,}, neither {pairs.neither:,}"
        chance = f"{pairs.mcnemar:.3g} (McNemar, exact)"
        screen.line(f"Right: {counts}. Were both right equally often, the chance of so large a difference: {chance}.")
