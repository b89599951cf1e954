"""Verbs of catalogued threats: suggested for a run of the assessment, then taken up as a risk or dismissed (6.1.2)."""

from upright.kernel import Actor
from upright.records.identity.controlled import demand_reason, demand_state
from upright.records.identity.power import Powers, powers_of
from upright.records.risk.actions.risks import add_risk
from upright.records.risk.known import threats
from upright.records.risk.models import Risk, RiskAssessment, ThreatDecision
from upright.records.risk.threats import undecided
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError, StandingError

_CHANGE = "risk.threat_decision.change"
_OPEN = (ThreatDecision.Decision.SUGGESTED,)


def suggest_threats(
    assessment: RiskAssessment, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> RiskAssessment:
    """Suggest the catalogued threats that the system's traits call up; each is then taken up or dismissed (6.1.2)."""
    demand_state(assessment, RiskAssessment.State.DRAFT)
    system = assessment.system
    if system is None:
        raise RefusedError(
            f"{assessment.ref} is about no system, and threats are suggested for one.", code="UP-RISK-55"
        )
    (powers or powers_of(actor)).must("risk.threat_decision.add", ThreatDecision(system=system))
    found = undecided(system)
    if not found:
        raise RefusedError(f"Every threat that fits {system.ref} is decided on or suggested.", code="UP-RISK-55")
    with change():
        for threat, why in found.items():
            one = ThreatDecision(system=system, threat=threat, decision=ThreatDecision.Decision.SUGGESTED)
            write(one, actor=actor, action="risk.threat_decision.suggested", reason=f"{why} {reason}".strip())
    return assessment


def take_up_threat(
    decision: ThreatDecision,
    *,
    likelihood: int,
    impact: int,
    concerns: Risk.Concerns = Risk.Concerns.INDIVIDUALS,
    actor: Actor,
    reason: str,
    powers: Powers | None = None,
) -> ThreatDecision:
    """Take this up as a risk of the system, rated with no control counted; say why it is one here."""
    (powers or powers_of(actor)).must(_CHANGE, decision)
    _demand_open(decision)
    demand_reason(reason, "Taking up a threat")
    known = threats()[decision.threat]
    risk = Risk(
        title=str(known["title"])[:200],
        system=decision.system,
        unit=decision.system.unit,
        owner=decision.system.owner,
        concerns=concerns,
        source=str(known["description"]),
        threat=decision.threat,
        consequence=f"{', '.join(map(str, known['impact']['drivers']))}.".capitalize(),
        likelihood=likelihood,
        impact=impact,
    )
    with change():
        add_risk(risk, actor=actor, reason=reason)
        decision.decision, decision.reason, decision.risk = ThreatDecision.Decision.TAKEN_UP, reason.strip(), risk
        return write(decision, actor=actor, action="risk.threat_decision.taken_up", reason=reason)


def dismiss_threat(
    decision: ThreatDecision, *, actor: Actor, reason: str, powers: Powers | None = None
) -> ThreatDecision:
    """Dismiss this, with the reason why it is no risk here."""
    (powers or powers_of(actor)).must(_CHANGE, decision)
    _demand_open(decision)
    demand_reason(reason, "Dismissing a threat")
    decision.decision, decision.reason = ThreatDecision.Decision.DISMISSED, reason.strip()
    return write(decision, actor=actor, action="risk.threat_decision.dismissed", reason=reason)


def _demand_open(decision: ThreatDecision) -> None:
    if decision.decision not in _OPEN:
        raise StandingError(
            f"{decision.ref} is decided on: {decision.get_decision_display().lower()}. Edit it if that was wrong.",
            code="UP-RISK-56",
        )
