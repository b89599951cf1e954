"""Beside a record: the clauses of other management standards that it serves, and those that it could."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from upright.catalogue.integrated import STANDARDS, integrated
from upright.desk.description import RecordType
from upright.desk.visible import visible
from upright.records.governance.models import Acknowledgement, Document, Objective, ServedClause
from upright.records.governance.queries import reading_of
from upright.records.identity.models import Unit
from upright.records.identity.power import unit_of
from upright.records.trail.record import Record
from upright.web.linked import pointing
from upright.web.objectives import standing
from upright.web.requests import Request


def served(described: RecordType, record: Record, request: Request) -> dict[str, Any]:
    """What the page shows beside a record: clauses it serves; who read a document; how an objective stands."""
    framework, _, clause = described.clause.partition(":")
    proposed = integrated().proposed(clause) if framework == "iso42001" else {}
    if not proposed or isinstance(record, ServedClause | Acknowledgement):
        return {}
    marks: list[ServedClause] = []
    if pointing(record, request).get("served-clause record to all"):
        marks = list(visible(ServedClause, request.powers).filter(record=record.ref).order_by("standard", "clause"))
    there = {(one.standard, one.clause) for one in marks}
    may = request.powers.may("governance.served_clause.add", record)
    unit = _unit_of(record) if may else None
    offered = [
        {
            "text": f"{STANDARDS[standard]} {one}",
            "address": _address(record, standard, one, unit),
            "is_confirmed": integrated().edition(standard).clause_ids_confirmed,
        }
        for standard, clauses in proposed.items()
        for one in clauses
        if (standard, one) not in there and may
    ]
    reading = reading_of(record) if isinstance(record, Document) and record.distribution else None
    live = standing(record, request) if isinstance(record, Objective) else None
    return {"serves": marks, "could_serve": offered, "reading": reading, "live": live}


def _unit_of(record: Record) -> Unit | None:
    """The unit it lies in; one that the record's own query has read already costs none."""
    pk, own = unit_of(record), getattr(record, "unit", None)
    return own if isinstance(own, Unit) and own.pk == pk else Unit.objects.filter(pk=pk).first()


def _address(record: Record, standard: str, clause: str, unit: Unit | None) -> str:
    given = {"record": record.ref, "standard": standard, "clause": clause, "unit": "" if unit is None else unit.ref}
    return f"{reverse('web:add', args=['served-clause'])}?{urlencode(given)}"
