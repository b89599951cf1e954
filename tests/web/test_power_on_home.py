"""Home says what a role still waits for: to be confirmed by a second person, and to be accepted by its holder."""

from datetime import date

import pytest
from django.utils import translation

from records.identity.accounts import account, logged_in
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.records.identity import actions
from upright.records.identity.models import Person, Role, RoleAssignment, Unit
from upright.records.trail.door import write

pytestmark = pytest.mark.django_db


def granted(meridian: Organisation, role: Role) -> RoleAssignment:
    """A role that an administrator gave to somebody new, and that nobody confirmed or accepted."""
    ada = write(
        Person(name="Ad Min", email="ad@meridian.example", unit=meridian.root),
        actor=SETUP,
        action="identity.person.added",
    )
    grant(ada, Role.ADMINISTRATOR, meridian.root)
    eva = write(
        Person(name="Eva New", email="eva@meridian.example", unit=meridian.root),
        actor=SETUP,
        action="identity.person.added",
    )
    given = RoleAssignment(person=eva, role=role, unit=meridian.root, starts=date(2020, 1, 1))
    return actions.grant(given, actor=actor_of(ada), reason="Deputy.")


def test_home_asks_the_manager_to_confirm_a_role_and_no_longer_once_that_is_done(meridian: Organisation) -> None:
    given = granted(meridian, Role.AIMS_MANAGER)
    manager = logged_in(account(meridian.lead))
    page = manager.get("/").content.decode()
    assert "Confirm: AIMS manager in Meridian" in page
    assert f'href="/record/{given.ref}/"' in page
    assert "For Eva New." in page
    actions.confirm(given, actor=actor_of(meridian.lead), reason="She is my deputy.")
    assert "Confirm: AIMS manager" not in manager.get("/").content.decode()


def test_home_asks_nobody_to_confirm_what_they_may_not_confirm_or_what_needs_no_confirmation(
    meridian: Organisation,
) -> None:
    granted(meridian, Role.MEMBER)
    assert "Confirm: " not in logged_in(account(meridian.lead)).get("/").content.decode()
    assert "Confirm: " not in logged_in(account(meridian.owner)).get("/").content.decode()


def test_home_of_somebody_new_offers_to_accept_the_role_that_was_given(meridian: Organisation) -> None:
    given = granted(meridian, Role.MEMBER)
    eva = logged_in(account(given.person))
    page = eva.get("/").content.decode()
    assert "A role waits for you to accept it." in page
    assert "Member in Meridian" in page
    assert "You hold no role yet" not in page
    answer = eva.post("/account/roles/", {"ref": given.ref}, follow=True).content.decode()
    assert "You accepted: Member in Meridian." in answer
    assert 'href="/">Home</a>' in answer
    assert "A role waits for you" not in eva.get("/").content.decode()


def test_a_second_role_to_accept_is_among_what_needs_me(meridian: Organisation) -> None:
    given = granted(meridian, Role.MEMBER)
    grant(given.person, Role.OVERSEER, meridian.root)
    assert "Accept: Member in Meridian" in logged_in(account(given.person)).get("/").content.decode()


def test_in_german_too(meridian: Organisation) -> None:
    given = granted(meridian, Role.MEMBER)
    eva = logged_in(account(given.person))
    with translation.override("de"):
        assert "Eine Rolle wartet darauf" in eva.get("/", headers={"accept-language": "de"}).content.decode()
        answer = eva.post("/account/roles/", {"ref": given.ref}, follow=True, headers={"accept-language": "de"})
    assert "Angenommen: Mitglied in Meridian." in answer.content.decode()


def test_roles_that_need_nobody_hide_none_that_does(meridian: Organisation) -> None:
    given = granted(meridian, Role.AIMS_MANAGER)
    for number in range(7):
        role = RoleAssignment(
            person=meridian.owner, role=Role.MEMBER, unit=meridian.root, starts=date(2020, 1, number + 1)
        )
        write(role, actor=SETUP, action="identity.role.granted")
    page = logged_in(account(meridian.lead)).get("/").content.decode()
    assert f'href="/record/{given.ref}/"' in page
    assert page.count("Confirm: ") == 1


def test_what_is_to_be_confirmed_elsewhere_hides_none_that_is_mine(meridian: Organisation) -> None:
    given = granted(meridian, Role.AIMS_MANAGER)
    cards = write(Unit(name="Cards", parent=meridian.root), actor=SETUP, action="identity.unit.added")
    zoe = write(
        Person(name="Zoe Cards", email="zoe@meridian.example", unit=cards), actor=SETUP, action="identity.person.added"
    )
    grant(zoe, Role.AIMS_MANAGER, cards)
    mine = write(
        RoleAssignment(person=given.person, role=Role.RISK_OWNER, unit=cards, starts=date(2020, 1, 1)),
        actor=SETUP,
        action="identity.role.granted",
    )
    for number in range(7):
        role = RoleAssignment(
            person=meridian.owner, role=Role.RISK_OWNER, unit=meridian.root, starts=date(2020, 1, number + 1)
        )
        write(role, actor=SETUP, action="identity.role.granted")
    page = logged_in(account(zoe)).get("/").content.decode()
    assert f'href="/record/{mine.ref}/"' in page
    assert page.count("Confirm: ") == 1
