"""Documents for people: a Dossier goes in, one file comes out. Nothing here judges, and nothing here reads a clock."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from upright.reports.builtin.assessment import html_report
    from upright.reports.dossier import Dossier
    from upright.reports.registry import Report, report_named, reports

__all__ = ["Dossier", "Report", "html_report", "report_named", "reports"]

_HOME = {
    "Dossier": "upright.reports.dossier",
    "Report": "upright.reports.registry",
    "html_report": "upright.reports.builtin.assessment",
    "report_named": "upright.reports.registry",
    "reports": "upright.reports.registry",
}


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first asked for, so that importing the room costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOME[name]), name)
