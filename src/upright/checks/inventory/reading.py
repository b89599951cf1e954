"""Reads a folder for signs of AI: sources, notebooks, lists of packages, bills of materials, models, tables."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from upright.checks.inventory import known
from upright.checks.inventory.code import read_notebook, read_python, read_text
from upright.checks.inventory.finding import Findings, Sort
from upright.checks.inventory.tree import Seen, Tree

_QUOTED = re.compile(r"""["'](@?[a-z][\w.-]*(?:/[\w.-]+)?)["']""")
_PARTS: dict[str, Sort] = {"machine-learning-model": "model", "data": "data set"}
_DEEPEST = 32


def read_tree(folder: Path, tree: Tree, *, needles: tuple[str, ...] = ()) -> tuple[Findings, set[str]]:
    """What the files of a tree tell, and which of ``needles`` (hosts, names of models) stand in any text."""
    findings, met = Findings(), set[str]()
    findings.unclear += tree.unread
    for seen in tree.files:
        if seen.what == "model":
            findings.add("model", seen.path, seen.path, "a model's file")
        elif seen.what == "table":
            findings.add("data set", seen.path, seen.path, "a table's file")
        else:
            _read(folder, seen, findings, needles, met)
    return findings, met


def _read(folder: Path, seen: Seen, findings: Findings, needles: tuple[str, ...], met: set[str]) -> None:
    try:
        data = (folder / seen.path).read_bytes()
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as why:
        because = "it is not UTF-8" if isinstance(why, UnicodeDecodeError) else f"it cannot be read: {why.strerror}"
        findings.unclear.append((seen.path, because))
        return
    met |= {needle for needle in needles if needle in text}
    if seen.what == "python":
        read_python(text, seen.path, findings)
    elif seen.what == "notebook":
        read_notebook(data, seen.path, findings)
    elif seen.what == "list":
        _list(folder / seen.path, seen.path, findings)
    elif seen.what == "bill":
        _bill(folder / seen.path, data, seen.path, findings)
    else:
        if seen.what == "script":
            findings.sources += 1
            _script(text, seen.path, findings)
        read_text(text, seen.path, findings)


def _script(text: str, place: str, findings: Findings) -> None:
    """Names of clients' packages between quotes, as imports, ``require`` and package.json have them."""
    for match in _QUOTED.finditer(text):
        service = known.service_of_package(match[1])
        if service is not None:
            where = f"{place}:{text.count(chr(10), 0, match.start()) + 1}"
            findings.add("service", service, where, f"package {match[1]}")


def packages_of(path: Path) -> set[str]:
    """The names that a list of packages holds, pinned or not.

    Raises:
        ListError: it cannot be read.
    """
    from packaging.utils import canonicalize_name

    from upright.checks.supply.reading import read_list

    listing = read_list(path)
    loose = (re.match(r"[A-Za-z0-9][\w.-]*", one.what) for one in listing.unread if one.counts)
    return {one.name for one in listing.packages} | {str(canonicalize_name(one[0])) for one in loose if one}


def _list(path: Path, place: str, findings: Findings) -> None:
    from upright.checks.supply.listed import ListError

    try:
        packages = packages_of(path)
    except ListError as why:
        findings.unclear.append((place, str(why)))
        return
    for name in sorted(packages):
        service = known.service_of_package(name)
        if service is not None:
            findings.add("service", service, place, f"package {name}")
        if name in known.PACKAGES:
            findings.add("component", name, place, f"package {name}")


def _bill(path: Path, data: bytes, place: str, findings: Findings) -> None:
    _list(path, place, findings)
    try:
        document: Any = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return  # which the list has said
    if not isinstance(document, Mapping):
        return
    metadata = document.get("metadata")
    main = metadata.get("component") if isinstance(metadata, Mapping) else None
    for part in [*_parts(document.get("components"), 0), *([main] if isinstance(main, Mapping) else [])]:
        kind, name = part.get("type"), part.get("name")
        if not (isinstance(kind, str) and isinstance(name, str) and name):
            findings.unclear.append((place, "one of its components has no type or no name"))
        elif kind in _PARTS:
            findings.add(_PARTS[kind], name, place, f"{kind} of a bill of materials")
    for url in _endpoints(document.get("services"), place, findings):
        read_text(url, place, findings)


def _endpoints(services: Any, place: str, findings: Findings) -> Iterator[str]:
    """The addresses of a bill's services; one that is not as CycloneDX has it leaves the answer open."""
    if services is None:
        return
    for service in services if isinstance(services, list) else [services]:
        endpoints = service.get("endpoints", []) if isinstance(service, Mapping) else None
        if isinstance(services, list) and isinstance(endpoints, list):
            yield from map(str, endpoints)
        else:
            findings.unclear.append((place, "one of its services has no list of endpoints that can be read"))


def _parts(components: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    for part in components if isinstance(components, list) and depth < _DEEPEST else []:
        if isinstance(part, Mapping):
            yield part
            yield from _parts(part.get("components") or [], depth + 1)
