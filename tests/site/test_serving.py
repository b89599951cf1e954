"""``upright serve`` for real: a new database, an address that answers, health, and what is refused."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest


def upright(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "upright", *arguments],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UPRIGHT_")}
    return kept | {"UPRIGHT_HOME": str(home), "XDG_STATE_HOME": str(home / "state")}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(home: Path, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "upright", "serve", "--port", str(port), "--workers", "2"]
    with (
        (home / "said").open("w") as said,
        subprocess.Popen(command, env=environment(home), stderr=said) as process,
    ):
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def test_a_port_that_is_taken_is_told_before_anything_is_said_or_made(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        people = ("--administrator", "ada@meridian.example", "--manager", "max@meridian.example")
        taken = upright(tmp_path, "serve", "--organisation", "meridian", *people, "--port", str(port))
    assert taken.returncode == 2
    assert f"Nothing can be served at 127.0.0.1:{port}: Address already in use." in taken.stderr
    assert "UP-SITE-04" in taken.stderr
    assert not [said for said in ("Serving ", "password", "Began") if said in taken.stderr]
    assert not (tmp_path / "upright.sqlite3").exists()


def asked(port: int, path: str) -> tuple[int, str]:
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer")


@pytest.mark.slow
def test_a_new_server_needs_a_name_once_and_then_answers_and_says_that_it_is_ready(tmp_path: Path) -> None:
    home = tmp_path / "home"
    refused = upright(home, "serve", "--prepare-only")
    assert refused.returncode == 2
    assert "UP-SITE-03" in refused.stderr
    assert "Traceback" not in refused.stderr
    made = upright(home, "serve", "--organisation", "meridian", "--prepare-only", "--format", "json")
    assert made.returncode == 0, made.stderr
    said = json.loads(made.stdout)
    assert (said["is_new"], said["has_people"], said["origin"][:9]) == (True, False, "meridian/")
    again = json.loads(upright(home, "serve", "--prepare-only", "--format", "json").stdout)
    assert (again["is_new"], again["origin"]) == (False, said["origin"])
    other = upright(home, "serve", "--organisation", "other", "--prepare-only")
    assert other.returncode == 2
    assert "Nobody can log in yet" in upright(home, "serve", "--prepare-only").stderr
    people = ("--administrator", "ada@meridian.example", "--manager", "mira@meridian.example")
    assert upright(home, "serve", "--prepare-only", "--administrator", "x", "--manager", "y").returncode == 2
    first = upright(home, "serve", "--prepare-only", *people)
    assert first.stderr.count("shown once") == 2, first.stderr
    assert "shown once" not in upright(home, "serve", "--prepare-only", *people).stderr
    port = free_port()
    with serving(home, port):
        assert asked(port, "/healthz") == (200, '{"upright": 1, "status": "live"}')
        status, said = asked(port, "/readyz")
        assert (status, json.loads(said)["status"]) == (200, "ready")
        first = worker_of(home)
        os.kill(first, signal.SIGKILL)
        second = worker_of(home, but=first)
        assert json.loads(asked(port, "/readyz")[1])["worker"]["status"] != "dead"
        whole = upright(home, "ledger", "verify", "--home", str(home), "--format", "json")
        assert (whole.returncode, json.loads(whole.stdout)["outcome"]) == (0, "intact")
        with closing(sqlite3.connect(home / "upright.sqlite3")) as database, database:
            database.execute("UPDATE identity_person SET name = 'Mallory' WHERE email = 'ada@meridian.example'")
        altered = upright(home, "ledger", "verify")  # of the server whose environment is set
        assert altered.returncode == 1
        assert "identity_person" in altered.stdout
        assert "UP-ROW-02" in altered.stdout
        assert "Mallory" not in altered.stdout  # what is personal is not printed
        taken = upright(home, "serve", "--port", str(port))
        assert taken.returncode == 2
        assert "UP-SITE-04" in taken.stderr
        assert "Address already in use" in taken.stderr
        assert "Serving " not in taken.stderr
        for key in (home / "keys").glob("log-*.pem"):
            key.rename(key.with_suffix(".away"))
        # Workers that loaded the key go on; a new one cannot, and says so.
        fresh = upright(home, "serve", "--prepare-only")
        assert fresh.returncode == 2
        assert "UP-DOOR-07" in fresh.stderr
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)


@pytest.mark.slow
def test_a_database_of_an_older_version_is_told_as_such_backed_up_and_brought_up_to_date(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert upright(home, "serve", "--organisation", "meridian", "--prepare-only").returncode == 0
    assert upright(home, "manage", "migrate", "work", "0001_squashed_0003_check_runs").returncode == 0
    for told in (upright(home, "ledger", "verify"), upright(home, "worker", "--once")):
        assert told.returncode == 2
        assert "UP-SITE-14" in told.stderr
        assert "the first is work.0004_imports_of_history" in told.stderr
    kept = upright(home, "backup", str(tmp_path / "before.upright"))
    assert (kept.returncode, "verified: intact" in kept.stdout) == (0, True), kept.stderr
    assert upright(home, "ledger", "verify").returncode == 2  # the copy was brought up to date, not the server
    assert upright(home, "serve", "--prepare-only").returncode == 0
    assert upright(home, "ledger", "verify").returncode == 0


def worker_of(home: Path, but: int = 0) -> int:
    """The process of the worker beside the server, once there is one other than ``but``."""
    for _ in range(300):
        with closing(sqlite3.connect(home / "upright.sqlite3")) as database:
            found = [pid for (pid,) in database.execute("SELECT pid FROM work_workerbeat") if pid != but]
        if found:
            return int(found[0])
        time.sleep(0.1)
    raise AssertionError(f"no worker came up: {(home / 'said').read_text()}")


@pytest.mark.parametrize("name", ["Meridian Credit", "../x", "a" * 80])
def test_a_name_that_cannot_stand_in_an_origin_is_refused(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    refused = upright(home, "serve", "--organisation", name, "--prepare-only")
    assert refused.returncode == 2
    assert "UP-SITE-03" in refused.stderr
    with closing(sqlite3.connect(home / "upright.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)  # and nothing was made for it


def test_workers_never_load_what_computes_on_tables(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom upright.site.wsgi import application\n"
        "from django.urls import get_resolver\nget_resolver().url_patterns\n"
        "print([name for name in ('duckdb', 'pyarrow', 'ibis', 'pandas') if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(tmp_path) | {"UPRIGHT_DEMO": "yes"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]"
