"""From a proposal to what it becomes: the form that is filled from it, and back to take it up."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext

from upright.desk.description import registered
from upright.desk.visible import visible
from upright.records.operations.models import UseProposal
from upright.records.trail.record import Record
from upright.web.requests import Request

_MOVE = "take_up_use_proposal"


@dataclass(frozen=True, kw_only=True)
class Way:
    """A form for what a proposal may become."""

    text: str
    address: str


def ways(request: Request, move: str, record: Record) -> list[Way]:
    """What may be registered for a proposal by who looks, each form filled with what the proposal says."""
    if move != _MOVE or not isinstance(record, UseProposal) or record.state != UseProposal.State.PROPOSED:
        return []
    said = {"name": record.title, "purpose": record.purpose, "unit": record.unit.ref, "then": record.ref}
    given = {
        "use": (gettext("Register a use of somebody else’s AI"), {"service": record.service}),
        "system": (gettext("Register a system of our own"), {}),
    }
    return [
        Way(text=text, address=f"{reverse('web:add', args=[name])}?{urlencode(said | more)}")
        for name, (text, more) in given.items()
        if request.powers.may(registered()[name].right("add"))
    ]


def back(request: Request, then: str, written: Record) -> str:
    """Where the proposal that ``then`` names is taken up as what was written; empty where it names none to be read."""
    if not then or written.ref_type not in {"use", "system"}:
        return ""
    proposal = visible(UseProposal, request.powers).filter(ref=then).first()
    if proposal is None:
        return ""
    return f"{reverse('web:move', args=[_MOVE, proposal.ref])}?{urlencode({written.ref_type: written.ref})}"
