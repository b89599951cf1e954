"""Croissant metadata (MLCommons, version 1.0): the parts that provenance needs, written and read as JSON-LD."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from upright.checks.contract import TableSource
from upright.kernel import InputError

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
_MOST_BYTES = 10_000_000
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "recordSet": "cr:recordSet",
    "sc": "https://schema.org/",
    "source": "cr:source",
}
_FORMATS = {
    ".csv": "text/csv",
    ".csv.gz": "application/gzip",
    ".jsonl": "application/jsonlines",
    ".parquet": "application/x-parquet",
    ".arrow": "application/vnd.apache.arrow.file",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a Croissant file says that we hold against the manifest; empty where it says nothing."""

    licence: str
    digests: frozenset[str]


def croissant_document(source: TableSource, columns: list[tuple[str, str]]) -> dict[str, Any]:
    """A Croissant document of one table; no row of it, and no path of this machine."""
    file = Path(str(source.path)).name
    ending = next((one for one in _FORMATS if file.endswith(one)), "")
    declared = source.declared
    steps = [str(step) for step in declared.get("steps") or ()]
    document: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": source.ref.path.rpartition("/")[2],
        "description": " ".join(str(declared.get("origin") or "No origin is declared.").split()),
        "license": declared.get("licence"),
        "temporalCoverage": declared.get("collected"),
        "creativeWorkStatus": "; ".join(steps) or None,
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": file,
                "name": file,
                "contentUrl": file,
                "encodingFormat": _FORMATS.get(ending, "application/octet-stream"),
                "sha256": source.digest,
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "rows",
                "name": "rows",
                "field": [_field(file, name, kind) for name, kind in columns],
            }
        ],
    }
    return {name: value for name, value in document.items() if value is not None}


def _field(file: str, name: str, kind: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"rows/{name}",
        "name": name,
        "dataType": _data_type(kind),
        "source": {"fileObject": {"@id": file}, "extract": {"column": name}},
    }


def _data_type(kind: str) -> str:
    kind = kind.removeprefix("!")
    for start, name in (("bool", "sc:Boolean"), ("int", "sc:Integer"), ("uint", "sc:Integer"), ("date", "sc:Date")):
        if kind.startswith(start):
            return name
    if kind.startswith(("float", "decimal")):
        return "sc:Float"
    return "sc:DateTime" if kind.startswith("timestamp") else "sc:Text"


def read_croissant(path: Path) -> Told:
    """Reads licence and digests of a Croissant file.

    Raises:
        InputError: absent, too large, not JSON, or not a Croissant data set.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _refused(path, f"is larger than {_MOST_BYTES:,} bytes")
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as why:
        raise _refused(path, f"cannot be read: {why.strerror}") from None
    except (ValueError, RecursionError) as why:
        raise _refused(path, f"is not JSON in UTF-8: {' '.join(str(why).split())[:200]}") from None
    if not isinstance(document, dict) or not str(document.get("@type", "")).endswith("Dataset"):
        raise _refused(path, "is JSON, but not a data set in Croissant form (its @type is not sc:Dataset)")
    licence = document.get("license", "")
    if isinstance(licence, list):
        licence = licence[0] if licence else ""
    if isinstance(licence, dict):
        licence = licence.get("@id") or licence.get("url") or licence.get("name") or ""
    files = document.get("distribution") or []
    found = {str(one["sha256"]).lower() for one in files if isinstance(one, dict) and one.get("sha256")}
    return Told(str(licence), frozenset(found))


def _refused(path: Path, why: str) -> InputError:
    return InputError(f"{path.name} {why}. Name a Croissant file, or leave `croissant` out.", code="UP-CHECK-50")
