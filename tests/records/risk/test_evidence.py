"""Every kind that this app speaks reaches Facts about the right subject; waivers show at the gate and nowhere else."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from records.organisation import Organisation
from records.risk.settled import Settled, day, refused, settled
from upright.posture import Facts, evaluate
from upright.records.assurance.judging import catalogue, facts_of, gate_of
from upright.records.governance.kinds import SPECIALISED, SPECIALISED_DOCUMENTS
from upright.records.identity import controlled
from upright.records.identity.editing import edit
from upright.records.risk import actions
from upright.records.risk.models import ChangeReview, ImpactAssessment
from upright.records.trail.reactions import run_pending
from upright.records.trail.record import record_types
from upright.records.trail.server_log import clock_set, now, organisation

OURS = {
    "change-review": "organisation",
    "control": "organisation",
    "control-evaluation.a.2.2": "organisation",
    "impact-assessment": "system",
    "opportunity": "organisation",
    "residual-risk-acceptance": "system",
    "risk": "system",
    "risk-assessment": "system",
    "risk-criteria": "organisation",
    "risk-treatment-plan": "system",
    "risk-treatment-result": "system",
    "societal-impact-assessment": "system",
    "statement-of-applicability": "organisation",
    "waiver": "system",
}
"""Every kind that this app speaks, and whom it is about."""


def everything(set_up: Settled) -> None:
    """One of each, settled."""
    society = {"environment": "Little.", "economy": "Housing credit.", "society": "Trust in lending."}
    impact = set_up.example("impact-assessment", **society)
    controlled.submit(impact, actor=set_up.ada)
    actions.approve_assessment(impact, actor=set_up.bo)
    risk = set_up.rated(2, 3)
    run = set_up.example("risk-assessment", risk=risk)
    controlled.submit(run, actor=set_up.ada)
    actions.approve_assessment(run, actor=set_up.bo)
    treatment = risk.treatments.get()
    actions.finish_treatment(treatment, actor=set_up.ada, reason="Live since Monday.")
    actions.confirm_treatment(treatment, actor=set_up.bo, reason="0.04 in October.")
    actions.accept_risk(risk, until=day(90), actor=set_up.rana, reason="Small.")
    actions.pursue_opportunity(set_up.example("opportunity"), actor=set_up.bo)
    review = set_up.example("change-review")
    actions.close_change_review(review, actions="Rolled back.", actor=set_up.bo, reason="No effect.")
    evaluation = set_up.example("control-evaluation", control=set_up.example("control"))
    actions.draw_sample(evaluation, size=4, actor=set_up.ada)
    controlled.submit(evaluation, actor=set_up.ada)
    controlled.approve(evaluation, actor=set_up.bo)
    waiver = set_up.example("waiver")
    controlled.submit(waiver, actor=set_up.ada)
    controlled.approve(waiver, actor=set_up.bo)
    statement = set_up.example("statement-of-applicability")
    for row in statement.rows.all():
        row.decision, row.reason, row.needed_by = "included", "Needed.", [risk.ref]
        edit(row, actor=set_up.ada)
    controlled.submit(statement, actor=set_up.ada)
    controlled.approve(statement, actor=set_up.bo)


def passed(facts: Facts, kind: str) -> set[str]:
    return {
        one.subject
        for one in facts.items
        if kind in one.kinds and one.record_state == "approved" and one.result == "passed"
    }


def test_every_kind_of_this_app_reaches_facts_about_whom_it_is_and_what_is_tied_ages_with_the_model(
    meridian: Organisation,
) -> None:
    set_up = settled(meridian)
    everything(set_up)
    facts = facts_of("system:mortgage")
    subjects = {"organisation": organisation(), "system": "system:mortgage"}
    wrong = {kind for kind, about in OURS.items() if subjects[about] not in passed(facts, kind)}
    assert wrong == set()
    for kind in OURS:
        assert kind in catalogue().kinds
        assert subjects[OURS[kind]].partition(":")[0] in catalogue().kinds[kind].subject
    posture = evaluate(facts, catalogue())
    told = {one.requirement: one.status for one in posture.verdicts if one.scope_ref == "system:mortgage"}
    asked = ("iso42001:6.1.1", "iso42001:6.1.3", "iso42001:8.2", "iso42001:8.3", "iso42001:8.4")
    assert {one: told[one] for one in asked} == dict.fromkeys(asked, "met")
    set_up.system.purpose = "Decides on small applications alone."
    edit(set_up.system, actor=set_up.ada)  # no reaction has run
    posture = evaluate(facts_of("system:mortgage"), catalogue())
    told = {one.requirement: one.status for one in posture.verdicts if one.scope_ref == "system:mortgage"}
    assert {told[one] for one in ("iso42001:6.1.3", "iso42001:8.2", "iso42001:8.4")} == {"stale"}


def test_a_change_closes_the_gate_until_what_was_assessed_is_looked_at_again(meridian: Organisation) -> None:
    set_up = settled(meridian)
    everything(set_up)

    def missing() -> dict[str, str]:
        return {one.what: one.status for one in gate_of("system:mortgage", "re-evaluation").missing}

    assert "iso42001:8.2" not in missing()
    assert "iso42001:8.4" not in missing()
    set_up.system.purpose = "Decides on small applications alone."
    edit(set_up.system, actor=set_up.ada)
    assert (missing()["iso42001:8.2"], missing()["iso42001:8.4"]) == ("stale", "stale")  # no reaction has run
    run_pending()
    assert ChangeReview.objects.filter(state="open", system=set_up.system).count() == 1
    assert gate_of("system:mortgage", "re-evaluation").answer == "deny"
    assert {"iso42001:8.2", "iso42001:8.4"} <= missing().keys()
    impact = ImpactAssessment.objects.get()
    actions.reconfirm_assessment(impact, review_by=day(200), actor=set_up.bo, reason="Looked at with the change.")
    assert "iso42001:8.4" not in missing()
    assert "iso42001:8.2" in missing()  # of risks nobody looked again


def test_kinds_that_governance_leaves_to_this_app_are_spoken_here() -> None:
    ours = {name for name, model in record_types().items() if model._meta.app_label == "risk"}
    left = {kind for kind, name in {**SPECIALISED, **SPECIALISED_DOCUMENTS}.items() if name in ours}
    assert left <= OURS.keys()
    assert {kind for kind in OURS if not kind.startswith("control-evaluation.")} == left


def test_a_waiver_is_asked_for_and_given_by_two_shows_at_the_gate_and_changes_no_posture(
    meridian: Organisation,
) -> None:
    set_up = settled(meridian)
    for wrong in (
        {"requirement": "binding:mortgage/fairness"},
        {"requirement": "group-fairness"},
        {"requirement": "iso42001:A.99"},
        {"stage": "somewhere"},
    ):
        with pytest.raises(ValidationError, match=r"no requirement|is no stage"):
            set_up.example("waiver", **wrong)
    for bound in ("binding:mortgage/fairness", "group-fairness"):
        with pytest.raises(ValidationError, match="bound check cannot be waived"):
            set_up.example("waiver", requirement=bound)
    long = set_up.example("waiver", review_by=day(500))
    refused("a year at most", controlled.submit, long, set_up.ada)
    missing = [one.what for one in gate_of("system:mortgage", "deployment").missing]
    listed = next(one for one in missing if one in catalogue().requirements)
    waiver = set_up.example("waiver", requirement=listed)
    before = evaluate(facts_of("system:mortgage"), catalogue()).verdicts
    controlled.submit(waiver, actor=set_up.ada)
    assert gate_of("system:mortgage", "deployment").waivers == ()
    refused("UP-CTRL-04", controlled.approve, waiver, set_up.ada)
    controlled.approve(waiver, actor=set_up.bo, reason="For the pilot.")
    answer = gate_of("system:mortgage", "deployment")
    assert [(one.requirement, one.approver) for one in answer.waivers] == [(listed, str(set_up.bo))]
    assert listed not in {one.what for one in answer.missing}
    assert answer.answer == "deny"  # everything else is still missing
    assert gate_of("system:mortgage", "operation-monitoring").waivers == ()
    after = evaluate(facts_of("system:mortgage"), catalogue()).verdicts
    assert [(one.requirement, one.status) for one in after] == [(one.requirement, one.status) for one in before]
    later = now() + timedelta(days=61)
    with clock_set(lambda: later):
        assert gate_of("system:mortgage", "deployment").waivers == ()
    controlled.withdraw(waiver, actor=set_up.bo, reason="The pilot ended.")
    assert gate_of("system:mortgage", "deployment").waivers == ()
