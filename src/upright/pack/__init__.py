"""Audit packs: one file that verifies itself offline, and from which any verdict can be recomputed."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from upright.pack.container import PackError
    from upright.pack.contents import Manifest
    from upright.pack.make import cited_checkpoint, make_pack
    from upright.pack.report import VerifyReport
    from upright.pack.scope import judge_part, opened_entries, streams_of
    from upright.pack.verify import verify_pack

_HOMES = {
    "Manifest": "contents",
    "PackError": "container",
    "VerifyReport": "report",
    "cited_checkpoint": "make",
    "judge_part": "scope",
    "make_pack": "make",
    "opened_entries": "scope",
    "streams_of": "scope",
    "verify_pack": "verify",
}

__all__ = [
    "Manifest",
    "PackError",
    "VerifyReport",
    "cited_checkpoint",
    "judge_part",
    "make_pack",
    "opened_entries",
    "streams_of",
    "verify_pack",
]


def __getattr__(name: str) -> Any:
    """Loads a part when it is first asked for, so that the command starts fast."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"upright.pack.{_HOMES[name]}"), name)
