"""From a risk or whatever needs a control to the rows of the statement of applicability and the controls, and back."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.urls import reverse

from upright.desk.visible import visible
from upright.records.risk.applicability import order_of
from upright.records.risk.models import Control, RiskAcceptance, SoaRow, StatementOfApplicability
from upright.records.risk.models.applicability import NEEDS
from upright.records.risk.models.risks import Risk
from upright.records.trail.record import Record
from upright.web.linked import pointing
from upright.web.requests import Request
from upright.web.values import anchor

_MOST = 400
_GONE = (StatementOfApplicability.State.SUPERSEDED, StatementOfApplicability.State.WITHDRAWN)


@dataclass(frozen=True, kw_only=True)
class Resting:
    """A row of a statement that stands or is worked on, and the control as it is carried out, where that is written."""

    row: SoaRow
    address: str
    control: Control | None


def resting(record: Record, request: Request) -> dict[str, Any]:
    """What a record's page shows: the rows that rest on it, or, for a control, that decide on it; a risk's rating."""
    found: dict[str, Any] = {}
    if isinstance(record, Control):
        scope = Q(system=record.system) if record.system_id else Q()
        found["rests"] = _rows(Q(control=record.identifier) & scope, request, record)
    elif record.ref_type in NEEDS:
        found["rests"] = _rows(Q(words__contains=f'"{record.ref}"'), request)
    if isinstance(record, Risk):
        given = None
        if pointing(record, request).get("risk-acceptance risk to all"):
            accepted = RiskAcceptance.objects.filter(risk=record, state=RiskAcceptance.State.ACCEPTED)
            given = accepted.order_by("ref").last()
        found |= {"rating": record, "line": None if record.criteria is None else record.criteria.line(record.concerns)}
        found["acceptance"] = given
    return found


def controls_of(rows: Iterable[SoaRow], request: Request) -> dict[str, Control]:
    """By row, the control as it is carried out for its system, else for all; one query, as far as they may be read."""
    wanted = list(rows)
    if not wanted or not request.powers.may("risk.control.read"):
        return {}
    named = visible(Control, request.powers).filter(identifier__in={one.control for one in wanted})
    known = {(one.identifier, one.system_id): one for one in named}
    found = {one.ref: known.get((one.control, one.system_id)) or known.get((one.control, None)) for one in wanted}
    return {ref: control for ref, control in found.items() if control is not None}


def _rows(wanted: Q, request: Request, own: Control | None = None) -> list[Resting]:
    """One row a control and system: of the statement in force, else of the newest that is worked on."""
    if not request.powers.may("risk.soa_row.read"):
        return []
    rows = visible(SoaRow, request.powers).exclude(statement__state__in=_GONE)
    rows = rows.annotate(words=Cast("needed_by", TextField())).filter(wanted).select_related("statement", "system")
    in_force: dict[tuple[str, object], SoaRow] = {}
    for one in rows.order_by("-statement__edition", "ref")[:_MOST]:
        key = (one.control, one.system_id)
        if key not in in_force or one.statement.state == StatementOfApplicability.State.APPROVED:
            in_force[key] = one
    shown = sorted(in_force.values(), key=lambda one: (order_of(one.control), one.ref))
    controls = controls_of(shown, request) if own is None else {}
    return [
        Resting(
            row=one,
            address=f"{reverse('web:soa', args=[one.statement.ref])}#{anchor(one.ref)}",
            control=controls.get(one.ref),
        )
        for one in shown
    ]
