"""The pages: asked for as nobody, as a stranger, as the right person; what they show, refuse and never lose."""

import json
import re
import time
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.client import encode_multipart
from django.test.utils import CaptureQueriesContext

from records.identity.accounts import account, logged_in, stranger
from records.organisation import SETUP, Organisation, actor_of, grant
from records.test_every_type import made_all
from upright.desk import description
from upright.desk.description import registered
from upright.kernel import Actor
from upright.ledger import Checkpoint, leaf_hash, verify_inclusion
from upright.records.identity.models import Person, Role
from upright.records.identity.power import Powers
from upright.records.inventory.models import System
from upright.records.operations.models import UseProposal
from upright.records.trail.door import refresh, write, write_many
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import steps
from upright.records.trail.server_log import server_log
from upright.records.trail.verify import verify


@pytest.fixture
def lead(meridian: Organisation) -> Client:
    return logged_in(account(meridian.lead))


@pytest.fixture
def system(meridian: Organisation) -> System:
    return write(meridian.system(), actor=actor_of(meridian.lead), action="inventory.system.added", reason="New.")


PAGES = (
    "/",
    "/jump/?q=mort",
    "/in/systems/",
    "/in/organisation/",
    "/in/reports/",
    "/records/system/",
    "/records/system/?q=mort&sort=-owner&stage=inception&per=100&column=name&column=purpose",
    "/records/system/filter/?owner=person:x",
    "/records/system/add/",
    "/record/system:mortgage/",
    "/edit/system:mortgage/",
    "/history/system:mortgage/",
)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_shown_to_who_may_and_to_nobody_else(
    meridian: Organisation, lead: Client, system: System, page: str
) -> None:
    answer = lead.get(page, follow=True)
    assert answer.status_code == 200, answer.content
    text = answer.content.decode()
    assert "Meridian" in text
    assert "Checkpoint" in text
    assert Client().get(page).headers["Location"].startswith("/account/login/?next=")
    seen = logged_in(stranger(meridian)).get(page, follow=True)
    assert seen.status_code in ({403} if "/records/" in seen.request["PATH_INFO"] else {200, 404})
    assert "Mortgage lending" not in seen.content.decode()


@pytest.mark.parametrize("page", [*PAGES, "/nowhere/", "/record/system:none/", "/account/login/"])
def test_no_page_holds_what_the_content_security_policy_forbids(lead: Client, system: System, page: str) -> None:
    answer = (Client() if "account" in page else lead).get(page, follow=True)
    text, policy = answer.content.decode(), answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    script = r"<script(?![^>]*\s(?:src=|type=\"application/json\"))"
    assert re.findall(rf"<style|\sstyle=|\son[a-z]+=\"|{script}|javascript:|hx-on", text) == []
    assert len(re.findall(r"<h1[ >]", text)) == 1
    ids = re.findall(r"\sid=\"([^\"]+)\"", text)
    assert len(ids) == len(set(ids))


def test_every_described_type_has_its_pages(lead: Client, system: System) -> None:
    answers = {name: lead.get(f"/records/{name}/").status_code for name in registered()}
    assert set(answers.values()) <= {200, 403}
    assert answers["system"] == 200
    assert lead.get("/records/nothing/").status_code == 404
    assert "There is no record type" in lead.get("/records/nothing/").content.decode()


def test_what_lies_in_another_unit_is_neither_listed_nor_found_nor_told_of(meridian: Organisation) -> None:
    hidden = meridian.system("cards", name="Card screening", unit=meridian.root)
    write(hidden, actor=actor_of(meridian.lead), action="inventory.system.added")
    owner = logged_in(account(meridian.owner))
    for page in ("/", "/records/system/", "/jump/?q=card", "/records/system/filter/"):
        assert "Card screening" not in owner.get(page).content.decode()
    for page in ("/record/system:cards/", "/edit/system:cards/", "/history/system:cards/"):
        assert owner.get(page).status_code == 404
    sent = owner.post("/records/system/bulk/", {"ref": ["system:cards"], "act": "set:modality", "modality": "llm"})
    assert sent.status_code == 400
    assert refresh(hidden).modality == "tabular"


