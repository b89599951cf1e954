"""A query that is put together once gives what Django's own gives, for whatever values it is asked with."""

from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from records.organisation import Organisation
from upright.records.identity.models import Person, RoleAssignment, Unit
from upright.records.trail.prepared import objects, raw_rows, rows

NOBODY, NO_DAY = "person:none", date.min
COLUMNS = ("pk", "person__name", "unit_id", "starts", "ends", "accepted_at", "confirmed_by", "exception__ends")


def asked(ref: str, day: date) -> QuerySet[RoleAssignment, Any]:
    return RoleAssignment.objects.filter(person__ref=ref, starts__lte=day).order_by("pk").values_list(*COLUMNS)


def test_rows_are_those_of_values_list_and_the_query_is_built_once(meridian: Organisation) -> None:
    built = []

    def build() -> QuerySet[RoleAssignment, Any]:
        built.append(1)
        return asked(NOBODY, NO_DAY)

    taken = connection.ops.adapt_datefield_value
    first = date(2020, 1, 1)
    for person in (meridian.lead, meridian.owner):
        for day in (first - timedelta(days=1), first, first + timedelta(days=1)):
            put = {NOBODY: person.ref, taken(NO_DAY): taken(day)}
            found = rows("tests.roles", build, put)
            assert found == list(asked(person.ref, day))
            assert len(found) == (day >= first)
    assert built == [1]


def test_objects_are_those_of_the_query_with_what_it_annotates(meridian: Organisation) -> None:
    built = []

    def build() -> QuerySet[Person]:
        built.append(1)
        return Person.objects.filter(ref=NOBODY).annotate(lies_in=F("unit__name"), logs_in=F("account__is_active"))

    for person in (meridian.lead, meridian.owner):
        (found,) = objects(Person, "tests.people", build, {NOBODY: person.ref})
        expected = Person.objects.get(ref=person.ref)
        assert found == expected
        assert {one.attname: getattr(found, one.attname) for one in Person._meta.concrete_fields} == {
            one.attname: getattr(expected, one.attname) for one in Person._meta.concrete_fields
        }
        assert (found.lies_in, found.logs_in) == (expected.unit.name, None)
    assert objects(Person, "tests.people", build, {NOBODY: "person:not-here"}) == []
    assert built == [1]


def test_raw_rows_are_as_the_database_has_them_and_nothing_asked_is_nothing(meridian: Organisation) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name FROM identity_unit ORDER BY name")
        expected = [tuple(row) for row in cursor.fetchall()]
    assert raw_rows("tests.units", lambda: Unit.objects.order_by("name").values_list("pk", "name")) == expected
    assert len(expected) == 2
    assert rows("tests.none", lambda: None) == []
    assert rows("tests.empty", lambda: Person.objects.none().values_list("pk")) == []
