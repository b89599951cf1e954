"""Reads a CycloneDX bill of materials (JSON) as a list of packages."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from upright.checks.supply.listed import ListError, Listing, Package, normal_name

ECOSYSTEMS = {
    "pypi": "PyPI",
    "npm": "npm",
    "golang": "Go",
    "cargo": "crates.io",
    "maven": "Maven",
    "nuget": "NuGet",
    "gem": "RubyGems",
    "composer": "Packagist",
    "hex": "Hex",
    "pub": "Pub",
    "cran": "CRAN",
    "hackage": "Hackage",
    "conan": "ConanCenter",
    "swift": "SwiftURL",
}
"""Package URL types whose packages OSV knows, and the name of the ecosystem there."""

_NOT_SOFTWARE = {
    "machine-learning-model": "a model: no database of versions holds it",
    "data": "data: no database of versions holds it",
    "file": "a single file: no database of versions holds it",
    "cryptographic-asset": "an algorithm or key: no database of versions holds it",
    "device": "a device: no database of versions holds it",
}
_DEEPEST = 32


def read_cyclonedx(document: Mapping[str, Any]) -> Listing:
    """The components that a bill of materials names by a package URL; the component it describes is left out.

    Complete unless its own ``compositions`` say otherwise.

    Raises:
        ListError: ``components`` has another shape, or they are nested too deeply.
    """
    listing = Listing(format="CycloneDX", complete=not _says_incomplete(document))
    for component in _walk(document.get("components") or [], 0):
        _take(component, listing)
    return listing.settled()


def _walk(components: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if depth > _DEEPEST:
        raise ListError(f"its components are nested more than {_DEEPEST} deep")
    if not isinstance(components, list) or not all(isinstance(one, Mapping) for one in components):
        raise ListError("its `components` is not a list of components")
    for component in components:
        yield component
        yield from _walk(component.get("components") or [], depth + 1)


def _says_incomplete(document: Mapping[str, Any]) -> bool:
    parts = document.get("compositions")
    parts = parts if isinstance(parts, list) else []
    return any(isinstance(part, Mapping) and part.get("aggregate") not in {"complete", None} for part in parts)


def _take(component: Mapping[str, Any], listing: Listing) -> None:
    name = f"{component.get('name', 'a component without a name')} {component.get('version', '')}".strip()
    kind = str(component.get("type", ""))
    if kind in _NOT_SOFTWARE:
        listing.skip(name, _NOT_SOFTWARE[kind], counts=False)
        return
    purl = component.get("purl")
    if not isinstance(purl, str):
        listing.skip(name, "it has no package URL, so nobody knows which package it is")
        return
    try:
        found = package_of(purl)
    except ListError as why:
        listing.skip(purl, str(why))
        return
    licence = _licence(component.get("licenses"))
    listing.add(Package(ecosystem=found[0], name=found[1], version=found[2], licence=licence))


def package_of(purl: str) -> tuple[str, str, str]:
    """Ecosystem, name and version of a package URL.

    >>> package_of("pkg:npm/%40scope/name@1.2.3?arch=x#sub")
    ('npm', '@scope/name', '1.2.3')

    Raises:
        ListError: not a package URL, without version, or of a type that OSV does not hold.
    Source: the Package URL specification, ECMA-427.
    """
    scheme, _, rest = purl.partition(":")
    rest = rest.partition("#")[0].partition("?")[0].strip("/")
    kind, _, path = rest.partition("/")
    if scheme.lower() != "pkg" or not path:
        raise ListError("it is not a package URL")
    head, at, version = path.rpartition("@")
    name, version = (head, unquote(version)) if at and head else (path, "")
    ecosystem = ECOSYSTEMS.get(kind.lower())
    if ecosystem is None:
        raise ListError(f"OSV holds no ecosystem for packages of type {kind.lower()!r} that is read here")
    if not version:
        raise ListError("no version is given, so nobody knows what is installed")
    parts = [unquote(part) for part in name.split("/") if part]
    joined = (":" if kind.lower() == "maven" else "/").join(parts)
    return ecosystem, normal_name(ecosystem, joined), version


def _licence(licences: Any) -> str:
    for one in licences if isinstance(licences, list) else []:
        if not isinstance(one, Mapping):
            continue
        if isinstance(one.get("expression"), str):
            return str(one["expression"])
        inner = one.get("license")
        if isinstance(inner, Mapping):
            return str(inner.get("id") or inner.get("name") or "")
    return ""
