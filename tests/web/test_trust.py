"""The trust page: chosen fields and nothing else, while they hold; a proof checked offline; nobody is traced."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from evidence.builders import key, statement
from records.identity.accounts import account, logged_in
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.evidence import CheckId, Reason
from upright.evidence.dsse import sign
from upright.ledger import VerifierKey
from upright.records.assurance import ended, published, publishing
from upright.records.assurance.actions import enrol_key
from upright.records.assurance.audit_actions import suspend_certificate
from upright.records.assurance.auditing import Audit, Certificate
from upright.records.assurance.evidence import file_evidence
from upright.records.assurance.models import EvidenceRow
from upright.records.assurance.publication_actions import (
    approve_publication,
    reconfirm_publication,
    revise_publication,
    withdraw_publication,
)
from upright.records.assurance.publishing import PUBLISHABLE, Publication
from upright.records.governance.models import Document
from upright.records.identity.controlled import submit
from upright.records.identity.editing import add
from upright.records.identity.models import Person, Role, Unit
from upright.records.identity.power import DeniedError
from upright.records.inventory.models import System
from upright.records.risk.known import threats
from upright.records.risk.models import StatementOfApplicability
from upright.records.trail.door import change, refresh, write
from upright.records.trail.errors import RefusedError, TamperedError
from upright.records.trail.models import LedgerStream
from upright.records.trail.record import Record
from upright.records.trail.server_log import now, server_log
from upright.web import trust
from upright.web.frame import catalogue
from upright.web.language import CHOSEN

FREE = (models.CharField, models.TextField)
LINK = re.compile(r'(?:href|src)="([^"]+)"')


@pytest.fixture(autouse=True)
def _unlimited() -> Iterator[None]:
    trust._LOOKED.clear()
    yield
    trust._LOOKED.clear()


@pytest.fixture
def second(meridian: Organisation) -> Person:
    made = write(Person(name="Tessa Second", unit=meridian.root), actor=SETUP, action="identity.person.added")
    grant(made, Role.AIMS_MANAGER, meridian.root)
    return made


def day(days: int) -> date:
    return now().date() + timedelta(days=days)


def claimed(meridian: Organisation, **more: Any) -> Publication:
    given = {"title": "We manage it", "unit": meridian.root, "owner": meridian.lead, "review_by": day(90)} | more
    return add(Publication(**given), actor=actor_of(meridian.lead), reason="canary-reason")


def shown(meridian: Organisation, second: Person, **more: Any) -> Publication:
    made = submit(claimed(meridian, **more), actor=actor_of(meridian.lead), reason="canary-handed-in")
    return approve_publication(made, actor=actor_of(second), reason="canary-approved")


def certificate(meridian: Organisation, **more: Any) -> Certificate:
    given = {
        "number": "N-1", "standard": "ISO/IEC 42001:2023", "body": "A body", "scope": "Lending", "unit": meridian.root,
        "owner": meridian.lead, "issued_on": day(-90), "expires_on": day(900),
    } | more  # fmt: skip
    return add(Certificate(**given), actor=actor_of(meridian.lead))


def page(language: str = "en") -> str:
    answer = Client().get("/trust/", headers={"accept-language": language})
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def filled(model: type[Record], **given: Any) -> tuple[Any, dict[str, str]]:
    """A record whose every field says which one it is, and what each of them says."""
    said: dict[str, str] = {}
    for n, field in enumerate(model._meta.concrete_fields):
        name = field.name
        if name in {"id", "ref", "version"} or name in given:
            continue
        if isinstance(field, FREE) and not field.choices:
            said[name] = f"canary-{model.ref_type}-{name.replace('_', '-')}"[: field.max_length or 200]
            given[name] = said[name]
        elif isinstance(field, models.DateField):
            given[name] = day(200 + n)
            said[name] = given[name].isoformat()
        elif isinstance(field, models.JSONField):
            said[name] = f"canary-{model.ref_type}-{name.replace('_', '-')}"
            given[name] = [said[name]]
    return model(**given), said


def underlying(meridian: Organisation) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """One record of each type that can be published, each field full; by type what was said, and how it is named."""
    unit = write(Unit(name="canary-unit", parent=meridian.root), actor=SETUP, action="identity.unit.added")
    person = Person(name="canary-person", email="canary-mail@meridian.example", unit=unit)
    write(person, actor=SETUP, action="identity.person.added")
    of = {"unit": unit, "owner": person}
    said: dict[str, dict[str, str]] = {}
    made: dict[str, Record] = {}
    system, said["system"] = filled(System, short_name="canary-short", stage="deployment", modality="text", **of)
    approved: dict[str, Any] = {"state": "approved", "supersedes": None, **of}
    about: dict[str, Any] = {
        "about": "",
        "inherits": None,
        "sha256": "ca" * 32,
        "distribution": [],
        "subtype": "ai-policy",
    }
    document, said["document"] = filled(Document, **approved, **about)
    soa, said["statement-of-applicability"] = filled(StatementOfApplicability, **approved, edition=7)
    held = {"issued_on": day(-31), "expires_on": day(731)}
    certified, said["certificate"] = filled(Certificate, state="valid", **of, **held)
    clauses = {"clauses": ["iso42001:9.2"], "systems": [], "starts": day(-7), "ends": day(-3), "unit": unit}
    audit, said["audit"] = filled(
        Audit, kind="surveillance", state="received", programme=None, certificate=certified, **clauses
    )
    for one in (system, document, soa, certified, audit):
        made[one.ref_type] = write(one, actor=SETUP, action="canary.thing.added", reason="canary-reason")
    enrol_key(str(VerifierKey.of(key())), "evidence", actor=actor_of(meridian.lead), reason="canary-key")
    told = statement(
        system=system.ref, binding="canary-binding", inputs=(), ended=f"{now():%Y-%m-%dT%H:%M:%S}.000Z",
        started=f"{now():%Y-%m-%dT%H:%M:%S}.000Z", reasons=(Reason(limit="x", outcome="failed", because="canary-why"),),
        check=CheckId(name="canary-check", version="canary-version"), environment={"canary-environment": "canary-env"},
    )  # fmt: skip
    with change() as mine:
        file_evidence(mine, [sign(told, key())])
    named = {name: {"rests_on": one.ref} for name, one in made.items()}
    named[publishing.EVIDENCE] = {"evidence": EvidenceRow.objects.get().evidence}
    named[publishing.POSTURE] = {"framework": "iso42001", "rests_on": system.ref}
    return named, said


def everything(language: str) -> str:
    """The page and every file that it leads to, as whoever reads that language gets them."""
    client, found = Client(headers={"accept-language": language}), []
    first = client.get("/trust/").content.decode()
    for address in sorted({"/trust/", *map(unescape, LINK.findall(first))}):
        assert not re.match(r"(?:[a-z]+:)?//", address), address
        answer = client.get(address if address.startswith("/") else f"/trust/{address}")
        assert answer.status_code == 200, address
        assert not answer.cookies, address
        content = answer.getvalue()
        found.append(content.decode(errors="replace"))
    assert len(found) > 5
    return unescape("\n".join(found))


def test_nothing_is_read_by_the_public_but_the_fields_that_were_chosen(meridian: Organisation, second: Person) -> None:
    named, said = underlying(meridian)
    assert named.keys() == PUBLISHABLE.keys()
    for is_all in (False, True):
        shows = {what: list(choice.fields if is_all else ()) for what, choice in PUBLISHABLE.items()}
        for what, about in named.items():
            old = Publication.objects.filter(title=f"Claim on {what}").first()
            if old is not None:
                withdraw_publication(old, actor=actor_of(second), reason="canary-withdrawn")
            shown(meridian, second, title=f"Claim on {what}", text="Told.", shows=shows[what], **about)
        may = {
            said[what].get(name)
            for what, choice in PUBLISHABLE.items()
            if what in said
            for name in ({*choice.fields} if is_all else choice.needed)
        } - {None}
        for language in ("en", "de"):
            text = everything(language)
            assert "Claim on posture" in text
            assert {*re.findall(r"canary-[a-z-]+", text)} == {one for one in may if str(one).startswith("canary-")}
            assert text.count("/proof.json") >= len(PUBLISHABLE)
            never = [one for values in said.values() for one in values.values() if one not in may and one[:1] == "2"]
            assert never
            assert [one for one in never if one in text] == []
            for secret in (str(meridian.lead.id), str(second.id), "Ada Lead", "Tessa", "ca" * 32, "@meridian"):
                assert secret not in text, secret


def test_what_may_never_be_chosen_is_refused_and_what_must_be_seen_is_always_shown(meridian: Organisation) -> None:
    names = {field.name for model in (System, Document, Certificate, Audit) for field in model._meta.concrete_fields}
    held = certificate(meridian)
    for name in sorted({*names, "ref", "__class__", "owner__email"} - {*PUBLISHABLE["certificate"].fields}):
        with pytest.raises(ValidationError) as caught:
            claimed(meridian, rests_on=held.ref, shows=[name])
        assert "never shown" in str(caught.value)
    for wrong in (
        {},
        {"rests_on": meridian.lead.ref},
        {"rests_on": held.ref, "framework": "iso42001"},
        {"evidence": "ab" * 32},
        {"framework": "iso9001"},
    ):
        with pytest.raises(ValidationError):
            claimed(meridian, **wrong)
    assert claimed(meridian, rests_on=held.ref, shows=["body"]).shows == ["standard", "body", "expires_on", "state"]
    for choice in PUBLISHABLE.values():
        assert {*choice.needed} <= {*choice.fields}
        assert {"owner", "approved_by", "email", "contact", "reason", "conclusion"}.isdisjoint(choice.fields)


def test_a_claim_shows_only_while_it_is_approved_and_what_it_rests_on_holds(
    meridian: Organisation, second: Person
) -> None:
    lead, other = actor_of(meridian.lead), actor_of(second)
    empty = page()
    assert "Nothing is published yet" in empty
    assert "Noch ist nichts veröffentlicht" in page("de")
    held = certificate(meridian)
    draft = claimed(meridian, title="Certified", text="By a body.", rests_on=held.ref, title_de="Zertifiziert")
    assert page() == empty
    submit(draft, actor=lead)
    assert page() == empty
    with pytest.raises(RefusedError, match="UP-CTRL-04"):
        approve_publication(refresh(draft), actor=lead)
    with pytest.raises(DeniedError):
        approve_publication(refresh(draft), actor=actor_of(meridian.owner))
    claim = approve_publication(refresh(draft), actor=other)
    assert "Certified" in page()
    assert "By a body." in page()
    assert "Zertifiziert" in page("de")
    proof = f"/trust/{claim.ref}/proof.json"
    assert Client().get(proof).status_code == 200
    suspend_certificate(held, actor=lead, reason="The body wrote.")
    lapsed = page()
    assert "The certificate is suspended or withdrawn." in lapsed
    assert "By a body." not in lapsed
    assert "Das Zertifikat ist ausgesetzt oder zurückgezogen." in page("de")
    assert Client().get(proof).status_code == 404
    with pytest.raises(RefusedError, match="UP-TRUST-02"):
        reconfirm_publication(refresh(claim), review_by=day(300), actor=other, reason="Still so.")
    with pytest.raises(RefusedError, match="UP-CTRL-02"):
        shown(meridian, second, rests_on=held.ref)
    withdraw_publication(refresh(claim), actor=other, reason="Suspended.")
    assert "Withdrawn on" in page()
    assert "By a body." not in page()
    audit = Audit(
        title="Stage 2", kind="certification", criteria="The standard", scope="Lending", clauses=["iso42001:9.2"],
        unit=meridian.root, starts=day(-9), ends=day(-8), state="received",
    )  # fmt: skip
    write(audit, actor=SETUP, action="assurance.audit.received")
    second_claim = shown(meridian, second, title="Audited", text="Well.", rests_on=audit.ref, shows=["scope"])
    assert "Well." in page()
    audit.scope = "Lending and more"
    write(audit, actor=SETUP, action="assurance.audit.changed")
    assert "What it rests on has changed since." in page()
    assert "Lending and more" not in page()
    reconfirm_publication(refresh(second_claim), review_by=day(300), actor=other, reason="More was audited.")
    assert "Lending and more" in page()
    as_entered = list(Publication.objects.values_list("review_by", "title", "ref"))
    with connection.cursor() as cursor:  # behind the door: its day passes
        cursor.execute("UPDATE assurance_publication SET review_by = %s", [day(-1)])
    published._kept.clear()
    assert "The day by which we wanted to look at it again has passed." in page()
    assert "Well." not in page()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE assurance_publication SET review_by = %s, title = 'Forged'", [day(30)])
    published._kept.clear()
    assert "Forged" not in page()  # what is shown is the ledger's
    with pytest.raises(TamperedError, match="UP-DOOR-10"):
        revise_publication(refresh(second_claim), actor=lead, reason="Words.")
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE assurance_publication SET review_by = %s, title = %s WHERE ref = %s", as_entered)
    revise_publication(refresh(second_claim), actor=lead, reason="Words.")
    assert "Taken back for a revision on" in page()
    assert "Well." not in page()


def test_a_posture_is_counted_today_and_unknown_is_not_green(meridian: Organisation, second: Person) -> None:
    add(meridian.system("loans", name="Small loans"), actor=actor_of(meridian.owner))
    shown(meridian, second, title="Where we stand", framework="iso42001")
    shown(meridian, second, title="Loans alone", framework="eu-ai-act", rests_on="system:loans")
    text = page()
    assert 'data-status="met"' not in text
    assert text.count('data-status="unknown"') >= 2
    counts = re.findall(r"<dt>Unknown</dt><dd>([\d,]+)</dd>", text)
    assert len(counts) == 2
    assert all(int(one.replace(",", "")) > 0 for one in counts)
    assert "Erfüllt" in page("de")


def test_a_proof_is_checked_offline_and_a_changed_word_is_found(
    meridian: Organisation, second: Person, tmp_path: Path
) -> None:
    held = certificate(meridian)
    claim = shown(meridian, second, title="Certified", rests_on=held.ref, shows=["body"])
    shown(meridian, second, title="Where we stand", framework="iso42001")
    text = page()
    script = tmp_path / "check.py"
    script.write_text(trust.CHECK)
    assert trust.CHECK in text
    log_key = str(server_log().key)
    assert log_key in text

    def checked(document: Any, name: str = log_key) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "proof.json"
        file.write_text(json.dumps(document))
        return subprocess.run([sys.executable, script, file, name], capture_output=True, text=True, check=False)

    proof = Client().get(f"/trust/{claim.ref}/proof.json").json()
    done = checked(proof)
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)
    assert body["shows"] == {
        "standard": held.standard,
        "body": held.body,
        "expires_on": str(day(900)),
        "state": "valid",
    }
    assert body["rests_on"].keys() == {"type", "entry", "leaf_hash"}
    assert "body" not in proof["rests_on"]
    assert "salt" not in json.dumps(proof["rests_on"])
    assert checked(proof | {"body": proof["body"].replace("A body", "A better body")}).returncode != 0
    assert checked(proof | {"rests_on": {**proof["rests_on"], "leaf": proof["leaf"]}}).returncode != 0


def test_the_page_is_the_same_for_whoever_asks_may_be_kept_and_has_a_limit(
    meridian: Organisation, second: Person
) -> None:
    member = logged_in(account(meridian.lead))  # an entry of its own, so before the first look
    claim = shown(meridian, second, rests_on=certificate(meridian).ref)
    first = Client().get("/trust/")
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert first.headers["Vary"] == "Accept-Language"
    again = Client().get("/trust/", headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert member.get("/trust/").content == first.content
    session = member.session
    session[CHOSEN] = "de"
    session.save()
    member.cookies["django_language"] = "de"
    for theirs in (member.get("/trust/"), member.get("/trust/", headers={"accept-language": "xx, en;q=0.1, de;q=0"})):
        assert theirs.content == first.content
        assert (theirs.headers["Content-Language"], theirs.headers["Vary"]) == ("en", "Accept-Language")
        assert not theirs.cookies
    assert "Cookie" in member.get("/").headers["Vary"]
    for answer in (first, again, Client().get(f"/trust/{claim.ref}/proof.json"), Client().get("/trust/?in=de")):
        assert not answer.cookies
    for method in ("post", "put", "patch", "delete"):
        assert getattr(Client(), method)("/trust/").status_code == 405
    assert 'lang="de"' in Client().get("/trust/?in=de").content.decode()
    assert Client().get("/trust/?in=xx").content == first.content
    preview = f"/trust/preview/{claim.ref}/"
    assert "What the public will see" in member.get(f"{preview}?in=en").content.decode()
    assert Client().get(preview).status_code == 302
    for _ in range(trust._LOOKED.each):
        trust._LOOKED.wait(Client(REMOTE_ADDR="192.0.2.1").get("/trust/x").wsgi_request)
    often = Client(REMOTE_ADDR="192.0.2.1").get("/trust/")
    assert (often.status_code, often.headers["Cache-Control"]) == (429, "no-store")
    assert int(often.headers["Retry-After"]) > 0
    assert Client(REMOTE_ADDR="192.0.2.2").get("/trust/").status_code == 200


def ticks(text: str) -> dict[str, tuple[bool, bool]]:
    """The tick boxes of a form by name: whether each is ticked, and whether it can be changed."""
    found = re.findall(r'<input type="checkbox" name="shows" value="([^"]+)"( checked)?( disabled)?>', text)
    return {name: (bool(ticked), not fixed) for name, ticked, fixed in found}


def test_the_fields_of_a_claim_are_ticked_by_their_labels_never_typed(meridian: Organisation) -> None:
    member, held = logged_in(account(meridian.lead)), certificate(meridian)
    empty = member.get("/records/publication/add/").content.decode()
    assert ticks(empty) == {}
    assert "Say above what the claim rests on" in empty
    for what, choice in PUBLISHABLE.items():
        about = {"evidence": {"evidence": "ab" * 32}, "posture": {"framework": "iso42001"}}
        query = about.get(what, {"rests_on": f"{what}:2026-0001"}) | {"shows": choice.fields[0]}
        part = member.get("/trust/fields/", query).content.decode()
        assert ticks(part) == {
            name: (name in choice.needed or name == choice.fields[0], name not in choice.needed)
            for name in choice.fields
        }
        words = re.sub(r"<[^>]*>", " ", part)
        assert not [one for one in choice.fields if f" {one} " in words]
    for hostile in ("unit:meridian", "person:x", "nonsense", '"><script>', "certificates:1\0", "\U0001f600:1"):
        assert ticks(member.get("/trust/fields/", {"rests_on": hostile, "shows": "email"}).content.decode()) == {}
    german = member.get("/trust/fields/", {"rests_on": held.ref}, headers={"accept-language": "de"}).content.decode()
    assert "Nummer" in german
    written = {
        "title": "Certified", "unit": meridian.root.ref, "owner": meridian.lead.ref, "review_by": day(90).isoformat(),
        "rests_on": held.ref, "shows": ["", "body", "number"],
    }  # fmt: skip
    assert member.post("/records/publication/add/", written).status_code == 302
    made = Publication.objects.get()
    assert made.shows == ["standard", "number", "body", "expires_on", "state"]
    form = member.get(f"/edit/{made.ref}/").content.decode()
    assert ticks(form)["body"] == (True, True)
    assert ticks(form)["scope"] == (False, True)
    assert ticks(form)["state"] == (True, False)
    detail = member.get(f"/record/{made.ref}/").content.decode()
    assert "expires_on" not in detail
    changed = member.post(f"/edit/{made.ref}/", written | {"shows": "", "version": made.version})
    assert changed.status_code == 302
    assert refresh(made).shows == ["standard", "expires_on", "state"]
    wrong = member.post(f"/edit/{made.ref}/", written | {"shows": ["owner"], "version": refresh(made).version})
    assert wrong.status_code == 400
    assert "is never shown" in unescape(wrong.content.decode())


def offers(text: str, name: str) -> dict[str, str]:
    """What a form offers beside a field that is typed."""
    part = text.partition(f'<datalist id="id_{name}_choices">')[2].partition("</datalist>")[0]
    assert f'list="id_{name}_choices"' in text
    return {value: unescape(word) for value, word in re.findall(r'<option value="([^"]*)">([^<]*)</option>', part)}


def test_what_a_claim_may_rest_on_is_offered_by_name_to_who_may_read_it(meridian: Organisation) -> None:
    held, system = certificate(meridian), write(meridian.system(), actor=SETUP, action="inventory.system.added")
    for index, ref in ((900, system.ref), (901, "system:hidden")):
        EvidenceRow.objects.create(
            index=index, evidence=f"{index:064x}", stream="binding:x", system=ref, binding="fair", subject="model:x/1",
            kinds=["performance"], source="check", result="failed", ended="2026-03-01T00:00:00.000Z",
        )  # fmt: skip
    member = logged_in(account(meridian.lead))
    text = member.get("/records/publication/add/").content.decode()
    assert offers(text, "rests_on") == {system.ref: str(system), held.ref: str(held)}
    assert offers(text, "evidence") == {f"{900:064x}": f"{system.name}, fair, failed, 1 Mar 2026"}
    assert offers(text, "framework").keys() == catalogue().frameworks.keys()
    assert offers(text, "framework")["iso42001"] == catalogue().frameworks["iso42001"].title
    risk = member.get("/records/risk/add/").content.decode()
    assert offers(risk, "threat").keys() == threats().keys()
    written = {
        "title": "Typed", "unit": meridian.root.ref, "owner": meridian.lead.ref, "review_by": day(90).isoformat(),
        "framework": "gdpr", "shows": "",
    }  # fmt: skip
    assert member.post("/records/publication/add/", written).status_code == 302


def checking(folder: Path, *documents: Any, key: str) -> subprocess.CompletedProcess[str]:
    """What the script of the page says of proofs, each as its file's text or as JSON."""
    script = folder / "check.py"
    script.write_text(trust.CHECK)
    files = []
    for n, one in enumerate(documents):
        files.append(folder / f"proof-{n}.json")
        files[-1].write_text(one if isinstance(one, str) else json.dumps(one))
    told = [sys.executable, script, files[0], key, *files[1:]]
    return subprocess.run(told, capture_output=True, text=True, check=False)


