"""Which rows someone may read: the units of ``powers`` as one condition of a query, for lists, choices and search."""

from typing import Any, TypeVar
from uuid import UUID

from django.db.models import ForeignKey, Model, Q, QuerySet

from upright.records.identity.acting import OF_SYSTEM
from upright.records.identity.editing import right_of
from upright.records.identity.models import Unit
from upright.records.identity.power import ABOVE, Powers, root_unit
from upright.records.trail.fields import RefField
from upright.records.trail.record import Record

Row = TypeVar("Row", bound=Record)


def visible(model: type[Row], powers: Powers, verb: str = "read") -> QuerySet[Row]:
    """The rows of a type about which someone has a right; ``power.unit_of`` says the same of one row."""
    rows: QuerySet[Row] = model._base_manager.all()
    units = powers.units(right_of(model, verb))
    if powers.scope is not None and powers.scope.systems:
        rows = rows.filter(_belongs_to(model, powers.scope.systems))
    return rows.filter(lies_in(model, units, powers.root)) if units else rows.none()


def _belongs_to(model: type[Record], systems: frozenset[str]) -> Q:
    """``acting.system_of`` for a query: what is one of the systems, or belongs to one."""
    if model.ref_type == "system":
        return Q(ref__in=systems)
    fields: dict[str, Any] = {field.name: field for field in model._meta.concrete_fields}
    for name in OF_SYSTEM:
        link = fields.get(name)
        if isinstance(link, ForeignKey) and getattr(link.related_model, "ref_type", "") == "system":
            return Q(**{f"{name}__ref__in": systems})
        if isinstance(link, RefField):
            return Q(**{f"{name}__in": systems})
    return Q(pk__in=[])


def lies_in(model: type[Model], units: frozenset[UUID], root: UUID | None = None, path: str = "") -> Q:
    """What lies in one of these units, as a condition."""
    if model is Unit:
        return Q(**{f"{path}pk__in": units})
    fields: dict[str, Any] = {field.name: field for field in model._meta.concrete_fields}
    if name := getattr(model, "lies_with", ""):
        return lies_in(fields[name].related_model, units, root, f"{path}{name}__")
    found, open_end = Q(pk__in=[]), ~Q(pk__in=[])
    if isinstance(fields.get("unit"), ForeignKey):
        found |= Q(**{f"{path}unit__in": units})
        if not fields["unit"].null:
            return found
        open_end = Q(**{f"{path}unit__isnull": True})
    for name in ABOVE:
        link = fields.get(name)
        if not isinstance(link, ForeignKey):
            continue
        found |= open_end & lies_in(link.related_model, units, root, f"{path}{name}__")
        if not link.null:
            return found
        open_end &= Q(**{f"{path}{name}__isnull": True})
    return found | open_end if (root or root_unit()) in units else found
