"""Verbs of opportunities and of changes that were noticed."""

from upright.kernel import Actor
from upright.records.identity.approval import demand_approver
from upright.records.identity.controlled import demand_reason, demand_state
from upright.records.identity.power import Powers, powers_of
from upright.records.risk.models import ChangeReview, Opportunity
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import writers


def pursue_opportunity(
    opportunity: Opportunity, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> Opportunity:
    """Decide to pursue this, with the action planned; never who wrote or owns it."""
    right = "risk.opportunity.approve"
    (powers or powers_of(actor)).must(right, opportunity)
    demand_state(opportunity, Opportunity.State.OPEN)
    authors = {str(opportunity.owner.ref), *writers(opportunity.ref)}
    approval = demand_approver(right, opportunity, actor=actor, authors=authors, powers=powers)
    opportunity.state, opportunity.approved_by = Opportunity.State.PURSUED, str(actor)
    return write(opportunity, actor=actor, action="risk.opportunity.pursued", reason=approval.noted(reason))


def realise_opportunity(
    opportunity: Opportunity, *, actor: Actor, reason: str, powers: Powers | None = None
) -> Opportunity:
    """Say what came of it: how the effect of the action was evaluated (6.1.1)."""
    (powers or powers_of(actor)).must("risk.opportunity.change", opportunity)
    demand_state(opportunity, Opportunity.State.PURSUED)
    demand_reason(reason, "What came of an opportunity")
    opportunity.state = Opportunity.State.REALISED
    return write(opportunity, actor=actor, action="risk.opportunity.realised", reason=reason)


def drop_opportunity(
    opportunity: Opportunity, *, actor: Actor, reason: str, powers: Powers | None = None
) -> Opportunity:
    """Drop this, with the reason."""
    (powers or powers_of(actor)).must("risk.opportunity.change", opportunity)
    demand_state(opportunity, Opportunity.State.OPEN, Opportunity.State.PURSUED)
    demand_reason(reason, "Dropping an opportunity")
    opportunity.state = Opportunity.State.DROPPED
    return write(opportunity, actor=actor, action="risk.opportunity.dropped", reason=reason)


def close_change_review(
    review: ChangeReview, *, actions: str, actor: Actor, reason: str, powers: Powers | None = None
) -> ChangeReview:
    """Close this review, saying what was done against the effects; its author or the system's owner does not (8.1)."""
    right = "risk.change_review.approve"
    (powers or powers_of(actor)).must(right, review)
    demand_state(review, ChangeReview.State.OPEN)
    demand_reason(reason, "Closing a review")
    if not actions.strip():
        raise RefusedError(
            "Say what was done against the effects of the change, or that nothing was needed (8.1).", code="UP-RISK-33"
        )
    authors = {str(review.owner.ref), str(review.system.owner.ref), *writers(review.ref)}
    approval = demand_approver(right, review, actor=actor, authors=authors, powers=powers)
    review.state, review.actions, review.reviewed_by = ChangeReview.State.CLOSED, actions.strip(), str(actor)
    return write(review, actor=actor, action="risk.change_review.closed", reason=approval.noted(reason))
