"""Verbs of retention: a disposal is proposed when its day has come, approved by another, and leaves a tombstone."""

from datetime import date

from upright.kernel import Actor
from upright.records.governance.retention import LegalHold, RecordDisposal, RetentionClass, add_period
from upright.records.identity.approval import demand_approver
from upright.records.identity.controlled import Controlled, demand_reason, demand_state
from upright.records.identity.models import Unit
from upright.records.identity.power import Powers, powers_of, unit_of
from upright.records.trail.door import change, linked, write
from upright.records.trail.erasure import demand_erasable, erase
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import writers
from upright.records.trail.record import Record
from upright.records.trail.server_log import now


def propose_disposal(disposal: RecordDisposal, *, actor: Actor, reason: str = "") -> RecordDisposal:
    """Propose to erase the personal data of a record: its period is over, or the person concerned asked for it."""
    powers_of(actor).must("governance.record_disposal.add")
    record = linked(disposal.record)
    disposal.unit = Unit.objects.get(pk=unit_of(record))
    powers_of(actor).must("governance.record_disposal.add", disposal)
    _demand_ground(disposal, record)
    return write(disposal, actor=actor, action="governance.record_disposal.added", reason=reason)


def approve_disposal(
    disposal: RecordDisposal, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> RecordDisposal:
    """Approve this: never who proposed it. The personal data go, the entries say so, the disposal stays."""
    right = "governance.record_disposal.approve"
    (powers or powers_of(actor)).must(right, disposal)
    demand_state(disposal, RecordDisposal.State.PROPOSED)
    record = linked(disposal.record)
    _demand_ground(disposal, record)
    approval = demand_approver(right, disposal, actor=actor, authors=writers(disposal.ref), powers=powers)
    given = disposal.retention_class
    ground = (
        f"Disposed of by {given.ref}, {given.basis}"
        if given is not None
        else f"The person concerned asked on {disposal.asked_on} (GDPR, Art. 17)"
    )
    why = f"{ground}; {disposal.ref}."
    with change():
        disposal.erased_entries = len(erase(record, actor=actor, reason=why))
        disposal.state = RecordDisposal.State.DONE
        write(disposal, actor=actor, action="governance.record_disposal.approved", reason=approval.noted(reason))
    return disposal


def refuse_disposal(
    disposal: RecordDisposal, *, actor: Actor, reason: str, powers: Powers | None = None
) -> RecordDisposal:
    """Refuse this, with the reason; the record stays."""
    (powers or powers_of(actor)).must("governance.record_disposal.approve", disposal)
    demand_state(disposal, RecordDisposal.State.PROPOSED)
    demand_reason(reason, "Refusing a disposal")
    disposal.state = RecordDisposal.State.REFUSED
    return write(disposal, actor=actor, action="governance.record_disposal.refused", reason=reason)


def lift_hold(hold: LegalHold, *, actor: Actor, reason: str, powers: Powers | None = None) -> LegalHold:
    """Lift this hold, with the reason."""
    (powers or powers_of(actor)).must("governance.legal_hold.approve", hold)
    if hold.lifted_on is not None:
        raise RefusedError(f"{hold.ref} was lifted on {hold.lifted_on}.", code="UP-KEEP-03")
    demand_reason(reason, "Lifting a hold")
    hold.lifted_on = now().date()
    return write(hold, actor=actor, action="governance.legal_hold.lifted", reason=reason)


def _demand_ground(disposal: RecordDisposal, record: Record) -> None:
    """Nothing holds the record, and what the disposal names lets it go today."""
    disposal.clean()
    if disposal.retention_class is not None:
        _demand_fit(disposal.retention_class, record)
    for one in (record, *record.erased_with()):
        _demand_no_hold(one)
        if disposal.ground == RecordDisposal.Ground.REQUEST:
            _demand_no_duty(one)
    if disposal.asked_on is not None:
        disposal.due = add_period(disposal.asked_on, "P1M")
    elif disposal.retention_class is not None:
        disposal.due = _over(disposal.retention_class, record)
    demand_erasable(record)


def _demand_no_hold(record: Record) -> None:
    hold = next((one for one in LegalHold.objects.filter(lifted_on__isnull=True) if one.holds(record)), None)
    if hold is not None:
        raise RefusedError(f"{record.ref} is under {hold.ref}, {hold.title}; nothing of it goes.", code="UP-KEEP-05")


def _demand_no_duty(record: Record) -> None:
    """No law wants it kept: who asks to be erased has to wait as long as one does (GDPR, Art. 17(3)(b))."""
    duties = RetentionClass.objects.filter(
        applies_to=record.ref_type, by_law=True, state=Controlled.State.APPROVED
    ).order_by("ref")
    for given in duties:
        due = given.due(record)
        if due is None:
            raise RefusedError(
                f"{record.ref} is kept by {given.basis} ({given.ref}), and its period has not begun: "
                f"{given.get_starts_display()}. The law goes before the request (GDPR, Art. 17(3)(b)).",
                code="UP-KEEP-08",
            )
        if due > now().date():
            raise RefusedError(
                f"{record.ref} is kept until {due}, by {given.basis} ({given.ref}); the law goes before the request "
                "(GDPR, Art. 17(3)(b)). Tell the person so, and until when.",
                code="UP-KEEP-08",
            )


def _demand_fit(given: RetentionClass, record: Record) -> None:
    """A class in force, for records of this type."""
    if given.state != Controlled.State.APPROVED:
        raise RefusedError(f"{given.ref} is {given.state}; dispose by an approved retention class.", code="UP-KEEP-04")
    if given.applies_to != record.ref_type:
        raise RefusedError(
            f"{given.ref} is for {given.applies_to or 'what is kept elsewhere'}; {record.ref} is a {record.ref_type}.",
            code="UP-KEEP-04",
        )


def _over(given: RetentionClass, record: Record) -> date:
    """The day on which the period of a record was over by a class."""
    due = given.due(record)
    if due is None:
        raise RefusedError(
            f"The period of {record.ref} has not begun: {given.get_starts_display()}.", code="UP-KEEP-06"
        )
    if due > now().date():
        raise RefusedError(f"{record.ref} is kept until {due}, by {given.basis}.", code="UP-KEEP-06")
    return due
