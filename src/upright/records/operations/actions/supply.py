"""Verbs of supply: both sides acknowledge, suppliers are assessed, changes judged, what is owed is delivered."""

from datetime import date

from upright.kernel import Actor
from upright.records.identity.approval import demand_approver
from upright.records.identity.controlled import demand_reason, demand_state
from upright.records.identity.power import Powers, powers_of
from upright.records.inventory.models import Supplier
from upright.records.inventory.queries import suppliers_of, systems_on
from upright.records.operations.models import (
    ChangeNotice,
    CustomerRequirement,
    InformationOwed,
    ResponsibilityMatrix,
    SupplierAssessment,
    SupplierReview,
)
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError, StandingError
from upright.records.trail.history import writers
from upright.records.trail.server_log import now


def confirm_supplier_review(
    review: SupplierReview, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> SupplierReview:
    """Confirm that each supplier of the system has a current assessment; it holds until the first one is due again."""
    (powers or powers_of(actor)).must("operations.supplier_review.confirm", review)
    demand_state(review, SupplierReview.State.OPEN)
    authors = writers(review.ref)
    approval = demand_approver(
        "operations.supplier_review.confirm", review, actor=actor, authors=authors, powers=powers, code="UP-OPS-51"
    )
    suppliers = suppliers_of(review.system)
    current = {one.pk: assessment for one in suppliers if (assessment := current_assessment(one)) is not None}
    lacking = [str(one.ref) for one in suppliers if one.pk not in current]
    if lacking:
        raise RefusedError(
            f"No current assessment of {', '.join(lacking)}; assess them first (A.10.3).", code="UP-OPS-52"
        )
    review.rows = [_row(one, current[one.pk]) for one in suppliers]
    days = [one.review_by for one in current.values() if one.review_by is not None]
    review.review_by = min(days) if days else None
    review.state, review.confirmed_by = SupplierReview.State.CONFIRMED, str(actor)
    return write(review, actor=actor, action="operations.supplier_review.confirmed", reason=approval.noted(reason))


def reopen_supplier_review(
    review: SupplierReview, *, actor: Actor, reason: str, powers: Powers | None = None
) -> SupplierReview:
    """Open a confirmed review again, with what changed."""
    (powers or powers_of(actor)).must("operations.supplier_review.change", review)
    demand_state(review, SupplierReview.State.CONFIRMED)
    demand_reason(reason, "Opening a review again")
    review.state, review.confirmed_by = SupplierReview.State.OPEN, ""
    return write(review, actor=actor, action="operations.supplier_review.reopened", reason=reason)


def current_assessment(supplier: Supplier) -> SupplierAssessment | None:
    """The assessment of a supplier that holds today; a newer one that rejects it takes that away."""
    rows = SupplierAssessment.objects.filter(supplier=supplier, state=SupplierAssessment.State.APPROVED)
    newest = rows.order_by("-assessed_on", "-ref").first()
    return newest if newest is not None and newest.is_current else None


def acknowledge_responsibility_matrix(
    matrix: ResponsibilityMatrix, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> ResponsibilityMatrix:
    """Say yes to it for our side; somebody other than who wrote it."""
    (powers or powers_of(actor)).must("operations.responsibility_matrix.approve", matrix)
    demand_state(matrix, ResponsibilityMatrix.State.PROPOSED, ResponsibilityMatrix.State.THEIRS)
    _demand_duties(matrix)
    approval = demand_approver(
        "operations.responsibility_matrix.approve",
        matrix,
        actor=actor,
        authors=writers(matrix.ref),
        powers=powers,
        code="UP-OPS-51",
    )
    matrix.ours_by = str(actor)
    is_last = matrix.state == ResponsibilityMatrix.State.THEIRS
    matrix.state = ResponsibilityMatrix.State.AGREED if is_last else ResponsibilityMatrix.State.OURS
    return write(
        matrix, actor=actor, action="operations.responsibility_matrix.acknowledged", reason=approval.noted(reason)
    )


def record_their_acknowledgement(
    matrix: ResponsibilityMatrix,
    *,
    name: str,
    proof: str,
    actor: Actor,
    reason: str = "",
    powers: Powers | None = None,
) -> ResponsibilityMatrix:
    """Record that the other side said yes: who there, and what proves it."""
    (powers or powers_of(actor)).must("operations.responsibility_matrix.change", matrix)
    demand_state(matrix, ResponsibilityMatrix.State.PROPOSED, ResponsibilityMatrix.State.OURS)
    _demand_duties(matrix)
    if not name.strip() or not proof.strip():
        raise RefusedError("Say who acknowledged it there, and what proves that (A.10.2).", code="UP-OPS-53")
    matrix.theirs_by, matrix.proof = name.strip(), proof.strip()
    is_last = matrix.state == ResponsibilityMatrix.State.OURS
    matrix.state = ResponsibilityMatrix.State.AGREED if is_last else ResponsibilityMatrix.State.THEIRS
    return write(matrix, actor=actor, action="operations.responsibility_matrix.recorded", reason=reason)


def reconfirm_responsibility_matrix(
    matrix: ResponsibilityMatrix,
    *,
    review_by: date,
    proof: str,
    actor: Actor,
    reason: str,
    powers: Powers | None = None,
) -> ResponsibilityMatrix:
    """Say that what both sides agreed still holds, with what shows their word; not by who wrote it (A.10.2)."""
    right = "operations.responsibility_matrix.approve"
    (powers or powers_of(actor)).must(right, matrix)
    demand_state(matrix, ResponsibilityMatrix.State.AGREED)
    demand_reason(reason, "Reconfirming it")
    if not proof.strip() or review_by <= now().date():
        raise RefusedError("Say what shows their word, and a day to come for the next look (A.10.2).", code="UP-OPS-53")
    approval = demand_approver(right, matrix, actor=actor, authors=writers(matrix.ref), powers=powers, code="UP-OPS-51")
    matrix.review_by, matrix.proof, matrix.ours_by = review_by, proof.strip(), str(actor)
    return write(
        matrix, actor=actor, action="operations.responsibility_matrix.reconfirmed", reason=approval.noted(reason)
    )


def judge_change_notice(
    notice: ChangeNotice, *, effect: str, actor: Actor, reason: str = "", powers: Powers | None = None
) -> ChangeNotice:
    """Say what the change means here; the reviews of the systems that rest on the supplier are open again."""
    (powers or powers_of(actor)).must("operations.change_notice.change", notice)
    demand_state(notice, ChangeNotice.State.RECEIVED)
    demand_reason(effect, "Judging a change")
    with change():
        notice.state, notice.effect = ChangeNotice.State.JUDGED, effect.strip()
        write(notice, actor=actor, action="operations.change_notice.judged", reason=reason)
        confirmed = SupplierReview.State.CONFIRMED
        for review in SupplierReview.objects.filter(system__in=systems_on(notice.supplier), state=confirmed):
            review.state, review.confirmed_by = SupplierReview.State.OPEN, ""
            why = f"{notice.supplier.ref} announced a change: {notice.ref}."
            write(review, actor=actor, action="operations.supplier_review.reopened", reason=why)
    return notice


def judge_customer_requirement(
    requirement: CustomerRequirement,
    *,
    is_met: bool = False,
    actor: Actor,
    reason: str = "",
    powers: Powers | None = None,
) -> CustomerRequirement:
    """Say whether a requirement is met; one that is met says by what."""
    (powers or powers_of(actor)).must("operations.customer_requirement.change", requirement)
    demand_state(requirement, CustomerRequirement.State.OPEN)
    if is_met and not requirement.met_by.strip():
        raise RefusedError(f"{requirement.ref} does not say what meets it (A.10.4).", code="UP-OPS-54")
    requirement.state = CustomerRequirement.State.MET if is_met else CustomerRequirement.State.UNMET
    requirement.judged_by = str(actor)
    return write(requirement, actor=actor, action="operations.customer_requirement.judged", reason=reason)


def reopen_customer_requirement(
    requirement: CustomerRequirement, *, actor: Actor, reason: str, powers: Powers | None = None
) -> CustomerRequirement:
    """Judge it anew."""
    (powers or powers_of(actor)).must("operations.customer_requirement.change", requirement)
    demand_state(requirement, CustomerRequirement.State.MET, CustomerRequirement.State.UNMET)
    demand_reason(reason, "Judging it anew")
    requirement.state = CustomerRequirement.State.OPEN  # who judged it last stays named until it is judged anew
    return write(requirement, actor=actor, action="operations.customer_requirement.reopened", reason=reason)


def deliver_information_owed(
    owed: InformationOwed,
    *,
    delivered_on: date,
    proof: str,
    actor: Actor,
    reason: str = "",
    powers: Powers | None = None,
) -> InformationOwed:
    """Record that it was delivered, when, and what proves it."""
    (powers or powers_of(actor)).must("operations.information_owed.change", owed)
    if owed.delivered_on is not None:
        raise StandingError(f"{owed.ref} was delivered on {owed.delivered_on}.", code="UP-OPS-55")
    if delivered_on > now().date() or not proof.strip():
        raise RefusedError("A delivery lies in the past and has its proof (A.8.2).", code="UP-OPS-55")
    owed.delivered_on, owed.proof = delivered_on, proof.strip()
    return write(owed, actor=actor, action="operations.information_owed.delivered", reason=reason)


def _row(supplier: Supplier, found: SupplierAssessment) -> dict[str, str]:
    due = "" if found.review_by is None else found.review_by.isoformat()
    return {"supplier": str(supplier.ref), "assessment": str(found.ref), "result": found.result, "next_due": due}


def _demand_duties(matrix: ResponsibilityMatrix) -> None:
    if not matrix.duties:
        raise StandingError(f"{matrix.ref} shares out no duty (A.10.2).", code="UP-OPS-53")
