"""Records as the API says them: what the ledger holds of them, without secrets."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix

from upright.api.problems import ApiError
from upright.records.trail.projection import project
from upright.records.trail.record import Record

PATH = "api/v1/"
_OUTSIDE = frozenset({"id", "version"})


def shown(model: type[Record], projected: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are told, in the order of the model."""
    names = [field.name for field in model._meta.concrete_fields]
    return {one: projected[one] for one in names if one in projected and one not in _OUTSIDE | model.sealed}


def representation(model: type[Record], ref: str, projected: Mapping[str, Any]) -> dict[str, Any]:
    """One record at one version."""
    key = str(projected["id"])
    return {
        "ref": ref,
        "id": key,
        "version": projected["version"],
        "href": f"{get_script_prefix()}{PATH}{model.ref_type}/{key}",
        "record": shown(model, projected),
    }


def represent(record: Record) -> dict[str, Any]:
    """A record as it stands in memory."""
    return representation(type(record), record.ref, project(record))


def answer_of(said: Record | Mapping[str, Any], status: int = 200, **headers: str) -> HttpResponse:
    """A record as an answer, with its version as the ETag, and with its place where it is new."""
    document = represent(said) if isinstance(said, Record) else dict(said)
    headers["ETag"] = etag(int(document["version"]))
    if status == 201:
        headers["Location"] = str(document["href"])
    return json_answer(document, status, **headers)


def json_answer(document: object, status: int = 200, **headers: str) -> HttpResponse:
    """A JSON document that no cache keeps."""
    return HttpResponse(
        msgspec.json.encode(document), status=status, content_type="application/json", headers={**headers}
    )


def etag(version: int) -> str:
    """A version as an entity tag."""
    return f'"{version}"'


def wanted_version(request: HttpRequest, current: int) -> int:
    """The version that a change says it was made for; of several, the current one if it is among them.

    Raises:
        ApiError: none was named (428), or not as an entity tag (400).
    """
    given = request.headers.get("If-Match")
    if given is None:
        raise ApiError(
            f"Say which version you change: send If-Match with the ETag that you read, such as {etag(current)}.",
            code="UP-API-12",
            status=428,
        )
    versions = [_version(one.strip()) for one in given.split(",")]
    return current if current in versions else versions[0]


def _version(text: str) -> int:
    number = text.removeprefix("W/").strip('"')
    if (
        text.startswith("W/")
        or len(number) > 9
        or not number.isascii()
        or not number.isdigit()
        or f'"{number}"' != text
    ):
        raise ApiError(
            f'If-Match is {text[:40]!r}; expected the ETag of the version that you read, such as "3".',
            code="UP-API-16",
            status=400,
        )
    return int(number)
