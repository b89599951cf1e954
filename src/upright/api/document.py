"""The OpenAPI document, and a page for people made from it: plain HTML, no script."""

from functools import cache
from html import escape
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.templatetags.static import static
from django.urls import get_script_prefix
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.errors import ValidationError as ShapeError

from upright import __version__
from upright.api.answers import PATH, json_answer
from upright.api.applicability import add_applicability
from upright.api.assurance import add_assurance
from upright.api.bodies import StrictParser
from upright.api.callers import Bearer
from upright.api.imports import add_imports
from upright.api.problems import middle_answer
from upright.api.records import add_routes
from upright.api.shapes import Problem
from upright.desk.description import record_type, registered

_ABOUT = (
    "Every record type of the management system: list, read, add, change, history and its moves. A token is shown as "
    "'Authorization: Bearer upr_…'. A change names the version it was made for (If-Match); an error is a problem "
    "document (RFC 9457) with a stable code."
)
_SCHEMAS = "#/components/schemas/"
_METHODS = ("get", "post", "patch")
_READS = frozenset({"GET", "HEAD"})


@cache
def made() -> NinjaAPI:
    """All routes, which the document describes."""
    api = _empty()
    for described in registered().values():
        add_routes(api, described)
    _add_more(api)
    return api


@cache
def part(name: str) -> NinjaAPI:
    """The routes of one described type; of the empty name, those that are more than a record's.

    The models of a thousand operations take seconds to make, which nobody has to wait for who asks for one type.
    """
    api = _empty()
    if name:
        add_routes(api, record_type(name))
    else:
        _add_more(api)
    return api


def _empty() -> NinjaAPI:
    api = NinjaAPI(
        title="Upright",
        version=__version__,
        description=_ABOUT,
        openapi_url=None,
        docs_url=None,
        urls_namespace="api",
        auth=Bearer(),
        parser=StrictParser(),
    )
    for error in (Exception, Http404, HttpError, ShapeError):  # each of which django-ninja would answer itself
        api.add_exception_handler(error, middle_answer)
    return api


def _add_more(api: NinjaAPI) -> None:
    add_assurance(api)
    add_applicability(api)
    add_imports(api)


def openapi(request: HttpRequest) -> HttpResponse:
    """``openapi.json``; it names types and fields, no record, so that it needs no token."""
    if request.method not in _READS:
        return HttpResponseNotAllowed(sorted(_READS))
    return json_answer(described_api(get_script_prefix()))


@cache
def described_api(prefix: str) -> dict[str, Any]:
    """The document for a server that is mounted below ``prefix``."""
    found: dict[str, Any] = dict(made().get_openapi_schema(path_prefix=f"{prefix.strip('/')}/{PATH}".lstrip("/")))
    problem = Problem.model_json_schema(ref_template=f"{_SCHEMAS}{{model}}", mode="serialization")
    found["components"]["schemas"] |= {**problem.pop("$defs"), "Problem": problem}
    return found


def guide(request: HttpRequest) -> HttpResponse:
    """The page for people."""
    if request.method not in _READS:
        return HttpResponseNotAllowed(sorted(_READS))
    return HttpResponse(_page(described_api(get_script_prefix())))


def _page(said: dict[str, Any]) -> str:
    groups: dict[str, list[str]] = {}
    for path, operations in said["paths"].items():
        for method in _METHODS:
            if method in operations:
                one = operations[method]
                groups.setdefault(one["tags"][0], []).append(_operation(method, path, one))
    body = "".join(f"<h2>{escape(tag)}</h2>{''.join(parts)}" for tag, parts in groups.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>API of Upright</title>'
        f'<link rel="stylesheet" href="{static("upright/upright.css")}"></head>'
        f'<body class="public"><main class="public-frame guide"><h1>API of Upright</h1><p>{escape(_ABOUT)}</p>'
        f'<p>For machines: <a href="openapi.json">openapi.json</a> (OpenAPI {escape(said["openapi"])}).</p>'
        f"{body}</main></body></html>"
    )


def _plain(text: str) -> str:
    return escape(str(text)).replace("``", "")


_HEAD = "".join(f'<th scope="col">{one}</th>' for one in ("Name", "In", "Needed", "What"))


def _parameter(one: dict[str, Any]) -> str:
    said = {
        "In": escape(one["in"]),
        "Needed": "needed" if one.get("required") else "optional",
        "What": _plain(one.get("description", "")),
    }
    cells = "".join(f'<td data-label="{name}">{value}</td>' for name, value in said.items())
    return f'<tr><th scope="row"><code>{escape(one["name"])}</code></th>{cells}</tr>'


def _operation(method: str, path: str, one: dict[str, Any]) -> str:
    rows = "".join(map(_parameter, one.get("parameters", [])))
    caption = '<caption class="visually-hidden">Parameters</caption>'
    table = (
        f'<table class="table stack">{caption}<thead><tr>{_HEAD}</tr></thead><tbody>{rows}</tbody></table>'
        if rows
        else ""
    )
    answers = ", ".join(escape(str(status)) for status in one["responses"])
    return (
        f'<section id="{escape(one["operationId"])}"><h3>{escape(one["summary"])}</h3>'
        f"<p><code>{method.upper()} {escape(path)}</code></p><p>{_plain(one.get('description', ''))}</p>"
        f"{table}<p>Answers: {answers}.</p></section>"
    )
