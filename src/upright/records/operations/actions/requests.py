"""Verbs of requests: evidence is asked, answered, looked at; information reaches users; access is reviewed."""

from upright.kernel import Actor, Ref, RefError
from upright.records.identity.approval import demand_approver
from upright.records.identity.controlled import Controlled, demand_reason, demand_state
from upright.records.identity.power import DeniedError, Powers, powers_of
from upright.records.operations.models import AccessReview, EvidenceRequest, InformationDelivery
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError, StandingError
from upright.records.trail.record import find

_ALL = 100
"""Percent."""


def ask_evidence(
    request: EvidenceRequest, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> EvidenceRequest:
    """Ask somebody for named evidence by a day to come."""
    (powers or powers_of(actor)).must("operations.evidence_request.add", request)
    request.asked_by = str(actor)
    return write(request, actor=actor, action="operations.evidence_request.added", reason=reason)


def answer_evidence_request(
    request: EvidenceRequest,
    *,
    answer: str,
    evidence: str = "",
    actor: Actor,
    reason: str = "",
    powers: Powers | None = None,  # noqa: ARG001 - who is asked answers, whatever they may besides
) -> EvidenceRequest:
    """Answer it: in words, and with the reference of the record that shows it."""
    if str(actor) != request.asked_of.ref:
        raise DeniedError(f"{request.ref} is asked of {request.asked_of}; they answer it.", code="UP-OPS-62")
    demand_state(request, EvidenceRequest.State.ASKED)
    demand_reason(answer, "An answer")
    try:
        shown = None if not evidence.strip() else find(Ref.parse(evidence.strip()))
    except RefError as why:
        raise RefusedError(why.message, code="UP-OPS-63") from None
    if evidence.strip() and shown is None:
        raise RefusedError(f"{evidence} names no record here.", code="UP-OPS-63")
    request.answer, request.evidence = answer.strip(), evidence.strip()
    request.state = EvidenceRequest.State.ANSWERED
    return write(request, actor=actor, action="operations.evidence_request.answered", reason=reason)


def decline_evidence_request(
    request: EvidenceRequest, *, actor: Actor, reason: str, powers: Powers | None = None
) -> EvidenceRequest:
    """Say that there is no such evidence, and why; or send an answer back that does not show it."""
    is_asked = str(actor) == request.asked_of.ref and request.state == EvidenceRequest.State.ASKED
    if not is_asked:
        (powers or powers_of(actor)).must("operations.evidence_request.approve", request)
        demand_state(request, EvidenceRequest.State.ANSWERED)
    demand_reason(reason, "Declining")
    request.state = EvidenceRequest.State.DECLINED
    return write(request, actor=actor, action="operations.evidence_request.declined", reason=reason)


def accept_evidence_request(
    request: EvidenceRequest, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> EvidenceRequest:
    """Say that the answer shows what was asked; never by who answered it."""
    (powers or powers_of(actor)).must("operations.evidence_request.approve", request)
    demand_state(request, EvidenceRequest.State.ANSWERED)
    approval = demand_approver(
        "operations.evidence_request.approve",
        request,
        actor=actor,
        authors={str(request.asked_of.ref)},
        powers=powers,
        code="UP-OPS-64",
    )
    request.state = EvidenceRequest.State.ACCEPTED
    return write(request, actor=actor, action="operations.evidence_request.accepted", reason=approval.noted(reason))


def deliver_information(
    delivery: InformationDelivery, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> InformationDelivery:
    """Record that users got the information; only of one that is approved."""
    delivery.system = delivery.information.system
    (powers or powers_of(actor)).must("operations.information_delivery.add", delivery)
    if delivery.information.state != Controlled.State.APPROVED:
        raise RefusedError(
            f"{delivery.information.ref} is {delivery.information.state}; what is approved is delivered (A.8.2).",
            code="UP-OPS-65",
        )
    return write(delivery, actor=actor, action="operations.information_delivery.added", reason=reason)


def review_access(
    review: AccessReview, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> AccessReview:
    """Record a review of access; its reviewer is not who answers for the system and grants it."""
    (powers or powers_of(actor)).must("operations.access_review.add", review)
    if review.reviewer == review.system.owner:
        raise RefusedError(
            f"{review.reviewer} answers for {review.system.ref} and grants access to it; somebody else looks.",
            code="UP-OPS-66",
        )
    return write(review, actor=actor, action="operations.access_review.added", reason=reason)


def settle_access_review(
    review: AccessReview, *, withdrawn: int, actor: Actor, reason: str, powers: Powers | None = None
) -> AccessReview:
    """Say that what this left open has been withdrawn since, and how; not by who answers for the system."""
    (powers or powers_of(actor)).must("operations.access_review.add", review)
    if not review.left.strip():
        raise StandingError(f"{review.ref} left nothing open.", code="UP-OPS-67")
    if str(actor) == review.system.owner.ref:
        raise StandingError(
            f"You answer for {review.system.ref} and grant access to it; somebody else looks.", code="UP-OPS-66"
        )
    demand_reason(reason, "Settling what was left open")
    if withdrawn < 0:
        raise RefusedError("How many accesses were withdrawn: none or more.", code="UP-OPS-67")
    review.left, review.withdrawn = "", review.withdrawn + withdrawn
    return write(review, actor=actor, action="operations.access_review.settled", reason=reason)


def settle_information_delivery(
    delivery: InformationDelivery,
    *,
    proof: str,
    actor: Actor,
    reason: str = "",
    powers: Powers | None = None,
) -> InformationDelivery:
    """Record that the information has reached those whom it had not, and what shows it (A.8.2)."""
    (powers or powers_of(actor)).must("operations.information_delivery.add", delivery)
    if delivery.reached_percent >= _ALL:
        raise StandingError(f"{delivery.ref} reached everybody.", code="UP-OPS-68")
    demand_reason(proof, "A delivery that is completed")
    delivery.reached_percent, delivery.proof = _ALL, f"{delivery.proof}\n{proof.strip()}"
    return write(delivery, actor=actor, action="operations.information_delivery.settled", reason=reason)
