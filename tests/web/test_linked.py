"""A query over many types is put together once, and still answers each with what they may see now."""

from django.db.models import QuerySet

from records.organisation import SETUP, Organisation, actor_of, grant
from upright.records.collaboration.models import Task
from upright.records.identity.compiled import rows_of
from upright.records.identity.models import Person, Role
from upright.records.identity.power import powers_of
from upright.records.inventory.models import System
from upright.records.risk.models import Risk
from upright.records.trail.door import write, write_many
from upright.web.linked import links
from upright.web.requests import Request


def test_each_record_and_each_person_is_answered_by_the_same_query(meridian: Organisation) -> None:
    write_many((meridian.system(f"s{n}") for n in range(3)), actor=SETUP, action="inventory.system.added")
    first, second, bare = System.objects.order_by("short_name")
    for system, count in ((first, 2), (second, 1)):
        for n in range(count):
            risk = Risk(title=f"Risk {n}", system=system, unit=meridian.lending, owner=meridian.owner, likelihood=2,
                        source="A cause.", concerns="individuals", consequence="A harm.", impact=3)  # fmt: skip
            write(risk, actor=SETUP, action="risk.risk.added")
    stranger = write(
        Person(name="Sten", email="sten@meridian.example", unit=meridian.root),
        actor=SETUP,
        action="identity.person.added",
    )

    def seen(record: System, person: Person) -> list[tuple[str, int, str]]:
        request = Request()
        request.powers = powers_of(actor_of(person))
        found = links(record, request)
        return [(one.described.name, one.count, one.query) for one in found]

    for _ in range(2):
        assert seen(first, meridian.owner) == [("risk", 2, "?system=system:s0")]
        assert seen(second, meridian.owner) == [("risk", 1, "?system=system:s1")]
        assert seen(bare, meridian.owner) == []
        assert seen(first, stranger) == []
    grant(stranger, Role.SYSTEM_OWNER, meridian.lending)  # another power, another answer, at once
    assert seen(first, stranger) == [("risk", 2, "?system=system:s0")]


def test_a_query_is_built_once_for_a_key_and_powers_and_may_be_of_nothing(meridian: Organisation) -> None:
    powers, others = (powers_of(actor_of(one)) for one in (meridian.owner, meridian.lead))
    built: list[str] = []

    def build() -> QuerySet[Person, tuple[str, str]]:
        built.append("")
        return Person.objects.filter(name="Nobody").order_by().values_list("name", "email")

    put = {"Nobody": "Ada Lead"}
    for _ in range(3):
        assert rows_of("of the test", powers, build, put) == [("Ada Lead", "ada@meridian.example")]
    assert rows_of("of the test", others, build) == []
    assert rows_of(("of the test", 2), powers, build) == []
    assert len(built) == 3
    assert rows_of("nothing", powers, lambda: None) == []
    assert rows_of("never any", powers, lambda: Task.objects.none().values_list("ref")) == []
