"""What follows a change: an alarm when evidence of a monitor failed, a supplier review opened when suppliers change."""

from upright.kernel import Actor
from upright.records.inventory.models import System
from upright.records.operations.actions.oversight import raise_alarms
from upright.records.operations.models import SupplierReview
from upright.records.trail.door import write
from upright.records.trail.reactions import Event, reacts_to
from upright.records.trail.record import find


@reacts_to("assurance.origin.extended")
def raise_alarms_of_a_push(event: Event, actor: Actor) -> None:
    """Raises what the evidence of a push says of monitors."""
    raise_alarms(actor, event.index)


@reacts_to("assurance.origin.met")
def raise_alarms_of_a_first_push(event: Event, actor: Actor) -> None:
    """Raises what the evidence of a first push says of monitors."""
    raise_alarms(actor, event.index)


def _reopen(event: Event, actor: Actor) -> None:
    record = find(str(event.body.get("ref", "")))
    system = getattr(record, "system", None)
    supplier = getattr(record, "supplier", None)
    if not isinstance(system, System) or supplier is None:
        return
    for review in SupplierReview.objects.filter(system=system, state=SupplierReview.State.CONFIRMED):
        if any(row["supplier"] == supplier.ref for row in review.rows):
            continue
        review.state, review.confirmed_by = SupplierReview.State.OPEN, ""
        why = f"{supplier.ref} supplies the system since then, by {event.entry.ref}."
        write(review, actor=actor, action="operations.supplier_review.reopened", reason=why, cause=event.index)


@reacts_to("inventory.model.added")
def reopen_for_a_model(event: Event, actor: Actor) -> None:
    """A new model of another supplier."""
    _reopen(event, actor)


@reacts_to("inventory.model.changed")
def reopen_for_a_changed_model(event: Event, actor: Actor) -> None:
    """A model whose supplier changed."""
    _reopen(event, actor)


@reacts_to("inventory.dataset.added")
def reopen_for_data(event: Event, actor: Actor) -> None:
    """New data of another supplier."""
    _reopen(event, actor)


@reacts_to("inventory.resource.added")
def reopen_for_a_resource(event: Event, actor: Actor) -> None:
    """A new resource of another supplier."""
    _reopen(event, actor)
