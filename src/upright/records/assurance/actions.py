"""What people and pipelines do with evidence: push it, link what waits, approve bindings, enrol keys."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import msgspec

from upright.evidence.dsse import Envelope
from upright.kernel import Actor, InputError, Ref
from upright.ledger import VerifierKey
from upright.records.assurance.evidence import current_keys, file_evidence, signed_by
from upright.records.assurance.models import BindingApproval, EvidenceRow, Intake, Origin, WorkspaceSystem
from upright.records.assurance.states import approved_now, proposed_changes
from upright.records.identity.approval import Approval, demand_approver
from upright.records.identity.power import Powers, powers_of
from upright.records.inventory.models import System
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError, StandingError
from upright.records.trail.reasons import says_nothing
from upright.records.trail.server_log import organisation
from upright.workspace.bundles import Bundle
from upright.workspace.records import SYSTEM as STATE_SCHEMA
from upright.workspace.signers import key_entry

_MOST_STATES = 512
KeyRole = Literal["evidence", "person", "witness"]
"""What a key that is enrolled here signs; the log's own is enrolled when the log begins."""
Taken = Literal["added", "known", "waiting", "refused"]


class PushError(InputError):
    """A push that cannot be taken in; nothing of it was."""


class ForkError(PushError):
    """What was pushed contradicts what the same log said before: one of the two histories was rewritten."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one pushed statement."""

    evidence: str
    taken: Taken
    why: str = ""


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a push. ``proposed`` names the approval that its bindings wait for, if any."""

    origin: str
    size: int
    system: str
    outcomes: tuple[Outcome, ...]
    proposed: str | None

    def count(self, taken: Taken) -> int:
        """How many statements it happened to."""
        return sum(one.taken == taken for one in self.outcomes)


def push(bundle: Bundle, *, actor: Actor, powers: Powers | None = None, systems: Sequence[str] | None = None) -> Pushed:
    """Takes in a bundle whose proofs hold: what fits is appended, what does not waits in the intake.

    ``systems`` are the references that the actor's token is scoped to (None: all that the actor may push for).

    Raises:
        PushError: of another organisation, or not connected to what is known of its log.
        ForkError: it contradicts what the same log said before.
        DeniedError: the actor may not push for the system.
    """
    mine_powers = powers or powers_of(actor)
    _demand_ours(bundle)
    system = System.objects.filter(ref=bundle.head.system).select_related("unit").first()
    if systems is not None and bundle.head.system not in systems:
        raise PushError(
            f"This token is for {', '.join(systems) or 'no system'}; the bundle is about {bundle.head.system}.",
            code="UP-PUSH-04",
        )
    mine_powers.must("assurance.evidence.push", system)
    known = set(
        EvidenceRow.objects.filter(evidence__in=[one.id for one in bundle.envelopes]).values_list("evidence", flat=True)
    )
    keys = current_keys()
    sorted_out = [(one, *_sort_out(one, known, keys, bundle, system)) for one in bundle.envelopes]
    with change() as mine:
        _connect(bundle, actor)
        proposal = None
        if system is not None and bundle.state is not None:
            proposal = _observe(system, bundle, actor)
        added = [one for one, taken, _ in sorted_out if taken == "added"]
        file_evidence(mine, added)
        _settle(added, actor)
        for one, taken, why in sorted_out:
            if taken == "waiting":
                _wait(one, bundle, why, actor)
    outcomes = tuple(Outcome(evidence=one.id, taken=taken, why=why) for one, taken, why in sorted_out)
    return Pushed(
        origin=bundle.head.origin,
        size=bundle.checkpoint.size,
        system=bundle.head.system,
        outcomes=outcomes,
        proposed=None if proposal is None else proposal.ref,
    )


def link_statement(intake: Intake, *, actor: Actor, reason: str, powers: Powers | None = None) -> Intake:
    """Takes a waiting statement into the log, once its system is registered and a key of its signers is enrolled.

    Raises:
        RefusedError: it does not wait, or what it waits for is still missing.
    """
    system = System.objects.filter(ref=intake.claims).first()
    (powers or powers_of(actor)).must("assurance.intake.decide", system)
    _demand_waiting(intake)
    envelope = Envelope.parse(intake.envelope.encode())
    why = _why_waits(envelope, system, current_keys())
    if why:
        raise RefusedError(f"{intake.ref} cannot be linked yet: {why}", code="UP-PUSH-05")
    intake.state, intake.decided_by = Intake.State.LINKED, str(actor)
    with change() as mine:
        write(intake, actor=actor, action="assurance.intake.linked", reason=reason)
        file_evidence(mine, [envelope])
    return intake


def refuse_statement(intake: Intake, *, actor: Actor, reason: str, powers: Powers | None = None) -> Intake:
    """Refuses a waiting statement, with a reason; it is kept, and counts nowhere.

    Raises:
        RefusedError: it does not wait, or there is no reason.
    """
    system = System.objects.filter(ref=intake.claims).first()
    (powers or powers_of(actor)).must("assurance.intake.decide", system)
    _demand_waiting(intake)
    _demand_reason(reason, "Refusing a statement")
    intake.state, intake.decided_by = Intake.State.REFUSED, str(actor)
    return write(intake, actor=actor, action="assurance.intake.refused", reason=reason)


def approve_bindings(
    approval: BindingApproval, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> BindingApproval:
    """Brings proposed bindings into force; never by who proposed them, and only while they stand as proposed.

    Raises:
        RefusedError: decided already, proposed by the same person, or overtaken by a later push.
    """
    allowed = _demand_decidable(approval, actor, powers)
    state = WorkspaceSystem.objects.filter(about=approval.about).first()
    if state is None or state.manifest != approval.manifest:
        raise RefusedError(
            f"{approval.ref} is about a manifest that a later push replaced; decide on the newer proposal.",
            code="UP-PUSH-06",
        )
    if any(one.get("change") == "removed" for one in approval.changes):
        _demand_reason(reason, "Retiring a binding")
    approval.state, approval.decided_by = BindingApproval.State.APPROVED, str(actor)
    return write(approval, actor=actor, action="assurance.binding_approval.approved", reason=allowed.noted(reason))


def reject_bindings(
    approval: BindingApproval, *, actor: Actor, reason: str, powers: Powers | None = None
) -> BindingApproval:
    """Leaves the bindings that are in force as they are, and says why.

    Raises:
        RefusedError: decided already, proposed by the same person, or without a reason.
    """
    allowed = _demand_decidable(approval, actor, powers)
    _demand_reason(reason, "Rejecting bindings")
    approval.state, approval.decided_by = BindingApproval.State.REJECTED, str(actor)
    return write(approval, actor=actor, action="assurance.binding_approval.rejected", reason=allowed.noted(reason))


def enrol_key(
    vkey: str,
    role: KeyRole,
    *,
    actor: Actor,
    reason: str,
    powers: Powers | None = None,
) -> int:
    """Enrols a key: evidence that it signs from the next entry on counts. Gives the entry's index.

    Raises:
        NoteError: not a verifier key. RefusedError: it is enrolled already, or there is no reason.
    """
    (powers or powers_of(actor)).must("assurance.key.enrol")
    _demand_reason(reason, "Enrolling a key")
    key = VerifierKey.parse(vkey.strip())
    if role not in get_args(KeyRole):
        raise RefusedError(f"{role!r} is no role that a key can be enrolled for here.", code="UP-PUSH-07")
    if key.fingerprint in current_keys():
        raise RefusedError(f"The key {key.name} is enrolled already.", code="UP-PUSH-07")
    with change() as mine:
        at = mine.add(key_entry(key, role, action="enrolled", actor=str(actor), reason=reason))
    return mine.indices[at]


def _sort_out(
    envelope: Envelope, known: set[str], keys: Mapping[str, VerifierKey], bundle: Bundle, system: System | None
) -> tuple[Taken, str]:
    if envelope.id in known:
        return "known", ""
    named = {one.keyid for one in envelope.signatures} & set(keys)
    if named - set(signed_by(envelope, keys)):
        raise PushError(
            f"Evidence {envelope.id} names an enrolled key whose signature does not fit: it was changed after signing.",
            code="UP-PUSH-02",
        )
    said = envelope.statement.predicate
    if said.system not in {None, bundle.head.system}:
        return "waiting", f"It is about {said.system}, and was pushed for {bundle.head.system}."
    why = _why_waits(envelope, system, keys)
    return ("waiting", why) if why else ("added", "")


def _why_waits(envelope: Envelope, system: System | None, keys: Mapping[str, VerifierKey]) -> str:
    if system is None:
        return f"No system {envelope.statement.predicate.system} is registered here; register it, then link."
    if not signed_by(envelope, keys):
        return "None of its signing keys is enrolled here; enrol one, then link."
    return ""


def _demand_ours(bundle: Bundle) -> None:
    theirs, ours = bundle.head.origin.partition("/")[0], Ref.parse(organisation()).path
    if theirs != ours:
        raise PushError(f"{bundle.file} is of organisation {theirs!r}; this server is of {ours!r}.", code="UP-PUSH-01")


def _connect(bundle: Bundle, actor: Actor) -> None:
    """Remembers how far the pushing log is known, and refuses what contradicts it."""
    said = {str(size): root for size, root in bundle.states.items()}
    known = Origin.objects.filter(origin=bundle.head.origin).first()
    if known is None:
        new = Origin(origin=bundle.head.origin, log_key=str(bundle.log_key), size=bundle.checkpoint.size, states=said)
        write(new, actor=actor, action="assurance.origin.met")
        return
    for size in sorted(known.states.keys() & said.keys(), key=int):
        if known.states[size] != said[size]:
            raise _fork(bundle, f"at size {size} expected root {known.states[size]}, got {said[size]}")
    if str(bundle.log_key) != known.log_key:
        raise _fork(bundle, f"expected its log key {known.log_key}, got {bundle.log_key}")
    if str(known.size) not in said and str(bundle.checkpoint.size) not in known.states:
        raise PushError(
            f"Nothing shows that the log {bundle.head.origin} at size {bundle.checkpoint.size} and the one known here "
            f"at size {known.size} are one history. Push from the workspace that pushed before.",
            code="UP-PUSH-03",
        )
    states = {**known.states, **said}
    kept = sorted(states, key=int)[-_MOST_STATES:]
    if bundle.checkpoint.size > known.size:
        known.size, known.states = bundle.checkpoint.size, {size: states[size] for size in kept}
        write(known, actor=actor, action="assurance.origin.extended")


def _fork(bundle: Bundle, what: str) -> ForkError:
    return ForkError(
        f"The push is a fork of {bundle.head.origin}: {what}. One of the two histories was rewritten. Nothing was "
        "taken in; keep the workspace as it is and ask who changed it.",
        code="UP-PUSH-08",
    )


def _observe(system: System, bundle: Bundle, actor: Actor) -> BindingApproval | None:
    """Records the system as the repository has it, and proposes bindings that are not in force."""
    said = _state_record(bundle)
    state = WorkspaceSystem.objects.filter(about=system).first() or WorkspaceSystem(about=system)
    fields = ("system", "organisation", "subjects", "bindings", "answers", "catalogue", "gates", "manifest")
    is_new = state.is_new or any(getattr(state, name) != said[name] for name in fields)
    if is_new:
        for name in fields:
            setattr(state, name, said[name])
        state.origin = bundle.head.origin
        write(state, actor=actor, action="assurance.workspace_system.observed", reason="Pushed.")
    changes = proposed_changes(approved_now(system, state if is_new else None), state.bindings)
    waiting = [one for one in changes if one.what != "tightened"]
    open_ones = BindingApproval.objects.filter(about=system, state=BindingApproval.State.PROPOSED)
    same: BindingApproval | None = open_ones.filter(manifest=state.manifest).first()
    if same is not None:
        return same
    if not waiting:
        return None
    proposal = BindingApproval(
        about=system,
        manifest=state.manifest,
        bindings=sorted(one.binding for one in waiting),
        changes=[one.to_json() for one in waiting],
        proposed_by=str(actor),
    )
    return write(proposal, actor=actor, action="assurance.binding_approval.proposed", reason="Pushed.")


def _state_record(bundle: Bundle) -> dict[str, Any]:
    body = msgspec.json.decode(bundle.state or b"{}")
    record = body.get("record") if isinstance(body, dict) else None
    ours = isinstance(record, dict) and body.get("schema") == STATE_SCHEMA and body.get("ref") == bundle.head.system
    if not ours or not isinstance(record, dict) or record.get("organisation") != organisation():
        raise PushError(
            f"state.json does not hold the state of {bundle.head.system} of {organisation()}; push again with the "
            "version of Upright that the server runs.",
            code="UP-PUSH-02",
        )
    return record


def _settle(added: Sequence[Envelope], actor: Actor) -> None:
    """What waited for its key or its system, and was pushed again since they are known, waits no more."""
    waited = Intake.objects.filter(evidence__in=[one.id for one in added], state=Intake.State.WAITING)
    for intake in waited:
        intake.state, intake.decided_by = Intake.State.LINKED, str(actor)
        write(
            intake, actor=actor, action="assurance.intake.linked", reason="Pushed again; key and system are known now."
        )


def _wait(envelope: Envelope, bundle: Bundle, why: str, actor: Actor) -> None:
    if Intake.objects.filter(evidence=envelope.id).exists():
        return
    waiting = Intake(
        evidence=envelope.id,
        envelope=envelope.to_bytes().decode(),
        origin=bundle.head.origin,
        claims=envelope.statement.predicate.system or bundle.head.system,
        why=why,
        pushed_by=str(actor),
    )
    write(waiting, actor=actor, action="assurance.intake.received", reason="Pushed.")


def _demand_waiting(intake: Intake) -> None:
    if intake.state != Intake.State.WAITING:
        raise StandingError(f"{intake.ref} was decided already: it is {intake.state}.", code="UP-PUSH-05")


def _demand_decidable(approval: BindingApproval, actor: Actor, powers: Powers | None) -> Approval:
    right = "assurance.binding_approval.approve"
    (powers or powers_of(actor)).must(right, approval)
    if approval.state != BindingApproval.State.PROPOSED:
        raise StandingError(f"{approval.ref} was decided already: it is {approval.state}.", code="UP-PUSH-06")
    authors = {approval.proposed_by}
    return demand_approver(right, approval, actor=actor, authors=authors, powers=powers, code="UP-PUSH-09")


def _demand_reason(reason: str, what: str) -> None:
    if says_nothing(reason):
        raise RefusedError(f"{what} needs a reason, in words.", code="UP-PUSH-10")
