"""Verbs of the inventory: what changes a state, and its rules."""

from upright.kernel import Actor
from upright.records.identity.approval import demand_approver
from upright.records.identity.power import Powers, powers_of
from upright.records.inventory.models import HostedUse
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError, StandingError
from upright.records.trail.history import writers
from upright.records.trail.reasons import says_nothing


def approve_use(use: HostedUse, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> HostedUse:
    """Approve this use: it has conditions and a supplier, and whoever wrote or owns it does not approve it."""
    (powers or powers_of(actor)).must("inventory.use.decide", use)
    if use.state != HostedUse.State.PROPOSED:
        raise StandingError(f"{use.ref} is {use.state}; only a proposed use is approved.", code="UP-INV-03")
    if not use.conditions.strip() or use.supplier is None:
        raise RefusedError(
            f"{use.ref} lacks conditions of use or its supplier; write both before anyone approves it (A.9.4, A.10.3).",
            code="UP-INV-04",
        )
    authors = {use.owner.ref, *writers(use.ref)}
    approval = demand_approver(
        "inventory.use.decide", use, actor=actor, authors=authors, powers=powers, code="UP-INV-05"
    )
    use.state = HostedUse.State.APPROVED
    return write(use, actor=actor, action="inventory.use.approved", reason=approval.noted(reason))


def refuse_use(use: HostedUse, *, actor: Actor, reason: str, powers: Powers | None = None) -> HostedUse:
    """Refuse this use, with the reason that its proposer will read."""
    (powers or powers_of(actor)).must("inventory.use.decide", use)
    if use.state != HostedUse.State.PROPOSED:
        raise StandingError(f"{use.ref} is {use.state}; only a proposed use is refused.", code="UP-INV-03")
    if says_nothing(reason):
        raise RefusedError("Refusing a use needs a reason, in words.", code="UP-INV-06")
    use.state = HostedUse.State.REFUSED
    return write(use, actor=actor, action="inventory.use.refused", reason=reason)


def end_use(use: HostedUse, *, actor: Actor, reason: str, powers: Powers | None = None) -> HostedUse:
    """End an approved use."""
    (powers or powers_of(actor)).must("inventory.use.change", use)
    if use.state != HostedUse.State.APPROVED:
        raise StandingError(f"{use.ref} is {use.state}; only an approved use ends.", code="UP-INV-03")
    use.state = HostedUse.State.ENDED
    return write(use, actor=actor, action="inventory.use.ended", reason=reason)
