"""The embedded default: a manifest, a folder ``.upright/`` with the log, and what can be asked of both."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from upright.workspace.answers import read_answers
    from upright.workspace.errors import AttestError, BundleError, ForkError, ManifestError, WorkspaceError
    from upright.workspace.manifest import Manifest
    from upright.workspace.read import load_manifest
    from upright.workspace.values import (
        Assessment,
        BindingChange,
        CheckOutcome,
        Event,
        EvidenceRow,
        Filed,
        Merged,
        MergedBundle,
    )
    from upright.workspace.workspace import Workspace

_HOMES = {
    "answers": ("read_answers",),
    "errors": ("AttestError", "BundleError", "ForkError", "ManifestError", "WorkspaceError"),
    "manifest": ("Manifest",),
    "read": ("load_manifest",),
    "values": (
        "Assessment",
        "BindingChange",
        "CheckOutcome",
        "Event",
        "EvidenceRow",
        "Filed",
        "Merged",
        "MergedBundle",
    ),
    "workspace": ("Workspace",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Assessment",
    "AttestError",
    "BindingChange",
    "BundleError",
    "CheckOutcome",
    "Event",
    "EvidenceRow",
    "Filed",
    "ForkError",
    "Manifest",
    "ManifestError",
    "Merged",
    "MergedBundle",
    "Workspace",
    "WorkspaceError",
    "load_manifest",
    "read_answers",
]


def __getattr__(name: str) -> Any:
    """Loads a part when it is first asked for, so that ``upright --help`` stays quick."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
