"""The published schema says what the types say, and accepts what we sign."""

import json
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from evidence.builders import VECTORS, statement
from upright.evidence import Statement
from upright.kernel import schemas


def derived() -> dict[str, Any]:
    """The schema that follows from the types: every key required, since a reader refuses a missing one."""
    whole = msgspec.json.schema(Statement)
    for part in whole["$defs"].values():
        part["required"] = list(part["properties"])
        for described in part["properties"].values():
            described.pop("default", None)
    digest = whole["$defs"]["SubjectRef"]["properties"]["digest"]
    digest |= {
        "properties": {"sha256": digest["additionalProperties"]},
        "required": ["sha256"],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:upright:schema:statement",
        "title": "Evidence statement: an in-toto Statement v1 with the predicate urn:upright:evidence:1",
        **whole,
    }


def test_the_published_schema_is_the_one_of_the_types() -> None:
    assert schemas.load("statement") == derived()


def test_the_schema_accepts_what_we_sign_and_refuses_what_we_refuse() -> None:
    schema = schemas.load("statement")
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    validator.validate(json.loads((VECTORS / "statement.json").read_bytes()))
    validator.validate(json.loads(statement().payload()))


@pytest.mark.parametrize(
    ("place", "value"),
    [("result", "ok"), ("kinds", []), ("seed", -1), ("started", "2026-03-12"), ("surprise", 1), ("limits", {"a": 1})],
)
def test_the_schema_refuses_a_wrong_field(place: str, value: Any) -> None:
    document = json.loads(statement().payload())
    document["predicate"][place] = value
    assert not Draft202012Validator(schemas.load("statement")).is_valid(document)


def test_the_schema_refuses_a_missing_field() -> None:
    for place in json.loads(statement().payload())["predicate"]:
        document = json.loads(statement().payload())
        del document["predicate"][place]
        assert not Draft202012Validator(schemas.load("statement")).is_valid(document), place
