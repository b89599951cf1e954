"""The first run: an organisation without anybody gets its first people, and the ledger says that nobody granted it."""

from dataclasses import dataclass
from datetime import timedelta

from upright.kernel import Actor
from upright.records.identity.models import Account, ApprovalException, Person, Role, RoleAssignment, Unit
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.server_log import now

BOOTSTRAP = Actor.system("bootstrap")
_ALONE = timedelta(days=30)
_WHY = "First run: there was nobody yet who could grant or confirm a role."


@dataclass(frozen=True)
class Newcomer:
    """Somebody to begin with; without a password they set one by "Forgot your password?"."""

    name: str
    email: str
    password: str = ""


@dataclass(frozen=True)
class Beginning:
    """What a first run made. ``exception`` is there where one person is administrator and AIMS manager."""

    root: Unit
    administrator: Person
    manager: Person
    exception: ApprovalException | None


def bootstrap(organisation: str, administrator: Newcomer, manager: Newcomer) -> Beginning:
    """Makes the organisation, its first administrator and its first AIMS manager, in one change, once.

    Where both are one person (the same address), a 30-day exception is recorded with it, which shows.

    Raises:
        RefusedError: there is an organisation or a person already.
    """
    with change():
        if Unit.objects.exists() or Person.objects.exists():
            raise RefusedError(
                "This server has its first people already; an administrator adds others.", code="UP-ROLE-15"
            )
        root = write(Unit(name=organisation, kind="organisation"), actor=BOOTSTRAP, action="identity.unit.added")
        first = _person(administrator, root)
        is_one = administrator.email.lower() == manager.email.lower()
        second = first if is_one else _person(manager, root)
        exception = _alone(first, root) if is_one else None
        _role(first, Role.ADMINISTRATOR, root, None)
        _role(second, Role.AIMS_MANAGER, root, exception)
    return Beginning(root, first, second, exception)


def _person(given: Newcomer, root: Unit) -> Person:
    person = Person(name=given.name, email=given.email, unit=root)
    write(person, actor=BOOTSTRAP, action="identity.person.added", reason=_WHY)
    account = Account(email=given.email, person=person)
    if given.password:
        account.set_password(given.password)
    else:
        account.set_unusable_password()
    write(account, actor=BOOTSTRAP, action="identity.account.added", reason=_WHY)
    return person


def _alone(person: Person, root: Unit) -> ApprovalException:
    today = now().date()
    exception = ApprovalException(
        person=person, unit=root, starts=today, ends=today + _ALONE, granted_by=str(BOOTSTRAP)
    )
    return write(exception, actor=BOOTSTRAP, action="identity.exception.bootstrapped", reason=_WHY)


def _role(person: Person, role: Role, root: Unit, exception: ApprovalException | None) -> None:
    time = now()
    given = RoleAssignment(
        person=person,
        role=role,
        unit=root,
        starts=time.date(),
        granted_by=str(BOOTSTRAP),
        granted_at=time,
        confirmed_by=str(BOOTSTRAP),
        confirmed_at=time,
        accepted_at=time,
        exception=exception,
    )
    write(given, actor=BOOTSTRAP, action="identity.role.bootstrapped", reason=_WHY)
