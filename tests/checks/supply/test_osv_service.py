"""Asking an OSV service: a scripted one on loopback that is right, busy, slow, lying or endless."""

import json
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from checks.supply.records import record, until
from upright.checks.supply import service as room
from upright.checks.supply.listed import Package
from upright.checks.supply.service import Service, ServiceError, ask_service

NOW = datetime(2026, 5, 1, tzinfo=UTC)
TORCH = Package(ecosystem="PyPI", name="torch", version="1.0+cpu")
FLASK = Package(ecosystem="PyPI", name="flask", version="3.0")
RECORDS = {"GHSA-1": record("GHSA-1", "torch", *until("2.0"))}

Script = Callable[[BaseHTTPRequestHandler, Any], tuple[int, Any]]


@contextmanager
def serving(script: Script) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """A server on loopback that answers by the script; what it was asked is kept."""
    asked: list[tuple[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.reply(body)

        def do_GET(self) -> None:
            self.reply(None)

        def reply(self, body: Any) -> None:
            asked.append((self.path, body))
            status, answer = script(self, body)
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            if status in {301, 302}:
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def honest(handler: BaseHTTPRequestHandler, body: Any) -> tuple[int, Any]:
    if handler.path == "/v1/querybatch":
        return 200, {
            "results": [
                {"vulns": [{"id": "GHSA-1"}]} if q["package"]["name"] == "torch" else {} for q in body["queries"]
            ]
        }
    return 200, RECORDS[handler.path.rpartition("/")[2]]


def ask(address: str, *packages: Package, timeout: float = 20.0) -> Any:
    with (
        tempfile.TemporaryDirectory() as scratch,
        Service(address, scratch=Path(scratch), timeout=timeout, pause=lambda _: None) as service,
    ):
        return ask_service(service, packages or (TORCH, FLASK), now=NOW)


def test_names_and_public_versions_are_asked_and_each_record_fetched_once() -> None:
    with serving(honest) as (address, asked):
        found = ask(address, TORCH, FLASK, TORCH)
    assert list(found.records) == ["GHSA-1"]
    assert found.certain == {("GHSA-1", "PyPI", "torch", "1.0+cpu")}
    assert found.newest == NOW
    assert found.source == "127.0.0.1"
    assert asked[0][1]["queries"][0] == {"package": {"ecosystem": "PyPI", "name": "torch"}, "version": "1.0"}
    assert [path for path, _ in asked] == ["/v1/querybatch", "/v1/vulns/GHSA-1"]


def test_the_digest_covers_what_was_asked_and_what_was_answered() -> None:
    with serving(honest) as (address, _):
        assert ask(address).digest == ask(address, FLASK, TORCH).digest != ask(address, FLASK).digest


def test_pages_are_followed_and_batches_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "BATCH", 2)

    def paged(handler: BaseHTTPRequestHandler, body: Any) -> tuple[int, Any]:
        if body is None:
            return 200, record(handler.path.rpartition("/")[2], "torch", *until("2.0"))
        rows = []
        for query in body["queries"]:
            page = int(query.get("page_token", "0"))
            rows.append({"vulns": [{"id": f"P-{page}"}], **({"next_page_token": str(page + 1)} if page < 2 else {})})
        return 200, {"results": rows}

    with serving(paged) as (address, asked):
        found = ask(address, TORCH, FLASK, TORCH)
    assert sorted(found.records) == ["P-0", "P-1", "P-2"]
    assert len([path for path, _ in asked if path == "/v1/querybatch"]) == 6


def test_a_busy_service_is_asked_again_and_a_broken_one_given_up() -> None:
    left = [503, 429]

    def busy(handler: BaseHTTPRequestHandler, body: Any) -> tuple[int, Any]:
        return (left.pop(), {}) if left else honest(handler, body)

    with serving(busy) as (address, _):
        assert list(ask(address).records) == ["GHSA-1"]
    with serving(lambda *_: (500, {})) as (address, asked), pytest.raises(ServiceError, match="status 500"):
        ask(address)
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("status", "answer", "says"),
    [
        (302, {}, "status 302"),
        (400, {}, "status 400"),
        (200, b"<html>", "not JSON"),
        (200, b"[" * 50_000, "not JSON"),
        (200, {"results": []}, "each of the questions"),
        (200, {"results": [{}, {}, {}]}, "each of the questions"),
        (200, [], "each of the questions"),
        (200, {"results": [{"vulns": 3}, {}]}, "another form"),
        (200, {"results": [3, {}]}, "another form"),
        (200, {"results": [{"vulns": [{"id": "../../etc"}]}, {}]}, "no id"),
        (200, {"results": [{"vulns": [{"id": 7}]}, {}]}, "no id"),
        (200, {"results": [{"next_page_token": "x"}, {"next_page_token": "x"}]}, "more than 20 pages"),
    ],
)
def test_an_answer_of_another_form_is_no_answer(status: int, answer: Any, says: str) -> None:
    def wrong(_: BaseHTTPRequestHandler, body: Any) -> tuple[int, Any]:
        if isinstance(answer, dict) and "next_page_token" in str(answer):
            return 200, {"results": [{"next_page_token": "x"} for _ in body["queries"]]}
        return status, answer

    with serving(wrong) as (address, _), pytest.raises(ServiceError, match=says):
        ask(address)


@pytest.mark.parametrize(
    "answer", [{}, {"id": "GHSA-2", "modified": "2026-01-01T00:00:00Z"}, {"id": "GHSA-1", "modified": "x"}, []]
)
def test_another_record_than_the_one_asked_for_is_refused(answer: Any) -> None:
    def swapped(handler: BaseHTTPRequestHandler, body: Any) -> tuple[int, Any]:
        return honest(handler, body) if body else (200, answer)

    with serving(swapped) as (address, _), pytest.raises(ServiceError, match="GHSA-1"):
        ask(address)


def test_an_answer_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_LARGEST_ANSWER", 1_000_000)
    with serving(lambda *_: (200, b" " * 1_100_000)) as (address, _), pytest.raises(ServiceError, match="more than"):
        ask(address)


def test_a_service_that_drips_or_is_silent_ends_with_the_time_given() -> None:
    done = threading.Event()

    def silent(*_: Any) -> tuple[int, Any]:
        done.wait(20)
        return 200, {}

    with serving(silent) as (address, _):
        with pytest.raises(ServiceError, match=r"took more than|in time"):
            ask(address, timeout=0.3)
        done.set()


def test_nobody_at_the_door_is_said() -> None:
    with pytest.raises(ServiceError, match="does not answer"):
        ask("http://127.0.0.1:9", timeout=5)


@pytest.mark.parametrize(
    "address",
    [
        "http://api.osv.dev",
        "ftp://127.0.0.1",
        "https://me:secret@api.osv.dev",
        "https://",
        "api.osv.dev",
        "https://h/?a=b",
    ],
)
def test_an_address_that_is_not_safe_is_refused_before_anything_is_sent(tmp_path: Path, address: str) -> None:
    with pytest.raises(ServiceError) as caught:
        Service(address, scratch=tmp_path, timeout=1)
    assert "secret" not in str(caught.value)
