"""Rights: denied by default, held through accepted, confirmed, current roles, reaching what lies below."""

from datetime import date, timedelta

import pytest

from records.identity.accounts import account, logged_in
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.kernel import Actor, system_clock
from upright.records.governance.models import Document, KeptRecord
from upright.records.identity.editing import add, edit
from upright.records.identity.models import ApprovalException, Person, Role, RoleAssignment, Unit
from upright.records.identity.power import DeniedError, is_effective, powers_of, reach_up, register
from upright.records.trail.days import bringing_history
from upright.records.trail.door import write
from upright.records.trail.server_log import clock_set, now


def test_nobody_may_anything(meridian: Organisation) -> None:
    stranger = write(Person(name="S", unit=meridian.root), actor=SETUP, action="identity.person.added")
    for actor in (actor_of(stranger), Actor.system("reactions")):
        assert not powers_of(actor).may("inventory.system.read")
        with pytest.raises(DeniedError, match="System owner"):
            add(meridian.system(), actor=actor)


def test_a_role_reaches_its_unit_and_what_lies_below_and_nothing_beside_or_above(meridian: Organisation) -> None:
    team = write(Unit(name="Team", parent=meridian.lending), actor=SETUP, action="identity.unit.added")
    cards = write(Unit(name="Cards", parent=meridian.root), actor=SETUP, action="identity.unit.added")
    owner = powers_of(actor_of(meridian.owner))
    assert owner.may("inventory.system.add", meridian.system())
    assert owner.may("inventory.system.add", meridian.system(unit=team))
    assert not owner.may("inventory.system.add", meridian.system(unit=cards))
    assert not owner.may("inventory.system.add", meridian.system(unit=meridian.root))
    assert owner.units("inventory.system.read") == {meridian.lending.pk, team.pk}


@pytest.mark.parametrize(
    "flaw", [{"accepted_at": None}, {"confirmed_by": ""}, {"ends": date(2020, 2, 1)}, {"starts": date(2199, 1, 1)}]
)
def test_a_role_not_accepted_not_confirmed_or_not_current_gives_nothing(
    meridian: Organisation, flaw: dict[str, object]
) -> None:
    person = write(Person(name="P", unit=meridian.root), actor=SETUP, action="identity.person.added")
    given = {"starts": date(2020, 1, 1), "confirmed_by": "x", "accepted_at": now()}
    role = RoleAssignment(person=person, role=Role.AIMS_MANAGER, unit=meridian.root, **(given | flaw))
    with bringing_history():
        write(role, actor=SETUP, action="identity.role.granted")
    assert not powers_of(actor_of(person)).may("inventory.system.add")


def test_a_person_who_left_may_nothing(meridian: Organisation) -> None:
    assert powers_of(actor_of(meridian.lead)).may("inventory.system.add")
    meridian.lead.is_active = False
    write(meridian.lead, actor=SETUP, action="identity.person.deactivated")
    assert not powers_of(actor_of(meridian.lead)).may("inventory.system.add")


def test_a_record_cannot_be_moved_into_a_unit_where_one_has_no_right(meridian: Organisation) -> None:
    cards = write(Unit(name="Cards", parent=meridian.root), actor=SETUP, action="identity.unit.added")
    system = add(meridian.system(), actor=actor_of(meridian.owner))
    system.unit = cards
    with pytest.raises(DeniedError):
        edit(system, actor=actor_of(meridian.owner))
    moved = edit(system, actor=actor_of(meridian.lead), reason="Reorganised.")
    moved.unit = meridian.lending
    with pytest.raises(DeniedError):
        edit(moved, actor=actor_of(meridian.owner))


def test_a_role_that_ends_today_still_counts_today(meridian: Organisation) -> None:
    person = write(Person(name="P", unit=meridian.root), actor=SETUP, action="identity.person.added")
    role = grant(person, Role.MEMBER, meridian.root)
    role.ends = now().date()
    write(role, actor=SETUP, action="identity.role.changed")
    assert powers_of(actor_of(person)).may("inventory.system.read")
    with clock_set(lambda: system_clock() + timedelta(days=1)):
        assert not powers_of(actor_of(person)).may("inventory.system.read")


