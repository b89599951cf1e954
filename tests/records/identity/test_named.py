"""Somebody has a name until an erasure takes it away: without one they read as erased."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from records.identity.accounts import account, logged_in
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.records.identity import leaving
from upright.records.identity.models import Person, Role
from upright.records.trail.door import refresh, write
from upright.records.trail.erasure import erase

pytestmark = pytest.mark.django_db


@pytest.fixture
def eva(meridian: Organisation) -> Person:
    made = Person(name="Eva New", email="eva@meridian.example", unit=meridian.root)
    return write(made, actor=SETUP, action="identity.person.added")


def test_nobody_is_added_without_a_name(meridian: Organisation) -> None:
    with pytest.raises(ValidationError) as caught:
        write(Person(name="", unit=meridian.root), actor=SETUP, action="identity.person.added")
    assert [one.code for one in caught.value.error_dict["name"]] == ["blank"]


def test_a_name_is_not_taken_away_by_a_change_not_of_somebody_who_left_either(
    meridian: Organisation, eva: Person
) -> None:
    for is_active in (True, False):
        eva.is_active = is_active
        eva.name = "Eva New"
        write(eva, actor=SETUP, action="identity.person.changed")
        eva.name = ""
        with pytest.raises(ValidationError) as caught:
            write(eva, actor=SETUP, action="identity.person.changed")
        assert [one.code for one in caught.value.error_dict["name"]] == ["blank"]
        eva = refresh(eva)
    assert eva.name == "Eva New"


def test_an_erasure_blanks_the_name_and_who_comes_back_is_named_again(meridian: Organisation, eva: Person) -> None:
    grant(meridian.lead, Role.ADMINISTRATOR, meridian.root)
    lead = actor_of(meridian.lead)
    leaving.deactivate(eva, actor=lead, reason="Left.")
    erase(refresh(eva), actor=SETUP, reason="She asked.")
    gone = refresh(eva)
    assert (gone.name, gone.email, str(gone)) == ("", "", "(erased person)")
    write(gone, actor=SETUP, action="identity.person.changed")  # what else stands in the row may be written
    with pytest.raises(ValidationError):
        leaving.reactivate(gone, actor=lead, reason="Back.")
    gone = refresh(eva)
    gone.name = "Eva Again"
    write(gone, actor=SETUP, action="identity.person.changed")
    assert leaving.reactivate(refresh(eva), actor=lead, reason="Back.").is_active


def test_the_form_says_beside_the_name_that_one_is_needed(meridian: Organisation) -> None:
    grant(meridian.owner, Role.ADMINISTRATOR, meridian.root)
    client = logged_in(account(meridian.owner))
    empty = client.get("/records/person/add/").content.decode()
    assert re.search(r'<input[^>]*name="name"[^>]*required', empty)
    assert "optional" not in empty[empty.index('for="id_name"') : empty.index('for="id_email"')]
    sent = {"name": " ", "email": "new@meridian.example", "unit": meridian.root.ref}
    answer = client.post("/records/person/add/", sent)
    assert answer.status_code == 400
    assert "This field is required." in answer.content.decode()
    with translation.override("de"):
        german = client.post("/records/person/add/", sent, headers={"Accept-Language": "de"}).content.decode()
    assert "Dieses Feld ist zwingend erforderlich." in german
    assert not Person.objects.filter(email="new@meridian.example").exists()
    assert client.post("/records/person/add/", sent | {"name": "New Person"}).status_code == 302
    made = Person.objects.get(email="new@meridian.example")
    assert client.post(f"/edit/{made.ref}/", sent | {"version": made.version}).status_code == 400
    assert refresh(made).name == "New Person"
