"""Records of the types that nobody types: what pushes, reviews, voices and grants of power leave behind."""

from collections.abc import Mapping
from datetime import timedelta

from evidence.builders import key, statement
from records.examples.building import day
from records.organisation import Organisation, actor_of
from upright.evidence.dsse import sign
from upright.kernel import time_text
from upright.ledger import VerifierKey
from upright.records.assurance.actions import enrol_key
from upright.records.assurance.models import BindingApproval, Intake, ManagementReview, ReviewInput, WorkspaceSystem
from upright.records.identity.editing import right_of
from upright.records.identity.models import ApprovalException, Delegation, Person, Role, RoleAssignment
from upright.records.identity.token_actions import issue_token
from upright.records.inventory.models import System
from upright.records.operations.actions.voices import KINDS
from upright.records.operations.sealing import sealed
from upright.records.trail.door import write
from upright.records.trail.record import Record
from upright.records.trail.server_log import now

Several = dict[str, list[Record]]
"""By type; several where no one record shows all that its verbs do."""


def unwritten(meridian: Organisation, made: Mapping[str, Record], other: Person) -> Several:
    """One of each, or more: by the lead, who gave roles and rights to ``other`` and to Pat."""
    pat = Person(name="Pat", email="pat@meridian.example", unit=meridian.lending)
    _entered(meridian, pat, "identity.person.added")
    gone = Person(name="Gone", unit=meridian.lending, is_active=False)
    _entered(meridian, gone, "identity.person.added")
    return {"person": [pat, gone], **_power(meridian, [other, pat]), **_pushed(meridian, made), **_said(meridian, made)}


def _entered(meridian: Organisation, record: Record, action: str) -> Record:
    return write(record, actor=actor_of(meridian.lead), action=action, reason="An example.")


def _power(meridian: Organisation, receivers: list[Person]) -> Several:
    given = {"unit": meridian.lending, "starts": day(0)}
    by = {"granted_by": meridian.lead.ref, "granted_at": now()}
    roles = [RoleAssignment(person=one, role=Role.RISK_OWNER, **given, **by) for one in receivers]
    lent = [
        Delegation(giver=meridian.lead, receiver=one, rights=["risk.risk.accept"], ends=day(9), **given, **by)
        for one in receivers
    ]
    alone = ApprovalException(person=receivers[-1], ends=day(9), granted_by=meridian.lead.ref, **given)
    lead = actor_of(meridian.lead)
    token, _ = issue_token(meridian.lead, name="An example", expires_at=now() + timedelta(days=1), actor=lead)
    return {
        "role": [_entered(meridian, one, "identity.role.granted") for one in roles],
        "delegation": [_entered(meridian, one, "identity.delegation.granted") for one in lent],
        "exception": [_entered(meridian, alone, "identity.exception.granted")],
        "token": [token],
    }


def _pushed(meridian: Organisation, made: Mapping[str, Record]) -> Several:
    system, digest = made["system"], "0" * 64
    assert isinstance(system, System)
    observed = WorkspaceSystem(
        about=system, system={"ref": system.ref, "stage": None}, organisation="organisation:meridian", subjects=[],
        bindings=[], answers=[], catalogue={}, gates=digest, manifest=digest, origin="meridian/x",
    )  # fmt: skip
    _entered(meridian, observed, "assurance.workspace_system.observed")
    proposed = BindingApproval(
        about=system,
        manifest=digest,
        bindings=["drift"],
        changes=[{"id": "drift", "change": "new"}],
        proposed_by=meridian.lead.ref,
    )
    envelope = sign(statement(system=system.ref), key())
    enrol_key(str(VerifierKey.of(key())), "evidence", actor=actor_of(meridian.lead), reason="An example.")
    waits = Intake(
        evidence=envelope.id, envelope=envelope.to_bytes().decode(), origin="meridian/x", claims=system.ref,
        why="Nobody knew its key.", pushed_by=meridian.lead.ref,
    )  # fmt: skip
    return {
        "binding-approval": [_entered(meridian, proposed, "assurance.binding_approval.proposed")],
        "intake": [_entered(meridian, waits, "assurance.intake.waited")],
    }


def _said(meridian: Organisation, made: Mapping[str, Record]) -> Several:
    review = made["management-review"]
    assert isinstance(review, ManagementReview)
    drawn = ReviewInput(review=review, item=ReviewInput.Item.CONTEXT, drawn_at=now(), entry=0)
    hour = now().replace(minute=0, second=0, microsecond=0)
    answered = [{"hour": time_text(hour), "from": "us", "words": sealed("We look into it.")}]
    voices = {
        name: model(received=hour, receipt=name.ljust(64, "0"), words=sealed("Words."), messages=answered)
        for name, model in KINDS.items()
    }
    return {
        "review-input": [_entered(meridian, drawn, "assurance.review_input.drawn")],
        **{name: [_entered(meridian, one, right_of(type(one), "added"))] for name, one in voices.items()},
    }
