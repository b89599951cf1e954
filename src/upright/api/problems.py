"""Every error as an RFC 9457 problem document, with the code that the same error has on screen."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from django.core.exceptions import NON_FIELD_ERRORS, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as ShapeError

from upright.kernel import InputError, UprightError
from upright.records.identity.power import DeniedError
from upright.records.trail.errors import ConflictError, RefusedError, is_disk_full

MEDIA_TYPE = "application/problem+json"
_LOG = logging.getLogger("upright.api")
_NOT_READY = frozenset({"UP-DOOR-06", "UP-DOOR-07"})
_FIELD_CODES = {
    "required": "UP-API-31",
    "blank": "UP-API-31",
    "null": "UP-API-31",
    "max_length": "UP-API-32",
    "min_length": "UP-API-32",
    "invalid_choice": "UP-API-33",
    "unique": "UP-API-34",
    "unique_together": "UP-API-34",
}
_OTHER_FIELD_CODE = "UP-API-30"


class ApiError(UprightError):
    """A request that cannot be answered as it was sent; ``status`` and ``more`` go into the problem document."""

    def __init__(
        self, message: str, *, code: str, status: int, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(message, code=code)
        self.status, self.headers, self.more = status, dict(headers or {}), more


def not_found() -> ApiError:
    """The same for what is not there and for what may not be read."""
    return ApiError("There is nothing here that you may read.", code="UP-API-04", status=404)


def answer(why: Exception, at: Sequence[str] = ()) -> HttpResponse:
    """The problem document of an error; what nobody foresaw is logged here and told without details.

    Args:
        why: what was raised.
        at: where in the body the fields stand that a ``ValidationError`` names.
    """
    match why:
        case ApiError():
            return _document(why.status, why.code, why.message, headers=why.headers, **why.more)
        case ConflictError():
            return _document(412, why.code, why.message, yours=_version(why.ours), theirs=_version(why.theirs))
        case DeniedError():
            return _document(403, why.code, why.message)
        case RefusedError():
            return _document(409, why.code, why.message)
        case InputError() if why.code not in _NOT_READY:
            return _document(422, why.code, why.message)
        case ValidationError():
            detail = "Some fields are not what is expected; nothing was written."
            return _document(422, _OTHER_FIELD_CODE, detail, errors=field_errors(why, at))
        case ShapeError():
            detail = "The request is not what this operation takes; nothing was written."
            return _document(422, "UP-API-10", detail, errors=[_shape_error(one) for one in why.errors])
        case AuthenticationError():
            detail = "This needs an API token, sent as 'Authorization: Bearer …'."
            return _document(401, "UP-API-01", detail, headers={"WWW-Authenticate": "Bearer"})
        case HttpError() if why.__cause__ is not None:
            return answer(_cause(why.__cause__))
        case Http404():
            return answer(not_found())
        case HttpError():
            return _document(why.status_code, "UP-API-10", str(why))
    return _failure(why)


def _failure(why: Exception) -> HttpResponse:
    match why:
        case RequestDataTooBig():
            return _document(413, "UP-API-08", "The body is larger than this server takes.")
        case SuspiciousOperation():
            detail = "The request has more parameters than this server takes, or is not put together as HTTP asks."
            return _document(400, "UP-API-23", detail)
        case UprightError():
            _LOG.error("The server cannot do its work.", extra={"code": why.code})
            return _document(503, why.code, why.message, headers={"Retry-After": "30"})
        case IntegrityError():
            detail = "Somebody else wrote the same just now; nothing of yours was written. Read again."
            return _document(409, "UP-API-34", detail)
        case DataError():
            return _document(422, _OTHER_FIELD_CODE, "A value is larger than the database can hold.")
        case OSError() | OperationalError() if is_disk_full(why):
            detail = "The disk of the server is full; nothing was written. Send the same again once there is room."
            return _document(507, "UP-API-19", detail)
        case OperationalError() | InterfaceError():
            _LOG.error("The database does not answer.", exc_info=why)
            detail = "The database does not answer; nothing was written. Try again."
            return _document(503, "UP-API-18", detail, headers={"Retry-After": "5"})
    _LOG.error("An error that nobody foresaw.", exc_info=why)
    return _document(500, "UP-API-17", "Something broke here, and the operator's log says what. Nothing was written.")


def field_errors(why: ValidationError, at: Sequence[str] = ()) -> list[dict[str, str]]:
    """One entry for each error: where in the body, what is wrong, and its code."""
    by_field = why.error_dict if hasattr(why, "error_dict") else {NON_FIELD_ERRORS: why.error_list}
    found = []
    for name, errors in by_field.items():
        parts = (*at, name) if name != NON_FIELD_ERRORS else at
        for one in errors:
            code = one.code or ""
            found.append(
                {
                    "pointer": pointer(parts),
                    "detail": " ".join(str(message) for message in one.messages),
                    "code": code if code.startswith("UP-") else _FIELD_CODES.get(code, _OTHER_FIELD_CODE),
                }
            )
    return found


def pointer(parts: Sequence[object]) -> str:
    """A JSON pointer as a URI fragment is not needed: RFC 6901 text.

    >>> pointer(["record", "a/b"])
    '/record/a~1b'
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def middle_answer(_request: HttpRequest, why: Exception | type[Exception]) -> HttpResponse:
    """As django-ninja calls a handler of exceptions."""
    return answer(why if isinstance(why, Exception) else why(), ("record",))


_BRANCHES = frozenset({"dict[str,any]", "list[any]"})
"""How pydantic names, in a path, the branch of a field that takes an object or a list; no part of what was sent."""


def _shape_error(one: Mapping[str, Any]) -> dict[str, str]:
    source, *rest = (part for part in one["loc"] if part not in _BRANCHES)
    named = {"pointer": pointer(rest[1:])} if source == "body" else {"parameter": ".".join(str(part) for part in rest)}
    return {**named, "detail": str(one["msg"]), "code": "UP-API-31" if one["type"] == "missing" else "UP-API-30"}


def _cause(why: BaseException) -> Exception:
    return why if isinstance(why, Exception) else RuntimeError(str(why))


def _version(record: Mapping[str, Any]) -> dict[str, Any]:
    return {"version": record.get("version"), "record": {k: v for k, v in record.items() if k not in {"id", "version"}}}


def _document(
    status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> HttpResponse:
    said = {
        "type": f"urn:upright:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **more,
    }
    return HttpResponse(msgspec.json.encode(said), status=status, content_type=MEDIA_TYPE, headers=dict(headers or {}))
