"""Hosted models: real servers on loopback, spoken to by a child that can make no connection itself."""

import datetime as dt
import ipaddress
import json
import math
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from upright.checks.asking import AskingError
from upright.checks.contract import Endpoint, ModelSource
from upright.checks.models import Models, NoModelError
from upright.checks.sandbox import Child, ConfinedError
from upright.kernel import Ref

COLUMNS = {"a": np.array([0.0, 1.0, -2.0, math.nan]), "town": ["x", "y", "x", None]}
Answer = Callable[[str, Any, dict[str, str]], tuple[int, Any]]


@contextmanager
def served(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[Any]]]:
    """A server that answers each POST by the function; also everything that it heard."""
    heard: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            value = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.append((self.path, value, dict(self.headers)))
            status, said = answer(self.path, value, dict(self.headers))
            data = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            self.wfile.write(data)
            self.close_connection = status == 200 and "drop" in self.path

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_port, heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def models(tmp_path: Path) -> Iterator[Models]:
    with closing(Models(tmp_path)) as found:
        yield found


def hosted(port: int, prefix: str = "", scheme: str = "http", **more: Any) -> ModelSource:
    url = f"{scheme}://127.0.0.1:{port}{prefix}"
    about: dict[str, Any] = {
        "ref": Ref("model", "s/hosted"),
        "path": url,
        "digest": "0" * 64,
        "hold": "declared",
        "features": ("a", "town"),
        "output": "predict_proba",
        "endpoint": Endpoint(url=url, model="scorer", version="3", key_env=more.pop("key_env", None)),
    }
    return ModelSource(**about | more)


def logistic(rows: list[list[Any]]) -> list[float]:
    return [1 / (1 + math.exp(-(row[0] or 0.0) - (row[1] == "y"))) for row in rows]


def mlflow(path: str, value: Any, _: dict[str, str]) -> tuple[int, Any]:
    assert path.endswith("/invocations")
    assert value["dataframe_split"]["columns"] == ["a", "town"]
    return 200, {"predictions": logistic(value["dataframe_split"]["data"])}


def open_inference(path: str, value: Any, _: dict[str, str]) -> tuple[int, Any]:
    assert path == "/v2/models/scorer/versions/3/infer"
    given = {one["name"]: one for one in value["inputs"]}
    assert [given["a"]["datatype"], given["town"]["datatype"]] == ["FP64", "BYTES"]
    scores = logistic([list(row) for row in zip(given["a"]["data"], given["town"]["data"], strict=True)])
    flat = [number for p in scores for number in (1 - p, p)]
    return 200, {"outputs": [{"name": "label", "shape": [2], "data": [0, 0]},
                             {"name": "predict_proba", "shape": [len(scores), 2], "data": flat}]}  # fmt: skip


def test_mlflow_scores_come_back_with_the_key_from_the_environment(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCORER_KEY", "s3cret")
    with served(mlflow) as (port, heard):
        session = models.open(hosted(port, "/serving/drop", key_env="SCORER_KEY", threshold="0.6"))
        rows = [[0.0, "x"], [1.0, "y"], [-2.0, "x"], [None, None]]
        np.testing.assert_allclose(session.scores(COLUMNS), logistic(rows), atol=1e-12)
        assert session.decisions(COLUMNS) == ["negative", "positive", "negative", "negative"]
    path, value, headers = heard[0]
    assert (path, headers["Authorization"]) == ("/serving/drop/invocations", "Bearer s3cret")
    assert value["dataframe_split"]["data"][3] == [None, None]
    assert len(heard) == 2, "the connection that the server dropped was made anew"


def test_the_open_inference_protocol_is_spoken_and_missing_values_have_no_form_in_it(models: Models) -> None:
    with served(open_inference) as (port, _):
        session = models.open(hosted(port, adapter="open-inference"))
        whole = {"a": COLUMNS["a"][:3], "town": ["x", "y", "x"]}
        expected = logistic([[0.0, "x"], [1.0, "y"], [-2.0, "x"]])
        np.testing.assert_allclose(session.scores(whole), expected, atol=1e-12)
        assert session.labels(whole) == [int(p > 0.5) for p in expected]
        with pytest.raises(AskingError, match="missing value of 'a' has no form"):
            session.scores(COLUMNS)


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (503, {"error": "out of service"}, "answered 503.*out of service"),
        (302, {}, "answered 302"),
        (200, b"<html>hello</html>", "no JSON"),
        (200, b"[" * 100_000, "no JSON"),
        (200, {"result": 1}, "no list `predictions`"),
        (200, {"predictions": [0.5]}, "4 rows were sent and 1 answers"),
        (200, {"predictions": ["a", "b", "c", "d"]}, "something else than numbers"),
        (200, {"predictions": [0.1, 7.0, 0.2, 0.3]}, "outside 0 to 1"),
        (200, {"predictions": [[0.1, 0.9], [0.2], [0.1, 0.9], [1]]}, "something else than numbers"),
    ],
)
def test_an_endpoint_that_answers_otherwise_leaves_it_undecided_why(
    models: Models, status: int, said: Any, words: str
) -> None:
    with served(lambda *_: (status, said)) as (port, _), pytest.raises(AskingError, match=words):
        models.open(hosted(port)).scores(COLUMNS)