def test_a_claim_that_was_taken_back_stands_so_and_an_old_proof_is_seen_through(
    meridian: Organisation, second: Person, tmp_path: Path
) -> None:
    lead, other, held = actor_of(meridian.lead), actor_of(second), certificate(meridian)
    log = str(server_log().key)

    def proof(ref: str) -> Any:
        answer = Client().get(f"/trust/{ref}/proof.json")
        assert answer.status_code == 200, answer.content
        return answer.json()

    def says(*proofs: Any) -> tuple[bool, str]:
        done = checking(tmp_path, *proofs, key=log)
        return done.returncode == 0, done.stdout + done.stderr

    claim = shown(meridian, second, title="Certified", title_de="Zertifiziert", text="Told.", rests_on=held.ref)
    beside = shown(meridian, second, title="Certified too", rests_on=held.ref)
    old, of_beside = proof(claim.ref), proof(beside.ref)
    assert says(old)[0]
    assert says(old, old)[0]
    assert says(old, of_beside) == (False, "NOT PROVEN. ValueError: the second proof is of another claim\n")
    reconfirm_publication(refresh(claim), review_by=day(300), actor=other, reason="canary-again")
    newer = proof(claim.ref)
    assert says(newer, old)[0]
    is_newest, told = says(old, newer)
    assert (is_newest, "a later entry took its place" in told) == (False, True)
    withdraw_publication(refresh(claim), actor=other, reason="canary-why")
    gone = proof(claim.ref)
    is_newest, told = says(newer, gone)
    assert (is_newest, '"ended": "withdrawn"' in told) == (False, True)
    assert "it was taken back" in says(gone)[1]
    assert json.loads(gone["body"])["ends"]["leaf_hash"] == newer["leaf_hash"]
    assert not says({**gone, "ends": {**gone["ends"], "leaf": newer["leaf"].replace("verdict", "verdicT")}})[0]
    for text in (json.dumps(gone), json.dumps(newer)):
        assert "canary" not in text
    english, german = page(), page("de")
    assert "Certified" in english
    assert "Told." not in english
    assert english.count("Withdrawn on") == 1
    assert "Zertifiziert" in german
    assert "Zurückgezogen am" in german
    # a reopened claim comes back once it is approved again; a superseded one is told as such
    revise_publication(refresh(beside), actor=lead, reason="canary-words")
    assert '"ended": "reopened"' in says(of_beside, proof(beside.ref))[1]
    approve_publication(submit(refresh(beside), actor=lead), actor=other)
    assert says(proof(beside.ref))[0]
    assert "Taken back" not in page()
    after = shown(meridian, second, title="Certified anew", rests_on=held.ref, supersedes=refresh(beside))
    assert '"ended": "superseded"' in says(of_beside, proof(beside.ref))[1]
    assert "Replaced by another claim on" in page()
    assert says(proof(after.ref))[0]
    # one that never was public ends without a word, and one that is gone behind the door is not silent
    never = claimed(meridian, title="Never public", rests_on=held.ref)
    withdraw_publication(never, actor=other, reason="No.")
    assert not LedgerStream.objects.filter(ref=ended.stream_of(never.ref)).exists()
    assert Client().get(f"/trust/{never.ref}/proof.json").status_code == 404
    assert "Never public" not in page()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE assurance_publication SET state = 'withdrawn' WHERE ref = %s", [after.ref])
    published._kept.clear()
    assert "It was taken back without an entry that says so." in page()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE assurance_publication SET state = 'approved' WHERE ref = %s", [claim.ref])
    published._kept.clear()
    assert "Withdrawn on" in page()  # the ledger says so, whatever a row says
    assert '"ended": "withdrawn"' in says(old, proof(claim.ref))[1]


