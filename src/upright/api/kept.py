"""Idempotency keys: the same key with the same request gives the same answer for 24 hours, and writes once."""

import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

from django.http import HttpRequest, HttpResponse

from upright.api.answers import answer_of, representation
from upright.api.callers import Caller
from upright.api.models import KeptAnswer
from upright.api.problems import ApiError, not_found
from upright.desk.description import record_type
from upright.desk.visible import visible
from upright.kernel import Ref
from upright.records.trail.door import change
from upright.records.trail.history import steps
from upright.records.trail.record import Record
from upright.records.trail.server_log import now

KEPT_FOR = timedelta(hours=24)
HEADER = "Idempotency-Key"
_KEY = re.compile(r'"?([!#-\[\]-~]{1,128})"?')


def once(request: HttpRequest, caller: Caller, status: int, make: Callable[[], Record]) -> HttpResponse:
    """Makes what was asked, or says again what came of it when this key was used before.

    A refusal is not kept, since it wrote nothing: the same request may be sent again when its reason is gone.

    Raises:
        ApiError: the key is malformed, or was used for another request.
        whatever ``make`` raises.
    """
    given = request.headers.get(HEADER)
    if given is None:
        return answer_of(make(), status)
    key = _KEY.fullmatch(given)
    if key is None:
        raise ApiError(
            f"{HEADER} has to be 1 to 128 visible ASCII characters, such as a UUID.", code="UP-API-16", status=400
        )
    mine = {"token": caller.token.pk, "key": key[1]}
    fingerprint = _fingerprint(request)
    with change():  # the log's lock: of two requests with one key, the second finds what the first kept
        KeptAnswer.objects.filter(made_at__lt=now() - KEPT_FOR).delete()
        kept = KeptAnswer.objects.filter(**mine).first()
        if kept is None:
            record = make()
            KeptAnswer.objects.create(
                **mine,
                fingerprint=fingerprint,
                status=status,
                ref=record.ref,
                record_version=record.version,
                made_at=now(),
            )
            return answer_of(record, status)
    if kept.fingerprint != fingerprint:
        raise ApiError(
            f"This {HEADER} was used for another request within 24 hours. Give each request its own key.",
            code="UP-API-14",
            status=422,
        )
    return _again(kept, caller)


def _again(kept: KeptAnswer, caller: Caller) -> HttpResponse:
    described = record_type(Ref.parse(kept.ref).type)
    if not visible(described.model, caller.powers).filter(ref=kept.ref).exists():
        raise not_found()
    for step in steps(kept.ref):
        if step.record is not None and step.record.get("version") == kept.record_version:
            said = representation(described.model, kept.ref, step.record)
            return answer_of(said, kept.status, **{"Idempotent-Replayed": "true"})
    raise ApiError("What this key wrote was erased since.", code="UP-API-21", status=410)


def _fingerprint(request: HttpRequest) -> str:
    asked = (str(request.method), request.path, request.headers.get("If-Match", ""))
    return sha256("\0".join(asked).encode() + b"\0" + request.body).hexdigest()
