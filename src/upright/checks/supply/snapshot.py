"""A snapshot of OSV records: a folder or zip of JSON files as the OSV project publishes them, by ecosystem."""

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from upright.checks.supply.osv import Record
from upright.evidence.subjects import digest_path
from upright.kernel import UprightError

MOST_RECORDS = 2_000_000
LARGEST_RECORD = 16 * 2**20
LARGEST_TOTAL = 8 * 2**30
_AHEAD = timedelta(days=1)
_MOST_NAMED = 5


class SnapshotError(Exception):
    """A snapshot cannot be used at all; the text says why, for a reason of evidence."""


@dataclass(slots=True, kw_only=True)
class Records:
    """What is known of the packages that were asked about, and how much it stands on.

    ``newest`` is the latest change of any record: the snapshot cannot be older than it says, and a record that is
    dated after today does not make it newer. ``unreadable`` counts what could not be read, with a few names.
    """

    source: str
    digest: str
    newest: datetime | None = None
    count: int = 0
    by_ecosystem: dict[str, int] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    unreadable_count: int = 0
    certain: set[tuple[str, str, str, str]] = field(default_factory=set)
    """Record, ecosystem, name and version for which a service itself said "affected"."""

    def spoil(self, name: str) -> None:
        """Something that may hold a record, and cannot be read."""
        self.unreadable_count += 1
        if len(self.unreadable) < _MOST_NAMED:
            self.unreadable.append(name)


def read_snapshot(path: Path, wanted: Iterable[tuple[str, str]], *, now: datetime) -> Records:
    """The records about the wanted packages (ecosystem and normal name) in a folder or zip.

    Zips inside a folder are read as well, as ``<ecosystem>/all.zip``. Of two records with one id the later modified
    counts. A file that is no record is counted as unreadable: it might have been about any package.

    Raises:
        SnapshotError: not there, no zip, holds no record, or more than any real snapshot.
    """
    if not path.exists():
        raise SnapshotError(f"there is no snapshot {path.name}")
    names = frozenset(wanted)
    try:
        found = Records(source=path.name, digest=digest_path(path.name, path.parent)[0])
    except UprightError as why:
        raise SnapshotError(f"the snapshot {path.name} cannot be read: {why.message}") from None
    decoder = msgspec.json.Decoder(Record)
    total = 0
    for name, data in _files(path, found):
        total += len(data)
        if total > LARGEST_TOTAL or found.count + found.unreadable_count > MOST_RECORDS:
            raise SnapshotError(f"{path.name} is larger than any real snapshot")
        try:
            record = decoder.decode(data)
            changed = moment(record.modified)
        except (msgspec.DecodeError, ValueError, RecursionError):
            found.spoil(name)
            continue
        _take(record, changed, names, found, now)
    if found.count == 0:
        raise SnapshotError(f"{path.name} holds no OSV record")
    return found


def _take(record: Record, changed: datetime, names: frozenset[tuple[str, str]], found: Records, now: datetime) -> None:
    found.count += 1
    keys = {key for one in record.affected or () if (key := one.key) is not None}
    for ecosystem in {ecosystem for ecosystem, _ in keys}:
        found.by_ecosystem[ecosystem] = found.by_ecosystem.get(ecosystem, 0) + 1
    if changed <= now + _AHEAD and (found.newest is None or changed > found.newest):
        found.newest = changed
    if names.isdisjoint(keys):
        return
    known = found.records.get(record.id)
    if known is None or moment(known.modified) < changed:
        found.records[record.id] = record


def moment(text: str) -> datetime:
    """A time as OSV writes it.

    Raises:
        ValueError: another form.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without zone")
    return at.astimezone(UTC)


def _files(path: Path, found: Records) -> Iterator[tuple[str, bytes]]:
    if path.is_file():
        yield from _zipped(path, found)
        return
    for file in sorted(path.rglob("*")):
        if not file.is_file() or file.name.startswith("."):
            continue
        if file.suffix == ".zip":
            yield from _zipped(file, found)
        elif file.suffix == ".json":
            with file.open("rb") as stream:
                data = stream.read(LARGEST_RECORD + 1)
            if len(data) > LARGEST_RECORD:
                found.spoil(file.name)
            else:
                yield file.name, data


def _zipped(path: Path, found: Records) -> Iterator[tuple[str, bytes]]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError):
        raise SnapshotError(f"{path.name} is not a zip archive; expected the all.zip of an ecosystem") from None
    with archive:
        entries = archive.infolist()
        if len(entries) > MOST_RECORDS or sum(entry.compress_size for entry in entries) > path.stat().st_size:
            raise SnapshotError(f"{path.name} is larger than any real snapshot, or its entries overlap")
        for entry in entries:
            if entry.is_dir() or not entry.filename.endswith(".json"):
                continue
            data = _entry(archive, entry)
            if data is None:
                found.spoil(entry.filename)
            else:
                yield entry.filename, data


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | None:
    """The bytes of one entry; ``None`` if it is too large, encrypted, damaged or packed in an unusual way."""
    if entry.file_size > LARGEST_RECORD or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return None
    try:
        with archive.open(entry) as stream:
            data = stream.read(LARGEST_RECORD + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, EOFError):
        return None
    return data if len(data) <= LARGEST_RECORD else None
