"""A consistent copy of the database while the server goes on writing, and a database made of such a copy."""

import fcntl
import os
import re
import shutil
import sqlite3
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from upright.kernel import InputError
from upright.site.archive import BackupError, Database

RESTORING = "upright_restoring"
"""The table that marks a PostgreSQL database which a restore fills and nobody has verified yet."""


class Copier(Protocol):
    """What a backup needs of either database."""

    kind: Database
    url: str

    def checkpoint(self) -> str | None:
        """The ledger's newest checkpoint, None where no ledger was begun."""

    def dump(self, target: Path) -> None:
        """Writes a consistent copy."""

    def is_empty(self) -> bool:
        """Whether nothing was ever made there."""

    def claimed(self) -> "Any":
        """A context: nobody else restores there meanwhile. A process that dies gives it back.

        Raises:
            InputError: somebody else does.
        """

    def staged(self) -> "Copier":
        """Where a restored copy lies until it is verified; what a killed restore left there is gone."""

    def load(self, source: Path) -> None:
        """Fills an empty database."""

    def clear(self) -> None:
        """Makes a database that ``load`` filled empty again."""

    def publish(self, name: str) -> None:
        """Makes a staged and verified copy the database that ``name`` (an address) says; the last step of all."""

    def scratch(self, folder: Path) -> "Any":
        """A context: a place for a copy to be tried in, gone afterwards."""


def copier(settings: Mapping[str, Any]) -> Copier:
    """For the database that Django's settings name."""
    return Sqlite(Path(settings["NAME"])) if settings["ENGINE"].endswith("sqlite3") else Postgres(settings)


class Sqlite:
    """SQLite's online backup; the copy is one file."""

    kind: Database = "sqlite"

    def __init__(self, path: Path) -> None:
        self._path = path
        self.url = f"sqlite:///{path}"

    def checkpoint(self) -> str | None:
        """As ``Copier`` says."""
        if not self._path.is_file():
            return None
        with closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)) as source:
            try:
                row = source.execute("SELECT checkpoint FROM trail_ledgerlog").fetchone()
            except sqlite3.Error:
                return None
        return None if row is None else str(row[0])

    def dump(self, target: Path) -> None:
        """As ``Copier`` says."""
        with (
            closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True, timeout=60)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")

    def is_empty(self) -> bool:
        """As ``Copier`` says."""
        return not self._path.exists()

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """As ``Copier`` says: a lock on the folder, which leaves no file behind."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise _under_way() from None
            yield
        finally:
            os.close(folder)

    def staged(self) -> "Sqlite":
        """As ``Copier`` says: a file beside."""
        beside = Sqlite(self._path.with_name(self._path.name + ".restoring"))
        beside.clear()
        return beside

    def publish(self, name: str) -> None:
        """As ``Copier`` says."""
        target = Path(name.removeprefix("sqlite:///"))
        with closing(sqlite3.connect(self._path)) as copy:
            copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if target.exists():
            raise InputError(f"{target} was made meanwhile; nothing is restored over it.", code="UP-BACKUP-08")
        self._path.rename(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def load(self, source: Path) -> None:
        """As ``Copier`` says."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = self._path.with_name(self._path.name + ".new")
        shutil.copyfile(source, new)
        new.chmod(0o600)
        with new.open("rb+") as stream:
            os.fsync(stream.fileno())
        new.rename(self._path)

    def clear(self) -> None:
        """As ``Copier`` says."""
        for ending in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)

    @contextmanager
    def scratch(self, folder: Path) -> Iterator["Sqlite"]:
        """As ``Copier`` says."""
        yield Sqlite(folder / "tried.sqlite3")


