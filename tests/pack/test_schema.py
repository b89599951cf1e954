"""The published schemas of a pack's table of contents and of a verification say what the types say."""

from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from upright.kernel import schemas
from upright.ledger import Problem
from upright.pack.contents import FileEntry, Manifest
from upright.pack.report import Checked, Trust, VerifyReport

TITLES = {
    "pack": (Manifest, "Table of contents of an audit pack (pack.json)"),
    "verify": (VerifyReport, "Answer of `upright verify PACK --format json`"),
}


def derived(name: str) -> dict[str, Any]:
    """The schema that follows from the types: every key is always written."""
    kind, title = TITLES[name]
    whole = msgspec.json.schema(kind)
    for part in whole["$defs"].values():
        part["required"] = list(part["properties"])
        for described in part["properties"].values():
            described.pop("default", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:upright:schema:{name}",
        "title": title,
        **whole,
    }


@pytest.mark.parametrize("name", TITLES)
def test_the_published_schema_is_the_one_of_the_types(name: str) -> None:
    assert schemas.load(name) == derived(name)
    Draft202012Validator.check_schema(schemas.load(name))


def test_the_schemas_accept_what_we_write() -> None:
    manifest = Manifest(
        origin="meridian/x",
        size=3,
        root="0" * 64,
        scope="organisation:meridian",
        partial=False,
        at="2026-03-12T09:30:00.000Z",
        facts="1" * 64,
        files=(FileEntry(path="facts.json", size=2, sha256="2" * 64),),
    )
    report = VerifyReport(
        outcome="broken",
        trust=Trust(given=None, log_key=None, trusted=False),
        checkpoint=None,
        since=None,
        checked=Checked(),
        problems=(Problem(code="UP-PACK-21", file="facts.json", expected="a", got="b"),),
    )
    for name, value in (("pack", manifest), ("verify", report)):
        document = msgspec.to_builtins(value)
        validator = Draft202012Validator(schemas.load(name))
        validator.validate(msgspec.json.decode(msgspec.json.encode(value)))
        for key in document:
            assert not validator.is_valid({k: v for k, v in document.items() if k != key}), key