def test_nobody_at_the_address_and_no_key_in_the_environment_are_said(models: Models) -> None:
    with served(mlflow) as (port, _):
        pass
    with pytest.raises(AskingError, match=r"127\.0\.0\.1: Connection refused"):
        models.open(hosted(port)).scores(COLUMNS)
    with pytest.raises(NoModelError, match="no SCORER_KEY"):
        models.open(hosted(port, key_env="SCORER_KEY"))
    with pytest.raises(NoModelError, match="loads a file, and the model is hosted"):
        models.open(hosted(port, adapter="sklearn"))


def test_the_child_reaches_the_one_address_and_no_other(tmp_path: Path) -> None:
    """Code in the child gets what the parent hands in, however it asks, and can connect nowhere itself."""
    import socket

    task = tmp_path / "task.py"
    task.write_text(
        """
import socket
def run(arguments):
    from upright.checks.confined import door
    door.use(arguments["door"])
    got = []
    for host, port in ((arguments["host"], arguments["other"]), ("203.0.113.9", 80)):
        connection = door._Handed(host, port, None)
        connection.connect()
        got.append(connection.sock.getpeername()[1])
    try:
        socket.create_connection((arguments["host"], arguments["other"]), 2)
        got.append("connected")
    except PermissionError:
        got.append("refused")
    try:
        connection.sock.connect((arguments["host"], arguments["other"]))
        got.append("connected")
    except PermissionError:
        got.append("refused")
    return got
"""
    )
    with socket.create_server(("127.0.0.1", 0)) as wanted, socket.create_server(("127.0.0.1", 0)) as other:
        port = wanted.getsockname()[1]

        def connect() -> socket.socket:
            return socket.create_connection(("127.0.0.1", port), 5)

        with Child(str(task), scratch=tmp_path, connect=connect) as child:
            order = {"door": child.door_number, "host": "127.0.0.1", "other": other.getsockname()[1]}
            assert child.ask(order)[0] == [port, port, "refused", "refused"]


def test_a_child_without_a_door_reaches_nobody(tmp_path: Path) -> None:
    task = tmp_path / "task.py"
    task.write_text(
        "def run(arguments):\n"
        "    from upright.checks.confined import door\n"
        "    door._Handed('127.0.0.1', 80, None).connect()\n"
    )
    with Child(str(task), scratch=tmp_path) as child, pytest.raises(ConfinedError, match="may reach nobody"):
        child.ask({})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    now = dt.datetime.now(dt.UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
    built = built.not_valid_after(now + dt.timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    built = built.add_extension(names, critical=False)
    signed = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    made = signed.sign(key, hashes.SHA256())
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    data = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(data)
    return folder / "cert.pem", folder / "key.pem"


def test_over_tls_the_certificate_is_verified(
    tmp_path: Path, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with served(mlflow, context) as (port, _):
        with closing(Models(tmp_path / "untrusted")) as models, pytest.raises(AskingError, match="CERTIFICATE_VERIFY"):
            models.open(hosted(port, scheme="https")).scores(COLUMNS)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        with closing(Models(tmp_path / "trusted")) as models:
            assert len(models.open(hosted(port, scheme="https")).scores(COLUMNS)) == 4
