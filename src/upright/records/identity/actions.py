"""Verbs of power: grant, confirm, accept, end, delegate, except, invite; each asks for the right, and keeps rules."""

from datetime import timedelta
from typing import TypeVar

from upright.kernel import Actor
from upright.records.identity.approval import ALONE, exception_for, other_holders, same_pair_within_a_day
from upright.records.identity.models import (
    Account,
    ApprovalException,
    Delegation,
    Invitation,
    Person,
    Role,
    RoleAssignment,
)
from upright.records.identity.power import APPROVING, is_effective, needs_confirmation, powers_of, rights
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.reasons import says_nothing
from upright.records.trail.server_log import now

LONGEST_EXCEPTION = timedelta(days=90)
LONGEST_LOAN = timedelta(days=366)
Given = TypeVar("Given", RoleAssignment, Delegation)
Ended = TypeVar("Ended", bound=RoleAssignment | Delegation | ApprovalException)


def grant(role: RoleAssignment, *, actor: Actor, reason: str) -> RoleAssignment:
    """Grant a role to somebody else; it counts once its holder accepts it, and a role that approves once confirmed."""
    mine = powers_of(actor)
    mine.must("identity.role.add", role)
    if role.role == Role.ADMINISTRATOR:
        mine.must("identity.role.add_administrator", role)
    _demand_someone_else(role.person, actor)
    _demand_active(role.person)
    if role.role == Role.EXTERNAL_AUDITOR and (role.ends is None or role.ends - role.starts > LONGEST_LOAN):
        raise RefusedError(
            "An external auditor's role ends, within a year at most; give the day on which it does.", code="UP-ROLE-03"
        )
    _demand_compatible(role)
    _renew(role, actor)
    return write(role, actor=actor, action="identity.role.granted", reason=reason)


def delegate(delegation: Delegation, *, actor: Actor, reason: str) -> Delegation:
    """Lend rights of your own to somebody for a time; those that approve count once a second holder has confirmed."""
    _demand_in_person(actor)
    mine = powers_of(actor)
    mine.must("identity.delegation.add", delegation)
    if str(actor) != delegation.giver.ref:
        raise RefusedError(
            f"{delegation.giver} alone can lend what {delegation.giver} may; you are {actor}.", code="UP-ROLE-06"
        )
    _demand_someone_else(delegation.receiver, actor)
    _demand_active(delegation.receiver)
    given: object = delegation.rights
    if not isinstance(given, list) or not given:
        raise RefusedError("Name the rights to lend, one or more.", code="UP-ROLE-06")
    for right in given:
        roles = rights().get(str(right), frozenset())
        if not any(delegation.unit_id in mine.held.get(role, frozenset()) for role in roles):
            raise RefusedError(
                f"You do not have {right!r} in {delegation.unit} by a role of your own, so you cannot lend it: "
                "what was lent to you is not lent on (5.3).",
                code="UP-ROLE-06",
            )
    if delegation.ends - delegation.starts > LONGEST_LOAN:
        raise RefusedError("A delegation ends within a year; lend it anew after that.", code="UP-ROLE-06")
    if needs_confirmation(delegation) and Role.ADMINISTRATOR in _roles_of(delegation.receiver):
        raise RefusedError(
            f"{delegation.receiver} is an administrator, and an administrator approves nothing.", code="UP-ROLE-05"
        )
    if Role.EXTERNAL_AUDITOR in _roles_of(delegation.receiver):
        raise RefusedError(
            f"{delegation.receiver} is an external auditor, who reads and nothing else.", code="UP-ROLE-04"
        )
    _renew(delegation, actor)
    return write(delegation, actor=actor, action="identity.delegation.granted", reason=reason)


