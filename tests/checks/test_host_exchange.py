"""Asking a host through a confined child: bounded in size and time, one host, no redirect, no key anywhere else."""

import logging
import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

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


def test_a_get_sends_no_body_and_lies_below_the_base_address_too(tmp_path):
    with serving(lambda _body: {"a": 1}) as served, HostExchange(endpoint(served.url), scratch=tmp_path) as host:
        found = host.get("/vulns/X-1", seconds=5)
    assert (found.status, found.body) == (200, b'{"a": 1}')
    assert served.requests == [{"path": "/v1/vulns/X-1", "method": "GET"}]
    assert "content-length" not in served.headers[0]


@pytest.mark.parametrize("method", ["get", "post"])
def test_each_question_names_the_most_that_it_takes(tmp_path, method):
    with (
        serving(lambda _body: (200, {}, b"x" * 1000)) as served,
        HostExchange(endpoint(served.url), scratch=tmp_path) as host,
    ):
        given = ("/x", b"{}") if method == "post" else ("/x",)
        ask = getattr(host, method)
        assert len(ask(*given, seconds=5, most=1000).body) == 1000
        refused = ask(*given, seconds=5, most=999)
        assert (refused.status, refused.body) == (0, b"")
        assert "more than 999 bytes" in refused.why
        assert ask(*given, seconds=5).status == 200


def test_a_redirect_of_a_get_is_not_followed_to_another_host(tmp_path):
    with serving(lambda _body: {}) as other, serving(lambda _body: (302, {"location": other.url}, b"")) as served:
        with HostExchange(endpoint(served.url), scratch=tmp_path) as host:
            found = host.get("/x", seconds=5)
        assert (found.status, found.headers["location"]) == (302, other.url)
        assert other.requests == []


@contextmanager
def raw(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """A host that says to each who connects whatever it likes."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                made, _ = listening.accept()
            except OSError:
                return
            with made:
                made.recv(65536)
                try:
                    speak(made)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


def drip(text: bytes) -> Callable[[socket.socket], None]:
    """A byte each twentieth of a second: never silent for long, and never done."""

    def speak(made: socket.socket) -> None:
        for at in range(200):
            made.sendall(text[at : at + 1] or b"x")
            time.sleep(0.05)

    return speak


OK = b"HTTP/1.1 200 OK\r\n"


def drip_after(head: bytes, text: bytes = b"") -> Callable[[socket.socket], None]:
    def speak(made: socket.socket) -> None:
        made.sendall(head)
        drip(text)(made)

    return speak


@pytest.mark.parametrize(
    "speak",
    [
        pytest.param(drip(b""), id="status"),
        pytest.param(drip(OK + b"X: "), id="headers"),
        pytest.param(drip_after(OK + b"Content-Length: 1000000\r\n\r\n"), id="body"),
        pytest.param(drip_after(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"ffff\r\n"), id="chunks"),
    ],
)
def test_a_host_that_drips_has_the_time_that_was_given_and_no_more(tmp_path, speak):
    with raw(speak) as url, HostExchange(endpoint(url), scratch=tmp_path) as host:
        host.get("/x", seconds=0.2)  # starting the child counts for nothing
        child, began = host._child, time.monotonic()
        found = host.get("/x", seconds=1.0)
        took = time.monotonic() - began
        assert (found.status, found.why) == (0, "TimeoutError: it took more than 1 s")
        assert 0.9 < took < 4.0
        assert host._child is child
        assert child.is_alive


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\x00\x01\x02 nothing of HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 2",
    ],
)
def test_an_answer_that_breaks_off_or_is_none_is_no_answer(tmp_path, said):
    with raw(lambda made: made.sendall(said)) as url, HostExchange(endpoint(url), scratch=tmp_path) as host:
        found = host.get("/x", seconds=5)
    assert (found.status, found.body) == (0, b"")
    assert found.why


def certificate(folder: Path, *, names: tuple[str, ...] = ("127.0.0.1",)) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(one)) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@pytest.mark.parametrize(
    ("names", "is_trusted", "why"),
    [
        (("127.0.0.1",), True, ""),
        (("127.0.0.1",), False, "CERTIFICATE_VERIFY_FAILED"),
        (("127.0.0.2",), True, "IP address mismatch"),
    ],
)
def test_over_tls_only_a_host_that_proves_its_name_is_asked(tmp_path, monkeypatch, names, is_trusted, why):
    cert, key = certificate(tmp_path, names=names)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    heard: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        made, _ = listening.accept()
        try:
            with context.wrap_socket(made, server_side=True) as spoken:
                heard.append(spoken.recv(65536))
                spoken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        except OSError:
            made.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    monkeypatch.setenv("A_KEY", "sk-secret")
    address = f"https://127.0.0.1:{listening.getsockname()[1]}"
    with HostExchange(endpoint(address, key_env="A_KEY"), scratch=tmp_path / "scratch") as host:
        found = host.get("/x", seconds=5)
    thread.join(10)
    listening.close()
    assert found.status == (200 if not why else 0), found
    assert why in found.why
    assert bool(heard and b"sk-secret" in heard[0]) is (not why)


def test_a_key_stands_in_no_log_and_in_no_reason(tmp_path, monkeypatch, caplog, capfd):
    monkeypatch.setenv("A_KEY", "sk-secret")
    caplog.set_level(logging.DEBUG)
    answers: list[Any] = [(500, {"x": "y"}, b"broken"), (401, {}, b"no"), None, (200, {}, b"x" * 2000)]
    with serving(lambda _body: answers.pop(0)) as served:
        asked = endpoint(served.url, key_env="A_KEY")
        with HostExchange(asked, scratch=tmp_path) as host:
            found = [host.get("/x", seconds=5, most=1000) for _ in range(4)]
            errors = host._child.errors
    assert [one.status for one in found] == [500, 401, 0, 0]
    said = "".join([repr(found), repr(asked), caplog.text, errors, *capfd.readouterr()])
    assert "sk-secret" not in said
