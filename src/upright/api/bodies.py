"""Reads a body of JSON strictly: what two programs could read in two ways is refused."""

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from upright.api.problems import ApiError, pointer

LARGEST_BYTES = 1024 * 1024
DEEPEST = 32
_LARGEST_NUMBER = 2**53 - 1
_DIGITS = 20


class StrictParser(Parser):
    """JSON as RFC 8259, without repeated names, fractions, huge numbers, NUL, lone surrogates or deep nesting."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The body as a mapping.

        Raises:
            ApiError: it is none, or not to be read in one way only.
        """
        return read_body(request)


def read_body(request: HttpRequest) -> dict[str, Any]:
    """The body of a request, which has to be one JSON object.

    Raises:
        ApiError: 413, 415, 400 or 422.
    """
    if request.content_type != "application/json":
        raise ApiError(
            f"The body is sent as {request.content_type or 'nothing'!r}; expected 'Content-Type: application/json'.",
            code="UP-API-07",
            status=415,
        )
    if (request.content_params or {}).get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise ApiError("JSON is sent in UTF-8.", code="UP-API-07", status=415)
    packed = request.headers.get("Content-Encoding", "identity")
    if packed.lower() != "identity":
        more = {"Accept-Encoding": "identity"}
        raise ApiError(
            f"The body is packed ('Content-Encoding: {packed[:40]}'); it is read as it is.",
            code="UP-API-07",
            status=415,
            headers=more,
        )
    return read_json(request.body)


def read_json(data: bytes) -> dict[str, Any]:
    """One JSON object out of bytes.

    Raises:
        ApiError: too large, malformed, or with what cannot be kept as it is.
    """
    if len(data) > LARGEST_BYTES:
        raise ApiError(
            f"The body has {len(data)} bytes; at most {LARGEST_BYTES} are taken.", code="UP-API-08", status=413
        )
    try:
        found = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_once,
            parse_float=_fraction,
            parse_int=_whole,
            parse_constant=_constant,
        )
    except RecursionError:
        raise _malformed(f"it is nested deeper than {DEEPEST} levels") from None
    except ValueError as why:
        raise _malformed(str(why)) from None
    if not isinstance(found, dict):
        raise _malformed("it is no object")
    _walk(found, [])
    return found


def _walk(value: Any, at: list[object]) -> None:
    if len(at) > DEEPEST:
        raise _malformed(f"it is nested deeper than {DEEPEST} levels")
    match value:
        case str():
            _demand_text(value, at)
        case list():
            for place, one in enumerate(value):
                _walk(one, [*at, place])
        case dict():
            for name, one in value.items():
                _demand_text(name, at)
                _walk(one, [*at, name])


def _demand_text(text: str, at: list[object]) -> None:
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        found = {
            "pointer": _printable(pointer(at)),
            "detail": "Holds a NUL or half of a surrogate pair.",
            "code": "UP-FIELD-06",
        }
        raise ApiError("A text cannot be kept as it was sent.", code="UP-API-30", status=422, errors=[found])


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise _malformed(f"{_printable(twice[0])!r} stands twice in one object")
    return found


def _whole(text: str) -> int:
    if len(text) > _DIGITS or abs(int(text)) > _LARGEST_NUMBER:
        raise ApiError(
            f"A whole number is beyond ±{_LARGEST_NUMBER}, which not every reader keeps exactly; send it as text.",
            code="UP-API-30",
            status=422,
        )
    return int(text)


def _fraction(text: str) -> NoReturn:
    raise ApiError(
        f"{text[:40]} is no whole number; send decimal numbers as text, so that they stay exact.",
        code="UP-API-30",
        status=422,
    )


def _constant(text: str) -> NoReturn:
    raise _malformed(f"{text} is no JSON")


def _malformed(why: str) -> ApiError:
    return ApiError(f"The body is not one JSON object: {why}.", code="UP-API-06", status=400)
