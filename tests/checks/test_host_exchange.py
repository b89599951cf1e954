"""Asking a host through a confined child: bounded in size and time, one host, no redirect, no key anywhere else."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from checks.scripted_model import serving
from upright.checks.contract import Endpoint
from upright.checks.endpoints import MOST_ANSWER, HostExchange, MissingKeyError


def endpoint(url: str, **more: Any) -> Endpoint:
    return Endpoint(url=url, model="small", **more)


def ask(folder: Path, answer: Any, *, seconds: float = 5.0) -> Any:
    with serving(lambda _body: answer) as served, HostExchange(endpoint(served.url), scratch=folder) as host:
        return host.post("/chat/completions", b"{}", seconds=seconds)


def test_status_headers_and_body_come_back_as_they_are(tmp_path):
    found = ask(tmp_path, (418, {"Retry-After": "7", "X-One": "a"}, b"\xff\x00 tea"))
    assert (found.status, found.body, found.why) == (418, b"\xff\x00 tea", "")
    assert (found.headers["retry-after"], found.headers["x-one"]) == ("7", "a")


def test_the_path_lies_below_the_base_address(tmp_path):
    with serving(lambda _body: {}) as served, HostExchange(endpoint(served.url), scratch=tmp_path) as host:
        host.post("/chat/completions", b"{}", seconds=5)
    assert served.requests[0]["path"] == "/v1/chat/completions"


def test_a_redirect_is_an_answer_and_is_not_followed(tmp_path):
    with serving(lambda _body: {}) as other:
        found = ask(tmp_path, (307, {"location": other.url}, b""))
        assert found.status == 307
        assert other.requests == []


def test_an_answer_that_is_too_long_is_none(tmp_path):
    assert ask(tmp_path, (200, {}, b"x" * MOST_ANSWER)).status == 200
    found = ask(tmp_path, (200, {}, b"x" * (MOST_ANSWER + 1)))
    assert found.status == 0
    assert "more than 8 MiB" in found.why


def test_a_host_that_hangs_is_not_waited_for_and_the_next_request_is_answered(tmp_path):
    waits = iter([True, False])

    def script(_body: dict[str, Any]) -> Any:
        if next(waits):
            time.sleep(1.5)
        return {}

    with serving(script) as served, HostExchange(endpoint(served.url), scratch=tmp_path) as host:
        assert host.post("/x", b"{}", seconds=0.3).status == 0
        assert host.post("/x", b"{}", seconds=5).status == 200


def test_a_host_that_is_not_there_is_said(tmp_path):
    with serving(lambda _body: {}) as served:
        url = served.url
    with HostExchange(endpoint(url), scratch=tmp_path) as host:
        found = host.post("/x", b"{}", seconds=2)
    assert found.status == 0
    assert "refused" in found.why.lower()


def test_a_child_that_was_killed_is_started_again(tmp_path):
    with serving(lambda _body: {}) as served, HostExchange(endpoint(served.url), scratch=tmp_path) as host:
        assert host.post("/x", b"{}", seconds=5).status == 200
        os.kill(host._child._process.pid, signal.SIGKILL)
        # lost with the child, unless the kernel has told of its end before the question
        assert host.post("/x", b"{}", seconds=5).status in {0, 200}
        assert host.post("/x", b"{}", seconds=5).status == 200
        lost = host._child
        lost._process.kill()
        lost._process.wait()  # now it is told before the question
        assert host.post("/x", b"{}", seconds=5).status == 200
        assert lost._process.stdout.closed


def test_the_key_must_be_there_and_is_sent_to_the_host_alone(tmp_path, monkeypatch):
    with pytest.raises(MissingKeyError, match="MODEL_KEY"):
        HostExchange(endpoint("http://127.0.0.1:1", key_env="MODEL_KEY"), scratch=tmp_path)
    monkeypatch.setenv("MODEL_KEY", "sk-secret")
    with (
        serving(lambda _body: {}) as served,
        HostExchange(endpoint(served.url, key_env="MODEL_KEY"), scratch=tmp_path) as host,
    ):
        host.post("/x", b"{}", seconds=5)
        pid = host._child._process.pid
        for name in ("cmdline", "environ"):
            assert b"sk-secret" not in Path(f"/proc/{pid}/{name}").read_bytes()
    assert served.headers[0]["authorization"] == "Bearer sk-secret"
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"sk-secret" in path.read_bytes()]
