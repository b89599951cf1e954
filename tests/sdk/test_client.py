"""The client against a real server, and against what is no server of ours."""

import pickle
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest

from upright.sdk import Client, ProblemError, SdkError


def fields(meridian: Any, short_name: str) -> dict[str, Any]:
    return {
        "short_name": short_name,
        "name": "Größe 🜁",
        "purpose": "Ranks.",
        "unit": meridian.lending.ref,
        "owner": meridian.owner.ref,
        "modality": "tabular",
    }


def test_a_program_adds_finds_changes_and_reads_the_history(served: Client, meridian_committed: Any) -> None:
    made = [served.create("system", fields(meridian_committed, f"s{n}"), reason="New.") for n in range(5)]
    assert [one.ref for one in served.list("system", limit=2)] == [one.ref for one in made]
    assert [one.ref for one in served.list("system", limit=2, sort="-ref", q="s3")] == ["system:s3"]
    first = served.get("system", "system:s0")
    assert first == made[0] == served.get("system", first.id)
    changed = served.update(first, {"name": "B", "modality": "text"}, reason="Better.")
    assert (changed.version, changed.record["name"], changed.record["modality"]) == (2, "B", "text")
    with pytest.raises(ProblemError) as late:
        served.update(first, {"name": "C"})
    assert (late.value.status, late.value.code) == (412, "UP-DOOR-03")
    assert late.value.document["theirs"]["record"]["name"] == "B"
    assert [(one.action, one.reason) for one in served.history(changed)] == [
        ("inventory.system.added", "New."),
        ("inventory.system.changed", "Better."),
    ]


def test_a_problem_keeps_its_code_and_says_which_field(served: Client, meridian_committed: Any) -> None:
    with pytest.raises(ProblemError, match=r"/record/modality.*\[UP-API-10\]") as refused:
        served.create("system", fields(meridian_committed, "a") | {"modality": "smell"})
    assert refused.value.errors[0]["pointer"] == "/record/modality"
    again = pickle.loads(pickle.dumps(refused.value))
    assert (str(again), again.status) == (str(refused.value), 422)
    for key in ("system:none", "system:a/b", "x/../y"):
        with pytest.raises(ProblemError) as missing:
            served.get("system", key)
        assert (missing.value.status, missing.value.code) == (404, "UP-API-04")
    with pytest.raises(ProblemError) as missing:
        list(served.list("no such/type"))
    assert missing.value.status == 404


def test_a_wrong_token_is_told(served: Client, live_server: Any) -> None:
    with pytest.raises(ProblemError) as refused:
        Client(live_server.url, "upr_x").get("system", "system:a")
    assert (refused.value.status, refused.value.code) == (401, "UP-API-02")


@pytest.mark.parametrize(
    "url", ["http://upright.example", "ftp://127.0.0.1", "upright.example", "", "https://", "https://user:x@host"]
)
def test_a_token_is_sent_nowhere_unencrypted(url: str) -> None:
    with pytest.raises(SdkError, match="UP-SDK-03"):
        Client(url, "t")


class Odd(BaseHTTPRequestHandler):
    answers: ClassVar[list[tuple[int, bytes, dict[str, str]]]] = []
    seen: ClassVar[list[tuple[str, dict[str, str]]]] = []

    def do_GET(self) -> None:
        self.seen.append((self.path, dict(self.headers)))
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, body, headers = self.answers.pop(0)
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_given: Any) -> None:
        return None


@pytest.fixture
def odd() -> Iterator[Client]:
    server = HTTPServer(("127.0.0.1", 0), Odd)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Odd.answers, Odd.seen = [], []
    yield Client(f"http://127.0.0.1:{server.server_port}", "secret", pause=lambda _seconds: None)
    server.shutdown()
    thread.join()
    server.server_close()


ITEM = b'{"ref":"system:a","id":"i","version":1,"record":{}}'
BUSY = (503, b'{"code":"UP-API-18","detail":"Busy."}', {})


def test_a_busy_server_is_asked_again_with_the_same_key(odd: Client) -> None:
    Odd.answers = [BUSY, BUSY, (201, ITEM, {})]
    assert odd.create("system", {}).ref == "system:a"
    keys = {headers["Idempotency-Key"] for _, headers in Odd.seen}
    assert (len(Odd.seen), len(keys)) == (3, 1)
    Odd.answers = [BUSY] * 3
    with pytest.raises(ProblemError, match="UP-API-18"):
        odd.get("system", "a")
    Odd.answers, Odd.seen = [BUSY], []
    with pytest.raises(ProblemError, match="UP-API-18"):
        odd.call("POST", "system", {})
    assert len(Odd.seen) == 1


def test_a_redirect_is_not_followed_with_the_token(odd: Client) -> None:
    Odd.answers = [(302, b"", {"Location": "/elsewhere"}), (200, ITEM, {})]
    with pytest.raises(ProblemError, match="answered 302"):
        odd.get("system", "a")
    assert len(Odd.seen) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"items": 7}', b"\xff", b"{}", b"[" * 100_000])
def test_an_answer_that_is_none_of_ours_is_told(odd: Client, body: bytes) -> None:
    Odd.answers = [(200, body, {})]
    with pytest.raises(SdkError, match="UP-SDK-02"):
        odd.get("system", "a")
    Odd.answers = [(418, body, {})]
    with pytest.raises(ProblemError) as told:
        odd.get("system", "a")
    assert told.value.status == 418


def test_no_server_is_told_after_the_last_try() -> None:
    pauses: list[float] = []
    client = Client("http://127.0.0.1:9", "t", pause=pauses.append)
    with pytest.raises(SdkError, match=r"does not answer.*UP-SDK-01"):
        client.get("system", "a")
    assert pauses == [0.5, 1.0]