class Postgres:
    """pg_dump and pg_restore; a copy is tried in a database of its own on the same server."""

    kind: Database = "postgresql"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        user, password = quote(settings["USER"], safe=""), quote(settings["PASSWORD"], safe="")
        host = f"{quote(settings['HOST'], safe='')}:{settings['PORT']}".removesuffix(":")
        options = f"?{urlencode(settings['OPTIONS'])}" if settings["OPTIONS"] else ""
        self.url = f"postgresql://{user}:{password}@{host}/{quote(settings['NAME'], safe='')}{options}"

    def checkpoint(self) -> str | None:
        """As ``Copier`` says."""
        if "trail_ledgerlog" not in self._tables():
            return None
        rows = self._rows("SELECT checkpoint FROM trail_ledgerlog")
        return str(rows[0][0]) if rows else None

    def dump(self, target: Path) -> None:
        """As ``Copier`` says."""
        self._tool("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")

    def is_empty(self) -> bool:
        """As ``Copier`` says; one that a killed restore filled and nobody verified counts as empty."""
        tables = self._tables()
        return not tables or RESTORING in tables

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """As ``Copier`` says: a lock of a session, which ends with it."""
        with self._connected() as held:
            got = held.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [RESTORING]).fetchone()
            if not got[0]:
                raise _under_way()
            yield

    def staged(self) -> "Postgres":
        """As ``Copier`` says: in the database itself, marked by a table until it is verified."""
        from psycopg import sql

        self.clear()
        with self._connected() as connection:
            connection.execute(sql.SQL("CREATE TABLE {} ()").format(sql.Identifier(RESTORING)))
        return self

    def publish(self, name: str) -> None:  # noqa: ARG002 (the same signature)
        """As ``Copier`` says."""
        from psycopg import sql

        with self._connected() as connection:
            connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(RESTORING)))

    def load(self, source: Path) -> None:
        """As ``Copier`` says."""
        self._tool(
            "pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(source)
        )

    def clear(self) -> None:
        """As ``Copier`` says."""
        from psycopg import sql

        if not self.is_empty():
            return
        with self._connected() as connection, connection.transaction():
            for name in self._tables():
                connection.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier(name)))

    @contextmanager
    def scratch(self, folder: Path) -> Iterator["Postgres"]:  # noqa: ARG002 (the same signature)
        """As ``Copier`` says.

        Raises:
            InputError: the server's user may not create databases.
        """
        import psycopg
        from psycopg import sql

        # it says whose copy it is, in case a killed backup leaves it behind; PostgreSQL cuts names at 63 bytes
        mine = f"_{str(self._settings['NAME'])[:24]}"
        name = f"upright_tried_{uuid.uuid4().hex[:16]}{mine}"
        held = self._connected()
        try:
            self._clear_left(held, mine)
            held.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
            held.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        except psycopg.Error as why:
            held.close()
            raise InputError(
                f"No database could be made to try the backup in ({_first_line(why)}), and a backup that was not tried "
                f"is none. Let the server's user make databases: ALTER ROLE {self._settings['USER']} CREATEDB.",
                code="UP-BACKUP-06",
            ) from None
        try:
            yield Postgres({**self._settings, "NAME": name})
        finally:
            with held:
                held.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _clear_left(self, connection: Any, mine: str) -> None:
        """Drops what killed backups of this database left: databases whose lock nobody holds any more."""
        from psycopg import sql

        found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'upright_tried_%'").fetchall()
        for (name,) in found:
            if name.endswith(mine):
                got = connection.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [name]).fetchone()
                if got[0]:
                    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
                    connection.execute("SELECT pg_advisory_unlock(hashtext(%s))", [name])

    def _tables(self) -> list[str]:
        return [str(row[0]) for row in self._rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]

    def _rows(self, query: Any) -> list[tuple[Any, ...]]:
        with self._connected() as connection:
            return list(connection.execute(query).fetchall())

    def _parameters(self) -> dict[str, Any]:
        named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
        given = {key: self._settings[name] for key, name in named.items() if self._settings[name]}
        return {**self._settings["OPTIONS"], **given}

    def _connected(self) -> Any:
        import psycopg

        try:
            return psycopg.connect(**self._parameters(), autocommit=True)
        except psycopg.Error as why:
            raise InputError(f"PostgreSQL does not answer: {_first_line(why)}.", code="UP-BACKUP-05") from None

    def _tool(self, name: str, *arguments: str) -> None:
        from psycopg.conninfo import make_conninfo

        given = self._parameters()
        environment = {**os.environ, "PGPASSWORD": given.pop("password", "")}
        done = subprocess.run(
            [_program(name), *arguments, f"--dbname={make_conninfo(**given)}"],
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            raise BackupError(
                f"{name} ended with {done.returncode}: {done.stderr.strip()[-500:]}. Is it as new as the server?",
                code="UP-BACKUP-06",
            )


def _under_way() -> InputError:
    return InputError(
        "Another restore into this database is under way; nothing was done. Wait for it, or end it and run this again.",
        code="UP-BACKUP-11",
    )


def _program(name: str) -> str:
    """The one on PATH, else Debian's newest: an older pg_dump refuses a newer server."""
    found = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"),
        key=lambda path: int((re.findall(r"\d+", path.parent.parent.name) or ["0"])[0]),
    )
    program = shutil.which(name) or (str(found[-1]) if found else None)
    if program is None:
        raise InputError(
            f"{name} is not on this machine, and a backup of PostgreSQL is made with it. On Debian: apt-get install "
            "postgresql-client.",
            code="UP-BACKUP-06",
        )
    return program


def _first_line(why: Exception) -> str:
    return str(why).strip().partition("\n")[0]
