"""``upright backup`` and ``upright restore FILE``: a copy that was tried, or none.

A backup is made while the server serves: first the database, as one moment has it, then the files beside it, so that
every file that a row names is there. It is called done once a copy restored from the file verified, log and rows.
"""

import fcntl
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from upright import __version__
from upright.kernel import InputError, system_clock, time_text
from upright.ledger import Checkpoint
from upright.ledger.disk import Disk
from upright.ledger.statehead import read_head, write_head
from upright.site import archive, keybox
from upright.site.archive import BackupError, Manifest
from upright.site.copies import Copier, copier
from upright.site.environment import database, upright_home
from upright.site.restored import Asked, Found, demand_intact
from upright.workspace.layout import state_head

_LEFT_OUT = frozenset({"keys", "static", "lock", "checks", "imports"})
"""Checks have a key of their own there, which is made anew; imports are files that wait for the worker."""
_FOLDER, _STAGING, _LOCK = ".backup-", ".restoring-", "held"
_SECRET = "secret.key"  # noqa: S105 (a file's name): it signs sessions, and a new one ends them


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What was backed up or restored.

    Attributes:
        keys: how many private keys the backup carries, or were put in place.
        lost: entries that this host had seen and the backup lacks; the log says so in an entry.
    """

    upright: int = 1
    file: str
    origin: str
    database: str
    made: str
    entries: int
    rows: int
    files: int
    keys: int
    lost: int = 0


def backup(file: Path, *, passphrase: str | None, environment: Mapping[str, str] = os.environ) -> Done:
    """Writes a backup of this machine's server, and tries it.

    Args:
        file: where to; there must be none.
        passphrase: guards the private keys, which are left out without it.
        environment: says where the server is, as for ``upright serve``.

    Raises:
        InputError: there is no server, or the file cannot be written.
        BackupError: what was restored from it does not verify; then no file is left.
    """
    home = Path(upright_home(environment))
    source = copier(database(environment, str(home)))
    before = source.checkpoint()
    if before is None:
        raise InputError(
            f"There is no server to back up: no ledger was begun in the database of {home}. Say where it is with "
            "UPRIGHT_HOME and UPRIGHT_DATABASE_URL, as for 'upright serve'.",
            code="UP-BACKUP-05",
        )
    with _beside(file) as folder:
        files = {archive.DATABASE: folder / "database"}
        source.dump(files[archive.DATABASE])
        files |= {f"files/{path.relative_to(home).as_posix()}": path for path in _kept(home)}
        keys = _keys(home) if passphrase is not None else {}
        if passphrase is not None:
            files[archive.KEYS] = folder / "keys"
            files[archive.KEYS].write_bytes(keybox.seal(keys, passphrase))
        manifest = Manifest(
            version=__version__,
            made=time_text(system_clock()),
            database=source.kind,
            origin=Checkpoint.parse(before).origin,
            checkpoint=before,
            members=tuple(archive.measure(path, name) for name, path in files.items()),
        )
        new = folder / "backup"
        archive.write(new, manifest, files)
        found = _try(new, folder / "tried", source, home, passphrase)
        _publish(new, file)
    return _done(file, manifest, found, len(keys))


def _try(new: Path, folder: Path, source: Copier, home: Path, passphrase: str | None) -> Found:
    """Restores the file into a temporary place and verifies it there."""
    folder.mkdir(mode=0o700)
    manifest = archive.extract(new, folder)
    tried = folder / "files"
    tried.mkdir(exist_ok=True)
    if passphrase is None:
        (tried / "keys").symlink_to(home / "keys")
    else:
        _put_keys(tried, keybox.unseal((folder / archive.KEYS).read_bytes(), passphrase))
    with source.scratch(folder) as scratch:
        scratch.load(folder / archive.DATABASE)
        # as a restore does: one backs up before one upgrades, and the new version may be installed by then
        asked = Asked(since=manifest.checkpoint, migrate=True)
        return demand_intact(tried, scratch.url, state=folder / "state", asked=asked)


def restore(
    file: Path, *, passphrase: str | None, accept_loss: bool, environment: Mapping[str, str] = os.environ
) -> Done:
    """Makes a server of a backup, where there is none: empty database, home without one.

    Args:
        file: what ``backup`` wrote.
        passphrase: opens the private keys in it; without it those in the home's ``keys`` are used.
        accept_loss: go on although this host has seen entries that the backup lacks.
        environment: says where the server shall be, as for ``upright serve``.

    Raises:
        InputError: there is a server already, another restore is under way, a key is missing, or the passphrase is
            another one.
        BackupError: the backup is damaged or does not verify; nothing was restored.

    Killed at any moment it leaves no server: the database appears last, when it is verified. Run it again.
    """
    home = Path(upright_home(environment))
    target = copier(database(environment, str(home)))
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with target.claimed(), _restoring(home) as folder:
        if not target.is_empty():
            raise InputError(
                f"There is a database already ({target.kind}, home {home}), and nothing is restored over it. Restore "
                "into an empty one, by UPRIGHT_HOME and UPRIGHT_DATABASE_URL.",
                code="UP-BACKUP-08",
            )
        manifest = archive.extract(file, folder)
        if manifest.database != target.kind:
            raise InputError(
                f"{file} is a backup of {manifest.database} and the database here is {target.kind}. Name one of the "
                "same kind with UPRIGHT_DATABASE_URL.",
                code="UP-BACKUP-08",
            )
        staged = folder / "files"
        staged.mkdir(exist_ok=True)
        keys = _opened(file, folder / archive.KEYS, passphrase)
        if keys:
            _demand_same(home, keys)
            _put_keys(staged, keys)
        elif (home / "keys").is_dir():
            shutil.copytree(home / "keys", staged / "keys")
        copy = target.staged()
        try:
            copy.load(folder / archive.DATABASE)
            held = Checkpoint.parse(copy.checkpoint() or "")
            seen = _seen(held, folder / "state", accept_loss=accept_loss)
            asked = Asked(since=manifest.checkpoint, migrate=True, lost=str(seen or ""), held=str(held))
            found = demand_intact(staged, copy.url, state=folder / "state", asked=asked)
            _settle(staged, home)
            _move_head(Checkpoint.parse(found.checkpoint), lost=seen)
            copy.publish(target.url)
        except BaseException:
            copy.clear()
            raise
    done = _done(file, manifest, found, len(keys))
    return done if seen is None else msgspec.structs.replace(done, lost=seen.size - held.size)


def _seen(held: Checkpoint, state: Path, *, accept_loss: bool) -> Checkpoint | None:
    """What this host knows of the log beyond the restored copy; None: nothing.

    What it knows that the copy holds too goes into ``state``, for the verification to hold the copy to.

    Raises:
        BackupError: entries would be lost, and nobody said that they may be.
    """
    path = state_head(held.origin)
    head = read_head(path)
    if head is None or head.size <= held.size:
        if head is not None:
            write_head(Disk(), state / "upright" / path.parent.name / path.name, head)
        return None
    if not accept_loss:
        raise BackupError(
            f"This host has seen {head.size:,} entries of the log {head.origin}, and the backup holds "
            f"{held.size:,}: {head.size - held.size:,} would be lost. Restore a newer backup, or say "
            "--accept-loss. Nothing was restored.",
            code="UP-BACKUP-09",
        )
    return head


def _move_head(checkpoint: Checkpoint, *, lost: Checkpoint | None) -> None:
    """What this host remembers of the log is the restored copy from now on; what it knew beyond is put aside."""
    path = state_head(checkpoint.origin)
    if lost is not None:
        path.rename(path.with_name(f"checkpoint.lost-{lost.size}"))
    write_head(Disk(), path, checkpoint)


def _kept(home: Path) -> Iterator[Path]:
    """Every file of the home but private keys, locks, the database, and what is made anew."""
    for top in sorted(home.iterdir()):
        if top.name in _LEFT_OUT or top.name.startswith((".", "upright.sqlite3")):
            continue
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and not path.is_symlink() and path.suffix != ".new":
                yield path


def _keys(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((home / "keys").iterdir()) if path.is_file()}


def _opened(file: Path, box: Path, passphrase: str | None) -> dict[str, bytes]:
    if passphrase is None:
        return {}
    if not box.is_file():
        raise InputError(
            f"{file} carries no private keys. Bring them back into keys/ of the home, and restore without --with-keys.",
            code="UP-BACKUP-04",
        )
    return keybox.unseal(box.read_bytes(), passphrase)


def _demand_same(home: Path, keys: Mapping[str, bytes]) -> None:
    for name, data in keys.items():
        path = home / "keys" / name
        if name != _SECRET and path.is_file() and path.read_bytes() != data:
            raise InputError(
                f"{path} is another key than the one in the backup, and no key is written over. Restore into another "
                "UPRIGHT_HOME.",
                code="UP-BACKUP-08",
            )


def _put_keys(home: Path, keys: Mapping[str, bytes]) -> None:
    (home / "keys").mkdir(mode=0o700)
    for name, data in keys.items():
        if Path(name).name != name:
            raise BackupError(f"The backup names a key {name!r}, which is no file's name.", code="UP-BACKUP-02")
        handle = os.open(home / "keys" / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())


def _settle(staged: Path, home: Path) -> None:
    """Moves what was restored and verified into the home; a file that is there already, a key above all, stays."""
    for path in sorted(staged.rglob("*")):
        target = home / path.relative_to(staged)
        if path.is_dir():
            target.mkdir(exist_ok=True, mode=0o700)
        elif not target.exists():
            path.rename(target)


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A private folder on the same disk as the file that is to be written; what a killed backup left there goes."""
    if file.exists():
        raise InputError(f"{file} is there already; nothing is written over it.", code="UP-BACKUP-01")
    try:
        for left in file.absolute().parent.glob(f"{_FOLDER}*/{_LOCK}"):
            _clear(left)
        with (
            _told_to_end(),
            tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=_FOLDER) as name,
            (Path(name) / _LOCK).open("w") as held,
        ):
            fcntl.flock(held, fcntl.LOCK_EX)
            yield Path(name)
    except OSError as why:
        raise InputError(f"{file} cannot be written: {why.strerror or why}.", code="UP-BACKUP-01") from None


