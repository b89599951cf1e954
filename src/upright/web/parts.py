"""What a system is made of: models, data sets, suppliers, and how one rests on the other, as a graph and as a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from upright.desk.visible import visible
from upright.records.assurance.models import EvidenceRow, WorkspaceSystem
from upright.records.identity.power import Powers
from upright.records.inventory.models import DataSet, Dependency, Model, Supplier, System
from upright.records.trail.record import Record
from upright.web.sentences import within

_STEP = 64
_TOP = 36
_MOST = 8
_COLUMNS = (1, 257, 513)
_WIDTH = 196
_RESULT = {"failed": "failing", "errored": "unknown", "undecided": "unknown", "passed": "met"}
_WORST = ("failing", "unknown", "met")


@dataclass(frozen=True, kw_only=True)
class Node:
    """A part in the graph and in the table; ``feeds`` names what rests on it."""

    ref: str
    name: str
    kind: str
    status: str
    feeds: tuple[str, ...]
    digest: str
    x: int
    y: int
    is_self: bool = False

    @property
    def middle(self) -> int:
        """The height at which edges begin and end."""
        return self.y + 24


@dataclass(frozen=True, kw_only=True)
class Made:
    """The whole: nodes, the curves between them, how high the drawing is, and how many parts only the table shows."""

    nodes: tuple[Node, ...]
    drawn: tuple[Node, ...]
    edges: tuple[str, ...]
    height: int
    more: int


def made_of(system: System, powers: Powers, newest: Iterable[EvidenceRow]) -> Made:
    """Parts of a system that somebody may see; a status is the worst of the newest statements about the part."""
    models = list(visible(Model, powers).filter(system=system).select_related("supplier").order_by("name"))
    data = list(visible(DataSet, powers).filter(system=system).select_related("supplier").order_by("name"))
    bought = [one.supplier for one in models if one.supplier] + [one.supplier for one in data if one.supplier]
    suppliers = list({one.pk: one for one in bought}.values())
    parts: list[Record] = [*data, *suppliers, *models]
    subjects = _subjects(system)
    edges = _edges(system, parts, models, data, subjects)
    observed = {str(one.get("ref")): str(one.get("digest") or "") for one in subjects}
    statuses = _statuses(newest)
    columns = {"dataset": 0, "supplier": 0, "model": 1}
    heights = [0, 0, 0]
    nodes = []
    names = {one.ref: str(one) for one in (*parts, system)}
    for one in parts:
        column = columns[one.ref_type]
        nodes.append(
            Node(
                ref=one.ref,
                name=str(one),
                kind=_kind(one),
                status=statuses.get(one.ref, "unknown"),
                feeds=tuple(names[to] for source, to in edges if source == one.ref and to in names),
                digest=observed.get(one.ref, ""),
                x=_COLUMNS[column],
                y=_TOP + _STEP * heights[column],
            )
        )
        heights[column] += 1
    drawn = [one for one in nodes if (one.y - _TOP) // _STEP < _MOST]
    rows = max(1, min(_MOST, max(heights)))
    itself = Node(
        ref=system.ref,
        name=system.name,
        kind=gettext("system"),
        status="",
        feeds=(),
        digest="",
        x=_COLUMNS[2],
        y=_TOP + (rows - 1) * _STEP // 2,
        is_self=True,
    )
    at = {one.ref: one for one in (*drawn, itself)}
    curves = tuple(_curve(at[source], at[to]) for source, to in edges if source in at and to in at)
    return Made(
        nodes=tuple(nodes),
        drawn=(*drawn, itself),
        edges=curves,
        height=_TOP + rows * _STEP,
        more=len(nodes) - len(drawn),
    )


def _edges(
    system: System, parts: list[Record], models: list[Model], data: list[DataSet], subjects: list[dict[str, Any]]
) -> list[tuple[str, str]]:
    """From what is rested on to what rests on it: as stated, as observed, and at least on the system itself."""
    refs = {one.ref for one in parts} | {system.ref}
    stated = Dependency._base_manager.filter(ends__isnull=True, on__in=refs, dependent__in=refs)
    found = {(one.on, one.dependent): None for one in stated}
    found |= {(one.supplier.ref, one.ref): None for one in models if one.supplier is not None}
    found |= {(one.supplier.ref, one.ref): None for one in data if one.supplier is not None}
    for subject in subjects:
        for edge in subject.get("edges", ()):
            pair = (str(edge.get("to")), str(subject.get("ref")))
            if set(pair) <= refs and not (pair[0] == system.ref or pair[1] == system.ref):
                is_model = pair[1].startswith("model:")
                found[pair if is_model else pair[::-1]] = None
    used = {source for source, _ in found}
    found |= {(one.ref, system.ref): None for one in (*models, *data) if one.ref not in used}
    found |= {(one.ref, system.ref): None for one in models}
    return list(found)


def _subjects(system: System) -> list[dict[str, Any]]:
    state = WorkspaceSystem._base_manager.filter(about=system).first()
    return list(state.subjects) if state is not None else []


def _statuses(newest: Iterable[EvidenceRow]) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in newest:
        here = _RESULT.get(row.result, "unknown")
        found[row.subject] = min(here, found.get(row.subject, "met"), key=_WORST.index)
    return found


def _kind(one: Record) -> str:
    if isinstance(one, DataSet):
        return gettext("data set, %(use)s") % {"use": within(gettext(one.get_use_display()))}
    if isinstance(one, Supplier):
        return gettext("supplier")
    return f"{gettext('model')}{', ' if getattr(one, 'kind', '') else ''}{getattr(one, 'kind', '')}"


def _curve(source: Node, to: Node) -> str:
    if source.x == to.x:
        x = source.x + _WIDTH
        return f"M{x} {source.middle}C{x + 30} {source.middle} {x + 30} {to.middle} {x + 2} {to.middle}"
    start, end = source.x + _WIDTH, to.x - 2
    bend = (end - start) // 2
    return f"M{start} {source.middle}C{start + bend} {source.middle} {end - bend} {to.middle} {end} {to.middle}"
