"""What another tool counted, as estimates of ours: shares with intervals, and texts that evidence may repeat."""

from collections.abc import Mapping, Sequence

from upright.checks.tables import without_folders
from upright.evidence.statement import NotExamined
from upright.measures.estimate import Estimate
from upright.measures.intervals import wilson

_LONGEST = 120
_MOST_ROWS = 200


def rate(
    name: str,
    hits: int,
    of: int,
    *,
    group: Mapping[str, str] | None = None,
    size: float | None = None,
    unit: str = "share",
) -> Estimate:
    """A share of cases with its Wilson interval; ``size`` is how many independent cases there were, if fewer."""
    share = hits / of if of else None
    independent = float(of if size is None else min(size, of))
    return Estimate(
        name=name,
        value=share,
        n=of,
        unit=unit,
        method="wilson" if size is None or size >= of else "wilson on independent prompts",
        interval=None if share is None else (lambda level: wilson(share, independent, level)),
        group=dict(group or {}),
    )


def plain(value: object, most: int = _LONGEST) -> str:
    """A text of the file as one printable line of bounded length, files named without the folders they lie in."""
    text = " ".join("".join(one if one.isprintable() else " " for one in str(value)).split())
    text = without_folders(text)
    return text if len(text) <= most else text[: most - 1] + "…"


def skipped(rows: Sequence[tuple[str, str, int]]) -> tuple[NotExamined, ...]:
    """What was not examined, bounded: what, why, how many."""
    shown = [NotExamined(what=what or "unnamed", why=why, count=count) for what, why, count in rows[:_MOST_ROWS]]
    if len(rows) > _MOST_ROWS:
        rest = sum(count for _, _, count in rows[_MOST_ROWS:])
        shown.append(NotExamined(what="further parts", why="not examined either; the file names them", count=rest))
    return tuple(shown)
