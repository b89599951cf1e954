"""From evidence that fails to a nonconformity, in one step."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from upright.desk.visible import visible
from upright.kernel import InputError
from upright.records.assurance.correction_actions import open_from_evidence
from upright.records.inventory.models import System
from upright.web.frame import catalogue
from upright.web.requests import Request


@require_POST
def open_nonconformity(request: Request, ref: str, requirement: str) -> HttpResponse:
    """Opens one that links the failed evidence behind a requirement, and leads to where its correction is written."""
    system = visible(System, request.powers).filter(ref=ref).first()
    if not isinstance(system, System) or requirement not in catalogue().requirements:
        raise Http404(f"There is no system {ref} that you may read, or no requirement {requirement}.")
    chosen = request.POST.get("evidence", "")
    try:
        opened = open_from_evidence(
            system, requirement=requirement, evidence=chosen, actor=request.actor, powers=request.powers
        )
    except InputError as refused:
        messages.error(request, refused.message)
        return redirect("web:why", ref, requirement)
    messages.success(
        request, f"{opened.ref} answers {len(opened.links)} pieces of failed evidence. Write what was done."
    )
    return redirect("web:record", opened.ref)
