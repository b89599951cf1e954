"""May someone do something? Deny by default; a right is held through a role in a unit and reaches what lies under it.

Each app registers its rights, ``app.thing.verb`` to the roles that have them, when it is loaded. An action asks with
``must``; pages and routes ask with ``may`` what to show, and never instead of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from django.db import connection, models

from upright.kernel import Actor, InputError
from upright.records.identity.acting import Scope, current_scope
from upright.records.identity.models import ApprovalException, Delegation, Person, Role, RoleAssignment, Unit
from upright.records.trail import prepared
from upright.records.trail.door import known_once
from upright.records.trail.record import find
from upright.records.trail.server_log import now

if TYPE_CHECKING:
    from upright.records.trail.record import Record

APPROVING = frozenset({Role.AIMS_MANAGER, Role.RISK_OWNER, Role.SYSTEM_OWNER})
"""Roles that approve: granting one needs a second holder of authority."""

APPROVING_VERBS = frozenset({"accept", "approve", "confirm", "release", "waive"})
"""The last word of rights that approve: an administrator and an external auditor can have none of them."""

ABOVE = ("system", "about", "person", "risk", "nonconformity", "audit", "review")
"""The links that say where a record without a unit of its own lies."""

_RESTS_ON = (Person, Unit, RoleAssignment, Delegation, ApprovalException)
_ANYBODY, _ANY_DAY = "person:anybody-at-all", date(1900, 1, 2)
_RIGHTS: dict[str, frozenset[Role]] = {}
_FROM_BELOW: set[str] = set()
_READING = frozenset({"acknowledge", "read"})


class DeniedError(InputError):
    """The actor has no role that may do this here. The message says which roles have the right."""


class InUnit(Protocol):
    """What lies in a unit."""

    unit: Unit


def register(rights: Mapping[str, Iterable[Role]]) -> None:
    """Says which roles have which rights.

    Raises:
        ValueError: a right was registered before with other roles; or it approves and an administrator would have it,
            or it does anything but read and an external auditor would.
    """
    for right, roles in rights.items():
        given = frozenset(roles)
        if approves(right) and Role.ADMINISTRATOR in given:
            raise ValueError(f"{right}: an administrator looks after people and keys, and approves nothing.")
        if not right.endswith(".read") and Role.EXTERNAL_AUDITOR in given:
            raise ValueError(f"{right}: an external auditor reads, and nothing else.")
        if _RIGHTS.get(right, given) != given:
            raise ValueError(f"The right {right} was registered before, for other roles.")
        _RIGHTS[right] = given


def reach_up(rights: Iterable[str]) -> None:
    """Says which rights reach up too: what an organisation lays down for its units is read, and acknowledged, in them.

    Raises:
        ValueError: one does more than that.
    """
    for right in rights:
        if right.rpartition(".")[2] not in _READING:
            raise ValueError(f"{right}: from a unit below one reads what holds for it, and changes nothing.")
        _FROM_BELOW.add(right)


def reaches_up(right: str) -> bool:
    """Whether who holds it in a unit has it about what lies above too."""
    return right in _FROM_BELOW


def approves(right: str) -> bool:
    """Whether who has a right approves with it: granting it needs a second holder of authority."""
    return right.rpartition(".")[2] in APPROVING_VERBS


def rights() -> Mapping[str, frozenset[Role]]:
    """Every right and the roles that have it."""
    return dict(_RIGHTS)


@dataclass(frozen=True)
class Powers:
    """What an actor may, read once for a request.

    ``held`` maps a role to the units it reaches, ``lent`` a right that somebody delegated to the units where it holds.
    ``scope`` is how far the token reaches that the actor showed; ``root`` the organisation's own unit. ``above`` maps a
    role to the units above those in which it was given.
    """

    actor: Actor
    is_active: bool
    held: Mapping[Role, frozenset[UUID]] = field(default_factory=dict)
    lent: Mapping[str, frozenset[UUID]] = field(default_factory=dict)
    scope: Scope | None = None
    root: UUID | None = None
    above: Mapping[Role, frozenset[UUID]] = field(default_factory=dict)

    def may(self, right: str, about: "Record | None" = None) -> bool:
        """Whether the actor has a right about a record; without one, anywhere at all."""
        if not self.is_active or (self.scope is not None and not self.scope.covers(right, about)):
            return False
        units = self.units(right)
        unit = None if about is None else unit_of(about, self.root)
        return bool(units) if unit is None else unit in units

    def units(self, right: str) -> frozenset[UUID]:
        """The units in which the actor has a right: what a list may show."""
        if not self.is_active or (self.scope is not None and not self.scope.covers(right)):
            return frozenset()
        found: frozenset[UUID] = self.lent.get(right, frozenset())
        for role in _RIGHTS.get(right, frozenset()):
            found |= self.held.get(role, frozenset())
            if right in _FROM_BELOW:
                found |= self.above.get(role, frozenset())
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
    """What an actor may today: accepted, confirmed, current roles, and what was delegated; two queries, else three.

    Who acts by a token may no more than the scope of the request's token; without one, nothing. Verbs of one change, or
    of one rehearsal, ask once, until a role is written there.
    """
    scope = current_scope() if actor.via == "token" else None
    is_unscoped = actor.via == "token" and (scope is None or scope.person != str(actor.ref))
    if not actor.is_person or is_unscoped:
        return Powers(actor, is_active=False)
    today = now().date()
    return known_once(_RESTS_ON, ("powers", actor, scope, today), lambda: _powers_of(actor, scope, today))


def rehearse_with(powers: Powers) -> None:
    """Within a rehearsal, verbs that ask for their actor's powers are given those that the page has read."""
    known_once(_RESTS_ON, ("powers", powers.actor, powers.scope, now().date()), lambda: powers)


