"""The register of risks and the statement of applicability: filtered by a cell, decided in place, printed whole."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from api.conftest import issued
from api.program import code
from records.examples import EXAMPLES as ALL
from records.identity.accounts import account, logged_in, stranger
from records.organisation import Organisation, actor_of, grant
from records.risk.settled import Settled, settled
from upright.records.collaboration.actions import close_task
from upright.records.collaboration.models import Task
from upright.records.identity import controlled
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Role
from upright.records.risk import actions
from upright.records.risk.models import SoaRow
from upright.records.risk.standing import ask_to_mend
from upright.records.trail.door import change
from upright.records.trail.history import steps
from upright.records.trail.models import LedgerEntry

__all__ = ["issued"]


@pytest.fixture
def set_up(meridian: Organisation) -> Settled:
    return settled(meridian)


@pytest.fixture
def lead(set_up: Settled) -> Client:
    return logged_in(account(set_up.org.lead))


def text_of(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content[:500]
    return str(answer.content.decode())


def titles(page: str) -> set[str]:
    return set(re.findall(r'<th scope="row"><a href="/record/risk:[^"]+">([^<]+)</a>', page))


def test_a_cell_of_the_matrix_shows_its_risks_and_what_is_missing_is_said(set_up: Settled, lead: Client) -> None:
    high = set_up.example("risk", title="High one", likelihood=5, impact=4)
    set_up.example("risk", title="Low one", likelihood=1, impact=2)
    closed = set_up.example("risk", title="Closed one", likelihood=5, impact=4)
    actions.close_risk(closed, actor=set_up.ada, reason="Retired.")
    actions.rate_risk(high, likelihood=2, impact=4, actor=set_up.olu, reason="Measured.")
    page = text_of(lead, "/in/risks/")
    assert titles(page) == {"High one", "Low one"}
    assert 'aria-label="1 unlikely and major, at likelihood 2, impact 4"' in page
    assert 'aria-label="1 almost certain and major, at likelihood 5, impact 4"' not in page
    edited = f"/edit/{closed.ref}/"
    assert f'href="{edited}"' not in text_of(lead, f"/record/{closed.ref}/")
    assert "cannot be edited: it is closed; open it again first." in text_of(lead, f"/record/{closed.ref}/")
    assert "UP-DOOR-11" in text_of(lead, edited, 400)
    assert f'href="/edit/{high.ref}/"' in text_of(lead, f"/record/{high.ref}/")
    inherent = text_of(lead, "/in/risks/?by=inherent")
    assert 'aria-label="1 almost certain and major, at likelihood 5, impact 4"' in inherent
    assert titles(text_of(lead, "/in/risks/?likelihood=2&impact=4")) == {"High one"}
    assert titles(text_of(lead, "/in/risks/?show=above")) == {"High one"}
    assert titles(text_of(lead, "/in/risks/?show=reopened")) == set()
    assert titles(text_of(lead, "/in/risks/?by=no&show=no&likelihood=9&impact=x&system=system:none")) == {
        "High one",
        "Low one",
    }
    printed = text_of(lead, "/in/risks/printed/")
    assert "Missing: no treatment chosen" in printed
    assert "Closed one" not in printed
    set_up.example("treatment", risk=high)
    assert "Missing: no residual rating" in text_of(lead, "/in/risks/printed/")
    assert titles(text_of(lead, "/in/risks/?show=untreated")) == {"Low one"}
    with CaptureQueriesContext(connection) as few:
        text_of(lead, "/in/risks/")
    for number in range(15):
        set_up.example("risk", title=f"More {number}")
    with CaptureQueriesContext(connection) as many:
        text_of(lead, "/in/risks/")
    assert len(many) == len(few)
    nobody = logged_in(stranger(set_up.org))
    assert titles(text_of(nobody, "/in/risks/")) == set()
    assert "High one" not in text_of(nobody, "/in/risks/printed/")


def test_rows_are_decided_on_the_page_and_a_refused_one_keeps_what_was_written(set_up: Settled, lead: Client) -> None:
    assert lead.get("/soa/").headers["Location"] == "/records/statement-of-applicability/"
    risk = set_up.example("risk")
    set_up.example("treatment", risk=risk)
    statement = set_up.example("statement-of-applicability")
    address = lead.get("/soa/").headers["Location"]
    page = text_of(lead, address)
    assert page.count("Not decided") == 38
    assert "Approval would be refused" in page
    row = statement.rows.get(control="A.9.2", system=None)
    form = text_of(lead, f"{address}?row={row.ref}")
    assert form.count("Save row") == 1
    sent = {
        "row": row.ref,
        "version": row.version,
        "decision": "excluded",
        "reason": "We look ourselves.",
        "status": "planned",
    }
    refused = lead.post(address, sent)
    assert refused.status_code == 400
    assert "We look ourselves." in refused.content.decode()
    assert "one of the two grounds" in refused.content.decode()
    sent |= {"decision": "included", "needed_by": risk.ref, "ground": ""}
    assert lead.post(address, sent).status_code == 302
    now = SoaRow.objects.get(pk=row.pk)
    assert (now.decision, now.needed_by, now.reason) == ("included", [risk.ref], "We look ourselves.")
    stale = lead.post(address, sent | {"reason": "Written over."})
    assert stale.status_code == 400  # somebody saved meanwhile; nothing is overwritten
    assert SoaRow.objects.get(pk=row.pk).reason == "We look ourselves."
    assert page.count("Not decided") - text_of(lead, address).count("Not decided") == 1
    assert "A.9.2" in text_of(lead, f"{address}?show=included")
    printed = text_of(lead, f"{address}printed/")
    assert "Missing: A.2.2 is not decided on." in printed
    assert "Missing: not approved." in printed
    grant(set_up.org.owner, Role.MEMBER, set_up.org.root)
    reader = logged_in(account(set_up.org.owner))
    assert reader.post(address, sent).status_code == 403
    assert "Save row" not in text_of(reader, f"{address}?row=soa-row:1")
    assert logged_in(stranger(set_up.org)).get(address).status_code == 404


def test_versions_are_compared_on_a_page(set_up: Settled, lead: Client) -> None:
    risk = set_up.example("risk")
    set_up.example("treatment", risk=risk)
    statement = set_up.example("statement-of-applicability")
    assert "none before it" in text_of(lead, f"/soa/{statement.ref}/versions/")
    with change():
        for row in statement.rows.all():
            row.decision, row.reason, row.needed_by = "included", "Needed.", [risk.ref]
            edit(row, actor=set_up.ada)
    controlled.submit(statement, actor=set_up.ada)
    controlled.approve(statement, actor=set_up.bo)
    new = actions.begin_new_version(statement, actor=set_up.ada, reason="One more.")
    row = new.rows.get(control="A.2.2")
    row.reason, row.status = "Members trust us.", "partly"
    edit(row, actor=set_up.ada)
    page = text_of(lead, f"/soa/{new.ref}/versions/")
    assert "1 row added, changed or removed" in page
    assert "Members trust us." in page
    assert re.findall(r"Included, (\w+)", page) == ["planned", "partly"]
    assert page.count(f'<a href="/record/{risk.ref}/">{risk}</a>') == 2
    with translation.override("en"):
        german = lead.get(f"/soa/{new.ref}/versions/", headers={"Accept-Language": "de"}).content.decode()
    for words in ("1 Zeile hinzugefügt", "Geändert<", ", Status<", "eingeschlossen, geplant"):
        assert words.lower() in german.lower(), words
    assert "Changed since the version before 1" in text_of(lead, f"/soa/{new.ref}/")
    assert lead.get(f"/soa/{new.ref}/versions/?with=statement-of-applicability:1").status_code == 404
    approved = text_of(lead, f"/soa/{statement.ref}/")
    assert "Approval would be refused" not in approved
    assert "Save row" not in text_of(lead, f"/soa/{statement.ref}/?row={statement.rows.all()[0].ref}")


def test_what_speaks_against_an_approved_statement_shows_and_becomes_a_task_of_its_owner(
    set_up: Settled, lead: Client, issued: Any
) -> None:
    risk = set_up.example("risk")
    set_up.example("treatment", risk=risk)
    kept = set_up.example("control", identifier="A.9.2")
    statement = set_up.example("statement-of-applicability")
    with change():
        for row in statement.rows.all():
            row.decision, row.reason, row.needed_by = "included", "Needed.", [risk.ref]
            if row.control in {"A.10.3", "A.10.4"}:
                row.decision, row.ground, row.needed_by = "excluded", "risk-assessment-shows-no-need", []
            edit(row, actor=set_up.ada)
    controlled.submit(statement, actor=set_up.ada)
    controlled.approve(statement, actor=set_up.bo)
    address = f"/soa/{statement.ref}/"
    assert "speaks against it" not in text_of(lead, address) + text_of(lead, f"{address}printed/")
    assert ask_to_mend() == 0
    entries = LedgerEntry.objects.filter(ref=statement.ref).count()

    made = {"system": set_up.system}
    made["supplier"] = add(ALL["supplier"](set_up.org, made), actor=set_up.ada)
    supplied = ALL["dataset"](set_up.org, made)
    supplied.supplier = made["supplier"]
    add(supplied, actor=set_up.ada)
    for page in (text_of(lead, address), text_of(lead, f"{address}printed/")):
        assert "Since it was approved, 1 thing speaks against it" in page
        assert f"A.10.3 cannot be left out while {supplied} is supplied from outside" in page
        assert "Approval would be refused" not in page
        assert "Missing:" not in page
    assert "Since the approval: A.10.3 cannot" in text_of(lead, f"{address}printed/")
    assert "To mend 1" in text_of(lead, address)
    needs = f'<a href="/record/{risk.ref}/">{risk}</a> <span class="sub">{risk.ref}</span>'
    assert needs in text_of(lead, f"{address}printed/")  # on paper a name alone leads nowhere
    program = issued(set_up.org.lead)
    api = f"statement-of-applicability/{statement.ref}/conflicts"
    (told,) = program.get(api).json()["conflicts"]
    assert (told["code"], told["control"]) == ("UP-RISK-43", "A.10.3")
    assert told["words"].startswith(f"A.10.3 cannot be left out while {supplied.ref} is")
    assert LedgerEntry.objects.filter(ref=statement.ref).count() == entries

    assert [ask_to_mend(), ask_to_mend()] == [1, 0]
    task = Task.objects.get(about=statement.ref)
    assert (task.title, task.assignee_id) == ("Mend in the next version: A.10.3", statement.owner_id)
    close_task(task, actor=actor_of(statement.owner), state=Task.State.DROPPED, reason="Ends soon.")
    assert ask_to_mend() == 0  # who dropped it knows
    set_up.example("treatment", risk=risk, controls=["A.10.4"])
    assert ask_to_mend() == 1  # another thing speaks against it
    task = Task.objects.filter(about=statement.ref).latest("pk")
    told_lines = steps(task.ref)[0].reason.split("\n")  # each by itself, so that each is translated
    assert [one.partition(" ")[0] for one in told_lines] == ["A.10.3", "A.10.4"]
    assert "Go on with version 2" not in text_of(lead, address)
    new = actions.begin_new_version(statement, actor=set_up.ada, reason="Mend it.")
    assert "Go on with version 2" in text_of(lead, address)
    refused = program.get(f"statement-of-applicability/{new.ref}/conflicts").json()
    assert (refused["edition"], refused["state"], len(refused["conflicts"])) == (2, "draft", 2)

    page = text_of(lead, f"/record/{risk.ref}/")
    anchors = set(re.findall(rf'href="{address}#(soa-row-[^"]+)">([A-Z.0-9]+) in version 1', page))
    assert len(anchors) == 36
    anchor = next(one for one, control in anchors if control == "A.9.2")
    row_html = text_of(lead, address).partition(f'id="{anchor}"')[2].partition("</tr>")[0]
    assert f'href="/record/{kept.ref}/"' in row_html
    assert f'href="/record/{risk.ref}/">{risk}</a>' in row_html
    back = text_of(lead, f"/record/{kept.ref}/")
    assert f'href="{address}#{anchor}"' in back
    assert f'href="/record/{risk.ref}/">{risk}</a>' in back
    assert "Acceptance line" in page
    assert f"{risk.likelihood} × {risk.impact} = {risk.level}" in page

    for row in new.rows.filter(control__in=("A.10.3", "A.10.4")):
        row.decision, row.ground, row.needed_by = "included", "", [risk.ref]
        edit(row, actor=set_up.ada)
    new.review_by = statement.review_by
    edit(new, actor=set_up.ada)
    controlled.submit(new, actor=set_up.ada)
    controlled.approve(new, actor=set_up.bo)
    assert program.get(f"statement-of-applicability/{new.ref}/conflicts").json()["conflicts"] == []
    old = program.get(api).json()
    assert (old["state"], old["conflicts"]) == ("superseded", None)  # nobody looked: not the same as none
    assert code(issued(stranger(set_up.org).person).get(api)) == (404, "UP-API-04")
