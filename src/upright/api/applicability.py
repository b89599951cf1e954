"""What speaks against a statement of applicability, for a program: before its approval, or since."""

from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from pydantic import BaseModel, Field

from upright.api.answers import json_answer
from upright.api.callers import caller_of
from upright.api.records import READ, find, route
from upright.desk.description import record_type
from upright.records.risk.applicability import conflicts as found_conflicts
from upright.records.risk.applicability import is_looked_at

if TYPE_CHECKING:
    from upright.records.risk.models import StatementOfApplicability


class ConflictShown(BaseModel):
    """One thing that speaks against it: ``code`` names the rule, ``row`` or ``ref`` the record that it is about."""

    code: str
    words: str
    control: str
    row: str
    ref: str


class ConflictsShown(BaseModel):
    """What speaks against a statement now; a version that is out of force is not looked at, and says null."""

    statement: str
    edition: int
    state: str
    conflicts: list[ConflictShown] | None = Field(description="Null: out of force, so nobody looked.")


def add_applicability(api: NinjaAPI) -> None:
    """Mounts this route."""
    described = record_type("statement-of-applicability")
    title = "What speaks against a statement of applicability"
    said = "Of a draft: why approval would be refused. Of an approved one: what arose since. Its rows stay as approved."
    path = f"/{described.name}/{{key}}/conflicts"
    route(api.get, path, conflicts, described, title, said, {200: ConflictsShown}, READ)


def conflicts(request: HttpRequest, key: str) -> HttpResponse:
    """Looked for anew at each request."""
    caller = caller_of(request)
    statement = cast("StatementOfApplicability", find(record_type("statement-of-applicability"), key, caller))
    found = [asdict(one) for one in found_conflicts(statement)] if is_looked_at(statement) else None
    return json_answer(
        {
            "statement": statement.ref,
            "edition": statement.edition,
            "state": statement.state,
            "conflicts": found,
        }
    )