def _powers_of(actor: Actor, scope: Scope | None, today: date) -> Powers:
    ref = str(actor.ref)
    assignments = _assignments(ref, today)
    children = _children()
    own = [one for one in assignments if one.of == ref and is_effective(one, today)]
    held = _held(own, children)
    givers = [one for one in assignments if one.of != ref and is_effective(one, today)]
    lent = _lent(ref, givers, today, children) if givers else {}
    if Role.ADMINISTRATOR in held:
        lent = {right: units for right, units in lent.items() if not approves(right)}
    if Role.EXTERNAL_AUDITOR in held:
        lent = {right: units for right, units in lent.items() if right.endswith(".read")}
    return Powers(
        actor,
        is_active=bool(held or lent),
        held=held,
        lent=lent,
        scope=scope,
        root=_first_root(children),
        above=_above(own, children),
    )


def _assignments(ref: str, today: date) -> list[Any]:
    """Roles that somebody holds today, and those of whoever lends them rights; ``of`` says whose each is.

    Every request asks it, and putting it together takes five times as long as answering it.
    """
    day = RoleAssignment._meta.get_field("starts")
    put = {day.get_db_prep_value(_ANY_DAY, connection): day.get_db_prep_value(today, connection), _ANYBODY: ref}
    return prepared.objects(RoleAssignment, "power.assignments", _of_anybody, put)


def _of_anybody() -> Any:
    lending = Delegation.objects.filter(_current(_ANY_DAY), receiver__ref=_ANYBODY).values("giver")
    theirs = models.Q(person__ref=_ANYBODY) | models.Q(person__in=lending)
    found = RoleAssignment.objects.filter(_current(_ANY_DAY), theirs, person__is_active=True)
    return found.annotate(of=models.F("person__ref"))


def _current(today: date) -> models.Q:
    """Accepted, begun, not over."""
    open_ended = models.Q(ends__isnull=True) | models.Q(ends__gte=today)
    return open_ended & models.Q(starts__lte=today, accepted_at__isnull=False, ended_at__isnull=True)


def _held(
    assignments: Iterable[RoleAssignment], children: Mapping[UUID | None, list[UUID]]
) -> dict[Role, frozenset[UUID]]:
    held: dict[Role, frozenset[UUID]] = {}
    for one in assignments:
        role = Role(one.role)
        held[role] = held.get(role, frozenset()) | _below(one.unit_id, children)
    return held


def _above(
    assignments: Iterable[RoleAssignment], children: Mapping[UUID | None, list[UUID]]
) -> dict[Role, frozenset[UUID]]:
    parents = {child: parent for parent, found in children.items() for child in found}
    above: dict[Role, frozenset[UUID]] = {}
    for one in assignments:
        seen: set[UUID] = set()
        unit = parents.get(one.unit_id)
        while unit is not None and unit not in seen:
            seen.add(unit)
            unit = parents.get(unit)
        above[Role(one.role)] = above.get(Role(one.role), frozenset()) | seen
    return above


