"""Checks: for each binding its newest statement, every number with its interval, what was not judged or examined."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from upright.evidence import Measurement, NotExamined, Predicate, Reason, Statement
from upright.reports import words
from upright.reports.dossier import Dossier
from upright.reports.parts.plots import Bounds, Mark, Scale, mark, scale

if TYPE_CHECKING:
    from upright.posture import BoundCheck

_OF_GROUPS = ("_difference", "_ratio", "_gap")


@dataclass(frozen=True)
class Row:
    """One measurement as a row: its group, the number the comparison starts from, the interval, the outcome."""

    label: str
    sub: str
    base: str
    n: str
    shown: str
    status: str
    remark: str
    mark: Mark | None


@dataclass(frozen=True)
class Block:
    """Rows whose groups are made of the same columns."""

    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Plot:
    """All measurements of one measure that has a limit, on one scale."""

    title: str
    limit: str
    base_title: str
    scale: Scale
    blocks: tuple[Block, ...]
    remark: str


@dataclass(frozen=True)
class Why:
    """One reason of a result."""

    status: str
    limit: str
    because: str


@dataclass(frozen=True)
class CheckView:
    """A binding and its newest statement; without a statement, ``result`` is ``unknown`` and ``remark`` says why."""

    binding: str
    check: str
    subject: str
    result: str
    remark: str
    evidence: str = ""
    ended: str = ""
    reasons: tuple[Why, ...] = ()
    plots: tuple[Plot, ...] = ()
    others: tuple[Row, ...] = ()
    too_small: tuple[Row, ...] = ()
    not_examined: tuple[NotExamined, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    speaks_to: tuple[str, ...] = ()
    earlier: int = 0


def check_views(dossier: Dossier) -> tuple[CheckView, ...]:
    """One view for each binding in force, in the order of their names, failed ones first."""
    order = {"failed": 0, "errored": 1, "undecided": 2, "unknown": 3, "passed": 4}
    bound = [
        one for one in dossier.facts.bindings if one.retired_index is None and dossier.system in {None, one.system}
    ]
    views = [_view(dossier, binding) for binding in bound]
    return tuple(sorted(views, key=lambda view: (order.get(view.result, 3), view.binding)))


def _view(dossier: Dossier, binding: "BoundCheck") -> CheckView:
    items = sorted((item for item in dossier.facts.items if item.stream == binding.stream), key=lambda item: item.index)
    if not items:
        return CheckView(binding.id, "", binding.subject, "unknown", "This check is bound and has never been run.")
    newest = items[-1]
    body = dossier.bodies.get(newest.id)
    if body is None:
        gone = "The log no longer holds the words of this statement."
        return CheckView(binding.id, "", binding.subject, newest.result, gone, newest.id)
    return statement_view(binding.id, binding.subject, body, dossier, evidence=newest.id, earlier=len(items) - 1)


def statement_view(
    binding: str, subject: str, body: Statement, dossier: Dossier, *, evidence: str, earlier: int
) -> CheckView:
    """What one statement says, ready to print."""
    said = body.predicate
    limited = [name for name in dict.fromkeys(one.name for one in said.measurements) if name in said.limits]
    bases = {base for name in limited if (base := _base_of(name)) is not None}
    return CheckView(
        binding=binding,
        check=f"{said.check.name} {said.check.version}" if said.check else said.source,
        subject=subject,
        result=said.result,
        remark="",
        evidence=evidence,
        ended=said.ended,
        reasons=tuple(
            Why(one.outcome, limit_words(one.limit), with_n(one, said.measurements))
            for one in sorted(said.reasons, key=lambda one: _WORST_FIRST.index(one.outcome))
        ),
        plots=tuple(_plot(name, said) for name in limited),
        others=tuple(
            _row(one, {}, None) for one in said.measurements if one.name not in limited and one.name not in bases
        ),
        too_small=tuple(_row(one, {}, None) for one in said.measurements if is_too_small(one)),
        not_examined=said.not_examined,
        facts=_facts(said),
        speaks_to=_speaks_to(said.kinds, dossier),
        earlier=earlier,
    )


def is_too_small(one: Measurement) -> bool:
    """Whether a group was shown and not judged: undecided, and without an interval to judge by."""
    return one.outcome == "undecided" and (one.value is None or one.low is None or one.high is None)


_WORST_FIRST = ("failed", "errored", "undecided", "passed")


@dataclass(frozen=True)
class Gist:
    """All reasons about one limit in one line: the worst, and how many more there are."""

    outcome: str
    limit: str
    because: str
    more: str

    def __str__(self) -> str:
        tail = f" ({self.more})" if self.more else ""
        return f"{self.limit}: {self.because}{tail}"


def gists(said: Predicate) -> tuple[Gist, ...]:
    """One line for each limit, the worst limits first; the whole list stands in the statement and in the report."""
    by_limit: dict[str, list[Reason]] = {}
    for reason in said.reasons:
        by_limit.setdefault(reason.limit, []).append(reason)
    found = []
    for limit, reasons in by_limit.items():
        ranked = sorted(reasons, key=lambda one: _WORST_FIRST.index(one.outcome))
        counts = Counter[str](one.outcome for one in ranked[1:])
        more = ", ".join(f"{counts[outcome]} more {outcome}" for outcome in _WORST_FIRST if counts[outcome])
        found.append(Gist(ranked[0].outcome, limit_words(limit), with_n(ranked[0], said.measurements), more))
    return tuple(sorted(found, key=lambda one: _WORST_FIRST.index(one.outcome)))


def with_n(reason: Reason, measurements: Sequence[Measurement]) -> str:
    """The reason's sentence with the sample size behind the interval that it quotes."""
    name = reason.limit.partition(" ")[0]
    for one in measurements:
        quoted = words.interval(one.value, one.low, one.high)
        if one.name == name and one.low is not None and quoted in reason.because:
            return (
                reason.because.replace(quoted, f"{quoted}, n {one.n:,},", 1) if _bare(reason, one) else reason.because
            )
    return reason.because


