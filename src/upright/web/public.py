"""What every page without log-in shares: nobody is logged in on it, nothing of it is logged, a limit of how often."""

import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from functools import wraps
from hashlib import blake2b
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from upright.records.identity.models import Unit
from upright.records.identity.source import source_of

P = ParamSpec("P")
_WITHIN_S = 3600.0
_MOST_SOURCES = 10_000
_ALIKE = "is_for_everybody_alike"


def public(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Nobody is logged in here, so no other page can act in somebody's name; and no answer is written to a log."""
    return _opened(never_cache(_unlogged(view, {"X-Robots-Tag": "noindex"})))


def published(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """The same for what everybody reads alike: a cache may keep it, and asks each time whether it still holds."""
    answered = _unlogged(view, {"Cache-Control": "public, no-cache"})

    @wraps(view)
    def alike(request: HttpRequest, *args: P.args, **given: P.kwargs) -> HttpResponse:
        answer = answered(request, *args, **given)
        vars(answer)[_ALIKE] = True
        return answer

    return _opened(require_safe(alike))


class Sessions(SessionMiddleware):
    """Sessions for pages of persons: what everybody reads alike gets no cookie, and no ``Vary`` that names one."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Django's, but for those answers."""
        return response if getattr(response, _ALIKE, False) else super().process_response(request, response)


def _unlogged(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse], headers: Mapping[str, str]
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    @wraps(view)
    def answered(request: HttpRequest, *args: P.args, **given: P.kwargs) -> HttpResponse:
        answer = view(request, *args, **given)
        vars(answer)["_has_been_logged"] = True  # Django's own mark: its log passes by
        for name, value in {"Referrer-Policy": "no-referrer", **headers}.items():
            answer.headers.setdefault(name, value)
        return answer

    return cast("Callable[Concatenate[HttpRequest, P], HttpResponse]", answered)


def _opened(view: Any) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    opened = csrf_exempt(login_not_required(view))
    return cast("Callable[Concatenate[HttpRequest, P], HttpResponse]", opened)


class Limit:
    """At most so many an hour from one source, and in all; in this process's memory, gone when it ends.

    A source is told apart by a keyed hash of its address, under a key that nobody has seen and that is thrown away
    within two hours: the address itself is never kept.
    """

    def __init__(self, each: int, together: int) -> None:
        self.each, self.together = each, together
        self.clear()

    def clear(self) -> None:
        """Forgets everything."""
        self._key, self._since = secrets.token_bytes(32), time.monotonic()
        self._all: deque[float] = deque(maxlen=self.together)
        self._sources: OrderedDict[bytes, deque[float]] = OrderedDict()

    def wait(self, request: HttpRequest) -> int:
        """Counts one; seconds until the next may come where it is one too many, which is not counted. 0: it may."""
        moment = time.monotonic()
        if moment - self._since > _WITHIN_S:
            self._key, self._since = secrets.token_bytes(32), moment
            self._sources.clear()
        name = blake2b(source_of(request).encode(errors="replace"), key=self._key, digest_size=16).digest()
        mine = self._sources.setdefault(name, deque(maxlen=self.each))
        self._sources.move_to_end(name)
        if len(self._sources) > _MOST_SOURCES:
            self._sources.popitem(last=False)
        for recent in (mine, self._all):
            left = _WITHIN_S - (moment - recent[0]) if len(recent) == recent.maxlen else 0.0
            if left > 0:
                return max(1, round(left))
        mine.append(moment)
        self._all.append(moment)
        return 0


def organisation_name() -> str:
    """What the organisation is called on a page without log-in."""
    root = Unit.objects.filter(parent__isnull=True).order_by("pk").values_list("name", flat=True).first()
    return root or gettext("An organisation")


def too_many(answer: HttpResponse, seconds: int) -> HttpResponse:
    """The answer to one too many, with when to come back (RFC 9110, section 10.2.3)."""
    answer.status_code = 429
    answer.headers["Retry-After"] = str(seconds)
    return answer
