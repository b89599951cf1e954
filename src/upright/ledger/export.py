"""The ledger of a pack: every leaf and tile up to a checkpoint, and openings of the index streams in its scope.

``export`` writes ``ledger/`` into a pack's folder; ``read_export`` reads it with the methods of a log.
"""

import base64
import binascii
import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from upright.ledger.checkpoint import Checkpoint
from upright.ledger.disk import Disk
from upright.ledger.epochs import sealed_epochs
from upright.ledger.errors import DamageError, LedgerError
from upright.ledger.layout import HASH_BYTES, TILE_WIDTH, Layout
from upright.ledger.leaves import SALT_BYTES, split_entry_tile
from upright.ledger.notes import NoteError, NoteSignature
from upright.ledger.openings import Fields, Opening
from upright.ledger.source import FolderSource, public_keys, read_bytes, read_text
from upright.ledger.streams import INDEX, ROOT
from upright.ledger.view import View


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of ``openings.jsonl``. Salts in hex, body in base64; both null where the entry was erased."""

    body: str | None
    entry_salt: str | None
    index: int
    media_type: str
    ref: str
    stream_salt: str | None


_LINES = msgspec.json.Decoder(Line)
_ENCODER = msgspec.json.Encoder(order="sorted")


def export(log: View, folder: Path, indexes: Iterable[str] | Literal["all"], *, disk: Disk | None = None) -> None:
    """Writes the log, as of its checkpoint, into ``folder/ledger`` of a pack, and its keys into ``folder/pub``.

    The same log and scope give the same bytes.

    Args:
        log: what to export.
        folder: of the pack; files of an earlier export there are replaced.
        indexes: refs of the index streams to open, with every stream they announce; ``"all"`` opens everything.
            ``index:root`` is always open.
        disk: the file layer.

    Raises:
        LedgerError: the log has no such index stream.
        DamageError: an entry is not what the log committed to.
    """
    disk = disk or Disk()
    wanted = None if indexes == "all" else set(indexes)
    missing = sorted(ref for ref in wanted or () if log.index_of(ref) != ROOT)
    if missing:
        raise LedgerError(f"The log has no index stream {', '.join(missing)}.", code="UP-LEDGER-35")
    out = Layout(folder)
    _export(log, out, wanted, disk)
    signers = _signatures(log)
    for old in sealed_epochs(log.source.layout):
        signers += _export_sealed(old, Layout(out.epochs / old.folder.name), wanted, disk)
    for key in public_keys(log.source.layout):
        if any(line.is_by(key) for line in signers):
            _put(disk, out.public_keys / f"{key.fingerprint}.vkey", f"{key}\n".encode())


def _export_sealed(old: Layout, out: Layout, wanted: set[str] | None, disk: Disk) -> list[NoteSignature]:
    """As far as it can be read: what a damaged one lacks is missing in the pack too, and its verification names it."""
    try:
        sealed = View(FolderSource(old))
    except (DamageError, NoteError):
        _put(disk, out.checkpoint, old.checkpoint.read_bytes() if old.checkpoint.exists() else b"")
        return []
    with contextlib.suppress(DamageError):
        known = wanted and {ref for ref in wanted if sealed.index_of(ref) == ROOT}
        _export(sealed, out, known, disk)
    return _signatures(sealed)


def _signatures(log: View) -> list[NoteSignature]:
    """Of its checkpoint, and of those under which its key changed."""
    kept = sorted(log.source.layout.handovers.glob("*"))
    texts = [log.checkpoint, *(read_text(path) for path in kept if path.suffix != ".new")]
    return [line for text in texts for line in Checkpoint.parse(text).note.signatures]


class ExportedLog(View):
    """The ledger of a pack. Reads like a log; gives the entries that the pack opens."""

    @property
    def opened_indexes(self) -> frozenset[str]:
        """The index streams that the pack opens; of other streams it shows only that they are there."""
        known = self._known()
        refs = (ref for ref in known.by_ref if ref.startswith(INDEX))
        return frozenset(ref for ref in refs if self._is_open(known.by_ref[ref].entries))

    def _is_open(self, entries: list[int]) -> bool:
        return any(self._source.opening(index, self.size) is not None for index in entries[:1])


def read_export(folder: Path) -> ExportedLog:
    """Opens the ledger of a pack that lies unpacked in ``folder`` (which holds ``ledger/`` and ``pub/``).

    Raises:
        DamageError, NoteError: there is no readable checkpoint. Everything else is for ``verify`` to find.
    """
    return ExportedLog(ExportSource(Layout(folder)))


class ExportSource:
    """The files of an exported log; partial tiles have their own names (``.p/W``)."""

    is_partial = True

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._openings: dict[int, Opening] | None = None

    def checkpoint(self) -> str:
        """The text of the checkpoint."""
        return read_text(self.layout.checkpoint)

    def hash_tile(self, level: int, n: int, width: int) -> bytes:
        """The first ``width`` hashes of a tile."""
        path = self.tile_path(level, n, width)
        data = read_bytes(path)
        if len(data) != width * HASH_BYTES:
            raise DamageError(
                f"{self.layout.relative(path)}: expected {width * HASH_BYTES} bytes, got {len(data)}.",
                code="UP-LEDGER-24",
            )
        return data

    def entry_tile(self, n: int, width: int) -> bytes:
        """The leaves of an entry tile."""
        return self.leaves(n, width)[1]

    def leaves(self, n: int, width: int) -> tuple[list[bytes], bytes]:
        """The leaves of an entry tile, apart and in a row."""
        path = self.entries_path(n, width)
        data = read_bytes(path)
        leaves, end = split_entry_tile(data, width)
        if len(leaves) != width or end != len(data):
            raise DamageError(
                f"{self.layout.relative(path)}: expected {width} whole entries, got {len(leaves)} in {end} of "
                f"{len(data)} bytes.",
                code="UP-LEDGER-24",
            )
        return leaves, data

    def opening(self, index: int, size: int) -> Opening | None:  # noqa: ARG002 (an export has one size)
        """The opening of one entry; None where this pack leaves it out."""
        return self._read().get(index)

    def fields(self, first: int, count: int, size: int) -> Iterator[Fields | None]:  # noqa: ARG002 (as above)
        """Openings of ``count`` entries from ``first`` on, as plain tuples; None: left out."""
        openings = self._read()
        for index in range(first, first + count):
            opening = openings.get(index)
            if opening is None:
                yield None
            else:
                yield opening.stream_salt, opening.salt, opening.ref, opening.media_type, opening.body

    def raw_openings(self, first: int, count: int, size: int) -> None:
        """A pack's openings are lines of JSON, so there are no such bytes."""

    def entries_path(self, n: int, width: int) -> Path:
        """The file that holds an entry tile."""
        return self.layout.entries(n, width)

    def tile_path(self, level: int, n: int, width: int) -> Path:
        """The file that holds a hash tile."""
        return self.layout.tile(level, n, width)

    def openings_path(self, index: int) -> Path:  # noqa: ARG002 (there is one file)
        """The file that holds the opening of an entry."""
        return self.layout.exported_openings

    def beside(self, layout: Layout) -> "ExportSource":
        """Another log, stored in the same way."""
        return ExportSource(layout)

    def forget(self) -> None:
        """Drops what was kept from earlier reads."""
        self._openings = None

    def _read(self) -> dict[int, Opening]:
        if self._openings is None:
            found: dict[int, Opening] = {}
            last = -1
            for number, line in enumerate(read_bytes(self.layout.exported_openings).split(b"\n")[:-1], 1):
                opening = _opening(line, number)
                if opening.index <= last:
                    raise _broken(number, f"index above {last}", str(opening.index))
                last = opening.index
                found[last] = opening
            self._openings = found
        return self._openings


