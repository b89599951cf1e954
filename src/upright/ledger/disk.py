"""The file layer: every write, sync, rename and removal of a ledger happens here, counted and by name.

Each operation names its *fault point*, so that a test can stop a real process before and after each of them, and
drop what was not yet synced. No other module of this room opens a file for writing.
"""

import errno
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from upright.ledger.errors import StorageError

Kind = Literal["write", "sync", "rename", "truncate", "remove", "folder", "sync-folder"]
Point = Literal[
    "format",
    "openings",
    "openings-beyond",
    "entries",
    "entries-beyond",
    "tile",
    "tile-beyond",
    "checkpoint",
    "handover",
    "state-head",
    "wipe",
    "new-folder",
    "public-key",
    "restore",
    "export",
]


_FLAGS: dict[Kind, int] = {"sync": os.O_RDWR, "sync-folder": os.O_RDONLY | os.O_DIRECTORY}
_AT_ONCE, _FEW = 16, 4


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a file or folder, as a watcher sees it. ``target`` is where a rename leads."""

    kind: Kind
    point: Point
    path: Path
    offset: int = 0
    data: bytes = b""
    target: Path | None = None


class Watcher(Protocol):
    """Is told of each operation before it happens and after; may raise, as a full disk does."""

    def before(self, operation: Operation) -> None:
        """Called before the operation."""

    def after(self, operation: Operation) -> None:
        """Called once it is done."""


class Disk:
    """Does what it is told and counts it. ``counts`` maps (kind, point) to how often it happened."""

    def __init__(self, watcher: Watcher | None = None) -> None:
        self.counts: Counter[tuple[Kind, Point]] = Counter()
        self._watcher = watcher

    def write(self, path: Path, offset: int, data: bytes, point: Point) -> None:
        """Writes ``data`` at ``offset``; the file is made if there is none. Not durable before ``sync``."""
        operation = Operation(kind="write", point=point, path=path, offset=offset, data=data)
        self._do(operation, lambda: _write(path, offset, data))

    def sync(self, path: Path, point: Point) -> None:
        """Makes what was written to a file durable (not its name: see ``sync_folder``)."""
        self._do(Operation(kind="sync", point=point, path=path), lambda: _sync(path, _FLAGS["sync"]))

    def sync_folder(self, path: Path, point: Point) -> None:
        """Makes names made, changed or removed in a folder durable."""
        operation = Operation(kind="sync-folder", point=point, path=path)
        self._do(operation, lambda: _sync(path, _FLAGS["sync-folder"]))

    def sync_all(self, files: Mapping[Path, Point], folders: Mapping[Path, Point]) -> None:
        """Makes files and names in folders durable, in no order, and ends when all of them are.

        The disk is asked for many at once, which a batch needs a third less time for; starting threads for a few
        costs what it gains. A watcher sees one after the other.
        """
        operations = [Operation(kind="sync", point=point, path=path) for path, point in files.items()]
        operations += [Operation(kind="sync-folder", point=point, path=path) for path, point in folders.items()]
        if self._watcher is not None or len(operations) <= _FEW or not self._sync_at_once(operations):
            for one in operations:
                self._do(one, lambda one=one: _sync(one.path, _FLAGS[one.kind]))  # type: ignore[misc]

    def _sync_at_once(self, operations: Sequence[Operation]) -> bool:
        """Whether it could be done; False where no thread can be started."""
        from concurrent.futures import ThreadPoolExecutor  # here, because whoever only reads has no need of it

        try:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                begun = [(one, pool.submit(_sync, one.path, _FLAGS[one.kind])) for one in operations]
        except RuntimeError:
            return False
        for one, done in begun:
            self.counts[one.kind, one.point] += 1
            why = done.exception()
            if isinstance(why, OSError):
                raise _failed(one, why) from why
            done.result()
        return True

    def rename(self, path: Path, target: Path, point: Point) -> None:
        """Gives a file or folder another name, replacing a file of that name, at one stroke."""
        operation = Operation(kind="rename", point=point, path=path, target=target)
        self._do(operation, lambda: path.rename(target))

    def truncate(self, path: Path, size: int, point: Point) -> None:
        """Cuts a file to ``size`` bytes."""
        operation = Operation(kind="truncate", point=point, path=path, offset=size)
        self._do(operation, lambda: os.truncate(path, size))

    def remove(self, path: Path, point: Point) -> None:
        """Removes a file."""
        self._do(Operation(kind="remove", point=point, path=path), path.unlink)

    def remove_any(self, path: Path, point: Point) -> None:
        """Removes a file or an empty folder, if there is one."""
        if path.is_dir():
            self._do(Operation(kind="remove", point=point, path=path), path.rmdir)
        elif path.exists():
            self.remove(path, point)

    def make_folder(self, path: Path, point: Point = "new-folder", mode: int = 0o777) -> None:
        """Makes a folder and those above it that are missing, each durable in the folder above."""
        if path.is_dir():
            return
        self.make_folder(path.parent, point, mode)
        operation = Operation(kind="folder", point=point, path=path)
        self._do(operation, lambda: path.mkdir(mode, exist_ok=True))
        self.sync_folder(path.parent, point)

    def replace(self, path: Path, data: bytes, point: Point, *, may_fall_back: bool = False) -> None:
        """Gives a file new contents, durably and at one stroke: a reader sees the old or the new ones, whole.

        What a dead writer left is a file that ends in ``.new``, which nobody reads. With ``may_fall_back``, a loss of
        power may bring the old contents back; that a file of this name is there is durable all the same.
        """
        new = path.with_name(path.name + ".new")
        was_there = may_fall_back and path.exists()
        if new.exists():
            self.remove(new, point)
        self.write(new, 0, data, point)
        self.sync(new, point)
        self.rename(new, path, point)
        if not was_there:
            self.sync_folder(path.parent, point)

    def _do(self, operation: Operation, act: Callable[[], object]) -> None:
        self.counts[operation.kind, operation.point] += 1
        try:
            if self._watcher is None:
                act()
                return
            self._watcher.before(operation)
            act()
            self._watcher.after(operation)
        except OSError as why:
            raise _failed(operation, why) from why


def _failed(operation: Operation, why: OSError) -> StorageError:
    doing = operation.kind.replace("sync-folder", "sync").replace("folder", "make")
    full = why.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    todo = "Free some space" if full else "See to the disk or its permissions"
    where = "/".join(operation.path.parts[-2:])
    return StorageError(
        f"The ledger could not {doing} {where}: {why.strerror or why}. What was recorded before is safe. "
        f"{todo}, then do the same again.",
        code="UP-LEDGER-36",
    )


def _write(path: Path, offset: int, data: bytes) -> None:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        rest = memoryview(data)
        while rest:
            done = os.pwrite(handle, rest, offset)
            rest, offset = rest[done:], offset + done
    finally:
        os.close(handle)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
