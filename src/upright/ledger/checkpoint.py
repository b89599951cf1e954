"""Checkpoints: what a log says about itself, in one signed note (C2SP tlog-checkpoint)."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Self

from upright.kernel import Signer
from upright.ledger.notes import Note, NoteError, VerifierKey

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_HASH_BYTES = 32
_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Origin, size and root of a log at one moment; ``note`` is the signed text it came from."""

    origin: str
    size: int
    root: bytes
    note: Note

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a checkpoint; its signatures are read, not verified. Extension lines are refused: nobody audits them.

        Raises:
            NoteError: not a signed note, or its text is not origin, size and root.
        """
        note = Note.parse(text)
        lines = note.text[:-1].split("\n")
        root = _hash(lines[2]) if len(lines) == _LINES else None
        if root is None or not lines[0] or not _SIZE.fullmatch(lines[1]):
            raise NoteError(
                "This note is not a checkpoint; expected three lines: origin, size in decimal, root hash in base64.",
                code="UP-LEDGER-05",
            )
        return cls(lines[0], int(lines[1]), root, note)

    @classmethod
    def sign(cls, origin: str, size: int, root: bytes, *signers: Signer) -> Self:
        """The checkpoint of a log, signed by each signer."""
        text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
        return cls(origin, size, root, Note.sign(text, *signers))

    def verify(self, *keys: VerifierKey) -> tuple[VerifierKey, ...]:
        """Those of ``keys`` that signed.

        Raises:
            SignatureError: none did, or one of them has a signature here that does not hold.
        """
        return self.note.verify(*keys)

    def __str__(self) -> str:
        return str(self.note)


def _hash(text: str) -> bytes | None:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if len(data) == _HASH_BYTES and base64.b64encode(data).decode() == text else None
