"""Restoring: the log is sealed as it is, and a new one of another origin begins that says so."""

from pathlib import Path
from typing import Literal

import msgspec

from upright.kernel import Clock, Signer, system_clock
from upright.ledger.checkpoint import Checkpoint
from upright.ledger.disk import Disk
from upright.ledger.epochs import READY, Epoch, move_restored, sealed_epochs
from upright.ledger.errors import LedgerError
from upright.ledger.layout import Layout
from upright.ledger.lock import locked
from upright.ledger.log import Log
from upright.ledger.notes import NoteError
from upright.ledger.source import public_keys, read_text
from upright.ledger.statehead import write_head


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
        disk.replace(layout.restoring / READY, number.encode(), "restore")
        move_restored(layout, disk)
        if state_head is not None:
            write_head(disk, state_head, Checkpoint.parse(read_text(layout.checkpoint)))
    return Log.open(folder, signer=signer, state_head=state_head, clock=clock, disk=disk)


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