def confirm(given: Given, *, actor: Actor, reason: str) -> Given:
    """Confirm a role or delegation that approves, as a second holder of authority: not who gave it, nor who gets it."""
    why = _demanded(reason)
    powers_of(actor).must("identity.role.confirm", given)
    if given.confirmed_by or given.ended_at is not None or not needs_confirmation(given):
        raise RefusedError(
            f"{given.ref} waits for no confirmation: it is confirmed, over, or approves nothing.", code="UP-ROLE-07"
        )
    if str(actor) == given.person.ref:
        raise RefusedError(f"You are who gets {given.ref}; somebody else confirms it.", code="UP-ROLE-01")
    if isinstance(given, RoleAssignment):
        _demand_compatible(given)
    if str(actor) == given.granted_by:
        exception = exception_for(actor, given.unit)
        others = other_holders("identity.role.confirm", given.unit, {given.granted_by, given.person.ref})
        if exception is None or others:
            who = f": {', '.join(sorted(others))}." if others else f"; nobody else can. {ALONE}"
            raise RefusedError(f"You gave {given.ref}, so somebody else confirms it{who}", code="UP-ROLE-08")
        given.exception = exception
    given.confirmed_by, given.confirmed_at = str(actor), now()
    return write(given, actor=actor, action=f"identity.{given.ref_type}.confirmed", reason=why)


def accept(given: Given, *, actor: Actor, reason: str = "") -> Given:
    """Accept a role or a delegation that was given to you (5.3); only then does it count."""
    _demand_in_person(actor)
    if str(actor) != given.person.ref:
        raise RefusedError(f"{given.ref} was given to {given.person}, who alone can accept it.", code="UP-ROLE-09")
    _demand_active(given.person)
    if given.accepted_at is not None or given.ended_at is not None:
        raise RefusedError(f"{given.ref} is accepted already, or over.", code="UP-ROLE-07")
    given.accepted_at = now()
    return write(given, actor=actor, action=f"identity.{given.ref_type}.accepted", reason=reason)


def end(given: Ended, *, actor: Actor, reason: str) -> Ended:
    """End a role, a delegation or an exception now; its holder may, and who gives roles. Not the last administrator."""
    parties = {given.person.ref, given.giver.ref} if isinstance(given, Delegation) else {given.person.ref}
    if actor.via == "token" or str(actor) not in parties:
        powers_of(actor).must("identity.role.end", given)
    if given.ended_at is not None:
        raise RefusedError(f"{given.ref} is over already.", code="UP-ROLE-07")
    why = _demanded(reason)
    with change():
        if isinstance(given, RoleAssignment):
            demand_an_administrator_without(given)
        given.ended_at = now()
        return write(given, actor=actor, action=f"identity.{given.ref_type}.ended", reason=why)


def allow_exception(exception: ApprovalException, *, actor: Actor, reason: str) -> ApprovalException:
    """Let one person approve alone for 90 days at most, where no second holder of authority exists; it shows."""
    powers_of(actor).must("identity.exception.add", exception)
    if exception.ends - exception.starts > LONGEST_EXCEPTION:
        raise RefusedError("An exception lasts 90 days at most; find a second approver meanwhile.", code="UP-ROLE-10")
    others = other_holders("identity.role.confirm", exception.unit, {exception.person.ref})
    if others:
        raise RefusedError(
            f"{exception.person} is not alone in {exception.unit}: {', '.join(sorted(others))} can approve too.",
            code="UP-ROLE-10",
        )
    why = _demanded(reason)
    exception.granted_by, exception.ended_at = str(actor), None
    return write(exception, actor=actor, action="identity.exception.granted", reason=why)


def invite_auditor(invitation: Invitation, *, actor: Actor, reason: str) -> Invitation:
    """Invite an external auditor, who reads in a unit until a day; the role counts once the auditor accepts it."""
    powers_of(actor).must("identity.invitation.add", invitation)
    role = RoleAssignment(
        person=invitation.person,
        role=Role.EXTERNAL_AUDITOR,
        unit=invitation.unit,
        starts=invitation.starts,
        ends=invitation.ends,
    )
    with change():
        invitation.role = grant(role, actor=actor, reason=reason)
        return write(invitation, actor=actor, action="identity.invitation.sent", reason=reason)


