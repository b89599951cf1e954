"""A change of the log's key: a key entry that names the new one, under a checkpoint that the old and the new one sign.

The old key's signature over a tree that holds this entry is what makes the new key the log's; a second signature alone
would prove nothing, since anyone can add one. Witnesses sign otherwise (C2SP tlog-cosignature).
"""

from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from upright.ledger.checkpoint import Checkpoint
from upright.ledger.errors import LedgerError, SignatureError
from upright.ledger.notes import NoteError, VerifierKey
from upright.ledger.source import read_text
from upright.ledger.values import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from upright.ledger.disk import Disk
    from upright.ledger.layout import Layout
    from upright.ledger.source import Source
    from upright.ledger.values import Recorded
    from upright.ledger.walk import Walk


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


class Entries(Protocol):
    """A log whose entries can be read."""

    @property
    def size(self) -> int: ...

    def entry(self, index: int) -> "Recorded": ...


def successor(log: Entries, checkpoint: Checkpoint) -> VerifierKey | None:
    """The key to which the log is handed over at a checkpoint of its own; None where it is an ordinary one."""
    if not 0 < checkpoint.size <= log.size:
        return None
    try:
        last = log.entry(checkpoint.size - 1)
    except LedgerError:
        return None
    key = log_key_of(last.body) if last.type == "key" else None
    return key if key is not None and is_signed(checkpoint, key) else None


def is_signed(checkpoint: Checkpoint, key: VerifierKey) -> bool:
    """Whether a key's signature on a checkpoint is there and holds."""
    try:
        checkpoint.verify(key)
    except SignatureError:
        return False
    return True


class Handovers:
    """All changes of a log's key: who may sign after whom, and what is wrong with what is kept of them."""

    def __init__(self, source: "Source", checkpoint: Checkpoint, walk: "Walk", keys: "Sequence[VerifierKey]") -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._walk = walk
        self._changes: list[tuple[Checkpoint, VerifierKey]] = []
        self._keys = keys
        kept = {path.name: path for path in source.layout.handovers.glob("*") if path.suffix != ".new"}
        for name in sorted(kept, key=lambda name: (len(name), name)):
            self._take(kept[name], checkpoint)
        enrolling = [index for index in walk.key_entries if self._key_at(index) is not None]
        for index in enrolling[1:]:
            if str(index + 1) not in kept and index + 1 != checkpoint.size:
                file = source.layout.handovers / str(index + 1)
                self._note(file, "the checkpoint that the old and the new log key signed", "nothing", entry=index)
        last = self._key_at(checkpoint.size - 1) if checkpoint.size - 1 in enrolling else None
        if last is not None and is_signed(checkpoint, last):
            self._changes.append((checkpoint, last))

    def heir(self, key: VerifierKey) -> VerifierKey:
        """Who signs for the log now, to someone who knows that ``key`` once did."""
        for checkpoint, new in self._changes:
            if is_signed(checkpoint, key):
                key = new
        return key

    def _take(self, path: "Path", newest: Checkpoint) -> None:
        try:
            text = read_text(path)
            kept = Checkpoint.parse(text)
        except (LedgerError, NoteError) as why:
            self._note(path, "a checkpoint", why.message)
            return
        root = self._walk.root(kept.size)
        wanted = f"{newest.origin} at size {path.name} with root {'none' if root is None else root.hex()}"
        got = f"{kept.origin} at size {kept.size} with root {kept.root.hex()}"
        new = self._key_at(kept.size - 1)
        if wanted != got or str(kept) != text:
            self._note(path, wanted, got)
        elif new is None:
            self._note(path, f"entry {kept.size - 1} to enrol a log key", "another entry")
        elif not is_signed(kept, new) or not any(is_signed(kept, key) for key in self._keys if key != new):
            self._note(path, f"signatures by the log key before and by {new}", kept.note.signers)
        else:
            self._changes.append((kept, new))

    def _key_at(self, index: int) -> VerifierKey | None:
        opening = self._walk.opening(index) if index in self._walk.key_entries else None
        return None if opening is None else log_key_of(opening.body)

    def _note(self, path: "Path", expected: str, got: str, entry: int | None = None) -> None:
        file = self._source.layout.relative(path)
        self.problems.append(Problem(code="UP-LEDGER-69", file=file, entry=entry, expected=expected, got=got))


def keep_handover(disk: "Disk", layout: "Layout", checkpoint: Checkpoint) -> None:
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
