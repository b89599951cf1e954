"""A change of the log's key: a key entry that names the new one, under a checkpoint that the old and the new one sign.

The old key's signature over a tree that holds this entry is what makes the new key the log's; a second signature alone
would prove nothing, since anyone can add one. Witnesses sign otherwise (C2SP tlog-cosignature).
"""

from typing import TYPE_CHECKING, Literal

import msgspec

from upright.ledger.errors import LedgerError, SignatureError
from upright.ledger.notes import NoteError, VerifierKey

if TYPE_CHECKING:
    from upright.ledger.checkpoint import Checkpoint
    from upright.ledger.disk import Disk
    from upright.ledger.layout import Layout
    from upright.ledger.view import View


class _Key(msgspec.Struct, frozen=True):
    role: Literal["log"]
    vkey: str


class _Enrolment(msgspec.Struct, frozen=True):
    action: Literal["identity.key.enrolled"]
    record: _Key


_ENROLMENT = msgspec.json.Decoder(_Enrolment)


def log_key_of(body: bytes | None) -> VerifierKey | None:
    """The log key that a key entry's body enrols; None where it does something else."""
    try:
        return VerifierKey.parse(_ENROLMENT.decode(body or b"").record.vkey)
    except (msgspec.DecodeError, UnicodeDecodeError, NoteError):
        return None


def successor(log: "View", checkpoint: "Checkpoint") -> VerifierKey | None:
    """The key to which the log is handed over at a checkpoint of its own; None where it is an ordinary one."""
    if not 0 < checkpoint.size <= log.size:
        return None
    try:
        last = log.entry(checkpoint.size - 1)
    except LedgerError:
        return None
    key = log_key_of(last.body) if last.type == "key" else None
    return key if key is not None and is_signed(checkpoint, key) else None


def is_signed(checkpoint: "Checkpoint", key: VerifierKey) -> bool:
    """Whether a key's signature on a checkpoint is there and holds."""
    try:
        checkpoint.verify(key)
    except SignatureError:
        return False
    return True


def keep_handover(disk: "Disk", layout: "Layout", checkpoint: "Checkpoint") -> None:
    """Keeps a checkpoint that both keys signed, before a later one takes its place. Needs the lock."""
    path = layout.handovers / str(checkpoint.size)
    if not path.exists():
        disk.make_folder(path.parent)
        disk.replace(path, str(checkpoint).encode(), "handover")


def keep_key(disk: "Disk", layout: "Layout", key: VerifierKey) -> None:
    """Keeps a public key beside the log."""
    path = layout.public_keys / f"{key.fingerprint}.vkey"
    if not path.exists():
        disk.replace(path, f"{key}\n".encode(), "public-key")