def open_account(person: Person, *, actor: Actor, reason: str = "") -> Person:
    """Open an account under a person's e-mail address; they set a password by "Forgot your password?"."""
    powers_of(actor).must("identity.account.add", person)
    _demand_active(person)
    found = Account.objects.filter(person=person).first()
    if not person.email or (found is not None and found.is_active):
        raise RefusedError(f"{person.ref} has no e-mail address, or has an account already.", code="UP-ROLE-11")
    if found is not None:
        found.is_active = True
        write(found, actor=actor, action="identity.account.opened", reason=reason)
        return person
    account = Account(email=person.email, person=person)
    account.set_unusable_password()
    write(account, actor=actor, action="identity.account.added", reason=reason)
    return person


def end_sessions(person: Person, *, actor: Actor, reason: str) -> Person:
    """End everything that is logged in as this person: all browsers, at once."""
    if actor.via == "token" or str(actor) != person.ref:
        powers_of(actor).must("identity.account.end_sessions", person)
    account = Account.objects.filter(person=person).first()
    if account is not None:
        account.sessions_ended += 1
        write(account, actor=actor, action="identity.account.sessions_ended", reason=reason)
    return person


def demand_an_administrator_without(given: RoleAssignment) -> None:
    """Returns nothing if an administrator is left when a role ends.

    Raises:
        RefusedError: nobody could look after people any more.
    """
    today = now().date()
    query = RoleAssignment.objects.filter(role=Role.ADMINISTRATOR, person__is_active=True, unit__parent__isnull=True)
    left = [one for one in query.select_related("exception") if is_effective(one, today) and one.pk != given.pk]
    if given.role == Role.ADMINISTRATOR and is_effective(given, today) and not left:
        raise RefusedError(
            f"{given.ref} is the last administrator's role; have another administrator in the organisation first.",
            code="UP-ROLE-12",
        )


def _renew(given: RoleAssignment | Delegation, actor: Actor) -> None:
    """Nothing that a form or an import says of who gave, confirmed or accepted it is believed."""
    given.granted_by, given.granted_at = str(actor), now()
    given.confirmed_by, given.confirmed_at, given.accepted_at, given.ended_at = "", None, None, None
    given.exception = None
    given.flag = same_pair_within_a_day(str(actor), str(given.person.ref)) if needs_confirmation(given) else ""


def _demand_someone_else(person: Person, actor: Actor) -> None:
    if person.ref == str(actor):
        raise RefusedError("Nobody gives power to themselves; ask another holder of authority.", code="UP-ROLE-01")


def _demand_in_person(actor: Actor) -> None:
    """What is one's own without any right is done by who logged in: a token has no more than its scope."""
    if actor.via == "token":
        raise RefusedError("This is done by logging in; no token can.", code="UP-ROLE-16")


def _demand_active(person: Person) -> None:
    if not person.is_active:
        raise RefusedError(f"{person.ref} is not active any more.", code="UP-ROLE-02")


def _demand_compatible(role: RoleAssignment) -> None:
    """An external auditor holds nothing else; an administrator holds nothing that approves, but under an exception."""
    both = {*_roles_of(role.person, but=role), Role(role.role)}
    if Role.EXTERNAL_AUDITOR in both and len(both) > 1:
        raise RefusedError(f"{role.person} cannot be an external auditor and hold another role.", code="UP-ROLE-04")
    if Role.ADMINISTRATOR in both and both & APPROVING and exception_for(role.person.ref, role.unit) is None:
        raise RefusedError(
            f"{role.person} would look after people and approve as well. Give one of the two roles to somebody else; "
            "where nobody else is there, have a time-limited exception recorded first.",
            code="UP-ROLE-05",
        )


def _roles_of(person: Person, but: RoleAssignment | None = None) -> set[Role]:
    today = now().date()
    query = RoleAssignment.objects.filter(person=person, ended_at__isnull=True)
    return {
        Role(one.role) for one in query if (one.ends is None or one.ends >= today) and (but is None or one.pk != but.pk)
    }


def _demanded(reason: str) -> str:
    if says_nothing(reason):
        raise RefusedError("This needs a reason, in words.", code="UP-ROLE-13")
    return reason
