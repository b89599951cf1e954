"""Verbs of audits, their teams, samples, findings and certificates, and the rules of 9.2."""

from upright.kernel import Actor
from upright.records.assurance.auditing import (
    Audit,
    AuditFinding,
    AuditInterview,
    AuditorAssignment,
    AuditProgramme,
    AuditSample,
    Certificate,
)
from upright.records.assurance.correction import Nonconformity
from upright.records.assurance.coverage import programme_lacks
from upright.records.assurance.independence import is_competent, ties
from upright.records.assurance.sampling import Drawn, draw, unpicked_seed
from upright.records.identity.controlled import Controlled, demand_reason, demand_state
from upright.records.identity.models import Person
from upright.records.identity.power import Powers, person_of, powers_of
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError, StandingError
from upright.records.trail.record import record_types
from upright.records.trail.server_log import now

_CHANGE = "assurance.audit.change"
_SHOWN = 5


def assign_auditor(
    assignment: AuditorAssignment, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> AuditorAssignment:
    """Assign somebody to an audit that has not started: independent of its scope, and competent (9.2.2).

    Raises:
        RefusedError: the audit has started; the person wrote, approved or owned something in scope within the last
            twelve months; or no competence record says that they can audit.
    """
    (powers or powers_of(actor)).must("assurance.auditor_assignment.add", assignment.audit)
    demand_state(assignment.audit, Audit.State.PLANNED)
    if assignment.audit.kind == Audit.Kind.INTERNAL:
        demand_independent(assignment.auditor, assignment.audit)
        _demand_competent(assignment.auditor)
    return write(assignment, actor=actor, action="assurance.auditor_assignment.added", reason=reason)


def demand_independent(person: Person, audit: Audit) -> None:
    """Raises if somebody has own work in an audit's scope.

    Raises:
        RefusedError: naming the records.
    """
    found = ties(str(person.ref), audit)
    if found:
        shown = "; ".join(str(one) for one in found[:_SHOWN])
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise RefusedError(
            f"{person} has own work of the last twelve months in the scope of {audit.ref}: {shown}{more}. Nobody "
            "audits own work (9.2.2): assign somebody else, or narrow the scope.",
            code="UP-AUD-02",
        )


def draw_sample(sample: AuditSample, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> AuditSample:
    """Draw a sample for an audit that is under way, by rule and seed (9.2.2)."""
    (powers or powers_of(actor)).must("assurance.audit_sample.add", sample.audit)
    demand_state(sample.audit, Audit.State.UNDER_WAY)
    if sample.what not in record_types():
        raise RefusedError(f"{sample.what!r} is no record type; write it such as risk or incident.", code="UP-AUD-03")
    if sample.until > now().date():
        raise RefusedError(
            f"The period ends on {sample.until}, which is to come: the population could still grow, and the sample "
            "could not be drawn again.",
            code="UP-AUD-03",
        )
    sample.seed = sample.seed.strip() or unpicked_seed()
    unit = sample.audit.unit
    sample.within = "" if unit.parent_id is None else unit.ref
    drawn = drawn_again(sample)
    if not drawn.population:
        raise RefusedError(f"No {sample.what} was first entered in that period: nothing to draw.", code="UP-AUD-03")
    sample.population, sample.digest, sample.drawn = len(drawn.population), drawn.digest, list(drawn.members)
    return write(sample, actor=actor, action="assurance.audit_sample.added", reason=reason)


def drawn_again(sample: AuditSample) -> Drawn:
    """The same rule and seed applied to the ledger now: the same sample, or somebody changed one of them."""
    return draw(
        sample.what,
        sample.since,
        sample.until,
        system=str(sample.system),
        within=str(sample.within),
        seed=sample.seed,
        size=sample.size,
    )


def record_interview(
    interview: AuditInterview, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> AuditInterview:
    """Keep what somebody said in an audit that is under way."""
    (powers or powers_of(actor)).must("assurance.audit_interview.add", interview.audit)
    demand_state(interview.audit, Audit.State.UNDER_WAY)
    return write(interview, actor=actor, action="assurance.audit_interview.added", reason=reason)


def record_finding(
    finding: AuditFinding, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> AuditFinding:
    """Keep a finding of an audit that is under way."""
    (powers or powers_of(actor)).must("assurance.audit_finding.add", finding.audit)
    demand_state(finding.audit, Audit.State.UNDER_WAY)
    return write(finding, actor=actor, action="assurance.audit_finding.added", reason=reason)


def start_audit(audit: Audit, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> Audit:
    """Start this: it has a lead auditor, and everybody in the team is still independent of what is in scope now."""
    (powers or powers_of(actor)).must(_CHANGE, audit)
    demand_state(audit, Audit.State.PLANNED)
    if audit.kind == Audit.Kind.INTERNAL and audit.lead is None:
        raise RefusedError(f"{audit.ref} has no lead auditor; assign one first (9.2.2).", code="UP-AUD-04")
    audit.state = Audit.State.UNDER_WAY
    with change():
        written = write(audit, actor=actor, action="assurance.audit.started", reason=reason)
        if audit.kind == Audit.Kind.INTERNAL:  # after the write: a page that offers the move does not read the ledger
            for one in audit.team.select_related("auditor"):
                demand_independent(one.auditor, audit)
                _demand_competent(one.auditor)
        return written


def report_audit(
    audit: Audit, *, conclusion: str, actor: Actor, reason: str = "", powers: Powers | None = None
) -> Audit:
    """Approve the report of this: its lead auditor does, once a sample was drawn and a conclusion is written (9.2).

    The report of an external audit is kept by who manages the system; its body approved it.
    """
    (powers or powers_of(actor)).must("assurance.audit.report", audit)
    demand_state(audit, Audit.State.UNDER_WAY)
    if not conclusion.strip():
        raise RefusedError(f"{audit.ref} lacks its conclusion (9.2.2).", code="UP-AUD-05")
    if audit.kind == Audit.Kind.INTERNAL:
        lead = audit.lead
        if lead is None or str(actor) != lead.ref:
            raise StandingError(f"The report of {audit.ref} is approved by its lead auditor, {lead}.", code="UP-AUD-06")
        if not audit.samples.exists():
            raise StandingError(
                f"{audit.ref} has no sample: draw what was looked at, by rule and seed (9.2.2).", code="UP-AUD-05"
            )
    with change():
        for finding in audit.findings.order_by("ref"):
            finding.is_reported = True
            write(finding, actor=actor, action="assurance.audit_finding.reported")
        audit.state, audit.conclusion, audit.reported_by = Audit.State.REPORTED, conclusion, str(actor)
        audit.reported_on = now().date()
        written = write(audit, actor=actor, action="assurance.audit.reported", reason=reason)
        if audit.kind == Audit.Kind.INTERNAL:  # after the write, as in ``start_audit``
            for one in audit.team.select_related("auditor"):
                _demand_no_owner(one.auditor, audit)
        return written


def receive_audit(audit: Audit, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> Audit:
    """Receive the report of this for management: each major and minor finding becomes a nonconformity (9.2.2, 10.2)."""
    (powers or powers_of(actor)).must("assurance.audit.receive", audit)
    demand_state(audit, Audit.State.REPORTED)
    receiver = person_of(actor)
    if receiver is None or str(actor) == audit.reported_by or audit.team.filter(auditor__ref=str(actor)).exists():
        raise RefusedError(
            f"{audit.ref} is reported to management; who audited or reported it does not receive it (9.2.2).",
            code="UP-AUD-07",
        )
    with change():
        for finding in audit.findings.order_by("ref"):
            if finding.is_nonconformity and not Nonconformity.objects.filter(found_in=finding.ref).exists():
                write(
                    _nonconformity(finding, receiver),
                    actor=actor,
                    action="assurance.nonconformity.added",
                    reason=f"{finding.get_grade_display()} of {audit.ref}.",
                )
        audit.state, audit.received_by, audit.received_on = Audit.State.RECEIVED, str(actor), now().date()
        return write(audit, actor=actor, action="assurance.audit.received", reason=reason)


def cancel_audit(audit: Audit, *, actor: Actor, reason: str, powers: Powers | None = None) -> Audit:
    """Cancel this, with the reason; not where its approved programme would no longer reach every clause (9.2.2)."""
    (powers or powers_of(actor)).must(_CHANGE, audit)
    demand_state(audit, Audit.State.PLANNED, Audit.State.UNDER_WAY)
    demand_reason(reason, "Cancelling an audit")
    programme = audit.programme
    audit.state = Audit.State.CANCELLED
    with change():
        written = write(audit, actor=actor, action="assurance.audit.cancelled", reason=reason)
        if programme is not None and programme.state == Controlled.State.APPROVED:
            _demand_whole(programme)
        return written


def suspend_certificate(
    certificate: Certificate, *, actor: Actor, reason: str, powers: Powers | None = None
) -> Certificate:
    """Note that the body suspended this, with its reason."""
    return _turn(certificate, Certificate.State.VALID, Certificate.State.SUSPENDED, "suspended", actor, reason, powers)


def reinstate_certificate(
    certificate: Certificate, *, actor: Actor, reason: str, powers: Powers | None = None
) -> Certificate:
    """Note that the body lifted the suspension, with its reason."""
    return _turn(certificate, Certificate.State.SUSPENDED, Certificate.State.VALID, "reinstated", actor, reason, powers)


def withdraw_certificate(
    certificate: Certificate, *, actor: Actor, reason: str, powers: Powers | None = None
) -> Certificate:
    """Note that the body withdrew this, with its reason."""
    now_in = Certificate.State(certificate.state)
    return _turn(certificate, now_in, Certificate.State.WITHDRAWN, "withdrawn", actor, reason, powers)


def _turn(
    certificate: Certificate,
    before: Certificate.State,
    after: Certificate.State,
    verb: str,
    actor: Actor,
    reason: str,
    powers: Powers | None,
) -> Certificate:
    (powers or powers_of(actor)).must("assurance.certificate.change", certificate)
    demand_state(certificate, before)
    if before == Certificate.State.WITHDRAWN:
        raise StandingError(f"{certificate.ref} is withdrawn already.", code="UP-CTRL-05")
    demand_reason(reason, "A change of a certificate")
    certificate.state = after
    return write(certificate, actor=actor, action=f"assurance.certificate.{verb}", reason=reason)


def _demand_no_owner(person: Person, audit: Audit) -> None:
    """Who came to own something in scope while the audit was under way reports nothing of it."""
    found = ties(str(person.ref), audit, owned_only=True)
    if found:
        raise RefusedError(
            f"{person} came to own what is in the scope of {audit.ref}: {'; '.join(map(str, found[:_SHOWN]))}. Nobody "
            "audits own work (9.2.2): cancel this audit and plan it anew with somebody else.",
            code="UP-AUD-02",
        )


def _demand_competent(person: Person) -> None:
    if not is_competent(str(person.ref), now().date()):
        raise RefusedError(
            f"No approved competence record says that {person} can audit: one whose row names them, an audit "
            "competence that is needed or held, and that it is effective (7.2, 9.2.2).",
            code="UP-AUD-08",
        )


def _demand_whole(programme: AuditProgramme) -> None:
    lacks = programme_lacks(programme)
    if lacks is not None:
        raise RefusedError(
            f"{programme.ref} is approved, and without this audit {lacks} Plan another one first.", code="UP-AUD-09"
        )


def _nonconformity(finding: AuditFinding, owner: Person) -> Nonconformity:
    return Nonconformity(
        title=f"{finding.clause.partition(':')[2]}: {finding.statement}"[:200],
        requirement=finding.clause,
        found_in=finding.ref,
        unit=finding.audit.unit,
        owner=owner,
        nature=finding.statement,
        opened_on=now().date(),
    )