def test_a_list_of_a_hundred_takes_eight_queries(meridian: Organisation, lead: Client) -> None:
    write_many(
        (meridian.system(f"s-{number}", name=f"System {number:03}") for number in range(240)),
        actor=actor_of(meridian.lead),
        action="inventory.system.added",
    )
    lead.get("/records/system/?per=100")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = lead.get("/records/system/?per=100&page=2")
    count = len(queries)
    assert count <= 8, [one["sql"] for one in queries]
    text = answer.content.decode()
    assert "101 to 200 of 240" in text
    assert text.count('<th scope="row">') == 100
    assert re.findall(r"System \d{3}</a>", text)[0] == "System 100</a>"
    started = time.process_time()
    for _ in range(5):
        lead.get("/records/system/?per=100")
    print(f"list of 100: {(time.process_time() - started) * 200:.1f} CPU ms, {count} queries")


def test_filters_search_sort_and_columns_are_the_address(meridian: Organisation, lead: Client) -> None:
    for number, modality in enumerate(("llm", "text", "llm")):
        one = meridian.system(f"s-{number}", name=f"Name {number}", modality=modality)
        write(one, actor=actor_of(meridian.lead), action="inventory.system.added")

    def names(query: str) -> list[str]:
        text = lead.get(f"/records/system/{query}").content.decode()
        return re.findall(r'<th scope="row"><a [^>]*>([^<]*)', text)

    assert names("?modality=llm&sort=-name") == ["Name 2", "Name 0"]
    assert names("?q=name+1") == ["Name 1"]
    assert names(f"?owner={meridian.owner.ref}&unit=unit:lending") == ["Name 0", "Name 1", "Name 2"]
    assert names("?modality=smell") == []
    assert names("?owner=nobody") == names("?modality=llm&modality=text&q=zero") == []
    assert len(names("?page=0&q=%00")) == len(names("?page=99")) == 3
    assert names("?sort=password&page=zz&per=7&column=nothing&unknown=1") == ["Name 0", "Name 1", "Name 2"]
    chosen = lead.get("/records/system/?column=purpose")
    assert "Purpose</a>" in chosen.content.decode()
    assert "Purpose</a>" in lead.get("/records/system/").content.decode()


def test_an_empty_list_says_why_it_is_there_and_what_to_do(lead: Client, meridian: Organisation) -> None:
    text = lead.get("/records/system/").content.decode()
    assert "No systems yet" in text
    assert "4.3" in text
    assert "Add the first" in text
    assert "Register the first system" in lead.get("/").content.decode()


def form_of(client: Client, page: str) -> dict[str, str]:
    form = client.get(page).context["form"]
    return {name: "" if form[name].value() is None else str(form[name].value()) for name in form.fields}


def test_a_record_is_added_and_changed_with_a_reason_that_the_history_keeps(
    lead: Client, meridian: Organisation
) -> None:
    sent = {"short_name": "cards", "name": "<b>Cards</b>", "purpose": "Scores.", "unit": "unit:lending"}
    sent |= {"owner": meridian.owner.ref, "modality": "tabular", "reason": "Found in audit."}
    answer = lead.post("/records/system/add/", sent)
    assert answer.headers["Location"] == "/record/system:cards/"
    page = lead.get("/record/system:cards/").content.decode()
    assert "&lt;b&gt;Cards&lt;/b&gt;" in page
    assert "<b>Cards" not in page
    lead.post("/edit/system:cards/", form_of(lead, "/edit/system:cards/") | {"name": "Cards", "reason": "Plain."})
    assert [step.reason for step in steps("system:cards")] == ["Found in audit.", "Plain."]
    text = lead.get("/history/system:cards/").content.decode()
    assert "Why: Plain." in text
    assert "Ada Lead" in text


