"""Epochs: when a log cannot go on (rolled back, its clock far ahead), a new one begins and says where that ended.

The old log stays, sealed, under ``ledger/epochs/0001``, ``0002``, …; leaf 0 of its successor carries its checkpoint,
the last checkpoint known of it, and how many entries lie between the two.
"""

from pathlib import Path
from typing import Literal

import msgspec

from upright.ledger.disk import Disk
from upright.ledger.layout import Layout
from upright.ledger.lock import locked

READY = "READY"
"""Lies in a new log that is whole; holds the number under which the old one is sealed."""


class Epoch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What leaf 0 of a restored log says of the log before it.

    Attributes:
        sealed: the checkpoint that lies in the sealed folder, or None where that was unreadable.
        checkpoint: the newest checkpoint known of it, or None.
        lost: how many entries that one covers beyond the sealed log, or "unknown".
    """

    sealed: str | None
    checkpoint: str | None
    lost: int | Literal["unknown"]


def sealed_epochs(layout: Layout) -> list[Layout]:
    """The sealed logs before this one, the first one first."""
    return [Layout(path) for path in sorted(layout.epochs.glob("[0-9][0-9][0-9][0-9]"))]


def finish_restore(folder: Path, disk: Disk | None = None) -> None:
    """Finishes, or takes back, a restore that a dead process left half done; needed before the origin can be read."""
    layout = Layout(folder)
    if layout.restoring.exists():
        with locked(layout.lock):
            move_restored(layout, disk or Disk())


def move_restored(layout: Layout, disk: Disk) -> None:
    """Puts a restored log in the place of the old one; any of the steps may already have been done. Needs the lock.

    As long as the new log's ``ledger/`` is still under construction, what lies in its place is the old one.
    """
    fresh, ready = Layout(layout.restoring), layout.restoring / READY
    if ready.exists():
        if fresh.ledger.exists():
            _move(disk, layout.epochs, fresh.epochs)
            sealed = Layout(fresh.epochs / ready.read_text(encoding="ascii"))
            disk.make_folder(sealed.folder)
            if (fresh.folder / "open").exists():
                _move(disk, layout.folder / "open", sealed.folder / "open")
            _move(disk, layout.ledger, sealed.ledger)
            _move(disk, fresh.folder / "open", layout.folder / "open")
            _move(disk, fresh.ledger, layout.ledger)
        for key in fresh.public_keys.glob("*.vkey"):
            disk.replace(layout.public_keys / key.name, key.read_bytes(), "public-key")
    _remove(disk, layout.restoring)


def _move(disk: Disk, path: Path, target: Path) -> None:
    if path.exists():
        disk.rename(path, target, "restore")
        disk.sync_folder(path.parent, "restore")
        disk.sync_folder(target.parent, "restore")


def _remove(disk: Disk, folder: Path) -> None:
    """Removes a folder's files, READY last, so that a half removed one is never taken for a finished one."""
    if not folder.exists():
        return
    inside = sorted((p for p in folder.rglob("*") if p.name != READY), key=lambda p: len(p.parts), reverse=True)
    for path in inside:
        disk.remove_any(path, "restore")
    for path in (folder / READY, folder):
        disk.remove_any(path, "restore")
    disk.sync_folder(folder.parent, "restore")