def _export(log: View, out: Layout, indexes: set[str] | None, disk: Disk) -> None:
    for path in (out.checkpoint, out.exported_openings):
        if path.exists():
            disk.remove(path, "export")
    _put(disk, out.checkpoint, log.checkpoint.encode())
    source, size = log.source, log.size
    for path in sorted(source.layout.handovers.glob("*")):
        if path.suffix != ".new":
            _put(disk, out.handovers / path.name, read_bytes(path))
    level = 0
    while size >> (8 * level):
        for n, width in _tiles(size >> (8 * level)):
            _put(disk, out.tile(level, n, width), source.hash_tile(level, n, width))
        level += 1
    for n, width in _tiles(size):
        _put(disk, out.entries(n, width), source.entry_tile(n, width))
    _put(disk, out.exported_openings, b"")
    at = 0
    for lines in _lines(log, indexes):
        disk.write(out.exported_openings, at, lines, "export")
        at += len(lines)


def _lines(log: View, indexes: set[str] | None) -> Iterator[bytes]:
    """The openings as JSON lines, a tile at a time."""
    chunk: list[bytes] = []
    for entry in log.entries():
        if indexes is None or entry.ref == ROOT or entry.ref in indexes or log.index_of(entry.ref) in indexes:
            opening = log.source.opening(entry.index, log.size)
            if opening is None:
                continue
            stream_salt = opening.stream_salt.hex() if opening.stream_salt else None
            line = Line(
                body=None if entry.body is None else base64.b64encode(entry.body).decode(),
                entry_salt=None if entry.body is None else opening.salt.hex(),
                index=entry.index,
                media_type=entry.media_type,
                ref=entry.ref,
                stream_salt=stream_salt,
            )
            chunk.append(_ENCODER.encode(line) + b"\n")
        if len(chunk) >= TILE_WIDTH:
            yield b"".join(chunk)
            chunk = []
    yield b"".join(chunk)


def _tiles(count: int) -> Iterator[tuple[int, int]]:
    for n in range(-(-count // TILE_WIDTH)):
        yield n, min(TILE_WIDTH, count - n * TILE_WIDTH)


def _put(disk: Disk, path: Path, data: bytes) -> None:
    disk.make_folder(path.parent, "export")
    if path.exists():
        disk.remove(path, "export")
    disk.write(path, 0, data, "export")


def _opening(line: bytes, number: int) -> Opening:
    """Reads a line, in its one spelling: another one of the same values would be an unnoticed change."""
    try:
        said = _LINES.decode(line)
        body = b"" if said.body is None else base64.b64decode(said.body, validate=True)
        salt = bytes(SALT_BYTES) if said.entry_salt is None else bytes.fromhex(said.entry_salt)
        stream_salt = None if said.stream_salt is None else bytes.fromhex(said.stream_salt)
    except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error, ValueError) as why:
        raise _broken(number, "an opening as JSON", str(why)) from None
    same = Line(
        body=None if said.body is None else base64.b64encode(body).decode(),
        entry_salt=None if said.entry_salt is None else salt.hex(),
        index=said.index,
        media_type=said.media_type,
        ref=said.ref,
        stream_salt=None if stream_salt is None else stream_salt.hex(),
    )
    if _ENCODER.encode(same) != line or (said.body is None) != (said.entry_salt is None) or len(salt) != SALT_BYTES:
        raise _broken(number, "an opening in canonical form", line[:80].decode("utf-8", "replace"))
    return Opening(said.index, said.ref, stream_salt, salt, said.media_type, body)


def _broken(number: int, expected: str, got: str) -> DamageError:
    return DamageError(f"openings.jsonl:{number}: expected {expected}, got {got}.", code="UP-LEDGER-22")
