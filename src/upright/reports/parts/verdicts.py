"""Posture as a reader meets it: each framework with its counts, each requirement with its status and why."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upright.reports import words
from upright.reports.dossier import Dossier
from upright.reports.language import gettext, ngettext, said

if TYPE_CHECKING:
    from upright.catalogue import Framework, Requirement
    from upright.posture import Counts, FrameworkPosture, Verdict

COUNTED = ("met", "partly", "failing", "stale", "unknown", "not_applicable")


@dataclass(frozen=True)
class Bar:
    """One stretch of a stacked bar, in per cent."""

    status: str
    x: str
    width: str


@dataclass(frozen=True)
class FrameworkView:
    """A framework: its fold, and n of m."""

    id: str
    title: str
    edition: str
    status: str
    met: int
    of: int
    counts: tuple[tuple[str, int], ...]
    bars: tuple[Bar, ...]
    said: str
    groups: tuple["GroupView", ...]


@dataclass(frozen=True)
class GroupView:
    """A heading of a framework and its requirements."""

    title: str
    rows: tuple["RequirementView", ...]


@dataclass(frozen=True)
class RequirementView:
    """A requirement in one scope. ``why`` is text in pieces; a piece that names evidence comes with its whole id."""

    id: str
    display: str
    title: str
    scope: str
    status: str
    why: tuple[tuple[str, str], ...]
    marks: tuple[str, ...]


def framework_views(dossier: Dossier) -> tuple[FrameworkView, ...]:
    """Each framework of the posture with its requirements, in the order of the catalogue."""
    return tuple(
        _framework(dossier, framework)
        for framework in dossier.catalogue.frameworks.values()
        if framework.id in dossier.posture.frameworks
    )


def _framework(dossier: Dossier, framework: "Framework") -> FrameworkView:
    folded: Counts | FrameworkPosture = dossier.posture.frameworks[framework.id]
    if dossier.system is not None and len(dossier.facts.systems) > 1:
        folded = dossier.posture.frameworks[framework.id].by_system.get(dossier.system, folded)
    counts = tuple((status, int(getattr(folded, status))) for status in COUNTED)
    told = ", ".join(f"{count} {said(status.replace('_', ' '))}" for status, count in counts if count)
    by_requirement: dict[str, list[Verdict]] = {}
    for verdict in verdicts_of(dossier):
        by_requirement.setdefault(verdict.requirement, []).append(verdict)
    groups: dict[str, list[RequirementView]] = {}
    for requirement in framework.requirements:
        for verdict in by_requirement.get(requirement.id, ()):
            groups.setdefault(requirement.group, []).append(_requirement(dossier, requirement, verdict))
    titles = {group.id: said(group.title) for group in framework.groups}
    return FrameworkView(
        id=framework.id,
        title=said(framework.title),
        edition=said(framework.edition),
        status=folded.status,
        met=folded.met,
        of=folded.of,
        counts=counts,
        bars=bars(counts),
        said=told,
        groups=tuple(GroupView(_heading(group, titles), tuple(rows)) for group, rows in groups.items()),
    )


def verdicts_of(dossier: Dossier) -> "tuple[Verdict, ...]":
    """The verdicts about the dossier's system and about the organisation, which every system shows."""
    return tuple(
        one
        for one in dossier.posture.verdicts
        if dossier.system is None or one.scope_ref == dossier.system or not one.scope_ref.startswith("system:")
    )


def _heading(group: str, titles: Mapping[str, str]) -> str:
    """A numbered group by number and title; one whose id is only a word of ours by its title."""
    title = titles.get(group, "")
    if not title or title == group:
        return group
    return f"{group} {title}" if group[:1].isupper() or group[:1].isdigit() else title


def bars(counts: Sequence[tuple[str, int]]) -> tuple[Bar, ...]:
    """A stacked bar of counts; what does not apply is left out."""
    shown = [(status, count) for status, count in counts if count and status != "not_applicable"]
    total = sum(count for _, count in shown)
    found, start = [], 0.0
    for status, count in shown:
        width = 100 * count / total
        found.append(Bar(status, f"{start:.2f}%", f"{width:.2f}%"))
        start += width
    return tuple(found)


def _requirement(dossier: Dossier, requirement: "Requirement", verdict: "Verdict") -> RequirementView:
    from upright.posture import explain

    marks = []
    if not requirement.confirmed:
        marks.append(gettext("unconfirmed text"))
    if verdict.open_findings:
        count = verdict.open_findings
        marks.append(ngettext("%(count)s open finding", "%(count)s open findings", count) % {"count": count})
    system = verdict.scope_ref if verdict.scope_ref.startswith("system:") else None
    told = explain(dossier.facts, dossier.catalogue, requirement.id, system)
    return RequirementView(
        id=requirement.id,
        display=requirement.display or requirement.local,
        title=said(requirement.title),
        scope=verdict.scope_ref,
        status=verdict.status,
        why=linked(" ".join(said(one) for one in told.sentences[1:]), told.evidence),
        marks=tuple(marks),
    )


def linked(text: str, evidence: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Text in pieces, so that each short id of evidence in it can be a link; evidence it does not name follows.

    >>> linked("See abcdefabcdef.", ["abcdefabcdef" + "0" * 52])[1][0]
    'abcdefabcdef'
    """
    whole = {words.short(one): one for one in evidence}
    named = re.split("(" + "|".join(map(re.escape, whole)) + ")", text) if whole else [text]
    pieces = [(piece, whole.get(piece, "")) for piece in named if piece]
    for short, one in whole.items():
        if short not in text:
            pieces += [(" ", ""), (short, one)]
    return tuple(pieces)
