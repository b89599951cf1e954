"""Public pages, without log-in: raise a concern, report harm, ask about a decision, and follow it by its receipt.

Nothing of a request is kept: no address, no session, no exact time, no line in a log. How often one source may speak is
counted in this process's memory alone, under a key that is thrown away (``public.Limit``).
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy

from upright.kernel import InputError
from upright.records.operations.actions.voices import (
    KINDS,
    NO_ADDRESS,
    add_words,
    conversation,
    find_voice,
    is_waiting,
    read_voice,
    say,
)
from upright.records.operations.models.voices import Voice
from upright.records.trail.server_log import now
from upright.web.public import Limit, organisation_name, public, too_many
from upright.web.requests import Request, the_record

CHOICES = (
    (
        "concern",
        gettext_lazy("A concern"),
        gettext_lazy("Something about an AI system, or how it is run here, worries you."),
    ),
    (
        "external-report",
        gettext_lazy("A report of harm"),
        gettext_lazy("An AI system of ours harmed you or somebody else."),
    ),
    (
        "contested-decision",
        gettext_lazy("A question about a decision"),
        gettext_lazy("You want to know why, or you contest it. A person answers."),
    ),
)
_SAID = Limit(each=12, together=600)
_ASKED = Limit(each=120, together=6000)


@public
def speak(request: HttpRequest) -> HttpResponse:
    """Says something; the answer shows the receipt, once."""
    sent = {name: request.POST.get(name, "") for name in ("kind", "text", "person", "urgent", "email")}
    context: dict[str, Any] = {"choices": CHOICES, "sent": sent, "organisation": organisation_name()}
    if request.method != "POST":
        context["sent"]["kind"] = request.GET.get("kind", "concern")
        return render(request, "web/public/speak.html", context)
    if seconds := _SAID.wait(request):
        context["why"] = gettext("Too much was said in this hour. Come back in an hour; your text stands below.")
        return too_many(render(request, "web/public/speak.html", context), seconds)
    try:
        receipt = say(
            sent["kind"],
            sent["text"],
            about_person=sent["person"],
            is_urgent=bool(sent["urgent"]),
            email=sent["email"],
        )
    except InputError as why:
        context["wrong_email" if why.code == NO_ADDRESS else "why"] = why.message
        return render(request, "web/public/speak.html", context, status=400)
    shown = " ".join(receipt[at : at + 4] for at in range(0, 32, 4))
    context |= {"receipt": shown, "due": KINDS[sent["kind"]](received=now()).due}
    return render(request, "web/public/receipt.html", context)


@public
def follow(request: HttpRequest) -> HttpResponse:
    """What became of it, for who has the receipt, and a way to add words."""
    receipt, text = request.POST.get("receipt", ""), request.POST.get("text", "")
    context: dict[str, Any] = {"receipt": receipt, "text": text, "organisation": organisation_name()}
    if request.method != "POST":
        return render(request, "web/public/follow.html", context)
    if seconds := _ASKED.wait(request):
        context["why"] = gettext("Too much was asked in this hour. Come back in an hour.")
        return too_many(render(request, "web/public/follow.html", context), seconds)
    try:
        if text.strip():
            add_words(receipt, text)
            context |= {"text": "", "is_added": True}
        voice = find_voice(receipt)
    except InputError as why:
        context["why"] = why.message
        return render(request, "web/public/follow.html", context, status=400)
    if voice is None and not is_waiting(receipt):
        context["why"] = "Nothing has that receipt; look at its 32 signs."
        return render(request, "web/public/follow.html", context, status=404)
    context |= {"voice": voice, "said": [] if voice is None else conversation(voice), "is_known": True}
    return render(request, "web/public/follow.html", context)


def read(request: Request, ref: str) -> HttpResponse:
    """The words, for those who handle them."""
    described, record = the_record(ref, request)
    if not isinstance(record, Voice):
        raise Http404("Nobody said that.")
    said = read_voice(record, actor=request.actor, powers=request.powers)
    context = {"described": described, "record": record, "said": said, "here": described.place}
    return render(request, "web/voice.html", context)
