"""Recognises what a list of packages is, and reads it."""

from pathlib import Path
from typing import Any

import msgspec

from upright.checks.supply.listed import ListError, Listing
from upright.checks.supply.locks import read_pipfile_lock, read_toml
from upright.checks.supply.requirements import read_requirements, text_of
from upright.checks.supply.sbom import read_cyclonedx

KNOWN = "a requirements file, uv.lock, poetry.lock, Pipfile.lock, pylock.toml or a CycloneDX bill of materials (JSON)"


def read_list(path: Path) -> Listing:
    """The packages that a file lists; the format is told by what the file holds.

    Raises:
        ListError: it is none of ``KNOWN``, or is damaged; the text says why.
    """
    if path.is_dir():
        raise ListError(f"{path.name} is a folder; expected {KNOWN}")
    text = text_of(path)
    if text.lstrip().startswith("{"):
        return _read_json(path.name, text)
    if path.suffix in {".toml", ".lock"}:
        return read_toml(text)
    if text.lstrip().startswith("<"):
        raise ListError(f"{path.name} is XML; expected {KNOWN}")
    return read_requirements(path)


def _read_json(name: str, text: str) -> Listing:
    try:
        document: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as why:
        raise ListError(f"{name} is not JSON: {why}") from None
    if document.get("bomFormat") == "CycloneDX":
        return read_cyclonedx(document)
    if "_meta" in document and "default" in document:
        return read_pipfile_lock(document)
    if "spdxVersion" in document:
        raise ListError(f"{name} is an SPDX document, which is not read; export the same list as CycloneDX JSON")
    raise ListError(f"{name} is JSON of another kind; expected {KNOWN}")
