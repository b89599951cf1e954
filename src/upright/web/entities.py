"""Legal entities side by side: posture and documents of each by counts; what may not be read is not counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render

from upright.posture.posture import Counts
from upright.records.assurance.overview import overall, summaries
from upright.records.governance.models import Document
from upright.records.governance.subjects import units_below
from upright.records.identity.models import Unit
from upright.records.inventory.models import System
from upright.web.frame import catalogue
from upright.web.posture import Behind, behind
from upright.web.requests import Request
from upright.web.sentences import said

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
    kinds = (Unit.Kind.ORGANISATION, Unit.Kind.LEGAL_ENTITY)
    entities = [
        _entity(unit) for unit in Unit.objects.filter(kind__in=kinds, pk__in=units).order_by("parent_id", "name")
    ]
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


def _entity(unit: Unit) -> Entity:
    own = _own_units(unit)
    refs = list(System.objects.filter(unit__in=own).values_list("ref", flat=True))
    found = summaries(refs)
    counts = overall(found.values()) if refs else {}
    titles = {name: said(one.title) for name, one in catalogue().frameworks.items()}
    rows = Document.objects.filter(unit__in=own).values_list("state").annotate(Count("pk"))
    return Entity(
        unit=unit,
        systems=len(refs),
        behind=behind(found.values()),
        frameworks=tuple((titles.get(name, name), one) for name, one in sorted(counts.items())),
        documents={str(Document.State(state).label): count for state, count in rows},
        deviations=Document.objects.filter(unit__in=own, inherits__isnull=False).exclude(deviations="").count(),
        jurisdictions=", ".join(str(one) for one in unit.jurisdictions),
    )


def _own_units(unit: Unit) -> list[object]:
    """The units of an entity without those of the entities below it: each record is counted once."""
    below = set(units_below(unit.pk))
    for other in Unit.objects.filter(kind=Unit.Kind.LEGAL_ENTITY, pk__in=below).exclude(pk=unit.pk):
        below -= set(units_below(other.pk))
    return list(below)
