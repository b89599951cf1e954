"""Which fields of a claim everybody sees: a tick box for each that may be chosen, by the type that it rests on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.forms import BoundField
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from upright.desk.values import label
from upright.records.assurance.publishing import EVIDENCE, POSTURE, PUBLISHABLE, Choice, Publication
from upright.records.trail.record import Record, record_types
from upright.web.requests import Request, the_type

_ABOUT = ("rests_on", "evidence", "framework")
_LABELS = {
    "kinds": gettext_lazy("What was looked at"),
    "result": gettext_lazy("Result"),
    "ended": gettext_lazy("Ended"),
    "counts": gettext_lazy("Posture, counted today"),
}


@dataclass(frozen=True, kw_only=True)
class Tick:
    """One field that may be shown; ``is_needed``: it always is."""

    name: str
    label: str
    is_ticked: bool
    is_needed: bool


def shown_label(what: str, name: str) -> str:
    """What a field that may be shown is called on screen, of a type of ``PUBLISHABLE``; an unknown name stays."""
    if what in {EVIDENCE, POSTURE}:
        return str(_LABELS.get(name, name))
    return label(record_types()[what], name) if what in PUBLISHABLE else name


def shown_labels(record: Record) -> Sequence[str]:
    """The fields that a claim shows, as readers call them."""
    return [shown_label(record.what, one) for one in record.shows] if isinstance(record, Publication) else ()


def is_shown_fields(bound: BoundField) -> bool:
    """Whether a field of a form is this one."""
    return bound.name == "shows" and getattr(getattr(bound.form, "Meta", None), "model", None) is Publication


def shown_inputs(bound: BoundField) -> SafeString:
    """The tick boxes of a form, for what it says now that the claim rests on."""
    about = {name: str(bound.form[name].value() or "") for name in _ABOUT}
    ticked = {line.strip() for line in str(bound.value() or "").splitlines()}
    context = _context(about, ticked) | {"field": bound}
    return SafeString(render_to_string("web/parts/shown_fields.html", context))


def choices(request: Request) -> HttpResponse:
    """The tick boxes anew, where somebody has changed what the claim rests on."""
    the_type(Publication.ref_type, request)
    about = {name: request.GET.get(name, "").strip() for name in _ABOUT}
    return render(request, "web/parts/shown_fields.html", _context(about, request.GET.getlist("shows")))


def _context(about: dict[str, str], ticked: Collection[str]) -> dict[str, Any]:
    what = Publication(**about).what
    choice = PUBLISHABLE.get(what, Choice(fields=()))
    found = [
        Tick(
            name=name,
            label=shown_label(what, name),
            is_ticked=name in ticked or name in choice.needed,
            is_needed=name in choice.needed,
        )
        for name in choice.fields
    ]
    return {"choices": found}
