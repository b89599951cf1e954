"""Evidence asked by a link: one answer, from whoever holds it; no trace of the link; nothing counts before a review."""

import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from records.examples.building import day
from records.governance.test_kept_records import example
from records.identity.accounts import account, logged_in
from records.operations.test_voices import everything_stored
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.desk.values import day as written
from upright.kernel import InputError
from upright.records.assurance.judging import facts_of
from upright.records.collaboration.models import Attachment
from upright.records.collaboration.notices import Notice, Sort
from upright.records.governance.kinds import kept_kinds, kind_of
from upright.records.governance.models import KeptRecord
from upright.records.identity.controlled import approve, submit
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Person, Role
from upright.records.operations.actions import outside
from upright.records.operations.models import OutsideLink, OutsideRequest
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError
from upright.records.trail.models import LedgerEntry
from upright.records.trail.reactions import run_pending
from upright.records.trail.server_log import clock_set, now
from upright.web import outside as pages
from upright.web import reminding

pytestmark = pytest.mark.usefixtures("quick_hashes")
HTML = '<script>alert(1)</script> "Done" & signed'


@pytest.fixture(autouse=True)
def _a_mail_server(settings: Any) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://aims.example"]
    pages._OPENED.clear()


def asked(org: Organisation, **more: Any) -> OutsideRequest:
    given = {
        "unit": org.root, "responsible": org.owner, "name": "Kim Supplier", "address": "kim@supplier.example",
        "what": "The test report of <this> year.", "due": day(10),
    }  # fmt: skip
    return add(OutsideRequest(**(given | more)), actor=actor_of(org.lead))


