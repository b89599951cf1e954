"""Verbs of risks and treatments, and the rules that the standard imposes on them (6.1, 8.2, 8.3)."""

from datetime import date, timedelta

from upright.kernel import Actor
from upright.records.identity.approval import demand_approver
from upright.records.identity.controlled import demand_reason
from upright.records.identity.models import Delegation, Role
from upright.records.identity.power import Powers, powers_of, unit_of
from upright.records.risk.actions.reopening import reopen_risk_because, say_again
from upright.records.risk.models import Rating, Risk, RiskAcceptance, RiskAssessment, RiskCriteria, Treatment
from upright.records.risk.models.criteria import criteria_for
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError, StandingError
from upright.records.trail.history import ever_named, steps, writers
from upright.records.trail.server_log import now

LONGEST = timedelta(days=366)
_RATED = ("risk.risk.rated", "risk.risk.residual_rated")


def add_risk(record: Risk, /, *, actor: Actor, reason: str, powers: Powers | None = None) -> Risk:
    """Add a risk; it is held against the criteria in force in its unit."""
    (powers or powers_of(actor)).must("risk.risk.add", record)
    _pin(record)
    return write(record, actor=actor, action="risk.risk.added", reason=reason)


def rate_risk(
    risk: Risk, *, likelihood: int, impact: int, actor: Actor, reason: str, powers: Powers | None = None
) -> Risk:
    """Rate this risk as things stand today, by the criteria in force; say on what evidence."""
    _demand_rateable(risk, actor, reason, powers)
    risk.current_likelihood, risk.current_impact, risk.reopened_because = likelihood, impact, ""
    return _rated(risk, Rating.Basis.CURRENT, likelihood, impact, actor, reason)


def rate_residual(
    risk: Risk, *, likelihood: int, impact: int, actor: Actor, reason: str, powers: Powers | None = None
) -> Risk:
    """Rate what remains of this risk after its treatment; say on what evidence."""
    _demand_rateable(risk, actor, reason, powers)
    if risk.reopened_because:
        raise StandingError(f"{risk.ref} is to be rated again first: {risk.reopened_because}", code="UP-RISK-09")
    risk.residual_likelihood, risk.residual_impact = likelihood, impact
    return _rated(risk, Rating.Basis.RESIDUAL, likelihood, impact, actor, reason)


def add_rating(record: Rating, /, *, actor: Actor, reason: str) -> Rating:
    """Add your own rating of a risk beside those of others; it changes neither theirs nor the risk."""
    powers_of(actor).must("risk.rating.add", record)
    if record.risk.state == Risk.State.CLOSED:
        raise StandingError(f"{record.risk.ref} is closed; open it again before rating it.", code="UP-RISK-07")
    record.rated_by, record.criteria_edition = str(actor), record.risk.criteria_edition
    return write(record, actor=actor, action="risk.rating.added", reason=reason)


def accept_risk(risk: Risk, *, until: date, actor: Actor, reason: str, powers: Powers | None = None) -> Risk:
    """Accept what remains of this risk until a day: who has authority for its level, never its author or owner."""
    mine = powers or powers_of(actor)
    mine.must("risk.risk.accept", risk)
    if risk.state != Risk.State.OPEN:
        raise StandingError(f"{risk.ref} is {risk.state}; only an open risk is accepted.", code="UP-RISK-06")
    criteria = _demand_ready(risk)
    authors = {str(risk.owner.ref), *writers(risk.ref), *_raters(risk), *_treaters(risk)}
    approval = demand_approver("risk.risk.accept", risk, actor=actor, authors=authors, powers=mine, code="UP-RISK-05")
    role = _demand_authority(risk, criteria, mine)
    demand_reason(reason, "Accepting a risk")
    _demand_day(until)
    acceptance = RiskAcceptance(
        risk=risk,
        level=risk.residual or 0,
        criteria=criteria,
        criteria_edition=criteria.edition,
        author=str(risk.owner.ref),
        accepted_by=str(actor),
        accepted_as=role,
        until=until,
    )
    why = approval.noted(reason)
    with change():
        risk.state, risk.accepted_by = Risk.State.ACCEPTED, str(actor)
        write(risk, actor=actor, action="risk.risk.accepted", reason=why)
        write(acceptance, actor=actor, action="risk.risk_acceptance.accepted", reason=why)
    return risk


def reopen_risk(risk: Risk, *, actor: Actor, reason: str, powers: Powers | None = None) -> Risk:
    """Open an accepted or closed risk again, with what has changed; it is to be rated again."""
    (powers or powers_of(actor)).must("risk.risk.change", risk)
    if risk.state == Risk.State.OPEN:
        raise StandingError(f"{risk.ref} is open already.", code="UP-RISK-06")
    demand_reason(reason, "Opening a risk again")
    return reopen_risk_because(risk, reason.strip(), actor=actor)


