"""What somebody says leaves no trace of who: not in a row, the log, the ledger, a session or the server's messages."""

import json
import logging
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from records.identity.accounts import account, logged_in
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.kernel import InputError, time_text
from upright.ledger.leaves import parse_leaf
from upright.records.assurance.judging import facts_of
from upright.records.identity.models import Person, Role
from upright.records.identity.power import DeniedError
from upright.records.operations.actions import voices
from upright.records.operations.models.voices import Concern, ContestedDecision, ExternalReport, WaitingVoice
from upright.records.operations.sealing import opened, sealed
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError
from upright.records.trail.models import LedgerEntry
from upright.records.trail.server_log import clock_set, now
from upright.records.trail.verify import verify
from upright.site.logs import JsonLines
from upright.web import voices as pages

WORDS = "The scores of part-time staff are wrong since May."
ADDRESS = "203.0.113.77"


@pytest.fixture(autouse=True)
def _nobody_spoke(quick_hashes: None) -> None:
    pages._SAID.clear()
    pages._ASKED.clear()


def everything_stored() -> str:
    """Every cell of every table as text; bytes as they are and in hex."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                for cell in row:
                    raw = bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
                    found.append(raw.decode(errors="replace"))
    return "\n".join(found)


def test_a_concern_leaves_no_trace_of_who_and_is_entered_with_the_hour(
    meridian: Organisation, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    olu = logged_in(account(meridian.owner))
    sessions = {one.pk: one.session_data for one in Session.objects.all()}
    size = LedgerEntry.objects.count()
    moment = now().replace(minute=41, second=17, microsecond=123000) + timedelta(hours=2)
    with caplog.at_level(logging.DEBUG), clock_set(lambda: moment):
        sent = {"kind": "concern", "text": WORDS, "person": "Ada@meridian.example"}
        page = olu.post("/concern/", sent, REMOTE_ADDR=ADDRESS, HTTP_USER_AGENT="Seldom/1.0")
        assert (page.status_code, dict(page.cookies)) == (200, {})
        receipt = re.search(r'id="receipt"[^>]*>([0-9a-f ]{39})<', page.content.decode())
        assert receipt is not None
        assert len(receipt[1].replace(" ", "")) * 4 == 128
        assert (voices.enter_waiting(), LedgerEntry.objects.count()) == (0, size)  # the hour is not over
        asked = Client().post("/concern/receipt/", {"receipt": receipt[1]}).content.decode()
        assert "It waits until the hour is over" in asked
    (waiting,) = WaitingVoice.objects.all()
    assert waiting.hour == moment.replace(minute=0, second=0, microsecond=0)
    later = waiting.hour + timedelta(hours=1)
    with clock_set(lambda: later):
        assert voices.enter_waiting() == 1
    assert not WaitingVoice.objects.exists()
    (entry,) = LedgerEntry.objects.filter(index__gte=size, ref__startswith="concern:")
    said = json.loads(bytes(entry.body))
    assert (said["actor"], said["reason"], said["record"]["received"]) == (
        "system:somebody", "", time_text(waiting.hour),
    )  # fmt: skip
    assert parse_leaf(bytes(entry.leaf)).time >= time_text(later)
    stored, logs = everything_stored(), caplog.text + "".join(capfd.readouterr())
    ours = [one for one in caplog.records if one.name.startswith(("upright", "django.request"))]
    formatted = "\n".join(JsonLines().format(one) for one in ours)
    plain = receipt[1].replace(" ", "")
    for trace in (WORDS, "part-time", ADDRESS, "Seldom", plain, receipt[1], f"{moment:%dT%H:41}", f"{moment:%d %H:41}"):
        assert trace not in stored, trace
        assert trace not in logs + formatted, trace
    assert meridian.owner.ref not in bytes(entry.body).decode()
    assert meridian.lead.ref not in bytes(entry.body).decode()  # nor whom it concerns
    assert {one.pk: one.session_data for one in Session.objects.all()} == sessions
    assert "concern/" not in formatted
    assert verify().outcome == "intact"


def test_whom_it_concerns_does_not_handle_it_and_who_has_the_receipt_reads_the_answer(meridian: Organisation) -> None:
    bo = write(Person(name="Bo", unit=meridian.root), actor=SETUP, action="identity.person.added")
    grant(bo, Role.AIMS_MANAGER, meridian.root)
    receipt = voices.say("concern", WORDS, about_person="ada@meridian.example")
    with pytest.raises(RefusedError, match="UP-OPS-72"):
        voices.add_words("0" * 32, "More.")
    voices.add_words(receipt.upper(), "And since June.")
    hour = now() + timedelta(hours=1)
    with clock_set(lambda: hour):
        assert voices.enter_waiting() == 2
        (concern,) = Concern.objects.all()
        ada, other = actor_of(meridian.lead), actor_of(bo)
        for verb in (voices.take_voice, voices.read_voice):
            with pytest.raises(DeniedError, match="UP-OPS-74"):
                verb(concern, actor=ada)
            with pytest.raises(DeniedError, match="UP-POWER-01"):
                verb(concern, actor=actor_of(meridian.owner))
        with pytest.raises(RefusedError, match="UP-CTRL-05"):
            voices.answer_voice(concern, answer="We look.", actor=other)
        voices.take_voice(concern, actor=other)
        with pytest.raises(RefusedError, match="UP-OPS-73"):
            voices.close_voice(concern, outcome="Two more reviewers.", actor=other)
        voices.answer_voice(concern, answer="Thank you; we look.", actor=other)
        page = Client().post("/concern/receipt/", {"receipt": receipt}).content.decode()
        for words in (WORDS, "And since June.", "Thank you; we look."):
            assert words in page
        assert [who for _, who, _ in voices.read_voice(concern, actor=other)] == ["somebody", "somebody", "us"]
        voices.close_voice(concern, outcome="Two more reviewers.", actor=other)
        items = [one for one in facts_of("organisation:meridian").items if one.stream == concern.ref and one.kinds]
        assert (items[-1].kinds, items[-1].record_state) == (("concern",), "approved")
        with pytest.raises(RefusedError, match="UP-OPS-72"):
            voices.add_words(receipt, "Still.")
        ada_page = logged_in(account(meridian.lead)).get(f"/voice/{concern.ref}/")
        assert ada_page.status_code == 403
        assert verify().outcome == "intact"


def test_a_sealed_text_opens_only_whole_and_a_page_takes_only_so_much(
    meridian: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = sealed("Grüße")
    assert (opened(box), sealed("Grüße") != box, len(sealed("a")) == len(box)) == ("Grüße", True, True)
    for wrong in (box[:-8] + "AAAAAAA=", "no box", ""):
        with pytest.raises(InputError, match="UP-OPS-70"):
            opened(wrong)
    client = Client()
    for given, status in (
        ({"kind": "gossip", "text": "x"}, 400),
        ({"kind": "concern", "text": "  "}, 400),
        ({"kind": "concern", "text": "x" * 20_001}, 400),
        ({"kind": "external-report", "text": "Kept words."}, 200),
    ):
        assert client.post("/concern/", given).status_code == status
    for _ in range(pages._SAID.each):
        answer = client.post("/concern/", {"kind": "gossip", "text": "Kept words."})
    assert (answer.status_code, "Kept words." in answer.content.decode()) == (429, True)
    assert 0 < int(answer.headers["Retry-After"]) <= 3600
    assert Client(REMOTE_ADDR="192.0.2.9").post("/concern/", {"kind": "gossip"}).status_code == 400  # one source alone
    assert client.post("/concern/receipt/", {"receipt": "0" * 32}).status_code == 404
    assert WaitingVoice.objects.count() == 1


def test_an_address_for_an_answer_is_sealed_with_the_words_and_what_is_none_is_refused_beside_its_field(
    meridian: Organisation,
) -> None:
    client, sent = Client(), {"kind": "external-report", "text": WORDS, "urgent": "yes", "email": "member at example"}
    page = client.post("/concern/", sent)
    text = page.content.decode()
    assert (page.status_code, WaitingVoice.objects.count()) == (400, 0)
    assert 'aria-invalid="true" aria-describedby="id_email_error id_email_hint"' in text
    assert "is no e-mail address" in text
    assert (WORDS in text, 'value="yes" checked' in text) == (True, True)  # nothing that was written is lost
    assert meridian.root.name in text.partition("<h1>")[0]  # under whose name it stands
    assert client.post("/concern/", sent | {"email": "member@home.example"}).status_code == 200
    voices.say("concern", "Later is soon enough.")
    write(meridian.system(), actor=actor_of(meridian.owner), action="inventory.system.added")
    later = now() + timedelta(hours=1)
    with clock_set(lambda: later):
        assert voices.enter_waiting() == 2
        assert "member@home" not in everything_stored()
        report, concern = ExternalReport.objects.get(), Concern.objects.get()
        assert (report.is_urgent, concern.is_urgent) == (True, False)
        said = voices.read_voice(report, actor=actor_of(meridian.lead))
        assert said[0][2] == f"{WORDS}\n\nAn answer may also go to: member@home.example"
        home = logged_in(account(meridian.lead)).get("/").content.decode()
        waits = home[home.index('id="needs-you"') : home.index('id="h-systems"')]
        assert 0 < waits.index(f"/record/{report.ref}/") < waits.index(f"/record/{concern.ref}/")
        assert waits.count("due-now") == 1  # the urgent one alone


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2027-01-31", "2027-02-28"),
        ("2028-01-30", "2028-02-29"),
        ("2026-12-15", "2027-01-15"),
        ("2026-03-31", "2026-04-30"),
    ],
)
def test_a_contested_decision_is_answered_within_a_month(received: str, due: str) -> None:
    contested: Any = ContestedDecision(received=datetime.fromisoformat(f"{received}T07:00:00+00:00"))
    assert contested.due.isoformat() == due
    last = datetime.fromisoformat(f"{due}T23:59:59+00:00")
    with clock_set(lambda: last):
        assert not contested.is_overdue
    with clock_set(lambda: last + timedelta(seconds=1)):
        assert contested.is_overdue
    contested.state = "closed"
    assert not contested.is_overdue
