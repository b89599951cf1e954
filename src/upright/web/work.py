"""What the worker does: whether it lives, what reactions wait for, what failed and why, and the way to try again."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from upright.records.trail.models import ReactionRun
from upright.records.trail.reactions import MOST_TRIES
from upright.records.work.actions import run_reaction_again
from upright.records.work.models import WorkerBeat
from upright.records.work.queries import open_runs, reaction_states, worker_state
from upright.web.requests import Request

RIGHT = "work.reaction.read"


def show(request: Request) -> HttpResponse:
    """The worker, its reactions, and runs that failed."""
    request.powers.must(RIGHT)
    if request.method == "POST":
        run = ReactionRun.objects.filter(pk=_number(request.POST.get("run", ""))).first()
        if run is None:
            raise Http404("There is no such run; it may be done by now.")
        run_reaction_again(run, actor=request.actor, powers=request.powers)
        messages.success(request, f"{run.reaction} runs again on entry {run.entry} within seconds.")
        return redirect("web:work")
    return render(
        request,
        "web/work.html",
        {
            "worker": worker_state(),
            "workers": WorkerBeat.objects.order_by("worker"),
            "reactions": reaction_states(),
            "runs": [(one, one.tries >= MOST_TRIES) for one in open_runs()],
            "most": MOST_TRIES,
            "may_run": request.powers.may("work.reaction.run"),
            "here": "organisation",
        },
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else -1
