"""Legal entities of a group read nothing of each other without a grant: no page, list, file, search, palette or API."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client
from django.urls import URLResolver, get_resolver

from records.examples import EXAMPLES
from records.identity.accounts import account, logged_in
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.desk.description import RecordType, registered
from upright.desk.forms import form_class
from upright.kernel import Actor
from upright.records.collaboration.actions import assign, attach, comment
from upright.records.identity.editing import add, right_of
from upright.records.identity.models import Person, Role, Unit
from upright.records.identity.power import DeniedError, Powers, powers_of
from upright.records.identity.token_actions import issue_token
from upright.records.trail.door import write
from upright.records.trail.fields import RefField
from upright.records.trail.history import entries_of
from upright.records.trail.models import LedgerEntry
from upright.records.trail.record import Record
from upright.records.trail.server_log import now

pytestmark = pytest.mark.usefixtures("quick_hashes")
MARK = "Zephyrine"
"""In what the other entity calls itself, its people and its records."""
OF_THE_GROUP = {"dependency"}
"""What lies in no entity: an edge may lead from one to another."""
_MARKED = ("name", "title", "what", "note", "purpose", "activity", "task", "statement", "because", "text")


def entity(group: Unit, name: str) -> Organisation:
    """A legal entity with a unit, a manager who holds every role there, and an owner."""
    root = write(
        Unit(name=name, kind="legal-entity", parent=group, jurisdictions=["DE"]),
        actor=SETUP,
        action="identity.unit.added",
    )
    below = write(Unit(name=f"{name} lending", parent=root), actor=SETUP, action="identity.unit.added")
    people = []
    for part, unit in (("lead", root), ("owner", below)):
        person = Person(name=f"{part} of {name}", email=f"{part}@{name.lower()}.example", unit=unit)
        people.append(write(person, actor=SETUP, action="identity.person.added"))
    for role in Role:
        if role not in {Role.EXTERNAL_AUDITOR, Role.ADMINISTRATOR}:
            grant(people[0], role, root)
    grant(people[1], Role.SYSTEM_OWNER, below)
    return Organisation(root, below, *people)


def marked(record: Record) -> Record:
    for field in record._meta.concrete_fields:
        is_text = isinstance(field, models.TextField) or field.name in {"name", "title"}
        if is_text and field.name in _MARKED and getattr(record, field.attname):
            setattr(record, field.attname, f"{getattr(record, field.attname)} {MARK}")
    return record


def made_by(org: Organisation, group: Actor) -> dict[str, Record]:
    """One of each type; what lies in the group as a whole by the group's manager."""
    made: dict[str, Record] = {}
    lead, of_group = actor_of(org.lead), set()
    for name, build in EXAMPLES.items():
        record = marked(build(org, made))
        try:
            made[name] = add(record, actor=lead, reason=f"For {MARK}.")
        except DeniedError:
            made[name] = add(record, actor=group, reason=f"For {MARK}.")
            of_group.add(name)
    assert of_group == OF_THE_GROUP
    system = made["system"]
    made["comment"] = comment(system, f"Said by {MARK}", actor=lead)
    made["attachment"] = attach(system, f"{MARK}.txt", [MARK.encode()], actor=lead)
    made["task"] = assign(system, f"To do for {MARK}", assignee=org.lead, actor=lead)
    return made


WHOLE = ("system", "risk", "statement-of-applicability", "audit", "management-review", "attachment", "document")
"""Records that every address is asked for; of the other types, the record."""
ONCE = ("records/<slug:name>/", "records/<slug:name>/export.<slug:form>", "choices/<slug:name>/")
"""Addresses of a type that are asked for each type."""


def addresses(made: dict[str, Record]) -> Iterator[str]:
    """Pages of the other entity's records, lists, files, searches, and what choices and the palette offer."""
    for route in _routes(get_resolver("upright.web.urls")):
        if "ref>" in route:
            for name, record in made.items():
                if name in WHOLE or route.startswith("record/<ref"):
                    yield "/" + _filled(route, record)
        elif route in ONCE:
            for name in registered():
                yield "/" + route.replace("<slug:name>", name).replace("<slug:form>", "csv")
        elif "<" not in route:
            yield f"/{route}"
    for query in ("Mortgage", made["system"].ref):
        yield from (f"/{page}?q={query}" for page in ("jump/", "choices/system/", "records/risk/", "in/evidence/"))
    for place in ("organisation", "systems", "monitoring", "incidents", "improvement", "reports"):
        yield f"/in/{place}/"


def _filled(route: str, record: Record) -> str:
    said = {
        "<ref:ref>": record.ref, "<system:ref>": record.ref, "<slug:move>": "submit",
        "<int:entry>": str(entries_of(record.ref)[0].index), "<str:requirement>": "iso42001:A.7.5",
    }  # fmt: skip
    for part, value in said.items():
        route = route.replace(part, value)
    return route


def _routes(found: Any) -> Iterator[str]:
    for one in found.url_patterns:
        if isinstance(one, URLResolver):
            yield from _routes(one)
        else:
            yield str(one.pattern)


