"""Where a log is read from: the growing folder ``.upright/`` or the exported one of a pack. Both read alike."""

from collections import OrderedDict
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Protocol, TypeVar

from upright.ledger.errors import DamageError
from upright.ledger.layout import HASH_BYTES, OPENINGS_PER_FILE, TILE_WIDTH, Layout
from upright.ledger.leaves import entry_tile_end, split_entry_tile
from upright.ledger.notes import NoteError, VerifierKey
from upright.ledger.openings import Fields, Opening, opening_ends, opening_fields, read_openings

_KEPT = 64
Key = TypeVar("Key")
Value = TypeVar("Value")


class Source(Protocol):
    """Read access to the stored parts of a log. ``size`` says how much of the log counts; what is beyond is ignored."""

    layout: Layout
    is_partial: bool
    """Whether openings may be left out (a pack of a part) rather than lost."""

    def checkpoint(self) -> str:
        """The text of the checkpoint."""

    def hash_tile(self, level: int, n: int, width: int) -> bytes:
        """The first ``width`` hashes of a tile, in a row."""

    def entry_tile(self, n: int, width: int) -> bytes:
        """The first ``width`` leaves of an entry tile, with their length prefixes."""

    def leaves(self, n: int, width: int) -> tuple[list[bytes], bytes]:
        """The first ``width`` leaves of an entry tile, apart and, with their length prefixes, in a row."""

    def opening(self, index: int, size: int) -> Opening | None:
        """The opening of one entry; None where a pack leaves it out."""

    def fields(self, first: int, count: int, size: int) -> Iterator[Fields | None]:
        """Openings of ``count`` entries from ``first`` on, within one entry tile, as plain tuples; None: left out."""

    def raw_openings(self, first: int, count: int, size: int) -> tuple[bytes, int, list[int]] | None:
        """Bytes that hold openings from ``first`` on, where that begins, and where each ends; or None."""

    def entries_path(self, n: int, width: int) -> Path:
        """The file that holds an entry tile."""

    def tile_path(self, level: int, n: int, width: int) -> Path:
        """The file that holds a hash tile."""

    def openings_path(self, index: int) -> Path:
        """The file that holds the opening of an entry."""

    def beside(self, layout: Layout) -> "Source":
        """Another log, stored in the same way."""

    def forget(self) -> None:
        """Drops what was kept from earlier reads."""