def _bare(reason: Reason, one: Measurement) -> bool:
    return f"n {one.n:,}" not in reason.because


def limit_words(text: str) -> str:
    """A limit as recorded, in words.

    >>> limit_words("selection_rate_difference at_most 0.1")
    'Selection-rate difference at most 0.1'
    """
    name, _, rest = text.partition(" ")
    said = f"{words.words(name)} {rest.replace('at_most', 'at most').replace('at_least', 'at least')}".strip()
    return said[:1].upper() + said[1:]


def _plot(name: str, said: Predicate) -> Plot:
    rows = [one for one in said.measurements if one.name == name]
    wanted = said.limits[name]
    bounds = Bounds(wanted.get("at_least"), wanted.get("at_most"), absolute=name.endswith("_difference"))
    axis = scale(rows, bounds)
    base = _base_of(name)
    bases = {_key(one.group): one for one in said.measurements if one.name == base}
    levels = {one.decided_at for one in rows if one.decided_at}
    confidence = {one.confidence for one in rows if one.confidence}
    return Plot(
        title=_capital(words.words(name)),
        limit=_limit_line(wanted),
        base_title=_capital(words.words(base)) if base and bases else "",
        scale=axis,
        blocks=tuple(
            Block(_capital(" and ".join(columns)) if columns else "", tuple(_row(one, bases, axis) for one in block))
            for columns, block in groupby(rows, key=lambda one: tuple(one.group))
        ),
        remark=_level_line(confidence, levels),
    )


def _row(one: Measurement, bases: Mapping[tuple[tuple[str, str], ...], Measurement], axis: Scale | None) -> Row:
    small = is_too_small(one)
    base = bases.get(_key(one.group))
    label = ", ".join(one.group.values()) if axis is not None else words.group(one.group)
    against = f"against {', '.join(one.against.values())}" if one.against else ""
    return Row(
        label=label or "All rows",
        sub=against if axis is not None else _capital(words.words(one.name)) + (f", {against}" if against else ""),
        base=words.number(base.value) if base is not None else "",
        n=f"{one.n:,}",
        shown="not judged" if small else words.interval(one.value, one.low, one.high),
        status=one.outcome or "",
        remark=f"{one.n:,} rows are too few" if small else "",
        mark=mark(one, axis) if axis is not None else None,
    )


def _key(group: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(group.items()))


def _base_of(name: str) -> str | None:
    return next((name.removesuffix(end) for end in _OF_GROUPS if name.endswith(end)), None)


def _limit_line(wanted: Mapping[str, str]) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {words.limit(value)}" for key, value in sorted(wanted.items()))


def _level_line(confidence: Iterable[str], levels: Iterable[str]) -> str:
    shown = " and ".join(f"{_per_cent(level)} %" for level in sorted(confidence))
    decided = " and ".join(f"{_per_cent(level)} %" for level in sorted(levels))
    bars = f"Bars are {shown} intervals; shaded is beyond the limit." if shown else "Shaded is beyond the limit."
    return f"{bars} Decided at {decided}, for all comparisons together." if decided else bars


def _per_cent(level: str) -> str:
    return f"{float(level) * 100:.2f}".rstrip("0").rstrip(".")


def _facts(said: Predicate) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = [
        ("Looked at" if index == 0 else "", f"{one.ref}, sha256:{words.short(one.digest)}\u2026, hold {one.hold}")
        for index, one in enumerate(said.inputs)
    ]
    if said.reproduced != "n/a":
        found.append(("Reproduced", _REPRODUCED[said.reproduced]))
    if said.seed is not None:
        found.append(("Seed", str(said.seed)))
    if said.imported is not None:
        found.append(("Imported from", f"{said.imported.tool} {said.imported.version}"))
    return tuple(found)


_REPRODUCED = {
    "yes": "yes: the model was run again on a sample of rows and gave the recorded scores",
    "no": "no: the recorded scores could not be recomputed from the model",
}


def _speaks_to(kinds: Sequence[str], dossier: Dossier) -> tuple[str, ...]:
    """The requirements that ask for one of these kinds, in the order of the catalogue."""
    return dossier.catalogue.speaks_to(kinds)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