@pytest.mark.slow
def test_a_manager_of_one_legal_entity_reads_nothing_of_another(meridian: Organisation) -> None:
    alpha, beta = entity(meridian.root, MARK), entity(meridian.root, "Beta")
    made = made_by(alpha, actor_of(meridian.lead))
    bea, own = logged_in(account(beta.lead)), logged_in(account(alpha.lead))
    told, leaks = [], []
    for address in addresses(made):
        answer = bea.get(address)
        told += [address] * (answer.status_code == 200)
        leaks += _marks(address, _text(answer))
    assert len(told) > 150
    _, text = issue_token(beta.lead, name="Beta", expires_at=now() + timedelta(days=1), actor=actor_of(beta.lead))
    call: Any = Client(headers={"Authorization": f"Bearer {text}"})
    for name in registered():
        leaks += _marks(name, _text(call.get(f"/api/v1/{name}?limit=100")))
    for record in made.values():
        for end in ("", "/history", "/posture", "/gate?stage=deployment", "/conflicts"):
            address = f"/api/v1/{record.ref_type}/{record.ref}{end}"
            answer = call.get(address)
            leaks += [f"{address}: 200"] * (answer.status_code == 200) + _marks(address, _text(answer))
    assert leaks == [], "\n".join(leaks)
    # Who belongs there finds it by the same addresses: the walk looks where something is.
    looked = {name: made[name] for name in ("system", "risk", "statement-of-applicability", "attachment")}
    assert sum(MARK in _text(own.get(address)) for address in addresses(looked)) > 60


@pytest.mark.slow
def test_nothing_is_hung_on_or_pointed_at_what_lies_in_another_legal_entity(meridian: Organisation) -> None:
    alpha, beta = entity(meridian.root, MARK), entity(meridian.root, "Beta")
    made = made_by(alpha, actor_of(meridian.lead))
    bea = logged_in(account(beta.lead))
    system = made["system"].ref
    before = LedgerEntry.objects.count()
    for address, sent in (
        ("comment", {"text": "x"}),
        ("attach", {"file": SimpleUploadedFile("x.txt", b"x")}),
        ("task", {"title": "x", "assignee": beta.lead.ref}),
        ("snapshot", {}),
        ("pack", {}),
        ("edit", {"name": "x"}),
    ):
        answer = bea.post(f"/{address}/{system}/", sent)
        assert answer.status_code in {403, 404}, (address, answer.status_code)
        assert MARK not in _text(answer)
    _, text = issue_token(beta.lead, name="Beta", expires_at=now() + timedelta(days=1), actor=actor_of(beta.lead))
    call: Any = Client(headers={"Authorization": f"Bearer {text}"})
    risk = {
        "title": "x",
        "system": system,
        "unit": beta.lending.ref,
        "owner": beta.owner.ref,
        "concerns": "organisation",
    }
    answer = call.post("/api/v1/risk", risk, content_type="application/json")
    assert answer.status_code == 422, _text(answer)
    assert "system" in _text(answer)
    assert MARK not in _text(answer)
    added = LedgerEntry.objects.filter(index__gte=before).values_list("ref", flat=True)
    assert {ref.partition(":")[0] for ref in added} == {"index", "token"}  # what Bea made here, and nothing of Alpha's


def _marks(address: str, body: str) -> list[str]:
    at = body.find(MARK)
    return [] if at < 0 else [f"{address}: …{body[max(0, at - 90) : at + 30]}…"]


def _text(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(content.decode("utf-8", "replace"))


def test_a_reference_to_what_lies_elsewhere_is_refused_as_one_to_nothing(meridian: Organisation) -> None:
    """Else a form, the API and the rehearsal of an import would tell which references another entity has."""
    alpha, beta = entity(meridian.root, MARK), entity(meridian.root, "Beta")
    made = made_by(alpha, actor_of(meridian.lead))
    own = comment(add(beta.system("own"), actor=actor_of(beta.lead)), "Ours.", actor=actor_of(beta.lead))
    powers, asked = powers_of(actor_of(beta.lead)), []
    for described in registered().values():
        for field in described.model._meta.concrete_fields:
            is_reference = isinstance(field, RefField) or field.name in described.model.listed
            if not is_reference or field.name not in described.written:
                continue
            for name in sorted(made.keys() & set(getattr(field, "types", None) or made)):
                if not powers.may(right_of(type(made[name]), "read"), made[name]):
                    asked.append((described.name, field.name, name))
                    found, none = (
                        [one.replace(ref, "…") for one in _errors(described, powers, field.name, ref)]
                        for ref in (made[name].ref, f"{name}:none-such")
                    )
                    assert found == none != [], asked[-1]
    assert len(asked) > 100
    assert {("record-disposal", "record", "comment"), ("audit", "systems", "system")} <= set(asked)
    # What hangs on a record lies with it: its own manager proposes to erase it.
    assert _errors(registered()["record-disposal"], powers, "record", own.ref) == []


def test_what_hangs_on_a_record_of_another_legal_entity_tells_not_on_which(meridian: Organisation) -> None:
    alpha, beta = entity(meridian.root, MARK), entity(meridian.root, "Beta")
    lead = actor_of(alpha.lead)
    system = add(alpha.system("scoring"), actor=lead)
    file = attach(system, "file.txt", [b"x"], actor=lead).ref
    task = assign(system, "To do", assignee=alpha.lead, actor=lead).ref
    bea, own = logged_in(account(beta.lead)), logged_in(account(alpha.lead))
    for ask, ref in ((bea.get, f"attachment/{file}"), (bea.post, f"task-close/{task}")):
        there, nowhere = ask(f"/{ref}/"), ask(f"/{ref[:-4]}9999/")
        assert there.status_code == nowhere.status_code == 404
        assert "scoring" not in _text(there)
        assert ref.partition("/")[2] in _text(there)
    assert own.get(f"/attachment/{file}/").status_code == 200
    assert own.post(f"/task-close/{task}/").status_code == 302


def _errors(described: RecordType, powers: Powers, field: str, ref: str) -> list[str]:
    return form_class(described)({field: ref}, powers=powers).errors.get(field, [])
