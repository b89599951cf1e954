"""A record that concludes badly speaks against the control that it is proof of, until something newer mends it."""

import inspect
from typing import Any

from records.examples.building import day
from records.organisation import SETUP, Organisation, actor_of
from records.risk.settled import Settled, settled
from records.risk.test_applicability import in_force
from records.test_every_type import made_all
from upright.records.governance.kinds import SPECIALISED, SPECIALISED_DOCUMENTS
from upright.records.governance.models import Competence, Document, KeptRecord
from upright.records.inventory.models import Customer
from upright.records.operations import models
from upright.records.risk.against import JUDGED, asked_of
from upright.records.risk.applicability import conflicts
from upright.records.risk.known import annex_a
from upright.records.risk.standing import hold_to_records, may_have_changed
from upright.records.trail.door import refresh, write
from upright.records.trail.history import entries_of
from upright.records.trail.record import Record, record_types
from upright.records.trail.verify import verify

BAD: dict[str, dict[str, Any]] = {
    "competence": {"is_effective": False},
    "control-evaluation": {"conclusion": "not-effective"},
    "customer-requirement": {"state": "unmet"},
    "impact-assessment": {"conclusion": "not-acceptable"},
    "information-delivery": {"reached_percent": 99},
    "information-owed": {"due": day(-2), "delivered_on": day(-1)},
    "kept-record": {"conclusion": "failed"},
    "test-report": {"conclusion": "failed"},
}
GOOD: dict[str, dict[str, Any]] = {
    "competence": {"is_effective": True},
    "customer-requirement": {"state": "met"},
    "information-owed": {"due": day(-1), "delivered_on": day(-1)},
    "kept-record": {"conclusion": "passed"},
}
DONE = {"status": "implemented"}
OUTCOME = {"policy_version": "1.0", "trigger": "The year is over.", "outcome": "Two duties are missing."}


def reviewed(set_up: Settled, conclusion: str) -> Any:
    data = OUTCOME | {"reviewed_by": set_up.org.lead.ref, "next_review": day(300).isoformat()}
    return approved(set_up, KeptRecord, kind="policy-review", title="The policy", data=data, conclusion=conclusion)


def with_fields(record: Record, fields: dict[str, Any]) -> Record:
    for name, value in fields.items():
        setattr(record, name, value)
    return record


def test_what_concludes_badly_is_what_the_record_says_as_evidence(meridian: Organisation) -> None:
    made = made_all(meridian)
    made["control-evaluation"].control.identifier = "A.2.2"  # type: ignore[attr-defined]
    assert set(BAD) == set(JUDGED)
    for name, bad in BAD.items():
        for fields, is_bad in ((GOOD.get(name, {}), False), (bad, True)):
            record = with_fields(made[name], fields)
            said = record.as_evidence()
            assert said is not None, name
            assert (said.conclusion == "failed") is is_bad, (name, fields)
            put(record, **fields)
            assert type(record).objects.filter(JUDGED[name].badly, pk=record.pk).exists() is is_bad, (name, fields)


def test_no_type_that_can_conclude_badly_and_is_proof_of_a_control_is_left_out() -> None:
    kinds = {kind for control in annex_a() for asked in asked_of(control) for kind in asked.kinds}
    special = {**SPECIALISED, **SPECIALISED_DOCUMENTS}
    types = {special[kind] for kind in kinds if kind in special} | {"kept-record", "control-evaluation", "document"}
    can = {one for one in types if '"failed"' in inspect.getsource(record_types()[one].as_evidence)}
    can |= {one for one in types if "conclusion=self.conclusion" in inspect.getsource(record_types()[one].as_evidence)}
    assert {"competence", "test-report", "information-owed"} <= can
    assert sorted(can - set(JUDGED)) == []


def put(record: Record, **fields: Any) -> Any:
    """A record as it stands after its verbs."""
    name = record.ref_type.replace("-", "_")
    return write(with_fields(record, fields), actor=SETUP, action=f"{record._meta.app_label}.{name}.approved")


def approved(set_up: Settled, model: Any, **fields: Any) -> Any:
    org = set_up.org
    given = {"unit": org.lending, "owner": org.owner, "review_by": day(300), "state": "approved"}
    return put(model(**given | {"approved_by": str(actor_of(org.lead))} | fields))


