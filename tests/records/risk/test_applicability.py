"""The Statement of Applicability: a row for each control, reasons, grounds, what needs it; approved, frozen."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.organisation import Organisation
from records.risk.settled import Settled, day, refused, settled
from upright.kernel import time_text
from upright.posture import evaluate
from upright.posture.facts import SoaRow as FactRow
from upright.records.assurance.judging import catalogue, facts_of, posture_of
from upright.records.governance.models import Document, Obligation
from upright.records.identity import controlled
from upright.records.identity.editing import add, edit
from upright.records.inventory.models import Customer, Model, Supplier
from upright.records.risk import actions
from upright.records.risk.against import _filed, asked_of, sources
from upright.records.risk.applicability import compare, conflicts, proposal, wanted_controls
from upright.records.risk.known import annex_a
from upright.records.risk.models import Control, ControlEvaluation, Risk, SoaRow, StatementOfApplicability
from upright.records.risk.standing import hold_to_records
from upright.records.trail.door import change, refresh
from upright.records.trail.models import LedgerEntry
from upright.records.trail.server_log import clock_set, now, organisation
from upright.records.trail.verify import verify
from upright.site.worker import Worker


def decide(row: SoaRow, set_up: Settled, ref: str, **more: Any) -> SoaRow:
    row = refresh(row)
    given = {"decision": "included", "reason": "Needed for what the score does.", "needed_by": [ref]} | more
    for name, value in given.items():
        setattr(row, name, value)
    return edit(row, actor=set_up.ada)


def decided(set_up: Settled) -> tuple[StatementOfApplicability, str]:
    """A statement with every row decided on, and the risk that needs the controls."""
    risk = set_up.example("risk")
    set_up.example("treatment", risk=risk)
    statement = set_up.example("statement-of-applicability")
    with change():
        for row in statement.rows.all():
            decide(row, set_up, risk.ref)
    return statement, risk.ref


def row_of(statement: StatementOfApplicability, control: str) -> SoaRow:
    return statement.rows.get(control=control, system=None)


def codes(statement: StatementOfApplicability) -> set[str]:
    return {one.code for one in conflicts(refresh(statement))}


def test_it_begins_with_a_row_for_every_control_and_decides_nothing_itself(meridian: Organisation) -> None:
    set_up = settled(meridian)
    risk = set_up.example("risk")
    set_up.example("treatment", risk=risk, controls=["A.9.2"])
    set_up.example("control", identifier="MCU.1", title="Second look")
    statement = set_up.example("statement-of-applicability")
    rows = {one.control: one for one in statement.rows.all()}
    assert set(rows) == {*annex_a(), "MCU.1"}
    assert len(annex_a()) == 38
    assert {(one.decision, one.reason) for one in rows.values()} == {("undecided", "")}
    assert rows["A.9.2"].needed_by == [risk.ref]  # by its treatment
    assert rows["A.7.3"].needed_by == [risk.ref]  # by its threat
    assert rows["A.2.2"].needed_by == []
    assert list(wanted_controls(meridian.root))[-1] == "MCU.1"
    refused("is not decided on", controlled.submit, statement, set_up.ada)


def test_more_rows_and_types_cost_no_more_queries(meridian: Organisation) -> None:
    set_up = settled(meridian)
    risk = set_up.example("risk")
    set_up.example("treatment", risk=risk, controls=["A.9.2"])
    statement = set_up.example("statement-of-applicability")
    supplier = Supplier(name="Bureau", provides="Scores", country="DE", criticality="high", unit=meridian.root)
    add(supplier, actor=set_up.ada)
    out = {"decision": "excluded", "ground": "risk-assessment-shows-no-need", "reason": "None here."}

    def left_out(name: str) -> None:
        system = add(meridian.system(name), actor=set_up.ada)
        for control in ("A.2.2", "A.10.3"):
            add(SoaRow(statement=statement, control=control, system=system, **out), actor=set_up.ada)
        add(Model(system=system, short_name="bureau", name="Bureau", supplier=supplier), actor=set_up.ada)

    left_out("first")
    with CaptureQueriesContext(connection) as few:
        conflicts(refresh(statement))
    with CaptureQueriesContext(connection) as few_needs:
        assert "A.9.2" in proposal(meridian.root)
    for name in ("second", "third", "fourth"):
        left_out(name)
    treatment = set_up.example("treatment", risk=risk, controls=["A.9.3", "A.9.4", "A.6.2.4"])
    with CaptureQueriesContext(connection) as many:
        found = conflicts(refresh(statement))
    with CaptureQueriesContext(connection) as many_needs:
        assert proposal(meridian.root).keys() >= set(treatment.controls)
    assert len(many) == len(few)
    assert len(many_needs) == len(few_needs) <= 7
    said = [one.words for one in found if one.code == "UP-RISK-43"]
    assert len(said) == 4
    for name in ("first", "second", "third", "fourth"):
        assert [one for one in said if f"while model:{name}/bureau is supplied" in one], name
    with CaptureQueriesContext(connection) as at_once:
        kinds = {kind for control in annex_a() for one in asked_of(control) for kind in one.kinds}
        list(_filed([meridian.root.pk], sources(kinds), now().date()))
    assert len(sources(kinds)) > 8
    assert len(at_once) == 1


def test_what_stands_against_an_approval_is_listed_and_refuses_it(meridian: Organisation) -> None:
    set_up = settled(meridian)
    statement, ref = decided(set_up)
    assert conflicts(statement) == []
    controlled.submit(statement, actor=set_up.ada)

    def stands(code: str, *words: str) -> None:
        found = [one for one in conflicts(refresh(statement)) if one.code == code]
        assert found, code
        assert all(word in found[0].words for word in words), found
        refused("UP-CTRL-02", controlled.approve, statement, set_up.bo)

    untreated = set_up.example("risk", title="Nobody chose a way")
    stands("UP-RISK-46", untreated.ref, "level 16", "6.1.3")
    treatment = set_up.example("treatment", risk=untreated, controls=["A.7.4"])
    assert codes(statement) == set()
    control = set_up.example("control", identifier="MCU.7", title="Late")
    stands("UP-RISK-44", "MCU.7")
    treatment.controls = ["MCU.7"]
    edit(treatment, actor=set_up.ada)
    stands("UP-RISK-47", "MCU.7", "chosen")
    controlled.give_back(statement, actor=set_up.bo, reason="A control is missing.")
    actions.propose_rows(statement, actor=set_up.ada)
    new = row_of(statement, control.identifier)
    assert new.needed_by == [untreated.ref]
    decide(new, set_up, untreated.ref)
    assert codes(statement) == set()
    decide(row_of(statement, "A.4.4"), set_up, ref, needed_by=[])
    assert codes(statement) == {"UP-RISK-45"}
    gone = set_up.example("risk", title="Gone", likelihood=1, impact=1)
    decide(row_of(statement, "A.4.4"), set_up, gone.ref)
    actions.close_risk(gone, actor=set_up.ada, reason="It cannot come about.")
    assert codes(statement) == {"UP-RISK-45"}
    decide(row_of(statement, "A.4.4"), set_up, ref)
    decide(
        row_of(statement, "MCU.7"),
        set_up,
        ref,
        decision="excluded",
        needed_by=[],
        ground="risk-assessment-shows-no-need",
    )
    assert codes(statement) == {"UP-RISK-47"}  # left out, though a treatment chose it
    decide(row_of(statement, "MCU.7"), set_up, ref, ground="")
    controlled.withdraw(set_up.criteria, actor=set_up.bo, reason="They were wrong.")
    small = set_up.example("risk", title="Small", likelihood=1, impact=1)
    assert {one.ref for one in conflicts(refresh(statement)) if one.code == "UP-RISK-46"} == {small.ref}


def test_an_exclusion_has_one_of_two_grounds_a_reason_and_no_contradiction(meridian: Organisation) -> None:
    set_up = settled(meridian)
    statement, ref = decided(set_up)
    no_need = {"decision": "excluded", "needed_by": [], "ground": "risk-assessment-shows-no-need"}
    row = row_of(statement, "A.10.3")
    for wrong in ({"ground": ""}, {"ground": "not our role"}, {"reason": " "}, {"decision": "included"}):
        with pytest.raises(ValidationError):
            decide(row, set_up, ref, **(no_need | wrong))
    assert decide(row, set_up, ref, **no_need).decision == "excluded"
    supplier = Supplier(name="Bureau", provides="Scores", country="DE", criticality="high", unit=meridian.root)
    add(supplier, actor=set_up.ada)
    bureau = Model(system=set_up.system, short_name="bureau", name="Bureau score", supplier=supplier)
    add(bureau, actor=set_up.ada)
    assert codes(statement) == {"UP-RISK-43"}
    with pytest.raises(ValidationError, match="cannot be left out while model:mortgage/bureau"):
        decide(row, set_up, ref, **no_need)
    of_system = SoaRow(statement=statement, control="A.10.3", system=set_up.system, reason="None here.", **no_need)
    with pytest.raises(ValidationError, match="supplied from outside"):
        add(of_system, actor=set_up.ada)
    letters = add(meridian.system("letters"), actor=set_up.ada)
    decide(row, set_up, ref, ground="")
    of_system.system = letters  # rows may differ per system: this one uses nothing supplied
    assert add(of_system, actor=set_up.ada).decision == "excluded"
    customer = Customer(name="Broker", requires="Reasons", unit=meridian.root)
    add(customer, actor=set_up.ada)
    with pytest.raises(ValidationError, match="relies on an AI system"):
        decide(row_of(statement, "A.10.4"), set_up, ref, **no_need)
    twice = SoaRow(statement=statement, control="A.2.2", decision="included", reason="Again.")
    with pytest.raises(ValidationError, match="has a row already"):
        add(twice, actor=set_up.ada)
    for control in ("A.11.1", "MCU.9"):
        with pytest.raises(ValidationError, match=control):
            add(SoaRow(statement=statement, control=control), actor=set_up.ada)
    with pytest.raises(ValidationError, match="names no record"):
        decide(row, set_up, "risk:2020-0001")


def test_two_persons_approve_it_then_it_is_frozen_and_a_new_version_is_compared(meridian: Organisation) -> None:
    set_up = settled(meridian)
    letters = add(meridian.system("letters"), actor=set_up.ada)
    statement, ref = decided(set_up)
    out = {"decision": "excluded", "needed_by": [], "ground": "not-asked-by-external-requirements"}
    decide(row_of(statement, "A.10.4"), set_up, ref, **out)
    of_system = SoaRow(statement=statement, control="A.8.3", system=letters, reason="Nobody outside sees it.", **out)
    add(of_system, actor=set_up.ada)
    controlled.submit(statement, actor=set_up.ada)
    assert facts_of(organisation()).soa == ()
    with pytest.raises(Exception, match="UP-DOOR-11"):
        decide(row_of(statement, "A.2.2"), set_up, ref, reason="Later.")
    refused("UP-CTRL-04", controlled.approve, statement, set_up.ada)
    controlled.approve(statement, actor=set_up.bo, reason="Read row by row.")
    told = {(one.control, one.system): (one.included, one.ground) for one in facts_of(organisation()).soa}
    assert len(told) == 39
    assert told["A.10.4", None] == (False, "not-asked-by-external-requirements")
    assert told["A.8.3", "system:letters"] == (False, "not-asked-by-external-requirements")
    assert told["A.8.3", None] == (True, None)
    assert isinstance(facts_of(organisation()).soa[0], FactRow)
    for frozen in (row_of(statement, "A.2.2"), of_system):
        with pytest.raises(Exception, match="begin a new version"):
            decide(frozen, set_up, ref, reason="Later.")
    new = actions.begin_new_version(statement, actor=set_up.ada, reason="Two systems more.")
    assert (new.edition, new.rows.count(), compare(statement, new)) == (2, 39, [])
    refused("UP-RISK-48", actions.begin_new_version, statement, set_up.ada)
    set_up.example("control", identifier="MCU.1", title="Second look")
    actions.propose_rows(new, actor=set_up.ada)
    decide(row_of(new, "MCU.1"), set_up, ref)
    decide(row_of(new, "A.10.4"), set_up, ref, ground="")
    changes = [(one.what, one.control, one.system) for one in compare(statement, new)]
    assert changes == [("changed", "A.10.4", None), ("added", "MCU.1", None)]
    assert [one.what for one in compare(new, statement)] == ["changed", "removed"]
    assert "decision" in compare(statement, new)[0].fields
    new.review_by = day(300)
    edit(new, actor=set_up.ada)
    controlled.submit(new, actor=set_up.ada)
    controlled.approve(new, actor=set_up.bo)
    assert refresh(statement).state == "superseded"
    assert {one.included for one in facts_of(organisation()).soa if one.control == "A.10.4"} == {True}
    assert {one.included for one in facts_of(organisation()).soa if one.control == "A.8.3"} == {True, False}
    controlled.withdraw(new, actor=set_up.bo, reason="It was approved by mistake.")
    assert {one.included for one in facts_of(organisation()).soa} == {True}  # no exclusion outlives its statement
    assert verify().outcome == "intact"


def test_a_copied_exclusion_that_the_inventory_contradicts_is_to_be_decided_again(meridian: Organisation) -> None:
    set_up = settled(meridian)
    statement, ref = decided(set_up)
    out = {"decision": "excluded", "needed_by": [], "ground": "risk-assessment-shows-no-need"}
    decide(row_of(statement, "A.10.4"), set_up, ref, **out)
    controlled.submit(statement, actor=set_up.ada)
    controlled.approve(statement, actor=set_up.bo)
    add(Customer(name="Broker", requires="Reasons", unit=meridian.root), actor=set_up.ada)
    new = actions.begin_new_version(statement, actor=set_up.ada, reason="A customer.")
    assert row_of(new, "A.10.4").decision == "undecided"
    assert row_of(statement, "A.10.4").decision == "excluded"


def test_impact_assessments_propose_the_controls_that_carry_their_measures(meridian: Organisation) -> None:
    set_up = settled(meridian)
    impact = set_up.example("impact-assessment", controls=["A.9.2"])
    assert proposal(meridian.root) == {}  # a draft proposes nothing
    controlled.submit(impact, actor=set_up.ada)
    actions.approve_assessment(impact, actor=set_up.bo)
    assert proposal(meridian.root) == {"A.9.2": [impact.ref]}


def in_force(set_up: Settled, **rows: dict[str, Any]) -> tuple[StatementOfApplicability, Any]:
    """A statement in force, its rows decided as said (``A_9_2={…}``), and the risk that needs the controls."""
    statement, ref = decided(set_up)
    for control, more in rows.items():
        decide(row_of(statement, control.replace("_", ".")), set_up, ref, **more)
    controlled.submit(statement, actor=set_up.ada)
    controlled.approve(statement, actor=set_up.bo, reason="Read row by row.")
    return refresh(statement), Risk.objects.get(ref=ref)


OUT = {"decision": "excluded", "needed_by": [], "ground": "risk-assessment-shows-no-need"}


def test_posture_of_6_1_3_falls_by_what_speaks_against_the_statement_and_rises_when_that_goes(
    meridian: Organisation,
) -> None:
    set_up = settled(meridian)
    approved(set_up, Document, subtype="risk-treatment-method", title="How we treat risks", text="We …")
    statement, risk = in_force(set_up, A_9_2=OUT)
    entries = LedgerEntry.objects.filter(ref=statement.ref).count()
    later = now() + timedelta(days=30)

    def status() -> str:
        """As the worker leaves it, of the organisation; judged ahead and judged anew agree."""
        Worker().once()
        kept = posture_of(set_up.system.ref)
        anew = evaluate(facts_of(set_up.system.ref, kept.at), catalogue()).verdicts
        assert set(kept.verdicts) == set(anew)
        return next(str(one.status) for one in kept.verdicts if _is_6_1_3(one))

    assert status() == "met"
    assert LedgerEntry.objects.filter(ref=statement.ref).count() == entries  # nothing speaks against it
    treatment = set_up.example("treatment", risk=risk, controls=["A.9.2"])
    actions.approve_treatment(treatment, actor=set_up.bo)
    assert status() == "failing"
    standing = refresh(statement)
    assert (standing.state, standing.against) == (
        "approved",
        [f"A.9.2 was chosen by {treatment.ref} and is left out."],
    )
    assert status() == "failing"
    assert LedgerEntry.objects.filter(ref=statement.ref).count() == entries + 1  # once said, not again
    actions.finish_treatment(refresh(treatment), actor=set_up.olu, reason="A second look was taken.")
    actions.reject_treatment(refresh(treatment), actor=set_up.bo, reason="It changed nothing.")
    assert status() == "met"  # no treatment asks for it any more
    assert refresh(statement).against == []
    # What is found out about it makes it no younger: it is as old as its approval.
    approval = time_text(now())[:10]
    with clock_set(lambda: later):
        other = set_up.example("treatment", risk=risk, controls=["A.9.2"])
        assert status() == "failing"
        other.controls = []
        edit(other, actor=set_up.ada)
        assert status() == "met"
        newest = max((one for one in facts_of(organisation()).items if one.stream == statement.ref), key=_index)
    assert (newest.result, newest.ended[:10]) == ("passed", approval)
    assert newest.recorded[:10] == time_text(later)[:10] > approval
    assert verify().outcome == "intact"


def _index(item: Any) -> int:
    return int(item.index)


def _is_6_1_3(verdict: Any) -> bool:
    return bool(verdict.requirement == "iso42001:6.1.3" and verdict.scope_ref == organisation())


def approved(set_up: Settled, model: Any, **fields: Any) -> Any:
    """A controlled record of Olu's, written by Ada and approved by Bo."""
    given = {"unit": set_up.org.root, "owner": set_up.org.owner, "review_by": day(300)} | fields
    record = add(model(**given), actor=set_up.ada)
    controlled.submit(record, actor=set_up.ada)
    return controlled.approve(record, actor=set_up.bo)


