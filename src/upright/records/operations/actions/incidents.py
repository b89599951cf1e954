"""Verbs of incidents: contained, resolved, closed once everybody was told; notices with their proof (A.8.4, 10.2)."""

from upright.kernel import Actor, time_text
from upright.records.identity.approval import demand_approver
from upright.records.identity.controlled import demand_reason, demand_state
from upright.records.identity.power import Powers, powers_of
from upright.records.operations.models import Incident, Notice
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import steps
from upright.records.trail.server_log import now


def contain_incident(incident: Incident, *, actor: Actor, reason: str, powers: Powers | None = None) -> Incident:
    """Say that it does no more harm, and by what."""
    (powers or powers_of(actor)).must("operations.incident.change", incident)
    demand_state(incident, Incident.State.REPORTED)
    demand_reason(reason, "Containing an incident")
    incident.state = Incident.State.CONTAINED
    return write(incident, actor=actor, action="operations.incident.contained", reason=reason)


def resolve_incident(incident: Incident, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> Incident:
    """Say that what caused it is gone; the root cause is written."""
    (powers or powers_of(actor)).must("operations.incident.change", incident)
    demand_state(incident, Incident.State.CONTAINED)
    if not incident.root_cause.strip():
        raise RefusedError(f"{incident.ref} lacks its root cause; write it first (10.2).", code="UP-OPS-12")
    incident.state = Incident.State.RESOLVED
    return write(incident, actor=actor, action="operations.incident.resolved", reason=reason)


def close_incident(incident: Incident, *, actor: Actor, reason: str, powers: Powers | None = None) -> Incident:
    """Close it: everybody was told, lessons are written, and somebody other than who handled it agrees."""
    (powers or powers_of(actor)).must("operations.incident.approve", incident)
    demand_state(incident, Incident.State.RESOLVED)
    demand_reason(reason, "Closing an incident")
    owed = incident.owed
    if owed:
        said = "; ".join(f"{one.id}, {_until(one.strictest)}: {one.rule}" for one in owed)
        raise RefusedError(f"{incident.ref} owes {len(owed)} notices: {said}", code="UP-OPS-13")
    if not incident.lessons.strip():
        raise RefusedError(f"{incident.ref} lacks what was learnt from it (A.8.4).", code="UP-OPS-12")
    if not incident.correction and incident.severity in {Incident.Severity.HIGH, Incident.Severity.CRITICAL}:
        raise RefusedError(
            f"{incident.ref} is {incident.severity} and names no corrective action or nonconformity (10.2).",
            code="UP-OPS-12",
        )
    handled = {step.actor for step in steps(incident.ref) if step.action.endswith((".contained", ".resolved"))}
    approval = demand_approver(
        "operations.incident.approve",
        incident,
        actor=actor,
        authors={str(incident.owner.ref), *handled},
        powers=powers,
        code="UP-OPS-14",
    )
    incident.state = Incident.State.CLOSED
    return write(incident, actor=actor, action="operations.incident.closed", reason=approval.noted(reason))


def reopen_incident(incident: Incident, *, actor: Actor, reason: str, powers: Powers | None = None) -> Incident:
    """Open a closed incident again, with what came to light."""
    (powers or powers_of(actor)).must("operations.incident.change", incident)
    demand_state(incident, Incident.State.CLOSED, Incident.State.RESOLVED)
    demand_reason(reason, "Opening an incident again")
    incident.state = Incident.State.REPORTED
    return write(incident, actor=actor, action="operations.incident.reopened", reason=reason)


def send_notice(notice: Notice, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> Notice:
    """Record a notice that was sent; it says by itself whether it was late at the strictest reading."""
    (powers or powers_of(actor)).must("operations.notice.add", notice)
    incident = notice.incident
    clock = next((one for one in incident.clocks if one.id == notice.clock), None)
    if clock is None:
        running = ", ".join(one.id for one in incident.clocks) or "none"
        raise RefusedError(f"No clock {notice.clock} runs for {incident.ref}; there is {running}.", code="UP-OPS-15")
    if not incident.aware_at <= notice.sent_at <= now():
        raise RefusedError("A notice is sent after somebody knew, and not in times to come.", code="UP-OPS-15")
    notice.is_late = clock.is_overdue(notice.sent_at)
    return write(notice, actor=actor, action="operations.notice.added", reason=reason)


def _until(moment: object) -> str:
    from datetime import datetime

    return f"until {time_text(moment)}" if isinstance(moment, datetime) else "at once"
