"""The end of a stored log: where the next bytes go, and what a dead writer left there."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from upright.ledger.disk import Disk, Point
from upright.ledger.draft import Written
from upright.ledger.errors import DamageError
from upright.ledger.frontier import Frontier
from upright.ledger.layout import HASH_BYTES, OPENINGS_PER_FILE, TILE_WIDTH, Layout
from upright.ledger.leaves import entry_tile
from upright.ledger.openings import opening_ends
from upright.ledger.source import FolderSource, read_bytes


class Writer:
    """Writes bytes at their places and remembers what has to be synced before a checkpoint may name them."""

    def __init__(self, disk: Disk, layout: Layout) -> None:
        self.layout = layout
        self._disk = disk
        self._files: dict[Path, Point] = {}
        self._folders: dict[Path, Point] = {}

    def put(self, path: Path, offset: int, data: bytes, point: Point) -> None:
        """Writes; a file that begins here is new, so the name of it has to be made durable too."""
        if offset == 0:
            self._disk.make_folder(path.parent)
            if path.exists():
                self._disk.remove(path, point)
            self._folders[path.parent] = point
        self._disk.write(path, offset, data, point)
        self._files[path] = point

    def settle(self) -> None:
        """Makes all that was put durable."""
        self._disk.sync_all(self._files, self._folders)


class Tail:
    """Ends, in bytes, of the last openings file and of the last entry tile at a size, and the frontier there."""

    def __init__(self, size: int, openings_end: int, entries_end: int, frontier: Frontier) -> None:
        self.size = size
        self.openings_end = openings_end
        self.entries_end = entries_end
        self.frontier = frontier

    @classmethod
    def find(cls, source: FolderSource, size: int) -> "Tail":
        """Reads the last files to see where the log of ``size`` entries ends in them.

        Raises:
            DamageError: a file is shorter than the checkpoint says.
        """
        n, width = divmod(size, TILE_WIDTH)
        entries_end = len(source.entry_tile(n, width)) if width else 0
        k, count = divmod(size, OPENINGS_PER_FILE)
        openings_end = 0
        if count:
            ends = opening_ends(read_bytes(source.layout.openings(k)), k * OPENINGS_PER_FILE, count)
            if len(ends) < count:
                raise DamageError(f"open/{k}: expected {count} openings, got {len(ends)}.", code="UP-LEDGER-22")
            openings_end = ends[-1]
        return cls(size, openings_end, entries_end, Frontier.read(source, size))

    def discard_beyond(self, disk: Disk, layout: Layout) -> None:
        """Cuts and removes what lies beyond the checkpoint. Only the holder of the lock may."""
        n, k = self.size // TILE_WIDTH, self.size // OPENINGS_PER_FILE
        if _cut(disk, layout.openings(k), self.openings_end, "openings-beyond"):
            _remove_from(disk, layout.openings, k + 1, "openings-beyond")
        if _cut(disk, layout.entries(n), self.entries_end, "entries-beyond"):
            _remove_from(disk, layout.entries, n + 1, "entries-beyond")
        level, count = 0, self.size
        while (layout.ledger / "tile" / str(level)).is_dir():
            n, width = divmod(count, TILE_WIDTH)
            if _cut(disk, layout.tile(level, n), width * HASH_BYTES, "tile-beyond"):
                _remove_from(disk, partial(layout.tile, level), n + 1, "tile-beyond")
            level, count = level + 1, count >> 8

    def write(self, writer: Writer, written: Written, hashes: list[bytes]) -> "Tail":
        """Writes an append behind the end: openings, entries, tiles. Gives the end after it."""
        openings_end = self._write_openings(writer, written.openings)
        entries_end = self._write_entries(writer, written.leaves)
        for level, n, offset, data in self.frontier.extend(hashes):
            writer.put(writer.layout.tile(level, n), offset, data, "tile")
        return Tail(self.size + len(hashes), openings_end, entries_end, self.frontier)

    def _write_openings(self, writer: Writer, openings: list[bytes]) -> int:
        k, at = divmod(self.size, OPENINGS_PER_FILE)
        offset, rest = self.openings_end, openings
        while rest:
            fits, rest = rest[: OPENINGS_PER_FILE - at], rest[OPENINGS_PER_FILE - at :]
            data = b"".join(fits)
            writer.put(writer.layout.openings(k), offset, data, "openings")
            if at + len(fits) == OPENINGS_PER_FILE:
                k, at, offset = k + 1, 0, 0
            else:
                offset += len(data)
        return offset

    def _write_entries(self, writer: Writer, leaves: list[bytes]) -> int:
        n, at = divmod(self.size, TILE_WIDTH)
        offset, rest = self.entries_end, leaves
        while rest:
            fits, rest = rest[: TILE_WIDTH - at], rest[TILE_WIDTH - at :]
            data = entry_tile(fits)
            writer.put(writer.layout.entries(n), offset, data, "entries")
            if at + len(fits) == TILE_WIDTH:
                n, at, offset = n + 1, 0, 0
            else:
                offset += len(data)
        return offset


def _cut(disk: Disk, path: Path, end: int, point: Point) -> bool:
    """Cuts a file to its committed end; whether there was something beyond."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        size = -1
    if size < end and (size >= 0 or end):
        raise DamageError(
            f"{path.name} of the ledger is too short: expected {end} bytes, got {max(size, 0)}.", code="UP-LEDGER-24"
        )
    if size < 0 or (size == end and end):
        return False
    if end:
        disk.truncate(path, end, point)
        disk.sync(path, point)
    else:
        disk.remove(path, point)
        disk.sync_folder(path.parent, point)
    return True


def _remove_from(disk: Disk, path_of: Callable[[int], Path], first: int, point: Point) -> None:
    """Removes the files that follow, which only an append that never was committed can have made."""
    n = first
    while (path := path_of(n)).exists():
        disk.remove(path, point)
        disk.sync_folder(path.parent, point)
        n += 1
