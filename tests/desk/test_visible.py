"""Which rows someone may read: the query says what ``unit_of`` and ``Scope`` say of one row."""

from dataclasses import replace

from records.examples import EXAMPLES
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.desk.visible import lies_in, visible
from upright.records.identity.acting import Scope, acting
from upright.records.identity.editing import add
from upright.records.identity.models import CachedValue, Person, Role, Unit
from upright.records.identity.power import powers_of, unit_of
from upright.records.inventory.models import System
from upright.records.risk.models import SoaRow
from upright.records.trail.door import refresh, write
from upright.records.trail.record import Record


def test_what_lies_in_no_unit_is_the_whole_organisations(meridian: Organisation) -> None:
    CachedValue.objects.create(key="k", value="1", expires=1.0)
    for units, count in (({meridian.root.pk}, 1), ({meridian.lending.pk}, 0), (set(), 0)):
        assert CachedValue.objects.filter(lies_in(CachedValue, frozenset(units))).count() == count


def test_a_scope_of_systems_leaves_what_belongs_to_them(meridian: Organisation) -> None:
    for name in ("mortgage", "cards"):
        write(meridian.system(name), actor=SETUP, action="inventory.system.added")
    actor = replace(actor_of(meridian.owner), via="token")
    with acting(actor, Scope(meridian.owner.ref, systems=frozenset({"system:cards"}))):
        mine = powers_of(actor)
        assert [one.ref for one in visible(System, mine)] == ["system:cards"]
        assert not visible(Person, mine).exists()
        assert not visible(Unit, mine).exists()
        for system in System.objects.all():
            assert mine.may("inventory.system.read", system) == (system.ref == "system:cards")


OF_THE_GROUP = {"dependency"}
"""What lies in no entity: an edge may lead from one to another."""


def entity(group: Organisation, name: str) -> Organisation:
    """A legal entity below the group, with a unit, a manager and an owner of its own."""
    root = Unit(name=name, kind="legal-entity", parent=group.root, jurisdictions=["DE"])
    write(root, actor=SETUP, action="identity.unit.added")
    below = write(Unit(name=f"{name} lending", parent=root), actor=SETUP, action="identity.unit.added")
    people = [Person(name=f"{part} of {name}", unit=root) for part in ("lead", "owner")]
    for one in people:
        write(one, actor=SETUP, action="identity.person.added")
    grant(people[0], Role.AIMS_MANAGER, root)
    grant(people[1], Role.SYSTEM_OWNER, below)
    return Organisation(root, below, *people)


def test_of_each_type_the_query_finds_a_row_where_it_lies_and_nowhere_else(meridian: Organisation) -> None:
    bank, cards = entity(meridian, "Bank"), entity(meridian, "Cards")
    made: dict[str, Record] = {}
    for name, build in EXAMPLES.items():
        who = meridian.lead if name in OF_THE_GROUP else bank.lead
        made[name] = add(build(bank, made), actor=actor_of(who))
    made["soa-row"] = SoaRow.objects.filter(system=None)[0]
    units = [one.root.pk for one in (meridian, bank, cards)] + [one.lending.pk for one in (meridian, bank, cards)]
    wrong, of_the_group = [], set()
    for name, record in made.items():
        lies = unit_of(refresh(record))
        of_the_group |= {name} if lies == meridian.root.pk else set()
        for unit in units:
            found = type(record).objects.filter(lies_in(type(record), frozenset({unit})), pk=record.pk).exists()
            if found is not (unit == lies):
                wrong.append(f"{name}: {'found' if found else 'not found'} in {Unit.objects.get(pk=unit)}")
    assert wrong == []
    assert of_the_group == OF_THE_GROUP


def test_an_entity_reads_no_row_of_anothers_statement_and_its_manager_reads_his_own(meridian: Organisation) -> None:
    bank, cards = entity(meridian, "Bank"), entity(meridian, "Cards")
    add(EXAMPLES["statement-of-applicability"](bank, {}), actor=actor_of(bank.lead))
    own, others = (visible(SoaRow, powers_of(actor_of(one.lead))) for one in (bank, cards))
    assert own.count() == SoaRow.objects.count() > 37
    assert not others.exists()
    below = visible(SoaRow, powers_of(actor_of(bank.owner)))
    assert below.count() == own.count()  # what an entity lays down is read in its units
