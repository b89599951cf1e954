"""Criteria: scales in words, who accepts which level; a new edition opens what was held against another."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from records.organisation import Organisation, grant
from records.risk.settled import day, person, refused, settled
from upright.records.assurance.judging import facts_of
from upright.records.identity import controlled
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Role
from upright.records.identity.power import DeniedError
from upright.records.risk import actions
from upright.records.risk.models import Rating, Risk, RiskAcceptance
from upright.records.trail.door import refresh
from upright.records.trail.history import steps
from upright.records.trail.verify import verify


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"likelihood": ["Rare", "Likely"]}, "likelihood"),
        ({"society": ["Same"] * 5}, "society"),
        ({"accepts": ["6 risk-owner"]}, "accepts"),  # levels above 6 would be nobody's
        ({"accepts": ["12 risk-owner", "6 aims-manager", "25 aims-manager"]}, "accepts"),
        ({"accepts": ["25 member"]}, "accepts"),  # a role that accepts nothing
        ({"accepts": []}, "accepts"),
        ({"individuals_line": 26}, "individuals_line"),
        ({"triggers": ["weather"]}, "triggers"),
    ],
)
def test_criteria_that_leave_a_level_open_are_refused(
    meridian: Organisation, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        settled(meridian, **wrong)
    assert field in caught.value.message_dict


def test_a_risk_is_held_against_the_criteria_and_accepted_by_who_has_authority_for_its_level(
    meridian: Organisation,
) -> None:
    set_up = settled(meridian)
    risk = set_up.example("risk")
    assert (risk.criteria, risk.criteria_edition, risk.is_above) == (set_up.criteria, 1, True)
    refused("UP-RISK-03", actions.accept_risk, risk, set_up.bo, until=day(30))
    actions.rate_residual(risk, likelihood=3, impact=4, actor=set_up.olu, reason="After reweighing.")
    refused("UP-RISK-04", actions.accept_risk, risk, set_up.bo, until=day(30))
    treatment = set_up.example("treatment", risk=risk)
    refused("UP-RISK-05", actions.approve_treatment, treatment, set_up.ada)
    actions.approve_treatment(treatment, actor=set_up.bo)
    refused("UP-RISK-05", actions.accept_risk, risk, set_up.ada, until=day(30))  # who wrote it
    refused("UP-RISK-11", actions.accept_risk, risk, set_up.rana, until=day(30))  # 12 lies above a risk owner's 6
    refused("UP-CTRL-06", actions.accept_risk, risk, set_up.bo, reason=" ", until=day(30))
    for until in (day(0), day(-1), day(400)):
        refused("UP-RISK-12", actions.accept_risk, risk, set_up.bo, until=until)
    with pytest.raises(DeniedError):
        actions.accept_risk(refresh(risk), until=day(30), actor=set_up.olu, reason="Mine.")  # its owner
    actions.accept_risk(risk, until=day(90), actor=set_up.bo, reason="Below what the board bears until spring.")
    (acceptance,) = RiskAcceptance.objects.all()
    assert (acceptance.level, acceptance.accepted_by, acceptance.accepted_as) == (12, str(set_up.bo), "aims-manager")
    with pytest.raises(Exception, match="UP-DOOR-11"):
        edit(risk, actor=set_up.ada)
    refused("UP-RISK-06", actions.accept_risk, risk, set_up.bo, until=day(90))
    low = set_up.rated(2, 3, title="A lower one")
    actions.accept_risk(low, until=day(90), actor=set_up.rana, reason="Within what a risk owner bears.")
    assert low.state == "accepted"
    assert verify().outcome == "intact"


def test_who_rated_or_treats_a_risk_does_not_accept_it(meridian: Organisation) -> None:
    set_up = settled(meridian)
    risk = set_up.rated(2, 3)
    grant(meridian.owner, Role.RISK_OWNER, meridian.lending)  # the owner, with a second role
    refused("UP-RISK-05", actions.accept_risk, risk, set_up.olu, until=day(30))
    eve = person(meridian, "Eve Rater", Role.RISK_OWNER)
    actions.rate_risk(risk, likelihood=2, impact=2, actor=eve, reason="As measured.")
    refused("UP-RISK-05", actions.accept_risk, risk, eve, until=day(30))
    assert refresh(risk).state == "open"


def test_without_criteria_nobody_accepts_and_nothing_is_below_a_line(meridian: Organisation) -> None:
    set_up = settled(meridian)
    controlled.withdraw(set_up.criteria, actor=set_up.bo, reason="They were wrong.")
    risk = set_up.rated(1, 1)
    assert risk.is_above is None
    refused("UP-RISK-10", actions.accept_risk, risk, set_up.bo, until=day(30))


def test_a_new_edition_opens_every_risk_that_was_held_against_another(meridian: Organisation) -> None:
    set_up = settled(meridian)
    accepted, waiting, closed = set_up.rated(2, 3), set_up.example("risk"), set_up.example("risk")
    actions.accept_risk(accepted, until=day(90), actor=set_up.rana, reason="Small.")
    actions.close_risk(closed, actor=set_up.ada, reason="The system was retired.")
    controlled.revise(set_up.criteria, actor=set_up.ada, reason="A lower line.")
    set_up.criteria.individuals_line = 4
    edit(set_up.criteria, actor=set_up.ada)
    controlled.submit(set_up.criteria, actor=set_up.ada)
    refused("UP-CTRL-04", actions.approve_risk_criteria, set_up.criteria, set_up.ada)
    assert refresh(accepted).state == "accepted"  # a refused approval opened nothing
    actions.approve_risk_criteria(refresh(set_up.criteria), actor=set_up.bo, reason="The board asked for it.")
    accepted, waiting, closed = refresh(accepted), refresh(waiting), refresh(closed)
    assert [(one.state, bool(one.reopened_because)) for one in (accepted, waiting, closed)] == [
        ("open", True), ("open", True), ("closed", False),
    ]  # fmt: skip
    assert RiskAcceptance.objects.get().state == "ended"
    refused("UP-RISK-09", actions.accept_risk, accepted, set_up.bo, until=day(30))
    refused("UP-RISK-09", actions.rate_residual, accepted, set_up.olu, likelihood=1, impact=1)
    actions.rate_risk(accepted, likelihood=2, impact=3, actor=set_up.olu, reason="By the new line.")
    assert (accepted.criteria_edition, accepted.is_above, accepted.reopened_because) == (2, True, "")
    assert verify().outcome == "intact"


def test_a_unit_with_criteria_of_its_own_is_held_against_those(meridian: Organisation) -> None:
    set_up = settled(meridian)
    risk = set_up.example("risk")
    own = set_up.example("risk-criteria", unit=meridian.lending, title="Of lending", individuals_line=20)
    controlled.submit(own, actor=set_up.ada)
    actions.approve_risk_criteria(own, actor=set_up.bo)
    assert refresh(risk).reopened_because.startswith("Edition 2")
    assert set_up.example("risk").criteria == own
    elsewhere = set_up.example("risk", unit=meridian.root, system=None)
    assert elsewhere.criteria == set_up.criteria


def test_two_people_rate_differently_and_both_stay_with_the_history(meridian: Organisation) -> None:
    set_up = settled(meridian)
    risk = set_up.example("risk")
    auditor = person(meridian, "Ida Auditor", Role.INTERNAL_AUDITOR)
    actions.rate_risk(risk, likelihood=5, impact=4, actor=set_up.olu, reason="0.201 in the applications.")
    given = Rating(risk=risk, basis="current", likelihood=4, impact=4, note="The sample is small.")
    add(given, actor=auditor)
    assert [(one.rated_by, one.level) for one in Rating.objects.order_by("ref")] == [
        (str(set_up.olu), 20), (str(auditor), 16),
    ]  # fmt: skip
    assert refresh(risk).current == 20  # another's opinion does not change the decision
    given.likelihood = 1
    with pytest.raises(Exception, match="UP-DOOR-11"):
        edit(given, actor=auditor)
    changed = [step.changed["current_likelihood"] for step in steps(risk.ref) if "current_likelihood" in step.changed]
    assert changed == [(None, 5)]
    actions.close_risk(risk, actor=set_up.ada, reason="Retired.")
    refused("UP-RISK-06", actions.rate_risk, risk, set_up.olu, likelihood=1, impact=1)
    with pytest.raises(Exception, match="UP-RISK-07"):
        add(Rating(risk=risk, basis="current", likelihood=1, impact=1, note="."), actor=auditor)


def test_a_closed_risk_is_not_treated_and_a_treatment_is_judged_by_another(meridian: Organisation) -> None:
    set_up = settled(meridian)
    risk = set_up.example("risk")
    first, second = set_up.example("treatment", risk=risk), set_up.example("treatment", risk=risk)
    refused("UP-RISK-06", actions.finish_treatment, first, set_up.ada)
    for one in (first, second):
        actions.approve_treatment(one, actor=set_up.bo)
        actions.finish_treatment(one, actor=set_up.ada, reason="Weights are live since Monday.")
        refused("UP-RISK-05", actions.confirm_treatment, one, set_up.ada)
        refused("UP-RISK-05", actions.reject_treatment, one, set_up.ada)
    assert actions.confirm_treatment(first, actor=set_up.bo, reason="0.04 in October.").state == "effective"
    assert actions.reject_treatment(second, actor=set_up.bo, reason="0.19 still.").state == "ineffective"
    better = set_up.example("treatment", risk=risk, replaces=second)
    actions.approve_treatment(better, actor=set_up.bo)
    assert refresh(second).state == "replaced"
    failed = set_up.example("treatment", risk=risk)
    actions.approve_treatment(failed, actor=set_up.bo)
    actions.finish_treatment(failed, actor=set_up.ada, reason="Done.")
    actions.reject_treatment(failed, actor=set_up.bo, reason="0.2 still.")
    late = set_up.example("treatment", risk=risk)

    def speak() -> set[str]:
        return {one.stream for one in facts_of(set_up.system.ref).items if one.stream.startswith("treatment:")}

    assert {first.ref, better.ref, failed.ref} <= speak()
    actions.close_risk(risk, actor=set_up.bo, reason="The system was retired.")
    refused("UP-RISK-07", actions.approve_treatment, late, set_up.bo)
    refused("UP-RISK-07", actions.finish_treatment, better, set_up.ada)
    with pytest.raises(Exception, match="UP-RISK-07"):
        set_up.example("treatment", risk=refresh(risk))
    refused("UP-RISK-06", actions.close_risk, risk, set_up.bo)
    assert Risk.objects.get(pk=risk.pk).state == "closed"
    assert speak() == {failed.ref}  # what worked is over, what failed is not hidden by closing its risk
    actions.reopen_risk(refresh(risk), actor=set_up.bo, reason="The system is back.")
    assert {first.ref, better.ref, failed.ref} <= speak()


def test_a_run_rests_on_criteria_in_force_and_on_risks_that_are_rated(meridian: Organisation) -> None:
    set_up = settled(meridian)
    risk = set_up.example("risk")
    run = set_up.example("risk-assessment", risk=risk)
    controlled.submit(run, actor=set_up.ada)
    refused("UP-CTRL-04", actions.approve_assessment, run, set_up.ada)
    actions.approve_assessment(run, actor=set_up.bo)
    other = set_up.org.system("letters")
    add(other, actor=set_up.ada)
    with pytest.raises(ValidationError, match="not of this system"):
        set_up.example("risk-assessment", risk=risk, system=other)
    with pytest.raises(ValidationError):
        set_up.example("risk-assessment", risk=risk, people=[])
    to_come = set_up.example("risk-assessment", risk=risk, run_on=day(3))
    refused("to come", controlled.submit, to_come, set_up.ada)
    waiting = set_up.example("risk-assessment", risk=risk)
    controlled.revise(set_up.criteria, actor=set_up.ada, reason="Anew.")
    controlled.submit(set_up.criteria, actor=set_up.ada)
    actions.approve_risk_criteria(set_up.criteria, actor=set_up.bo)
    refused("in force no more", controlled.submit, waiting, set_up.ada)
    refused("rated again", controlled.submit, set_up.example("risk-assessment", risk=risk), set_up.ada)
