"""Each request knows who acts and what they may; without a log-in there is nothing but the public pages."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import SimpleLazyObject

from upright.records.identity.acting import NOBODY, acting
from upright.records.identity.models import Account
from upright.records.identity.power import powers_of

API = "api/"
"""Routes below it answer for themselves: 401 instead of a way to the log-in page."""


class DemandLogin(LoginRequiredMiddleware):
    """Every view demands a log-in unless it is marked as public (Django's ``login_not_required``)."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        """None lets the view answer; else to the log-in page, a fragment of a page with the whole page."""
        match = request.resolver_match
        if match is not None and match.route.startswith(API):
            return None
        to_login: HttpResponseBase | None = super().process_view(request, view_func, view_args, view_kwargs)
        if to_login is not None and request.headers.get("HX-Request") == "true":
            return HttpResponse(status=401, headers={"HX-Redirect": to_login.headers["Location"]})
        return to_login


class ActorMiddleware:
    """Sets ``request.actor`` and ``request.powers``; powers are read when first asked for, and kept for no one else.

    ``request.mails`` holds what is to be sent once the answer is out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answers a request in the name of who is logged in."""
        account = None if request.path_info.startswith(f"/{API}") else request.user  # there a session is none
        actor = account.actor if isinstance(account, Account) else NOBODY
        request.actor = actor  # type: ignore[attr-defined]  # ours
        request.powers = SimpleLazyObject(lambda: powers_of(actor))  # type: ignore[attr-defined]  # ours
        request.mails = []  # type: ignore[attr-defined]  # ours
        with acting(actor):
            answer = self.get_response(request)
        mails, close = request.mails, answer.close  # type: ignore[attr-defined]  # ours
        if mails:
            answer.close = partial(_in_turn, close, mails)  # type: ignore[method-assign]  # called when all is sent
        return answer


def _in_turn(first: Callable[[], None], others: Sequence[Callable[[], None]]) -> None:
    for step in (first, *others):
        step()
