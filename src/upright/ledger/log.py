"""The log of a workspace: ``.upright/``, append-only, one writer at a time, durable before it answers.

Order of an append, under the lock: check (state head, stored frontier against the checkpoint, signature), discard what
a dead writer left beyond the checkpoint, write openings, entries and tiles, sync them and new folders, rename the new
checkpoint into place (the commit point), sync its folder, move the state head.
"""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from upright.kernel import Clock, Signer, parse_time, system_clock, time_text
from upright.ledger.checkpoint import Checkpoint
from upright.ledger.disk import Disk
from upright.ledger.draft import Draft, Written, demand_valid
from upright.ledger.erasure import erasure_entry, wipe
from upright.ledger.errors import DamageError, LedgerError, RollbackError
from upright.ledger.frontier import Frontier
from upright.ledger.layout import FORMAT, Layout
from upright.ledger.lock import locked
from upright.ledger.notes import VerifierKey
from upright.ledger.source import FolderSource, public_keys, read_bytes
from upright.ledger.statehead import demand_extends, read_head, write_head
from upright.ledger.tail import Tail, Writer
from upright.ledger.tree import EMPTY_ROOT, leaf_hashes
from upright.ledger.values import NewEntry, Report
from upright.ledger.view import View

_FARTHEST_AHEAD = timedelta(hours=24)
_TICK = timedelta(milliseconds=1)


