"""A problem that has been understood becomes a page that says it: found, expected, what to do, and the code."""

import sys
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_noop

from upright.kernel import InputError, UprightError
from upright.records.identity.power import DeniedError
from upright.records.trail.errors import ConflictError, DoorError, is_disk_full

_STATUS: tuple[tuple[type[UprightError], int, str], ...] = (
    (DeniedError, 403, gettext_noop("You may not do this")),
    (ConflictError, 409, gettext_noop("Somebody else changed this")),
    (InputError, 400, gettext_noop("This cannot be done as it is")),
)


class ErrorPages:
    """Turns our errors into pages; anything else goes on to Django, which shows no traceback."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answers a request; where a form was expected and none came, with a page: a log-in in between ends there."""
        answer = self.get_response(request)
        if not isinstance(answer, HttpResponseNotAllowed) or answer.content or request.path.startswith("/api/"):
            return answer
        says = gettext(
            "This address takes what a button sends, and nothing was sent. Go back to the page with the button and "
            "press it again."
        )
        page = error_page(request, answer.status_code, gettext("Nothing was done"), says, "UP-WEB-11")
        page["Allow"] = answer["Allow"]
        return page

    def process_exception(self, request: HttpRequest, why: Exception) -> HttpResponse | None:
        """The page of one of our errors; None for all others, and for faults of ours."""
        if not isinstance(why, UprightError) or isinstance(why, DoorError) or request.path.startswith("/api/"):
            return None
        for kind, status, title in _STATUS:
            if isinstance(why, kind):
                return error_page(request, status, title, why.message, why.code)
        return error_page(request, 500, gettext("The server cannot do this now"), why.message, why.code)


def error_page(request: HttpRequest, status: int, title: str, message: str, code: str = "") -> HttpResponse:
    """One page for all that goes wrong."""
    return render(request, "web/error.html", {"title": title, "message": message, "code": code}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that leads nowhere, or to what may not be read: the two are not told apart."""
    said = str(exception.args[0]) if exception.args and isinstance(exception.args[0], str) else ""
    message = said or gettext("There is nothing at this address, or you may not read it.")
    return error_page(request, 404, gettext("Nothing here"), message)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What is not read, since it is more than is taken at once or is no form; what was typed stays in the browser.

    The page asks nothing of the request, whose fields cannot be read.
    """
    fields, files = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS, settings.DATA_UPLOAD_MAX_NUMBER_FILES
    match exception:
        case TooManyFieldsSent():
            code, most = "UP-WEB-02", number_format(fields or 0, force_grouping=True)
        case TooManyFilesSent():
            code, most = "UP-WEB-03", number_format(files or 0)
        case RequestDataTooBig():
            code, most = "UP-WEB-04", filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        case _:
            code, most = "UP-WEB-05", ""
    said = {"code": code, "most": most, "found": filesizeformat(request.META.get("CONTENT_LENGTH") or 0)}
    page = render_to_string("web/not_read.html", said | {"home": get_script_prefix()})
    return HttpResponse(page, status=413 if code == "UP-WEB-04" else 400)


def not_ours(_request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django names it
    """A form without the sign that a page of this server put into it: too old, or sent from elsewhere."""
    said = {"code": "UP-WEB-06", "home": get_script_prefix()}
    return HttpResponse(render_to_string("web/not_read.html", said), status=403)


def broken(_request: HttpRequest) -> HttpResponse:
    """A fault of ours, a full disk, or a database that does not answer; the page needs no database and no session."""
    why = sys.exc_info()[1]
    is_full = is_disk_full(why)
    is_down = isinstance(why, OperationalError | InterfaceError) and not is_full
    said = {"is_down": is_down, "is_full": is_full, "home": get_script_prefix()}
    page = render_to_string("web/broken.html", said)  # without the request, whose user is a query
    return HttpResponse(page, status=503 if is_down or is_full else 500)
