"""Imports by the worker: nothing twice after a kill, progress in rows, and what was refused by row and column."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_tasks_db.models import DBTaskResult

from records.addresses import address
from records.identity.accounts import account, logged_in, stranger
from records.organisation import Organisation, actor_of
from upright.interchange import spreadsheets
from upright.records.identity.power import DeniedError, powers_of
from upright.records.inventory.models import System
from upright.records.trail.door import write
from upright.records.trail.history import steps
from upright.records.trail.verify import verify
from upright.records.work.imports import ask_import, go_on, kept, progress
from upright.records.work.models import ImportRun
from upright.records.work.tasks import is_queued
from upright.site.worker import Worker

HEAD = "short_name,name,purpose,unit,owner,modality\n"


def rows(meridian: Organisation, count: int, *, wrong: int = -1, first: int = 0) -> str:
    given = f"{meridian.lending.ref},{meridian.owner.ref}"
    lines = [
        f"s{number},System {number},Ranks.,{given},{'poem' if number == wrong else 'tabular'}"
        for number in range(first, first + count)
    ]
    return HEAD + "\n".join(lines) + "\n"


def xlsx(text: str) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, line in enumerate(text.splitlines()):
            sheet.write_row(at, 0, line.split(","))
    return out.getvalue()


def asked(meridian: Organisation, path: Path, **more: Any) -> ImportRun:
    actor = actor_of(meridian.lead)
    columns = {name: name for name in HEAD.strip().split(",")}
    given = {"dry": False, "actor": actor, "powers": powers_of(actor)} | more
    return ask_import("system", path, "systems.csv", columns, {}, **given)


def test_a_worker_killed_in_the_middle_of_an_import_writes_nothing_twice(
    meridian_committed: Organisation, server_home: Path
) -> None:
    path = server_home / "systems.csv"
    path.write_text(rows(meridian_committed, 80))
    run = asked(meridian_committed, path)
    script = Path(__file__).with_name("broken_import.py")
    environment = os.environ | {"UPRIGHT_HOME": str(server_home), "UPRIGHT_DATABASE_URL": address(server_home)}
    done = subprocess.run(
        [sys.executable, str(script), run.ref], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout)
    # Killed before the commit of the second batch and of the third; told to stop after it; then nothing is left to do.
    killed = -signal.SIGKILL
    assert said["found"] == [[killed, 20, 21], [killed, 40, 41], [0, 60, 61], [0, 80, 81]]
    assert said["counts"] == {"state": "done", "rows": 80, "added": 80, "changed": 0, "same": 0, "refused": 0}
    assert said["outcome"] == "intact"
    assert said["steps"] == [["inventory.system.added", "import"]] * 80


def test_a_large_file_is_tried_then_imported_by_the_worker_and_the_page_says_how_far(
    meridian: Organisation, quick_hashes: None, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setattr(spreadsheets, "LARGE_SHEET", 100)
    lead = logged_in(account(meridian.lead))
    file = SimpleUploadedFile("s.xlsx", xlsx(rows(meridian, 5, wrong=3)))
    page = lead.post("/records/system/import/", {"file": file}).headers["Location"]
    columns = {f"column:{at}": name for at, name in enumerate(HEAD.strip().split(","))}
    to = lead.post(page, columns | {"act": "check"}).headers["Location"]
    assert to == "/import/import:2026-0001/"
    waiting = lead.get(to).content.decode()
    assert "0 of about 6 rows, 0 percent" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    for other in (account(meridian.owner), stranger(meridian)):
        assert logged_in(other).get(to).status_code == 404
    Worker().once()
    tried = lead.get(to).content.decode()
    assert "5 rows: 4 would be added" in tried
    assert "none of its values" in tried
    assert "hx-trigger" not in tried.partition('id="run"')[2].partition(">")[0]
    assert System.objects.count() == 0
    back = lead.get(f"{page}?run=import:2026-0001").content.decode()
    assert 'name="text:modality" value="poem"' in back
    assert "4 would be added" in back
    answers = columns | {"text:modality": "poem", "value:modality": "text"}
    to = lead.post(page, answers | {"act": "import", "reason": "From the register."}).headers["Location"]
    Worker().once()
    assert "5 rows: 5 added" in lead.get(to).content.decode()
    assert System.objects.get(short_name="s3").modality == "text"
    (step,) = steps("system:s3")
    assert (step.actor, step.via, step.reason) == (str(actor_of(meridian.lead)), "import", "From the register.")
    run = ImportRun.objects.get(dry=False)
    assert (run.state, run.added, kept(run.sha256).is_file()) == ("done", 5, False)
    assert lead.post(to).status_code == 400  # done is done
    assert verify().outcome == "intact"


def test_an_import_stops_at_a_bad_row_and_goes_on_and_never_by_more_than_its_asker_may(
    meridian: Organisation, server_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upright.desk.importing.BATCH", 2)
    path = server_home / "systems.csv"
    path.write_text(rows(meridian, 5, wrong=3))
    run = asked(meridian, path)
    Worker().once()
    run.refresh_from_db()
    assert (run.state, run.added, System.objects.count()) == ("stopped", 2, 2)
    assert "Row 5, modality" in run.says
    with pytest.raises(Exception, match="UP-RUN-02"):
        go_on(run, actor=actor_of(meridian.owner))
    again = go_on(run, actor=actor_of(meridian.lead))
    assert is_queued(again)
    Worker().once()
    assert System.objects.count() == 2  # it stopped at the same row, and wrote nothing twice
    assert progress(run).found["added"] == 2
    skipping = asked(meridian, path, skip=True)
    Worker().once()
    skipping.refresh_from_db()
    assert (skipping.added, skipping.same, skipping.refused) == (2, 2, 1)
    assert progress(skipping).found["problems"][0]["column"] == "modality"
    nobody = actor_of(write_stranger(meridian))
    with pytest.raises(DeniedError):
        asked(meridian, path, actor=nobody, powers=powers_of(nobody))
    # A reference that somebody puts into the queue by SQL does nothing that nobody asked for.
    done = System.objects.count()
    row = DBTaskResult.objects.latest("enqueued_at")
    DBTaskResult.objects.filter(pk=row.pk).update(status="READY")
    Worker().once()
    assert System.objects.count() == done
    # The file is gone meanwhile: said, not guessed.
    path.write_text(rows(meridian, 1, first=9))
    lost = asked(meridian, path)
    kept(lost.sha256).unlink()
    Worker().once()
    lost.refresh_from_db()
    assert (lost.state, "send it again" in lost.says) == ("stopped", True)
    assert verify().outcome == "intact"


def write_stranger(meridian: Organisation) -> Any:
    from records.organisation import SETUP
    from upright.records.identity.models import Person

    return write(Person(name="S", unit=meridian.root), actor=SETUP, action="identity.person.added")
