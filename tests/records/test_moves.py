"""The rules of moves: who wrote it does not approve it, what was decided stays, a refusal says which rule."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from records.organisation import SETUP, Organisation, actor_of, grant
from records.test_every_type import made_all
from upright.records.governance.models import Document
from upright.records.identity import controlled
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Person, Role
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
    with pytest.raises(ValidationError, match="2020-01-01 is over"):
        edit(document, actor=ada)
    document.review_by = now().date()  # which is over tomorrow
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
    role = meridian.lead.roles.get(role=Role.AIMS_MANAGER)
    role.granted_by, role.granted_at = str(bo), now()
    write(role, actor=SETUP, action="identity.role.granted")
    risks.approve_treatment(made["treatment"], actor=bo, reason="Agreed.")
    said = steps(made["treatment"].ref)[-1].reason
    assert said.startswith("Agreed.")
    assert "within 24 hours" in said
