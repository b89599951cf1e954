"""Reads lock files: ``uv.lock``, ``poetry.lock``, ``Pipfile.lock`` and ``pylock.toml`` (PEP 751)."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from upright.checks.supply.listed import PYPI, ListError, Listing, Package, normal_name

_SHA256 = re.compile(r"sha256:([0-9a-fA-F]{64})")
_OWN = "the project that the lock file belongs to: not a dependency, and in no database"
_ELSEWHERE = {
    "git": "from a repository: what is at that commit is in no database of versions",
    "vcs": "from a repository: what is at that commit is in no database of versions",
    "url": "from an address: what it holds is not known",
    "archive": "from an address: what it holds is not known",
    "file": "from a file: what it holds is not known",
    "path": "from a path: what it holds is not known",
    "directory": "from a folder: what it holds is not known",
    "editable": "an editable project: its code may be anything",
    "virtual": "a project that is not built: its code may be anything",
}


def read_toml(text: str) -> Listing:
    """The packages of ``uv.lock``, ``poetry.lock`` or ``pylock.toml``, told apart by what they hold.

    Raises:
        ListError: not TOML, or none of these.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as why:
        raise ListError(f"it is not TOML: {str(why)[:120]}") from None
    metadata = document.get("metadata")
    if "lock-version" in document and "packages" in document:
        return _settled("pylock", _pylock(_rows(document, "packages")))
    if isinstance(metadata, Mapping) and "lock-version" in metadata and "package" in document:
        return _settled("poetry", _poetry(_rows(document, "package")))
    if isinstance(document.get("version"), int) and "package" in document:
        return _settled("uv", _uv(_rows(document, "package")))
    raise ListError("it is neither uv.lock, poetry.lock nor pylock.toml; give a lock file, not a project file")


def read_pipfile_lock(document: Mapping[str, Any]) -> Listing:
    """The packages of a ``Pipfile.lock``, those of development included.

    Raises:
        ListError: a part has another shape.
    """
    found = []
    for group, entries in document.items():
        if group == "_meta":
            continue
        if not isinstance(entries, Mapping):
            raise ListError(f"its part {group!r} is not a mapping of packages")
        for name, entry in entries.items():
            found.append(_pipfile_entry(str(name), entry, "" if group == "default" else group))
    return _settled("Pipfile", iter(found))


_Found = Package | tuple[str, str, bool]


def _settled(kind: str, found: Iterator[_Found]) -> Listing:
    listing = Listing(format=kind, complete=True)
    for one in found:
        if isinstance(one, Package):
            listing.add(one)
        else:
            listing.skip(one[0], one[1], counts=one[2])
    return listing.settled()


def _rows(document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = document[key]
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ListError(f"its {key!r} is not a list of packages")
    return rows


def _package(name: Any, version: Any, hashes: Any, note: str = "") -> _Found:
    if not isinstance(name, str) or not name:
        return ("a package without a name", "the lock file does not say which package it is", True)
    if not isinstance(version, str) or not version:
        return (name, "no version is locked, so nobody knows what will be installed", True)
    found = tuple(sorted({digest.lower() for digest in _SHA256.findall(str(hashes))}))
    return Package(ecosystem=PYPI, name=normal_name(PYPI, name), version=version, hashes=found, note=note)


def _named(row: Mapping[str, Any]) -> str:
    return f"{row.get('name', 'a package without a name')} {row.get('version', '')}".strip()


def _uv(rows: list[Mapping[str, Any]]) -> Iterator[_Found]:
    for row in rows:
        source = row.get("source")
        places = source if isinstance(source, Mapping) else {}
        kind = next((key for key in places if key in _ELSEWHERE), None)
        if kind in {"editable", "virtual"} and places[kind] == ".":
            yield (_named(row), _OWN, False)
        elif kind is not None:
            yield (_named(row), _ELSEWHERE[kind], True)
        else:
            files = [row.get("sdist"), row.get("wheels")]
            yield _package(row.get("name"), row.get("version"), files)


def _poetry(rows: list[Mapping[str, Any]]) -> Iterator[_Found]:
    for row in rows:
        source = row.get("source")
        kind = source.get("type") if isinstance(source, Mapping) else None
        if isinstance(kind, str) and kind in _ELSEWHERE:
            yield (_named(row), _ELSEWHERE[kind], True)
        else:
            yield _package(row.get("name"), row.get("version"), row.get("files"), str(row.get("markers", "")))


def _pylock(rows: list[Mapping[str, Any]]) -> Iterator[_Found]:
    for row in rows:
        kind = next((key for key in ("vcs", "directory", "archive") if key in row), None)
        if kind == "directory" and isinstance(row[kind], Mapping) and row[kind].get("path") == ".":
            yield (_named(row), _OWN, False)
            continue
        if kind is not None:
            yield (_named(row), _ELSEWHERE[kind], True)
            continue
        files = [row.get("sdist"), *(row.get("wheels") or [])]
        pinned = [
            f"sha256:{hashes.get('sha256', '')}"
            for file in files
            if isinstance(file, Mapping) and isinstance(hashes := file.get("hashes"), Mapping)
        ]
        yield _package(row.get("name"), row.get("version"), pinned, str(row.get("marker", "")))


def _pipfile_entry(name: str, entry: Any, note: str) -> _Found:
    if not isinstance(entry, Mapping):
        return (name, "its entry has another shape than expected", True)
    kind = next((key for key in ("git", "path", "file", "url", "editable") if entry.get(key)), None)
    if kind is not None:
        return (name, _ELSEWHERE[kind], True)
    version = entry.get("version")
    if not isinstance(version, str) or not version.startswith("=="):
        return (name, "no version is locked, so nobody knows what will be installed", True)
    markers = str(entry.get("markers", ""))
    return _package(name, version.lstrip("="), entry.get("hashes"), "; ".join(part for part in (note, markers) if part))
