"""Checks of a system that the server itself runs: where its repository lies, one button, how far, what came of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from upright.desk.visible import visible
from upright.records.inventory.models import System
from upright.records.trail.errors import RefusedError
from upright.records.work.checks import ask_check, enrol_check_key, is_check_key_enrolled, manifest_of, where_to
from upright.records.work.models import CheckRun, CheckSchedule, Progress
from upright.records.work.tasks import is_queued
from upright.web.requests import Request

_RIGHT = "assurance.posture.read"


@dataclass(frozen=True, kw_only=True)
class Checks:
    """What the section says."""

    system: System
    folder: Path | None
    where: str
    newest: CheckRun | None
    progress: Progress | None
    is_running: bool
    may_run: bool
    may_enrol: bool
    is_enrolled: bool
    schedule: CheckSchedule | None
    may_schedule: bool


def checks_of(system: System, request: Request) -> Checks:
    """How checks by the server stand for a system."""
    folder = manifest_of(system)
    newest = CheckRun.objects.filter(about=system).order_by("-asked_at", "-pk").first()
    is_running = newest is not None and newest.state == CheckRun.State.WAITING and is_queued(newest)
    return Checks(
        system=system,
        folder=folder,
        where="" if folder is not None else where_to(system),
        newest=newest,
        progress=Progress.objects.filter(ref=newest.ref).first() if newest is not None else None,
        is_running=is_running,
        may_run=folder is not None and request.powers.may("work.check_run.run", system),
        may_enrol=request.powers.may("assurance.key.enrol"),
        is_enrolled=is_check_key_enrolled(),
        schedule=CheckSchedule.objects.filter(about=system).select_related("owner").first(),
        may_schedule=request.powers.may("work.check_schedule.add", system),
    )


def show(request: Request, ref: str) -> HttpResponse:
    """Runs the checks, or enrols the server's check key; asked by htmx, how far they are."""
    system = visible(System, request.powers).filter(ref=ref).first()
    if system is None or not request.powers.may(_RIGHT, system):
        raise Http404(f"There is no system {ref} that you may read.")
    there = reverse("web:posture", args=[ref])
    if request.method == "POST":
        if request.POST.get("act") == "enrol":
            enrol_check_key(actor=request.actor, powers=request.powers)
            messages.success(
                request, gettext("The key of this server's checks is enrolled; what it signs from now on counts.")
            )
        else:
            try:
                ask_check(system, actor=request.actor, powers=request.powers)
            except RefusedError as refused:
                messages.error(request, refused.message)
        return redirect(f"{there}#checks")
    if request.headers.get("HX-Request") != "true":
        return redirect(f"{there}#checks")
    checks = checks_of(system, request)
    context: dict[str, Any] = {"system": system, "checks": checks}
    answer = render(request, "web/parts/checks.html", context)
    if not checks.is_running:
        answer["HX-Refresh"] = "true"  # posture and gate may have changed with it
    return answer
