"""Export and import in the browser, and comments, attachments and tasks on a record's page."""

import io
import re
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from records.identity.accounts import account, logged_in, stranger
from records.organisation import Organisation, actor_of
from upright.kernel import InputError
from upright.records.collaboration import actions, blobs
from upright.records.collaboration.models import Attachment, Comment, ImportMapping, Task
from upright.records.identity.power import DeniedError
from upright.records.inventory.models import System
from upright.records.risk.models import Risk
from upright.records.trail.door import refresh, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import steps
from upright.records.trail.server_log import server_log
from upright.records.trail.verify import verify


@pytest.fixture
def lead(meridian: Organisation) -> Client:
    return logged_in(account(meridian.lead))


@pytest.fixture
def system(meridian: Organisation) -> System:
    return write(meridian.system(), actor=actor_of(meridian.lead), action="inventory.system.added", reason="New.")


def send(client: Client, text: str, name: str = "s.csv") -> str:
    answer = client.post("/records/system/import/", {"file": SimpleUploadedFile(name, text.encode())})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["Location"])


FILE = "Kurz;Name;Zweck;Unit;Owner;Modality\ncards;Cards;=1+1;Lending;Olu Owner;Bild\n"
COLUMNS = {
    f"column:{at}": name for at, name in enumerate(("short_name", "name", "purpose", "unit", "owner", "modality"))
}


def test_a_spreadsheet_is_mapped_checked_saved_and_imported(lead: Client) -> None:
    page = send(lead, FILE)
    seen = lead.get(page).content.decode()
    assert "What the columns mean" in seen
    assert "=1+1" in seen
    assert re.search(r'name="column:1".*?<option value="name" selected', seen, re.DOTALL)
    checked = lead.post(page, COLUMNS | {"act": "check"}).content.decode()
    assert "1 have problems" in checked
    assert "say what it means" in checked
    assert not System.objects.exists()
    answers = COLUMNS | {"text:modality": "Bild", "value:modality": "image"}
    assert lead.post(page, answers | {"act": "save", "mapping_name": "Old register"}).status_code == 200
    saved = ImportMapping.objects.get()
    assert (saved.columns["Kurz"], saved.values) == ("short_name", {"modality": {"Bild": "image"}})
    again = lead.get(f"{page}?mapping={saved.ref}").content.decode()
    assert 'name="text:modality" value="Bild"' in again
    assert "1 would be added" in lead.post(page, answers | {"act": "check"}).content.decode()
    done = lead.post(page, answers | {"act": "import", "reason": "From the register."})
    assert done.headers["Location"] == "/records/system/"
    system = System.objects.get()
    assert (system.ref, system.purpose, system.modality) == ("system:cards", "=1+1", "image")
    history = lead.get("/history/system:cards/").content.decode()
    assert "imported, not witnessed" in history
    assert "From the register." in history
    assert lead.get(page).status_code == 404
    assert verify().outcome == "intact"


def test_a_date_that_is_over_is_a_problem_until_the_file_is_said_to_tell_history(
    meridian: Organisation, lead: Client
) -> None:
    heads = ("title", "unit", "owner", "concerns", "source", "consequence", "likelihood", "impact", "review_by")
    row = f"R,{meridian.lending.ref},{meridian.owner.ref},individuals,Old data,Denied,3,3,2020-01-01"
    file = SimpleUploadedFile("s.csv", f"{','.join(heads)}\n{row}\n".encode())
    page = str(lead.post("/records/risk/import/", {"file": file}).headers["Location"])
    columns = {f"column:{at}": name for at, name in enumerate(heads)}
    checked = lead.post(page, columns | {"act": "check"}).content.decode()
    assert "2020-01-01 is over: today is" in checked
    assert re.search(r'name="history">', checked)
    with translation.override("de"):
        german = lead.post(page, columns | {"act": "check"}, headers={"Accept-Language": "de"}).content.decode()
    assert re.search(r"2020 ist vorbei: heute ist der [^<]* \(8\.2\)\. \[UP-FIELD-08\]<", german)
    refused = lead.post(page, columns | {"act": "import"})
    assert (refused.status_code, Risk.objects.count()) == (400, 0)
    again = lead.post(page, columns | {"act": "check", "history": "on"}).content.decode()
    assert "is over" not in again
    assert re.search(r'name="history" checked', again)
    assert lead.post(page, columns | {"act": "import", "history": "on"}).status_code == 302
    (step,) = steps(Risk.objects.get().ref)
    assert "Told as it was, overdue by review_by." in step.reason


