"""One record: its page, its moves, its history and the proof of each entry."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from upright.desk import detail
from upright.desk.description import RecordType
from upright.desk.moves import Offer, make, move_named, offer, offers
from upright.desk.values import label, sentence, shown
from upright.kernel import InputError
from upright.records.governance.models import RecordDisposal
from upright.records.identity.editing import demand_editable
from upright.records.identity.models import Person
from upright.records.trail.history import Step, steps
from upright.records.trail.paper import is_printed
from upright.records.trail.proving import proof as prove
from upright.records.trail.record import Record
from upright.web.hanging import hanging
from upright.web.kept import change_html, facts
from upright.web.linked import links
from upright.web.naming import know, learn, who, worded
from upright.web.places import clause_title
from upright.web.requests import Request, given, the_record
from upright.web.resting import resting
from upright.web.served import served
from upright.web.taking_up import ways
from upright.web.threats import threat_of

_SHORT = 5
_MOST_ADDED = 6
_HEAD = ("state", "owner", "due", "review_by")
_WIDE = frozenset({"person", "unit"})  # nearly everything belongs to one


def show(request: Request, ref: str) -> HttpResponse:
    """Its sections, and beside them who, when, links, history."""
    described, record = the_record(ref, request)
    know(request, record)
    past = steps(ref)
    moves = offers(described, record, actor=request.actor, powers=request.powers)
    refusal = why_not_edit(request, record)
    return render(
        request,
        "web/record.html",
        {
            "described": described,
            "record": record,
            "title": worded(request, str(record)),
            "sections": facts(request, described, record),
            "clause": clause_title(described.clause),
            "moves": moves,
            "why_not_edit": refusal,
            "refusals": bool(refusal) or any(one.why_not for one in moves),
            "head": _head(record),
            "links": links_of(record, request),
            "additions": detail.additions(record, request.powers)[:_MOST_ADDED] if described.name not in _WIDE else [],
            "past": _told(described, list(reversed(past))[:_SHORT]),
            "entries": len(past),
            "is_printed": is_printed(type(record)),
            "erasing": _erasing(record, request),
            "here": described.place,
        }
        | hanging(record, request)
        | served(described, record, request)
        | resting(record, request)
        | threat_of(record),
    )


def _erasing(record: Record, request: Request) -> str:
    """Where to propose that the personal data in it are erased; empty: there are none, or it is not theirs to do."""
    if not record.personal or not request.powers.may("governance.record_disposal.add", record):
        return ""
    given = {"record": record.ref, "ground": RecordDisposal.Ground.REQUEST}
    return f"{reverse('web:add', args=['record-disposal'])}?{urlencode(given)}"


def _head(record: Record) -> list[tuple[str, Any]]:
    """Where a record stands, who answers for it and until when: what one looks for first."""
    fields = {field.name for field in record._meta.concrete_fields}
    found = [(label(type(record), name), shown(record, name)) for name in _HEAD if name in fields]
    return [(name, one) for name, one in found if one.text]


def links_of(record: Record, request: Request) -> dict[str, Any]:
    """What points here; types of which none does are named in one line."""
    found = links(record, request)
    none = ", ".join(one.described.plural for one in found if not one.count)
    there = [one for one in found if one.count]
    return {"there": there, "none": none if record.ref_type not in _WIDE else ""} if found else {}


def history(request: Request, ref: str) -> HttpResponse:
    """Every entry of a record: who, what, before and after, why, and its proof."""
    described, record = the_record(ref, request)
    past = _told(described, list(reversed(steps(ref))))
    sides = [side for one in past for change in one["changes"] for side in (change.before, change.after)]
    learn(request, [one["step"].reason for one in past] + [side.text for side in sides])
    for one in past:
        one["changes"] = [
            {
                "label": change.label,
                "before": change_html(request, change.before),
                "after": change_html(request, change.after),
            }
            for change in one["changes"]
        ]
    return render(
        request,
        "web/history.html",
        {"described": described, "record": record, "past": past, "here": described.place},
    )


def proof(request: Request, ref: str, entry: int) -> HttpResponse:
    """The proof of inclusion of one entry, to keep and to check elsewhere."""
    the_record(ref, request)
    answer = JsonResponse(prove(ref, entry), json_dumps_params={"indent": 2})
    answer["Content-Disposition"] = f'attachment; filename="entry-{entry}.json"'
    return answer


def _then(request: Request, move: str, record: Record) -> str:
    """What somebody else has to be told, where a move leaves the next step to them and nothing tells them."""
    if move != "open_account" or not isinstance(record, Person):
        return ""
    return " " + gettext(
        "Nothing was sent to %(address)s. Tell them to set a password at %(page)s and to log in; there they accept "
        "their role."
    ) % {"address": record.email, "page": request.build_absolute_uri(reverse("account_reset_password"))}


def move(request: Request, ref: str, move: str) -> HttpResponse:
    """Asks for a reason, then makes the move; a refusal says why, and nothing was changed."""
    described, record = the_record(ref, request)
    verb = move_named(described, move)
    offered = offer(described, verb, record, actor=request.actor, powers=request.powers)
    start = {key: values[-1] for key, values in given(request).items() if key in offered.fields}
    form = _move_form(offered)(request.POST if request.method == "POST" else None, initial=start)
    refused: InputError | None = None
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        reason = said.pop("reason")
        try:
            make(verb, record, actor=request.actor, reason=reason, powers=request.powers, **_set(said, offered))
        except InputError as why:
            refused = why
        except ValidationError as why:
            form.add_error(None, why.messages)
        else:
            messages.success(request, f"{offered.title}: {record}.{_then(request, offered.name, record)}")
            return redirect("web:record", ref)
    context = {
        "described": described,
        "record": record,
        "move": offered,
        "ways": [] if start else ways(request, move, record),
        "form": form,
        "refused": refused,
        "here": described.place,
    } | threat_of(record)
    return render(request, "web/move.html", context, status=400 if refused or form.errors else 200)


def _told(described: RecordType, past: list[Step]) -> list[dict[str, Any]]:
    names = detail.people(past)
    return [
        {
            "step": step,
            "who": who(step.actor, names),
            "what": gettext(sentence(step.action.rpartition(".")[2].replace("_", " "))),
            "changes": detail.changes(described.model, step) if step.action.rpartition(".")[2] != "added" else [],
        }
        for step in past
    ]


def why_not_edit(request: Request, record: Record) -> str:
    """Why somebody may not change a record, or not as it stands; empty where they may."""
    try:
        demand_editable(record, powers=request.powers)
    except InputError as why:
        return why.message
    return ""


def _move_form(offered: Offer) -> type[forms.Form]:
    reason = forms.CharField(
        label=gettext("Reason"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=4000,
        required=offered.needs_reason,
        help_text=gettext("Kept in the ledger with your name."),
    )
    return type("MoveForm", (forms.Form,), {**offered.fields, "reason": reason})


def _set(said: dict[str, Any], offered: Offer) -> dict[str, Any]:
    return {name: value for name, value in said.items() if offered.fields[name].required or value not in (None, "")}
