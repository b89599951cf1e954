"""May someone do something? Deny by default; a right is held through a role in a unit and reaches what lies under it.

Each app registers its rights, ``app.thing.verb`` to the roles that have them, when it is loaded. An action asks with
``must``; pages and routes ask with ``may`` what to show, and never instead of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from django.db.models import Q

from upright.kernel import Actor, InputError
from upright.records.identity.models import Person, Role, RoleAssignment, Unit
from upright.records.trail.server_log import now

if TYPE_CHECKING:
    from upright.records.trail.record import Record

APPROVING = frozenset({Role.AIMS_MANAGER, Role.RISK_OWNER, Role.SYSTEM_OWNER})
"""Roles that approve: granting one needs a second holder of authority."""

_RIGHTS: dict[str, frozenset[Role]] = {}


class DeniedError(InputError):
    """The actor has no role that may do this here. The message says which roles have the right."""


class InUnit(Protocol):
    """What lies in a unit."""

    unit: Unit


def register(rights: Mapping[str, Iterable[Role]]) -> None:
    """Says which roles have which rights.

    Raises:
        ValueError: a right was registered before with other roles.
    """
    for right, roles in rights.items():
        given = frozenset(roles)
        if _RIGHTS.get(right, given) != given:
            raise ValueError(f"The right {right} was registered before, for other roles.")
        _RIGHTS[right] = given


def rights() -> Mapping[str, frozenset[Role]]:
    """Every right and the roles that have it."""
    return dict(_RIGHTS)


@dataclass(frozen=True)
class Powers:
    """What an actor may, read once for a request. ``held`` maps a role to the units it reaches."""

    actor: Actor
    is_active: bool
    held: Mapping[Role, frozenset[UUID]] = field(default_factory=dict)

    def may(self, right: str, about: "Record | None" = None) -> bool:
        """Whether the actor has a right about a record; without one, anywhere at all."""
        if not self.is_active:
            return False
        reached = [self.held[role] for role in _RIGHTS.get(right, frozenset()) if role in self.held]
        unit = None if about is None else unit_of(about)
        return bool(reached) if unit is None else any(unit in units for units in reached)

    def units(self, right: str) -> frozenset[UUID]:
        """The units in which the actor has a right: what a list may show."""
        if not self.is_active:
            return frozenset()
        found: frozenset[UUID] = frozenset()
        for role in _RIGHTS.get(right, frozenset()):
            found |= self.held.get(role, frozenset())
        return found

    def must(self, right: str, about: "Record | None" = None) -> None:
        """Returns nothing if the actor may.

        Raises:
            DeniedError: else.
        """
        if self.may(right, about):
            return
        roles = ", ".join(sorted(Role(role).label for role in _RIGHTS.get(right, frozenset()))) or "no role"
        where = "" if about is None else f" about {about.ref or about.ref_type}"
        raise DeniedError(
            f"{self.actor} may not do this{where}: {right} belongs to {roles}, held in the unit concerned or above it. "
            "Ask an administrator for the role, or one of its holders to act.",
            code="UP-POWER-01",
        )


def powers_of(actor: Actor) -> Powers:
    """What an actor may today: accepted, confirmed, current roles; two queries."""
    if not actor.is_person:
        return Powers(actor, is_active=False)
    today = now().date()
    assignments = list(
        RoleAssignment.objects.filter(
            Q(ends__isnull=True) | Q(ends__gte=today),
            person__ref=str(actor.ref),
            person__is_active=True,
            starts__lte=today,
            accepted_at__isnull=False,
        )
    )
    children = _children()
    held: dict[Role, frozenset[UUID]] = {}
    for one in assignments:
        if one.role in APPROVING and not one.confirmed_by:
            continue
        role = Role(one.role)
        held[role] = held.get(role, frozenset()) | _below(one.unit_id, children)
    return Powers(actor, is_active=bool(held), held=held)


def must(actor: Actor, right: str, about: "Record | None" = None) -> None:
    """Returns nothing if the actor may; for actions that are called without the powers of a request.

    Raises:
        DeniedError: else.
    """
    powers_of(actor).must(right, about)


def unit_of(record: "Record") -> UUID | None:
    """The unit that a record lies in: its own, its system's, its person's, else the whole organisation's."""
    if isinstance(record, Unit):
        return record.id
    unit = getattr(record, "unit_id", None)
    if isinstance(unit, UUID):
        return unit
    for name in ("system", "person"):
        above = getattr(record, name, None)
        if above is not None and not isinstance(above, str):
            return unit_of(above)
    return _root()


def is_effective(assignment: RoleAssignment, on: date) -> bool:
    """Whether an assignment counts on a day."""
    is_current = assignment.starts <= on and (assignment.ends is None or on <= assignment.ends)
    is_confirmed = assignment.role not in APPROVING or bool(assignment.confirmed_by)
    return is_current and is_confirmed and assignment.accepted_at is not None


def person_of(actor: Actor) -> Person | None:
    """The person behind an actor."""
    return Person.objects.filter(ref=str(actor.ref)).first() if actor.is_person else None


def _root() -> UUID | None:
    root = Unit.objects.filter(parent__isnull=True).first()
    return None if root is None else root.id


def _children() -> dict[UUID | None, list[UUID]]:
    found: dict[UUID | None, list[UUID]] = {}
    for pk, parent in Unit.objects.values_list("pk", "parent_id"):
        found.setdefault(parent, []).append(pk)
    return found


def _below(unit: UUID, children: Mapping[UUID | None, list[UUID]]) -> frozenset[UUID]:
    found, rest = {unit}, [unit]
    while rest:
        for child in children.get(rest.pop(), []):
            if child not in found:
                found.add(child)
                rest.append(child)
    return frozenset(found)
