"""Verbs of oversight: a decision is looked over by who is assigned to; an alarm is seen and ended (A.9.2, A.6.2.6)."""

from upright.kernel import Actor
from upright.records.identity.controlled import Controlled, demand_reason, demand_state
from upright.records.identity.power import Powers, person_of, powers_of
from upright.records.operations.models import Alarm, DecisionReview, Monitor, OversightAssignment
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError


def review_decision(
    review: DecisionReview, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> DecisionReview:
    """Record what an overseer made of a proposal; only who is assigned to the system, by an approval in force."""
    (powers or powers_of(actor)).must("operations.decision_review.add", review)
    person = person_of(actor)
    assigned = OversightAssignment.objects.filter(
        system=review.system, overseer=person, state=Controlled.State.APPROVED
    ).first()
    if person is None or assigned is None or assigned.unready():
        why = "" if assigned is None else f" {assigned.unready()}"
        raise RefusedError(
            f"{actor} is not assigned to look over {review.system.ref}; an approved assignment is needed (A.9.2).{why}",
            code="UP-OPS-41",
        )
    review.reviewer = person
    return write(review, actor=actor, action="operations.decision_review.added", reason=reason)


def acknowledge_alarm(alarm: Alarm, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> Alarm:
    """Say that you have seen it and look after it."""
    (powers or powers_of(actor)).must("operations.alarm.change", alarm)
    demand_state(alarm, Alarm.State.RAISED)
    alarm.state = Alarm.State.ACKNOWLEDGED
    return write(alarm, actor=actor, action="operations.alarm.acknowledged", reason=reason)


def handle_alarm(alarm: Alarm, *, actor: Actor, reason: str, powers: Powers | None = None) -> Alarm:
    """End it with what was found and done; one whose check still fails stays."""
    (powers or powers_of(actor)).must("operations.alarm.change", alarm)
    demand_state(alarm, Alarm.State.ACKNOWLEDGED)
    demand_reason(reason, "Ending an alarm")
    newest = None if alarm.monitor is None else alarm.monitor.newest
    if newest is not None and newest.result == "failed" and newest.evidence != alarm.evidence:
        raise RefusedError(
            f"Newer evidence {newest.evidence} of {alarm.monitor} failed too; it has an alarm of its own to look at.",
            code="UP-OPS-42",
        )
    alarm.state, alarm.handled = Alarm.State.HANDLED, reason.strip()
    return write(alarm, actor=actor, action="operations.alarm.handled", reason=reason)


def raise_alarms(actor: Actor, cause: int | None = None) -> list[Alarm]:
    """Raises an alarm for each monitor in force whose newest evidence failed, once for each evidence."""
    raised = []
    for monitor in Monitor.objects.filter(state=Controlled.State.APPROVED).select_related("system"):
        row = monitor.newest
        if row is None or row.result != "failed" or monitor.alarms.filter(evidence=row.evidence).exists():
            continue
        alarm = Alarm(
            system=monitor.system,
            monitor=monitor,
            what=f"{monitor.measure} is outside {monitor.limit} ({monitor.binding}).",
            evidence=row.evidence,
        )
        raised.append(write(alarm, actor=actor, action="operations.alarm.raised", cause=cause))
    return raised