def evaluated(set_up: Settled, control: Control, **more: Any) -> ControlEvaluation:
    made = set_up.example("control-evaluation", control=control, **more)
    actions.draw_sample(made, size=2, actor=set_up.ada)
    controlled.submit(made, actor=set_up.ada)
    return controlled.approve(made, actor=set_up.bo)


def test_a_need_that_is_left_out_a_duty_never_seen_and_proof_that_lapsed_each_speak_against_it(
    meridian: Organisation,
) -> None:
    set_up = settled(meridian)
    done = {"status": "implemented"}
    policy = approved(set_up, Document, subtype="ai-policy", title="AI policy", text="We …")
    control = set_up.example("control", identifier="A.2.2")
    of_control = evaluated(set_up, control)
    early = approved(set_up, Obligation, title="Report harm", source="Law", demands="Within 15 days.")
    statement, risk = in_force(set_up, A_9_2=OUT, A_10_4=OUT, A_2_2=done, A_2_3=done)
    assert hold_to_records() == 0

    def stands(*wanted: tuple[str, str, str]) -> None:
        """By code, control and record; and recorded in words."""
        found = conflicts(refresh(statement))
        assert [(one.code, one.control, one.ref) for one in found] == list(wanted)
        assert hold_to_records() == 1
        assert refresh(statement).against == [one.words for one in found]

    # An obligation that nobody had in view; one that names a control which is left out; a draft is none yet.
    add(Obligation(**_duty(set_up, "Later", "A.9.2")), actor=set_up.ada)
    assert conflicts(refresh(statement)) == []
    new = approved(set_up, Obligation, title="Explain refusals", source="Law", demands="On request (A.9.2).")
    stands(("UP-RISK-47", "A.9.2", new.ref), ("UP-RISK-60", "", new.ref))
    assert "came into force since this was approved" in refresh(statement).against[1]
    controlled.withdraw(new, actor=set_up.bo, reason="Repealed.")
    stands()
    controlled.reconfirm(early, review_by=day(400), actor=set_up.bo, reason="As it was.")
    assert conflicts(refresh(statement)) == []  # reconfirmed: it came into force before
    controlled.revise(early, actor=set_up.ada, reason="The law changed.")
    early.demands = "Within 2 days."
    edit(early, actor=set_up.ada)
    controlled.submit(early, actor=set_up.ada)
    controlled.approve(early, actor=set_up.bo)
    stands(("UP-RISK-60", "", early.ref))
    controlled.withdraw(early, actor=set_up.bo, reason="Repealed.")
    stands()

    # An approved assessment's measure, an objective in force.
    impact = set_up.example("impact-assessment", controls=["A.10.4"])
    controlled.submit(impact, actor=set_up.ada)
    actions.approve_assessment(impact, actor=set_up.bo)
    stands(("UP-RISK-47", "A.10.4", impact.ref))
    controlled.withdraw(impact, actor=set_up.bo, reason="Done anew.")
    stands()

    # Proof of a control that is said to be implemented: withdrawn, past its day, found wanting.
    rows = {one.control: one.ref for one in statement.rows.all()}
    controlled.withdraw(of_control, actor=set_up.bo, reason="The sample was wrong.")
    stands(("UP-RISK-61", "A.2.2", of_control.ref))
    assert conflicts(refresh(statement))[0].row == rows["A.2.2"]
    bad = evaluated(set_up, control, supersedes=of_control, conclusion="not-effective", exceptions=["All"])
    stands(("UP-RISK-61", "A.2.2", bad.ref))
    good = evaluated(set_up, control, supersedes=bad)
    stands()
    controlled.withdraw(policy, actor=set_up.bo, reason="By mistake.")
    stands(("UP-RISK-61", "A.2.2", policy.ref))
    assert "is withdrawn" in refresh(statement).against[0]
    again = approved(set_up, Document, subtype="ai-policy", title="AI policy", text="We all …")
    stands()  # another of its kind is in force
    later = now() + timedelta(days=301)
    with clock_set(lambda: later):
        late = {one.control: one.words for one in conflicts(refresh(statement))}
        assert set(late) == {"A.2.2"}
        assert f"{again.ref}, which showed it, was to be looked at again by {again.review_by}" in late["A.2.2"]
        assert hold_to_records() == 1
    assert (refresh(good).state, risk.state) == ("approved", "open")
    assert verify().outcome == "intact"


def _duty(set_up: Settled, title: str, demands: str) -> dict[str, Any]:
    return {
        "unit": set_up.org.root,
        "owner": set_up.org.owner,
        "title": title,
        "source": "Law",
        "demands": demands,
    }
