"""Who calls: an API token as a bearer, the person behind it, and what both may together."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import connection
from django.db.models import F
from django.http import HttpRequest
from ninja.security import HttpBearer

from upright.api.problems import ApiError
from upright.kernel import Actor, Ref
from upright.records.identity.acting import Scope, acting
from upright.records.identity.models import ApiToken
from upright.records.identity.power import Powers, powers_of
from upright.records.identity.tokens import digest_of, new_secret, note_use, read_token
from upright.records.trail import prepared
from upright.records.trail.server_log import now

BAD_TOKENS = 20
WINDOW_SECONDS = 60
_NOTED_EVERY = timedelta(minutes=10)
_ANY = UUID(int=1)
_NO_TOKEN = ApiToken(digest=digest_of(new_secret()))


@dataclass(frozen=True)
class Caller:
    """A person by a token; ``powers`` are what both may."""

    actor: Actor
    powers: Powers
    token: ApiToken


@dataclass
class Call:
    """What one request opened and has to close."""

    stack: ExitStack
    caller: Caller | None = None


class Bearer(HttpBearer):
    """``Authorization: Bearer upr_…``."""

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        """The caller; None without one.

        Raises:
            ApiError: 401 for what opens nothing, whatever the reason; 429 after many of them.
        """
        found = _usable(request, token)
        actor = Actor(Ref.parse(found.of), "token")
        scope = Scope(str(actor.ref), frozenset(found.rights), frozenset(found.systems))
        call: Call = request.upright_call  # type: ignore[attr-defined]  # set by the guard of every route
        call.stack.enter_context(acting(actor, scope))
        call.caller = Caller(actor, powers_of(actor), found)
        _note_use(found)
        return call.caller


def caller_of(request: HttpRequest) -> Caller:
    """Who calls, as the bearer token said."""
    call: Call = request.upright_call  # type: ignore[attr-defined]  # set by the guard of every route
    if call.caller is None:
        raise ApiError("This needs an API token.", code="UP-API-01", status=401)
    return call.caller


def _usable(request: HttpRequest, text: str) -> Any:
    read = read_token(text.strip())
    found = None if read is None else _stored(read[0])
    is_right = (found or _NO_TOKEN).holds(read[1] if read is not None else "")
    if found is not None and is_right and found.is_usable(now()) and _is_let_in(found):
        return found
    if _count_bad(request) > BAD_TOKENS:
        raise ApiError(
            f"More than {BAD_TOKENS} tokens that open nothing came from this address within a minute.",
            code="UP-API-03",
            status=429,
            headers={"Retry-After": str(WINDOW_SECONDS)},
        )
    raise ApiError(
        "The token opens nothing: unknown, expired, revoked, or its person may not log in. Issue another.",
        code="UP-API-02",
        status=401,
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def _stored(key: UUID) -> Any:
    """A token; ``of`` says whose, and the other two whether its person and their account, if any, are active."""
    field = ApiToken._meta.pk
    put = {field.get_db_prep_value(_ANY, connection): field.get_db_prep_value(key, connection)}
    return next(iter(prepared.objects(ApiToken, "api.token", _any_token, put)), None)


def _any_token() -> Any:
    whose = {"of": F("person__ref"), "is_active": F("person__is_active"), "is_open": F("person__account__is_active")}
    return ApiToken.objects.filter(pk=_ANY).annotate(**whose)


def _is_let_in(token: Any) -> bool:
    return bool(token.is_active) and (token.is_open is None or bool(token.is_open))


def _count_bad(request: HttpRequest) -> int:
    """How many this address sent in the window. A good token passes in any case: nobody shuts out a neighbour."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    counter = f"api-bad-token:{sha256(address.encode()).hexdigest()}"
    seen = int(cache.get(counter, 0))
    if seen > BAD_TOKENS:
        return seen
    if not cache.add(counter, 1, WINDOW_SECONDS):
        cache.set(counter, seen + 1, WINDOW_SECONDS)
    return seen + 1


def _note_use(token: ApiToken) -> None:
    moment = now()
    if token.last_used_at is None or moment - token.last_used_at > _NOTED_EVERY:
        note_use(token, moment)