def close_risk(risk: Risk, *, actor: Actor, reason: str, powers: Powers | None = None) -> Risk:
    """Close a risk that can no longer come about, with the reason."""
    (powers or powers_of(actor)).must("risk.risk.change", risk)
    if risk.state == Risk.State.CLOSED:
        raise StandingError(f"{risk.ref} is closed already.", code="UP-RISK-06")
    demand_reason(reason, "Closing a risk")
    with change():
        risk.state = Risk.State.CLOSED
        write(risk, actor=actor, action="risk.risk.closed", reason=reason)
        for acceptance in risk.acceptances.filter(state=RiskAcceptance.State.ACCEPTED):
            acceptance.state = RiskAcceptance.State.ENDED
            write(acceptance, actor=actor, action="risk.risk_acceptance.ended", reason=reason)
        say_again(risk, "ended", reason, actor=actor)
    return risk


def add_treatment(record: Treatment, /, *, actor: Actor, reason: str) -> Treatment:
    """Add a treatment of a risk that is not closed."""
    powers_of(actor).must("risk.treatment.add", record)
    demand_not_closed(record.risk)
    return write(record, actor=actor, action="risk.treatment.added", reason=reason)


def approve_treatment(
    treatment: Treatment, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> Treatment:
    """Approve this treatment; never who wrote it, and not of a risk that is closed."""
    (powers or powers_of(actor)).must("risk.treatment.approve", treatment)
    _demand_state(treatment, Treatment.State.PROPOSED)
    demand_not_closed(treatment.risk)
    authors = {str(treatment.owner.ref), *writers(treatment.ref)}
    right = "risk.treatment.approve"
    approval = demand_approver(right, treatment, actor=actor, authors=authors, powers=powers, code="UP-RISK-05")
    old = treatment.replaces
    with change():
        treatment.state, treatment.approved_by = Treatment.State.APPROVED, str(actor)
        write(treatment, actor=actor, action="risk.treatment.approved", reason=approval.noted(reason))
        if old is not None and old.state != Treatment.State.REPLACED:
            old.state = Treatment.State.REPLACED
            write(old, actor=actor, action="risk.treatment.replaced", reason=f"By {treatment.ref}.")
    return treatment


def finish_treatment(treatment: Treatment, *, actor: Actor, reason: str, powers: Powers | None = None) -> Treatment:
    """Say that an approved treatment was carried out, and how."""
    (powers or powers_of(actor)).must("risk.treatment.change", treatment)
    _demand_state(treatment, Treatment.State.APPROVED)
    demand_not_closed(treatment.risk)
    demand_reason(reason, "Finishing a treatment")
    treatment.state = Treatment.State.DONE
    return write(treatment, actor=actor, action="risk.treatment.finished", reason=reason)


def confirm_treatment(treatment: Treatment, *, actor: Actor, reason: str, powers: Powers | None = None) -> Treatment:
    """Confirm that a treatment works, on what evidence; never by who carried it out (8.3)."""
    why = _demand_evaluator(treatment, actor, reason, powers, "Confirming that a treatment works")
    treatment.state = Treatment.State.EFFECTIVE
    return write(treatment, actor=actor, action="risk.treatment.confirmed", reason=why)


def reconfirm_treatment(treatment: Treatment, *, actor: Actor, reason: str, powers: Powers | None = None) -> Treatment:
    """Say that a plan still fits, or still works, though something has changed; never by who wrote or does it (8.3)."""
    right = "risk.treatment.approve"
    (powers or powers_of(actor)).must(right, treatment)
    if treatment.state not in {Treatment.State.APPROVED, Treatment.State.EFFECTIVE}:
        raise StandingError(
            f"{treatment.ref} is {treatment.state}; what is approved or effective is reconfirmed (8.3).",
            code="UP-RISK-06",
        )
    demand_not_closed(treatment.risk)
    demand_reason(reason, "Reconfirming a treatment")
    authors = {str(treatment.owner.ref), *writers(treatment.ref), *_finishers(treatment)}
    approval = demand_approver(right, treatment, actor=actor, authors=authors, powers=powers, code="UP-RISK-05")
    return write(treatment, actor=actor, action="risk.treatment.reconfirmed", reason=approval.noted(reason))


def reject_treatment(treatment: Treatment, *, actor: Actor, reason: str, powers: Powers | None = None) -> Treatment:
    """Say that a treatment does not work, on what evidence; another takes its place (8.3)."""
    why = _demand_evaluator(treatment, actor, reason, powers, "Saying that a treatment does not work")
    treatment.state = Treatment.State.INEFFECTIVE
    return write(treatment, actor=actor, action="risk.treatment.rejected", reason=why)


def add_risk_assessment(record: RiskAssessment, /, *, actor: Actor, reason: str) -> RiskAssessment:
    """Add a run of the assessment; it rests on the criteria that are in force now."""
    powers_of(actor).must("risk.risk_assessment.add", record)
    record.criteria = criteria_for(record.unit)
    record.criteria_edition = None if record.criteria is None else record.criteria.edition
    return write(record, actor=actor, action="risk.risk_assessment.added", reason=reason)


def _rated(risk: Risk, basis: str, likelihood: int, impact: int, actor: Actor, reason: str) -> Risk:
    """The risk with its new rating, and the rating beside those of others."""
    _pin(risk)
    given = Rating(risk=risk, basis=basis, likelihood=likelihood, impact=impact, note=reason.strip())
    given.rated_by, given.criteria_edition = str(actor), risk.criteria_edition
    action = _RATED[basis == Rating.Basis.RESIDUAL]
    with change():
        write(risk, actor=actor, action=action, reason=reason)
        write(given, actor=actor, action="risk.rating.added", reason=reason)
    return risk


def _pin(risk: Risk) -> None:
    risk.criteria = criteria_for(risk.unit)
    risk.criteria_edition = None if risk.criteria is None else risk.criteria.edition


def _demand_rateable(risk: Risk, actor: Actor, reason: str, powers: Powers | None) -> None:
    (powers or powers_of(actor)).must("risk.risk.change", risk)
    if risk.state != Risk.State.OPEN:
        raise StandingError(f"{risk.ref} is {risk.state}; open it again before rating it.", code="UP-RISK-06")
    demand_reason(reason, "A rating")


def _demand_ready(risk: Risk) -> RiskCriteria:
    """The criteria by which it may be accepted: rated by those in force, and treated."""
    if risk.reopened_because:
        raise StandingError(f"{risk.ref} is to be rated again first: {risk.reopened_because}", code="UP-RISK-09")
    if risk.residual is None:
        raise StandingError(
            f"{risk.ref} has no residual rating, so there is nothing to accept. Rate it after treatment first.",
            code="UP-RISK-03",
        )
    settled = (Treatment.State.APPROVED, Treatment.State.DONE, Treatment.State.EFFECTIVE)
    if not risk.treatments.filter(state__in=settled).exists():
        raise StandingError(
            f"{risk.ref} has no approved treatment; retaining a risk is a treatment too, and wants one (6.1.3).",
            code="UP-RISK-04",
        )
    in_force = criteria_for(risk.unit)
    if in_force is None:
        raise StandingError(
            f"No risk criteria are approved for the unit of {risk.ref}, so nobody has authority for its level (6.1.2).",
            code="UP-RISK-10",
        )
    if in_force.edition != risk.criteria_edition:
        raise StandingError(
            f"{risk.ref} was rated by edition {risk.criteria_edition} of the criteria; {in_force.edition} is in force. "
            "Rate it again.",
            code="UP-RISK-10",
        )
    return in_force


def _demand_authority(risk: Risk, criteria: RiskCriteria, powers: Powers) -> Role:
    """The role by which an actor may accept a risk's level: his own in its unit, or that of who lent him the right."""
    level, unit = risk.residual or risk.current, unit_of(risk)
    wanted = criteria.accepters(level)
    held = {role for role, units in powers.held.items() if unit in units}
    if unit in powers.lent.get("risk.risk.accept", frozenset()):
        lending = Delegation.objects.filter(receiver__ref=str(powers.actor), ended_at__isnull=True)
        for one in lending.select_related("giver"):
            given = powers_of(Actor(one.giver.reference))
            held |= {role for role, units in given.held.items() if unit in units and "risk.risk.accept" in one.rights}
    found = next((role for role in wanted if role in held), None)
    if found is None:
        raise StandingError(
            f"Level {level} is accepted by {' or '.join(role.label for role in wanted)} ({criteria}); you hold no such "
            "role in the unit of this risk.",
            code="UP-RISK-11",
        )
    return found


def _demand_day(until: date) -> None:
    today = now().date()
    if not today < until <= today + LONGEST:
        raise RefusedError(
            f"Accepted until {until}: expected a day to come within a year, since what is accepted is looked at again.",
            code="UP-RISK-12",
        )


def _raters(risk: Risk) -> set[str]:
    return {step.actor for step in steps(risk.ref) if step.action in _RATED}


def _treaters(risk: Risk) -> set[str]:
    return {str(one.owner.ref) for one in risk.treatments.select_related("owner")}


def _demand_evaluator(treatment: Treatment, actor: Actor, reason: str, powers: Powers | None, what: str) -> str:
    (powers or powers_of(actor)).must("risk.treatment.approve", treatment)
    _demand_state(treatment, Treatment.State.DONE)
    demand_not_closed(treatment.risk)
    demand_reason(reason, what)
    authors = {*ever_named(treatment.ref, "owner"), *_finishers(treatment)}
    right = "risk.treatment.approve"
    return demand_approver(right, treatment, actor=actor, authors=authors, powers=powers, code="UP-RISK-05").noted(
        reason
    )


def _finishers(treatment: Treatment) -> set[str]:
    return {step.actor for step in steps(treatment.ref) if step.action == "risk.treatment.finished"}


def demand_not_closed(risk: Risk) -> None:
    """Raises unless a risk can be treated.

    Raises:
        StandingError: it is closed.
    """
    if risk.state == Risk.State.CLOSED:
        raise StandingError(f"{risk.ref} is closed; open it again before treating it (6.1.3).", code="UP-RISK-07")


def _demand_state(treatment: Treatment, state: Treatment.State) -> None:
    if treatment.state != state:
        raise StandingError(
            f"{treatment.ref} is {treatment.state}; this is for a treatment that is {state}.", code="UP-RISK-06"
        )
