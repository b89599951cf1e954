"""An import that the worker carries out: how far it is, in words; then what came of it, by row and column."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from upright.desk.description import registered
from upright.desk.importing import Outcome, Problem
from upright.records.work.imports import go_on, is_file_kept, may_see, progress
from upright.records.work.models import ImportRun
from upright.records.work.tasks import is_queued
from upright.web.requests import Request, is_fragment, text_of

COUNTS = ("rows", "added", "changed", "same", "refused")


def show(request: Request, ref: str) -> HttpResponse:
    """Progress while it runs, the outcome afterwards."""
    run = ImportRun.objects.filter(ref=ref).first()
    described = None if run is None else registered().get(run.record_type)
    if run is None or described is None or not may_see(run, request.actor, request.powers):
        raise Http404(f"There is no {ref}, or you may not see it.")
    is_mine = str(request.actor) == run.asked_by
    if request.method == "POST":
        go_on(run, actor=request.actor)
        messages.success(request, gettext("It goes on where it was."))
        return redirect("web:import-run", ref)
    far = progress(run)
    is_waiting = run.state == ImportRun.State.WAITING
    is_over = not is_waiting or not is_queued(run)
    shown = outcome_of(far.found)
    context = {
        "run": run,
        "described": described,
        "far": far,
        "outcome": shown,
        "share": min(99, 100 * far.done // far.total) if far.total else 0,
        "is_over": is_over,
        "is_broken": is_over and is_waiting,
        "may_go_on": is_mine and is_over and run.state != ImportRun.State.DONE and not run.dry and is_file_kept(run),
        "token": far.found.get("token", "") if is_mine and run.dry and not is_waiting else "",
        "here": described.place,
    }
    template = "web/parts/import_run.html" if is_fragment(request) else "web/import_run.html"
    return render(request, template, context)


def tried(request: Request, name: str, token: str) -> ImportRun | None:
    """The trial of a file that its owner comes back from, to say what its values mean or to import it."""
    run = ImportRun.objects.filter(ref=text_of(request, "run"), record_type=name, dry=True).first()
    if run is None or str(request.actor) != run.asked_by or progress(run).found.get("token") != token:
        return None
    return run if run.state != ImportRun.State.WAITING else None


def outcome_of(found: dict[str, Any]) -> Outcome:
    """The outcome that is kept with the progress of an import."""
    return Outcome(
        **{name: int(found.get(name, 0)) for name in COUNTS},
        problems=[Problem(**one) for one in found.get("problems", [])],
        unknown={name: Counter(texts) for name, texts in found.get("unknown", {}).items()},
    )
