"""What hangs on what: the graph around a system as of a day, for its page and to see what a change touches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from upright.records.inventory.models import (
    DataSet,
    Dependency,
    Deployment,
    Model,
    ModelVersion,
    Resource,
    Supplier,
    System,
)
from upright.records.trail.record import Record, find
from upright.records.trail.server_log import now


@dataclass(frozen=True, kw_only=True)
class Node:
    """One thing of the graph."""

    ref: str
    type: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Edge:
    """``dependent`` rests on ``on``, in a role, from a day until a day; None: always, or no end known."""

    dependent: str
    on: str
    role: str
    starts: date | None = None
    ends: date | None = None


@dataclass(frozen=True, kw_only=True)
class Graph:
    """What a system rests on and what rests on it."""

    system: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def of_type(self, name: str) -> tuple[Node, ...]:
        """The nodes of one type, such as ``supplier``."""
        return tuple(one for one in self.nodes if one.type == name)


def graph_of(system: System, on: date | None = None) -> Graph:
    """The system, its models, data sets, resources and deployments, the suppliers and processes behind them, and what
    the recorded dependencies add, as of a day (None: today); ten queries and one for each node that only they name.
    """
    day = on or now().date()
    found: dict[str, Record] = {system.ref: system}
    edges = [*_own(system, day, found)]
    reached, fresh = set(), set(found)
    while fresh:
        reached |= fresh
        rows = [
            *Dependency.objects.filter(dependent__in=fresh),
            *Dependency.objects.filter(on=system.ref if system.ref in fresh else ""),
        ]
        added = [one for one in rows if _holds(one.starts, one.ends, day)]
        edges += [_edge_of(one) for one in added]
        named = {ref for one in added for ref in (one.dependent, one.on)} - reached
        for ref in named - set(found):
            record = find(ref)
            if record is not None:
                found[ref] = record
        fresh = {ref for ref in named if ref in found and found[ref].ref_type != "system"}
        reached |= named - fresh
    nodes = tuple(Node(ref=str(one.ref), type=one.ref_type, name=str(one)) for _, one in sorted(found.items()))
    unique = dict.fromkeys(edges)
    return Graph(system=str(system.ref), nodes=nodes, edges=tuple(unique))


def suppliers_of(system: System, on: date | None = None) -> tuple[Supplier, ...]:
    """Everybody on whom the system rests that day, through whatever it rests on."""
    refs = [one.ref for one in graph_of(system, on).of_type("supplier")]
    return tuple(Supplier.objects.filter(ref__in=refs).order_by("ref"))


def systems_on(supplier: Supplier, on: date | None = None) -> tuple[System, ...]:
    """The systems that rest on a supplier."""
    return tuple(one for one in System.objects.order_by("ref") if supplier in suppliers_of(one, on))


def _own(system: System, day: date, found: dict[str, Record]) -> Iterator[Edge]:
    parts: list[Model | DataSet | Resource] = [
        *Model.objects.filter(system=system).select_related("supplier"),
        *DataSet.objects.filter(system=system).select_related("supplier"),
        *Resource.objects.filter(system=system).select_related("supplier"),
    ]
    for part in parts:
        found[part.ref] = part
        yield Edge(dependent=system.ref, on=part.ref, role=_ROLES[part.ref_type])
        if part.supplier is not None:
            found[part.supplier.ref] = part.supplier
            yield Edge(dependent=part.ref, on=part.supplier.ref, role="provided-by")
    for version in ModelVersion.objects.filter(model__system=system).select_related("model"):
        if _holds(version.since, version.until, day):
            found[version.ref] = version
            yield Edge(
                dependent=version.model.ref, on=version.ref, role="runs-as", starts=version.since, ends=version.until
            )
    for place in Deployment.objects.filter(system=system).select_related("process"):
        if not _holds(place.starts, place.ends, day):
            continue
        found[place.ref] = place
        yield Edge(dependent=place.ref, on=system.ref, role="deploys", starts=place.starts, ends=place.ends)
        if place.process is not None:
            found[place.process.ref] = place.process
            yield Edge(
                dependent=place.process.ref, on=place.ref, role="served-by", starts=place.starts, ends=place.ends
            )


_ROLES = {"model": "has-model", "dataset": "uses-data", "resource": "needs"}


def _holds(starts: date, ends: date | None, day: date) -> bool:
    return starts <= day and (ends is None or day <= ends)


def _edge_of(one: Dependency) -> Edge:
    return Edge(dependent=one.dependent, on=one.on, role=one.role, starts=one.starts, ends=one.ends)


def names(nodes: Iterable[Node]) -> dict[str, str]:
    """The names of nodes by reference."""
    return {one.ref: one.name for one in nodes}
