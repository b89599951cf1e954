"""Documents made from records, laid out to be printed on A4 or saved."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from upright.records.assurance.packing import mark_of
from upright.records.trail.paper import is_printed, paper_of
from upright.web.requests import Request, the_record


def show(request: Request, ref: str) -> HttpResponse:
    """The document of a record; what an external auditor prints says for whom and when."""
    described, record = the_record(ref, request)
    if not is_printed(type(record)):
        raise Http404(f"{ref} prints as no document.")
    context = {
        "paper": paper_of(record),
        "record": record,
        "mark": mark_of(request.actor, request.powers),
        "here": described.place,
    }
    return render(request, "web/print.html", context)
