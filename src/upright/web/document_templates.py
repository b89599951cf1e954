"""Templates of documents: what there is, what each asks, and a new document begun with one."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy

from upright.desk.description import record_type
from upright.desk.fields import RecordChoiceField
from upright.kernel import InputError
from upright.records.governance.actions import take_template
from upright.records.governance.kinds import document_kinds
from upright.records.governance.models import Document
from upright.records.governance.placeholders import unfilled
from upright.records.governance.templates import ENGLISH, PLACEHOLDERS, procedures, template
from upright.records.identity.editing import add
from upright.records.identity.models import Unit
from upright.records.identity.power import Powers, person_of
from upright.records.trail.door import change
from upright.web.places import clause_title
from upright.web.requests import Request


class BeginForm(forms.Form):
    """Where a document is begun, and until when it holds."""

    title = forms.CharField(max_length=200, label=gettext_lazy("Title"))
    unit = RecordChoiceField(Unit._base_manager.none(), label=gettext_lazy("Unit"))
    review_by = forms.DateField(
        required=False,
        label=gettext_lazy("Next review"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, data: Any, powers: Powers, **more: Any) -> None:
        super().__init__(data, **more)
        unit = self.fields["unit"]
        if isinstance(unit, RecordChoiceField):
            unit.queryset = Unit._base_manager.filter(pk__in=powers.units("governance.document.add"))


def listed(request: Request) -> HttpResponse:
    """Every template, with the clauses that it answers."""
    request.powers.must("governance.document.read")
    written = [
        (one, [(clause, clause_title(f"iso42001:{clause}")) for clause in one.clauses])
        for one in procedures(_language()).values()
    ]
    taken = {one.kind for one in procedures().values() if one.kind != "procedure"}
    outlines = [(name, label) for name, label in document_kinds() if name not in taken and template(name) is not None]
    context = {"written": written, "outlines": outlines, "here": "organisation"}
    return render(request, "web/document_templates.html", context)


def begin(request: Request, name: str) -> HttpResponse:
    """One template: its text, what an auditor will ask, and a form to begin a document with it."""
    request.powers.must("governance.document.read")
    found = template(name, _language())
    if found is None:
        raise Http404(f"There is no template {name!r}.")
    may = request.powers.may("governance.document.add")
    form = BeginForm(request.POST or None, request.powers, initial={"title": found.title})
    status = 200
    if request.method == "POST":
        request.powers.must("governance.document.add")
        status = 400
        owner = person_of(request.actor)
        if form.is_valid() and owner is not None:
            given = form.cleaned_data
            draft = Document(
                title=given["title"], subtype=found.kind, unit=given["unit"], owner=owner, review_by=given["review_by"]
            )
            try:
                with change():
                    add(draft, actor=request.actor, powers=request.powers)
                    take_template(
                        draft, template=name, language=found.language, actor=request.actor, powers=request.powers
                    )
            except ValidationError as why:
                form.add_error(None, why.messages)
            except InputError as why:
                form.add_error(None, why.message)
            else:
                return redirect("web:record", draft.ref)
    context = {
        "template": found,
        "clauses": [(clause, clause_title(f"iso42001:{clause}")) for clause in found.clauses],
        "gaps": [(one, PLACEHOLDERS.get(one.strip("{}"), "")) for one in unfilled(found.text)],
        "form": form if may else None,
        "described": record_type("document"),
        "here": "organisation",
    }
    return render(request, "web/document_template.html", context, status=status)


def _language() -> str:
    """The language of the reader, as templates are kept."""
    return (get_language() or ENGLISH).partition("-")[0]
