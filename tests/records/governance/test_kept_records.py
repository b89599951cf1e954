"""Kept records: every kind's example is kept, planted faults are named by field, and what is approved reaches Facts."""

from copy import deepcopy
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict

from records.examples.building import day
from records.organisation import Organisation, actor_of
from upright.desk.description import record_type
from upright.desk.exporting import cells, header
from upright.desk.forms import form_class, form_data
from upright.desk.importing import Importer, Mapped
from upright.records.assurance.judging import facts_of
from upright.records.governance.kinds import kept_kinds, kind_of, persons_in
from upright.records.governance.models import KeptRecord
from upright.records.identity.controlled import approve, submit
from upright.records.identity.editing import add, edit
from upright.records.identity.power import powers_of
from upright.records.trail.door import validate
from upright.records.trail.errors import RefusedError
from upright.records.trail.server_log import organisation

KEPT = record_type("kept-record")


def example(kind: str, person: str) -> Any:
    known = kind_of(kind)
    assert known is not None
    data = deepcopy(dict(known.example))
    for at, _ in list(persons_in(known.fields, data)):
        inside: Any = data
        for part in at[:-1]:
            inside = inside[part]
        inside[at[-1]] = person
    return data


def kept(org: Organisation, kind: str, **more: Any) -> KeptRecord:
    given = {"title": kind, "kind": kind, "unit": org.root, "owner": org.owner, "review_by": day(300)}
    return KeptRecord(**{**given, "data": example(kind, org.owner.ref), **more})


def refused(record: KeptRecord) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        validate(record)
    return [message for messages in caught.value.message_dict.values() for message in messages]


def test_the_example_of_every_kind_can_be_kept_and_one_field_less_is_named(meridian: Organisation) -> None:
    system = add(meridian.system(), actor=actor_of(meridian.lead))
    about = {"organisation": "", "system": system.ref}
    seen = 0
    for name, _ in kept_kinds():
        kind = kind_of(name)
        assert kind is not None
        subject = next((one for one in kind.subject if one in about), None)
        if subject is None:
            continue
        validate(kept(meridian, name, about=about[subject]))
        asked = [one for one in kind.fields["required"] if one not in {"approved_on", "approved_by"}]
        less = kept(meridian, name, about=about[subject])
        del less.data[asked[0]]
        assert any("is missing" in one for one in refused(less)), name
        seen += 1
    assert seen > 80


def test_planted_faults_are_named_by_field(meridian: Organisation) -> None:
    add(meridian.system(), actor=actor_of(meridian.lead))
    faults: list[tuple[dict[str, Any], str]] = [
        ({"data": {}}, "Rows: is missing"),
        ({"data": []}, "an object"),
        ({"about": "system:mortgage"}, "about a organisation"),
    ]
    good = example("policy-link", meridian.owner.ref)
    for change, says in (
        ({"reviewed_on": "2026-02-30"}, "Reviewed on: '2026-02-30' is no day"),
        ({"reviewed_on": 7}, "Reviewed on: found 7; expected a text"),
        ({"poem": "x"}, "Poem: is no field"),
        ({"rows": []}, "Rows: is empty"),
        ({"rows": [good["rows"][0] | {"owner": "Ada"}]}, "Rows, row 1, owner: 'Ada' does not fit"),
        ({"rows": [good["rows"][0] | {"owner": "person:nobody"}]}, "person:nobody names no person"),
    ):
        faults.append(({"data": good | change}, says))
    for change, says in faults:
        assert any(says in one for one in refused(kept(meridian, "policy-link", **change))), says
    assert any("kind is about a system" in one for one in refused(kept(meridian, "design-record")))


def test_no_unit_speaks_for_the_systems_of_another_and_a_record_stays_about_its_subject(meridian: Organisation) -> None:
    from records.organisation import SETUP
    from upright.records.identity.models import Unit
    from upright.records.trail.door import write

    cards = write(Unit(name="Cards", parent=meridian.root), actor=SETUP, action="identity.unit.added")
    lead = actor_of(meridian.lead)
    add(meridian.system(), actor=lead)
    add(meridian.system("scoring"), actor=lead)
    foreign = kept(meridian, "design-record", about="system:mortgage", unit=cards)
    assert any("lies in another unit" in one for one in refused(foreign))
    record = add(kept(meridian, "design-record", about="system:mortgage", unit=meridian.lending), actor=lead)
    record.about = "system:scoring"
    with pytest.raises(ValidationError, match="stays so"):
        edit(record, actor=lead)


def test_what_is_approved_reaches_facts_and_a_no_without_conclusion_is_not_handed_in(meridian: Organisation) -> None:
    owner, lead = actor_of(meridian.owner), actor_of(meridian.lead)
    add(meridian.system(), actor=lead)
    about = {"about": "system:mortgage", "unit": meridian.lending}
    record = add(kept(meridian, "design-record", **about), actor=owner)
    assert not [
        one
        for one in facts_of("system:mortgage").items
        if "design-record" in one.kinds and one.record_state == "approved"
    ]
    approve(submit(record, actor=owner), actor=lead)
    found = [
        one
        for one in facts_of("system:mortgage").items
        if "design-record" in one.kinds and one.record_state == "approved"
    ]
    assert [(one.subject, one.result) for one in found] == [("system:mortgage", "passed")]
    no = kept(meridian, "safety-evaluation", **about)
    no.data["within_tolerance"] = False
    no = add(no, actor=owner)
    with pytest.raises(RefusedError, match=r"answers no \(within tolerance"):
        submit(no, actor=owner)
    no.conclusion = "failed"
    approve(submit(edit(no, actor=owner), actor=owner), actor=lead)
    last = next(
        one for one in facts_of("system:mortgage").items if one.stream == no.ref and one.record_state == "approved"
    )
    assert last.result == "failed"
    assert all(one.subject != organisation() for one in facts_of("system:mortgage").items if one.stream == no.ref)


def test_a_browser_json_and_a_spreadsheet_give_the_same_record(meridian: Organisation) -> None:
    lead = actor_of(meridian.lead)
    plain = kept(meridian, "policy-link")
    given = {"title": "T", "kind": "policy-link", "unit": meridian.root.ref, "owner": meridian.owner.ref}
    first = form_class(KEPT)(given | {"data": plain.data}).write(actor=lead)
    row = plain.data["rows"][0]
    sent = QueryDict(mutable=True)
    sent.update(given | {"data.reviewed_on": "2026-09-01", "data.rows.3.policy": " ", "data.rows.9.gap": ""})
    sent.update({f"data.rows.1.{key}": value for key, value in row.items()})
    second = form_class(KEPT)(sent).write(actor=lead)
    names = header(KEPT)
    line = dict(zip(names, cells(KEPT, first), strict=True)) | {"id": "", "ref": ""}
    if "reference" in line:
        line["reference"] = ""
    importer = Importer(KEPT, Mapped(columns={name: name for name in names}), actor=lead, powers=powers_of(lead))
    outcome = importer.run(iter([(1, names), (2, [line[name] for name in names])]), dry=False)
    assert (outcome.added, outcome.problems) == (1, [])
    third = KeptRecord.objects.order_by("-ref").first()
    assert third is not None
    wanted = form_data(first, KEPT)
    assert form_data(second, KEPT) == wanted
    assert form_data(third, KEPT) == wanted
