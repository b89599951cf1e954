"""What clauses 4 to 7 impose: each rule is broken once, the clean case passes, and what is approved reaches Facts."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from records.examples import EXAMPLES
from records.examples.building import day
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.kernel import sha256_hex
from upright.posture.decisions import adopted
from upright.records.assurance.judging import catalogue, facts_of
from upright.records.governance.actions import acknowledge
from upright.records.governance.models import (
    Acknowledgement,
    AiPrinciple,
    Communication,
    ContextIssue,
    Document,
    Objective,
)
from upright.records.governance.queries import reading_of
from upright.records.identity.controlled import Controlled, approve, revise, submit, withdraw
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Person, Role, Unit
from upright.records.identity.power import DeniedError
from upright.records.trail.door import refresh, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.record import Record
from upright.records.trail.server_log import organisation
from upright.records.trail.verify import verify

SPEAKS = {
    "context-analysis": ("context-analysis",),
    "interested-party": ("interested-party",),
    "scope-statement": ("scope-statement",),
    "process-definition": ("process-definition",),
    "ai-role": ("ai-role-determination",),
    "obligation": ("obligation",),
    "objective": ("objective",),
    "change-plan": ("change-plan",),
    "leadership-decision": ("leadership-record",),
    "resource-plan": ("resource-plan",),
    "competence": ("competence-record",),
    "awareness": ("awareness-record",),
    "communication-plan": ("communication-plan",),
    "communication": ("communication-record",),
    "document": ("ai-policy", "document"),
}
"""What each type speaks once it is approved."""

FAULTS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("scope-statement", {"frameworks": ["iso9999"]}, "iso9999 is no framework"),
    ("scope-statement", {"covers": ["unit:moon"]}, "unit:moon names no unit"),
    ("scope-statement", {"systems": ["system:moon"]}, "system:moon names no system"),
    ("ai-role", {"roles": ["king"]}, "king"),
    ("ai-role", {"roles": []}, "none"),
    ("objective", {"target": "low"}, "at_least or at_most"),
    ("awareness", {"reached": 41}, "governance_none_is_reached_uninvited"),
    ("resource-plan", {"year": 26}, "governance_a_plan_is_for_a_year"),
    ("document", {"sha256": "abc"}, "64 hexadecimal digits"),
    ("document", {"about": "system:mortgage"}, "about a organisation"),
    ("document", {"distribution": ["unit:moon"]}, "unit:moon names no unit"),
    ("ai-principle", {"objective": "C.9"}, "C.9"),
)
UNREADY: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("context-analysis", {"climate_relevant": None}, "climate change"),
    ("context-analysis", {}, "no internal issue"),
    ("interested-party", {"needs": []}, "no need"),
    ("interested-party", {"how": " "}, "taken up"),
    ("scope-statement", {"covers": []}, "covers no unit"),
    ("process-definition", {"criteria": ""}, "criteria"),
    ("ai-principle", {"policy": None}, "no policy"),
    ("objective", {"how": ""}, "what will be done"),
    ("change-plan", {"resources": ""}, "with which resources"),
    ("competence", {"holds": ""}, "what the person holds"),
    ("competence", {"gap": "Course"}, "whether it worked"),
    ("awareness", {"reached": 0}, "reached nobody"),
    ("document", {"text": ""}, "lacks its text"),
    ("document", {"text": "By {{owner}} every [[period]]."}, "{{owner}}, [[period]]"),
    ("document", {"subtype": "external"}, "address, edition, SHA-256, approved elsewhere"),
)


def made(org: Organisation) -> dict[str, Record]:
    found: dict[str, Record] = {}
    for name, build in EXAMPLES.items():
        if name in {"system", "document", *SPEAKS, "ai-principle", "context-issue"}:
            found[name] = add(build(org, found), actor=actor_of(org.lead))
    return found


def approver(org: Organisation) -> Person:
    other = write(Person(name="Tessa", unit=org.root), actor=SETUP, action="identity.person.added")
    grant(other, Role.AIMS_MANAGER, org.root)
    return other


def test_each_fault_is_refused_by_field_and_nothing_incomplete_is_handed_in(meridian: Organisation) -> None:
    records, lead = made(meridian), actor_of(meridian.lead)
    for name, wrong, says in FAULTS:
        record = EXAMPLES[name](meridian, records)
        for field, value in wrong.items():
            setattr(record, field, value)
        with pytest.raises(ValidationError) as caught:
            add(record, actor=lead)
        assert says in str(caught.value), (name, wrong, caught.value)
    for name, wrong, says in UNREADY:
        record = EXAMPLES[name](meridian, records)
        assert isinstance(record, Controlled)
        for field, value in wrong.items():
            setattr(record, field, value)
        assert says in str(record.unready()), (name, wrong, record.unready())
    first = records["interested-party"]
    assert isinstance(first, Controlled)
    first.how = ""  # type: ignore[attr-defined]
    with pytest.raises(RefusedError, match="taken up"):
        submit(edit(first, actor=lead), actor=lead)


def test_what_is_approved_reaches_facts_and_scope_adopts(meridian: Organisation) -> None:
    records, lead, other = made(meridian), actor_of(meridian.lead), actor_of(approver(meridian))
    inside = ContextIssue(
        title="Few people know models", side="internal", bearing="Slow.", unit=meridian.root, owner=meridian.owner
    )
    add(inside, actor=lead)
    for name in SPEAKS:
        record = records[name]
        assert isinstance(record, Controlled)
        if record.owner == meridian.lead:
            record.owner = meridian.owner
            record = edit(record, actor=lead)
        with pytest.raises(RefusedError):
            approve(submit(record, actor=lead), actor=lead)
        approve(refresh(record), actor=other)
    facts = facts_of(organisation())
    for name, kinds in SPEAKS.items():
        found = [one for one in facts.items if one.stream == records[name].ref and one.record_state == "approved"]
        assert found, name
        assert found[-1].kinds == kinds
        assert found[-1].subject == organisation()
    answers = {one.framework: one.value for one in facts.answers if one.question == "adopted"}
    assert answers["nist-ai-rmf"] == "yes"
    assert adopted([], {}, catalogue()) == ()
    assert verify().outcome == "intact"


def test_an_approved_version_is_acknowledged_once_a_superseded_one_is_neither_read_nor_cited(
    meridian: Organisation,
) -> None:
    lead, owner, other = actor_of(meridian.lead), actor_of(meridian.owner), actor_of(approver(meridian))
    grant(meridian.owner, Role.MEMBER, meridian.root)
    built = EXAMPLES["document"](meridian, {})
    policy = add(built, actor=lead)
    assert isinstance(policy, Document)
    with pytest.raises(RefusedError, match="only what is approved"):
        acknowledge(policy, actor=owner)
    approve(submit(policy, actor=lead), actor=other)
    acknowledge(policy, actor=owner)
    with pytest.raises(RefusedError, match="already"):
        acknowledge(policy, actor=owner)
    acknowledge(policy, actor=lead)
    sam = write(Person(name="Sam", unit=meridian.lending), actor=SETUP, action="identity.person.added")
    with pytest.raises(DeniedError):
        acknowledge(policy, actor=actor_of(sam))
    reading = reading_of(policy)
    assert ([str(one) for one, _ in reading.read], [str(one) for one in reading.missing]) == (["Olu Owner"], ["Sam"])
    assert (reading.of, reading.beside) == (2, 1)
    cites = AiPrinciple(
        title="P", objective="C.2.1", meaning="M", policy=policy, unit=meridian.root, owner=meridian.owner
    )
    add(cites, actor=lead)

    revise(policy, actor=lead, reason="New law.")
    policy.text = "We now …"
    approve(submit(edit(policy, actor=lead), actor=lead), actor=other)
    assert [str(one) for one, _ in reading_of(policy).read] == []
    acknowledge(policy, actor=owner)
    assert Acknowledgement.objects.filter(document=policy, person=meridian.owner).count() == 2

    new = EXAMPLES["document"](meridian, {})
    assert isinstance(new, Document)
    new.supersedes = policy
    add(new, actor=lead)
    approve(submit(new, actor=lead), actor=other)
    policy = refresh(policy)
    assert policy.state == "superseded"
    with pytest.raises(RefusedError, match="superseded"):
        acknowledge(policy, actor=actor_of(meridian.lead))
    cites.title = "Still cited where it was"
    edit(cites, actor=lead)
    for anew in (
        AiPrinciple(title="Q", objective="C.2.1", meaning="M", policy=policy, unit=meridian.root, owner=meridian.owner),
        Communication(what="W", audiences=["A"], channel="C", sent_on=day(-1), document=policy, unit=meridian.root,
                      owner=meridian.owner),
        Document(title="D", subtype="procedure", supersedes=policy, unit=meridian.root, owner=meridian.owner),
    ):  # fmt: skip
        with pytest.raises(ValidationError, match="cite the version that is in force"):
            add(anew, actor=lead)
    withdraw(new, actor=other, reason="Out of date.")
    draft = Document(title="D", subtype="procedure", text="x", unit=meridian.root, owner=meridian.owner)
    add(draft, actor=lead)
    with pytest.raises(ValidationError, match="make known what is approved"):
        add(Communication(what="W", audiences=["A"], channel="C", sent_on=day(-1), document=draft, unit=meridian.root,
                          owner=meridian.owner), actor=lead)  # fmt: skip


def test_an_external_document_is_referenced_and_a_units_scope_does_not_speak_for_the_whole(
    meridian: Organisation,
) -> None:
    lead, other = actor_of(meridian.lead), actor_of(approver(meridian))
    manual = Document(
        title="Information security manual",
        subtype="external",
        address="https://wiki.meridian.example/isms",
        edition="4.2",
        sha256=sha256_hex(b"manual").upper(),
        approved_elsewhere="Chief information security officer, ISMS, 3 March 2026",
        unit=meridian.root,
        owner=meridian.owner,
        review_by=day(90),
    )
    approve(submit(add(manual, actor=lead), actor=lead), actor=other)
    assert manual.digest == sha256_hex(b"manual")
    entity = write(
        Unit(name="Meridian Cards", kind="legal-entity", parent=meridian.root),
        actor=SETUP,
        action="identity.unit.added",
    )
    own = EXAMPLES["scope-statement"](meridian, {})
    own.unit = entity  # type: ignore[attr-defined]
    approve(submit(add(own, actor=lead), actor=lead), actor=other)  # type: ignore[type-var]
    facts = facts_of(organisation())
    assert [one.question for one in facts.answers if one.question == "adopted"] == []
    assert Objective(target="at_most 0.1").judged(*_interval("0.02", "0.09")) == "reached"
    assert Objective(target="at_most 0.1").judged(*_interval("0.12", "0.2")) == "missed"
    assert Objective(target="at_least 0.8").judged(*_interval("0.7", "0.9")) == "undecided"


def _interval(low: str, high: str) -> Any:
    from decimal import Decimal

    return Decimal(low), Decimal(high)