def test_a_failed_test_contradicts_a_row_said_to_be_implemented_until_one_passes(meridian: Organisation) -> None:
    set_up = settled(meridian)
    plan = approved(
        set_up, Document, subtype="test-plan", about=set_up.system.ref, title="Test plan", text="AUC at least 0.7."
    )
    given = {"system": set_up.system, "plan": plan, "tested_on": day(-1), "results": "AUC 0.74."}

    def tested(release: str, conclusion: str) -> Any:
        return approved(set_up, models.TestReport, release=release, conclusion=conclusion, **given)

    tested("1.0", "passed")
    statement, _ = in_force(set_up, A_6_2_4=DONE, A_6_2_3={"status": "partly"})
    assert (hold_to_records(), refresh(statement).against) == (0, [])
    before = entries_of(statement.ref)[-1].index
    bad = tested("1.1", "failed")
    assert may_have_changed(before)
    (found,) = conflicts(refresh(statement))
    assert (found.code, found.control, found.ref) == ("UP-RISK-61", "A.6.2.4", bad.ref)
    assert f"{bad.ref}, which showed it, found results outside the limits" in found.words
    assert (hold_to_records(), refresh(statement).against) == (1, [found.words])
    said = refresh(statement).as_evidence()
    assert said is not None
    assert said.conclusion == "failed"
    tested("1.2", "passed")
    assert conflicts(refresh(statement)) == []
    assert (hold_to_records(), refresh(statement).against) == (1, [])
    assert verify().outcome == "intact"


def test_a_row_that_is_carried_out_in_part_is_not_contradicted(meridian: Organisation) -> None:
    set_up = settled(meridian)
    statement, _ = in_force(set_up, A_2_4={"status": "partly"})
    reviewed(set_up, "failed")
    assert conflicts(statement) == []


def test_a_kept_record_that_is_not_in_order_contradicts_the_control_it_is_proof_of(meridian: Organisation) -> None:
    set_up = settled(meridian)
    statement, _ = in_force(set_up, A_2_4=DONE)
    bad = reviewed(set_up, "failed")
    assert [(one.control, one.ref) for one in conflicts(statement)] == [("A.2.4", bad.ref)]
    reviewed(set_up, "passed")
    assert conflicts(statement) == []


def test_one_persons_competence_does_not_stand_for_anothers(meridian: Organisation) -> None:
    set_up = settled(meridian)
    statement, _ = in_force(set_up, A_4_6=DONE)
    given = {"task": "Overseer", "needs": "A course", "holds": "Ten years"}
    bad = approved(set_up, Competence, person=meridian.owner, gap="The course", is_effective=False, **given)
    approved(set_up, Competence, person=meridian.lead, **given)
    assert [(one.control, one.ref) for one in conflicts(statement)] == [("A.4.6", bad.ref)]
    put(refresh(bad), is_effective=True)
    assert conflicts(statement) == []


def test_what_a_customer_requires_and_what_is_owed_count_by_their_outcome(meridian: Organisation) -> None:
    set_up = settled(meridian)
    statement, _ = in_force(set_up, A_10_4=DONE, A_8_5=DONE)
    customer = put(Customer(name="Broker", requires="Reasons", unit=meridian.root))
    wish = put(models.CustomerRequirement(customer=customer, requirement="In a day.", review_by=day(300)))
    late = put(models.InformationOwed(owed_to="Supervisor", unit=meridian.root, what="The list.", due=day(-2)))
    assert conflicts(statement) == []  # neither judged nor delivered: nothing concluded badly
    put(wish, state="unmet", judged_by="person:x")
    put(late, delivered_on=day(-1), proof="Mail.")
    found = {one.control: one.ref for one in conflicts(statement)}
    assert found == {"A.10.4": wish.ref, "A.8.5": late.ref}
    put(wish, state="met")
    in_time = models.InformationOwed(owed_to="Supervisor", unit=meridian.root, what="The list.", due=day(-1))
    put(in_time, delivered_on=day(-1), proof="Mail.")  # the next one in time; what was late stays late
    assert conflicts(statement) == []
