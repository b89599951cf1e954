"""A link to answer by: mailed or handed over, limited by source and size; a mail server that refuses loses nothing."""

import asyncio
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from records.examples import EXAMPLES
from records.identity.accounts import account, logged_in
from records.organisation import SETUP, Organisation, actor_of
from upright.records.collaboration.models import Attachment
from upright.records.collaboration.notices import Digest, Notice, Sort, tell
from upright.records.identity.editing import add
from upright.records.identity.models import Person
from upright.records.operations.actions.outside import (
    hand_over,
    remind_outsider,
)
from upright.records.operations.models import OutsideLink, OutsideRequest
from upright.records.trail.door import refresh, write
from upright.records.trail.errors import RefusedError
from upright.web import outside
from upright.web.digests import send_digests

LINK = re.compile(r"/answer/([A-Za-z0-9_-]{43})/")


@pytest.fixture(autouse=True)
def _unlimited() -> Iterator[None]:
    outside._OPENED.clear()
    with override_settings(CSRF_TRUSTED_ORIGINS=["https://aims.example"]):
        yield


def asked(meridian: Organisation, **more: Any) -> OutsideRequest:
    made = EXAMPLES["outside-request"](meridian, {})
    for name, value in more.items():
        setattr(made, name, value)
    return add(made, actor=actor_of(meridian.lead))


def mailed(request: OutsideRequest) -> str:
    mail.outbox.clear()
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        assert outside.send_links() == 1
    (message,) = mail.outbox
    assert message.to == [request.address]
    assert request.what in message.body
    (token,) = LINK.findall(message.body)
    return str(token)


def test_a_link_by_hand_is_shown_once_and_three_emails_go_out_at_most(meridian: Organisation) -> None:
    request = asked(meridian)
    first = mailed(request)
    lead = logged_in(account(meridian.lead))
    page = lead.post(f"/hand-over/{request.ref}/")
    (token,) = set(LINK.findall(page.content.decode()))
    assert page.headers["Cache-Control"] == "no-store"
    assert lead.get(f"/hand-over/{request.ref}/").status_code == 405
    assert token not in lead.get(f"/record/{request.ref}/").content.decode()
    assert refresh(request).delivery == "by-hand"
    for _ in range(2):
        request = remind_outsider(refresh(request), actor=actor_of(meridian.lead))
        mailed(request)
    with pytest.raises(RefusedError, match="UP-OPS-83"):
        remind_outsider(refresh(request), actor=actor_of(meridian.lead))
    assert Client().post(f"/answer/{token}/", {"do": "answer", "words": "All of it."}).status_code == 200
    assert Client().post(f"/answer/{first}/", {"do": "answer", "words": "And again."}).status_code == 404
    assert refresh(request).answer == "All of it."
    asked(meridian)
    for backend in ("console", "filebased"):
        with override_settings(EMAIL_BACKEND=f"django.core.mail.backends.{backend}.EmailBackend"):
            assert outside.send_links() == 0  # a link is never printed, nor kept in a file


def test_what_is_too_large_or_too_often_is_refused_before_it_is_read(meridian: Organisation) -> None:
    token = hand_over(asked(meridian), actor=actor_of(meridian.lead))
    large = Client().post(f"/answer/{token}/", {"words": "x"}, CONTENT_LENGTH=str(outside._LARGEST_BODY + 1))
    assert large.status_code == 413
    files = [SimpleUploadedFile(f"{n}.txt", b"x") for n in range(6)]
    assert Client().post(f"/answer/{token}/", {"do": "answer", "files": files}).status_code == 400
    assert not Attachment.objects.exists()
    for _ in range(outside._OPENED.each):
        Client(REMOTE_ADDR="192.0.2.1").get("/answer/none/")
    often = Client(REMOTE_ADDR="192.0.2.1").get(f"/answer/{token}/")
    assert (often.status_code, 0 < int(often.headers["Retry-After"]) <= 3600) == (429, True)
    assert Client(REMOTE_ADDR="192.0.2.2").get(f"/answer/{token}/").status_code == 200
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=2):
        behind = {"REMOTE_ADDR": "10.0.0.1"}
        said = "198.51.100.7, 192.0.2.1, 10.0.0.9"  # the client's own word, the address that the first proxy saw
        assert Client(**behind).get(f"/answer/{token}/", headers={"x-forwarded-for": said}).status_code == 429
        for short in ("192.0.2.1", ""):
            assert Client(**behind).get(f"/answer/{token}/", headers={"x-forwarded-for": short}).status_code == 200
            assert Client(**behind).get("/account/login/", headers={"x-forwarded-for": short}).status_code == 200
            wrong = {"login": "a@b.example", "password": "x"}
            told = Client(**behind).post("/account/login/", wrong, headers={"x-forwarded-for": short})
            assert told.status_code == 200


