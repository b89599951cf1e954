"""OSV records for tests, in the shape of the OSV schema 1.7."""

import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

RECENT = "2026-04-28T00:00:00Z"


def record(
    name: str,
    package: str = "torch",
    *events: Mapping[str, str],
    ecosystem: str = "PyPI",
    kind: str = "ECOSYSTEM",
    versions: Sequence[str] = (),
    modified: str = RECENT,
    **more: Any,
) -> dict[str, Any]:
    """One record about one package; without events only ``versions`` speak."""
    affected: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": package}}
    if events:
        affected["ranges"] = [{"type": kind, "events": list(events)}]
    if versions:
        affected["versions"] = list(versions)
    return {"schema_version": "1.7.0", "id": name, "modified": modified, "affected": [affected], **more}


def until(fixed: str) -> tuple[dict[str, str], dict[str, str]]:
    return {"introduced": "0"}, {"fixed": fixed}


def write_folder(folder: Path, records: Iterable[Mapping[str, Any]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for one in records:
        (folder / f"{one['id']}.json").write_text(json.dumps(one), encoding="utf-8")
    return folder


def write_zip(path: Path, records: Iterable[Mapping[str, Any]]) -> Path:
    """As ``PyPI/all.zip`` of the OSV project: one file per record at the top."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in records:
            archive.writestr(f"{one['id']}.json", json.dumps(one))
    return path
