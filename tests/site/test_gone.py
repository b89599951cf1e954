"""The database gone and back under a server that really serves: said as 503, nothing acknowledged lost, it goes on."""

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
import requests
from django.conf import settings
from django.db import connection
from django.test import Client

import postgres
from records.addresses import address
from records.identity.accounts import account
from records.organisation import Organisation

WAIT_S = 300
SECRET = "planted-5ecret"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Fault(Protocol):
    """A database that is taken away from those who use it, and given back."""

    url: str

    def stop(self) -> None: ...
    def start(self) -> None: ...


class Moved:
    """SQLite's file, put elsewhere: a disk that is not mounted."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._path = Path(url.removeprefix("sqlite:///"))

    def stop(self) -> None:
        self._path.rename(self._path.with_suffix(".away"))

    def start(self) -> None:
        assert not self._path.exists(), "something made a database in its place"
        self._path.with_suffix(".away").rename(self._path)


class Stopped:
    """PostgreSQL itself, ended at once and started again."""

    def __init__(self, cluster: postgres.Cluster, url: str) -> None:
        self.url, self.stop, self.start = url, cluster.stop, cluster.start


@contextmanager
def fault(home: Path) -> Iterator[Fault]:
    """This test's database in a place of its own, which others do not need."""
    if connection.vendor != "postgresql":
        yield Moved(address(home))
        return
    tools = postgres.installed()
    assert tools is not None
    with postgres.started(tools) as cluster:
        dump, target = home / "dump", cluster.address
        subprocess.run([tools / "pg_dump", "-Fc", f"--file={dump}", address(home)], check=True)
        subprocess.run([tools / "pg_restore", "--no-owner", f"--dbname={target}", dump], check=True)
        dump.unlink()
        yield Stopped(cluster, target)


class Somebody:
    """Who is logged in, in a browser that keeps cookies; and who writes without a pause."""

    def __init__(self, port: int, meridian: Organisation) -> None:
        self.address, self._meridian = f"http://127.0.0.1:{port}", meridian
        self.saved: list[str] = []
        self.answers: set[int] = set()
        self.over = threading.Event()
        self._browser = requests.Session()

    def logs_in(self, cookie: str) -> None:
        self._browser.cookies.set("sessionid", cookie)
        found = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get("/records/system/add/").text)
        self._token = found[0]

    def get(self, path: str) -> requests.Response:
        return self._browser.get(self.address + path, timeout=WAIT_S, allow_redirects=False)

    def adds(self, name: str) -> int:
        meridian = self._meridian
        form = {"short_name": name, "name": name, "purpose": "Ranks.", "unit": meridian.lending.ref, "reason": "New."}
        form |= {"owner": meridian.owner.ref, "modality": "tabular", "stage": "inception"}
        sent = form | {"csrfmiddlewaretoken": self._token}
        answer = self._browser.post(f"{self.address}/records/system/add/", sent, timeout=WAIT_S, allow_redirects=False)
        if answer.status_code == 302 and name in answer.headers["Location"]:
            self.saved.append(name)
        return answer.status_code

    def writes(self) -> None:
        number = 0
        while not self.over.wait(0.05):  # a pause: the others who ask want to be answered too
            number += 1
            self.answers.add(self.adds(f"s-{number}"))


def waits_for(is_so: Any) -> None:
    until = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.1)


@contextmanager
def serving(home: Path, url: str, port: int) -> Iterator[None]:
    given = {"UPRIGHT_HOME": str(home), "UPRIGHT_DATABASE_URL": url, "UPRIGHT_SECRET_KEY": settings.SECRET_KEY}
    command = [sys.executable, "-m", "upright", "serve", "--port", str(port), "--workers", "2"]
    with (home / "said").open("w") as said, subprocess.Popen(command, env=os.environ | given, stderr=said) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)


def test_a_database_that_is_gone_and_back_is_said_as_503_and_nothing_acknowledged_is_lost(
    meridian_committed: Organisation, server_home: Path, quick_hashes: None
) -> None:
    browser = Client()
    browser.force_login(account(meridian_committed.lead))
    port = free_port()
    somebody = Somebody(port, meridian_committed)
    with fault(server_home) as database, serving(server_home, database.url, port), ExitStack() as stack:
        waits_for(lambda: answers(f"{somebody.address}/readyz") == 200)
        somebody.logs_in(browser.cookies["sessionid"].value)
        writer = threading.Thread(target=somebody.writes)
        stack.callback(writer.join)
        stack.callback(somebody.over.set)
        writer.start()
        waits_for(lambda: len(somebody.saved) > 3)
        sends_secrets(somebody.address)
        database.stop()
        waits_for(lambda: 503 in somebody.answers)
        page, ready, health = (somebody.get(path) for path in ("/records/system/", "/readyz", "/healthz"))
        api = requests.get(
            f"{somebody.address}/api/v1/system", headers={"Authorization": "Bearer upr_0190a1b2_x"}, timeout=WAIT_S
        )
        assert (page.status_code, "UP-WEB-01" in page.text) == (503, True)
        assert (ready.status_code, ready.json()["because"]) == (503, "the database does not answer")
        assert health.status_code == 200
        sends_secrets(somebody.address)
        assert (api.status_code, api.json()["code"]) in {(503, "UP-API-18"), (401, "UP-API-01")}
        before = len(somebody.saved)
        database.start()
        waits_for(lambda: len(somebody.saved) > before + 3)
        stack.close()
        assert somebody.answers == {302, 503}
        waits_for(lambda: somebody.get("/readyz").json().get("worker", {}).get("status") == "running")
        listed = names(database.url)
        given = os.environ | {"UPRIGHT_DATABASE_URL": database.url}
        command = [sys.executable, "-m", "upright", "ledger", "verify", "--home", str(server_home), "--format", "json"]
        done = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
        assert (done.returncode, json.loads(done.stdout)["outcome"]) == (0, "intact"), done.stdout
    assert set(somebody.saved) <= listed
    said = (server_home / "said").read_text()
    assert all(json.loads(line)["level"] for line in said.splitlines()[1:])
    assert "OperationalError" in said
    assert not [one for one in ("Traceback", SECRET, browser.cookies["sessionid"].value) if one in said]


def names(url: str) -> set[str]:
    """What stands in the database itself."""
    query = "SELECT short_name FROM inventory_system"
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other:
            return {str(row[0]) for row in other.execute(query)}
    with psycopg.connect(url) as other:
        return {str(row[0]) for row in other.execute(query)}


def sends_secrets(address: str) -> None:
    """Puts a secret wherever a request has room for one; what comes of it is nobody's log entry."""
    headers = {"Authorization": f"Bearer {SECRET}", "Cookie": f"sessionid={SECRET}", "X-Api-Key": SECRET}
    for path in ("/records/system/", f"/record/{SECRET}/", "/account/login/", "/api/v1/system", f"/api/v1/{SECRET}"):
        for method in ("get", "post"):
            requests.request(
                method,
                f"{address}{path}",
                params={"token": SECRET},
                data={"password": SECRET, "login": f"{SECRET}@meridian.example"} if method == "post" else None,
                headers=headers | {"User-Agent": SECRET, "Referer": f"{address}/{SECRET}"},
                timeout=WAIT_S,
            )


def answers(address: str) -> int:
    try:
        return requests.get(address, timeout=WAIT_S).status_code
    except requests.ConnectionError:
        return 0
