"""The rules of moves: who wrote it does not approve it, what was decided stays, a refusal says which rule."""

from collections.abc import Callable
from typing import Any

import pytest

from records.organisation import SETUP, Organisation, actor_of, grant
from records.test_every_type import made_all
from upright.records.governance.models import Document
from upright.records.identity import controlled
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Person, Role
from upright.records.identity.power import DeniedError
from upright.records.inventory import actions as inventory
from upright.records.risk import actions as risks
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import steps
from upright.records.trail.server_log import now
from upright.records.trail.verify import verify


def second(meridian: Organisation) -> Person:
    person = write(Person(name="Bo Second", unit=meridian.root), actor=SETUP, action="identity.person.added")
    grant(person, Role.AIMS_MANAGER, meridian.root)
    return person


def refused(code: str, move: Callable[..., Any], record: Any, actor: Any, reason: str = "Why.") -> None:
    with pytest.raises(RefusedError, match=code):
        move(type(record).objects.get(pk=record.pk), actor=actor, reason=reason)


def test_a_risk_is_accepted_by_another_holder_once_it_is_treated_and_rated(meridian: Organisation) -> None:
    made, bo, ada = made_all(meridian), actor_of(second(meridian)), actor_of(meridian.lead)
    risk, treatment = made["risk"], made["treatment"]
    refused("UP-RISK-03", risks.accept_risk, risk, bo)
    risk.residual_likelihood, risk.residual_impact = 2, 3
    edit(risk, actor=ada, reason="After treatment.")
    refused("UP-RISK-04", risks.accept_risk, risk, bo)
    refused("UP-RISK-05", risks.approve_treatment, treatment, ada)
    risks.approve_treatment(treatment, actor=bo)
    refused("UP-RISK-05", risks.accept_risk, risk, ada)
    refused("UP-RISK-08", risks.accept_risk, risk, bo, reason="  ")
    accepted = risks.accept_risk(risk, actor=bo, reason="Below the line that the criteria draw.")
    assert (accepted.state, accepted.accepted_by) == ("accepted", str(bo))
    assert steps(risk.ref)[-1].action == "risk.risk.accepted"
    with pytest.raises(RefusedError, match="UP-DOOR-11"):
        edit(risk, actor=ada)
    refused("UP-RISK-06", risks.accept_risk, risk, bo)
    risks.reopen_risk(risk, actor=ada, reason="A new supplier.")
    assert risk.accepted_by == ""


def test_an_owner_without_that_authority_accepts_nothing(meridian: Organisation) -> None:
    made = made_all(meridian)
    with pytest.raises(DeniedError):
        risks.accept_risk(made["risk"], actor=actor_of(meridian.owner), reason="Mine.")
    assert made["risk"].state == "open"


def test_a_treatment_is_confirmed_by_someone_who_did_not_carry_it_out(meridian: Organisation) -> None:
    made, bo, ada = made_all(meridian), actor_of(second(meridian)), actor_of(meridian.lead)
    treatment = made["treatment"]
    refused("UP-RISK-06", risks.finish_treatment, treatment, ada)
    risks.approve_treatment(treatment, actor=bo)
    risks.finish_treatment(treatment, actor=ada, reason="Weights are live since Monday.")
    refused("UP-RISK-05", risks.confirm_treatment, treatment, ada)
    assert risks.confirm_treatment(treatment, actor=bo, reason="0.04 in October.").state == "effective"


def test_a_closed_risk_is_not_treated(meridian: Organisation) -> None:
    made, bo = made_all(meridian), actor_of(second(meridian))
    risks.close_risk(made["risk"], actor=bo, reason="The system was retired.")
    refused("UP-RISK-07", risks.approve_treatment, made["treatment"], bo)
    refused("UP-RISK-06", risks.close_risk, made["risk"], bo)
    assert made["treatment"].state == "proposed"


def test_a_document_is_approved_by_who_did_not_write_it_and_supersedes_the_old_one(meridian: Organisation) -> None:
    made, bo, ada = made_all(meridian), actor_of(second(meridian)), actor_of(meridian.lead)
    document = made["document"]
    refused("UP-CTRL-05", controlled.approve, document, bo)
    controlled.submit(document, actor=ada)
    refused("UP-CTRL-04", controlled.approve, document, ada)
    controlled.give_back(document, actor=bo, reason="Name the board.")
    controlled.submit(document, actor=ada)
    controlled.approve(document, actor=bo, reason="Read and agreed.")
    with pytest.raises(RefusedError, match="UP-DOOR-11"):
        edit(document, actor=ada)
    new = Document(
        title="AI policy", subtype="ai-policy", unit=meridian.root, owner=meridian.owner, text="We now …",
        review_by=document.review_by, supersedes=document,
    )  # fmt: skip
    add(new, actor=ada)
    controlled.submit(new, actor=ada)
    controlled.approve(new, actor=bo)
    assert Document.objects.get(pk=document.pk).state == "superseded"
    assert verify().outcome == "intact"


def test_a_document_without_text_or_with_a_review_in_the_past_is_not_submitted(meridian: Organisation) -> None:
    from datetime import date

    made, ada = made_all(meridian), actor_of(meridian.lead)
    document = made["document"]
    document.review_by = date(2020, 1, 1)
    edit(document, actor=ada)
    refused("UP-CTRL-03", controlled.submit, document, ada)
    document.text = " "
    edit(document, actor=ada)
    refused("UP-CTRL-02", controlled.submit, document, ada)
    assert document.state == "draft"


def test_documents_cannot_supersede_each_other_in_a_circle(meridian: Organisation) -> None:
    made, ada = made_all(meridian), actor_of(meridian.lead)
    first = made["document"]
    then = Document(title="B", subtype="procedure", unit=meridian.root, owner=meridian.owner, supersedes=first)
    add(then, actor=ada)
    first.supersedes = then
    with pytest.raises(Exception, match="supersede itself"):
        edit(first, actor=ada)


def test_a_hosted_use_needs_conditions_a_supplier_and_a_second_person(meridian: Organisation) -> None:
    made, bo, ada = made_all(meridian), actor_of(second(meridian)), actor_of(meridian.lead)
    use = made["use"]
    refused("UP-INV-05", inventory.approve_use, use, ada)
    use.conditions = ""
    edit(use, actor=ada)
    refused("UP-INV-04", inventory.approve_use, use, bo)
    use.conditions = "No personal data."
    edit(use, actor=ada)
    inventory.approve_use(use, actor=bo, reason="As proposed.")
    refused("UP-INV-03", inventory.refuse_use, use, bo)
    assert inventory.end_use(use, actor=ada, reason="Contract ended.").state == "ended"


def test_an_approval_by_who_gave_the_author_power_within_a_day_says_so(meridian: Organisation) -> None:
    made, bo = made_all(meridian), actor_of(second(meridian))
    role = meridian.lead.roles.get()
    role.granted_by, role.granted_at = str(bo), now()
    write(role, actor=SETUP, action="identity.role.granted")
    risks.approve_treatment(made["treatment"], actor=bo, reason="Agreed.")
    said = steps(made["treatment"].ref)[-1].reason
    assert said.startswith("Agreed.")
    assert "within 24 hours" in said
