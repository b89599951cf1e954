"""Evidence in by push, posture and gate out for a pipeline, keys enrolled: what is more than a record."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from upright.api.answers import json_answer
from upright.api.callers import caller_of
from upright.api.problems import ApiError
from upright.api.records import QUERY, READ, WRITE, find, route
from upright.api.shapes import Strict
from upright.desk.description import record_type
from upright.kernel import InputError
from upright.records.assurance.actions import enrol_key, push
from upright.records.assurance.judging import gate_of, posture_of
from upright.workspace.bundles import read_bundle

LARGEST_BUNDLE = 256 * 1024 * 1024
_CHUNK = 1 << 20
_BUNDLE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        "description": "What 'upright push' sends: statements, and proof that a log holds them.",
    }
}


class OutcomeShown(BaseModel):
    """What became of one statement."""

    evidence: str
    taken: Literal["added", "known", "waiting", "refused"]
    why: str


class PushShown(BaseModel):
    """What became of a push; ``proposed`` is the approval that its bindings wait for."""

    origin: str
    size: int
    system: str
    outcomes: list[OutcomeShown]
    proposed: str | None


class VerdictShown(BaseModel):
    """Where a requirement stands in one scope."""

    requirement: str
    scope_ref: str
    status: Literal["met", "partly", "failing", "stale", "unknown", "not_applicable"]
    evidence: list[str]
    open_findings: int


class PostureShown(BaseModel):
    """The posture of a system: by framework how many requirements have which status, and each requirement."""

    system: str
    at: str
    facts: str
    frameworks: dict[str, dict[str, Any]]
    requirements: list[VerdictShown]


class PostureQuery(Strict):
    """Which part of a posture."""

    framework: Annotated[
        str | Annotated[None, SkipJsonSchema()], Field(min_length=1, max_length=60, description="Of one framework.")
    ] = None


class GateShown(BaseModel):
    """May the system go to the stage, and if not, what is missing."""

    answer: Literal["allow", "deny"]
    system: str
    stage: str
    at: str
    missing: list[dict[str, Any]]
    waivers: list[dict[str, Any]]
    facts: str
    gates: str


class GateQuery(Strict):
    """Which stage."""

    stage: str = Field(min_length=1, max_length=60, description="The stage to go to, such as deployment.")


class NewKey(Strict):
    """A key to enrol."""

    vkey: str = Field(
        strict=True, min_length=1, max_length=500, description="One line, as 'upright key export' prints."
    )
    role: Literal["evidence", "person", "witness"]
    reason: str = Field(strict=True, min_length=1, max_length=4000)


class KeyShown(BaseModel):
    """The entry by which a key is enrolled; what it signs counts from the next one on."""

    entry: int


def add_assurance(api: NinjaAPI) -> None:
    """Mounts these routes."""
    described = record_type("system")
    posture.__annotations__["query"] = QUERY[PostureQuery]
    gate.__annotations__["query"] = QUERY[GateQuery]
    said = "Statements that fit are entered, others wait in the intake until a person links them. Sent again: known."
    route(api.post, "/push", pushed, described, "Push evidence", said, {200: PushShown}, WRITE, _BUNDLE)
    said = "Computed from evidence, never typed. It includes what holds for the whole organisation."
    path = "/system/{key}/posture"
    route(api.get, path, posture, described, "Posture of a system", said, {200: PostureShown}, READ)
    said = "Evaluated anew. 'deny' is an answer and no error: status 200."
    route(api.get, "/system/{key}/gate", gate, described, "Gate of a system", said, {200: GateShown}, READ)
    said = "Evidence that it signs from the next entry on counts."
    route(api.post, "/key", enrolled, described, "Enrol a key", said, {201: KeyShown}, WRITE)


def pushed(request: HttpRequest) -> HttpResponse:
    """Takes in a bundle."""
    caller = caller_of(request)
    caller.powers.must("assurance.evidence.push")
    if request.content_type not in {"application/zip", "application/octet-stream"}:
        raise ApiError(
            "A bundle is sent as 'Content-Type: application/octet-stream' or application/zip.",
            code="UP-API-07",
            status=415,
        )
    scope = caller.powers.scope
    systems = sorted(scope.systems) if scope is not None and scope.systems else None
    with TemporaryDirectory(prefix="upright-push-") as folder:
        path = Path(folder) / "push.bundle"
        _receive(request, path)
        try:
            bundle = read_bundle(path)
        except InputError as why:
            message = why.message.replace(f"{folder}/", "")
            raise ApiError(message, code=why.code, status=422) from None
    done = push(bundle, actor=caller.actor, powers=caller.powers, systems=systems)
    return json_answer(msgspec.to_builtins(done))


def posture(request: HttpRequest, key: str, query: Any) -> HttpResponse:
    """The posture of one system."""
    system = _system(request, key)
    kept = posture_of(system)
    counts = kept.counts(system)
    if query.framework is not None and query.framework not in counts:
        raise ApiError(
            f"There is no framework {query.framework!r}; there are {', '.join(sorted(counts))}.",
            code="UP-API-10",
            status=422,
        )
    frameworks = {one: counts[one] for one in counts if query.framework in {None, one}}
    verdicts = [one for one in kept.verdicts if one.requirement.partition(":")[0] in frameworks]
    said = {
        "system": system,
        "at": kept.at,
        "facts": kept.facts,
        "frameworks": msgspec.to_builtins(frameworks),
        "requirements": msgspec.to_builtins(verdicts),
    }
    return json_answer(said)


def gate(request: HttpRequest, key: str, query: Any) -> HttpResponse:
    """May it go to a stage?"""
    return json_answer(msgspec.to_builtins(gate_of(_system(request, key), query.stage)))


def enrolled(request: HttpRequest, body: NewKey) -> HttpResponse:
    """Enrols a key."""
    caller = caller_of(request)
    caller.powers.must("assurance.key.enrol")
    entry = enrol_key(body.vkey, body.role, actor=caller.actor, reason=body.reason, powers=caller.powers)
    return json_answer({"entry": entry}, 201)


def _system(request: HttpRequest, key: str) -> str:
    caller = caller_of(request)
    system = find(record_type("system"), key, caller)
    caller.powers.must("assurance.posture.read", system)
    return str(system.ref)


def _receive(request: HttpRequest, path: Path) -> None:
    received = 0
    with path.open("wb") as stream:
        while chunk := request.read(_CHUNK):
            received += len(chunk)
            if received > LARGEST_BUNDLE:
                raise ApiError(f"The bundle has more than {LARGEST_BUNDLE} bytes.", code="UP-API-08", status=413)
            stream.write(chunk)