def test_roles_are_each_persons_and_each_days_although_their_query_is_put_together_once(
    meridian: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = now().date()
    until = ApprovalException(
        person=meridian.lead, unit=meridian.root, starts=today, ends=today + timedelta(days=3), granted_by=str(SETUP)
    )
    write(until, actor=SETUP, action="identity.exception.granted")
    people = [meridian.lead, meridian.owner]
    for name, more in (
        ("Begins", {"starts": today + timedelta(days=2)}),
        ("Ends", {"ends": today + timedelta(days=1)}),
        ("Excepted", {"exception": until}),
        ("Waits", {"accepted_at": None}),
    ):
        person = write(Person(name=name, unit=meridian.root), actor=SETUP, action="identity.person.added")
        given = {"starts": date(2020, 1, 1), "confirmed_by": "x", "accepted_at": now()}
        role = RoleAssignment(person=person, role=Role.RISK_OWNER, unit=meridian.lending, **(given | more))
        write(role, actor=SETUP, action="identity.role.granted")
        people.append(person)
    seen = set()
    for day in range(-1, 6):
        on = now() + timedelta(days=day)
        monkeypatch.setattr("upright.records.identity.power.now", lambda on=on: on)
        for person in people:
            roles = RoleAssignment.objects.filter(person=person).select_related("exception")
            expected = {Role(one.role): {one.unit_id} for one in roles if is_effective(one, on.date())}
            held = powers_of(actor_of(person)).held
            assert held.keys() == expected.keys(), (person.name, day)
            assert all(expected[role] <= units for role, units in held.items())
            seen.add((person.name, frozenset(held)))
    assert len(seen) == 2 + 2 * 3 + 1  # both of the organisation always, three now and then, one never


def test_a_right_is_registered_for_one_set_of_roles() -> None:
    with pytest.raises(ValueError, match=r"inventory\.system\.read"):
        register({"inventory.system.read": (Role.MEMBER,)})


def test_a_unit_is_not_its_own_ancestor(meridian: Organisation) -> None:
    team = write(Unit(name="Team", parent=meridian.lending), actor=SETUP, action="identity.unit.added")
    meridian.lending.parent = team
    with pytest.raises(Exception, match=r"below itself \(5\.3\)"):
        write(meridian.lending, actor=SETUP, action="identity.unit.changed")


def test_members_of_a_unit_read_what_is_laid_down_above_them_and_nothing_else_there_or_beside(
    meridian: Organisation, quick_hashes: None
) -> None:
    cards = write(Unit(name="Cards", parent=meridian.root), actor=SETUP, action="identity.unit.added")
    member = write(
        Person(name="Rae", email="rae@meridian.example", unit=meridian.lending),
        actor=SETUP,
        action="identity.person.added",
    )
    grant(member, Role.MEMBER, meridian.lending)
    policy, beside = (
        add(
            Document(title=name, subtype="procedure", unit=unit, owner=meridian.owner, text="We do so."),
            actor=actor_of(meridian.lead),
        )
        for name, unit in (("For all of us", meridian.root), ("For Cards alone", cards))
    )
    kept = KeptRecord(kind="performance-test", title="A test", unit=meridian.root, owner=meridian.owner)
    powers = powers_of(actor_of(member))
    assert powers.may("governance.document.read", policy)
    assert powers.may("governance.document.acknowledge", policy)
    assert not powers.may("governance.document.read", beside)
    assert not powers.may("governance.kept_record.read", kept)
    assert not powers.may("inventory.system.read", meridian.system(unit=meridian.root))
    with pytest.raises(DeniedError):
        edit(policy, actor=actor_of(meridian.owner))  # she may change documents, but in her unit
    client = logged_in(account(member))
    listed = client.get("/records/document/").content.decode()
    assert ("For all of us" in listed, "For Cards alone" in listed) == (True, False)
    assert client.get(f"/record/{policy.ref}/").status_code == 200
    assert client.get(f"/record/{beside.ref}/").status_code == 404
    with pytest.raises(ValueError, match="changes nothing"):
        reach_up(["governance.document.change"])
