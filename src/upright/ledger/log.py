"""The log of a workspace: ``.upright/``, append-only, one writer at a time, durable before it answers.

Order of an append, under the lock: check (state head, stored frontier against the checkpoint, signature), discard what
a dead writer left beyond the checkpoint, write openings, entries and tiles, sync them and new folders, rename the new
checkpoint into place (the commit point), sync its folder, move the state head.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from upright.kernel import Clock, Signer, parse_time, system_clock, time_text
from upright.ledger.checkpoint import Checkpoint
from upright.ledger.disk import Disk
from upright.ledger.draft import Draft, demand_valid
from upright.ledger.epochs import finish_restore
from upright.ledger.erasure import erasure_entry, wipe
from upright.ledger.errors import DamageError, LedgerError, RollbackError, SignatureError
from upright.ledger.frontier import Frontier
from upright.ledger.handover import keep_handover, keep_key, log_key_of, successor
from upright.ledger.layout import FORMAT, Layout
from upright.ledger.lock import locked
from upright.ledger.notes import NoteError, VerifierKey
from upright.ledger.source import FolderSource, public_keys, read_bytes
from upright.ledger.statehead import demand_extends, demand_known, read_head, write_head
from upright.ledger.streams import Streams
from upright.ledger.tail import Tail, Writer
from upright.ledger.tree import EMPTY_ROOT, leaf_hashes
from upright.ledger.values import NewEntry, Report
from upright.ledger.verify import verify
from upright.ledger.view import View

_FARTHEST_AHEAD = timedelta(hours=24)
_TICK = timedelta(milliseconds=1)
_ORIGIN = re.compile(r"[a-z0-9][a-z0-9._-]*/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Log(View):
    """A log in a folder. Made by ``create`` or ``open``; without a signer it only reads."""

    def __init__(
        self, layout: Layout, signer: Signer | None, state_head: Path | None, clock: Clock, disk: Disk
    ) -> None:
        try:
            super().__init__(FolderSource(layout))
        except NoteError as why:
            raise DamageError(
                f"{layout.relative(layout.checkpoint)}: {why.message} Bring it back from a backup or a pack.",
                code="UP-LEDGER-29",
            ) from None
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
            LedgerError: there is a log already, or the origin has another form.
            StorageError: the disk is full or failing; there is no log then, and ``create`` can be called again.
        """
        demand_origin(origin)
        layout, disk = Layout(folder), disk or Disk()
        disk.make_folder(folder)
        with locked(layout.lock):
            if layout.checkpoint.exists() or layout.restoring.exists():
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
        """Opens a log and finishes a restore that a dead process left half done; with a signer, erasures too.

        Raises:
            LedgerError: there is no log, or it is not of a format that this version reads.
            SignatureError: the checkpoint is not signed by a key of this log, or the log was handed over to another.
            RollbackError: the log does not extend what this host has seen of it.
            DamageError: stored bytes are not what the log committed to.
        """
        layout, disk = Layout(folder), disk or Disk()
        if layout.restoring.exists():
            finish_restore(folder, disk)
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
        head = read_head(state_head)  # before the checkpoint, since a writer moves the checkpoint first
        log = cls(layout, signer, state_head, clock, disk)
        log._demand_signed(log._seen)
        log._demand_head(head)
        log._finish_erasures()
        return log

    @property
    def rollback(self) -> str:
        """Says "checked", or "rollback not checked" where this host keeps no state head of the log."""
        return "rollback not checked" if read_head(self._state_head) is None else "checked"

    @property
    def is_writable(self) -> bool:
        """Whether it was opened with a key to sign checkpoints with."""
        return self._signer is not None

    def append(self, entries: Sequence[NewEntry]) -> list[int]:
        """Appends entries, all or none, durable once this returns; gives each one's index in the log.

        Streams that are new are announced before them. Evidence whose bytes stand in its stream already is not
        appended again: its index is that of the first. All entries of one call share one time.

        Raises:
            LedgerError: an entry is malformed, the log is read-only, or its last time is over 24 h ahead of the clock.
            RollbackError: the log does not extend what this host has seen.
            DamageError: stored bytes are not what the log committed to.
            StorageError: the disk is full or failing. Then nothing was appended, unless it failed at the very last
                step, after the commit: whether it was shows at the next append or opening.
        """
        signer = self._demand_signer()
        for entry in entries:
            demand_valid(entry)
        if not entries:
            return []
        with locked(self._layout.lock):
            return self._append(entries, signer)

    def hand_over(self, successor: Signer, entries: Sequence[NewEntry]) -> list[int]:
        """Changes the log's key: appends ``entries`` under a checkpoint that both keys sign; then ``successor`` signs.

        The last entry is of type ``key`` and enrols ``successor`` for the role ``log``, so that the old key signs a
        tree that names the new one. The checkpoint is kept in ``ledger/handover/``: whoever trusts the old key is led
        by it to the new one.

        Raises:
            LedgerError: the last entry does not enrol ``successor``; otherwise as ``append``.
        """
        signer = self._demand_signer()
        for entry in entries:
            demand_valid(entry)
        key = VerifierKey.of(successor)
        if not entries or entries[-1].type != "key" or log_key_of(entries[-1].body) != key:
            raise LedgerError(
                f"The last entry of a change of key enrols the new log key {key.name}; got another entry.",
                code="UP-LEDGER-38",
            )
        with locked(self._layout.lock):
            keep_key(self._disk, self._layout, key)
            indices = self._append(entries, signer, successor)
            self._signer = successor
            keep_handover(self._disk, self._layout, self._seen)
        return indices

    def begin(self, epoch: dict[str, object] | None = None) -> None:
        """Writes leaf 0 alone; ``epoch`` is what a restored log says there of the log before it.

        Raises:
            LedgerError: the log has begun already, or is read-only.
        """
        signer = self._demand_signer()
        with locked(self._layout.lock):
            tail = self._settle()
            if self.size:
                raise LedgerError("This log has begun already; leaf 0 is written once.", code="UP-LEDGER-42")
            draft = Draft(self._known(), epoch)
            self._commit(tail, draft, (self._moment()[0], False), (signer,))

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
        return verify(FolderSource(self._layout), trust=trust, since=since, state_head=self._state_head)

    def _append(self, entries: Sequence[NewEntry], *signers: Signer) -> list[int]:
        """As ``append``; needs the lock."""
        tail = self._settle()
        moment = self._moment()
        draft = Draft(self._known())
        filed: dict[tuple[str, bytes], int] = {}
        indices = [self._placed(draft, entry, filed) for entry in entries]
        if draft.rows:
            self._commit(tail, draft, moment, signers)
        for (ref, key), index in filed.items():
            self._bodies[ref][key] = index
        return indices

    def _settle(self) -> Tail:
        """Takes in what others appended, checks, and discards what lies beyond the checkpoint."""
        text = self._source.checkpoint()
        is_new = text != str(self._seen)
        if is_new:
            self._take_in(Checkpoint.parse(text))
        if len(self._seen.note.signatures) > 1 and successor(self, self._seen) is not None:
            keep_handover(self._disk, self._layout, self._seen)
        frontier = Frontier.read(FolderSource(self._layout), self.size)
        known = None if self._tail is None or is_new else self._tail.frontier
        if (known is None or known.partial() != frontier.partial()) and frontier.root() != self._seen.root:
            raise DamageError(
                f"The stored tiles do not lead to the checkpoint: expected root {self._seen.root.hex()}, got "
                f"{frontier.root().hex()}. Run `upright ledger verify` to see which tile differs.",
                code="UP-LEDGER-28",
            )
        self._demand_head(read_head(self._state_head))
        if self._tail is None or is_new:
            self._tail = Tail.find(FolderSource(self._layout), self.size)
        self._tail.discard_beyond(self._disk, self._layout)
        self._tail.frontier = frontier
        return self._tail

    def _take_in(self, found: Checkpoint) -> None:
        before = self._seen
        if found.origin != before.origin or found.size < before.size:
            raise RollbackError(
                f"The log was exchanged while it was open: expected {before.origin} with at least {before.size} "
                f"entries, got {found.origin} with {found.size}.",
                code="UP-LEDGER-34",
            )
        self._seen = found
        self._bodies.clear()
        self._hashes.forget()
        self._source.forget()
        try:
            if self.root(before.size) != before.root:
                raise RollbackError(
                    f"The log was rewritten while it was open: at {before.size} entries expected root "
                    f"{before.root.hex()}.",
                    code="UP-LEDGER-34",
                )
            self._demand_signed(found)
        except BaseException:
            self._seen = before
            raise

    def _demand_signed(self, checkpoint: Checkpoint) -> None:
        keys = public_keys(self._layout) if self._signer is None else [VerifierKey.of(self._signer)]
        checkpoint.verify(*keys)
        if self._signer is None or len(checkpoint.note.signatures) == 1:
            return
        new = successor(self, checkpoint)
        if new is not None and new != keys[0]:
            raise SignatureError(
                f"The key of this log was changed to {new.name} ({new.key_id.hex()}); open it with that key, not with "
                f"{keys[0].name} ({keys[0].key_id.hex()}).",
                code="UP-LEDGER-38",
            )

    def _demand_head(self, head: Checkpoint | None) -> None:
        if head is None or str(head) == str(self._seen):
            return
        demand_known(head, *public_keys(self._layout))
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

    def _placed(self, draft: Draft, entry: NewEntry, filed: dict[tuple[str, bytes], int]) -> int:
        """The index of an entry; ``filed`` takes evidence that is new, and counts only once it is committed."""
        if entry.type != "evidence":
            return draft.add(entry)
        bodies = self._bodies.get(entry.ref)
        if bodies is None:
            bodies = {}
            for old in self.stream(entry.ref):
                if old.body is not None:
                    bodies.setdefault(_same(old.media_type, old.body), old.index)
            self._bodies[entry.ref] = bodies
        key = _same(entry.media_type, entry.body)
        index = bodies.get(key, filed.get((entry.ref, key)))
        if index is None:
            index = filed[entry.ref, key] = draft.add(entry)
        return index

    def _commit(self, tail: Tail, draft: Draft, moment: tuple[str, bool], signers: tuple[Signer, ...]) -> None:
        time, late = moment
        written = draft.write(time, late=late)
        try:
            writer = Writer(self._disk, self._layout)
            after = tail.write(writer, written, leaf_hashes(written.leaves))
            writer.settle()
            checkpoint = Checkpoint.sign(self.origin, after.size, after.frontier.root(), *signers)
            self._disk.replace(self._layout.checkpoint, str(checkpoint).encode(), "checkpoint")
            draft.enter(time)
            self._seen, self._tail = checkpoint, after
        except BaseException:
            self._forget()
            raise
        if self._state_head is not None:
            write_head(self._disk, self._state_head, checkpoint)

    def _forget(self) -> None:
        """After a write that failed, or that Ctrl-C cut short, nothing remembered may differ from what is stored."""
        self._tail = None
        self._bodies.clear()
        self._streams = Streams()

    def _finish_erasures(self) -> None:
        if self._signer is None or not (erased := self._known().erased):
            return
        with locked(self._layout.lock):
            wipe(self._disk, self._layout, erased)
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
    keep_key(disk, layout, VerifierKey.of(signer))


def demand_origin(origin: str) -> None:
    """Returns nothing if a text may name a log: ``<organisation>/<uuid>``.

    Raises:
        LedgerError: it has another form.
    """
    if not _ORIGIN.fullmatch(origin):
        raise LedgerError(
            f"{origin[:100]!r} is not the origin of a log; expected <organisation>/<uuid> in lower case.",
            code="UP-LEDGER-37",
        )


def _same(media_type: str, body: bytes) -> bytes:
    return hashlib.sha256(media_type.encode() + b"\x00" + body).digest()
