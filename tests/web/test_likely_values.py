"""A form for a new record begins with what most would choose, and what the address says goes before it."""

import re

import pytest
from django.test import Client

from records.identity.accounts import account, logged_in, stranger
from records.organisation import Organisation, grant
from upright.records.identity.models import Role
from upright.records.trail.server_log import now

pytestmark = pytest.mark.django_db


def chosen(client: Client, address: str, field: str) -> list[str]:
    """The values of a field that stand in the form before anybody touched it."""
    page = client.get(address).content.decode()
    select = re.search(rf'<select[^>]*name="{field}".*?</select>', page, re.DOTALL)
    assert select is not None, f"{address} has no choice of {field}"
    return re.findall(r'<option value="([^"]+)" selected', select.group())


@pytest.mark.parametrize(
    "name", ["system", "risk", "treatment", "use", "statement-of-applicability", "scope-statement"]
)
def test_who_adds_a_record_answers_for_it_unless_they_say_otherwise(meridian: Organisation, name: str) -> None:
    lead = logged_in(account(meridian.lead))
    assert chosen(lead, f"/records/{name}/add/", "owner") == [meridian.lead.ref]
    named = f"/records/{name}/add/?owner={meridian.owner.ref}"
    assert chosen(lead, named, "owner") == [meridian.owner.ref]


def test_a_request_to_an_outsider_is_looked_after_by_who_asks(meridian: Organisation) -> None:
    lead = logged_in(account(meridian.lead))
    assert chosen(lead, "/records/outside-request/add/", "responsible") == [meridian.lead.ref]


def test_a_role_begins_today_and_is_given_to_nobody_by_default(meridian: Organisation) -> None:
    admin = stranger(meridian)
    grant(admin.person, Role.ADMINISTRATOR, meridian.root)
    client = logged_in(admin)
    page = client.get("/records/role/add/").content.decode()
    starts = re.search(r'<input[^>]*name="starts"[^>]*>', page)
    assert starts is not None
    assert f'value="{now().date().isoformat()}"' in starts.group()
    assert chosen(client, "/records/role/add/", "person") == []


def test_what_was_typed_and_refused_is_not_replaced(meridian: Organisation) -> None:
    lead = logged_in(account(meridian.lead))
    page = lead.post("/records/system/add/", {"name": "A", "owner": meridian.owner.ref}).content.decode()
    select = re.search(r'<select[^>]*name="owner".*?</select>', page, re.DOTALL)
    assert select is not None
    assert re.findall(r'<option value="([^"]+)" selected', select.group()) == [meridian.owner.ref]
