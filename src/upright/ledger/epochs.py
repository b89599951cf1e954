"""Epochs: when a log cannot go on (rolled back, its clock far ahead), a new one begins and says where that ended.

The old log stays, sealed, under ``ledger/epochs/0001``, ``0002``, …; leaf 0 of its successor carries its checkpoint,
the last checkpoint known of it, and how many entries lie between the two.
"""

from pathlib import Path
from typing import Literal

import msgspec

from upright.kernel import Clock, Signer, system_clock
from upright.ledger.checkpoint import Checkpoint
from upright.ledger.disk import Disk
from upright.ledger.errors import LedgerError
from upright.ledger.layout import Layout
from upright.ledger.lock import locked
from upright.ledger.log import Log
from upright.ledger.notes import NoteError
from upright.ledger.source import public_keys, read_text
from upright.ledger.statehead import write_head

_READY = "READY"


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


def restore(
    folder: Path,
    *,
    origin: str,
    signer: Signer,
    state_head: Path | None,
    known: Checkpoint | None = None,
    clock: Clock = system_clock,
    disk: Disk | None = None,
) -> Log:
    """Seals the log in ``folder`` as it is and begins a new one, of another origin, that says so in its leaf 0.

    Args:
        folder: such as ``.upright``.
        origin: of the new log; an origin is never used twice.
        signer: the key of the new log.
        state_head: where this host will remember the new log; None: nowhere.
        known: the newest checkpoint that is known of the old log, from its state head or from a pack; None: the count
            of entries lost is then ``unknown``, and every verification says so.
        clock: gives the time of leaf 0.
        disk: the file layer.

    Raises:
        LedgerError: the origin is that of the old log, or ``known`` is not a checkpoint of it.
        SignatureError: ``known`` is not signed by a key of the old log.
    """
    layout, disk = Layout(folder), disk or Disk()
    with locked(layout.lock):
        move_restored(layout, disk)
        epoch = _ending(layout, origin, known)
        fresh = Log.create(layout.restoring, origin=origin, signer=signer, state_head=None, clock=clock, disk=disk)
        fresh.begin(msgspec.to_builtins(epoch))
        number = f"{len(sealed_epochs(layout)) + 1:04d}"
        disk.replace(layout.restoring / _READY, number.encode(), "restore")
        move_restored(layout, disk)
        if state_head is not None:
            write_head(disk, state_head, Checkpoint.parse(read_text(layout.checkpoint)))
    return Log.open(folder, signer=signer, state_head=state_head, clock=clock, disk=disk)


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
    fresh, ready = Layout(layout.restoring), layout.restoring / _READY
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


def _ending(layout: Layout, origin: str, known: Checkpoint | None) -> Epoch:
    try:
        sealed = Checkpoint.parse(read_text(layout.checkpoint))
    except (LedgerError, NoteError):
        sealed = None
    for checkpoint in (sealed, known):
        if checkpoint is not None and checkpoint.origin == origin:
            raise LedgerError(
                f"A restored log needs a new origin; {origin} is that of the old one.", code="UP-LEDGER-49"
            )
    if known is not None:
        known.verify(*public_keys(layout))
        if sealed is not None and known.origin != sealed.origin:
            raise LedgerError(
                f"The checkpoint handed in is of {known.origin}; expected one of {sealed.origin}.", code="UP-LEDGER-49"
            )
    lost: int | Literal["unknown"] = "unknown"
    if known is not None and sealed is not None:
        lost = max(0, known.size - sealed.size)
    return Epoch(
        sealed=None if sealed is None else str(sealed), checkpoint=None if known is None else str(known), lost=lost
    )


def _move(disk: Disk, path: Path, target: Path) -> None:
    if path.exists():
        disk.rename(path, target, "restore")
        disk.sync_folder(path.parent, "restore")
        disk.sync_folder(target.parent, "restore")


def _remove(disk: Disk, folder: Path) -> None:
    """Removes a folder's files, READY last, so that a half removed one is never taken for a finished one."""
    if not folder.exists():
        return
    inside = sorted((p for p in folder.rglob("*") if p.name != _READY), key=lambda p: len(p.parts), reverse=True)
    for path in inside:
        disk.remove_any(path, "restore")
    for path in (folder / _READY, folder):
        disk.remove_any(path, "restore")
    disk.sync_folder(folder.parent, "restore")
