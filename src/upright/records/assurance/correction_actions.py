"""Verbs of nonconformities, corrective actions and improvements, and the rules of 10.1 and 10.2."""

from upright.kernel import Actor
from upright.records.assurance.correction import CorrectiveAction, Improvement, Nonconformity
from upright.records.identity.approval import demand_approver
from upright.records.identity.controlled import Controlled, demand_reason, demand_state
from upright.records.identity.power import Powers, person_of, powers_of
from upright.records.inventory.models import System
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError, StandingError
from upright.records.trail.history import ever_named, steps, writers
from upright.records.trail.server_log import now

_ACT = "assurance.corrective_action.change"
_CHECK = "assurance.corrective_action.confirm"


def open_from_evidence(
    system: System, *, requirement: str, actor: Actor, evidence: str = "", powers: Powers | None = None
) -> Nonconformity:
    """Open a nonconformity that answers the evidence on which a requirement fails, in one step.

    Without ``evidence`` all failing evidence behind the requirement is linked. One that is open on the same is given
    back instead of a second one.

    Raises:
        DeniedError: the actor may not. RefusedError: no failed evidence stands behind that requirement.
    """
    mine = powers or powers_of(actor)
    failed = failed_behind(system, requirement)
    wanted = [evidence.removeprefix("sha256:")] if evidence else failed
    owner = person_of(actor)
    if not wanted or not set(wanted) <= set(failed) or owner is None:
        said = f"Evidence {evidence} does not fail" if evidence else "No failed evidence stands"
        raise RefusedError(
            f"{said} behind {requirement} of {system.ref}, so there is no nonconformity to open from it (10.2).",
            code="UP-CORR-02",
        )
    found = Nonconformity(
        title=f"{requirement.partition(':')[2]} is not met for {system.name}"[:200],
        requirement=requirement,
        system=system,
        unit=system.unit,
        owner=owner,
        nature=f"Evidence about {system.ref} failed where {requirement} asks for it to pass.",
        links=[f"sha256:{one}" for one in sorted(wanted)],
        opened_on=now().date(),
    )
    mine.must("assurance.nonconformity.add", found)
    open_ones = Nonconformity.objects.filter(requirement=requirement, system=system, effective=False)
    for one in open_ones.exclude(state__in=(Controlled.State.WITHDRAWN, Controlled.State.SUPERSEDED)):
        if {str(link).removeprefix("sha256:") for link in one.links} >= set(wanted):
            return one  # type: ignore[no-any-return]  # objects is Django's own manager
    return write(found, actor=actor, action="assurance.nonconformity.added", reason="From evidence that failed.")


def failed_behind(system: System, requirement: str) -> list[str]:
    """Ids of the failed evidence on which a requirement rests now, for a system or the organisation."""
    from upright.records.assurance.judging import explain_of, facts_of

    named = set(explain_of(requirement, system.ref).evidence)
    items = facts_of(system.ref).items
    return sorted({one.id for one in items if one.id in named and one.result == "failed"})


def close_nonconformity(
    nonconformity: Nonconformity, *, actor: Actor, reason: str, powers: Powers | None = None
) -> Nonconformity:
    """Close this: its cause was removed, and that this works was checked for every corrective action (10.2).

    Raises:
        RefusedError: not approved, closed already, an action is open or did not work, or the actor owns it.
    """
    right = "assurance.nonconformity.approve"
    (powers or powers_of(actor)).must(right, nonconformity)
    demand_state(nonconformity, Controlled.State.APPROVED)
    if nonconformity.effective:
        raise StandingError(f"{nonconformity.ref} is closed already.", code="UP-CORR-03")
    actions = list(nonconformity.actions.order_by("ref"))
    effective = [one for one in actions if one.state == CorrectiveAction.State.EFFECTIVE]
    pending = [one.ref for one in actions if one.state in {"planned", "done"}]
    if not effective or pending:
        what = f"{', '.join(pending)} is not checked yet" if pending else "no corrective action was found effective"
        raise RefusedError(
            f"{nonconformity.ref} cannot be closed: {what}. Cause, similar cases, action and a check that it works "
            "come before (10.2).",
            code="UP-CORR-04",
        )
    demand_reason(reason, "Closing a nonconformity")
    authors = {str(nonconformity.owner.ref), *writers(nonconformity.ref)}
    approval = demand_approver(right, nonconformity, actor=actor, authors=authors, powers=powers, code="UP-CORR-05")
    nonconformity.effective, nonconformity.closed_on, nonconformity.closed_by = True, now().date(), str(actor)
    return write(nonconformity, actor=actor, action="assurance.nonconformity.closed", reason=approval.noted(reason))


def reopen_nonconformity(
    nonconformity: Nonconformity, *, actor: Actor, reason: str, powers: Powers | None = None
) -> Nonconformity:
    """Open this again, because it came back; until it is closed anew it answers no failed evidence."""
    (powers or powers_of(actor)).must("assurance.nonconformity.change", nonconformity)
    if not nonconformity.effective:
        raise RefusedError(f"{nonconformity.ref} is open.", code="UP-CORR-03")
    demand_reason(reason, "Opening it again")
    nonconformity.effective, nonconformity.closed_on, nonconformity.closed_by = False, None, ""
    return write(nonconformity, actor=actor, action="assurance.nonconformity.reopened", reason=reason)


