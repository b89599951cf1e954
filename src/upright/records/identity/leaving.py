"""A person leaves: what they hold is listed and handed over, their roles end, and every way in closes at once."""

from collections.abc import Iterator

from django.apps import apps
from django.db import models

from upright.kernel import Actor
from upright.records.identity.actions import demand_an_administrator_without
from upright.records.identity.models import (
    Account,
    ApiToken,
    ApprovalException,
    Delegation,
    Invitation,
    Person,
    RoleAssignment,
)
from upright.records.identity.power import powers_of
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError, StandingError
from upright.records.trail.fields import RefField
from upright.records.trail.reasons import says_nothing
from upright.records.trail.record import Record
from upright.records.trail.server_log import now

_POWER = (Account, ApiToken, ApprovalException, Delegation, Invitation, RoleAssignment)
_SHOWN = 20


def holdings(person: Person) -> list[tuple[Record, str]]:
    """What a person answers for: each record with the field that names them.

    A field that nobody edits (who approved, who granted) is history and stays.
    """
    return [
        (record, field.name)
        for model in apps.get_models()
        if issubclass(model, Record) and model not in _POWER
        for field in _naming_a_person(model)
        for record in model._base_manager.filter(**{field.name: person.ref if isinstance(field, RefField) else person})
    ]


def deactivate(person: Person, *, actor: Actor, reason: str, successor: Person | None = None) -> Person:
    """Close a person's account and end their roles; a successor takes over what they answer for."""
    powers_of(actor).must("identity.person.deactivate", person)
    if person.ref == str(actor):
        raise StandingError("Nobody deactivates themselves; another administrator does.", code="UP-ROLE-01")
    if not person.is_active:
        raise StandingError(f"{person.ref} is not active any more.", code="UP-ROLE-02")
    if says_nothing(reason):
        raise RefusedError("This needs a reason, in words.", code="UP-ROLE-13")
    held = holdings(person)
    if held and (successor is None or not successor.is_active or successor.pk == person.pk):
        shown = ", ".join(f"{record.ref} ({name})" for record, name in held[:_SHOWN])
        more = f" and {len(held) - _SHOWN} more" if len(held) > _SHOWN else ""
        raise RefusedError(
            f"{person} still answers for {shown}{more}. Name an active successor who takes them over.",
            code="UP-ROLE-14",
        )
    with change():
        for role in person.roles.filter(ended_at__isnull=True):
            demand_an_administrator_without(role)
        for record, name in held if successor else []:
            setattr(record, name, _as_link(record, name, successor))
            app = type(record)._meta.app_label
            action = f"{app}.{record.ref_type.replace('-', '_')}.reassigned"
            write(record, actor=actor, action=action, reason=reason)
        close_access(person, actor=actor, reason=reason)
        person.is_active = False
        return write(person, actor=actor, action="identity.person.deactivated", reason=reason)


def reactivate(person: Person, *, actor: Actor, reason: str) -> Person:
    """Somebody comes back: active again, with no role and no account until those are given anew."""
    powers_of(actor).must("identity.person.deactivate", person)
    if person.is_active:
        raise StandingError(f"{person.ref} is active; who left comes back.", code="UP-ROLE-13")
    if says_nothing(reason):
        raise RefusedError("This needs a reason, in words.", code="UP-ROLE-13")
    person.is_active = True
    return write(person, actor=actor, action="identity.person.reactivated", reason=reason)


def close_access(person: Person, *, actor: Actor, reason: str) -> None:
    """Ends roles, delegations, exceptions, tokens and sessions of a person, closes the account; asks for no right."""
    for given in _powers_of(person):
        given.ended_at = now()
        write(given, actor=actor, action=f"identity.{given.ref_type}.ended", reason=reason)
    for token in ApiToken.objects.filter(person=person, revoked_at__isnull=True):
        token.revoked_at = now()
        write(token, actor=actor, action="identity.token.revoked", reason=reason)
    account = Account.objects.filter(person=person).first()
    if account is not None and account.is_active:
        account.is_active = False
        account.sessions_ended += 1
        write(account, actor=actor, action="identity.account.closed", reason=reason)


def _powers_of(person: Person) -> Iterator[RoleAssignment | Delegation | ApprovalException]:
    yield from person.roles.filter(ended_at__isnull=True)
    yield from person.delegations_given.filter(ended_at__isnull=True)
    yield from person.delegations_held.filter(ended_at__isnull=True)
    yield from person.exceptions.filter(ended_at__isnull=True)


def _naming_a_person(model: type[Record]) -> Iterator["models.Field[object, object]"]:
    for field in model._meta.concrete_fields:
        names_one = isinstance(field, models.ForeignKey) and field.related_model is Person
        if field.editable and (names_one or (isinstance(field, RefField) and "person" in field.types)):
            yield field


def _as_link(record: Record, name: str, person: Person | None) -> Person | str | None:
    return person.ref if person and isinstance(type(record)._meta.get_field(name), RefField) else person
