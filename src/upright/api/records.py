"""The routes of one described type. They translate: the form, the door and the verbs do the rest."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, get_args

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Query
from pydantic import BaseModel

from upright.api.answers import answer_of, etag, json_answer, represent, shown, wanted_version
from upright.api.callers import Caller, caller_of
from upright.api.kept import once
from upright.api.moving import make_move
from upright.api.problems import MEDIA_TYPE, ApiError, not_found
from upright.api.reading import links, page
from upright.api.shapes import History, HistoryQuery, Shapes, shapes_of
from upright.desk.description import Move, RecordType
from upright.desk.forms import form_class, form_data
from upright.desk.values import sentence
from upright.desk.visible import visible
from upright.kernel import Ref, RefError, key_of
from upright.records.identity.editing import may_be_added
from upright.records.identity.power import rights
from upright.records.trail.errors import ConflictError
from upright.records.trail.history import Step, steps
from upright.records.trail.projection import project
from upright.records.trail.record import Record

QUERY: Any = Query
"""Marks a type made at run time as query parameters."""
_PROBLEMS = {  # said once for all: a model for each of a thousand routes' refusals took a minute to make
    one.value: {
        "description": one.phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for one in HTTPStatus
    if one >= HTTPStatus.BAD_REQUEST
}
READ = (401, 403, 404, 422, 429, 503)
WRITE = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
MADE_FOR = (410, 412, 428)
KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!#-\\[\\]-~]{1,128}$"},
    "description": "A text of your own, such as a UUID: the same request sent again with it writes once (24 hours).",
}
MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    "description": "The ETag of the version that this changes.",
}


def add_routes(api: NinjaAPI, described: RecordType) -> None:
    """Mounts what a type has: what no role may do with it, it has not."""
    shapes = shapes_of(described)
    _add_reading(api, described, shapes)
    if may_be_added(described.model):
        _add_create(api, described, shapes)
    if described.right("change") in rights():
        _add_update(api, described, shapes)
    for move in described.moves:
        if move.__name__ in shapes.moves:
            _add_move(api, described, shapes, move)


def _add_reading(api: NinjaAPI, described: RecordType, shapes: Shapes) -> None:
    def listed(request: HttpRequest, query: Any) -> HttpResponse:
        caller = caller_of(request)
        caller.powers.must(described.right("read"))
        rows, following = page(described, query.model_dump(), caller.powers)
        return json_answer({"items": [represent(row) for row in rows], "next": following})

    def read(request: HttpRequest, key: str) -> HttpResponse:
        record = find(described, key, caller_of(request))
        if request.headers.get("If-None-Match") == etag(record.version):
            return HttpResponse(status=304, headers={"ETag": etag(record.version)})
        return answer_of(record)

    def past(request: HttpRequest, key: str, query: Any) -> HttpResponse:
        record = find(described, key, caller_of(request))
        return json_answer(_history(described.model, record, query))

    name, plural = described.name, str(described.model._meta.verbose_name_plural)
    listed.__annotations__["query"] = QUERY[shapes.query]
    past.__annotations__["query"] = QUERY[HistoryQuery]
    said = f"{described.purpose} Filters, search and order as on screen; a page begins after ``cursor``."
    route(api.get, f"/{name}", listed, described, f"List {plural}", said, {200: shapes.page}, (400, *READ))
    said = "By its id, or by its reference where that has no slash."
    route(api.get, f"/{name}/{{key}}", read, described, f"Read one of the {plural}", said, {200: shapes.shown}, READ)
    said = "Who did what, when and why, read from the ledger."
    title = f"History of one of the {plural}"
    route(api.get, f"/{name}/{{key}}/history", past, described, title, said, {200: History}, (400, *READ))


def _add_create(api: NinjaAPI, described: RecordType, shapes: Shapes) -> None:
    def create(request: HttpRequest, body: Any) -> HttpResponse:
        caller = caller_of(request)
        if described.right("add") in rights():
            caller.powers.must(described.right("add"))
        given = form_data(described.model(), described) | body.record.model_dump(exclude_unset=True)

        def make() -> Record:
            form = form_class(described)(given, powers=caller.powers)
            return form.write(actor=caller.actor, reason=body.reason, powers=caller.powers)

        return once(request, caller, 201, make)

    create.__annotations__["body"] = shapes.create
    title = f"Add one of the {described.model._meta.verbose_name_plural}"
    extra = {"parameters": [KEY]}
    route(api.post, f"/{described.name}", create, described, title, "", {201: shapes.shown}, (*WRITE, 410), extra)


def _add_update(api: NinjaAPI, described: RecordType, shapes: Shapes) -> None:
    def update(request: HttpRequest, key: str, body: Any) -> HttpResponse:
        caller = caller_of(request)
        changes = body.record.model_dump(exclude_unset=True)

        def make() -> Record:
            record = find(described, key, caller)
            version, now = wanted_version(request, record.version), project(record)
            caller.powers.must(described.right("change"), record)
            given = form_data(record, described) | changes | {"version": version}
            form = form_class(described)(given, instance=record, powers=caller.powers)
            if version != record.version:
                form.is_valid()
                raise _conflict(record, version, now)
            return form.write(actor=caller.actor, reason=body.reason, powers=caller.powers)

        return once(request, caller, 200, make)

    update.__annotations__["body"] = shapes.update
    title, path = f"Change one of the {described.model._meta.verbose_name_plural}", f"/{described.name}/{{key}}"
    said = "Only the fields that are given change. Needs the version that was read."
    extra = {"parameters": [MATCH, KEY]}
    route(api.patch, path, update, described, title, said, {200: shapes.shown}, (*WRITE, *MADE_FOR), extra)


def _add_move(api: NinjaAPI, described: RecordType, shapes: Shapes, move: Move) -> None:
    def moved(request: HttpRequest, key: str, body: Any) -> HttpResponse:
        caller = caller_of(request)

        def make() -> Record:
            record = find(described, key, caller)
            version = wanted_version(request, record.version)
            if version != record.version:
                raise _conflict(record, version, project(record))
            return make_move(move, record, caller, body)

        return once(request, caller, 200, make)

    moved.__annotations__["body"] = shapes.moves[move.__name__]
    moved.__name__ = move.__name__
    path = f"/{described.name}/{{key}}/moves/{move.__name__}"
    extra = {"parameters": [MATCH, KEY]}
    title = move.__name__.replace("_", " ").capitalize()
    said = (move.__doc__ or "").strip().partition("\n")[0]
    route(api.post, path, moved, described, title, said, {200: shapes.shown}, (*WRITE, *MADE_FOR), extra)


def find(described: RecordType, key: str, caller: Caller) -> Record:
    """The record of a key, an id or a reference.

    Raises:
        ApiError: 404, whether it is not there or may not be read.
    """
    rows = visible(described.model, caller.powers).select_related(*links(described.model))
    by = {"pk": found} if (found := key_of(key)) else {"ref": _ref(described.name, key)}
    record = rows.filter(**by).first()
    if record is None:
        raise not_found()
    return record


def _ref(kind: str, key: str) -> str:
    try:
        ref = Ref.parse(key)
    except RefError:
        raise not_found() from None
    if ref.type != kind or ref.digest is not None:
        raise not_found()
    return str(ref)


def _conflict(record: Record, version: int, now: dict[str, Any]) -> ConflictError:
    return ConflictError(record.ref, {**project(record), "version": version}, now)


def _history(model: type[Record], record: Record, query: HistoryQuery) -> dict[str, Any]:
    text = query.cursor or "-1"
    if not (text == "-1" or (text.isascii() and text.isdigit())):
        raise ApiError("The cursor is none of ours; take 'next' of the page before.", code="UP-API-15", status=400)
    later = [one for one in steps(record.ref) if one.entry > int(text)]
    items = later[: query.limit]
    following = str(items[-1].entry) if len(later) > len(items) else None
    return {"items": [_step(model, one) for one in items], "next": following}


def _step(model: type[Record], one: Step) -> dict[str, Any]:
    names = shown(model, one.changed)
    return {
        "entry": one.entry,
        "time": one.time,
        "action": one.action,
        "actor": one.actor,
        "via": one.via,
        "reason": one.reason,
        "is_erased": one.is_erased,
        "changed": {
            name: {"before": one.changed[name][0], "after": one.changed[name][1]} if name in names else {}
            for name in one.changed
        },
    }


def route(
    method: Callable[..., Any],
    path: str,
    view: Callable[..., HttpResponse],
    described: RecordType,
    title: str,
    said: str,
    answers: dict[int, type[BaseModel]],
    problems: tuple[int, ...],
    extra: dict[str, Any] | None = None,
) -> None:
    """Mounts a view; it is never called with a query parameter that it does not name."""
    taken = _taken(view)
    place = view.__name__

    @wraps(view)
    def checked(request: HttpRequest, **given: Any) -> HttpResponse:
        _demand_known(request, taken)
        return view(request, **given)

    method(
        path,
        response=answers,
        operation_id=f"{described.name}_{place}".replace("-", "_"),
        url_name=f"{described.name}-{place}",
        summary=title,
        description=said,
        tags=[sentence(str(described.model._meta.verbose_name_plural))],
        openapi_extra={**(extra or {}), "responses": {status: _PROBLEMS[status] for status in problems}},
    )(checked)


def _taken(view: Callable[..., HttpResponse]) -> frozenset[str]:
    """The query parameters of a view."""
    query = view.__annotations__.get("query")
    return frozenset() if query is None else frozenset(get_args(query)[0].model_fields)


def _demand_known(request: HttpRequest, taken: frozenset[str]) -> None:
    """An unknown filter that is left out would show more than was asked for."""
    for name in request.GET:
        if name not in taken or len(request.GET.getlist(name)) > 1:
            why = "is given twice" if name in taken else "is none that this takes"
            found = {"parameter": name, "detail": f"It {why}.", "code": "UP-API-09"}
            raise ApiError(f"The parameter {name[:60]!r} {why}.", code="UP-API-09", status=422, errors=[found])
