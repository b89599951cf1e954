"""Legal entities side by side: posture and documents of each by counts; what may not be read is not counted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render

from upright.posture.posture import Counts
from upright.records.assurance.overview import overall, summaries
from upright.records.governance.models import Document
from upright.records.identity.models import Unit
from upright.records.inventory.models import System
from upright.web.frame import catalogue, ledger_of
from upright.web.posture import Behind, behind
from upright.web.requests import Request
from upright.web.sentences import said

_ENTITIES = (Unit.Kind.ORGANISATION, Unit.Kind.LEGAL_ENTITY)
STATUSES = ("met", "partly", "failing", "stale", "unknown", "not_applicable")


@dataclass(frozen=True, kw_only=True)
class Entity:
    """One legal entity: its systems, how many requirements of each framework have which status, its documents."""

    unit: Unit
    systems: int
    frameworks: tuple[tuple[str, Counts], ...]
    documents: Mapping[str, int]
    deviations: int
    jurisdictions: str = field(default="")
    behind: Behind | None = None


def show(request: Request) -> HttpResponse:
    """Each entity that may be read, by counts; the only figures for several at once are sums of records."""
    request.powers.must("inventory.system.read")
    units = request.powers.units("inventory.system.read")
    ledger = ledger_of(request)
    entities = _entities(
        list(Unit.objects.filter(kind__in=_ENTITIES, pk__in=units).order_by("parent_id", "name")),
        ledger.of if ledger else "",
    )
    documents: Counter[str] = Counter()
    for one in entities:
        documents.update(one.documents)
    context = {
        "entities": entities,
        "documents": sorted(documents.items()),
        "systems": sum(one.systems for one in entities),
        "here": "organisation",
    }
    return render(request, "web/entities.html", context)


def _entities(units: Sequence[Unit], shared: str) -> list[Entity]:
    """What there is of each, in as many queries for many as for one."""
    own = _own_units(units)
    entity_of = {pk: unit for unit, pks in own.items() for pk in pks}
    systems: dict[UUID, list[str]] = {}
    for pk, ref in System.objects.filter(unit__in=entity_of).values_list("unit_id", "ref"):
        systems.setdefault(entity_of[pk], []).append(ref)
    documents: dict[UUID, Counter[str]] = {}
    filed = Document.objects.filter(unit__in=entity_of)
    for pk, state, count in filed.values_list("unit_id", "state").annotate(Count("pk")).order_by():
        documents.setdefault(entity_of[pk], Counter())[str(Document.State(state).label)] += count
    deviations: Counter[UUID] = Counter()
    deviating = filed.filter(inherits__isnull=False).exclude(deviations="")
    for pk, count in deviating.values_list("unit_id").annotate(Count("pk")).order_by():
        deviations[entity_of[pk]] += count
    found = summaries([ref for refs in systems.values() for ref in refs], shared)
    titles = {name: said(one.title) for name, one in catalogue().frameworks.items()}
    made = []
    for unit in units:
        mine = [found[ref] for ref in systems.get(unit.pk, ())]
        counts = overall(mine) if mine else {}
        made.append(
            Entity(
                unit=unit,
                systems=len(mine),
                behind=behind(mine),
                frameworks=tuple((titles.get(name, name), one) for name, one in sorted(counts.items())),
                documents=dict(documents.get(unit.pk, {})),
                deviations=deviations[unit.pk],
                jurisdictions=", ".join(str(one) for one in unit.jurisdictions),
            )
        )
    return made


def _own_units(entities: Iterable[Unit]) -> dict[UUID, list[UUID]]:
    """By entity its units, without those of the entities below it: each record is counted once."""
    known = {pk: (above, kind) for pk, above, kind in Unit.objects.values_list("pk", "parent_id", "kind")}

    def belongs(pk: UUID, entity: UUID) -> bool:
        here: UUID | None = pk
        passed: set[UUID] = set()
        while here is not None and here not in passed:
            if here == entity:
                return True
            passed.add(here)
            above, kind = known[here]
            if kind in _ENTITIES:
                return False
            here = above
        return False

    return {one.pk: [pk for pk in known if belongs(pk, one.pk)] for one in entities}
