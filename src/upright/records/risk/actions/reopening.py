"""Opening again what was assessed, because something changed: risks, what was accepted of them, assessments."""

from upright.kernel import Actor
from upright.records.risk.models import ImpactAssessment, Risk, RiskAcceptance, RiskAssessment, Treatment
from upright.records.trail.door import change, write


def reopen_risk_because(risk: Risk, why: str, *, actor: Actor, cause: int | None = None) -> Risk:
    """Opens a risk: it is to be rated again, and what was accepted of it is accepted no more. No rights are asked."""
    with change():
        for acceptance in risk.acceptances.filter(state=RiskAcceptance.State.ACCEPTED).select_related("risk__system"):
            acceptance.state = RiskAcceptance.State.ENDED
            action = "risk.risk_acceptance.ended"
            write(acceptance, actor=actor, action=action, reason=why, cause=cause)
        was_closed = risk.state == Risk.State.CLOSED
        risk.state, risk.accepted_by, risk.reopened_because = Risk.State.OPEN, "", why
        write(risk, actor=actor, action="risk.risk.reopened", reason=why, cause=cause)
        if was_closed:
            say_again(risk, "reopened", why, actor=actor)
        return risk


def say_again(risk: Risk, what: str, why: str, *, actor: Actor) -> None:
    """Has each treatment say anew what it is evidence of: nothing while its risk is closed, all once that is open."""
    for treatment in risk.treatments.exclude(state=Treatment.State.REPLACED).order_by("ref"):
        treatment.risk = risk
        write(treatment, actor=actor, action=f"risk.treatment.{what}", reason=why)


def reopen_assessment(
    assessment: ImpactAssessment | RiskAssessment, why: str, *, actor: Actor, cause: int | None = None
) -> None:
    """Takes an approved assessment back: it stands no more until somebody writes and approves it anew."""
    assessment.reopened_because = why
    kind = assessment.ref_type.replace("-", "_")
    write(assessment, actor=actor, action=f"risk.{kind}.reopened", reason=why, cause=cause)
