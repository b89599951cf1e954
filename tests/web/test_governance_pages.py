"""Pages of governance: a document begun with a template, upkeep, entities, many reconfirmed, clauses elsewhere."""

import re

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from records.examples import EXAMPLES
from records.examples.building import day
from records.identity.accounts import account, logged_in
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.api.shapes import shapes_of
from upright.desk.description import record_type
from upright.records.governance.models import Document, Obligation
from upright.records.identity.controlled import approve, submit
from upright.records.identity.editing import add
from upright.records.identity.models import Person, Role, Unit
from upright.records.trail.door import write
from web.test_languages import english_left


def second(meridian: Organisation) -> Person:
    tessa = write(
        Person(name="Tessa", email="tessa@meridian.example", unit=meridian.root),
        actor=SETUP,
        action="identity.person.added",
    )
    grant(tessa, Role.AIMS_MANAGER, meridian.root)
    return tessa


def test_a_document_is_begun_with_a_template_on_the_web_and_by_the_api(meridian: Organisation) -> None:
    client = logged_in(account(meridian.lead))
    assert "Procedure for AI risk" in client.get("/templates/").content.decode()
    page = client.get("/templates/risk/").content.decode()
    assert "What an auditor will ask" in page
    assert client.get("/templates/poem/").status_code == 404
    refused = client.post("/templates/risk/", {"title": "", "unit": meridian.root.ref})
    assert refused.status_code == 400
    sent = client.post("/templates/risk/", {"title": "Risk", "unit": meridian.root.ref, "review_by": str(day(99))})
    draft = Document.objects.get()
    assert sent["Location"] == f"/record/{draft.ref}/"
    assert (draft.subtype, draft.owner, draft.template) == ("risk-method", meridian.lead, "risk")
    assert "How Meridian finds" in draft.text
    asks = {"Accept-Language": "de"}
    page = client.get("/templates/risk/", headers=asks).content.decode()
    assert "Verfahren für KI-Risiken" in page
    assert english_left(page) == []
    assert english_left(client.get("/templates/", headers=asks).content.decode()) == []
    given = {"title": "Risiken", "unit": meridian.root.ref, "review_by": str(day(99))}
    begun = client.post("/templates/risk/", given, headers=asks)["Location"]
    german = Document.objects.get(ref=begun.split("/")[2])
    assert german.text.startswith("# Verfahren für KI-Risiken\n\n## Zweck und Geltung\nWie Meridian die Risiken")
    assert (german.subtype, german.template) == ("risk-method", "risk")
    page = client.get(f"/record/{draft.ref}/").content.decode()
    assert "placeholders that nobody filled" in page
    assert "ISO/IEC 27001:2022 7.5" in page
    assert "id not confirmed" in page
    moves = shapes_of(record_type("document")).moves
    assert {"take_template", "fill", "issue", "acknowledge"} <= moves.keys()


def test_each_entity_counts_what_is_its_own_in_as_many_queries_for_many_as_for_one(meridian: Organisation) -> None:
    """A branch belongs to the nearest entity above it; each record is counted once."""

    def unit(name: str, parent: Unit, kind: str = "unit") -> Unit:
        made = Unit(name=name, kind=kind, parent=parent)
        return write(made, actor=SETUP, action="identity.unit.added")

    client, ada = logged_in(account(meridian.lead)), actor_of(meridian.lead)
    for name in ("here", "here-too"):
        write(meridian.system(name), actor=SETUP, action="inventory.system.added")
    client.get("/entities/")
    with CaptureQueriesContext(connection) as one:
        client.get("/entities/")
    cards = unit("Cards", meridian.root, "legal-entity")
    branch = unit("Branch of Cards", cards)
    unit("Leasing", cards, "legal-entity")
    for name, where in (("there", branch), ("there-too", cards)):
        system = meridian.system(name, unit=where)
        write(system, actor=SETUP, action="inventory.system.added")
    for where in (meridian.root, branch, branch):
        add(Document(title="Policy", subtype="ai-policy", unit=where, owner=meridian.lead, text="We."), actor=ada)
    client.get("/entities/")
    with CaptureQueriesContext(connection) as many:
        page = client.get("/entities/").content.decode()
    assert len(many) <= len(one) <= 12, [query["sql"] for query in many]
    entity = re.compile(r'<h2 id="h-\d+">([^<]+)</h2></div>\s*<p class="small muted">[^<]*?(\d+ systems?[^<]*)</p>')
    told = dict(entity.findall(page))
    assert told["Cards"].startswith("2 systems")
    assert "2 draft" in told["Cards"]
    assert told["Leasing"].startswith("0 systems")
    assert told["Meridian"].startswith("2 systems")
    assert "1 draft" in told["Meridian"]


def test_upkeep_and_entities_are_shown_and_many_are_reconfirmed(meridian: Organisation) -> None:
    client = logged_in(account(second(meridian)))
    page = client.get("/upkeep/").content.decode()
    assert "Reviews a year" in page
    assert "framework=iso42001" in page
    assert "period=P10Y" in page
    assert "applies_to=comment" in page  # it holds personal data, and no class is in force
    write(
        Unit(name="Meridian Cards", kind="legal-entity", parent=meridian.root, jurisdictions=["FR"]),
        actor=SETUP,
        action="identity.unit.added",
    )
    write(meridian.system(), actor=SETUP, action="inventory.system.added")
    page = client.get("/entities/").content.decode()
    assert re.search(r"Meridian Cards</h2>.*?FR.*?0 systems", page, re.DOTALL)
    assert "1 system;" in page
    add(EXAMPLES["document"](meridian, {}), actor=actor_of(meridian.lead))
    with translation.override("en"):
        german = client.get("/entities/", headers={"Accept-Language": "de"}).content.decode()
    assert "1 System;" in german
    assert re.search(r"Zusammen: 1 System; Dokumente: 1 Entwurf", german, re.IGNORECASE)
    assert not re.search(r"\d (draft|approved)", german)
    lead, tessa = actor_of(meridian.lead), actor_of(Person.objects.get(name="Tessa"))
    rows = [add(EXAMPLES["obligation"](meridian, {}), actor=lead) for _ in range(2)]
    for row in rows:
        approve(submit(row, actor=lead), actor=tessa)  # type: ignore[type-var]
    refs = [one.ref for one in rows]
    asked = {"ref": refs, "act": "move:reconfirm", "reason": "Unchanged."}
    refused = client.post("/records/obligation/bulk/", asked)
    assert refused.status_code == 400
    assert "Review by: This field is required." in refused.content.decode()
    done = client.post("/records/obligation/bulk/", asked | {"move-reconfirm-review_by": str(day(300))})
    assert done.status_code == 302
    assert set(Obligation.objects.values_list("review_by", flat=True)) == {day(300)}