class Post:
    """A mail server on loopback that answers recipients as it is told, by their first letters."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        begun = asyncio.run_coroutine_threadsafe(asyncio.start_server(self.talk, "127.0.0.1", 0), self.loop)
        self.server = begun.result(10)
        self.port = self.server.sockets[0].getsockname()[1]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 here")
        to = ""
        while line := (await reader.readline()).decode().strip():
            verb = line.upper()
            if verb.startswith("RCPT"):
                to = line.partition("<")[2].partition(">")[0]
                say({"p": "550 no such", "t": "451 later"}.get(to[:1], "250 ok"))
            elif verb == "DATA":
                if to.startswith("d"):
                    break
                say("354 go")
                while (await reader.readline()).strip() != b".":
                    pass
                self.taken.append(to)
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                break
            else:
                say("250 ok")
        writer.close()

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


@pytest.fixture
def post() -> Iterator[Post]:
    server = Post()
    smtp = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": server.port, "EMAIL_TIMEOUT": 10}
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", **smtp):
        yield server
    server.end()


def test_a_mail_server_that_refuses_waits_or_dies_loses_nothing(meridian: Organisation, post: Post) -> None:
    names = ("p-for-good", "t-for-now", "d-rops", "ok")
    rows = {name: asked(meridian, address=f"{name}@supplier.example") for name in names}
    assert outside.send_links() == 1
    assert post.taken == ["ok@supplier.example"]  # after the one that dropped the line
    found = {name: refresh(one).delivery for name, one in rows.items()}
    assert found == {"p-for-good": "failed", "t-for-now": "waiting", "d-rops": "failed", "ok": "sent"}
    told = {(one.person_id, one.about, one.said["code"]) for one in Notice.objects.filter(sort=Sort.MAIL)}
    assert told == {(meridian.owner.pk, rows[name].ref, code) for name, code in (("p-for-good", 550), ("d-rops", 0))}
    assert (outside.send_links(), post.taken) == (0, ["ok@supplier.example"])  # none is sent again at once
    assert OutsideLink.objects.filter(request=rows["t-for-now"]).count() == 0
    Notice.objects.all().delete()
    dee = write(
        Person(name="A", email="ee@meridian.example", unit=meridian.root), actor=SETUP, action="identity.person.added"
    )
    people = {"d": dee, "p": meridian.lead, "t": meridian.owner}
    for first, person in people.items():
        person.email = f"{first}{person.email}"
        write(person, actor=SETUP, action="identity.person.changed")
        tell(person, Sort.TASK, person.ref, first)
    assert send_digests() == 0
    states = set(Digest.objects.values_list("person", "state", "why"))
    assert states == {(meridian.lead.pk, "refused", "550"), (dee.pk, "begun", "")}
    assert Notice.objects.get(mark="t").mailed_on is None
    meridian.owner.email = "ok2@meridian.example"
    write(meridian.owner, actor=SETUP, action="identity.person.changed")
    assert send_digests() == 1  # what was not taken goes again
    assert post.taken[-1] == "ok2@meridian.example"
