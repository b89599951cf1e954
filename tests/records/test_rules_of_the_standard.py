"""Each rule that the standard imposes, the test that tries to break it, and bad input refused with rule and clause.

``RULES`` holds every sentence under the table of record types of the design, in its order. A test named there breaks
the rule and sees it refused, or sees what the rule wants and nothing else.
"""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from records.assurance.test_audits import internal, programme
from records.examples import EXAMPLES
from records.examples.building import day
from records.organisation import Organisation, actor_of
from records.risk.settled import settled
from upright.kernel import InputError
from upright.records.assurance.auditing import AuditorAssignment
from upright.records.assurance.correction_actions import confirm_effectiveness, finish_corrective_action
from upright.records.governance.models import Document
from upright.records.identity import controlled
from upright.records.identity.actions import accept, confirm, delegate
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Delegation, Person
from upright.records.risk import actions
from upright.records.trail.door import refresh
from upright.records.trail.verify import verify

ROOT = Path(__file__).parents[1]
_AUDITS, _CRITERIA = "records/assurance/test_audits.py", "records/risk/test_criteria.py"
_SOA, _IMPACT = "records/risk/test_applicability.py", "records/risk/test_impact.py"
_OPS, _POWER = "records/operations/test_rules.py", "records/identity/test_actions.py"
_KEPT, _STAGES = "records/governance/test_retention.py", "records/operations/test_stages.py"
_DOCUMENTS, _REVIEWS = "records/governance/test_management_system.py", "records/assurance/test_reviews.py"
_CORRECTION = "records/assurance/test_correction.py"

RULES: tuple[tuple[str, str, str], ...] = (
    # Statement of Applicability
    ("one row for every Annex A control and own control", _SOA, "stands_against_an_approval_is_listed"),
    ("a person's reason in each", _SOA, "exclusion_has_one_of_two_grounds_a_reason"),
    ("no automatic exclusion by role", _SOA, "begins_with_a_row_for_every_control_and_decides_nothing"),
    ("rows may differ per system", _SOA, "exclusion_has_one_of_two_grounds_a_reason"),
    ("each included row points at what needs it", _SOA, "stands_against_an_approval_is_listed"),
    ("an exclusion uses one of the two allowed grounds", _SOA, "exclusion_has_one_of_two_grounds_a_reason"),
    ("refused where it contradicts the inventory", _SOA, "copied_exclusion_that_the_inventory_contradicts"),
    ("no approval while a risk above criteria has no treatment", _SOA, "stands_against_an_approval_is_listed"),
    ("no approval while a chosen control has no row", _SOA, "stands_against_an_approval_is_listed"),
    ("approved versions are frozen", _SOA, "two_persons_approve_it_then_it_is_frozen"),
    # Risk
    ("each run pins the version of its criteria", _CRITERIA, "run_rests_on_criteria_in_force"),
    ("a new version reopens affected risks", _CRITERIA, "new_edition_opens_every_risk"),
    ("assessments by two people may differ and both stay", _CRITERIA, "two_people_rate_differently_and_both_stay"),
    ("residual risk is accepted by authority for that level", _CRITERIA, "accepted_by_who_has_authority_for_its_level"),
    ("never by the author", _CRITERIA, "who_rated_or_treats_a_risk_does_not_accept_it"),
    ("methods and dated runs are separate records", "records/risk/test_evidence.py", "every_kind_of_this_app_reaches"),
    ("impact is about individuals, groups and societies", _IMPACT, "names_people_harms_and_measures"),
    ("impact feeds risk", _IMPACT, "names_people_harms_and_measures"),
    ("both reopen when a trigger of the approved list fires", _IMPACT, "each_trigger_opens_what_was_assessed"),
    ("law that changes is a trigger", _IMPACT, "law_that_changes_or_ends_opens"),
    ("a change without a plan opens a review", _IMPACT, "change_that_a_plan_names_is_planned"),
    ("and closes the gate", _STAGES, "denied_release_is_refused_with_each_thing_that_is_missing"),
    # Controls
    ("documents alone are partly, never met", "records/risk/test_controls.py", "carried_by_documents_alone_is_partly"),
    ("treatments are evaluated too", _CRITERIA, "a_treatment_is_judged_by_another"),
    # Audit
    ("the programme covers every clause and included control", _AUDITS, "once_it_gives_reasons_and_leaves_nothing_out"),
    ("frequency reasoned by importance and earlier results", _AUDITS, "once_it_gives_reasons_and_leaves_nothing_out"),
    ("nobody audits own work of twelve months", _AUDITS, "own_work_in_scope_or_without_competence"),
    ("nor without a competence record", _AUDITS, "own_work_in_scope_or_without_competence"),
    ("criteria, population, sample kept", _AUDITS, "sample_is_drawn_by_rule_and_seed"),
    ("interviews and grades kept", _AUDITS, "report_is_the_leads_is_received_by_others"),
    # Management review
    ("each 9.3.2 input has a frozen extract or a stated none", _REVIEWS, "closes_only_with_top_management_inputs"),
    ("the extract is frozen", _REVIEWS, "extract_is_what_the_records_said_when_it_was_drawn"),
    ("each 9.3.3 decision becomes a plan", _REVIEWS, "closes_only_with_top_management_inputs_and_plans"),
    ("presence of top management recorded", _REVIEWS, "closes_only_with_top_management"),
    # Documents
    ("retention class on every type, defaults from the reference", _KEPT, "periods_are_calendar_periods_and_the_law"),
    ("disposal approved, respects legal hold, leaves a tombstone", _KEPT, "nothing_is_disposed_of_early_under_a_hold"),
    ("a superseded version is not cited or acknowledged", _DOCUMENTS, "a_superseded_one_is_neither_read_nor_cited"),
    # Corrective action
    ("correction, cause, similar cases, action", _CORRECTION, "an_action_is_checked_by_who_did_not_act"),
    ("effectiveness checked before it closes", _CORRECTION, "only_then_is_its_nonconformity_closed"),
    # Suppliers and customers
    ("responsibility matrix acknowledged by both sides", _OPS, "supplied_model_without_current_assessment"),
    ("dated assessment with next due, change notices", _OPS, "supplied_model_without_current_assessment"),
    ("a supplied model without assessment: unknown", _OPS, "supplied_model_without_current_assessment"),
    ("a customer's requirements and how met", _OPS, "supplied_model_without_current_assessment"),
    # Power
    ("who wrote it does not approve it", "records/test_moves.py", "is_approved_by_who_did_not_write_it"),
    ("nobody approves by holding two roles", _POWER, "one_person_is_not_administrator_and_approver"),
    ("deactivating lists what somebody holds", _POWER, "who_leaves_hands_over_and_every_way_in_closes"),
)


