"""References in sentences on pages: the name that people gave, with a link; what may not be read stays a reference."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

import upright
from records.identity.accounts import account, logged_in, stranger
from records.organisation import Organisation, actor_of, grant
from upright.desk.description import registered
from upright.kernel import Actor
from upright.records.assurance.verdicts import take_snapshot
from upright.records.governance.models import AiRole
from upright.records.identity.approval import demand_approver
from upright.records.identity.models import Person, Role
from upright.records.identity.power import powers_of
from upright.records.inventory.models import System
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError
from upright.records.trail.server_log import now
from upright.web.frame import catalogue
from upright.web.naming import know, learn, named, who
from upright.web.recent import Happening, with_names
from upright.web.sentences import kind as kind_name


def asked_by(person: Person) -> HttpRequest:
    request = RequestFactory().get("/")
    request.actor = actor_of(person)
    request.powers = powers_of(request.actor)
    return request


@pytest.fixture
def system(meridian: Organisation) -> System:
    made = meridian.system(name="<b>Loans & homes</b>")
    return write(made, actor=actor_of(meridian.owner), action="inventory.system.added")


def test_who_and_what_are_named_with_a_link_for_who_may_read_them(meridian: Organisation, system: System) -> None:
    request = asked_by(meridian.lead)
    shown = '<a href="/record/system:mortgage/">&lt;b&gt;Loans &amp; homes&lt;/b&gt;</a>'
    owner = f'<a href="/record/{meridian.owner.ref}/">Olu Owner</a>'
    cases = {
        f"{system.ref} is {meridian.owner.ref}.": f"{shown} is {owner}.",
        f"{meridian.lead.ref} may not do this about {system.ref}: ask.": f"You may not do this about {shown}: ask.",
        f"(see {system.ref}), {system.ref}": f"(see {shown}), {shown}",
        "system:none is not there": "system:none is not there",
        "There is no control-evaluation.a.8.2 about you.": "There is no control evaluation of A.8.2 about you.",
        "dpia-review: ai-policy; `attest ai-policy -x`": "dpia-review: AI policy; <code>attest ai-policy -x</code>",
        "dataset:mortgage/test-plan and well-being": "dataset:mortgage/test-plan and well-being",
        "about dataset:mortgage/applications yet": "about dataset:mortgage/applications yet",
        "iso42001:A.5.2 is unknown for organisation:meridian.": "ISO 42001 A.5.2 is unknown for Meridian Credit.",
        "at 10:30, see https://x.example/system:mortgage": "at 10:30, see https://x.example/system:mortgage",
        '"system:mortgage" is taken': "&quot;system:mortgage&quot; is taken",
        "mailto:<script>alert(1)</script>": "mailto:&lt;script&gt;alert(1)&lt;/script&gt;",
        f"{system.ref}@sha256:{'a' * 64}": f"{system.ref}@sha256:{'a' * 64}",
    }
    assert {text: str(named(request, text, "Meridian Credit")) for text in cases} == cases


def test_a_name_that_may_not_be_read_is_not_given_away(meridian: Organisation, system: System) -> None:
    text = f"{system.ref} belongs to {meridian.owner.ref}."
    assert str(named(asked_by(stranger(meridian)), text)) == text
    assert str(named(RequestFactory().get("/"), text)) == text
    assert str(named(None, text)) == text
    assert str(named(None, "organisation:x")) == "organisation:x"


def test_a_refusal_says_names_on_a_page_and_references_elsewhere(meridian: Organisation, system: System) -> None:
    with pytest.raises(RefusedError) as refused:
        demand_approver(
            "inventory.system.read",
            system,
            actor=actor_of(meridian.owner),
            authors={meridian.owner.ref},
            clause="8.1",
        )
    assert meridian.lead.ref in refused.value.message
    told = str(named(asked_by(meridian.lead), refused.value.message))
    assert f'<a href="/record/{meridian.lead.ref}/">Ada Lead</a>.' in told
    assert "person:" not in told.replace("/record/person:", "")
    with override("de"):
        german = str(named(asked_by(meridian.owner), refused.value.message))
    assert "Ada Lead" not in german  # who owns a system of one unit reads nobody of the whole organisation
    assert "somebody else" not in german


def test_many_sentences_cost_one_query_a_type(meridian: Organisation, system: System) -> None:
    request = asked_by(meridian.lead)
    texts = [f"{system.ref} {n} {meridian.owner.ref} {meridian.lead.ref}" for n in range(20)]
    with CaptureQueriesContext(
        connection,
    ) as asked:
        learn(request, texts)
        told = [named(request, one) for one in texts]
    assert len(asked) == 2
    assert all("Olu Owner" in one for one in told)
    again = asked_by(meridian.lead)
    know(again, system)
    with CaptureQueriesContext(connection) as none:
        named(again, system.ref)
    assert len(none) == 0


def test_what_happened_names_who_and_what_with_one_query_a_type(meridian: Organisation, system: System) -> None:
    request = asked_by(meridian.lead)
    made = Happening(entry=1, time="", action="a.b.moved_on", actor="", reason=f"By {meridian.owner.ref}.",
                     ref="task:1", title=f"Look at {system.ref}: again, system:none too")  # fmt: skip
    second = replace(made, entry=2, title=f"{system.ref}.", reason=f"Since {system.ref} was added.")
    with CaptureQueriesContext(connection) as asked:
        found = with_names(request, [made, second])
        assert "Olu Owner" in named(request, made.reason)
    assert len([one for one in asked if 'FROM "inventory_system"' in one["sql"]]) == 1
    assert [one.title for one in found] == [f"Look at {system}: again, system:none too", f"{system}."]
    assert (made.what, found[0].ref) == ("moved on", "task:1")
    assert who("system:reminders", {}) == "Upright (reminders)"
    assert (who("person:x", {"person:x": "Olu"}), who("person:y", {})) == ("Olu", "person:y")


def test_each_part_of_the_server_that_acts_has_a_name(meridian: Organisation, system: System) -> None:
    found = {part for path in Path(upright.__file__).parent.rglob("*.py") if "tests" not in path.parts
             for part in re.findall(r'Actor\.system\("([a-z-]+)"\)', path.read_text(encoding="utf-8"))}  # fmt: skip
    assert len(found) > 8
    assert not [part for part in found - {"migration"} if who(f"system:{part}", {}).startswith("system:")]
    write(
        system, actor=Actor.system("reminders"), action="inventory.system.changed", reason=f"See {meridian.owner.ref}."
    )
    client = logged_in(account(meridian.lead))
    for page in ("/", f"/history/{system.ref}/"):
        text = client.get(page).content.decode()
        assert "by Upright (reminders)" in text, page
        assert f'See <a href="/record/{meridian.owner.ref}/">Olu Owner</a>.' in text, page
        assert "system:reminders" not in text


def test_a_reference_that_a_field_holds_is_named_for_who_may_read_it(meridian: Organisation, system: System) -> None:
    made = AiRole(about=system.ref, roles=["producer"], why="Ours.", unit=meridian.root, owner=meridian.owner)
    write(made, actor=actor_of(meridian.lead), action="governance.ai_role.added")
    text = logged_in(account(meridian.lead)).get(f"/record/{made.ref}/").content.decode()
    assert f'<dd><a href="/record/{system.ref}/">&lt;b&gt;Loans &amp; homes&lt;/b&gt;</a></dd>' in text
    assert f">{system.ref}<" not in text
    assert str(named(asked_by(meridian.lead), "iso42001:4 and iso42001:A.5.2")) == "ISO 42001 4 and ISO 42001 A.5.2"


def test_a_list_a_due_date_a_title_and_the_palette_say_names_not_references(
    meridian: Organisation, system: System
) -> None:
    day = {"review_by": now().date() + timedelta(days=3)}
    made = AiRole(about=system.ref, roles=["producer"], why="Ours.", unit=meridian.root, owner=meridian.lead, **day)
    write(made, actor=actor_of(meridian.lead), action="governance.ai_role.added")
    other = meridian.system("cards", name="Cards", purpose="Olu wants it.")
    write(other, actor=actor_of(meridian.lead), action="inventory.system.added")
    client = logged_in(account(meridian.lead))
    loans = "&lt;b&gt;Loans &amp; homes&lt;/b&gt;"
    assert f'<a href="/record/{made.ref}/">{loans}</a>' in client.get("/records/ai-role/").content.decode()
    for address in ("/due/?whose=all", "/in/organisation/", f"/record/{made.ref}/", "/jump/?q=Ours"):
        text = client.get(address).content.decode()
        assert f"producer: {loans}" in text, address
        assert f"producer: {system.ref}" not in text, address
    found = re.findall(r"</svg>([^<]+) <span>([^<]+)<", client.get("/jump/?q=olu").content.decode())
    assert found[0] == ("Olu Owner", "person")  # the name comes before what only mentions it, and no key is shown


def test_a_snapshot_is_named_by_what_it_is_of(meridian: Organisation, system: System) -> None:
    for scope in ("organisation:meridian", system.ref):
        take_snapshot(scope, actor=actor_of(meridian.lead))
    text = logged_in(account(meridian.lead)).get("/in/reports/").content.decode()
    kept = text[text.index('id="h-snap"') :]
    assert ">The whole organisation</a>" in kept
    assert ">&lt;b&gt;Loans &amp; homes&lt;/b&gt;</a>" in kept
    assert ">organisation:" not in kept


def test_the_clause_of_each_type_is_one_of_the_catalogue() -> None:
    assert [one.name for one in registered().values() if one.clause not in catalogue().requirements] == []


@pytest.mark.parametrize(
    ("kind", "english", "german"),
    [
        ("user-information", "user information", "Informationen für Nutzende"),
        ("control-evaluation.a.8.2", "control evaluation of A.8.2", "Wirksamkeitsprüfung von A.8.2"),
        ("ai-policy", "AI policy", "KI-Politik"),
        ("dpia", "DPIA", "Datenschutz-Folgenabschätzung"),
    ],
)
def test_a_kind_is_called_by_its_words(kind: str, english: str, german: str) -> None:
    assert kind_name(kind) == english
    with override("de"):
        assert kind_name(kind) == german


def test_a_history_tells_what_was_chosen_by_its_word_and_what_is_named_by_name(
    meridian: Organisation, system: System
) -> None:
    system.stage, system.purpose = "verification-validation", f"Beside {system.ref}."
    write(system, actor=actor_of(meridian.owner), action="inventory.system.changed")
    client = logged_in(account(meridian.lead))
    english = client.get(f"/history/{system.ref}/").content.decode()
    assert f'<td>Beside <a href="/record/{system.ref}/">&lt;b&gt;Loans &amp; homes&lt;/b&gt;</a>.</td>' in english
    with override("de"):
        german = client.get(f"/history/{system.ref}/", headers={"Accept-Language": "de"}).content.decode()
    assert "<td>Verifizierung und Validierung</td>" in german


def test_the_guided_start_leads_to_what_is_done(meridian: Organisation, system: System) -> None:
    text = logged_in(account(meridian.lead)).get("/start/").content.decode()
    done = text.count("Look at it")
    assert done == text.count(", done")
    assert 0 < done < 6
    assert '<a href="/records/system/">Look at it<span class="visually-hidden">: Register the first AI system' in text


def test_the_palette_leads_to_the_checks_of_a_system_for_who_may_run_them(
    meridian: Organisation, system: System
) -> None:
    other = meridian.system("cards", name="Card screening")
    write(other, actor=actor_of(meridian.lead), action="inventory.system.added")
    owner = logged_in(account(meridian.owner))
    assert 'href="/checks/system:cards/"' in owner.get("/jump/?q=run+check").content.decode()
    text = owner.get("/jump/?q=run+check+loans").content.decode()
    assert 'href="/checks/system:mortgage/"' in text
    assert "Run checks: &lt;b&gt;Loans" in text
    assert "system:cards" not in text
    for words in ("loans", "r", "he", "c+loans"):
        assert "/checks/" not in owner.get(f"/jump/?q={words}").content.decode(), words
    assert "/checks/" not in logged_in(stranger(meridian)).get("/jump/?q=run+checks").content.decode()
    assert owner.get("/checks/system:mortgage/").headers["Location"] == "/posture/system:mortgage/#checks"


def test_the_palette_leads_to_no_checks_where_somebody_reads_and_may_not_run_them(
    meridian: Organisation, system: System
) -> None:
    other = meridian.system("cards", name="Card screening", unit=meridian.root, owner=meridian.lead)
    write(other, actor=actor_of(meridian.lead), action="inventory.system.added")
    grant(meridian.owner, Role.INTERNAL_AUDITOR, meridian.root)
    owner = logged_in(account(meridian.owner))
    assert owner.get("/record/system:cards/").status_code == 200
    text = owner.get("/jump/?q=run+checks").content.decode()
    assert 'href="/checks/system:mortgage/"' in text
    assert "/checks/system:cards/" not in text


def test_a_kind_of_evidence_is_called_by_its_words_beside_its_id(meridian: Organisation) -> None:
    client = logged_in(account(meridian.lead))
    for language, called in (("en", "AI role determination"), ("de", "Bestimmung der KI-Rolle")):
        with override(language):
            page = client.get("/kind/ai-role-determination/", headers={"Accept-Language": language}).content.decode()
        assert f"<h1>{called}</h1>" in page
        assert f"<title>{called}" in page
        assert "<code>ai-role-determination</code>" in page
