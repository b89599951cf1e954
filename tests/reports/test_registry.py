"""Which reports there are, and that what an installed package offers is checked."""

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from upright.reports import Report, registry, report_named, reports


@pytest.fixture(autouse=True)
def _fresh() -> None:
    reports.cache_clear()


def offers(monkeypatch: pytest.MonkeyPatch, *points: EntryPoint) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda group: points)


OTHER = Report(name="other", title="Another", media_type="text/plain", suffix=".txt", render=lambda dossier: b"")
SAME = Report(name="assessment", title="Ours?", media_type="text/plain", suffix=".txt", render=lambda dossier: b"")
NOT_A_REPORT = object()


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=registry.ENTRY_POINTS)


def test_the_assessment_is_built_in() -> None:
    assert reports()["assessment"].media_type == "text/html"


def test_a_package_adds_a_report_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "offered_reports", _here())
    offers(monkeypatch, point("other", "offered_reports:OTHER"))
    assert report_named("other").title == "Another"


def _here() -> ModuleType:
    module = ModuleType("offered_reports")
    module.__dict__.update(OTHER=OTHER, SAME=SAME, NOT_A_REPORT=NOT_A_REPORT)
    return module


@pytest.mark.parametrize("name", ["SAME", "NOT_A_REPORT", "MISSING"])
def test_a_report_that_is_none_or_takes_a_name_twice_is_said(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, "offered_reports", _here())
    offers(monkeypatch, point("x", f"offered_reports:{name}"))
    with pytest.raises(registry.ReportNotLoadedError, match="UP-REP-02"):
        reports()


def test_an_unknown_report_gets_a_suggestion() -> None:
    with pytest.raises(registry.UnknownReportError, match='Did you mean "assessment"'):
        report_named("assesment")