@cache
def _tests(path: str) -> dict[str, str]:
    text = (ROOT / path).read_text()
    nodes = [one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef)]
    return {one.name: ast.get_source_segment(text, one) or "" for one in nodes if one.name.startswith("test_")}


@pytest.mark.parametrize(("path", "name"), sorted({(path, name) for _, path, name in RULES}))
def test_each_rule_has_a_test_that_asserts(path: str, name: str) -> None:
    found = [source for test, source in _tests(path).items() if name in test]
    assert len(found) == 1, (path, name)
    assert "assert" in found[0] or "refused(" in found[0]


def test_bad_input_is_refused_with_the_rule_and_the_clause(meridian: Organisation) -> None:
    set_up = settled(meridian)
    ada, olu, bo, rana = set_up.ada, set_up.olu, set_up.bo, set_up.rana
    _chain_with_a_loop(set_up.org, rana, bo)
    document = add(_document(meridian), actor=ada)
    document.review_by = day(-1)
    edit(document, actor=ada)
    expect_refused("UP-CTRL-03", "7.5.2", lambda: controlled.submit(refresh(document), actor=ada))
    risk = set_up.example("risk")
    actions.close_risk(risk, actor=olu, reason="The system is gone.")
    expect_refused("UP-RISK-07", "6.1.3", lambda: set_up.example("treatment", risk=risk))
    second = add(_document(meridian, supersedes=document), actor=ada)
    document = refresh(document)
    document.supersedes = second
    expect_refused("UP-CTRL-01", "7.5.3", lambda: edit(document, actor=ada))
    statement = set_up.example("statement-of-applicability")
    row = statement.rows.get(control="A.5.5")
    row.decision, row.reason = "excluded", "We see no need."
    expect_refused("UP-RISK-41", "6.1.3", lambda: edit(row, actor=ada))
    audit = internal(meridian, programme(meridian), ["iso42001:A.6"], systems=[set_up.system.ref])
    owner = AuditorAssignment(audit=audit, auditor=meridian.owner, is_lead=True)
    expect_refused("UP-AUD-02", "9.2.2", lambda: add(owner, actor=ada))
    made = {"system": set_up.system}
    made["nonconformity"] = add(EXAMPLES["nonconformity"](meridian, made), actor=ada)  # type: ignore[assignment]
    action: Any = EXAMPLES["corrective-action"](meridian, made)
    action.owner = Person.objects.get(ref=str(bo.ref))
    add(action, actor=ada)
    finish_corrective_action(action, actor=bo, reason="The checklist asks for it.")
    expect_refused("UP-CORR-08", "10.2", lambda: confirm_effectiveness(refresh(action), actor=bo, reason="It works."))
    assert refresh(action).state == "done"
    assert verify().outcome == "intact"


def _document(meridian: Organisation, **more: Any) -> Document:
    given = {"title": "AI policy", "subtype": "ai-policy", "text": "We …", "review_by": day(300)}
    return Document(unit=meridian.root, owner=meridian.owner, **(given | more))


def _chain_with_a_loop(meridian: Organisation, rana: Any, bo: Any) -> None:
    """Rana lends Olu what Rana may; he can neither lend it back nor on, so no chain of approvals comes round."""
    olu = actor_of(meridian.owner)

    def lent(giver: Any, receiver: Any) -> Delegation:
        person = {one: Person.objects.get(ref=str(one.ref)) for one in (giver, receiver)}
        return Delegation(
            giver=person[giver],
            receiver=person[receiver],
            rights=["risk.risk.accept"],
            unit=meridian.lending,
            starts=day(0),
            ends=day(20),
        )

    given = delegate(lent(rana, olu), actor=rana, reason="On leave.")
    accept(confirm(given, actor=bo, reason="Agreed."), actor=olu)
    for receiver in (rana, bo):
        expect_refused(
            "UP-ROLE-06", "5.3", lambda to=receiver: delegate(lent(olu, to), actor=olu, reason="Round it goes.")
        )


def expect_refused(code: str, clause: str, verb: Any) -> None:
    """By the code of the rule; in words that name the clause."""
    with pytest.raises((InputError, ValidationError)) as caught:
        verb()
    error = caught.value
    if isinstance(error, InputError):
        said = [(error.code, str(error))]
    else:
        said = [(one.code, one.message) for errors in error.error_dict.values() for one in errors]
    assert [one for one, _ in said] == [code]
    assert f"({clause})" in said[0][1]
