"""What a field that is typed offers: records by reference, frameworks, statements of evidence, catalogued threats.

A list beside the input; whoever knows the value types it, and what may be written does not depend on what is offered.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.forms import BoundField

from upright.desk.values import day
from upright.desk.visible import visible
from upright.kernel import parse_time
from upright.records.assurance.publishing import Publication
from upright.records.governance.context import FrameworkInUse
from upright.records.governance.kinds import frameworks
from upright.records.inventory.models import System
from upright.records.risk.models import Risk
from upright.records.risk.models.risks import threat_choices
from upright.records.trail.fields import RefField
from upright.records.trail.record import record_types
from upright.web.choosing import MOST_CHOICES
from upright.web.filed import kinds_of, newest_first
from upright.web.requests import Request
from upright.web.sentences import said

Offers = Iterable[tuple[str, str]]
_MOST_STATEMENTS = 50


def is_offered(bound: BoundField) -> bool:
    """Whether a list belongs to a field that is typed."""
    return bool(_types(bound)) or _named(bound) in _OFFERS


def names_records(bound: BoundField) -> bool:
    """Whether what is typed is the reference of a record."""
    return bool(_types(bound))


def offered(request: Request, bound: BoundField) -> Offers:
    """Values with what they are called, as far as the reader may see them: of each type the newest two hundred."""
    if types := _types(bound):
        return _records(request, types)
    offers = _OFFERS.get(_named(bound))
    return offers(request) if offers else ()


def _records(request: Request, types: tuple[str, ...]) -> Offers:
    """Read once for a form, however many of its fields offer the same types."""
    held: dict[tuple[str, ...], list[tuple[str, str]]] = request.__dict__.setdefault("offered", {})
    if types not in held:
        models = [record_types()[one] for one in types]
        rows = (row for model in models for row in visible(model, request.powers).order_by("-pk")[:MOST_CHOICES])
        held[types] = [(row.ref, str(row)) for row in rows]
    return held[types]


def _model(bound: BoundField) -> Any:
    return getattr(getattr(bound.form, "_meta", None), "model", None)


def _named(bound: BoundField) -> tuple[Any, str]:
    return _model(bound), bound.name


def _types(bound: BoundField) -> tuple[str, ...]:
    fields = _model(bound)._meta.concrete_fields if _model(bound) else ()
    return next((one.types for one in fields if one.name == bound.name and isinstance(one, RefField)), ())


def _frameworks(request: Request) -> Offers:
    """Those in use come first."""
    used = set(visible(FrameworkInUse, request.powers).values_list("framework", flat=True))
    return sorted(((one, said(title)) for one, title in frameworks()), key=lambda pair: pair[0] not in used)


def _statements(request: Request) -> Offers:
    """The newest ones: about which system, what was looked at, how it ended and when."""
    rows = list(newest_first(request)[:_MOST_STATEMENTS])
    names = dict(
        visible(System, request.powers).filter(ref__in={one.system for one in rows}).values_list("ref", "name")
    )
    for one in rows:
        parts = (names.get(one.system, ""), one.binding or kinds_of(one), said(one.result), day(parse_time(one.ended)))
        yield one.evidence, ", ".join(part for part in parts if part)


def _threats(_: Request) -> Offers:
    return [(one, said(title).partition(" ")[2]) for one, title in threat_choices()]


_OFFERS: dict[tuple[Any, str], Callable[[Request], Offers]] = {
    (Publication, "framework"): _frameworks,
    (Publication, "evidence"): _statements,
    (Risk, "threat"): _threats,
}
