"""Verbs of management reviews, and the rules of 9.3."""

from typing import Any

import msgspec

from upright.kernel import Actor
from upright.records.assurance.correction import Improvement
from upright.records.assurance.independence import of_records
from upright.records.assurance.review_inputs import extract, period_of
from upright.records.assurance.reviewing import ManagementReview, ReviewDecision, ReviewInput
from upright.records.identity.approval import demand_approver
from upright.records.identity.controlled import demand_reason, demand_state
from upright.records.identity.models import Person
from upright.records.identity.power import APPROVING, Powers, is_effective, powers_of
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError, StandingError
from upright.records.trail.history import recorded, writers
from upright.records.trail.models import LedgerEntry
from upright.records.trail.server_log import now

_CHANGE = "assurance.management_review.change"
_CLOSE = "assurance.management_review.approve"
_LEADERSHIP = b'"leadership-record"'


def draw_inputs(
    review: ManagementReview, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> ManagementReview:
    """Draw every input of 9.3.2 from the records as they stand now; an input that was drawn before is drawn anew."""
    (powers or powers_of(actor)).must(_CHANGE, review)
    demand_state(review, ManagementReview.State.PREPARED)
    with change():
        write(review, actor=actor, action="assurance.management_review.drawn", reason=reason)
        period, newest = period_of(review)
        drawn = {one.item: one for one in review.inputs.all()}
        for item in ReviewInput.Item.values:
            one = drawn.get(item) or ReviewInput(review=review, item=item)
            one.drawn_at, one.entry, one.extract = now(), newest, extract(item, period, review)
            if one.extract:
                one.none_because, one.stated_by = "", ""
            write(one, actor=actor, action="assurance.review_input.drawn", reason=reason)
    return review


def state_none(drawn: ReviewInput, *, actor: Actor, reason: str, powers: Powers | None = None) -> ReviewInput:
    """State that there was nothing of this in the period; the reason says why that is so (9.3.2)."""
    (powers or powers_of(actor)).must(_CHANGE, drawn.review)
    demand_state(drawn.review, ManagementReview.State.PREPARED)
    demand_reason(reason, "Stating that there is nothing")
    if drawn.extract:
        raise RefusedError(
            f"{drawn.ref} holds {len(drawn.extract)} lines drawn from the records, so it is not none (9.3.2).",
            code="UP-REV-02",
        )
    drawn.none_because, drawn.stated_by = reason, str(actor)
    return write(drawn, actor=actor, action="assurance.review_input.stated_none", reason=reason)


def add_decision(
    decision: ReviewDecision, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> ReviewDecision:
    """Keep a decision of a review that is not closed yet."""
    (powers or powers_of(actor)).must("assurance.review_decision.add", decision.review)
    demand_state(decision.review, ManagementReview.State.PREPARED)
    return write(decision, actor=actor, action="assurance.review_decision.added", reason=reason)


def open_improvement(
    decision: ReviewDecision, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> ReviewDecision:
    """Open the improvement that this becomes, with its owner, date and resources (9.3.3)."""
    (powers or powers_of(actor)).must("assurance.review_decision.change", decision.review)
    demand_state(decision.review, ManagementReview.State.PREPARED)
    if decision.outcome:
        raise StandingError(f"{decision.ref} became {decision.outcome} already.", code="UP-REV-03")
    with change():
        opened = Improvement(
            title=decision.decision[:200],
            idea=decision.decision,
            source=decision.ref,
            unit=decision.review.unit,
            owner=decision.owner,
            due=decision.due,
            resources=decision.resources,
        )
        write(opened, actor=actor, action="assurance.improvement.added", reason=f"Decided in {decision.review.ref}.")
        decision.outcome = opened.ref
        return write(decision, actor=actor, action="assurance.review_decision.opened", reason=reason)


def close_review(
    review: ManagementReview, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> ManagementReview:
    """Close this: top management was there, each input is drawn or stated none, each decision became a plan (9.3).

    Raises:
        RefusedError: what is missing, with its clause; or the actor prepared it.
    """
    (powers or powers_of(actor)).must(_CLOSE, review)
    demand_state(review, ManagementReview.State.PREPARED)
    lacks = review_lacks(review)
    if lacks:
        raise RefusedError(f"{review.ref} cannot be closed: {'; '.join(lacks)}.", code="UP-REV-04")
    authors = {str(review.owner.ref), *writers(review.ref)}
    approval = demand_approver(_CLOSE, review, actor=actor, authors=authors, powers=powers, code="UP-REV-05")
    review.state, review.closed_by, review.closed_on = ManagementReview.State.CLOSED, str(actor), now().date()
    return write(review, actor=actor, action="assurance.management_review.closed", reason=approval.noted(reason))


def review_lacks(review: ManagementReview) -> list[str]:
    """What a review lacks to be closed, each in words with its clause."""
    found = _lacks_of_the_meeting(review)
    drawn = {one.item: one for one in review.inputs.all()}
    missing = [label for item, label in ReviewInput.Item.choices if item not in drawn or not drawn[item].is_answered]
    if missing:
        found.append(f"inputs neither drawn nor stated none: {', '.join(map(str, missing))} (9.3.2)")
    decisions = list(review.decisions.order_by("ref"))
    if not decisions and not review.no_decisions.strip():
        found.append("no decision, and no reason why none was needed (9.3.3)")
    open_ones = [one.ref for one in decisions if not one.outcome or not one.resources.strip()]
    if open_ones:
        found.append(f"{', '.join(open_ones)} became no improvement or change plan with its resources (9.3.3)")
    return found


def _lacks_of_the_meeting(review: ManagementReview) -> list[str]:
    found = []
    if not review.top_management:
        found.append("nobody of top management is recorded as present (9.3.1)")
    for ref in review.top_management:
        if not leads(str(ref)):
            found.append(
                f"{ref} is recorded as top management, and neither holds an approving role in the whole organisation "
                "nor decided any approved leadership record (5.1, 9.3.1)"
            )
    if review.held_on > now().date():
        found.append(f"it takes place on {review.held_on}, which is to come (9.3.1)")
    if not review.conclusion.strip():
        found.append("no conclusion on suitability, adequacy and effectiveness (9.3.1)")
    if review.next_review is None or review.next_review <= review.held_on:
        found.append("no day of the next review: they take place at planned intervals (9.3.1)")
    return found


def leads(person: str) -> bool:
    """Whether somebody is of top management: by an approving role in the root unit, or a leadership record."""
    today = now().date()
    found = Person.objects.filter(ref=person, is_active=True).first()
    if found is None:
        return False
    roles = found.roles.filter(role__in=APPROVING, unit__parent__isnull=True).select_related("exception")
    return any(is_effective(one, today) for one in roles) or person in _deciders()


def _deciders() -> set[str]:
    """Who decided an approved leadership record that stands."""
    newest: dict[str, dict[str, Any]] = {}
    for entry in recorded(LedgerEntry.objects.filter(of_records())):
        if entry.type == "record" and entry.body is not None and (_LEADERSHIP in entry.body or entry.ref in newest):
            newest[entry.ref] = msgspec.json.decode(entry.body)
    found = set()
    for body in newest.values():
        said = body.get("evidence") or {}
        if "leadership-record" in said.get("kinds", ()) and said.get("state") == "approved":
            named = (said.get("data") or {}).get("decided_by") or (body.get("record") or {}).get("owner")
            found.add(str(named))
    return found
