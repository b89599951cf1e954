"""Verbs of risks and treatments, and the rules that the standard imposes on them (6.1, 8.2, 8.3)."""

from upright.kernel import Actor
from upright.records.identity.approval import demand_approver
from upright.records.identity.power import Powers, powers_of
from upright.records.risk.models import Risk, Treatment
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import steps, writers


def accept_risk(risk: Risk, *, actor: Actor, reason: str, powers: Powers | None = None) -> Risk:
    """Accept the residual risk: a holder of authority may, never its author or owner, and only with a reason."""
    (powers or powers_of(actor)).must("risk.risk.accept", risk)
    _demand_open(risk)
    if risk.residual is None:
        raise RefusedError(
            f"{risk.ref} has no residual rating, so there is nothing to accept. Rate it after treatment first.",
            code="UP-RISK-03",
        )
    if not risk.treatments.exclude(state=Treatment.State.PROPOSED).exists():
        raise RefusedError(
            f"{risk.ref} has no approved treatment; retaining a risk is a treatment too, and wants one (6.1.3).",
            code="UP-RISK-04",
        )
    authors = {risk.owner.ref, *writers(risk.ref)}
    approval = demand_approver("risk.risk.accept", risk, actor=actor, authors=authors, powers=powers, code="UP-RISK-05")
    _demand_reason(reason, "Accepting a risk")
    risk.state, risk.accepted_by = Risk.State.ACCEPTED, str(actor)
    return write(risk, actor=actor, action="risk.risk.accepted", reason=approval.noted(reason))


def reopen_risk(risk: Risk, *, actor: Actor, reason: str, powers: Powers | None = None) -> Risk:
    """Open an accepted or closed risk again, with what has changed."""
    (powers or powers_of(actor)).must("risk.risk.change", risk)
    if risk.state == Risk.State.OPEN:
        raise RefusedError(f"{risk.ref} is open already.", code="UP-RISK-06")
    _demand_reason(reason, "Opening a risk again")
    risk.state, risk.accepted_by = Risk.State.OPEN, ""
    return write(risk, actor=actor, action="risk.risk.reopened", reason=reason)


def close_risk(risk: Risk, *, actor: Actor, reason: str, powers: Powers | None = None) -> Risk:
    """Close a risk that can no longer come about, with the reason."""
    (powers or powers_of(actor)).must("risk.risk.change", risk)
    if risk.state == Risk.State.CLOSED:
        raise RefusedError(f"{risk.ref} is closed already.", code="UP-RISK-06")
    _demand_reason(reason, "Closing a risk")
    risk.state = Risk.State.CLOSED
    return write(risk, actor=actor, action="risk.risk.closed", reason=reason)


def approve_treatment(
    treatment: Treatment, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> Treatment:
    """Approve this treatment; never who wrote it, and not of a risk that is closed."""
    (powers or powers_of(actor)).must("risk.treatment.approve", treatment)
    _demand_state(treatment, Treatment.State.PROPOSED)
    if treatment.risk.state == Risk.State.CLOSED:
        raise RefusedError(f"{treatment.risk.ref} is closed; open it again before treating it.", code="UP-RISK-07")
    authors = writers(treatment.ref)
    approval = demand_approver(
        "risk.treatment.approve", treatment, actor=actor, authors=authors, powers=powers, code="UP-RISK-05"
    )
    treatment.state, treatment.approved_by = Treatment.State.APPROVED, str(actor)
    return write(treatment, actor=actor, action="risk.treatment.approved", reason=approval.noted(reason))


def finish_treatment(treatment: Treatment, *, actor: Actor, reason: str, powers: Powers | None = None) -> Treatment:
    """Say that an approved treatment was carried out, and how."""
    (powers or powers_of(actor)).must("risk.treatment.change", treatment)
    _demand_state(treatment, Treatment.State.APPROVED)
    _demand_reason(reason, "Finishing a treatment")
    treatment.state = Treatment.State.DONE
    return write(treatment, actor=actor, action="risk.treatment.finished", reason=reason)


def confirm_treatment(treatment: Treatment, *, actor: Actor, reason: str, powers: Powers | None = None) -> Treatment:
    """Confirm that a treatment works, on what evidence; never by who carried it out (8.3)."""
    (powers or powers_of(actor)).must("risk.treatment.approve", treatment)
    _demand_state(treatment, Treatment.State.DONE)
    _demand_reason(reason, "Confirming that a treatment works")
    finished = [step.actor for step in steps(treatment.ref) if step.action == "risk.treatment.finished"]
    authors = {treatment.owner.ref, *finished}
    approval = demand_approver(
        "risk.treatment.approve", treatment, actor=actor, authors=authors, powers=powers, code="UP-RISK-05"
    )
    treatment.state = Treatment.State.EFFECTIVE
    return write(treatment, actor=actor, action="risk.treatment.confirmed", reason=approval.noted(reason))


def _demand_open(risk: Risk) -> None:
    if risk.state != Risk.State.OPEN:
        raise RefusedError(f"{risk.ref} is {risk.state}; only an open risk is accepted.", code="UP-RISK-06")


def _demand_state(treatment: Treatment, state: Treatment.State) -> None:
    if treatment.state != state:
        raise RefusedError(
            f"{treatment.ref} is {treatment.state}; this is for a treatment that is {state}.", code="UP-RISK-06"
        )


def _demand_reason(reason: str, what: str) -> None:
    if not reason.strip():
        raise RefusedError(f"{what} needs a reason, in words.", code="UP-RISK-08")
