"""Power: nobody gives it to themselves, two hold what approves, it is accepted, it ends, and exceptions show."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.core.exceptions import ValidationError

from records.identity.accounts import account, logged_in
from records.organisation import SETUP, Organisation, actor_of
from records.organisation import grant as granted
from upright.kernel import Actor, system_clock
from upright.records.identity.actions import (
    accept,
    allow_exception,
    confirm,
    delegate,
    end,
    end_sessions,
    grant,
    invite_auditor,
    open_account,
)
from upright.records.identity.approval import demand_approver, same_pair_within_a_day
from upright.records.identity.beginning import Newcomer, bootstrap
from upright.records.identity.editing import add, edit
from upright.records.identity.leaving import deactivate, holdings, reactivate
from upright.records.identity.models import (
    Account,
    ApiToken,
    ApprovalException,
    Delegation,
    Invitation,
    Person,
    Role,
    RoleAssignment,
    Unit,
)
from upright.records.identity.power import DeniedError, powers_of, register
from upright.records.trail.door import refresh, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import entries_of
from upright.records.trail.server_log import begin, clock_set, now
from upright.records.trail.verify import verify

TODAY = now().date()
LATER = TODAY + timedelta(days=30)
register({"test.thing.approve": (Role.AIMS_MANAGER,)})


def person(meridian: Organisation, name: str, *roles: Role, unit: Unit | None = None) -> Person:
    made = Person(name=name, email=f"{name.lower()}@meridian.example", unit=unit or meridian.root)
    write(made, actor=SETUP, action="identity.person.added")
    for role in roles:
        granted(made, role, unit or meridian.root)
    return made


def assignment(who: Person, role: Role, unit: Unit, **more: Any) -> RoleAssignment:
    return RoleAssignment(**({"person": who, "role": role, "unit": unit, "starts": TODAY} | more))


def may(who: Person, right: str) -> bool:
    return powers_of(actor_of(who)).may(right)


def test_a_role_that_approves_counts_once_a_second_holder_confirmed_and_its_holder_accepted(
    meridian: Organisation,
) -> None:
    admin, other = person(meridian, "Admin", Role.ADMINISTRATOR), person(meridian, "Rita")
    given = grant(assignment(other, Role.RISK_OWNER, meridian.lending), actor=actor_of(admin), reason="Her job.")
    accept(given, actor=actor_of(other))
    assert not powers_of(actor_of(other)).held
    with pytest.raises(DeniedError):
        confirm(given, actor=actor_of(admin), reason="Mine.")
    with pytest.raises(DeniedError):
        confirm(given, actor=actor_of(other), reason="Mine.")
    confirm(given, actor=actor_of(meridian.lead), reason="Seen.")
    assert powers_of(actor_of(other)).held.keys() == {Role.RISK_OWNER}
    said = [msgspec.json.decode(one.body or b"")["action"] for one in entries_of(given.ref)]
    assert said == ["identity.role.granted", "identity.role.accepted", "identity.role.confirmed"]
    assert verify().outcome == "intact"


def test_who_granted_does_not_confirm_and_who_gets_it_neither(meridian: Organisation) -> None:
    second = person(meridian, "Second", Role.AIMS_MANAGER)
    given = grant(
        assignment(person(meridian, "Rita"), Role.RISK_OWNER, meridian.root), actor=actor_of(meridian.lead), reason="x"
    )
    with pytest.raises(RefusedError, match=second.ref) as refused:
        confirm(given, actor=actor_of(meridian.lead), reason="Quickly.")
    assert refused.value.code == "UP-ROLE-08"
    mine = grant(assignment(second, Role.RISK_OWNER, meridian.root), actor=actor_of(meridian.lead), reason="x")
    with pytest.raises(RefusedError, match="You are who gets"):
        confirm(mine, actor=actor_of(second), reason="Mine.")


def test_nobody_gives_themselves_power_through_any_door(meridian: Organisation) -> None:
    admin = person(meridian, "Admin", Role.ADMINISTRATOR)
    actor = actor_of(admin)
    for door in (grant, add):
        with pytest.raises(RefusedError, match="Nobody gives power to themselves"):
            door(assignment(admin, Role.AIMS_MANAGER, meridian.root), actor=actor, reason="Mine.")
    forged = assignment(
        person(meridian, "Pal"),
        Role.RISK_OWNER,
        meridian.root,
        granted_by=meridian.lead.ref,
        confirmed_by=meridian.lead.ref,
        accepted_at=now(),
    )
    add(forged, actor=actor, reason="Looks confirmed.")
    forged = refresh(forged)
    assert (forged.granted_by, forged.confirmed_by, forged.accepted_at) == (admin.ref, "", None)
    mine = admin.roles.get()
    mine.role = Role.AIMS_MANAGER
    with pytest.raises(DeniedError, match="no role"):
        edit(mine, actor=actor)
    lent = Delegation(
        giver=meridian.lead,
        receiver=admin,
        unit=meridian.root,
        rights=["identity.role.confirm"],
        starts=TODAY,
        ends=LATER,
    )
    with pytest.raises(RefusedError, match="alone can lend"):
        add(lent, actor=actor, reason="Hers to me.")
    with pytest.raises(RefusedError, match="approves nothing"):
        add(lent, actor=actor_of(meridian.lead), reason="To an administrator.")
    with pytest.raises(DeniedError):
        end(meridian.lead.roles.get(), actor=actor_of(meridian.owner), reason="Out of my way.")


def test_an_aims_manager_makes_no_administrator_and_nobody_below_grants_above(meridian: Organisation) -> None:
    who = person(meridian, "Who")
    with pytest.raises(DeniedError):
        grant(assignment(who, Role.ADMINISTRATOR, meridian.root), actor=actor_of(meridian.lead), reason="x")
    below = person(meridian, "Below", Role.AIMS_MANAGER, unit=meridian.lending)
    with pytest.raises(DeniedError):
        grant(assignment(who, Role.MEMBER, meridian.root), actor=actor_of(below), reason="x")
    assert grant(assignment(who, Role.MEMBER, meridian.lending), actor=actor_of(below), reason="x").ref


@pytest.mark.parametrize("verb", ["approve", "accept", "confirm", "waive", "release"])
def test_an_administrator_approves_nothing_by_construction(verb: str) -> None:
    with pytest.raises(ValueError, match="approves nothing"):
        register({f"test.other.{verb}": (Role.AIMS_MANAGER, Role.ADMINISTRATOR)})
    with pytest.raises(ValueError, match="reads, and nothing else"):
        register({"test.other.add": (Role.EXTERNAL_AUDITOR,)})


def test_one_person_is_not_administrator_and_approver_without_an_exception_that_ends(meridian: Organisation) -> None:
    admin = person(meridian, "Admin", Role.ADMINISTRATOR)
    wanted = assignment(admin, Role.RISK_OWNER, meridian.root)
    with pytest.raises(RefusedError, match="approve as well"):
        grant(wanted, actor=actor_of(meridian.lead), reason="x")
    assert not may(admin, "test.thing.approve")


def exception(meridian: Organisation, who: Person, days: int = 30) -> ApprovalException:
    return ApprovalException(person=who, unit=meridian.root, starts=TODAY, ends=TODAY + timedelta(days=days))


def test_a_sole_approver_confirms_under_an_exception_and_it_counts_only_while_that_lasts(
    meridian: Organisation,
) -> None:
    lead, rita = meridian.lead, person(meridian, "Rita")
    given = grant(assignment(rita, Role.RISK_OWNER, meridian.root), actor=actor_of(lead), reason="x")
    with pytest.raises(RefusedError, match="nobody else can"):
        confirm(given, actor=actor_of(lead), reason="x")
    with pytest.raises(RefusedError, match="90 days"):
        add(exception(meridian, lead, 91), actor=actor_of(lead), reason="A small firm.")
    with pytest.raises(RefusedError, match="reason"):
        add(exception(meridian, lead), actor=actor_of(lead), reason=" ")
    allowed = allow_exception(exception(meridian, lead), actor=actor_of(lead), reason="A small firm.")
    confirm(given, actor=actor_of(lead), reason="Alone.")
    accept(given, actor=actor_of(rita))
    assert given.exception == allowed
    assert powers_of(actor_of(rita)).held.keys() == {Role.RISK_OWNER}
    with clock_set(lambda: now_in(31)):
        assert not powers_of(actor_of(rita)).held
    end(allowed, actor=actor_of(lead), reason="A second approver came.")
    assert not powers_of(actor_of(rita)).held


def now_in(days: int) -> datetime:
    return system_clock() + timedelta(days=days)


def test_no_exception_where_a_second_approver_is_there(meridian: Organisation) -> None:
    second = person(meridian, "Second", Role.AIMS_MANAGER)
    with pytest.raises(RefusedError, match=second.ref):
        allow_exception(exception(meridian, meridian.lead), actor=actor_of(meridian.lead), reason="Convenient.")


def test_own_work_is_approved_by_somebody_else_or_under_an_exception(meridian: Organisation) -> None:
    lead = meridian.lead
    system = write(meridian.system(), actor=actor_of(lead), action="inventory.system.added")
    ask: Callable[[Person, str], Any] = lambda who, author: demand_approver(  # noqa: E731
        "test.thing.approve", system, actor=actor_of(who), authors={author}
    )
    assert ask(lead, meridian.owner.ref).exception == ""
    with pytest.raises(DeniedError):
        ask(meridian.owner, lead.ref)
    with pytest.raises(RefusedError, match="own work"):
        ask(lead, lead.ref)
    allowed = allow_exception(exception(meridian, lead), actor=actor_of(lead), reason="Alone.")
    assert ask(lead, lead.ref).exception == allowed.ref
    second = person(meridian, "Second", Role.AIMS_MANAGER)
    with pytest.raises(RefusedError, match=second.ref):
        ask(lead, lead.ref)


def test_a_grant_and_an_approval_by_the_same_pair_within_a_day_are_flagged_in_both_orders(
    meridian: Organisation,
) -> None:
    lead, rita = meridian.lead, person(meridian, "Rita")
    admin = person(meridian, "Admin", Role.ADMINISTRATOR)
    system = write(meridian.system(), actor=actor_of(rita), action="inventory.system.added")
    ask = lambda: demand_approver("test.thing.approve", system, actor=actor_of(lead), authors={rita.ref})  # noqa: E731
    assert ask().flag == ""
    given = grant(assignment(rita, Role.RISK_OWNER, meridian.root), actor=actor_of(lead), reason="x")
    assert given.flag == ""
    assert given.ref in ask().flag
    with clock_set(lambda: now_in(2)):
        assert ask().flag == ""
        write(system, actor=actor_of(lead), action="inventory.system.approved")
        assert same_pair_within_a_day(rita.ref, lead.ref)
        assert same_pair_within_a_day(rita.ref, admin.ref) == ""
        again = grant(assignment(rita, Role.AIMS_MANAGER, meridian.root), actor=actor_of(lead), reason="x")
        assert "approved system:mortgage" in again.flag
    with clock_set(lambda: now_in(4)):
        assert same_pair_within_a_day(rita.ref, lead.ref) == ""


def lend(meridian: Organisation, receiver: Person, *rights: str, **more: Any) -> Delegation:
    given = {"giver": meridian.lead, "receiver": receiver, "rights": list(rights), "unit": meridian.root}
    return Delegation(**(given | {"starts": TODAY, "ends": LATER} | more))


def test_a_delegation_lends_what_its_giver_has_for_as_long_as_he_has_it(meridian: Organisation) -> None:
    stand_in, lead = person(meridian, "Standin"), meridian.lead
    second = person(meridian, "Second", Role.AIMS_MANAGER)
    lent = add(
        lend(meridian, stand_in, "inventory.system.add", unit=meridian.lending), actor=actor_of(lead), reason="x"
    )
    assert not may(stand_in, "inventory.system.add")
    accept(lent, actor=actor_of(stand_in))
    powers = powers_of(actor_of(stand_in))
    assert powers.may("inventory.system.add", meridian.system())
    assert not powers.may("inventory.system.add", meridian.system(unit=meridian.root))
    assert not powers.may("inventory.system.change", meridian.system())
    with pytest.raises((DeniedError, RefusedError)):
        delegate(
            lend(meridian, second, "inventory.system.add", giver=stand_in), actor=actor_of(stand_in), reason="Further."
        )
    with clock_set(lambda: now_in(31)):
        assert not may(stand_in, "inventory.system.add")
    end(lead.roles.get(), actor=actor_of(second), reason="Moved on.")
    assert not may(stand_in, "inventory.system.add")


def test_a_delegation_that_approves_is_confirmed_by_a_second_holder(meridian: Organisation) -> None:
    stand_in = person(meridian, "Standin")
    lent = add(lend(meridian, stand_in, "test.thing.approve"), actor=actor_of(meridian.lead), reason="Holidays.")
    accept(lent, actor=actor_of(stand_in))
    assert not may(stand_in, "test.thing.approve")
    second = person(meridian, "Second", Role.AIMS_MANAGER)
    confirm(lent, actor=actor_of(second), reason="Seen.")
    assert may(stand_in, "test.thing.approve")


@pytest.mark.parametrize("wrong", [[], ["no.such.right"], "inventory.system.add", ["identity.person.add"], [1]])
def test_what_one_does_not_have_cannot_be_lent(meridian: Organisation, wrong: object) -> None:
    with pytest.raises(RefusedError):
        delegate(lend(meridian, meridian.owner, rights=wrong), actor=actor_of(meridian.lead), reason="x")
    with pytest.raises(RefusedError, match="within a year"):
        delegate(
            lend(meridian, meridian.owner, "inventory.system.add", ends=TODAY + timedelta(days=400)),
            actor=actor_of(meridian.lead),
            reason="x",
        )


def test_an_external_auditor_reads_until_a_day_and_holds_nothing_else(meridian: Organisation) -> None:
    auditor = person(meridian, "Auditor")
    with pytest.raises(RefusedError, match="ends, within a year"):
        grant(assignment(auditor, Role.EXTERNAL_AUDITOR, meridian.root), actor=actor_of(meridian.lead), reason="x")
    invited = Invitation(person=auditor, unit=meridian.root, purpose="Stage 1", starts=TODAY, ends=LATER)
    add(invited, actor=actor_of(meridian.lead), reason="Certification.")
    accept(invited.role, actor=actor_of(auditor))
    assert may(auditor, "inventory.system.read")
    assert not may(auditor, "inventory.system.add")
    with pytest.raises(RefusedError, match="cannot be an external auditor"):
        grant(assignment(auditor, Role.MEMBER, meridian.root), actor=actor_of(meridian.lead), reason="x")
    with clock_set(lambda: now_in(31)):
        assert not may(auditor, "inventory.system.read")
    inside = Invitation(person=meridian.owner, unit=meridian.root, purpose="x", starts=TODAY, ends=LATER)
    with pytest.raises(RefusedError, match="cannot be an external auditor"):
        invite_auditor(inside, actor=actor_of(meridian.lead), reason="x")


def test_what_was_lent_gives_way_to_what_an_administrator_or_auditor_may_not(meridian: Organisation) -> None:
    second = person(meridian, "Second", Role.AIMS_MANAGER)
    helper, auditor = person(meridian, "Helper"), person(meridian, "Auditor")
    for one in (helper, auditor):
        lent = add(
            lend(meridian, one, "test.thing.approve", "inventory.system.add", "inventory.system.read"),
            actor=actor_of(meridian.lead),
            reason="x",
        )
        accept(confirm(lent, actor=actor_of(second), reason="x"), actor=actor_of(one))
        assert may(one, "test.thing.approve")
    granted(helper, Role.ADMINISTRATOR, meridian.root)
    granted(auditor, Role.EXTERNAL_AUDITOR, meridian.root)
    names = ("test.thing.approve", "inventory.system.add", "inventory.system.read")
    assert [may(helper, name) for name in names] == [False, True, True]
    assert [may(auditor, name) for name in names] == [False, False, True]
    with pytest.raises(RefusedError, match="reads and nothing else"):
        add(lend(meridian, auditor, "inventory.system.add"), actor=actor_of(meridian.lead), reason="x")


def test_a_unit_does_not_make_itself_a_second_organisation(meridian: Organisation) -> None:
    admin = person(meridian, "Local", Role.ADMINISTRATOR, unit=meridian.lending)
    meridian.lending.parent, meridian.lending.kind = None, "organisation"
    with pytest.raises(ValidationError, match="identity_one_organisation"):
        edit(meridian.lending, actor=actor_of(admin), reason="Independence.")


def test_who_comes_back_has_nothing_until_it_is_given_anew(meridian: Organisation) -> None:
    admin, helper = person(meridian, "Admin", Role.ADMINISTRATOR), person(meridian, "Helper", Role.MEMBER)
    deactivate(helper, actor=actor_of(admin), reason="Left.")
    reactivate(helper, actor=actor_of(admin), reason="Back.")
    assert helper.is_active
    assert not powers_of(actor_of(helper)).held
    with pytest.raises(RefusedError, match="who left"):
        reactivate(helper, actor=actor_of(admin), reason="Twice.")


def test_a_token_does_nothing_that_its_person_may_without_any_right(meridian: Organisation) -> None:
    given = grant(assignment(meridian.owner, Role.MEMBER, meridian.root), actor=actor_of(meridian.lead), reason="x")
    program = Actor(actor_of(meridian.owner).ref, "token")
    for verb in (accept, end):
        with pytest.raises((DeniedError, RefusedError)):
            verb(given, actor=program, reason="x")
    with pytest.raises(DeniedError):
        end_sessions(meridian.owner, actor=program, reason="x")
    with pytest.raises(RefusedError, match="no token can"):
        delegate(lend(meridian, meridian.lead, "inventory.system.add"), actor=program, reason="x")


def test_tokens_end_with_their_person_and_go_to_nobody_else(meridian: Organisation) -> None:
    admin, helper = person(meridian, "Admin", Role.ADMINISTRATOR), person(meridian, "Helper", Role.MEMBER)
    token = ApiToken(person=helper, name="CI", digest="0" * 64, expires_at=now() + timedelta(days=9))
    write(token, actor=SETUP, action="identity.token.added")
    assert holdings(helper) == []
    deactivate(helper, actor=actor_of(admin), reason="Left.")
    assert refresh(token).revoked_at is not None


def test_the_last_administrator_stays(meridian: Organisation) -> None:
    admin = person(meridian, "Admin", Role.ADMINISTRATOR)
    with pytest.raises(RefusedError, match="last administrator"):
        end(admin.roles.get(), actor=actor_of(admin), reason="Tired.")
    person(meridian, "Another", Role.ADMINISTRATOR)
    assert end(admin.roles.get(), actor=actor_of(admin), reason="Tired.").ended_at


def test_who_leaves_hands_over_and_every_way_in_closes(meridian: Organisation) -> None:
    admin, owner = person(meridian, "Admin", Role.ADMINISTRATOR), meridian.owner
    client = logged_in(account(owner))
    system = write(meridian.system(), actor=actor_of(owner), action="inventory.system.added")
    assert holdings(owner) == [(system, "owner")]
    with pytest.raises(RefusedError, match=r"system:mortgage \(owner\)") as refused:
        deactivate(owner, actor=actor_of(admin), reason="Left.")
    assert refused.value.code == "UP-ROLE-14"
    with pytest.raises(DeniedError):
        deactivate(owner, actor=actor_of(meridian.lead), reason="Left.", successor=meridian.lead)
    deactivate(owner, actor=actor_of(admin), reason="Left.", successor=meridian.lead)
    assert refresh(system).owner == meridian.lead
    assert holdings(owner) == []
    assert not powers_of(actor_of(owner)).is_active
    assert not Account.objects.get(person=owner).is_active
    assert client.get("/account/password/change/").status_code == 302
    with pytest.raises(RefusedError, match="themselves"):
        deactivate(admin, actor=actor_of(admin), reason="Left.")
    with pytest.raises(RefusedError, match="not active"):
        grant(assignment(owner, Role.MEMBER, meridian.root), actor=actor_of(admin), reason="Back?")
    assert verify().outcome == "intact"


def test_an_account_is_opened_by_an_administrator_and_its_sessions_end_when_he_says_so(meridian: Organisation) -> None:
    admin = person(meridian, "Admin", Role.ADMINISTRATOR)
    with pytest.raises(DeniedError):
        open_account(meridian.owner, actor=actor_of(meridian.lead))
    open_account(meridian.owner, actor=actor_of(admin))
    with pytest.raises(RefusedError, match="has an account already"):
        open_account(meridian.owner, actor=actor_of(admin))
    client = logged_in(Account.objects.get(person=meridian.owner))
    assert client.get("/account/password/set/").status_code == 200
    with pytest.raises(DeniedError):
        end_sessions(meridian.owner, actor=actor_of(meridian.lead), reason="x")
    end_sessions(meridian.owner, actor=actor_of(meridian.owner), reason="A lost telephone.")
    assert client.get("/account/password/set/").status_code == 302


@pytest.mark.parametrize("alone", [True, False])
def test_the_first_run_is_marked_and_happens_once(db: None, server_home: object, alone: bool) -> None:
    begin("meridian")
    ada, max_ = Newcomer("Ada", "ada@m.example"), Newcomer("Max", "max@m.example", "a long password 1")
    made = bootstrap("Meridian", ada, Newcomer("Ada", "ADA@m.example") if alone else max_)
    assert (made.exception is not None) == alone == (made.administrator == made.manager)
    assert may(made.administrator, "identity.person.add")
    assert may(made.manager, "test.thing.approve")
    said = msgspec.json.decode(entries_of(made.manager.roles.get(role="aims-manager").ref)[0].body or b"")
    assert (said["action"], said["actor"]) == ("identity.role.bootstrapped", "system:bootstrap")
    with clock_set(lambda: now_in(31)):
        assert may(made.manager, "test.thing.approve") != alone
    with pytest.raises(RefusedError, match="first people already"):
        bootstrap("Other", ada, max_)
    assert verify().outcome == "intact"


def test_moves_out_of_order_are_refused(meridian: Organisation) -> None:
    given = grant(assignment(meridian.owner, Role.MEMBER, meridian.root), actor=actor_of(meridian.lead), reason="x")
    with pytest.raises(RefusedError, match="waits for no confirmation"):
        confirm(given, actor=actor_of(meridian.lead), reason="x")
    with pytest.raises(RefusedError, match="who alone can accept"):
        accept(given, actor=actor_of(meridian.lead))
    accept(given, actor=actor_of(meridian.owner))
    with pytest.raises(RefusedError, match="accepted already"):
        accept(given, actor=actor_of(meridian.owner))
    with pytest.raises(RefusedError, match="reason"):
        end(given, actor=actor_of(meridian.owner), reason="")
    end(given, actor=actor_of(meridian.owner), reason="No more.")
    with pytest.raises(RefusedError, match="over already"):
        end(given, actor=actor_of(meridian.owner), reason="Again.")


def test_an_administrator_adds_a_unit_below_his_own_and_none_beside(meridian: Organisation) -> None:
    admin = person(meridian, "Local", Role.ADMINISTRATOR, unit=meridian.lending)
    assert add(Unit(name="Team", parent=meridian.lending), actor=actor_of(admin)).ref
    with pytest.raises(DeniedError):
        add(Unit(name="Cards", parent=meridian.root), actor=actor_of(admin))
    with pytest.raises(DeniedError):
        add(Unit(name="Cards", parent=meridian.root), actor=Actor.system("import"))
