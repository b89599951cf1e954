"""The addresses below ``/api/v1/``; whatever is asked there, the answer is JSON."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property, wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, URLResolver, path, re_path
from django.urls.resolvers import RoutePattern
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt

from upright.api.callers import Call
from upright.api.document import guide, openapi, part
from upright.api.problems import ApiError, answer, not_found
from upright.desk.description import registered

View = Callable[..., HttpResponseBase]


def guarded(view: View) -> View:
    """Opens what a request needs, closes it, and lets nothing out that is no answer of ours."""

    @wraps(view)
    def answered(request: HttpRequest, *given: Any, **named: Any) -> HttpResponseBase:
        method = request.method
        if method == "HEAD":
            request.method = "GET"  # the same answer; the server that sends it leaves the body out
        with ExitStack() as stack:
            request.upright_call = Call(stack)  # type: ignore[attr-defined]  # ours
            try:
                found = view(request, *given, **named)
            except Exception as why:  # noqa: BLE001 (a program that calls needs an answer it can read)
                found = answer(why)
            if found.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
                found = _not_allowed(found.headers["Allow"])
            found.headers.setdefault("Cache-Control", "no-store")
            request.method = method
            return found

    return csrf_exempt(answered)  # a token is no cookie: no other page makes a browser send it


def _not_allowed(allowed: str) -> HttpResponse:
    names = sorted(allowed.split(", "))
    there = ", ".join(name for one in names for name in ((one, "HEAD") if one == "GET" else (one,)))
    return answer(ApiError(f"Only {there} here.", code="UP-API-05", status=405, headers={"Allow": there}))


def nothing(_request: HttpRequest) -> HttpResponse:
    """The answer below the API's address where there is no route."""
    return answer(not_found())


class Beginning(RoutePattern):
    """Addresses whose first part is a name; of the empty name, all. It takes nothing off them."""

    def __init__(self, name: str) -> None:
        super().__init__("")
        self._beginning = name

    def match(self, path: str) -> tuple[str, tuple[Any, ...], dict[str, Any]] | None:
        """The whole address, where it begins so."""
        is_mine = not self._beginning or path.partition("/")[0] == self._beginning
        return (path, (), {}) if is_mine else None


class Part(URLResolver):
    """Routes that are made when one of them is first asked for, not when a worker starts.

    Names are not reversed, so that a page that reverses another address does not make them either.
    """

    _namespace_dict: dict[str | None, Any]
    _app_dict: dict[str | None, Any]

    def __init__(self, name: str) -> None:
        super().__init__(Beginning(name), [])
        self._part = name

    @cached_property
    def url_patterns(self) -> list[URLPattern | URLResolver]:
        """The routes of one type, or those that are more than a record's."""
        found: list[URLPattern | URLResolver] = []
        for pattern in part(self._part).urls[0]:
            if isinstance(pattern, URLPattern) and pattern.name != "api-root":
                pattern.callback = guarded(pattern.callback)
                found.append(pattern)
        return found

    def _populate(self) -> None:
        language = get_language()
        self._namespace_dict[language], self._app_dict[language] = {}, {}
        self._reverse_dict[language] = MultiValueDict()
        self._populated = True


class Routes(Part):
    """All of them; an address looks at those of its own type alone."""

    def __init__(self) -> None:
        super().__init__("")

    @cached_property
    def url_patterns(self) -> list[URLPattern | URLResolver]:
        """The routes of the API."""
        return [
            path("openapi.json", guarded(openapi), name="openapi"),
            path("", guarded(guide), name="guide"),
            *(Part(name) for name in registered()),
            Part(""),
            re_path(r"^[\s\S]*$", guarded(nothing), name="nothing"),
        ]


app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [Routes()]
