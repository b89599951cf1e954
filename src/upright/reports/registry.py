"""Which reports there are: our own, and those that installed packages add by the entry points ``upright.reports``."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from types import MappingProxyType

from upright.kernel import InputError, UprightError
from upright.reports.dossier import Dossier

ENTRY_POINTS = "upright.reports"


class UnknownReportError(InputError):
    """No report has this name."""


class ReportNotLoadedError(UprightError):
    """An installed package offers a report that cannot be loaded."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """One kind of document.

    Attributes:
        name: what a user types: ``upright report NAME``.
        title: one line that says what it shows.
        media_type: of the bytes, such as ``text/html``.
        suffix: of the file, with its dot.
        render: Dossier in, bytes out; the same Dossier gives the same bytes.
    """

    name: str
    title: str
    media_type: str
    suffix: str
    render: Callable[[Dossier], bytes]


_BUILT_IN = ("assessment", "aibom")


@cache
def reports() -> Mapping[str, Report]:
    """All reports by name. A package cannot replace a built-in one.

    Raises:
        ReportNotLoadedError: an installed package's report fails to load, is not a ``Report``, or takes a name twice.
    """
    found = {name: _built_in(name) for name in _BUILT_IN}
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda each: (each.name, each.value)):
        report = _loaded(point.name, point.value, point.load)
        if report.name in found:
            raise ReportNotLoadedError(
                f'The entry point {point.value} offers a report "{report.name}", and there is one already. '
                "Uninstall one of the two, or ask its author for another name.",
                code="UP-REP-02",
            )
        found[report.name] = report
    return MappingProxyType(found)


def report_named(name: str) -> Report:
    """The report with this name.

    Raises:
        UnknownReportError: there is none; the message suggests the nearest.
    """
    known = reports()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    raise UnknownReportError(
        f'There is no report "{name}"; there are: {", ".join(known)}.{hint}',
        code="UP-REP-01",
    )


def _built_in(name: str) -> Report:
    report = import_module(f"upright.reports.builtin.{name}").REPORT
    assert isinstance(report, Report)
    return report


def _loaded(name: str, value: str, load: Callable[[], object]) -> Report:
    try:
        report = load()
    except Exception as why:
        raise ReportNotLoadedError(
            f'The report "{name}" of {value} cannot be loaded: {type(why).__name__}: {why}. '
            "Update or uninstall that package.",
            code="UP-REP-02",
        ) from why
    if not isinstance(report, Report):
        raise ReportNotLoadedError(
            f'The entry point "{name}" of {value} is {type(report).__name__}; expected upright.reports.Report. '
            "Tell its author.",
            code="UP-REP-02",
        )
    return report
