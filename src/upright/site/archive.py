"""The file that a backup is: a tar whose first member says what the others are, each with its digest.

``backup.json``, ``database`` (SQLite's file, or what pg_dump wrote), ``files/…`` (public keys, attachments) and, if
asked for, ``keys.enc`` (private keys, encrypted). Nothing else is read.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Literal

import msgspec

from upright.kernel import InputError, UprightError

MANIFEST, DATABASE, KEYS = "backup.json", "database", "keys.enc"
_MANIFEST_BYTES = 64 << 20
_CHUNK = 1 << 20
Database = Literal["sqlite", "postgresql"]


class BackupError(UprightError):
    """A backup or its restored copy is not what it has to be. Nothing that was there before was changed."""

    exit_status = 1


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of a backup."""

    path: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup holds. ``checkpoint`` is the ledger's, as it stood before the copy began: the copy extends it."""

    upright_backup: Literal[1] = 1
    version: str
    made: str
    database: Database
    origin: str
    checkpoint: str
    members: tuple[Member, ...]


def measure(path: Path, name: str) -> Member:
    """A file as a member of that name."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while data := stream.read(_CHUNK):
            digest.update(data)
            size += len(data)
    return Member(path=name, bytes=size, sha256=digest.hexdigest())


def write(target: Path, manifest: Manifest, files: Mapping[str, Path]) -> None:
    """Writes a new file, readable by its owner alone, durably."""
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
            text = msgspec.json.format(msgspec.json.encode(manifest))
            tar.addfile(_described(MANIFEST, len(text)), io.BytesIO(text))
            for member in manifest.members:
                with files[member.path].open("rb") as content:
                    tar.addfile(_described(member.path, member.bytes), content)
        stream.flush()
        os.fsync(stream.fileno())


def _described(name: str, size: int) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.size, found.mode = size, 0o600
    return found


def extract(source: Path, folder: Path) -> Manifest:
    """Unpacks a backup below ``folder`` and gives its manifest, once every digest holds.

    Raises:
        InputError: the file is no backup.
        BackupError: a member is missing, changed, twice there or not named by the manifest.
    """
    with _reading(source) as tar:
        manifest = _manifest(source, tar)
        wanted = {member.path: member for member in manifest.members}
        if len(wanted) != len(manifest.members) or DATABASE not in wanted:
            raise _damaged(source, "its list of files names one twice, or no database")
        while (found := tar.next()) is not None:
            member = wanted.pop(found.name, None)
            if member is None:
                raise _damaged(source, f"{found.name!r} is twice there or not in its list of files")
            _demand_plain(source, found, member)
            content = tar.extractfile(found)
            if content is None:
                raise _damaged(source, f"{found.name!r} cannot be read")
            _copy(source, content, folder / member.path, member)
        if wanted:
            raise _damaged(source, f"{min(wanted)!r} is missing")
    return manifest


@contextmanager
def _reading(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(source, mode="r:") as tar:
            yield tar
    except OSError as why:
        raise InputError(f"{source} cannot be read: {why.strerror or why}.", code="UP-BACKUP-01") from None
    except (tarfile.TarError, EOFError) as why:
        raise InputError(
            f"{source} is no backup of Upright, or was cut short ({why}). Give a file that 'upright backup' wrote.",
            code="UP-BACKUP-01",
        ) from None


def _manifest(source: Path, tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    content = (
        None if first is None or first.name != MANIFEST or first.size > _MANIFEST_BYTES else tar.extractfile(first)
    )
    if content is None:
        raise InputError(
            f"{source} is no backup of Upright: it does not begin with {MANIFEST}. Give a file that 'upright backup' "
            "wrote.",
            code="UP-BACKUP-01",
        )
    try:
        return msgspec.json.decode(content.read(), type=Manifest)
    except msgspec.DecodeError as why:
        raise _damaged(source, f"{MANIFEST} is not what this version reads ({why})") from None


def _demand_plain(source: Path, found: tarfile.TarInfo, member: Member) -> None:
    path = PurePosixPath(member.path)
    is_inside = not path.is_absolute() and ".." not in path.parts and "\x00" not in member.path
    is_known = member.path in {DATABASE, KEYS} or path.parts[:1] == ("files",)
    if not (is_inside and is_known and found.isreg() and not found.issparse() and found.size == member.bytes):
        raise _damaged(source, f"{member.path!r} is no plain file of {member.bytes:,} bytes inside the backup")


def _copy(source: Path, content: IO[bytes], target: Path, member: Member) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        while data := content.read(_CHUNK):
            digest.update(data)
            stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    if digest.hexdigest() != member.sha256:
        raise _damaged(source, f"{member.path!r} was changed: expected {member.sha256}, got {digest.hexdigest()}")


def _damaged(source: Path, what: str) -> BackupError:
    return BackupError(f"{source} is damaged: {what}. Nothing was restored; use another backup.", code="UP-BACKUP-02")
