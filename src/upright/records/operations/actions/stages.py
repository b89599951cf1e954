"""Verbs of a system's life: request a step, approve it, make it past the gate, take a system back (A.6.2.5)."""

import msgspec

from upright.gate import GateAnswer
from upright.kernel import Actor
from upright.records.assurance.judging import catalogue, gate_of
from upright.records.identity.approval import demand_approver
from upright.records.identity.controlled import demand_reason, demand_state
from upright.records.identity.power import Powers, powers_of
from upright.records.operations.life import back, onwards
from upright.records.operations.models import StageChange
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import writers
from upright.workspace.judge import verdict_entry

_SHOWN = 20
_SELF = "release-approval"
_OPEN = (StageChange.State.REQUESTED, StageChange.State.APPROVED)


def request_stage_change(
    step: StageChange, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> StageChange:
    """Request that a system goes to another stage: the next by the gate, back at once, or taken over as it stands.

    Raises:
        RefusedError: no such step leads from where the system stands, or another one is open.
    """
    (powers or powers_of(actor)).must("operations.stage_change.add", step)
    step.from_stage = step.system.stage
    _demand_step(step)
    open_one = StageChange.objects.filter(system=step.system, state__in=_OPEN).first()
    if open_one is not None and step.way == StageChange.Way.ONWARDS:
        raise RefusedError(f"{open_one.ref} is {open_one.state} for {step.system.ref}; end it first.", code="UP-OPS-03")
    step.requested_by = str(actor)
    return write(step, actor=actor, action="operations.stage_change.added", reason=reason)


def approve_stage_change(
    step: StageChange, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> StageChange:
    """Approve this step: never who requested it, and not while the gate lacks anything but this approval.

    Raises:
        RefusedError: it is one's own, decided already, or the gate denies; the message lists what is missing.
    """
    (powers or powers_of(actor)).must("operations.stage_change.approve", step)
    demand_state(step, StageChange.State.REQUESTED)
    if step.way == StageChange.Way.BACK:
        raise RefusedError(f"{step.ref} leads back; it needs no approval, make it at once.", code="UP-OPS-01")
    approval = demand_approver(
        "operations.stage_change.approve",
        step,
        actor=actor,
        authors=writers(step.ref) | {step.requested_by},
        powers=powers,
        code="UP-OPS-04",
    )
    if step.way == StageChange.Way.ONWARDS:
        answer = gate_of(str(step.system.ref), step.to_stage)
        _demand_allowed(step, answer, besides=_supplied() if step.is_release else frozenset())
    step.state, step.approved_by = StageChange.State.APPROVED, str(actor)
    return write(step, actor=actor, action="operations.stage_change.approved", reason=approval.noted(reason))


def decline_stage_change(step: StageChange, *, actor: Actor, reason: str, powers: Powers | None = None) -> StageChange:
    """Decline or drop this step before it is made, with the reason."""
    (powers or powers_of(actor)).must("operations.stage_change.change", step)
    demand_state(step, *_OPEN)
    demand_reason(reason, "Declining a step")
    step.state = StageChange.State.DECLINED
    return write(step, actor=actor, action="operations.stage_change.declined", reason=reason)


def make_stage_change(
    step: StageChange, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> StageChange:
    """Make this step: the gate answers inside the same transaction, and its answer is kept as a verdict.

    Raises:
        RefusedError: not approved, the system moved meanwhile, or the gate denies; the message lists what is missing.
    """
    (powers or powers_of(actor)).must("operations.stage_change.release", step)
    is_back = step.way == StageChange.Way.BACK
    demand_state(step, StageChange.State.REQUESTED if is_back else StageChange.State.APPROVED)
    with change() as mine:
        system = step.system
        system.refresh_from_db()
        if system.stage != step.from_stage:
            raise RefusedError(
                f"{system.ref} is at {system.stage} now and {step.ref} leads from {step.from_stage}; request it anew.",
                code="UP-OPS-05",
            )
        if step.way == StageChange.Way.ONWARDS:
            answer = gate_of(str(system.ref), step.to_stage)
            _demand_allowed(step, answer)
            step.answer, step.facts = answer.to_json(), answer.facts
            said = {"at": answer.at, "facts": answer.facts, "catalogue": dict(catalogue().digests)}
            said |= {"answer": msgspec.to_builtins(answer), "release": step.release}
            mine.add(verdict_entry("release", str(system.ref), said))
        _supersede(step, actor)
        system.stage = step.to_stage
        step.state = StageChange.State.MADE
        write(step, actor=actor, action="operations.stage_change.made", reason=reason)
        write(system, actor=actor, action="inventory.system.moved", reason=f"By {step.ref}.")
    return step


def _demand_step(step: StageChange) -> None:
    stage, to = step.system.stage, step.to_stage
    if step.way == StageChange.Way.TAKEN_OVER:
        if StageChange.objects.filter(system=step.system).exclude(state=StageChange.State.DECLINED).exists():
            raise RefusedError(
                f"{step.system.ref} was moved here before; only a system that ran before it was registered is taken "
                "over, once.",
                code="UP-OPS-02",
            )
        return
    by_gate = step.way == StageChange.Way.ONWARDS
    there = onwards(stage) if by_gate else back(stage)
    if to not in there:
        how = "by the gate" if by_gate else "back"
        raise RefusedError(
            f"From {stage} no step leads {how} to {to}; there is {' or '.join(there) or 'none'} (A.6.1.3).",
            code="UP-OPS-01",
        )
    if step.is_release and not step.release.strip():
        raise RefusedError("A release names the version that is released (A.6.2.5).", code="UP-OPS-06")


def _supplied() -> frozenset[str]:
    """The requirements that ask for the approval itself, which cannot be there before it is given."""
    return frozenset(
        name
        for name, one in catalogue().requirements.items()
        if any(_SELF in kinds for ask in one.asks for kinds in ask.all_of)
    )


def _demand_allowed(step: StageChange, answer: GateAnswer, besides: frozenset[str] = frozenset()) -> None:
    missing = [one for one in answer.missing if one.what not in besides]
    if not missing:
        return
    listed = "; ".join(f"{one.what} is {one.status}: {one.why}" for one in missing[:_SHOWN])
    more = f" And {len(missing) - _SHOWN} more." if len(missing) > _SHOWN else ""
    raise RefusedError(
        f"The gate to {step.to_stage} denies {step.system.ref}; {len(missing)} missing. {listed}{more}",
        code="UP-OPS-07",
    )


def _supersede(step: StageChange, actor: Actor) -> None:
    """The step before gives way: a release to the next one, whatever ran to a step back, a gate to the next gate."""
    made = StageChange.objects.filter(system=step.system, state=StageChange.State.MADE)
    for earlier in made:
        gives_way = step.way == StageChange.Way.BACK or earlier.is_release == step.is_release
        if gives_way:
            earlier.state = StageChange.State.SUPERSEDED
            write(
                earlier,
                actor=actor,
                action="operations.stage_change.superseded",
                reason=f"By {step.ref or 'the next'}.",
            )