class Log(View):
    """A log in a folder. Made by ``create`` or ``open``; without a signer it only reads."""

    def __init__(
        self, layout: Layout, signer: Signer | None, state_head: Path | None, clock: Clock, disk: Disk
    ) -> None:
        super().__init__(FolderSource(layout))
        self._layout = layout
        self._signer = signer
        self._state_head = state_head
        self._clock = clock
        self._disk = disk
        self._tail: Tail | None = None
        self._bodies: dict[str, dict[bytes, int]] = {}

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        origin: str,
        signer: Signer,
        state_head: Path | None,
        clock: Clock = system_clock,
        disk: Disk | None = None,
    ) -> "Log":
        """Makes an empty log in ``folder`` (such as ``.upright``), its checkpoint of size 0 signed.

        ``origin`` is ``<organisation>/<uuid>``, never used for another log; ``state_head`` the file outside the
        folder that remembers the newest checkpoint (None: none is kept).

        Raises:
            LedgerError: there is a log already.
        """
        layout, disk = Layout(folder), disk or Disk()
        disk.make_folder(folder)
        with locked(layout.lock):
            if layout.checkpoint.exists():
                raise LedgerError(f"There is a log in {folder.name} already; open it.", code="UP-LEDGER-42")
            lay_out(disk, layout, origin, signer)
            checkpoint = Checkpoint.sign(origin, 0, EMPTY_ROOT, signer)
            disk.replace(layout.checkpoint, str(checkpoint).encode(), "checkpoint")
            if state_head is not None:
                write_head(disk, state_head, checkpoint)
        return cls(layout, signer, state_head, clock, disk)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        signer: Signer | None = None,
        state_head: Path | None = None,
        clock: Clock = system_clock,
        disk: Disk | None = None,
    ) -> "Log":
        """Opens a log; with a signer, also finishes what a dead writer left half done (erasures, a restore).

        Raises:
            LedgerError: there is no log, or it is not of a format that this version reads.
            SignatureError: the checkpoint is not signed by a key of this log.
            RollbackError: the log does not extend what this host has seen of it.
            DamageError: stored bytes are not what the log committed to.
        """
        layout, disk = Layout(folder), disk or Disk()
        if signer is not None:
            from upright.ledger.epochs import finish_restore

            finish_restore(layout, disk)
        if not layout.checkpoint.exists():
            raise LedgerError(
                f"There is no log in {folder.name}: {layout.relative(layout.checkpoint)} is missing.",
                code="UP-LEDGER-43",
            )
        if read_bytes(layout.format) != FORMAT.encode():
            raise LedgerError(
                f"{folder.name}/FORMAT: expected {FORMAT.strip()!r}; this version of Upright reads no other.",
                code="UP-LEDGER-44",
            )
        log = cls(layout, signer, state_head, clock, disk)
        log._seen.verify(*([VerifierKey.of(signer)] if signer else public_keys(layout)))
        log._demand_head()
        if signer is not None:
            log._finish_erasures()
        return log

    @property
    def rollback(self) -> str:
        """Says "checked", or "rollback not checked" where this host keeps no state head of the log."""
        return "rollback not checked" if read_head(self._state_head) is None else "checked"

    def append(self, entries: Sequence[NewEntry], *, cosigners: Sequence[Signer] = ()) -> list[int]:
        """Appends entries, all or none, durable once this returns; gives each one's index in the log.

        Streams that are new are announced before them. Evidence whose bytes stand in its stream already is not
        appended again: its index is that of the first. All entries of one call share one time.

        Args:
            entries: what to append, in order.
            cosigners: further signers of the checkpoint, as at the change of the log's key.

        Raises:
            LedgerError: an entry is malformed, the log is read-only, or its last time is over 24 h ahead of the clock.
            RollbackError: the log does not extend what this host has seen.
            DamageError: stored bytes are not what the log committed to.
            OSError: the disk is full or failing; nothing was appended.
        """
        signer = self._demand_signer()
        for entry in entries:
            demand_valid(entry)
        if not entries:
            return []
        with locked(self._layout.lock):
            tail = self._settle(signer)
            time, late = self._moment()
            draft = Draft(self._known())
            indices = [self._placed(draft, entry) for entry in entries]
            if draft.rows:
                self._commit(tail, draft, draft.write(time, late=late), (signer, *cosigners))
        return indices

    def begin(self, epoch: dict[str, object] | None = None) -> None:
        """Writes leaf 0 alone; ``epoch`` is what a restored log says there of the log before it.

        Raises:
            LedgerError: the log has begun already, or is read-only.
        """
        signer = self._demand_signer()
        with locked(self._layout.lock):
            tail = self._settle(signer)
            if self.size:
                raise LedgerError("This log has begun already; leaf 0 is written once.", code="UP-LEDGER-42")
            draft = Draft(self._known(), epoch)
            self._commit(tail, draft, draft.write(self._moment()[0], late=False), (signer,))

    def erase(self, index: int, reason: str, actor: str) -> int:
        """Erases the body of a record or of evidence: first an entry that says so, then the bytes, in place.

        What kind of entry it was, of which binding and with which result, stays in the erasure entry, whose index
        this gives. Erasing twice changes nothing.

        Raises:
            LedgerError: the entry is of a kind that is never erased, or there is none.
        """
        known = self._known()
        if index not in known.erased:
            entry = self.entry(index)
            self.append([erasure_entry(entry, known.by_ref[entry.ref].index, reason=reason, actor=actor)])
        self._finish_erasures()
        return self._known().erased[index]

    def verify(self, trust: VerifierKey | None = None, *, since: str | None = None) -> Report:
        """Reads everything and says exactly what differs; see ``upright.ledger.verify.verify``."""
        from upright.ledger.verify import verify

        return verify(FolderSource(self._layout), trust=trust, since=since, state_head=self._state_head)

    def _settle(self, signer: Signer) -> Tail:
        """Takes in what others appended, checks, and discards what lies beyond the checkpoint."""
        text = self._source.checkpoint()
        is_new = text != str(self._seen)
        if is_new:
            self._take_in(Checkpoint.parse(text), signer)
        frontier = Frontier.read(FolderSource(self._layout), self.size)
        if frontier.root() != self._seen.root:
            raise DamageError(
                f"The stored tiles do not lead to the checkpoint: expected root {self._seen.root.hex()}, got "
                f"{frontier.root().hex()}. Run `upright ledger verify` to see which tile differs.",
                code="UP-LEDGER-28",
            )
        self._demand_head()
        if self._tail is None or is_new:
            self._tail = Tail.find(FolderSource(self._layout), self.size)
        self._tail.discard_beyond(self._disk, self._layout)
        self._tail.frontier = frontier
        return self._tail

    def _take_in(self, found: Checkpoint, signer: Signer) -> None:
        found.verify(VerifierKey.of(signer))
        before = self._seen
        if found.origin != before.origin or found.size < before.size:
            raise RollbackError(
                f"The log was exchanged while it was open: expected {before.origin} with at least {before.size} "
                f"entries, got {found.origin} with {found.size}.",
                code="UP-LEDGER-34",
            )
        self._seen = found
        self._bodies.clear()
        if self.root(before.size) != before.root:
            self._seen = before
            raise RollbackError(
                f"The log was rewritten while it was open: at {before.size} entries expected root {before.root.hex()}.",
                code="UP-LEDGER-34",
            )

    def _demand_head(self) -> None:
        head = read_head(self._state_head)
        if head is None or (head.root == self._seen.root and head.size == self.size and head.origin == self.origin):
            return
        at_head = self.root(head.size) if head.size <= self.size else None
        demand_extends(self.origin, self.size, self._seen.root, head, at_head)

    def _moment(self) -> tuple[str, bool]:
        now, last = self._clock(), self._known().last_time
        text = time_text(now)
        if text >= last:
            return text, False
        ahead = parse_time(last) - now
        if ahead > _FARTHEST_AHEAD:
            raise LedgerError(
                f"The last entry is dated {last}, over 24 h ahead of this clock ({text}). Set the clock right; if the "
                "entry is what is wrong, open a new epoch with restore.",
                code="UP-LEDGER-45",
            )
        return time_text(parse_time(last) + _TICK), True

    def _placed(self, draft: Draft, entry: NewEntry) -> int:
        if entry.type != "evidence":
            return draft.add(entry)
        bodies = self._bodies.get(entry.ref)
        if bodies is None:
            found = ((_same(e.media_type, e.body), e.index) for e in self.stream(entry.ref) if e.body is not None)
            bodies = {}
            for key, index in found:
                bodies.setdefault(key, index)
            self._bodies[entry.ref] = bodies
        key = _same(entry.media_type, entry.body)
        if key not in bodies:
            bodies[key] = draft.add(entry)
        return bodies[key]

    def _commit(self, tail: Tail, draft: Draft, written: Written, signers: tuple[Signer, ...]) -> None:
        try:
            writer = Writer(self._disk, self._layout)
            after = tail.write(writer, written, leaf_hashes(written.leaves))
            writer.settle()
            checkpoint = Checkpoint.sign(self.origin, after.size, after.frontier.root(), *signers)
            self._disk.replace(self._layout.checkpoint, str(checkpoint).encode(), "checkpoint")
        except BaseException:
            self._forget()
            raise
        self._streams.extend(written.columns, draft.opening)
        self._seen, self._tail = checkpoint, after
        if self._state_head is not None:
            write_head(self._disk, self._state_head, checkpoint)

    def _forget(self) -> None:
        """After a failed write nothing remembered may differ from what is stored."""
        self._tail = None
        self._bodies.clear()

    def _finish_erasures(self) -> None:
        erased = self._known().erased
        if not erased or self._signer is None:
            return
        with locked(self._layout.lock):
            for index in sorted(erased):
                wipe(self._disk, self._layout, index)
        self._source.forget()

    def _demand_signer(self) -> Signer:
        if self._signer is None:
            raise LedgerError("This log was opened for reading; open it with its key to append.", code="UP-LEDGER-46")
        return self._signer


def lay_out(disk: Disk, layout: Layout, origin: str, signer: Signer) -> None:
    """Makes the folders and the small files of an empty log, all but its checkpoint."""
    disk.make_folder(layout.ledger / "tile" / "entries")
    disk.make_folder(layout.folder / "open")
    disk.make_folder(layout.public_keys)
    disk.replace(layout.format, FORMAT.encode(), "format")
    disk.replace(layout.folder / ".gitignore", b"*\n", "format")
    disk.replace(layout.origin, f"{origin}\n".encode(), "format")
    key = VerifierKey.of(signer)
    disk.replace(layout.public_keys / f"{key.fingerprint}.vkey", f"{key}\n".encode(), "public-key")


def _same(media_type: str, body: bytes) -> bytes:
    return hashlib.sha256(media_type.encode() + b"\x00" + body).digest()
