"""The inbox: what one is told, read and unread, and how one wishes to be told."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import activate, gettext, gettext_lazy

from upright.records.collaboration.notices import ALWAYS, Notice, Sort, Way, keep_wishes, mark_read, wishes_of
from upright.records.identity.models import Person
from upright.web.language import CHOSEN
from upright.web.notices import lines
from upright.web.requests import Request

_PER_PAGE = 50
_YEAR = 365 * 24 * 3600
SORTS = {
    Sort.APPROVAL: gettext_lazy("Something waits for my approval"),
    Sort.TASK: gettext_lazy("A task is given to me"),
    Sort.ROLE: gettext_lazy("A role or delegation is mine to accept"),
    Sort.DUE: gettext_lazy("A due or review date of mine is near or past"),
    Sort.EVIDENCE: gettext_lazy("Evidence of a system of mine fails or went stale"),
    Sort.COMMENT: gettext_lazy("Somebody comments on what is mine"),
    Sort.IMPORT: gettext_lazy("An import of mine has ended"),
    Sort.ESCALATION: gettext_lazy("Something in a unit that I lead is overdue"),
}
WAYS = {
    Way.MAIL: gettext_lazy("Inbox and daily e-mail"),
    Way.INBOX: gettext_lazy("Inbox only"),
    Way.NONE: gettext_lazy("Not at all"),
}


def show(request: Request) -> HttpResponse:
    """What waits, the newest first; with ``all`` also what is settled."""
    if request.method == "POST":
        given = [int(one) for one in request.POST.getlist("notice") if one.isascii() and one.isdecimal()]
        mark_read(str(request.actor), None if "all" in request.POST else given)
        return redirect("web:inbox")
    is_all = "all" in request.GET
    found = Notice.objects.filter(person__ref=str(request.actor)).order_by("-at", "-pk")
    if not is_all:
        found = found.filter(settled_at="")
    rows = lines(found[: _PER_PAGE + 1], request.powers)
    context = {"lines": rows[:_PER_PAGE], "more": len(rows) > _PER_PAGE, "is_all": is_all, "here": "home"}
    return render(request, "web/inbox.html", context | {"unread": sum(not one.is_read for one in rows[:_PER_PAGE])})


def wishes(request: Request) -> HttpResponse:
    """How one wishes to be told, by sort, and in which language."""
    person = Person.objects.filter(ref=str(request.actor)).first()
    if person is None:
        raise Http404("Nobody is logged in.")
    if request.method == "POST":
        language = request.POST.get("language", "")
        language = language if language in dict(settings.LANGUAGES) else ""
        keep_wishes(person, {sort: request.POST.get(sort, "") for sort in Sort.values}, language)
        request.session[CHOSEN] = language
        if language:
            activate(language)
        messages.success(request, gettext("Saved."))
        answer = redirect("web:wishes")
        if language:
            answer.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                language,
                max_age=_YEAR,
                httponly=True,
                samesite="Lax",
                secure=request.is_secure(),
                path=settings.SESSION_COOKIE_PATH,
            )
        else:
            answer.delete_cookie(settings.LANGUAGE_COOKIE_NAME, path=settings.SESSION_COOKIE_PATH)
        return answer
    kept = wishes_of(person)
    rows = [
        {
            "name": sort.value,
            "title": title,
            "ways": [(way.value, word, kept.way(sort) == way) for way, word in WAYS.items() if _is_offered(sort, way)],
        }
        for sort, title in SORTS.items()
    ]
    languages = [(code, name, code == kept.language) for code, name in settings.LANGUAGES]
    context = {"rows": rows, "languages": languages, "address": person.email, "here": "home"}
    return render(request, "web/wishes.html", context)


def _is_offered(sort: Sort, way: Way) -> bool:
    return not (way == Way.NONE and sort in ALWAYS)
