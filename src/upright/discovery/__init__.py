"""What lies in a folder: model files and tables, and a manifest proposed from them. Opens no model."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from upright.discovery.columns import guess_table
    from upright.discovery.files import Found, find
    from upright.discovery.propose import Proposal, propose_manifest

_HOME_OF = {
    "Found": "files",
    "Proposal": "propose",
    "find": "files",
    "guess_table": "columns",
    "propose_manifest": "propose",
}

__all__ = ["Found", "Proposal", "find", "guess_table", "propose_manifest"]


def __getattr__(name: str) -> Any:
    """Loads a part when it is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
