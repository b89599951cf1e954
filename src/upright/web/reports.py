"""Reports: documents made from the records, packs that prove them, snapshots of posture."""

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.db.models import Case, Q, When
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from upright.desk.description import registered
from upright.desk.visible import visible
from upright.kernel import InputError
from upright.kernel.speech import ENGLISH
from upright.records.assurance.packing import READ, pack_for
from upright.records.assurance.snapshots import PostureSnapshot
from upright.records.assurance.verdicts import take_snapshot
from upright.records.inventory.models import System
from upright.records.risk.models import StatementOfApplicability
from upright.records.trail.paper import is_printed
from upright.records.trail.server_log import organisation, server_log
from upright.web.frame import ledger_of
from upright.web.naming import names_of
from upright.web.requests import Request, text_of

_NEWEST = 8
_MOST_SYSTEMS = 50


def show(request: Request) -> HttpResponse:
    """What can be printed, packed or kept."""
    printed = [
        (one, list(visible(one.model, request.powers).order_by("-pk")[:_NEWEST]))
        for one in registered().values()
        if is_printed(one.model) and request.powers.may(one.right("read"))
    ]
    ledger = ledger_of(request)
    context = {
        "statement": _statement(request),
        "may_risks": request.powers.may("risk.risk.read"),
        "printed": printed,
        "organisation": ledger.of if ledger else organisation(),
        **_packed(request),
        "may_keep": request.powers.may("assurance.posture_snapshot.add"),
        "snapshots": _snapshots(request, ledger.of if ledger else organisation()),
        "log_key": str(server_log().key),
        "here": "reports",
    }
    return render(request, "web/reports.html", context)


def _packed(request: Request) -> dict[str, Any]:
    """Of which systems a pack may be asked for: the first by name, or those that words mean."""
    if not request.powers.may(READ):
        return {"may_pack": False}
    words = text_of(request, "q").strip()[:100]
    rows = visible(System, request.powers).order_by("name")
    for word in words.split():
        rows = rows.filter(Q(name__icontains=word) | Q(ref__icontains=word))
    if words:
        called = When(Q(name__iexact=words) | Q(ref__iexact=words), then=0)
        rows = rows.order_by(Case(called, When(name__istartswith=words, then=1), default=2), "name")
    found = list(rows.values_list("ref", "name")[: _MOST_SYSTEMS + 1])
    return {
        "may_pack": True,
        "systems": found[:_MOST_SYSTEMS],
        "more": len(found) > _MOST_SYSTEMS,
        "words": words,
        "most": _MOST_SYSTEMS,
    }


def _snapshots(request: Request, whole: str) -> list[dict[str, Any]]:
    """The newest snapshots, each with what it is of by name."""
    rows = list(visible(PostureSnapshot, request.powers).order_by("-pk")[:_NEWEST])
    names = {**names_of(request, (one.scope for one in rows)), whole: gettext("The whole organisation")}
    return [{"row": one, "of": names.get(one.scope, one.scope)} for one in rows]


def _statement(request: Request) -> StatementOfApplicability | None:
    """The Statement of Applicability in force, else the one that is worked on."""
    if not request.powers.may("risk.statement_of_applicability.read"):
        return None
    state = StatementOfApplicability.State
    rows = visible(StatementOfApplicability, request.powers).exclude(state__in=(state.SUPERSEDED, state.WITHDRAWN))
    return rows.order_by(Case(When(state=state.APPROVED, then=0), default=1), "-edition").first()


@require_POST
def pack(request: Request, ref: str) -> HttpResponseBase:
    """Makes a pack and hands it out; an external auditor's report in it says for whom and when it was made."""
    _demand_known(request, ref)
    folder = tempfile.TemporaryDirectory(prefix="upright-pack-")
    path = Path(folder.name) / f"{ref.partition(':')[2].replace('/', '-')}-pack.zip"
    try:
        pack_for(path, scope=ref, actor=request.actor, powers=request.powers, language=get_language() or ENGLISH)
        file: Any = path.open("rb")
    except BaseException:
        folder.cleanup()
        raise
    answer = FileResponse(file, as_attachment=True, filename=path.name, content_type="application/zip")
    folder.cleanup()  # the file stays open until it was sent
    return answer


@require_POST
def keep(request: Request, ref: str) -> HttpResponse:
    """Keeps what posture is today."""
    _demand_known(request, ref)
    try:
        kept = take_snapshot(ref, actor=request.actor, powers=request.powers)
    except InputError as refused:
        messages.error(request, refused.message)
        return redirect("web:reports")
    messages.success(request, f"{kept.ref} holds the posture of {kept.scope} on {kept.day}.")
    return redirect("web:record", kept.ref)


def _demand_known(request: Request, ref: str) -> None:
    if ref != organisation() and not visible(System, request.powers).filter(ref=ref).exists():
        raise Http404(f"There is no {ref} that you may read.")