class FolderSource:
    """A log in ``.upright/``. Full tiles never change and are kept; what still grows is read anew."""

    is_partial = False

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._full: OrderedDict[Path, bytes] = OrderedDict()
        self._openings: OrderedDict[int, tuple[bytes, list[int]]] = OrderedDict()

    def checkpoint(self) -> str:
        """The text of the checkpoint, read anew."""
        return read_text(self.layout.checkpoint)

    def hash_tile(self, level: int, n: int, width: int) -> bytes:
        """The first ``width`` hashes of a tile."""
        data = self._read(self.layout.tile(level, n), width)
        wanted = width * HASH_BYTES
        if len(data) < wanted:
            raise _short(self.layout, self.layout.tile(level, n), wanted, len(data))
        return data[:wanted]

    def entry_tile(self, n: int, width: int) -> bytes:
        """The first ``width`` leaves of an entry tile."""
        data = self._read(self.layout.entries(n), width)
        count, end = entry_tile_end(data, width)
        if count < width:
            raise self._too_few(n, width, count)
        return data[:end]

    def stored_entries(self, n: int, width: int) -> bytes:
        """All bytes of an entry tile's file; what lies behind the first ``width`` leaves does not count."""
        return self._read(self.layout.entries(n), width)

    def leaves(self, n: int, width: int) -> tuple[list[bytes], bytes]:
        """The first ``width`` leaves of an entry tile."""
        data = self._read(self.layout.entries(n), width)
        leaves, end = split_entry_tile(data, width)
        if len(leaves) < width:
            raise self._too_few(n, width, len(leaves))
        return leaves, data[:end]

    def opening(self, index: int, size: int) -> Opening | None:
        """The opening of one entry."""
        k, at = divmod(index, OPENINGS_PER_FILE)
        data, ends = self._opened(k, min(OPENINGS_PER_FILE, size - k * OPENINGS_PER_FILE))
        if at >= len(ends):
            raise DamageError(
                f"open/{k}: expected the opening of entry {index}, got {len(ends)} readable openings.",
                code="UP-LEDGER-22",
            )
        begin = ends[at - 1] if at else 0
        return next(read_openings(data, index, 1, begin))[0]

    def fields(self, first: int, count: int, size: int) -> Iterator[Fields | None]:
        """Openings of ``count`` entries from ``first`` on, within one file, as plain tuples."""
        k, at = divmod(first, OPENINGS_PER_FILE)
        data, ends = self._opened(k, min(OPENINGS_PER_FILE, size - k * OPENINGS_PER_FILE))
        for i in range(at, at + count):
            if i >= len(ends):
                raise DamageError(f"open/{k}: there are {len(ends)} readable openings.", code="UP-LEDGER-22")
            yield opening_fields(data, ends[i - 1] if i else 0, ends[i])

    def raw_openings(self, first: int, count: int, size: int) -> tuple[bytes, int, list[int]]:
        """Bytes that hold openings from ``first`` on, where that begins, and where each ends."""
        k, at = divmod(first, OPENINGS_PER_FILE)
        data, ends = self._opened(k, min(OPENINGS_PER_FILE, size - k * OPENINGS_PER_FILE))
        return data, ends[at - 1] if 0 < at <= len(ends) else 0, ends[at : at + count]

    def entries_path(self, n: int, width: int) -> Path:  # noqa: ARG002 (the growing tile has the name of the full one)
        """The file that holds an entry tile."""
        return self.layout.entries(n)

    def tile_path(self, level: int, n: int, width: int) -> Path:  # noqa: ARG002 (as above)
        """The file that holds a hash tile."""
        return self.layout.tile(level, n)

    def openings_path(self, index: int) -> Path:
        """The file that holds the opening of an entry."""
        return self.layout.openings(index // OPENINGS_PER_FILE)

    def beside(self, layout: Layout) -> "FolderSource":
        """Another log, stored in the same way."""
        return FolderSource(layout)

    def forget(self) -> None:
        """Drops what was kept from earlier reads."""
        self._full.clear()
        self._openings.clear()

    def _too_few(self, n: int, width: int, got: int) -> DamageError:
        file = self.layout.relative(self.layout.entries(n))
        return DamageError(f"{file}: expected {width} whole entries, got {got}.", code="UP-LEDGER-24")

    def _read(self, path: Path, width: int) -> bytes:
        kept = self._full.get(path)
        if kept is None:
            kept = read_bytes(path)
            if width == TILE_WIDTH:
                keep(self._full, path, kept, _KEPT)
        return kept

    def _opened(self, k: int, count: int) -> tuple[bytes, list[int]]:
        kept = self._openings.get(k)
        if kept is None or len(kept[1]) < count:
            data = read_bytes(self.layout.openings(k))
            kept = (data, opening_ends(data, k * OPENINGS_PER_FILE, count))
            keep(self._openings, k, kept, 4)
        return kept


def keep(kept: OrderedDict[Key, Value], key: Key, value: Value, most: int) -> None:
    """Remembers a value, and forgets the oldest one beyond ``most``."""
    kept[key] = value
    if len(kept) > most:
        kept.popitem(last=False)


def read_bytes(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        DamageError: there is no such file, or it cannot be read.
    """
    try:
        with FileIO(path) as file:
            return file.readall()
    except OSError as why:
        raise DamageError(
            f"{_in_log(path)} cannot be read: {why.strerror}. "
            "'upright ledger verify' says what else is missing; bring it back from a backup.",
            code="UP-LEDGER-25",
        ) from None


def _in_log(path: Path) -> str:
    """The path from the folder that holds ``ledger`` and ``open`` on; its own name where it lies elsewhere."""
    parts = path.parts
    start = next((at for at, part in enumerate(parts) if part in {"ledger", "open"}), len(parts) - 1)
    return "/".join(parts[start:])


def read_text(path: Path) -> str:
    """A file's text.

    Raises:
        DamageError: there is no such file, or it is not UTF-8.
    """
    try:
        return read_bytes(path).decode()
    except UnicodeDecodeError:
        raise DamageError(f"{_in_log(path)} is not UTF-8 text.", code="UP-LEDGER-25") from None


def public_keys(layout: Layout) -> list[VerifierKey]:
    """The verifier keys that lie in ``pub/``; an unreadable one is skipped here and named by ``verify``."""
    found = []
    for path in sorted(layout.public_keys.glob("*.vkey")):
        try:
            found.append(VerifierKey.parse(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, NoteError):
            continue
    return found


def _short(layout: Layout, path: Path, wanted: int, got: int) -> DamageError:
    return DamageError(f"{layout.relative(path)}: expected {wanted} bytes, got {got}.", code="UP-LEDGER-24")
