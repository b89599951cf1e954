"""Files for CI beside the answer: SARIF for annotations in code, JUnit XML for test reports."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from upright.workspace import Assessment, Manifest


def write_assessment(found: "Assessment", described: "Manifest", *, sarif: Path | None, junit: Path | None) -> None:
    """Writes what was asked for of an assessment."""
    document = found.to_json()
    if sarif is not None:
        from upright.checks.registry import checks
        from upright.interchange.sarif import assessment_log

        about = {name: spec.about_text for name, spec in checks().items()}
        uri = from_here(described.path)
        sarif.write_bytes(assessment_log(document, uri=uri, lines=described.lines, about=about))
    if junit is not None:
        from upright.interchange.junit import assessment_xml

        junit.write_bytes(assessment_xml(document, timestamp=found.at))


def write_scan(document: Mapping[str, Any], target: Path) -> None:
    """Writes the SARIF of a scan."""
    target.write_bytes(scan_sarif(document))


def scan_sarif(document: Mapping[str, Any]) -> bytes:
    """The SARIF of a scan, its files named from the current folder."""
    from upright.interchange.sarif import scan_log

    files = [{**file, "path": from_here(Path(file["path"]))} for file in document["files"]]
    return scan_log({**document, "files": files})


def from_here(path: Path) -> str:
    """A path as a code host knows it: from the current folder; elsewhere by its name alone."""
    whole = path.resolve()
    here = Path.cwd().resolve()
    return whole.relative_to(here).as_posix() if whole.is_relative_to(here) else path.name