def mailed() -> str:
    """The token of the newest e-mail."""
    found = re.search(r"https://aims\.example/answer/([\w-]{43})/", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def reviewer(org: Organisation) -> Person:
    person = Person(name="Rana Review", email="rana@meridian.example", unit=org.root)
    made = write(person, actor=SETUP, action="identity.person.added")
    grant(made, Role.INTERNAL_AUDITOR, org.root)
    return made


def files_kept(home: Path) -> int:
    return sum(one.is_file() for one in home.glob("blobs/**/*"))


def test_a_link_takes_one_answer_and_every_other_link_finds_the_same_nothing(
    meridian: Organisation, server_home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    request, gone, late = asked(meridian), asked(meridian), asked(meridian, due=day(1))
    with caplog.at_level(logging.DEBUG):
        assert (pages.send_links(), pages.send_links()) == (3, 0)
        tokens = [re.findall(r"/answer/([\w-]+)/", str(one.body))[0] for one in mail.outbox]
        token, withdrawn, expired = tokens
        request.refresh_from_db()
        assert (request.delivery, request.messages) == ("sent", 1)
        gone.refresh_from_db()
        outside.withdraw_outside_request(gone, actor=actor_of(meridian.lead), reason="Not needed.")
        client, where = Client(), f"/answer/{token}/"
        page = client.get(where)
        text = page.content.decode()
        assert (page.status_code, page.headers["Referrer-Policy"], dict(page.cookies)) == (200, "no-referrer", {})
        assert "The test report of &lt;this&gt; year." in text
        assert "kim@supplier" not in text
        assert "no-store" in page.headers["Cache-Control"]
        assert client.get(where).content == page.content, "opening spends nothing"

        hostile = ["x", token + "A", token[:-1], token.swapcase(), withdrawn, "%00", "%C3%A9" * 300, "A" * 3000]
        hostile += [
            OutsideLink.objects.values_list("digest", flat=True)[0],
            "..%5C..",
            "%3Cscript%3E",
            "%7B%7B7*7%7D%7D",
        ]
        asking = [client.get(f"/answer/{one}/") for one in hostile]
        asking += [client.post(f"/answer/{one}/", {"words": "W"}) for one in hostile]
        closed = {(answer.status_code, answer.content) for answer in asking}
        with clock_set(lambda: datetime.combine(late.closes_on, datetime.max.time(), UTC)):
            assert client.get(f"/answer/{expired}/").status_code == 200, "its last day is whole"
        with clock_set(lambda: datetime.combine(late.closes_on + timedelta(1), datetime.min.time(), UTC)):
            answer = client.post(f"/answer/{expired}/", {"words": "Late."})
            closed.add((answer.status_code, answer.content))

        monkeypatch.setattr(outside, "LARGEST_FILE", 100)
        entries = LedgerEntry.objects.count()
        for given, status in (
            ({"words": " "}, 400),
            ({"words": "", "do": "decline"}, 400),
            ({"words": "w" * 20_001}, 400),
            ({"words": "W", "files": [SimpleUploadedFile(f"{n}.txt", b"x") for n in range(6)]}, 400),
            ({"words": "W", "files": [SimpleUploadedFile("a.txt", b"kept?"), SimpleUploadedFile("b.txt", b"")]}, 400),
            (
                {"words": "W", "files": [SimpleUploadedFile("a.txt", b"kept?"), SimpleUploadedFile("b", b"b" * 101)]},
                400,
            ),
            ({"words": "W", "files": [SimpleUploadedFile("a.zip", b"PK\x03\x04" + b"\0" * 40)]}, 400),
        ):
            refused = client.post(where, given)
            assert (refused.status_code, refused.content.count(b'role="alert"')) == (status, 1), given
            assert b"w" * 20_001 in refused.content or given["words"] != "w" * 20_001, "bad input loses nothing"
        for length in (str(200 << 20), "-1", "9" * 40):
            assert client.post(where, {"words": "W"}, CONTENT_LENGTH=length).status_code == 413, length
        assert (LedgerEntry.objects.count(), files_kept(server_home)) == (entries, 0)

        sent = [
            SimpleUploadedFile("<img src=x>.html", b"<script>alert(2)</script>"),
            SimpleUploadedFile("r.pdf", b"%PDF-1.7"),
        ]
        thanks = client.post(where, {"words": HTML, "files": sent})
        shown = thanks.content.decode()
        assert (thanks.status_code, "<script>" in shown, "&lt;script&gt;alert(1)" in shown) == (200, False, True)
        assert "&lt;img src=x&gt;.html" in shown
        again = client.post(where, {"words": "Another."})
        closed |= {(again.status_code, again.content), (404, client.get(where).content)}
        assert len(closed) == 1, "nobody is told which"
        assert {status for status, _ in closed} == {404}
    request.refresh_from_db()
    assert (request.state, request.answer, OutsideLink.objects.filter(request=request).count()) == ("answered", HTML, 0)
    kept = Attachment.objects.filter(about=request.ref).values_list("media_type", flat=True)
    assert sorted(kept) == ["application/octet-stream", "application/pdf"]
    everywhere = everything_stored() + caplog.text + str([vars(one) for one in caplog.records])
    assert [one for one in tokens if one in everywhere] == []


def test_of_two_answers_at_once_one_is_taken_and_nothing_of_the_other_is_kept(
    meridian: Organisation, server_home: Path
) -> None:
    request = asked(meridian)
    pages.send_links()
    token = mailed()

    def meanwhile() -> list[bytes]:
        outside.answer_outside(token, words="First.", files=[outside.Sent("a", lambda: [b"first"])])
        return [b"second"]

    with pytest.raises(outside.LinkClosedError):
        outside.answer_outside(token, words="Second.", files=[outside.Sent("b", meanwhile)])
    request.refresh_from_db()
    assert (request.answer, files_kept(server_home)) == ("First.", 1)
    other = asked(meridian)
    pages.send_links()
    token = mailed()
    with pytest.raises(outside.LinkClosedError):  # withdrawn while it was on its way
        outside.answer_outside(token, words="W", files=[outside.Sent("c", lambda: [_withdrawn(other, meridian)])])
    other.refresh_from_db()
    assert (other.state, files_kept(server_home)) == ("withdrawn", 1)
    third = asked(meridian)
    pages.send_links()
    outside.decline_outside(mailed(), reason="Our contract forbids it.")
    third.refresh_from_db()
    assert (third.state, third.answer) == ("declined", "Our contract forbids it.")


def _withdrawn(request: OutsideRequest, org: Organisation) -> bytes:
    fresh = OutsideRequest.objects.get(pk=request.pk)
    outside.withdraw_outside_request(fresh, actor=actor_of(org.lead), reason="No.")
    return b"third"


def test_an_answer_counts_once_a_record_was_made_of_it_and_somebody_else_accepted_it(meridian: Organisation) -> None:
    lead, rana = actor_of(meridian.lead), reviewer(meridian)
    kind, data = a_kind(meridian.owner.ref)
    request = asked(meridian, kind=kind)
    request.what = "Something else."
    with pytest.raises(InputError, match="they read it as it is"):
        edit(request, actor=lead)
    request.refresh_from_db()
    pages.send_links()

    def approved() -> set[str]:
        return {one.stream for one in facts_of("organisation:meridian").items if one.record_state == "approved"}

    before = approved()
    Client().post(f"/answer/{mailed()}/", {"words": HTML, "files": [SimpleUploadedFile("r.pdf", b"%PDF-1.7")]})
    request.refresh_from_db()
    assert (request.as_evidence(), approved()) == (None, before)
    run_pending()
    assert Notice.objects.filter(person=rana, sort=Sort.APPROVAL, about=request.ref, settled_at="").exists()
    page = logged_in(account(rana)).get(f"/record/{request.ref}/").content.decode()
    assert ("<script>alert" in page, "&lt;script&gt;alert(1)" in page, "r.pdf" in page) == (False, True, True)
    for actor, taken, code in (
        (lead, "", "UP-OPS-84"),
        (actor_of(meridian.owner), "", None),
        (actor_of(rana), "", "UP-OPS-87"),
        (actor_of(rana), "kept-record:2026-0099", "UP-OPS-87"),
        (actor_of(rana), "no reference", "UP-OPS-87"),
        (actor_of(rana), request.ref, "UP-OPS-87"),
    ):
        with pytest.raises(InputError) as caught:
            outside.accept_outside_answer(request, taken_into=taken, actor=actor)
        assert code in {None, caught.value.code}, (actor, taken)
        request.refresh_from_db()
        assert (request.state, approved()) == ("answered", before)
    made = add(KeptRecord(title="Of the answer", kind=kind, unit=meridian.root, owner=meridian.owner,
                          review_by=day(300), data=data), actor=lead)  # fmt: skip
    assert outside.accept_outside_answer(request, taken_into=made.ref, actor=actor_of(rana)).evidence == made.ref
    assert approved() == before, "the record made of it counts once that is approved"
    grant(rana, Role.AIMS_MANAGER, meridian.root)
    approve(submit(made, actor=lead), actor=actor_of(rana))
    assert approved() == before | {made.ref}
    run_pending()
    assert not Notice.objects.filter(sort=Sort.APPROVAL, about=request.ref, settled_at="").exists()


def test_a_late_answer_is_marked_and_a_refused_one_is_told_and_may_be_given_again(meridian: Organisation) -> None:
    rana, client = reviewer(meridian), Client()
    request = asked(meridian, due=day(1))
    pages.send_links()
    late, where = datetime.combine(request.due + timedelta(1), datetime.min.time(), UTC), f"/answer/{mailed()}/"
    until = written(request.closes_on)
    assert f"A late answer is taken until {until} and marked as late." in str(mail.outbox[-1].body)
    assert f"After that day an answer is taken until {until} and marked as late." in client.get(where).content.decode()
    with clock_set(lambda: late):
        assert f"An answer is taken until {until} and marked as late." in client.get(where).content.decode()
        sent = {"words": "Of last year.", "files": [SimpleUploadedFile("old.pdf", b"%PDF-1.7")]}
        assert "marked as late" in client.post(where, sent).content.decode()
        _refused_and_given_again(request, meridian, rana, where)


def _refused_and_given_again(request: OutsideRequest, meridian: Organisation, rana: Person, where: str) -> None:
    mine, client = logged_in(account(rana)), Client()
    request.refresh_from_db()
    assert (request.state, request.is_late) == ("answered", True)
    page = mine.get(f"/record/{request.ref}/").content.decode()
    assert "/refuse_outside_answer/" in page
    entries = LedgerEntry.objects.count()
    with pytest.raises(RefusedError, match="UP-OPS-82"):
        outside.refuse_outside_answer(request, again_by=day(-1), actor=actor_of(rana), reason="No.")
    request.refresh_from_db()
    form = {"reason": "It is of last year; we need <this> year's.", "again_by": day(9).isoformat()}
    assert mine.post(f"/move/refuse_outside_answer/{request.ref}/", form).status_code == 302
    request.refresh_from_db()
    assert (request.state, request.answer, request.is_late, request.due) == ("asked", "", False, day(9))
    assert client.get(where).status_code == 404, "the link that was answered leads nowhere"
    assert pages.send_links() == 1
    body = str(mail.outbox[-1].body)
    assert mail.outbox[-1].subject == "Meridian does not accept your answer"
    assert "It is of last year; we need <this> year's." in body
    again = f"/answer/{mailed()}/"
    assert again != where
    shown = client.get(again).content.decode()
    assert "we need &lt;this&gt; year&#x27;s." in shown
    assert "marked as late" in client.get(again).content.decode()
    thanks = client.post(again, {"words": "Of this year.", "files": [SimpleUploadedFile("new.pdf", b"%PDF-1.7 2")]})
    assert ("new.pdf" in thanks.content.decode(), "old.pdf" in thanks.content.decode()) == (True, False)
    request.refresh_from_db()
    assert (request.state, request.answer, request.is_late) == ("answered", "Of this year.", False)
    assert outside.accept_outside_answer(request, actor=actor_of(rana)).state == "accepted"
    page = mine.get(f"/record/{request.ref}/").content.decode()
    offered = {one for one in ("accept", "refuse", "remind", "withdraw", "edit") if f'href="/move/{one}_' in page}
    assert (offered, f'href="/edit/{request.ref}/"' in page) == (set(), False)
    assert "this is for what is answered" in page
    assert "they read it as it is; withdraw it and ask anew" in mine.get(f"/edit/{request.ref}/").content.decode()
    assert LedgerEntry.objects.count() > entries

    other = asked(meridian)
    pages.send_links()
    outside.answer_outside(mailed(), words="We have none.")
    other.refresh_from_db()
    outside.refuse_outside_answer(other, actor=actor_of(rana), reason="There is one.")
    assert pages.send_links() == 1
    body = str(mail.outbox[-1].body)
    assert ("There is one." in body, "/answer/" in body, "Nothing more is asked of you." in body) == (True, False, True)
    assert OutsideLink.objects.filter(request=other).count() == 0
    assert pages.send_links() == 0
    with pytest.raises(RefusedError, match="UP-CTRL-05"):
        outside.remind_outsider(other, actor=actor_of(meridian.lead))


def a_kind(person: str) -> tuple[str, Any]:
    """A kind of evidence about the organisation, with an example."""
    known = ((name, kind_of(name)) for name, _ in kept_kinds())
    name = next(name for name, kind in known if kind is not None and "organisation" in kind.subject)
    return name, example(name, person)


def test_a_link_goes_by_e_mail_three_times_at_most_or_by_hand_and_its_day_is_told(
    meridian: Organisation, settings: Any
) -> None:
    lead, rana, olu = actor_of(meridian.lead), reviewer(meridian), logged_in(account(meridian.owner))
    request = asked(meridian, name="Kim, of Supplier")
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert (pages.send_links(), OutsideLink.objects.count()) == (0, 0), "no link is printed where the server runs"
    mine = logged_in(account(meridian.lead))
    assert "/hand-over/" in mine.get(f"/record/{request.ref}/").content.decode()
    answer = mine.post(f"/hand-over/{request.ref}/")
    token = re.findall(r"/answer/([\w-]{43})/", answer.content.decode())[0]
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert Client().get(f"/answer/{token}/").status_code == 200
    assert olu.post(f"/hand-over/{request.ref}/").status_code in {403, 404}
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    request.refresh_from_db()
    assert (request.delivery, pages.send_links()) == ("by-hand", 0)
    assert request.messages == 0
    for nth in (1, 2, 3):
        outside.remind_outsider(request, actor=lead)
        assert pages.send_links() == 1
        request.refresh_from_db()
        assert request.messages == nth
    with pytest.raises(RefusedError, match="UP-OPS-83"):
        outside.remind_outsider(request, actor=lead)
    assert sorted(OutsideLink.objects.values_list("nth", flat=True)) == [0, 1, 2, 3]
    with clock_set(lambda: datetime.combine(request.due, datetime.min.time(), UTC)):
        reminding.remind()
        assert Notice.objects.filter(person=meridian.owner, sort=Sort.DUE, about=request.ref).count() == 1
    later = now() + timedelta(days=25)
    with clock_set(lambda: later):
        reminding.remind()
        assert Notice.objects.filter(person=meridian.lead, sort=Sort.ESCALATION, about=request.ref).count() == 1
        assert mine.post(f"/hand-over/{request.ref}/").status_code == 400
    assert Client().post(f"/answer/{token}/", {"words": "By hand."}).status_code == 200
    assert OutsideLink.objects.count() == 0, "all links of it close with the answer"
    request.refresh_from_db()
    assert outside.refuse_outside_answer(request, actor=actor_of(rana), reason="Of last year.").state == "refused"
    for bad in (
        {"due": day(-1)},
        {"name": "A\r\nBcc: x@y.example"},
        {"address": "a@b.example\nBcc: x"},
        {"kind": "none"},
    ):
        with pytest.raises(Exception, match=r"."):
            asked(meridian, **bad)
    assert OutsideRequest.objects.count() == 1
