"""A problem that has been understood becomes a page that says it: found, expected, what to do, and the code."""

import sys
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import get_script_prefix
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
        """Answers a request."""
        return self.get_response(request)

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


def broken(_request: HttpRequest) -> HttpResponse:
    """A fault of ours, a full disk, or a database that does not answer; the page needs no database and no session."""
    why = sys.exc_info()[1]
    is_full = is_disk_full(why)
    is_down = isinstance(why, OperationalError | InterfaceError) and not is_full
    said = {"is_down": is_down, "is_full": is_full, "home": get_script_prefix()}
    page = render_to_string("web/broken.html", said)  # without the request, whose user is a query
    return HttpResponse(page, status=503 if is_down or is_full else 500)
