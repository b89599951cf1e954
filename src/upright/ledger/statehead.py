"""The state head: what this host last saw of a log, outside the log's folder, so that a rollback is noticed."""

from pathlib import Path

from upright.ledger.checkpoint import Checkpoint
from upright.ledger.disk import Disk
from upright.ledger.errors import LedgerError, RollbackError, SignatureError
from upright.ledger.lock import locked
from upright.ledger.notes import NoteError, VerifierKey

_PRIVATE = 0o700


def read_head(path: Path | None) -> Checkpoint | None:
    """The checkpoint kept there; None where none is kept (then a rollback cannot be noticed, and that is said).

    Raises:
        LedgerError: there is a file and it is unreadable; that is never taken for "none".
    """
    if path is None:
        return None
    try:
        return Checkpoint.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, NoteError) as why:
        raise LedgerError(
            f"The state head of this host ({path.parent.name}/{path.name}) is unreadable: {why}. Compare the log with "
            "a checkpoint that you trust, then remove the file.",
            code="UP-LEDGER-33",
        ) from None


def demand_extends(origin: str, size: int, root: bytes, head: Checkpoint, root_at_head: bytes | None) -> None:
    """Returns nothing if a log of this size and root extends the head; ``root_at_head`` is its root at head's size.

    Raises:
        RollbackError: it is shorter, or another log, or another history.
    """
    if head.origin != origin:
        raise RollbackError(
            f"This host knows the log {head.origin} here, got {origin}: the folder was exchanged.", code="UP-LEDGER-34"
        )
    if head.size > size:
        raise RollbackError(
            f"The log was rolled back: this host has seen {head.size} entries with root {head.root.hex()}, got {size} "
            f"with root {root.hex()}. Bring back the newer log, or open a new epoch with restore.",
            code="UP-LEDGER-34",
        )
    if root_at_head != head.root:
        got = "none" if root_at_head is None else root_at_head.hex()
        raise RollbackError(
            f"The log is not the one this host has seen: at {head.size} entries expected root {head.root.hex()}, "
            f"got {got}. Its history was rewritten.",
            code="UP-LEDGER-34",
        )


def demand_known(head: Checkpoint, *keys: VerifierKey) -> None:
    """Returns nothing if a key of the log has signed the head; otherwise someone else wrote the file.

    Raises:
        LedgerError: none has.
    """
    try:
        head.verify(*keys)
    except SignatureError as why:
        raise LedgerError(
            f"The state head of this host was changed: {why.message} Compare the log with a checkpoint that you trust, "
            "then remove the file.",
            code="UP-LEDGER-33",
        ) from None


def write_head(disk: Disk, path: Path, checkpoint: Checkpoint) -> None:
    """Moves the head forward; never back, even where another copy of the log appends at the same moment.

    A loss of power may leave an earlier head, whole, as a crash leaves one that is behind the log.

    Raises:
        RollbackError: meanwhile this host has seen more of the log, or another history.
    """
    disk.make_folder(path.parent, mode=_PRIVATE)
    with locked(path.with_name("lock")):
        before = read_head(path)
        if before is not None and before.origin == checkpoint.origin and before.size >= checkpoint.size:
            at_head = checkpoint.root if before.size == checkpoint.size else None
            demand_extends(checkpoint.origin, checkpoint.size, checkpoint.root, before, at_head)
        disk.replace(path, str(checkpoint).encode(), "state-head", may_fall_back=True)
