"""Checks that the server runs: only where its operator said so, taken in as a push is, and never green by failing."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from records.assurance.repository import write_files
from records.identity.accounts import account, logged_in
from records.organisation import SETUP, Organisation, actor_of
from upright.records.assurance.models import EvidenceRow, Intake, Origin
from upright.records.identity.editing import add
from upright.records.identity.models import Person
from upright.records.identity.power import DeniedError
from upright.records.inventory.models import System
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError
from upright.records.trail.server_log import clock_set, now
from upright.records.trail.verify import verify
from upright.records.work.checks import ask_check, enrol_check_key, manifest_of, run_due
from upright.records.work.models import CheckRun, CheckSchedule
from upright.site.worker import Worker

PAGE = "/posture/system:loans/"


@pytest.fixture
def loans(meridian: Organisation, tmp_path: Path, settings: Any) -> System:
    """A registered system whose repository lies two folders below what the operator named."""
    write_files(tmp_path / "repositories" / "lending" / "loans")
    settings.UPRIGHT_WORKSPACES = [str(tmp_path / "repositories")]
    return write(meridian.system("loans"), actor=actor_of(meridian.lead), action="inventory.system.added")


def test_one_click_runs_the_checks_in_a_child_and_takes_their_statements_in(
    meridian: Organisation, loans: System, quick_hashes: None, tmp_path: Path
) -> None:
    lead = logged_in(account(meridian.lead))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert "Enrol the key" in lead.get(PAGE).content.decode()
    assert lead.post("/checks/system:loans/", {"act": "enrol"}).status_code == 302
    assert lead.post("/checks/system:loans/").headers["Location"] == f"{PAGE}#checks"
    page = lead.get(PAGE).content.decode()
    assert "Waiting for the worker." in page
    assert 'hx-trigger="every 2s"' in page
    again = lead.post("/checks/system:loans/", follow=True).content.decode()
    assert "waits or runs already; look at it again soon." in again
    assert CheckRun.objects.count() == 1
    Worker().once()
    run = CheckRun.objects.get()
    assert (run.state, run.outcome, run.says) == ("done", max_of(run), "")
    assert run.taken == {"added": len(run.outcomes)}
    assert set(run.outcomes) == set(EvidenceRow.objects.values_list("binding", flat=True))
    assert Origin.objects.count() == 1
    page = lead.get(PAGE).content.decode()
    assert all(binding in page for binding in run.outcomes)
    done = lead.get("/checks/system:loans/", headers={"HX-Request": "true"})
    assert done.headers["HX-Refresh"] == "true"
    assert {path: path.stat().st_mtime_ns for path in before} == before  # nothing is written into a repository
    assert Intake.objects.count() == 0
    assert verify().outcome == "intact"


def max_of(run: CheckRun) -> str:
    order = ("passed", "undecided", "errored", "failed")
    return max(run.outcomes.values(), key=order.index)


def test_where_no_folder_is_named_or_the_run_breaks_it_is_said_and_nothing_is_green(
    meridian: Organisation, loans: System, quick_hashes: None, settings: Any, tmp_path: Path
) -> None:
    lead, actor = logged_in(account(meridian.lead)), actor_of(meridian.lead)
    named = settings.UPRIGHT_WORKSPACES
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "link").symlink_to(tmp_path / "repositories")
    for wrong in ([], [str(outside)], [str(tmp_path / "none")]):
        settings.UPRIGHT_WORKSPACES = wrong
        assert manifest_of(loans) is None
        page = lead.get(PAGE).content.decode()
        assert "UPRIGHT_WORKSPACES" in page
        assert "Run checks" not in page
        with pytest.raises(RefusedError, match="UP-RUN-05"):
            ask_check(loans, actor=actor)
    settings.UPRIGHT_WORKSPACES = named
    with pytest.raises(DeniedError):
        ask_check(
            loans,
            actor=actor_of(write(Person(name="S", unit=meridian.root), actor=SETUP, action="identity.person.added")),
        )
    # Asked for, then gone: errored. Asked for a check that there is none of: errored, in the words of the child.
    ask_check(loans, actor=actor)
    settings.UPRIGHT_WORKSPACES = []
    Worker().once()
    settings.UPRIGHT_WORKSPACES = named
    ask_check(loans, ["no-such-check"], actor=actor)
    Worker().once()
    first, second = CheckRun.objects.order_by("ref")
    assert [(run.state, run.outcome) for run in (first, second)] == [("stopped", "errored")] * 2
    assert "no-such-check" in second.says
    assert EvidenceRow.objects.count() == 0
    page = lead.get(PAGE).content.decode()
    assert "Errored" in page
    assert "no-such-check" in page
    assert "Passed" not in page.partition('id="checks"')[2].partition("</section>")[0]


def test_a_schedule_runs_when_it_is_due_in_its_owners_name_and_a_missed_run_is_errored(
    meridian: Organisation, loans: System
) -> None:
    lead = actor_of(meridian.lead)
    for wrong in ("weekly", "PT10M", "P99999999999999999D"):
        with pytest.raises(ValidationError):
            add(CheckSchedule(about=loans, every=wrong, owner=meridian.owner), actor=lead)
    add(CheckSchedule(about=loans, every="P1D", owner=meridian.owner), actor=lead)
    enrol_check_key(actor=lead)
    assert run_due() == 1
    assert run_due() == 0
    run = CheckRun.objects.get()
    assert (run.by_schedule, run.asked_by, run.state) == (True, meridian.owner.ref, "waiting")
    later = now() + timedelta(days=1, minutes=1)
    with clock_set(lambda: later):
        assert run_due() == 1  # the last one still waits: said, not left out
        missed = CheckRun.objects.order_by("-asked_at")[0]
        assert (missed.outcome, "waits or runs already" in missed.says) == ("errored", True)
        assert run_due() == 0
    schedule = CheckSchedule.objects.get()
    with clock_set(lambda: later + timedelta(days=2)):
        stranger = write(Person(name="S", unit=meridian.root), actor=SETUP, action="identity.person.added")
        schedule.owner = stranger
        write(schedule, actor=SETUP, action="work.check_schedule.changed")
        assert run_due() == 1
        assert "may not do this" in CheckRun.objects.order_by("-asked_at")[0].says