def finish_corrective_action(
    action: CorrectiveAction, *, actor: Actor, reason: str, powers: Powers | None = None
) -> CorrectiveAction:
    """Say that this was carried out, and how; its cause is known and similar cases were looked for (10.2)."""
    (powers or powers_of(actor)).must(_ACT, action)
    demand_state(action, CorrectiveAction.State.PLANNED)
    missing = [
        name
        for name, text in (
            ("the correction of its nonconformity", action.nonconformity.correction),
            ("the cause", action.cause),
            ("where similar cases were looked for", action.similar_cases),
        )
        if not text.strip()
    ]
    if missing:
        raise RefusedError(f"{action.ref} lacks {' and '.join(missing)} (10.2).", code="UP-CORR-06")
    demand_reason(reason, "Carrying it out")
    action.state, action.done_on = CorrectiveAction.State.DONE, now().date()
    return write(action, actor=actor, action="assurance.corrective_action.finished", reason=reason)


def confirm_effectiveness(
    action: CorrectiveAction, *, actor: Actor, reason: str, powers: Powers | None = None
) -> CorrectiveAction:
    """Confirm that this removed the cause, and on what grounds; never by who planned it or carried it out (10.2)."""
    return _check(action, CorrectiveAction.State.EFFECTIVE, "confirmed", actor, reason, powers)


def report_ineffective(
    action: CorrectiveAction, *, actor: Actor, reason: str, powers: Powers | None = None
) -> CorrectiveAction:
    """Report that this did not remove the cause; never by who planned it or carried it out (10.2)."""
    return _check(action, CorrectiveAction.State.INEFFECTIVE, "found_ineffective", actor, reason, powers)


def replan_corrective_action(
    action: CorrectiveAction, *, actor: Actor, reason: str, powers: Powers | None = None
) -> CorrectiveAction:
    """Plan this anew, because it did not work or has to be checked again."""
    (powers or powers_of(actor)).must(_ACT, action)
    if action.nonconformity.effective:
        raise RefusedError(
            f"{action.nonconformity.ref} is closed; open it again before its action is planned anew.",
            code="UP-CORR-03",
        )
    if action.state == CorrectiveAction.State.PLANNED:
        raise RefusedError(f"{action.ref} is planned; edit it.", code="UP-CTRL-05")
    demand_reason(reason, "Planning it anew")
    action.state, action.done_on = CorrectiveAction.State.PLANNED, None
    action.checked_by = ""
    return write(action, actor=actor, action="assurance.corrective_action.replanned", reason=reason)


def adopt_improvement(
    improvement: Improvement, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> Improvement:
    """Adopt this idea, with what it takes; never by who proposed it."""
    right = "assurance.improvement.approve"
    (powers or powers_of(actor)).must(right, improvement)
    demand_state(improvement, Improvement.State.PROPOSED)
    if not improvement.resources.strip():
        raise RefusedError(f"{improvement.ref} lacks the resources that it takes (10.1).", code="UP-CORR-07")
    authors = {str(improvement.owner.ref), *writers(improvement.ref)}
    approval = demand_approver(right, improvement, actor=actor, authors=authors, powers=powers, code="UP-CORR-05")
    improvement.state, improvement.decided_by = Improvement.State.ADOPTED, str(actor)
    return write(improvement, actor=actor, action="assurance.improvement.adopted", reason=approval.noted(reason))


def drop_improvement(
    improvement: Improvement, *, actor: Actor, reason: str, powers: Powers | None = None
) -> Improvement:
    """Drop this idea, with the reason."""
    (powers or powers_of(actor)).must("assurance.improvement.approve", improvement)
    demand_state(improvement, Improvement.State.PROPOSED, Improvement.State.ADOPTED)
    demand_reason(reason, "Dropping an idea")
    improvement.state, improvement.decided_by = Improvement.State.DROPPED, str(actor)
    return write(improvement, actor=actor, action="assurance.improvement.dropped", reason=reason)


def finish_improvement(
    improvement: Improvement, *, actor: Actor, reason: str, powers: Powers | None = None
) -> Improvement:
    """Say that this was carried out; the reason says what came of it."""
    (powers or powers_of(actor)).must("assurance.improvement.change", improvement)
    demand_state(improvement, Improvement.State.ADOPTED)
    demand_reason(reason, "Finishing an improvement")
    improvement.state, improvement.result, improvement.done_on = Improvement.State.DONE, reason, now().date()
    return write(improvement, actor=actor, action="assurance.improvement.finished", reason=reason)


def _check(
    action: CorrectiveAction,
    state: CorrectiveAction.State,
    verb: str,
    actor: Actor,
    reason: str,
    powers: Powers | None,
) -> CorrectiveAction:
    (powers or powers_of(actor)).must(_CHECK, action)
    demand_state(action, CorrectiveAction.State.DONE)
    demand_reason(reason, "Checking whether it works")
    acted = {step.actor for step in steps(action.ref) if step.action.endswith((".finished", ".added", ".changed"))}
    authors = {*ever_named(action.ref, "owner"), *acted}
    approval = demand_approver(
        _CHECK, action, actor=actor, authors=authors, powers=powers, code="UP-CORR-08", clause="10.2"
    )
    action.state, action.checked_by, action.checked_on = state, str(actor), now().date()
    return write(action, actor=actor, action=f"assurance.corrective_action.{verb}", reason=approval.noted(reason))
