"""The keys whose signatures count here, and the form that enrols another: a repository's, a person's, a witness's."""

from typing import cast, get_args

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy

from upright.kernel import UprightError
from upright.records.assurance.actions import KeyRole, enrol_key
from upright.records.assurance.evidence import current_keys
from upright.web.requests import Request

RIGHT = "assurance.key.enrol"
_LONGEST = 400


class KeyForm(forms.Form):
    """A key as ``upright key export`` prints it."""

    vkey = forms.CharField(
        max_length=_LONGEST,
        label=gettext_lazy("Key"),
        help_text=gettext_lazy("One line, as upright key export evidence prints it."),
    )
    role = forms.ChoiceField(
        choices=[(one, one.capitalize()) for one in get_args(KeyRole)], label=gettext_lazy("What it signs")
    )
    reason = forms.CharField(
        max_length=_LONGEST, label=gettext_lazy("Reason"), help_text=gettext_lazy("Whose it is, and how you know that.")
    )


def show(request: Request) -> HttpResponse:
    """The page, and enrolling."""
    request.powers.must(RIGHT)
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        role = cast("KeyRole", said["role"])
        try:
            enrol_key(said["vkey"], role, actor=request.actor, reason=said["reason"], powers=request.powers)
        except UprightError as why:
            form.add_error("vkey", str(why))
        else:
            messages.success(request, "The key is enrolled; what it signs counts from the next entry on.")
            return redirect("web:keys")
    keys = sorted((one.name, fingerprint) for fingerprint, one in current_keys().items())
    status = 400 if form.errors else 200
    return render(request, "web/keys.html", {"form": form, "keys": keys, "here": "organisation"}, status=status)