def test_what_cannot_be_saved_is_said_beside_the_field_and_the_text_stays(lead: Client, meridian: Organisation) -> None:
    answer = lead.post("/records/system/add/", {"name": "Kept text", "modality": "smell"})
    text = answer.content.decode()
    assert answer.status_code == 400
    assert 'value="Kept text"' in text
    assert text.count('class="error"') == 5
    taken = {"short_name": "s", "name": "A", "purpose": "B", "unit": "unit:lending", "owner": meridian.owner.ref}
    taken |= {"modality": "llm"}
    lead.post("/records/system/add/", taken)
    again = lead.post("/records/system/add/", taken)
    assert again.status_code == 400
    assert "&quot;system:s&quot; is taken" in again.content.decode()


def test_of_two_who_save_at_once_the_second_sees_both_versions_and_may_save_over(
    lead: Client, meridian: Organisation, system: System
) -> None:
    mine = form_of(lead, "/edit/system:mortgage/")
    owner = logged_in(account(meridian.owner))
    owner.post("/edit/system:mortgage/", form_of(owner, "/edit/system:mortgage/") | {"name": "Theirs"})
    answer = lead.post("/edit/system:mortgage/", mine | {"name": "Mine"})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody saved this while you were writing" in text
    assert "Mine" in text
    assert "Theirs" in text
    assert refresh(system).name == "Theirs"
    form = answer.context["form"]
    again = {name: str(form[name].value() or "") for name in form.fields}
    assert lead.post("/edit/system:mortgage/", again).status_code == 302
    assert refresh(system).name == "Mine"
    assert [step.record["name"] for step in steps(system.ref) if step.record][-2:] == ["Theirs", "Mine"]


def test_editing_is_shown_as_refused_to_who_may_only_read(meridian: Organisation, system: System) -> None:
    from records.organisation import grant
    from upright.records.identity.models import Role

    person = write(
        Person(name="Eve", email="eve@meridian.example", unit=meridian.root),
        actor=actor_of(meridian.lead),
        action="identity.person.added",
    )
    grant(person, Role.EXTERNAL_AUDITOR, meridian.root)
    reader = logged_in(account(person))
    text = reader.get("/record/system:mortgage/").content.decode()
    assert 'aria-disabled="true"' in text
    assert "belongs to AIMS manager, System owner" in text
    assert reader.get("/edit/system:mortgage/").status_code == 403
    assert reader.get("/records/system/add/").status_code == 403
    assert "may not do this" in reader.post("/edit/system:mortgage/", {"version": "1"}).content.decode()
    assert steps(system.ref)[-1].action == "inventory.system.added"


def test_the_proof_of_an_entry_holds_without_the_server(lead: Client, system: System) -> None:
    entry = steps(system.ref)[0].entry
    answer = lead.get(f"/proof/{entry}/system:mortgage/")
    assert "attachment" in answer.headers["Content-Disposition"]
    said = json.loads(answer.content)
    path = [bytes.fromhex(one) for one in said["path"]]
    verify_inclusion(
        leaf_hash(said["leaf"].encode()), said["index"], said["size"], path, Checkpoint.parse(said["checkpoint"]).root
    )
    assert said["size"] == server_log().view().size
    assert json.loads(said["body"])["record"]["name"] == "Mortgage lending"
    assert lead.get("/proof/0/system:mortgage/").status_code == 400


def test_a_bulk_change_is_all_or_nothing(lead: Client, meridian: Organisation) -> None:
    for number in range(3):
        write(meridian.system(f"s-{number}"), actor=actor_of(meridian.lead), action="inventory.system.added")
    refs = [f"system:s-{number}" for number in range(3)]
    asked = lead.post("/records/system/bulk/", {"ref": refs})
    assert "Change 3 systems" in asked.content.decode()
    done = lead.post(
        "/records/system/bulk/", {"ref": refs, "act": "set:modality", "modality": "llm", "reason": "Same."}
    )
    assert done.status_code == 302
    assert set(System.objects.values_list("modality", "version")) == {("llm", 2)}
    assert {steps(ref)[-1].reason for ref in refs} == {"Same."}
    bad = lead.post("/records/system/bulk/", {"ref": refs, "act": "set:modality", "modality": "smell"})
    assert bad.status_code == 400
    assert "system:s-0" in bad.content.decode()
    assert set(System.objects.values_list("version", flat=True)) == {2}
    for act in ("set:id", "set:version", "move:nothing"):
        assert lead.post("/records/system/bulk/", {"ref": refs, "act": act}).status_code == 400
    assert verify().outcome == "intact"