HOSTILE = (
    "<script>alert(1)</script>", "</h2></title><!--", "A" * 200, "\U0001f600" * 60, "\u202eevil\u202c", "{{ 7 }}",
    "\x9b31mred", "' OR 1=1 --", "{{ line.claim }}", "%(day)s %s {0}",
)  # fmt: skip


def test_hostile_words_and_many_claims_leave_the_page_whole_and_a_second_look_costs_little(
    meridian: Organisation, second: Person, tmp_path: Path
) -> None:
    held = certificate(meridian)
    for n in range(40):
        words = HOSTILE[n % len(HOSTILE)]
        shown(
            meridian, second, title=words, title_de=words if n % 2 else "", text=f"{words}\n{words}", rests_on=held.ref
        )
    for at in range(12):
        withdraw_publication(
            Publication.objects.get(ref=f"publication:{now():%Y}-{at + 1:04}"), actor=actor_of(second), reason="No."
        )
    first = Client().get("/trust/")
    raw = first.content.decode()
    assert first.status_code == 200
    assert not re.search(r"<script(?! src=)", raw)
    assert raw.count("</html>") == 1
    assert raw.count("/proof.json") == 40
    for words in HOSTILE:
        assert escape(words) in raw
    with CaptureQueriesContext(connection) as again:
        assert Client().get("/trust/", headers={"accept-language": "en"}).content == first.content
    assert len(again) <= 1
    lines = Client().get("/trust/?in=de").content.decode()
    assert "Zurückgezogen am" in lines
    trust._MOST_ENDED, most = 5, trust._MOST_ENDED
    try:
        trust._pages.of = None
        assert "7 earlier ones are not listed" in page()
    finally:
        trust._MOST_ENDED, trust._pages.of = most, None
    last = Publication.objects.order_by("-ref")[0]
    proof = Client().get(f"/trust/{last.ref}/proof.json")
    told = checking(tmp_path, proof.content.decode(), key=str(server_log().key))
    assert told.returncode == 0, told.stderr
    assert told.stdout.isascii()


