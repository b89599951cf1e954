"""Backups: made while others write, tried before they are called done, restored elsewhere; and what is refused."""

import contextlib
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from records.addresses import address, postgres_address
from records.organisation import Organisation
from upright.cli.main import main
from upright.kernel import InputError
from upright.ledger import Checkpoint
from upright.ledger.disk import Disk
from upright.ledger.statehead import read_head, write_head
from upright.records.trail.server_log import server_log
from upright.site import archive, keybox
from upright.site import backup as backups
from upright.site.archive import BackupError
from upright.site.backup import Done, backup, restore
from upright.workspace.layout import state_head

PROCESSES = Path(__file__).parents[1] / "records/trail/processes.py"
PASSPHRASE = "correct horse battery staple"


@dataclass
class Place:
    """A home and a database, as the environment of a server says them."""

    home: Path
    url: str

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "UPRIGHT_HOME": str(self.home), "UPRIGHT_DATABASE_URL": self.url}

    def start(self, deed: str) -> "subprocess.Popen[str]":
        more = {"DJANGO_SETTINGS_MODULE": "upright.site.settings"}
        command = [sys.executable, str(PROCESSES), deed]
        return subprocess.Popen(command, env={**self.environment, **more}, stdout=subprocess.PIPE, text=True)

    def does(self, deed: str) -> dict[str, Any]:
        said, _ = self.start(deed).communicate()
        answer: dict[str, Any] = json.loads(said)
        return answer

    def tables(self) -> int:
        """How many tables there are."""
        if self.url.startswith("sqlite"):
            path = Path(self.url.removeprefix("sqlite:///"))
            if not path.exists():
                return 0
            count: int = sqlite3.connect(path).execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            return count
        import psycopg

        with psycopg.connect(self.url) as other:
            row = other.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        return int(row[0]) if row else 0


@pytest.fixture
def server(meridian_committed: Organisation, server_home: Path) -> Place:
    """A server with a log, people and an attachment."""
    (server_home / "blobs/ab").mkdir(parents=True)
    (server_home / "blobs/ab/abcd").write_bytes(b"an attachment")
    return Place(server_home, address(server_home))


