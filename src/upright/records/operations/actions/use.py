"""Verbs of use: a proposal is taken up or declined; a review is made by somebody other than the owner (A.9)."""

from upright.kernel import Actor
from upright.records.identity.controlled import demand_reason, demand_state
from upright.records.identity.power import Powers, powers_of
from upright.records.inventory.models import HostedUse, System
from upright.records.operations.models import UsageReview, UseProposal
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError


def propose_use(proposal: UseProposal, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> UseProposal:
    """Propose a use of AI; everybody with a role may."""
    (powers or powers_of(actor)).must("operations.use_proposal.add", proposal)
    proposal.proposed_by = str(actor)
    return write(proposal, actor=actor, action="operations.use_proposal.added", reason=reason)


def take_up_use_proposal(
    proposal: UseProposal,
    *,
    system: System | None = None,
    use: HostedUse | None = None,
    actor: Actor,
    reason: str = "",
    powers: Powers | None = None,
) -> UseProposal:
    """Take this up: name the system or the hosted use that was registered for it."""
    (powers or powers_of(actor)).must("operations.use_proposal.decide", proposal)
    demand_state(proposal, UseProposal.State.PROPOSED)
    became = system or use
    if became is None or (system is not None and use is not None):
        raise RefusedError("Name the one system or hosted use that was registered for it.", code="UP-OPS-21")
    proposal.state, proposal.became = UseProposal.State.TAKEN_UP, str(became.ref)
    return write(proposal, actor=actor, action="operations.use_proposal.taken_up", reason=reason)


def decline_use_proposal(
    proposal: UseProposal, *, actor: Actor, reason: str, powers: Powers | None = None
) -> UseProposal:
    """Decline this, with the reason that its proposer will read."""
    (powers or powers_of(actor)).must("operations.use_proposal.decide", proposal)
    demand_state(proposal, UseProposal.State.PROPOSED)
    demand_reason(reason, "Declining a proposal")
    proposal.state = UseProposal.State.DECLINED
    return write(proposal, actor=actor, action="operations.use_proposal.declined", reason=reason)


def review_usage(review: UsageReview, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> UsageReview:
    """Record a review of use; its reviewer is not who answers for the system."""
    (powers or powers_of(actor)).must("operations.usage_review.add", review)
    if review.reviewer == review.system.owner:
        raise RefusedError(
            f"{review.reviewer} answers for {review.system.ref}, so somebody else reviews its use (A.9.4).",
            code="UP-OPS-22",
        )
    return write(review, actor=actor, action="operations.usage_review.added", reason=reason)