def retire_system(system: System, *, actor: Actor, reason: str, powers: Powers | None = None) -> System:
    """Takes a system out of use; never one in inception.

    Raises:
        RefusedError: it is not in use.
    """
    if system.stage == "inception":
        raise RefusedError(f"{system.ref} was never in use, so there is nothing to retire.", code="UP-TEST-01")
    system.stage = "retirement"
    return write(system, actor=actor, action="inventory.system.retired", reason=reason)


def hand_over_system(
    system: System, *, actor: Actor, reason: str, successor: Person | None = None, until: date | None = None
) -> System:
    """Gives a system to another owner."""
    if successor is None:
        raise RefusedError("Name a successor.", code="UP-TEST-02")
    system.owner, system.purpose = successor, f"{system.purpose} Until {until}."
    return write(system, actor=actor, action="inventory.system.handed_over", reason=reason)


def test_what_else_a_move_takes_is_asked_by_its_form(
    lead: Client, meridian: Organisation, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(description._TYPES, "system", replace(registered()["system"], moves=(hand_over_system,)))
    assert 'href="/move/hand_over_system/system:mortgage/"' in lead.get("/record/system:mortgage/").content.decode()
    page = lead.get("/move/hand_over_system/system:mortgage/").content.decode()
    assert "Ada Lead</option>" in page
    assert 'type="date"' in page
    tried = lead.post("/move/hand_over_system/system:mortgage/", {"reason": "Leave."})
    assert "UP-TEST-02" in tried.content.decode()
    sent = {"reason": "Leave.", "successor": meridian.lead.ref, "until": "2027-01-01"}
    assert lead.post("/move/hand_over_system/system:mortgage/", sent).status_code == 302
    assert refresh(system).owner == meridian.lead
    assert refresh(system).purpose.endswith("Until 2027-01-01.")
    assert lead.post("/move/hand_over_system/system:mortgage/", sent | {"successor": "unit:lending"}).status_code == 400


@pytest.fixture
def with_move(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(description._TYPES, "system", replace(registered()["system"], moves=(retire_system,)))


@pytest.mark.usefixtures("with_move")
def test_a_move_that_would_be_refused_says_why_before_and_after_it_is_tried(
    lead: Client, meridian: Organisation, system: System
) -> None:
    before = server_log().view().size
    text = lead.get("/record/system:mortgage/").content.decode()
    assert (
        'Retire</span><span id="why-retire_system"><a href="/record/system:mortgage/">Mortgage lending</a> was never'
        in text
    )
    assert server_log().view().size == before
    tried = lead.post("/move/retire_system/system:mortgage/", {"reason": "Old."})
    assert tried.status_code == 400
    assert "UP-TEST-01" in tried.content.decode()
    system.stage = "operation-monitoring"
    write(system, actor=actor_of(meridian.lead), action="inventory.system.changed")
    page: Any = lead.get("/record/system:mortgage/")
    assert 'href="/move/retire_system/system:mortgage/"' in page.content.decode()
    assert refresh(system).stage == "operation-monitoring"
    assert lead.post("/move/retire_system/system:mortgage/", {"reason": "Old."}).status_code == 302
    assert (refresh(system).stage, steps(system.ref)[-1].reason) == ("retirement", "Old.")
    assert lead.post("/move/delete_all/system:mortgage/").status_code == 400


def test_what_is_more_than_is_taken_or_no_form_is_told_on_a_page_of_ours(meridian: Organisation, lead: Client) -> None:
    where, checked = "/records/system/bulk/", Client(enforce_csrf_checks=True)
    checked.cookies = lead.cookies
    assert checked.get("/records/system/add/").status_code == 200
    fields = {f"f{number}": "1" for number in range(2001)}
    words = {"purpose": "w" * (8 << 20)}
    files = {"files": [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(101)]}
    broken = b'--x\r\nContent-Disposition: form-data; name="f"\r\nContent-Transfer-Encoding: base64\r\n\r\n\x01'
    form = "application/x-www-form-urlencoded"
    for client, page in ((lead, where), (checked, "/records/system/add/"), (Client(), "/concern/")):
        for sent, kind, status, code in (
            (urlencode(fields), form, 400, "UP-WEB-02"),
            (urlencode(words), form, 413, "UP-WEB-04"),
            (encode_multipart("x", fields), "multipart/form-data; boundary=x", 400, "UP-WEB-02"),
            (encode_multipart("x", words), "multipart/form-data; boundary=x", 413, "UP-WEB-04"),
            (encode_multipart("x", files), "multipart/form-data; boundary=x", 400, "UP-WEB-03"),
            (broken, "multipart/form-data; boundary=", 400, "UP-WEB-05"),
            ("a=1", f"{form}; charset=latin-1", 400, "UP-WEB-05"),
        ):
            answer = client.post(page, sent, content_type=kind)
            told = answer.content.decode()
            assert (answer.status_code, code in told, "back button" in told) == (status, True, True), (code, page)
    found = lead.get("/records/system/?" + urlencode(fields))
    assert (found.status_code, "UP-WEB-02" in found.content.decode()) == (400, True)
    german = lead.post(where, urlencode(words), content_type=form, HTTP_ACCEPT_LANGUAGE="de").content.decode()
    assert "8,0\xa0MB an Worten wurden gesendet" in german
    mine = Client(enforce_csrf_checks=True)
    mine.cookies = lead.cookies
    forged = mine.post("/records/system/add/", {"name": "Forged"})
    assert (forged.status_code, "UP-WEB-06" in forged.content.decode()) == (403, True)
    assert not System.objects.exists()


def test_a_plain_member_proposes_an_ai_use_by_two_fields(meridian: Organisation) -> None:
    pat = write(
        Person(name="Pat", email="p@m.example", unit=meridian.lending), actor=SETUP, action="identity.person.added"
    )
    grant(pat, Role.MEMBER, meridian.root)
    member = logged_in(account(pat))
    home = member.get("/").content.decode()
    assert re.findall(r'href="(/records/[^"]+/add/)"', home) == ["/records/use-proposal/add/"]
    assert "Propose an AI use" in home
    page = member.get("/records/use-proposal/add/").content.decode()
    assert "<h1>Propose an AI use</h1>" in page
    assert '<button class="button primary">Propose an AI use</button>' in page
    sent = form_of(member, "/records/use-proposal/add/")
    assert sent["unit"] == meridian.lending.ref
    done = member.post("/records/use-proposal/add/", sent | {"title": "Minutes", "purpose": "A draft of them."})
    assert done.status_code == 302
    made = refresh(UseProposal.objects.get())
    assert (made.title, made.unit, made.proposed_by, made.state) == ("Minutes", meridian.lending, pat.ref, "proposed")
    assert "Decline use" not in member.get(f"/record/{made.ref}/").content.decode().partition("Not now")[0]


def test_a_thousand_rows_are_selected_at_once_and_one_more_is_refused(meridian: Organisation, lead: Client) -> None:
    for count, said in ((1000, "system:1 is not there"), (1001, "1001 records were selected; expected 1 to 1,000.")):
        sent = {"ref": [f"system:{number}" for number in range(1, count + 1)], "reason": "All of them."}
        answer = lead.post("/records/system/bulk/", sent)
        assert (answer.status_code, said in answer.content.decode()) == (400, True)


@pytest.mark.usefixtures("with_move")
def test_a_bulk_move_that_one_record_refuses_moves_none(lead: Client, meridian: Organisation, system: System) -> None:
    used = write(
        meridian.system("used", stage="operation-monitoring"),
        actor=actor_of(meridian.lead),
        action="inventory.system.added",
    )
    sent = {"ref": [used.ref, system.ref], "act": "move:retire_system", "reason": "Old."}
    answer = lead.post("/records/system/bulk/", sent)
    assert answer.status_code == 400
    assert '<a href="/record/system:mortgage/">Mortgage lending</a> was never in use' in answer.content.decode()
    assert refresh(used).stage == "operation-monitoring"
    assert lead.post("/records/system/bulk/", sent | {"ref": [used.ref]}).status_code == 302
    assert refresh(used).stage == "retirement"


def test_a_stylesheet_and_scripts_are_served_and_the_icons_are_one_well_formed_file(
    lead: Client, system: System
) -> None:
    import xml.dom.minidom

    text = lead.get("/record/system:mortgage/").content.decode()
    files = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', text))
    assert len(files) >= 4
    served = {}
    for name in files:
        answer: Any = lead.get(name)
        assert answer.status_code == 200
        served[name] = b"".join(answer)
        answer.close()
    icons = served["/static/upright/icons.svg"]
    names = {one.getAttribute("id") for one in xml.dom.minidom.parseString(icons).getElementsByTagName("symbol")}
    assert set(re.findall(r"icons\.svg#([a-z-]+)", text)) <= names


def test_a_link_with_many_choices_is_typed_and_suggested_not_listed(meridian: Organisation, lead: Client) -> None:
    write_many(
        (Person(name=f"Person {number}", email=f"p{number}@x.example", unit=meridian.lending) for number in range(210)),
        actor=actor_of(meridian.lead),
        action="identity.person.added",
    )
    text = lead.get("/records/system/add/").content.decode()
    assert "Person 7" not in text
    assert 'hx-get="/choices/person/"' in text
    found = lead.get("/choices/person/?owner=person+20").content.decode()
    assert 11 <= found.count("<option") <= 20
    assert ">Person 20</option>" in found
    one = Person.objects.get(name="Person 20")
    sent = {"short_name": "s", "name": "A", "purpose": "B", "unit": "unit:lending", "owner": one.ref}
    assert lead.post("/records/system/add/", sent | {"modality": "llm"}).status_code == 302
    assert System.objects.get().owner == one
    assert lead.get("/choices/nothing/").status_code == 404
    assert "<option" not in logged_in(stranger(meridian)).get("/choices/person/?q=person").content.decode()


def test_the_first_page_that_anybody_sees_wears_our_look_and_says_what_was_wrong(db: None) -> None:
    page = Client().get("/account/login/").content.decode()
    assert 'class="input"' in page
    assert 'class="button primary"' in page
    wrong = Client().post("/account/login/", {"login": "nobody@meridian.example", "password": "x" * 14})
    assert 'class="error" role="alert"' in wrong.content.decode()
    assert "nobody@meridian.example" in wrong.content.decode()


def test_what_happened_is_named_without_a_question_for_each(meridian: Organisation) -> None:
    """A rating is called after its risk, a report after its system: joined, and only for what is shown."""
    made_all(meridian)
    client = logged_in(account(meridian.lead))
    addresses = {
        "/record/system:mortgage/?part=history": 30,
        "/jump/?q=mortgage": 30,
        "/due/?whose=all": 60,
        "/in/systems/": 30,
    }
    for address, most in addresses.items():
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        shapes = Counter(re.sub(r"'[^']*'", "?", one["sql"]) for one in queries)
        assert [shape for shape, times in shapes.items() if times > 2] == [], address
        assert len(queries) <= most, (address, [one["sql"] for one in queries])


def test_the_palette_finds_any_words_with_the_query_of_others(meridian: Organisation) -> None:
    """One text for all that are asked for: what stands for a word in it is never what is looked for."""
    names = ("100% certain", "100 certain", "a_b", "axb", "back\\slash", "word-0-of-those-asked-for")
    for number, name in enumerate(names):
        write(meridian.system(f"s{number}", name=name), actor=SETUP, action="inventory.system.added")
    client = logged_in(account(meridian.lead))

    def found(words: str) -> set[str]:
        page = client.get("/jump/", {"q": words}).content.decode()
        return {names[int(one)] for one in re.findall(r'href="/record/system:s(\d)/"', page)}

    assert found("100%") == {"100% certain"}
    assert found("100") == {"100% certain", "100 certain"}
    assert found("CERTAIN 100%") == {"100% certain"}
    assert found("a_b") == {"a_b"}
    assert found("k\\s") == {"back\\slash"}
    assert found("word-0") == {"word-0-of-those-asked-for"}
    assert found("nothing") == set()
    assert found("'") == set()