def test_a_form_says_that_a_review_date_is_over_beside_the_field(lead: Client, meridian: Organisation) -> None:
    given = {
        "title": "Denied",
        "unit": meridian.lending.ref,
        "owner": meridian.owner.ref,
        "concerns": "individuals",
        "source": "Old data.",
        "consequence": "A loan is denied.",
        "likelihood": "3",
        "impact": "3",
        "review_by": "2020-01-01",
        "version": "0",
    }
    answer = lead.post("/records/risk/add/", given)
    assert "2020-01-01 is over: today is" in answer.content.decode()
    assert Risk.objects.count() == 0
    assert lead.post("/records/risk/add/", given | {"review_by": "2999-01-01"}).status_code == 302
    with translation.override("de"):
        german = lead.post("/records/risk/add/", given, headers={"Accept-Language": "de"}).content.decode()
    assert re.search(r"2020 ist vorbei: heute ist der .{4,40}, nach der Uhr des Servers in UTC", german)


def test_a_file_that_waits_is_its_senders_alone(meridian: Organisation, lead: Client) -> None:
    page = send(lead, FILE)
    assert logged_in(account(meridian.owner)).get(page).status_code == 404
    assert logged_in(stranger(meridian)).get(page).status_code == 403
    assert lead.get("/records/system/import/..%2Fx/").status_code == 404
    for name, data in (("x.xlsx", b"PK\x03\x04nothing"), ("x.csv", b"\xff\xfe"), ("empty.csv", b"\n\n")):
        sent = lead.post("/records/system/import/", {"file": SimpleUploadedFile(name, data)})
        assert sent.status_code == 400 if data.strip() else sent.status_code in {200, 400}


def test_an_export_is_what_the_list_shows(meridian: Organisation, lead: Client, system: System) -> None:
    hidden = meridian.system("cards", name="Card screening", unit=meridian.root, modality="llm")
    write(hidden, actor=actor_of(meridian.lead), action="inventory.system.added")
    whole: Any = lead.get("/records/system/export.csv")
    assert whole.headers["Content-Disposition"] == 'attachment; filename="system.csv"'
    assert b"Card screening" in b"".join(whole.streaming_content)
    narrowed: Any = lead.get("/records/system/export.csv?modality=llm")
    assert b"mortgage" not in b"".join(narrowed.streaming_content)
    others: Any = logged_in(account(meridian.owner)).get("/records/system/export.csv")
    assert b"Card screening" not in b"".join(others.streaming_content)
    book: Any = lead.get("/records/system/export.xlsx")
    with zipfile.ZipFile(io.BytesIO(b"".join(book.streaming_content))) as archive:
        assert "xl/worksheets/sheet1.xml" in archive.namelist()
    book.close()
    assert lead.get("/records/system/export.exe").status_code == 404


