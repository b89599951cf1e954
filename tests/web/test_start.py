"""The guided start calls a step done when it counts, and says what is the next act where it was begun."""

import pytest
from django.test import Client
from django.utils import translation

from records.identity.accounts import account, logged_in
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.records.governance.models import ScopeStatement
from upright.records.identity import actions, controlled
from upright.records.identity.models import Person, Role, RoleAssignment
from upright.records.trail.door import refresh, write
from upright.records.trail.server_log import now

pytestmark = pytest.mark.django_db
SCOPE, TWO = "Say what the management system covers", "Give at least two people a role that approves"


def person(meridian: Organisation, name: str) -> Person:
    made = Person(name=name, email=f"{name[:3].lower()}@meridian.example", unit=meridian.root)
    return write(made, actor=SETUP, action="identity.person.added")


def step(client: Client, title: str) -> str:
    """The step of that title, to the end of its line."""
    page = client.get("/start/").content.decode()
    return page[page.index(f"<h2>{title}</h2>") :].partition("</li>")[0]


def draft(meridian: Organisation) -> ScopeStatement:
    made = ScopeStatement(
        title="Scope", text="Lending.", covers=[meridian.root.ref], excluded="None.", unit=meridian.root,
        owner=meridian.lead, review_by=now().date().replace(year=now().year + 1, day=1),
    )  # fmt: skip
    return write(made, actor=actor_of(meridian.lead), action="governance.scope_statement.added")


def test_an_administrator_is_no_second_person_who_approves(meridian: Organisation) -> None:
    actions.end(meridian.owner.roles.get(), actor=actor_of(meridian.lead), reason="Left the post.")
    grant(person(meridian, "Adm In"), Role.ADMINISTRATOR, meridian.root)
    client = logged_in(account(meridian.lead))
    assert ", done" not in step(client, TWO)
    assert "Ada Lead approves so far, and nobody else." in step(client, TWO)
    second = person(meridian, "Max Second")
    given = RoleAssignment(person=second, role=Role.AIMS_MANAGER, unit=meridian.root, starts=now().date())
    write(given, actor=SETUP, action="identity.role.granted")
    assert ", done" not in step(client, TWO)  # neither confirmed nor accepted
    given.confirmed_by = str(SETUP)
    write(given, actor=SETUP, action="identity.role.confirmed")
    assert ", done" not in step(client, TWO)
    given.accepted_at = now()
    write(given, actor=SETUP, action="identity.role.accepted")
    assert ", done" in step(client, TWO)
    assert "approves so far" not in step(client, TWO)


def test_a_scope_is_done_when_it_is_approved_and_each_is_told_the_next_act(meridian: Organisation) -> None:
    lead = logged_in(account(meridian.lead))
    assert 'href="/records/scope-statement/add/' in step(lead, SCOPE)
    scope = draft(meridian)
    assert ", done" not in step(lead, SCOPE)
    assert "Submit it next; somebody else then approves it." in step(lead, SCOPE)
    assert f'href="/record/{scope.ref}/">Submit the draft</a>' in step(lead, SCOPE)
    assert "primary" not in step(lead, SCOPE)  # what was begun holds up no other step
    assert "primary" in step(lead, "Register the first AI system, or the first use of somebody else’s")
    assert "Who wrote it submits it next." in step(logged_in(account(meridian.owner)), SCOPE)
    scope = controlled.submit(scope, actor=actor_of(meridian.lead))
    assert "nobody else can approve it yet" in step(lead, SCOPE)
    second = person(meridian, "Max Second")
    grant(second, Role.AIMS_MANAGER, meridian.root)
    assert "Ask who may approve it: Max Second." in step(lead, SCOPE)
    with translation.override("de"):
        german = lead.get("/start/", headers={"Accept-Language": "de"}).content.decode()
    assert "Bitten Sie um die Genehmigung: Max Second." in german
    other = logged_in(account(second))
    assert "Read it, and approve it or give it back." in step(other, SCOPE)
    assert ", done" not in step(other, SCOPE)
    controlled.approve(refresh(scope), actor=actor_of(second), reason="Read.")
    assert ", done" in step(lead, SCOPE)
    assert "submitted" not in step(lead, SCOPE)
