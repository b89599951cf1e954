"""Every part of the design system on one page, in every state, so that what is seen can be compared."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from upright.evidence.statement import Measurement
from upright.posture.posture import Counts
from upright.records.trail.server_log import now
from upright.web.plots import plot
from upright.web.posture import Row
from upright.web.requests import Request

STATUSES = (
    "met", "partly", "failing", "stale", "unknown", "not_applicable", "passed", "failed", "undecided", "errored",
    "allow", "deny",
)  # fmt: skip


class Specimen(forms.Form):
    """A field of each kind; the page shows it as it was refused."""

    name = forms.CharField(max_length=12, label="Name", help_text="At most twelve letters.")
    due = forms.DateField(label="Due", widget=forms.DateInput(attrs={"type": "date"}))
    stage = forms.ChoiceField(label="Stage", choices=[("", "Choose"), ("inception", "Inception")])
    purpose = forms.CharField(label="Purpose", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    personal = forms.BooleanField(label="Personal data", required=False, help_text="About people who can be known.")


def show(request: Request) -> HttpResponse:
    """The page; its numbers are made up and say so."""
    rows = [
        ("Clearly within", _made_up("0.052", "0.014", "0.090", "passed"), ""),
        ("On both sides", _made_up("0.142", "0.097", "0.187", "undecided"), ""),
        ("Clearly beyond", _made_up("0.201", "0.150", "0.255", "failed"), ""),
        ("Too few rows", _made_up(None, None, None, "undecided"), ""),
    ]
    counts = Counts(status="failing", of=30, met=12, partly=6, failing=2, stale=3, unknown=5, not_applicable=2)
    return render(
        request,
        "web/components.html",
        {
            "statuses": STATUSES,
            "form": Specimen({"name": "far too long a name", "due": "soon", "stage": "", "personal": "on"}),
            "blank": Specimen(auto_id="blank_%s"),
            "plot": plot("difference", {"at_most": "0.1"}, rows),
            "frameworks": [Row(id="iso42001", title="ISO/IEC 42001", counts=counts)],
            "at": now(),
            "here": "",
        },
    )


def _made_up(value: str | None, low: str | None, high: str | None, outcome: str) -> Measurement:
    return Measurement(
        name="difference",
        value=value,
        low=low,
        high=high,
        n=1989,
        unit="difference",
        method="made up",
        outcome=outcome,  # type: ignore[arg-type]
    )
