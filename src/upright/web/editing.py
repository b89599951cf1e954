"""Adding and changing a record; a stale save shows both versions and loses neither."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from upright.desk.description import RecordType
from upright.desk.forms import RecordForm, form_class
from upright.kernel import InputError
from upright.records.identity.editing import demand_editable
from upright.records.identity.models import Unit
from upright.records.trail.errors import ConflictError
from upright.records.trail.record import Record
from upright.records.trail.server_log import now
from upright.web import taking_up
from upright.web.conflict import Difference, differences
from upright.web.places import clause_title
from upright.web.requests import Request, given, text_of, the_record, the_type

_IN_CARE = frozenset({"owner", "responsible"})
"""Fields that name who answers for a record: mostly who adds it."""


def add(request: Request, name: str) -> HttpResponse:
    """A new record, in one's own unit and care unless the address brings others; ``then=start`` leads back."""
    described = the_type(name, request, "add")
    start = {key: values[-1] for key, values in given(request).items() if key in described.fields}
    if request.method != "POST":
        start = _likely(described, request) | start
    form = form_class(described)(request.POST or None, powers=request.powers, initial=start)
    return _answer(request, described, form, None)


def edit(request: Request, ref: str) -> HttpResponse:
    """A record that is there."""
    described, record = the_record(ref, request)
    if request.method == "POST":  # what was typed is refused beside it, and stays
        request.powers.must(described.right("change"), record)
    else:
        demand_editable(record, powers=request.powers)
    return _answer(
        request, described, form_class(described)(request.POST or None, instance=record, powers=request.powers), record
    )


def _likely(described: RecordType, request: Request) -> dict[str, str]:
    """What most would choose; it stands in the form, where they change it. A role is mostly given from today on."""
    found = dict.fromkeys(_IN_CARE & set(described.written), str(request.actor))
    if "unit" in described.written:
        found["unit"] = _own_unit(request)
    if described.model.ref_type == "role":
        found["starts"] = now().date().isoformat()
    return found


def _own_unit(request: Request) -> str:
    """Where somebody belongs."""
    return Unit.objects.filter(people__ref=str(request.actor)).values_list("ref", flat=True).first() or ""


def _answer(request: Request, described: RecordType, form: RecordForm, record: Record | None) -> HttpResponse:
    reason = request.POST.get("reason", "")
    conflict: list[Difference] = []
    status = 200
    if request.method == "POST" and not form.is_valid():
        status = 400
    elif request.method == "POST":
        try:
            written = form.write(actor=request.actor, reason=reason, powers=request.powers)
        except ConflictError as why:
            conflict, status = differences(described, why), 409
            form = _with_version(form, request.POST, str(why.theirs["version"]))
        except (ValidationError, InputError) as why:
            form.refuse(why)
            status = 400
        else:
            messages.success(request, gettext("%(what)s was saved.") % {"what": f"{described.title} {written}"})
            if record is None and request.GET.get("then") == "start":
                return redirect("web:start")
            if record is None and (address := taking_up.back(request, text_of(request, "then"), written)):
                return redirect(address)
            return redirect("web:record", written.ref)
    context = {
        "described": described,
        "record": record,
        "form": form,
        "sections": [
            (gettext(title), shown) for title, names in described.sections.items() if (shown := _fields(form, names))
        ],
        "clause": clause_title(described.clause),
        "conflict": conflict,
        "reason": reason,
        "then": request.GET.get("then", ""),
        "here": described.place,
    }
    return render(request, "web/edit.html", context, status=status)


def _fields(form: RecordForm, names: tuple[str, ...]) -> list[BoundField]:
    return [form[name] for name in names if name in form.fields]


def _with_version(form: RecordForm, sent: QueryDict, version: str) -> RecordForm:
    data = sent.copy()
    data["version"] = version
    form.data = data
    return form
