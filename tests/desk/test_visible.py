"""Which rows someone may read: the query says what ``unit_of`` and ``Scope`` say of one row."""

from dataclasses import replace

from records.organisation import SETUP, Organisation, actor_of
from upright.desk.visible import lies_in, visible
from upright.records.identity.acting import Scope, acting
from upright.records.identity.models import CachedValue, Person, Unit
from upright.records.identity.power import powers_of
from upright.records.inventory.models import System
from upright.records.trail.door import write


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
