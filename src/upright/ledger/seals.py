"""Sealed epochs and earlier checkpoints: does this log stand on what came before it?"""

from typing import TYPE_CHECKING, Literal

import msgspec

from upright.ledger.checkpoint import Checkpoint
from upright.ledger.epochs import Epoch, sealed_epochs
from upright.ledger.errors import DamageError, SignatureError
from upright.ledger.handover import Handovers
from upright.ledger.notes import NoteError
from upright.ledger.source import Source, public_keys
from upright.ledger.streams import read_announcement
from upright.ledger.values import Problem
from upright.ledger.walk import Walk

if TYPE_CHECKING:
    from upright.ledger.layout import Layout

Lost = int | Literal["unknown"]


class Seals:
    """All sealed logs, read whole, from the newest to the oldest; each is bound by leaf 0 of the one after it."""

    def __init__(self, source: Source, checkpoint: Checkpoint, walk: Walk) -> None:
        self.problems: list[Problem] = []
        self.lost: Lost = 0
        self.origins: list[tuple[Layout, str]] = []
        """The sealed logs, and what their checkpoints call them."""
        self._source = source
        self._walks: list[tuple[Checkpoint, Walk]] = [(checkpoint, walk)]
        said = _epoch(source)
        for layout in reversed(sealed_epochs(source.layout)):
            older = source.beside(layout)
            self._seal(older, said)
            said = _epoch(older)
        if said is not None:
            self._note("ledger/epochs", "the sealed log that leaf 0 continues", "nothing")

    def demand_since(self, text: str) -> list[Problem]:
        """Problems if neither this log nor a sealed one extends the checkpoint ``text``."""
        file = self._source.layout.relative(self._source.layout.checkpoint)
        try:
            since = Checkpoint.parse(text)
        except NoteError as why:
            return [Problem(code="UP-LEDGER-68", file=file, expected="a checkpoint to compare with", got=why.message)]
        for checkpoint, walk in self._walks:
            if checkpoint.origin == since.origin:
                root = walk.root(since.size)
                if root == since.root:
                    return []
                got = f"{checkpoint.size} entries" if root is None else f"root {root.hex()} there"
                wanted = f"{since.origin} with {since.size} entries and root {since.root.hex()}"
                return [Problem(code="UP-LEDGER-68", file=file, expected=f"a log that extends {wanted}", got=got)]
        origins = ", ".join(checkpoint.origin for checkpoint, _walk in self._walks)
        return [Problem(code="UP-LEDGER-68", file=file, expected=f"the log {since.origin}", got=origins)]

    def _seal(self, older: Source, said: Epoch | None) -> None:
        prefix = self._source.layout.relative(older.layout.folder)
        try:
            text = older.checkpoint()
            checkpoint = Checkpoint.parse(text)
        except (DamageError, NoteError) as why:
            if said is None or said.sealed is not None:
                self._note(f"{prefix}/ledger/checkpoint", "the checkpoint of a sealed log", why.message)
            self.lost = "unknown"
            return
        walk = Walk(older, checkpoint)
        self._walks.append((checkpoint, walk))
        self.origins.append((older.layout, checkpoint.origin))
        handovers = Handovers(older, checkpoint, walk, public_keys(self._source.layout))
        found = (*walk.problems, *handovers.problems)
        self.problems += [msgspec.structs.replace(p, file=f"{prefix}/{p.file}") for p in found]
        if said is None or said.sealed != text:
            wanted = "a sealed log that leaf 0 names" if said is None else f"{said.sealed}"
            self._note(f"{prefix}/ledger/checkpoint", wanted, text)
        try:
            checkpoint.verify(*public_keys(self._source.layout))
        except SignatureError as why:
            self._note(f"{prefix}/ledger/checkpoint", "a signature by a key in pub/", why.message)
        self._count(said, checkpoint, walk, prefix)

    def _count(self, said: Epoch | None, checkpoint: Checkpoint, walk: Walk, prefix: str) -> None:
        if said is None or said.lost == "unknown" or said.checkpoint is None:
            self.lost = "unknown"
            return
        known = Checkpoint.parse(said.checkpoint)
        if said.lost != max(0, known.size - checkpoint.size):
            wanted = f"{max(0, known.size - checkpoint.size)} entries lost"
            self._note("ledger/checkpoint", wanted, f"{said.lost}, says leaf 0")
        if known.size <= checkpoint.size and walk.root(known.size) != known.root:
            self._note(f"{prefix}/ledger/checkpoint", f"a log that extends {known.size} entries", "another history")
        if self.lost != "unknown":
            self.lost += said.lost

    def _note(self, file: str, expected: str, got: str) -> None:
        self.problems.append(Problem(code="UP-LEDGER-67", file=file, expected=expected, got=got))


def _epoch(source: Source) -> Epoch | None:
    """What leaf 0 says of the log before; None where this is the first one, or leaf 0 cannot be read."""
    try:
        opening = source.opening(0, 1)
        epoch = msgspec.UNSET if opening is None else read_announcement(opening).epoch
        return None if epoch is msgspec.UNSET else msgspec.json.decode(epoch, type=Epoch)
    except (DamageError, msgspec.DecodeError):
        return None
