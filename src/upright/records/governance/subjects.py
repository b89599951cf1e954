"""Whom a record or document is about, by reference: what its kind allows, in the unit that it lies in or below."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from upright.kernel import Ref, RefError
from upright.records.identity.models import Unit
from upright.records.identity.power import unit_of
from upright.records.trail.errors import misfit
from upright.records.trail.record import Record, find

SUBJECTS = ("system", "model", "dataset", "supplier")


def home_of(about: str) -> Ref | None:
    """The system whose index announces what is about this; None: the organisation's does."""
    if not about:
        return None
    try:
        found = find(about)
    except RefError:
        return None
    return None if found is None else found.home()


def demand_subject(about: str, allowed: Collection[str], unit: UUID | None) -> None:
    """Returns nothing if the kind is about such a thing, and it lies in the unit or below it.

    Raises:
        ValidationError: by ``about``: else one unit could speak for another's systems.
    """
    what = about.partition(":")[0] if about else "organisation"
    if what not in allowed:
        raise misfit(
            "about",
            f"This kind is about a {' or '.join(allowed)}; found {about or 'nothing: the organisation'}.",
            code="UP-KEPT-02",
        )
    if not about or unit is None:
        return
    try:
        found = find(about)
    except RefError:
        return  # the field itself refuses it, in its own words
    if found is not None and not is_within(unit_of(found), unit):
        raise misfit(
            "about",
            f"{about} lies in another unit; a record speaks for its own unit and those below it.",
            code="UP-KEPT-03",
        )


def demand_same_subject(record: Record, about: str) -> None:
    """Returns nothing if a record is about what it was about from the beginning: its entries are filed there.

    Raises:
        ValidationError: by ``about``.
    """
    if record.is_new:
        return
    before: Any = type(record)._base_manager.filter(pk=record.pk).first()
    if before is not None and before.about != about:
        raise misfit(
            "about",
            f"It was written about {before.about or 'the organisation'} and stays so; add another one.",
            code="UP-KEPT-04",
        )


def is_within(unit: UUID | None, above: UUID) -> bool:
    """Whether a unit is another or lies below it."""
    return _leads_to(unit, above, dict(Unit.objects.values_list("pk", "parent_id")))


def units_below(unit: UUID) -> list[UUID]:
    """A unit and all that lie below it."""
    parents = dict(Unit.objects.values_list("pk", "parent_id"))
    return [one for one in parents if _leads_to(one, unit, parents)]


def units_above(unit: Unit) -> list[Unit]:
    """A unit and all above it, the nearest first."""
    found: list[Unit] = []
    here: Unit | None = unit
    while here is not None and here not in found:
        found.append(here)
        here = here.parent
    return found


def demand_units(refs: Sequence[object], field: str) -> None:
    """Returns nothing if every reference names a unit.

    Raises:
        ValidationError: by the field.
    """
    wanted = [str(one) for one in refs]
    there = set(Unit.objects.filter(ref__in=wanted).values_list("ref", flat=True)) if wanted else set()
    gone = [one for one in wanted if one not in there]
    if gone:
        raise misfit(field, f"{gone[0]} names no unit here; expected one such as unit:lending.", code="UP-KEPT-05")


def _leads_to(unit: UUID | None, above: UUID, parents: Mapping[UUID, UUID | None]) -> bool:
    while unit is not None and unit != above:
        unit = parents.get(unit)
    return unit == above
