"""A program sends a spreadsheet; the worker tries or imports it, never by more than the token reaches."""

from typing import Any

import pytest
from django.db import connection

from api.program import Program, code
from records.organisation import Organisation
from upright.records.inventory.models import System
from upright.records.risk.models import Risk
from upright.records.trail.history import steps
from upright.records.work.models import ImportRun
from upright.records.work.running import tell
from upright.site import importing
from upright.site.worker import Worker

CSV = {"content_type": "text/csv"}


def file(meridian: Organisation, count: int = 3, modality: str = "tabular") -> bytes:
    given = f"{meridian.lending.ref},{meridian.owner.ref},{modality}"
    lines = [f"s{number},System {number},Ranks.,{given}" for number in range(count)]
    return "\n".join(["short_name,name,purpose,unit,owner,modality", *lines]).encode()


def test_a_file_is_tried_then_imported_and_its_progress_followed(
    meridian: Organisation, owner: Program, lead: Program, issued: Any
) -> None:
    tried = owner("POST", "spreadsheet?type=system", file(meridian, modality="poem"), **CSV)
    assert tried.status_code == 202, tried.content
    ref = tried.json()["import_run"]
    assert (tried.json()["state"], tried.json()["dry"]) == ("waiting", True)
    Worker().once()
    far = owner.get(f"import/{ref}/progress").json()
    assert (far["state"], far["refused"], far["problems"][0]["column"]) == ("done", 3, "modality")
    assert lead.get(f"import/{ref}/progress").status_code == 200  # the AIMS manager may read imports
    assert lead.get("import/import:2026-0009/progress").status_code == 404
    done = owner("POST", "spreadsheet?type=system&dry=no", file(meridian), **CSV).json()
    Worker().once()
    assert owner.get(f"import/{done['import_run']}/progress").json()["added"] == 3
    (step,) = steps("system:s1")
    assert (step.actor, step.via) == (meridian.owner.ref, "import")
    # A token that may only read systems imports none, though its person may; nor does one that is bound to a system.
    for narrow in ({"rights": ["inventory.system.read"]}, {"systems": ["system:s1"]}):
        weak = issued(meridian.owner, **narrow)
        answer = weak("POST", "spreadsheet?type=system&dry=no", file(meridian, 9), **CSV)
        if answer.status_code == 202:
            Worker().once()
            assert weak.get(f"import/{answer.json()['import_run']}/progress").json()["state"] == "stopped"
        else:
            assert answer.status_code == 403
    assert System.objects.count() == 3
    refused = [
        owner("POST", "spreadsheet?type=poem", file(meridian), **CSV),
        owner("POST", "spreadsheet?type=system&mapping=import-mapping:2026-0009", file(meridian), **CSV),
        owner("POST", "spreadsheet?type=system", b"\xff\xfe", **CSV),
        owner("POST", "spreadsheet?type=system", b"PK\x03\x04", **CSV),
        owner("POST", "spreadsheet?type=system&dry=perhaps", file(meridian), **CSV),
    ]
    assert [answer.status_code for answer in refused] == [422] * 5
    assert code(refused[2])[1] == "UP-IMPORT-01"
    assert owner("POST", "spreadsheet?type=system", {"a": 1}).status_code == 415
    assert ImportRun.objects.filter(state="waiting").count() == 0


def test_a_program_that_waits_learns_that_it_runs_and_that_it_broke(
    meridian: Organisation, owner: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = owner("POST", "spreadsheet?type=system", file(meridian), **CSV).json()["import_run"]
    tell(ref, done=2)
    assert owner.get(f"import/{ref}/progress").json()["state"] == "running"

    def breaks(*_given: Any) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(importing, "_go_through", breaks)
    monkeypatch.setattr(connection, "close", lambda: None)  # the worker lets go of it; here the test stands on it
    Worker().once()
    assert ImportRun.objects.get(ref=ref).state == "waiting"
    assert owner.get(f"import/{ref}/progress").json()["state"] == "broken"


def test_a_date_that_is_over_is_refused_by_row_unless_the_file_tells_history(
    meridian: Organisation, lead: Program
) -> None:
    given = f"R,{meridian.lending.ref},{meridian.owner.ref},individuals,Old data,Denied,3,3,2020-01-01"
    text = f"title,unit,owner,concerns,source,consequence,likelihood,impact,review_by\n{given}\n".encode()
    far = {}
    for history in ("", "&history=no", "&history=yes"):
        sent = lead("POST", f"spreadsheet?type=risk&dry=no&skip=yes{history}", text, **CSV)
        Worker().once()
        said = lead.get(f"import/{sent.json()['import_run']}/progress").json()
        far[history] = (said["added"], said["refused"], [one["column"] for one in said["problems"]])
    refused = (0, 1, ["review_by"])
    assert far == {"": refused, "&history=no": refused, "&history=yes": (1, 0, [])}
    (step,) = steps(Risk.objects.get().ref)
    assert (step.via, step.reason) == ("import", "Imported from Risks by API. Told as it was, overdue by review_by.")
    assert code(lead("POST", "spreadsheet?type=risk&history=perhaps", text, **CSV))[0] == 422
