"""Checks: for each binding its newest statement, every number with its interval, what was not judged or examined."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import structs

from upright.evidence import Measurement, NotExamined, Predicate, Statement
from upright.measures.estimate import WITHHELD
from upright.reports import words
from upright.reports.dossier import Dossier
from upright.reports.language import gettext, gettext_noop, ngettext
from upright.reports.language import said as told
from upright.reports.parts.plots import Bounds, Mark, Scale, mark, scale
from upright.reports.parts.reasons import Why, all_reasons, bound_words

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
    exact: tuple[Row, ...] = ()
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
        never = gettext("This check is bound and has never been run.")
        return CheckView(binding.id, "", binding.subject, "unknown", never)
    newest = items[-1]
    body = dossier.bodies.get(newest.id)
    if body is None:
        gone = gettext("The log no longer holds the words of this statement.")
        return CheckView(binding.id, "", binding.subject, newest.result, gone, newest.id)
    return statement_view(binding.id, binding.subject, body, dossier, evidence=newest.id, earlier=len(items) - 1)


def statement_view(
    binding: str, subject: str, body: Statement, dossier: Dossier, *, evidence: str, earlier: int
) -> CheckView:
    """What one statement says, ready to print."""
    said = body.predicate
    with_interval = dict.fromkeys(one.name for one in said.measurements if one.low is not None)
    drawn = [name for name in with_interval if name in said.limits]
    bases = {base for name in drawn if (base := _base_of(name)) is not None}
    return CheckView(
        binding=binding,
        check=f"{said.check.name} {said.check.version}" if said.check else told(said.source),
        subject=subject,
        result=said.result,
        remark="",
        evidence=evidence,
        ended=said.ended,
        reasons=all_reasons(said),
        plots=tuple(_plot(name, said) for name in drawn),
        exact=_rows(said, set(said.limits) - set(drawn)),
        others=_rows(said, {one.name for one in said.measurements} - set(said.limits) - bases),
        too_small=_too_small(said),
        not_examined=tuple(structs.replace(one, what=told(one.what), why=told(one.why)) for one in said.not_examined),
        facts=_facts(said),
        speaks_to=_speaks_to(said.kinds, dossier),
        earlier=earlier,
    )


def is_too_small(one: Measurement) -> bool:
    """Whether a group was measured and not judged: undecided without a level that it was decided at."""
    return one.outcome == "undecided" and one.decided_at is None


def _too_small(said: Predicate) -> tuple[Row, ...]:
    """Each group of a limited measure that is too small, once, with the rows it has."""
    found: dict[tuple[tuple[str, str], ...], int] = {}
    for one in said.measurements:
        if one.name in said.limits and one.group and is_too_small(one):
            found.setdefault(_key(one.group), _own_rows(one, said))
    return tuple(
        Row(words.group(dict(group)), "", "", words.count(n), "", "undecided", "", None) for group, n in found.items()
    )


def _base(one: Measurement, said: Predicate) -> Measurement | None:
    """What the group alone measures, where ``one`` compares it with another group."""
    name = _base_of(one.name)
    return next((each for each in said.measurements if (each.name, each.group) == (name, one.group)), None)


def _own_rows(one: Measurement, said: Predicate) -> int:
    base = _base(one, said)
    return one.n if base is None else base.n


def _plot(name: str, said: Predicate) -> Plot:
    rows = [one for one in said.measurements if one.name == name]
    wanted = said.limits[name]
    bounds = Bounds(wanted.get("at_least"), wanted.get("at_most"), absolute=name.endswith("_difference"))
    axis = scale(rows, bounds)
    base = _base_of(name)
    has_base = any(one.name == base for one in said.measurements)
    levels = {one.decided_at for one in rows if one.decided_at}
    confidence = {one.confidence for one in rows if one.confidence}
    return Plot(
        title=words.sentence(words.words(name)),
        limit=_limit_line(wanted),
        base_title=words.sentence(words.words(base)) if base and has_base else "",
        scale=axis,
        blocks=tuple(
            Block(words.sentence(gettext(" and ").join(columns)), tuple(_row(one, said, axis) for one in block))
            for columns, block in groupby(rows, key=lambda one: tuple(one.group))
        ),
        remark=_level_line(confidence, levels),
    )


def _rows(said: Predicate, names: set[str]) -> tuple[Row, ...]:
    return tuple(_row(one, said, None) for one in said.measurements if one.name in names)


def _row(one: Measurement, said: Predicate, axis: Scale | None) -> Row:
    base = _base(one, said)
    others = ", ".join(map(words.member, (one.against or {}).values()))
    against = gettext("against %(group)s") % {"group": others} if others else ""
    if axis is None:
        label, sub = words.group(one.group), ", ".join(filter(None, (words.sentence(words.words(one.name)), against)))
        remark = _limit_line(said.limits.get(one.name, {}))
    else:
        label, sub, remark = ", ".join(map(words.member, one.group.values())) or gettext("All rows"), against, ""
    return Row(
        label=label,
        sub=sub,
        base=words.fixed(base.value) if base is not None and base.value is not None else "",
        n=words.count(one.n),
        shown=told(WITHHELD) if one.method == WITHHELD else words.interval(one.value, one.low, one.high),
        status=one.outcome or "",
        remark=_few(_own_rows(one, said)) if axis is not None and is_too_small(one) else remark,
        mark=mark(one, axis) if axis is not None else None,
    )


def _few(rows: int) -> str:
    return ngettext("%(rows)s row, too few to judge", "%(rows)s rows, too few to judge", rows) % {
        "rows": words.count(rows)
    }


def _key(group: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(group.items()))


def _base_of(name: str) -> str | None:
    return next((name.removesuffix(end) for end in _OF_GROUPS if name.endswith(end)), None)


def _limit_line(wanted: Mapping[str, str]) -> str:
    return ", ".join(bound_words(key, value) for key, value in sorted(wanted.items()))


def _level_line(confidence: Iterable[str], levels: Iterable[str]) -> str:
    shown = gettext(" and ").join(f"{_per_cent(level)} %" for level in sorted(confidence))
    ends = sorted({float(level) for level in levels})
    said = [
        gettext("Bars are %(level)s intervals; shaded is beyond the limit.") % {"level": shown}
        if shown
        else gettext("Shaded is beyond the limit.")
    ]
    if len(ends) > 1:
        low, high = _per_cent(ends[0]), _per_cent(ends[-1])
        text = gettext("Decided at %(low)s to %(high)s, for all comparisons together.")
        said.append(text % {"low": low, "high": f"{high} %"})
    elif ends:
        text = gettext("Decided at %(level)s, for all comparisons together.")
        said.append(text % {"level": f"{_per_cent(ends[0])} %"})
    return " ".join(said)


def _per_cent(level: str | float) -> str:
    return words.number(f"{float(level) * 100:.2f}".rstrip("0").rstrip("."))


def _facts(said: Predicate) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = [
        (
            gettext("Looked at") if index == 0 else "",
            f"{one.ref}, sha256:{words.short(one.digest)}\u2026, {gettext('hold %(hold)s') % {'hold': told(one.hold)}}",
        )
        for index, one in enumerate(said.inputs)
    ]
    if said.reproduced != "n/a":
        found.append((gettext("Reproduced"), gettext(_REPRODUCED[said.reproduced])))
    if said.seed is not None:
        found.append((gettext("Seed"), str(said.seed)))
    if said.imported is not None:
        found.append((gettext("Imported from"), f"{said.imported.tool} {said.imported.version}"))
    return tuple(found)


_REPRODUCED = {
    "yes": gettext_noop("yes: the model was run again on a sample of rows and gave the recorded scores"),
    "no": gettext_noop("no: the recorded scores could not be recomputed from the model"),
}


def _speaks_to(kinds: Sequence[str], dossier: Dossier) -> tuple[str, ...]:
    """The requirements that ask for one of these kinds, in the order of the catalogue."""
    return dossier.catalogue.speaks_to(kinds)