@pytest.fixture
def elsewhere(tmp_path: Path, server: Place) -> Iterator[Place]:
    """Where nothing is yet."""
    home = tmp_path / "elsewhere"
    if connection.vendor != "postgresql":
        yield Place(home, f"sqlite:///{home}/upright.sqlite3")
        return
    name = f"elsewhere_{uuid.uuid4().hex}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    yield Place(home, postgres_address(name))
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def left_behind(*places: Place) -> list[str]:
    """Databases that a copy of one of these was tried in; other tests' copies come and go on the same server."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'upright_tried_%%'")
        tried = [str(row[0]) for row in cursor.fetchall()]
    names = [urlsplit(place.url).path.removeprefix("/")[:24] for place in places]
    return [one for one in tried if any(one.endswith(f"_{name}") for name in names)]


@pytest.mark.slow
def test_a_backup_made_while_eight_write_is_restored_elsewhere_verifies_and_goes_on(
    server: Place, elsewhere: Place, tmp_path: Path
) -> None:
    file = tmp_path / "monday.backup"
    writers = server.start("write")
    made = backup(file, passphrase=PASSPHRASE, environment=server.environment)
    said = json.loads(writers.communicate()[0])
    assert (said["outcome"], len(said["systems"]), said["exits"]) == ("intact", 48, [0] * 8)
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["monday.backup"]
    assert (made.files, made.keys) == (2, len(list((server.home / "keys").iterdir())))
    state_head(made.origin).unlink()  # another host, which knows nothing of the log
    done = restore(file, passphrase=PASSPHRASE, accept_loss=False, environment=elsewhere.environment)
    assert (done.entries, done.origin, done.keys) == (made.entries, made.origin, made.keys)
    assert (elsewhere.home / "blobs/ab/abcd").read_bytes() == b"an attachment"
    for part in ("keys", "pub"):
        names = sorted(path.name for path in (server.home / part).iterdir())
        assert names == sorted(path.name for path in (elsewhere.home / part).iterdir())
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (elsewhere.home / "keys").iterdir())
    after = elsewhere.does("race")
    assert (after["outcome"], after["problems"], after["gapless"]) == ("intact", [], True)
    assert after["size"] >= made.entries + 10
    assert left_behind(server, elsewhere) == []


def killed_midway(server: Place, file: Path) -> None:
    """A backup that is killed once it holds a copy of the database."""
    command = [sys.executable, "-m", "upright", "backup", str(file)]
    with subprocess.Popen(command, env=server.environment) as process:
        while not list(file.parent.glob(".backup-*/tried/*")):
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    assert not file.exists()


def test_what_a_killed_backup_left_is_no_backup_and_goes_with_the_next(server: Place, tmp_path: Path) -> None:
    file = tmp_path / "sunday.backup"
    killed_midway(server, file)
    assert [path.name[:8] for path in tmp_path.iterdir()] == [".backup-"]
    (tmp_path / ".backup-other").mkdir()
    made = backup(file, passphrase=None, environment=server.environment)
    assert made.entries > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [".backup-other", "sunday.backup"]
    assert left_behind(server) == []


def killed_in(step: str, again: Callable[[], Done], monkeypatch: pytest.MonkeyPatch) -> None:
    """A restore that SIGKILL ends where this step of it would begin."""
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(f"upright.site.backup.{step}", lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        with contextlib.suppress(BaseException):
            again()
        os._exit(3)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


def test_a_restore_that_is_killed_leaves_no_server_and_is_run_again_by_one_at_a_time(
    server: Place, elsewhere: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "friday.backup"
    made = backup(file, passphrase=PASSPHRASE, environment=server.environment)

    def again() -> Done:
        return restore(file, passphrase=PASSPHRASE, accept_loss=False, environment=elsewhere.environment)

    for step in ("demand_intact", "_move_head"):  # the copy lies there unverified; all is there but the last step
        killed_in(step, again, monkeypatch)
        assert len(list(elsewhere.home.glob(".restoring-*"))) == 1
        assert not (elsewhere.home / "upright.sqlite3").exists()
    if connection.vendor == "postgresql":
        served = subprocess.run(
            [sys.executable, "-m", "upright", "serve", "--prepare-only"],
            env=elsewhere.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert served.returncode != 0
        assert "UP-BACKUP-10" in served.stderr
    verified, other = backups.demand_intact, tmp_path / "other-home"

    def beside(*given: Any, **named: Any) -> Any:
        """While one copy is verified, somebody restores into the same database from another home."""
        url = {**elsewhere.environment, "UPRIGHT_HOME": str(other), "UPRIGHT_DATABASE_URL": elsewhere.url}
        with pytest.raises(InputError, match="UP-BACKUP-11"):
            restore(file, passphrase=PASSPHRASE, accept_loss=False, environment=url)
        return verified(*given, **named)

    monkeypatch.setattr(backups, "demand_intact", beside)
    done = again()
    assert (done.entries, done.rows, done.origin) == (made.entries, made.rows, made.origin)
    assert [one.name for one in elsewhere.home.iterdir() if "restoring" in one.name] == []
    assert (elsewhere.home / "blobs/ab/abcd").read_bytes() == b"an attachment"
    with pytest.raises(InputError, match="nothing is restored over it"):
        again()


def test_private_keys_are_in_no_backup_and_with_keys_only_encrypted(server: Place, tmp_path: Path) -> None:
    secrets = [path.read_bytes() for path in (server.home / "keys").iterdir()]
    seeds = [secret.splitlines()[2] if b"PRIVATE KEY" in secret else secret for secret in secrets]
    assert len(seeds) >= 2
    backup(tmp_path / "bare", passphrase=None, environment=server.environment)
    backup(tmp_path / "whole", passphrase=PASSPHRASE, environment=server.environment)
    for name, has_box in (("bare", False), ("whole", True)):
        with tarfile.open(tmp_path / name) as tar:
            names = tar.getnames()
        assert (archive.KEYS in names) is has_box
        assert not [one for one in names if one.startswith("files/keys")]
        data = (tmp_path / name).read_bytes()
        assert b"PRIVATE KEY" not in data
        assert not [seed for seed in seeds if seed in data]


def test_without_keys_those_that_were_brought_back_are_used(server: Place, elsewhere: Place, tmp_path: Path) -> None:
    made = backup(tmp_path / "bare", passphrase=None, environment=server.environment)
    with pytest.raises(BackupError, match="UP-DOOR-07"):
        restore(tmp_path / "bare", passphrase=None, accept_loss=False, environment=elsewhere.environment)
    assert elsewhere.tables() == 0
    with pytest.raises(InputError, match="carries no private keys"):
        restore(tmp_path / "bare", passphrase=PASSPHRASE, accept_loss=False, environment=elsewhere.environment)
    (elsewhere.home / "keys").mkdir(mode=0o700)
    for path in (server.home / "keys").iterdir():
        shutil.copy2(path, elsewhere.home / "keys")
    done = restore(tmp_path / "bare", passphrase=None, accept_loss=False, environment=elsewhere.environment)
    assert (done.entries, done.keys) == (made.entries, 0)


def test_a_server_whose_row_was_changed_by_sql_gets_no_backup(server: Place, tmp_path: Path) -> None:
    change = "UPDATE identity_person SET name = 'Eve' WHERE name = 'Ada Lead'"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(change)
    else:
        with sqlite3.connect(server.url.removeprefix("sqlite:///")) as other:
            other.execute(change)
        other.close()
    with pytest.raises(BackupError, match=r"(?s)does not verify.*UP-BACKUP-07"):
        backup(tmp_path / "broken", passphrase=None, environment=server.environment)
    assert list(tmp_path.iterdir()) == []
    assert left_behind(server) == []


def test_nothing_is_restored_over_a_server_or_by_another_passphrase(
    server: Place, elsewhere: Place, tmp_path: Path
) -> None:
    file = tmp_path / "b"
    backup(file, passphrase=PASSPHRASE, environment=server.environment)
    with pytest.raises(InputError, match="UP-BACKUP-08"):
        restore(file, passphrase=PASSPHRASE, accept_loss=True, environment=server.environment)
    with pytest.raises(InputError, match="UP-BACKUP-04"):
        restore(file, passphrase=PASSPHRASE + "!", accept_loss=True, environment=elsewhere.environment)
    with pytest.raises(InputError, match="UP-BACKUP-01"):
        backup(file, passphrase=None, environment=server.environment)
    with pytest.raises(InputError, match="UP-BACKUP-05"):
        backup(tmp_path / "c", passphrase=None, environment=elsewhere.environment)
    assert elsewhere.tables() == 0


def test_a_host_that_has_seen_more_loses_it_only_when_told_to(server: Place, elsewhere: Place, tmp_path: Path) -> None:
    made = backup(tmp_path / "old", passphrase=PASSPHRASE, environment=server.environment)
    server.does("race")
    head = read_head(state_head(made.origin))
    assert head is not None
    assert head.size > made.entries
    with pytest.raises(BackupError, match=f"{head.size - made.entries:,} would be lost"):
        restore(tmp_path / "old", passphrase=PASSPHRASE, accept_loss=False, environment=elsewhere.environment)
    assert elsewhere.tables() == 0
    done = restore(tmp_path / "old", passphrase=PASSPHRASE, accept_loss=True, environment=elsewhere.environment)
    after = read_head(state_head(made.origin))
    assert after is not None
    assert (done.lost, done.entries, after.size) == (head.size - made.entries, after.size, made.entries + 2)
    assert state_head(made.origin).with_name(f"checkpoint.lost-{head.size}").exists()
    shown = subprocess.run(
        [sys.executable, "-m", "upright", "ledger", "verify", "--home", str(elsewhere.home)],
        env=elsewhere.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stdout
    assert f"A restore left entries behind: {done.lost}." in " ".join(shown.stdout.split())
    again = elsewhere.does("race")  # the log goes on behind the entry, and another backup carries it along
    assert (again["outcome"], again["gapless"]) == ("intact", True)


def test_another_history_of_the_same_log_is_never_restored_over_what_this_host_saw(
    server: Place, elsewhere: Place, tmp_path: Path
) -> None:
    made = backup(tmp_path / "b", passphrase=PASSPHRASE, environment=server.environment)
    path = state_head(made.origin)
    for size in (made.entries, made.entries - 3):
        forged = Checkpoint.sign(made.origin, size, bytes(32), server_log()._signer)
        path.unlink()
        write_head(Disk(), path, forged)
        with pytest.raises(BackupError, match=r"UP-BACKUP-07"):
            restore(tmp_path / "b", passphrase=PASSPHRASE, accept_loss=True, environment=elsewhere.environment)
        assert elsewhere.tables() == 0


def _packed(path: Path, members: list[tuple[str, bytes]]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data in members:
            found = tarfile.TarInfo(name)
            found.size = len(data)
            tar.addfile(found, io.BytesIO(data))
    return path


def _members(path: Path) -> list[tuple[str, bytes]]:
    with tarfile.open(path) as tar:
        return [(one.name, tar.extractfile(one).read()) for one in tar]  # type: ignore[union-attr]


def test_damaged_and_hostile_files_are_named_and_restore_nothing(
    server: Place, elsewhere: Place, tmp_path: Path
) -> None:
    file = tmp_path / "b"
    backup(file, passphrase=None, environment=server.environment)
    (manifest, said), (database, data), *others = _members(file)
    changed = data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]
    outside = said.replace(b'"files/', b'"files/../../../')
    hostile = {
        "empty": b"",
        "text": b"no backup at all\n" * 100,
        "cut": file.read_bytes()[:20_000],
        "no-manifest": _packed(tmp_path / "p", [(database, data), *others]).read_bytes(),
        "garbled": _packed(tmp_path / "p", [(manifest, b"{}"), (database, data)]).read_bytes(),
        "changed": _packed(tmp_path / "p", [(manifest, said), (database, changed), *others]).read_bytes(),
        "missing": _packed(tmp_path / "p", [(manifest, said), (database, data)]).read_bytes(),
        "twice": _packed(tmp_path / "p", [(manifest, said), (database, data), (database, data)]).read_bytes(),
        "unnamed": _packed(tmp_path / "p", [(manifest, said), ("files/more", b"x")]).read_bytes(),
        "outside": _packed(
            tmp_path / "p",
            [(manifest, outside), (database, data), *((f"files/../../../{n[6:]}", d) for n, d in others)],
        ).read_bytes(),
    }
    for name, content in hostile.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises((InputError, BackupError), match=r"UP-BACKUP-0[12]"):
            restore(tmp_path / name, passphrase=None, accept_loss=True, environment=elsewhere.environment)
        assert elsewhere.tables() == 0, name
        assert list(elsewhere.home.iterdir()) == [], name
    with pytest.raises(InputError, match="UP-BACKUP-01"):
        restore(tmp_path / "nowhere", passphrase=None, accept_loss=True, environment=elsewhere.environment)


def test_a_box_of_keys_opens_by_its_passphrase_alone_and_notices_every_changed_byte() -> None:
    files = {"log-1.pem": b"secret", "seal.key": bytes(range(32))}
    box = keybox.seal(files, PASSPHRASE)
    assert keybox.unseal(box, PASSPHRASE) == files
    assert b"secret" not in box
    assert keybox.seal(files, PASSPHRASE) != box
    for broken in (b"", b"{}", box[:-9], box.replace(b'"log_n":17', b'"log_n":40'), box.replace(b'"r":8', b'"r":9')):
        with pytest.raises(InputError, match="UP-BACKUP-04"):
            keybox.unseal(broken, PASSPHRASE)
    with pytest.raises(InputError, match="UP-BACKUP-03"):
        keybox.seal(files, "too short")


def test_the_commands_say_what_was_done_and_refuse_with_a_code(
    server: Place, elsewhere: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "b")
    monkeypatch.setenv("UPRIGHT_HOME", str(server.home))
    monkeypatch.setenv("UPRIGHT_DATABASE_URL", server.url)
    assert main(["backup", file, "--with-keys"]) == 2
    assert "UP-BACKUP-03" in capsys.readouterr().err
    monkeypatch.setenv("UPRIGHT_BACKUP_PASSPHRASE", PASSPHRASE)
    assert main(["backup", file, "--with-keys"]) == 0
    assert "verified: intact" in " ".join(capsys.readouterr().out.split())
    assert main(["restore", file, "--with-keys", "--known", "x"]) == 2
    assert main(["restore", "--with-keys"]) == 2
    monkeypatch.setenv("UPRIGHT_HOME", str(elsewhere.home))
    monkeypatch.setenv("UPRIGHT_DATABASE_URL", elsewhere.url)
    capsys.readouterr()
    assert main(["restore", file, "--with-keys", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["origin"].startswith("meridian/")
    assert document["entries"] > 0