def test_comments_tasks_and_files_hang_on_a_record_and_are_announced_where_it_is(
    meridian: Organisation, lead: Client, system: System
) -> None:
    lead.post("/comment/system:mortgage/", {"text": "<script>alert(1)</script>\nsecond line"})
    task = {"title": "Ask the vendor", "assignee": meridian.owner.ref, "due": "2020-01-01"}
    over = lead.post("/task/system:mortgage/", task, follow=True).content.decode()
    assert "2020-01-01 is over: today is" in over
    assert not Task.objects.exists()
    lead.post("/task/system:mortgage/", task | {"due": "2999-01-01"})
    lead.post("/attach/system:mortgage/", {"file": SimpleUploadedFile("../../etc/pläne.pdf", b"%PDF-1.7 plans")})
    text = lead.get("/record/system:mortgage/?part=work").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>second line" in text
    assert "Ask the vendor" in text
    assert "pläne.pdf" in text
    for one in (Comment.objects.get(), Task.objects.get(), Attachment.objects.get()):
        assert server_log().view().index_of(one.ref) == "index:system:mortgage"
    owner = logged_in(account(meridian.owner))
    assert "Ask the vendor" in owner.get("/").content.decode()
    assert "Ask the vendor" not in lead.get("/").content.decode()
    task = Task.objects.get()
    owner.post(f"/task-close/{task.ref}/")
    assert refresh(task).state == "done"
    assert steps(task.ref)[-1].actor == meridian.owner.ref
    assert "Ask the vendor" not in owner.get("/").content.decode()
    assert verify().outcome == "intact"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("x.png", SVG, "application/octet-stream"),
        ("x.txt", b"\n\n <!DOCTYPE html><body onload=alert(1)>", "application/octet-stream"),
        ("x.svg", b"\xef\xbb\xbf" + SVG, "application/octet-stream"),
        ("x.exe", b"plain words \xc3\xa9", "text/plain"),
        ("x.txt", b"%PDF-1.4", "application/pdf"),
        ("x.gif", b"GIF89a<script>", "image/gif"),
        ("x", b"\0\1\2", "application/octet-stream"),
    ],
)
def test_an_attachment_is_what_its_bytes_are_and_is_only_ever_saved(
    lead: Client, system: System, name: str, data: bytes, kind: str
) -> None:
    lead.post("/attach/system:mortgage/", {"file": SimpleUploadedFile(name, data)})
    one = Attachment.objects.get()
    answer = lead.get(f"/attachment/{one.ref}/")
    assert answer.content == data
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_what_hangs_on_a_record_is_read_by_who_reads_the_record(
    meridian: Organisation, lead: Client, system: System
) -> None:
    hidden = meridian.system("cards", unit=meridian.root)
    write(hidden, actor=actor_of(meridian.lead), action="inventory.system.added")
    lead.post("/attach/system:cards/", {"file": SimpleUploadedFile("a.txt", b"secret")})
    lead.post("/task/system:cards/", {"title": "Hidden task", "assignee": meridian.owner.ref})
    owner = logged_in(account(meridian.owner))
    assert owner.get(f"/attachment/{Attachment.objects.get().ref}/").status_code == 404
    assert "Hidden task" not in owner.get("/").content.decode()
    assert owner.post(f"/task-close/{Task.objects.get().ref}/").status_code == 404
    for page in ("/comment/system:cards/", "/attach/system:cards/", "/task/system:cards/"):
        assert owner.post(page, {"text": "x"}).status_code == 404
        assert owner.get(page).status_code == 405
    assert not Comment.objects.exists()


def test_files_that_are_not_taken_leave_nothing_behind(lead: Client, system: System, server_home: Any) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * (64 << 20))
    for data in (stream.getvalue(), b"", b"PK\x03\x04 broken"):
        answer = lead.post("/attach/system:mortgage/", {"file": SimpleUploadedFile("f", data)}, follow=True)
        assert "UP-FILE-0" in answer.content.decode()
    with pytest.raises(InputError, match="UP-FILE-04"):
        blobs.keep([b"x" * 100, b"y" * 100], largest=150)
    assert [one for one in (server_home / "blobs").rglob("*") if one.is_file()] == []
    assert not Attachment.objects.exists()


def test_the_same_bytes_are_kept_once_and_changed_ones_are_not_handed_out(lead: Client, system: System) -> None:
    for name in ("a.txt", "b.txt"):
        lead.post("/attach/system:mortgage/", {"file": SimpleUploadedFile(name, b"same")})
    first, second = Attachment.objects.order_by("pk")
    assert first.sha256 == second.sha256
    blobs.blob(first.sha256).write_bytes(b"swapped")
    answer = lead.get(f"/attachment/{first.ref}/")
    assert answer.status_code == 400
    assert "UP-FILE-05" in answer.content.decode()


def test_the_verbs_refuse_in_words(meridian: Organisation, system: System) -> None:
    lead, owner = actor_of(meridian.lead), actor_of(meridian.owner)
    hidden = write(meridian.system("cards", unit=meridian.root), actor=lead, action="inventory.system.added")
    with pytest.raises(DeniedError):
        actions.comment(hidden, "x", actor=owner)
    task = actions.assign(system, "Do it", assignee=meridian.owner, actor=lead)
    with pytest.raises(RefusedError, match="UP-TASK-03"):
        actions.close_task(task, actor=owner, state="dropped")
    actions.close_task(task, actor=owner, state="dropped", reason="Not needed.")
    with pytest.raises(RefusedError, match="UP-TASK-02"):
        actions.close_task(task, actor=owner)
    meridian.owner.is_active = False
    gone = write(meridian.owner, actor=lead, action="identity.person.changed")
    with pytest.raises(RefusedError, match="UP-TASK-01"):
        actions.assign(system, "Do it", assignee=gone, actor=lead)
