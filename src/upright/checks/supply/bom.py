"""Writes bills of materials: CycloneDX 1.6 (ECMA-424) with model cards, as plain JSON values in one fixed order."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from upright.checks.supply.listed import Package, Unread
from upright.checks.supply.sbom import ECOSYSTEMS
from upright.kernel import sha256_hex

MEDIA_TYPE = "application/vnd.cyclonedx+json"
UNKNOWN = "upright:unknown"
_TYPES = {name: kind for kind, name in ECOSYSTEMS.items()}
_SPEC = "1.6"


def bill(
    subject: Mapping[str, Any],
    components: Iterable[Mapping[str, Any]],
    dependencies: Mapping[str, Sequence[str]],
    *,
    services: Iterable[Mapping[str, Any]] = (),
    open_ends: Sequence[str] = (),
    timestamp: str | None = None,
) -> dict[str, Any]:
    """A whole bill about ``subject``; equal parts give equal bytes, and a serial number of their own.

    ``dependencies`` names, by ``bom-ref``, what each part stands on: one that stands on nothing is named with nothing,
    one of which that is not known is left out. ``open_ends`` are parts whose list of dependencies may lack something.
    """
    parts = _once(components)
    served = _once(services)
    known = {str(subject["bom-ref"]), *(str(one["bom-ref"]) for one in (*parts, *served))}
    graph = [
        {"ref": ref, "dependsOn": sorted(set(dependencies[ref]) & known)}
        for ref in sorted(dependencies)
        if ref in known
    ]
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": _SPEC,
        "version": 1,
        "metadata": {
            **({} if timestamp is None else {"timestamp": timestamp}),
            "tools": {"components": [{"type": "application", "name": "upright", "version": version("upright")}]},
            "component": dict(subject),
        },
        "components": parts,
        **({"services": served} if served else {}),
        "dependencies": graph,
        "compositions": _compositions(graph, set(open_ends)),
    }
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, sha256_hex(written(document)))}"
    return document


def written(document: Mapping[str, Any]) -> bytes:
    """The bytes of a bill: sorted keys, one form."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _compositions(graph: Sequence[Mapping[str, Any]], open_ends: set[str]) -> list[dict[str, Any]]:
    """Which lists of dependencies are known to be whole, and which may lack something."""
    refs = [str(one["ref"]) for one in graph]
    found = {
        "complete": [ref for ref in refs if ref not in open_ends],
        "incomplete": [ref for ref in refs if ref in open_ends],
    }
    return [{"aggregate": word, "dependencies": refs} for word, refs in found.items() if refs]


def _once(parts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for part in parts:
        found.setdefault(str(part["bom-ref"]), dict(part))
    return [found[ref] for ref in sorted(found)]


# parts -----------------------------------------------------------------------------------------------------------


def properties(**values: str | Iterable[str] | None) -> list[dict[str, str]]:
    """Properties ``upright:<name>``; several values are several properties, nothing is none."""
    found = []
    for name, value in values.items():
        for one in [] if value is None else [value] if isinstance(value, str) else value:
            found.append({"name": f"upright:{name.replace('_', '-')}", "value": one})
    return found


def unknown(parts: Sequence[str]) -> list[dict[str, str]]:
    """One property that names what nobody has said."""
    return [{"name": UNKNOWN, "value": ", ".join(parts)}] if parts else []


def sha256(digest: str) -> list[dict[str, str]]:
    """The hash of a part that is one file."""
    return [{"alg": "SHA-256", "content": digest}]


def licences(text: str) -> list[dict[str, Any]]:
    """A licence as an SPDX expression where it is one, else by its name."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return [{"expression": str(canonicalize_license_expression(text))}]
    except InvalidLicenseExpression:
        return [{"license": {"name": text}}]


def library(package: Package) -> dict[str, Any]:
    """A package at a version."""
    ref = purl_of(package)
    return {
        "type": "library",
        "bom-ref": ref,
        "name": package.name,
        "version": package.version,
        "purl": ref,
        **({"licenses": licences(package.licence)} if package.licence else {}),
        **({"hashes": sha256(package.hashes[0])} if len(package.hashes) == 1 else {}),
        "properties": [
            *properties(applies_when=package.note or None),
            *unknown([] if package.licence else ["licence"]),
        ],
    }


def unread_library(owner: str, one: Unread) -> dict[str, Any]:
    """Something that a list of packages names without saying which version."""
    return {
        "type": "library",
        "bom-ref": f"{owner}#{one.what}",
        "name": one.what,
        "properties": [*properties(why=one.why), *unknown(["version", "licence", "hashes"])],
    }


def purl_of(package: Package) -> str:
    """The package URL.

    >>> purl_of(Package(ecosystem="PyPI", name="torch", version="2.1.0+cpu"))
    'pkg:pypi/torch@2.1.0%2Bcpu'
    """
    kind = _TYPES[package.ecosystem]
    parts = package.name.split(":" if kind == "maven" else "/")
    name = "/".join(quote(part, safe="") for part in parts)
    return f"pkg:{kind}/{name}@{quote(package.version, safe='')}"


def file_part(owner: str, name: str, digest: str) -> dict[str, Any]:
    """A file of a model, named below it."""
    return {"type": "file", "bom-ref": f"{owner}#{name}", "name": name, "hashes": sha256(digest)}


def metric(
    name: str, value: str, *, low: str | None = None, high: str | None = None, group: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A measured number with its interval, and the group that it is of."""
    found: dict[str, Any] = {"type": name, "value": value}
    if group:
        found["slice"] = ", ".join(f"{key} = {one}" for key, one in sorted(group.items()))
    if low is not None and high is not None:
        found["confidenceInterval"] = {"lowerBound": low, "upperBound": high}
    return found