def _lent(
    ref: str, givers: Sequence[RoleAssignment], today: date, children: Mapping[UUID | None, list[UUID]]
) -> dict[str, frozenset[UUID]]:
    """Each delegated right in the units of the delegation where its giver has it by a role of his own, today."""
    lent: dict[str, frozenset[UUID]] = {}
    query = Delegation.objects.filter(_current(today), receiver__ref=ref, receiver__is_active=True)
    for one in query.select_related("exception"):
        if not is_effective(one, today):
            continue
        own = _held([role for role in givers if role.person_id == one.giver_id], children)
        below = _below(one.unit_id, children)
        for right in one.rights:
            for role in _RIGHTS.get(right, frozenset()):
                lent[right] = lent.get(right, frozenset()) | (own.get(role, frozenset()) & below)
    return {right: units for right, units in lent.items() if units}


def must(actor: Actor, right: str, about: "Record | None" = None) -> None:
    """Returns nothing if the actor may; for actions that are called without the powers of a request.

    Raises:
        DeniedError: else.
    """
    powers_of(actor).must(right, about)


def unit_of(record: "Record", root: UUID | None = None) -> UUID | None:
    """The unit that a record lies in: its own, its system's, its person's, else the whole organisation's (``root``)."""
    if isinstance(record, Unit):
        return record.parent_id if record.is_new else record.id
    unit = getattr(record, "unit_id", None)
    if isinstance(unit, UUID):
        return unit
    for name in ABOVE:
        above = getattr(record, name, None)
        if isinstance(above, models.Model):
            return unit_of(above, root)  # type: ignore[arg-type]  # links of records lead to records
        held_by = find(above) if name == "about" and isinstance(above, str) and above else None
        if held_by is not None:  # a comment, an attachment or a task lies with the record that it hangs on
            return unit_of(held_by, root)
    return root or root_unit()


def needs_confirmation(given: RoleAssignment | Delegation) -> bool:
    """Whether it approves, so that a second holder of authority has to confirm it."""
    if isinstance(given, Delegation):
        return any(approves(right) for right in given.rights)
    return given.role in APPROVING


def is_effective(given: RoleAssignment | Delegation, on: date) -> bool:
    """Whether a role or a delegation counts on a day. One confirmed under an exception counts as long as that does."""
    is_current = given.starts <= on and (given.ends is None or on <= given.ends) and given.ended_at is None
    is_confirmed = not needs_confirmation(given) or bool(given.confirmed_by)
    holds = given.exception is None or is_in_force(given.exception, on)
    return is_current and is_confirmed and holds and given.accepted_at is not None


def approving(on: date) -> models.QuerySet[RoleAssignment]:
    """The roles that approve and count on a day; an administrator's never does."""
    exception = models.Q(exception__starts__lte=on, exception__ends__gte=on, exception__ended_at__isnull=True)
    holds = models.Q(exception__isnull=True) | exception
    counts = _current(on) & holds & ~models.Q(confirmed_by="")
    found: models.QuerySet[RoleAssignment] = RoleAssignment.objects.filter(counts, role__in=APPROVING)
    return found.filter(person__is_active=True)


def is_in_force(exception: ApprovalException, on: date) -> bool:
    """Whether an exception counts on a day."""
    return exception.starts <= on <= exception.ends and exception.ended_at is None


def person_of(actor: Actor) -> Person | None:
    """The person behind an actor."""
    return Person.objects.filter(ref=str(actor.ref)).first() if actor.is_person else None


def units_below(unit: Unit) -> frozenset[UUID]:
    """A unit and all that lie under it."""
    return _below(unit.id, _children())


def root_unit() -> UUID | None:
    """The organisation's own unit."""
    root = Unit.objects.filter(parent__isnull=True).first()
    return None if root is None else root.id


def _first_root(children: Mapping[UUID | None, list[UUID]]) -> UUID | None:
    return next(iter(children.get(None, [])), None)


def _children() -> dict[UUID | None, list[UUID]]:
    found: dict[UUID | None, list[UUID]] = {}
    for pk, parent in prepared.rows("identity.units", lambda: Unit.objects.values_list("pk", "parent_id")):
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
