"""What follows a change: an alarm when evidence of a monitor failed, a supplier review opened when suppliers change."""

from upright.kernel import Actor
from upright.records.inventory.models import DataSet, Dependency, Model, Resource
from upright.records.inventory.queries import suppliers_of
from upright.records.operations.actions.oversight import raise_alarms
from upright.records.operations.actions.supply import current_assessment
from upright.records.operations.models import SupplierAssessment, SupplierReview
from upright.records.trail.door import write
from upright.records.trail.reactions import Event, reacts_to
from upright.records.trail.record import Record, find


@reacts_to("assurance.origin.extended")
def raise_alarms_of_a_push(event: Event, actor: Actor) -> None:
    """Raises what the evidence of a push says of monitors."""
    raise_alarms(actor, event.index)


@reacts_to("assurance.origin.met")
def raise_alarms_of_a_first_push(event: Event, actor: Actor) -> None:
    """Raises what the evidence of a first push says of monitors."""
    raise_alarms(actor, event.index)


@reacts_to(
    "inventory.model.*",
    "inventory.dataset.*",
    "inventory.resource.*",
    "inventory.dependency.*",
    "operations.supplier_assessment.*",
)
def reopen_supplier_reviews(event: Event, actor: Actor) -> None:
    """A review holds for the suppliers that it names, while each of them has a current assessment (A.10.3)."""
    for review in _touched(find(str(event.body.get("ref", "")))):
        why = _lacking(review)
        if why:
            review.state, review.confirmed_by = SupplierReview.State.OPEN, ""
            said = f"{why}, by {event.entry.ref}."
            write(review, actor=actor, action="operations.supplier_review.reopened", reason=said, cause=event.index)


def _touched(record: Record | None) -> list[SupplierReview]:
    """The confirmed reviews that a change of this record may speak against."""
    confirmed = SupplierReview.objects.filter(state=SupplierReview.State.CONFIRMED).order_by("ref")
    if isinstance(record, Model | DataSet | Resource):
        return list(confirmed.filter(system=record.system)) if record.supplier is not None else []
    if isinstance(record, SupplierAssessment):
        return [one for one in confirmed if record.supplier.ref in {row["supplier"] for row in one.rows}]
    return list(confirmed) if isinstance(record, Dependency) else []


def _lacking(review: SupplierReview) -> str:
    """Which supplier of its system it does not name, or which is assessed no more; empty: it holds."""
    named = {row["supplier"] for row in review.rows}
    for supplier in suppliers_of(review.system):
        if supplier.ref not in named:
            return f"{supplier.ref} supplies the system since then"
        if current_assessment(supplier) is None:
            return f"{supplier.ref} has no current assessment any more"
    return ""
