"""In which language somebody reads: as they chose, else as their browser asks, else English; programs read English."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from upright.records.collaboration.notices import wishes_of
from upright.records.identity.login.middleware import API
from upright.records.identity.models import Account

CHOSEN = "language"
"""Where a session keeps what its person chose: read once, at Home, where a log-in leads; no other page pays for it."""


class BrowserLanguage(LocaleMiddleware):
    """Django's choice by cookie and header, for pages; the API answers everybody alike."""

    def process_request(self, request: HttpRequest) -> None:
        """Sets the language of the answer."""
        if request.path_info.startswith(f"/{API}"):
            _read_in(request, settings.LANGUAGE_CODE)
        else:
            super().process_request(request)


class OwnLanguage:
    """Who chose a language reads it in every browser; a cookie, where there is one, has said so already."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answers in the language that the person chose."""
        is_said = settings.LANGUAGE_COOKIE_NAME in request.COOKIES or request.path_info.startswith(f"/{API}")
        account = None if is_said else request.user
        if isinstance(account, Account):
            if CHOSEN not in request.session and request.path_info == "/":
                request.session[CHOSEN] = wishes_of(account.person).language
            chosen = request.session.get(CHOSEN, "")
            if chosen in dict(settings.LANGUAGES):
                _read_in(request, chosen)
        return self.get_response(request)


def _read_in(request: HttpRequest, language: str) -> None:
    translation.activate(language)
    request.LANGUAGE_CODE = language
