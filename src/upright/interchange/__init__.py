"""Results of other tools, read; our own, written for them: each format is one file, and none of them is trusted."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from upright.interchange.findings import Findings, ForeignFileError, judged
    from upright.interchange.recognise import KNOWN, read_findings

__all__ = ["KNOWN", "Findings", "ForeignFileError", "judged", "read_findings"]

_HOME = {
    "Findings": "upright.interchange.findings",
    "ForeignFileError": "upright.interchange.findings",
    "KNOWN": "upright.interchange.recognise",
    "judged": "upright.interchange.findings",
    "read_findings": "upright.interchange.recognise",
}


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first asked for, so that importing the room costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOME[name]), name)
