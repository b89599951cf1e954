"""Spreadsheets by API: sent as they are, tried or imported by the worker; how far that is, and what came of it."""

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from upright.api.answers import json_answer
from upright.api.callers import Caller, caller_of
from upright.api.problems import ApiError, not_found
from upright.api.records import QUERY, READ, WRITE, route
from upright.api.shapes import Strict
from upright.desk.description import record_type, registered
from upright.desk.importing import propose
from upright.interchange.spreadsheets import read_rows
from upright.kernel import InputError
from upright.records.collaboration.models import ImportMapping
from upright.records.identity.power import rights
from upright.records.trail.server_log import home
from upright.records.work.imports import ask_import, may_see, progress
from upright.records.work.models import ImportRun, Progress
from upright.records.work.tasks import is_queued

LARGEST = 64 << 20
_CHUNK = 1 << 20
_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        "description": "A CSV in UTF-8 or an XLSX, whose first row names the columns.",
    }
}


class ProblemShown(BaseModel):
    """One thing that cannot be imported as it is."""

    row: int
    column: str
    found: str
    says: str


class ImportShown(BaseModel):
    """An import: how far it is (``done`` is the last row gone through), and what came of it so far.

    ``broken``: the worker gave it up without an outcome; on its page whoever asked for it has it go on.
    """

    import_run: str
    state: Literal["waiting", "running", "broken", "done", "stopped"]
    dry: bool
    done: int
    total: int
    says: str
    rows: int
    added: int
    changed: int
    same: int
    refused: int
    problems: list[ProblemShown]


class ImportQuery(Strict):
    """What the file holds, and what is to be done with it."""

    type: str = Field(min_length=1, max_length=60, description="The type of its records, such as risk.")
    dry: Literal["yes", "no"] = Field("yes", description="Only try: nothing is written.")
    skip: Literal["yes", "no"] = Field("no", description="Leave out rows with a problem, else it stops at the first.")
    history: Literal["yes", "no"] = Field(
        "no", description="It tells what was so elsewhere: new records keep days that are over."
    )
    mapping: Annotated[
        str | Annotated[None, SkipJsonSchema()],
        Field(min_length=1, max_length=300, description="A saved mapping of columns; without, they are known by name."),
    ] = None


def add_imports(api: NinjaAPI) -> None:
    """Mounts these routes."""
    described = record_type("import")
    sent.__annotations__["query"] = QUERY[ImportQuery]
    said = "The worker goes through the file; ask for its progress. Tried first unless 'dry' says no."
    route(api.post, "/spreadsheet", sent, described, "Import a spreadsheet", said, {202: ImportShown}, WRITE, _FILE)
    said = "For who asked for it, and who may read imports."
    path = "/import/{key}/progress"
    route(api.get, path, followed, described, "Progress of an import", said, {200: ImportShown}, READ)


def sent(request: HttpRequest, query: Any) -> HttpResponse:
    """Takes a file and hands it to the worker."""
    caller = caller_of(request)
    described = registered().get(query.type)
    if described is None or described.right("add") not in rights():
        raise ApiError(f"There is no type {query.type!r} to import.", code="UP-API-10", status=422)
    caller.powers.must(described.right("add"))
    if request.content_type not in {"application/octet-stream", "text/csv"}:
        raise ApiError("A file is sent as 'Content-Type: application/octet-stream'.", code="UP-API-07", status=415)
    folder = home() / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with NamedTemporaryFile(dir=folder, prefix="sent-") as stream:
        _receive(request, stream)
        path = Path(stream.name)
        first = next(iter(read_rows(path)), None)
        if first is None:
            raise InputError("The file holds no row.", code="UP-IMPORT-01")
        columns, values = _mapped(query.mapping, described.name, first[1])
        run = ask_import(
            described.name,
            path,
            f"{described.plural} by API",
            columns,
            values,
            dry=query.dry == "yes",
            skip=query.skip == "yes",
            history=query.history == "yes",
            actor=caller.actor,
            powers=caller.powers,
        )
    return _shown(run, 202)


def followed(request: HttpRequest, key: str) -> HttpResponse:
    """How far an import is."""
    return _shown(_find(key, caller_of(request)), 200)


def _find(key: str, caller: Caller) -> ImportRun:
    run: ImportRun | None = ImportRun.objects.filter(ref=key).first() if "\0" not in key else None
    if run is None or not may_see(run, caller.actor, caller.powers):
        raise not_found()
    return run


def _mapped(ref: str | None, name: str, heads: list[str]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    if ref is None:
        return propose(record_type(name), heads), {}
    saved = ImportMapping.objects.filter(ref=ref, record_type=name).first() if "\0" not in ref else None
    if saved is None:
        raise ApiError(f"There is no mapping {ref!r} for this type.", code="UP-API-10", status=422)
    return {one: saved.columns.get(one, "") for one in heads}, saved.values


def _shown(run: ImportRun, status: int) -> HttpResponse:
    far = progress(run)
    counts = {name: int(far.found.get(name, 0)) for name in ("rows", "added", "changed", "same", "refused")}
    said = {"import_run": run.ref, "state": _state(run, far), "dry": run.dry, "done": far.done, "total": far.total}
    return json_answer(said | {"says": far.says} | counts | {"problems": far.found.get("problems", [])}, status)


def _state(run: ImportRun, far: Progress) -> str:
    """Its record says ``waiting`` until it has an outcome; a program that waits for one has to know more."""
    if run.state != ImportRun.State.WAITING:
        return str(run.state)
    if not is_queued(run):
        return "broken"
    return "running" if far.done else "waiting"


def _receive(request: HttpRequest, stream: Any) -> None:
    received = 0
    while chunk := request.read(_CHUNK):
        received += len(chunk)
        if received > LARGEST:
            raise ApiError(f"The file has more than {LARGEST} bytes.", code="UP-API-08", status=413)
        stream.write(chunk)
    stream.flush()
