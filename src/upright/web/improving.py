"""From evidence that fails to a nonconformity, in one step; what was found against a requirement and done about it."""

from django.contrib import messages
from django.db.models import Prefetch, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from upright.desk.visible import visible
from upright.kernel import InputError
from upright.records.assurance.correction import CorrectiveAction, Nonconformity
from upright.records.assurance.correction_actions import open_from_evidence
from upright.records.inventory.models import System
from upright.web.frame import catalogue
from upright.web.requests import Request

_SHOWN = 6


def found_against(request: Request, requirement: str, system: System) -> list[Nonconformity]:
    """Nonconformities with a requirement, of a system or of none, newest first, with their corrective actions.

    An action carries who checked its effect and when, where somebody did.
    """
    if not request.powers.may("assurance.nonconformity.read"):
        return []
    actions = visible(CorrectiveAction, request.powers).order_by("ref")
    rows = visible(Nonconformity, request.powers).filter(Q(system=None) | Q(system=system), requirement=requirement)
    return list(rows.prefetch_related(Prefetch("actions", actions)).order_by("-opened_on", "-ref")[:_SHOWN])


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