@contextmanager
def _restoring(home: Path) -> Iterator[Path]:
    """A private folder of the one restore that is under way here; what a killed one left there goes."""
    for left in home.glob(f"{_STAGING}*/{_LOCK}"):
        _clear(left)
        if left.exists():
            raise InputError(f"Another restore into {home} is under way.", code="UP-BACKUP-08")
    with (
        _told_to_end(),
        tempfile.TemporaryDirectory(dir=home, prefix=_STAGING) as name,
        (Path(name) / _LOCK).open("w") as held,
    ):
        fcntl.flock(held, fcntl.LOCK_EX)
        yield Path(name)


def _clear(lock: Path) -> None:
    """Removes the folder of a backup or restore that was killed: nobody holds its lock any more."""
    with lock.open() as left:
        try:
            fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        shutil.rmtree(lock.parent, ignore_errors=True)


@contextmanager
def _told_to_end() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does, so that copies of the database are removed on the way out."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _publish(new: Path, file: Path) -> None:
    os.link(new, file)  # fails where somebody else wrote that file meanwhile
    folder = os.open(file.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _done(file: Path, manifest: Manifest, found: Found, keys: int) -> Done:
    return Done(
        file=str(file),
        origin=manifest.origin,
        database=manifest.database,
        made=manifest.made,
        entries=found.entries,
        rows=found.rows,
        files=sum(member.path.startswith("files/") for member in manifest.members),
        keys=keys,
    )