def test_a_proof_that_is_cut_off_or_bent_is_not_proven_and_says_so_in_a_line(
    meridian: Organisation, second: Person, tmp_path: Path
) -> None:
    claim = shown(meridian, second, title="Certified", rests_on=certificate(meridian).ref)
    whole = Client().get(f"/trust/{claim.ref}/proof.json").content.decode()
    document, log = json.loads(whole), str(server_log().key)
    bent: list[Any] = [whole[: len(whole) * n // 7] for n in range(7)]
    bent += [
        {key: value for key, value in document.items() if key != name}
        for name in document
        if name not in {"ref", "size", "root", "leaf_hash", "how_to_check", "ends"}
    ]
    bent += [
        document | {"path": document["path"][:-1]},
        document | {"index": document["index"] + 1},
        document | {"body": None},
    ]
    bent += [document | {"checkpoint": document["checkpoint"].replace("\n", "\n1", 1)}, [], None, "\ufeff", "\0"]
    for one in bent:
        told = checking(tmp_path, one, key=log)
        assert told.returncode == 1, one
        assert told.stderr.startswith("NOT PROVEN. "), told.stderr
        assert "Traceback" not in told.stderr
        assert not told.stdout
    other = checking(tmp_path, whole, key=str(VerifierKey.of(key())))
    assert (other.returncode, "NOT PROVEN" in other.stderr) == (1, True)
