"""The one write door: a record and its entry in the same transaction, or neither.

``write`` validates, looks whether someone else wrote meanwhile, saves, and enters what was done, by whom and why.
Several writes inside ``change()`` are one transaction and one append.
"""

import logging
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import ForeignKey

from upright.kernel import Actor, Ref, canonical_bytes
from upright.ledger import JSON, Checkpoint, NewEntry
from upright.ledger.errors import StorageError
from upright.records.trail.citing import demand_citable
from upright.records.trail.errors import ConflictError, DoorError, TamperedError
from upright.records.trail.history import newest_record
from upright.records.trail.projection import differing, project, spoken
from upright.records.trail.record import Record, find, writing
from upright.records.trail.references import Numbers, claim_ref, give_ref
from upright.records.trail.server_log import server_log
from upright.records.trail.store import DatabaseLog

BATCH = 1000
_LOG = logging.getLogger("upright.ledger")
Written = TypeVar("Written", bound=Record)
Answer = TypeVar("Answer")


@dataclass
class Change:
    """A transaction that is open: the entries that it will append, and what to put back if it fails.

    ``index`` is the organisation's index stream, which announces what belongs to no system.
    """

    index: str
    entries: list[NewEntry] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    numbers: Numbers = field(default_factory=Numbers)
    after: list[Callable[[], None]] = field(default_factory=list)
    """What follows the append inside the same transaction, such as wiping what an entry erases."""
    _undo: list[Callable[[], None]] = field(default_factory=list)
    _said: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the queued entries hold of each record: the newest of it, though the log does not have it yet."""
    _known: dict[tuple[tuple[type[Record], ...], Hashable], Any] = field(default_factory=dict)

    def put(self, record: Record, body: Mapping[str, Any]) -> None:
        """Saves one record, validated before, and queues its entry.

        Raises:
            ConflictError: someone else wrote it since it was read.
        """
        for key in [one for one in self._known if isinstance(record, one[0])]:
            del self._known[key]
        before = (record.ref, record.version)
        self._undo.append(lambda: _put_back(record, *before))
        if record.is_new:
            numbers = self.numbers
            record.ref = claim_ref(record, numbers) if record.ref else give_ref(record, numbers)
            record.version = 1
            _save(record, force_insert=True)
        else:
            self._demand_unchanged(record)
            record.version += 1
            _save(record, force_update=True)
        home = record.home()
        index = self.index if home is None else f"index:{home.bare}"
        whole = {"schema": record.schema(), "ref": record.ref, **body, "record": project(record)}
        self._said[record.ref] = whole["record"]
        evidence = spoken(record, self.index.removeprefix("index:"))
        if evidence is not None:
            whole["evidence"] = evidence
        self.entries.append(
            NewEntry(type="record", ref=record.ref, media_type=JSON, body=canonical_bytes(whole), index=index)
        )

    def _demand_unchanged(self, record: Record) -> None:
        """Nobody else wrote it since it was read, and nobody changed the row by SQL: an entry would make that good."""
        now = type(record)._base_manager.filter(pk=record.pk).first()
        if now is None:
            raise DoorError(f"{record.ref} is not in the database any more.", code="UP-DOOR-04")
        _lend_links(record, now)
        said = self._said.get(record.ref) or newest_record(record.ref)
        torn = ["a row without entry"] if said is None else list(differing(now, said))
        if torn:
            _LOG.error("a row is not what the ledger recorded of it", extra={"code": "UP-DOOR-10"})
            raise TamperedError(record.ref, torn)
        if now.version != record.version:
            raise ConflictError(str(record.ref), project(record), project(now))

    def add(self, entry: NewEntry) -> int:
        """Queues an entry that is no record's (evidence, a verdict, a key); gives its place in ``indices``."""
        self.entries.append(entry)
        return len(self.entries) - 1

    def once(self, of: tuple[type[Record], ...], key: Hashable, read: Callable[[], Answer]) -> Answer:
        """What ``read`` finds out of records of these types, asked once until one of them is written here."""
        if (of, key) not in self._known:
            self._known[of, key] = read()
        found: Answer = self._known[of, key]
        return found

    def undo(self) -> None:
        """Gives the objects in memory the version back that they had; the database did so itself."""
        for one in reversed(self._undo):
            one()


_CHANGE: ContextVar[Change | None] = ContextVar("upright_change", default=None)


class _Reached(Exception):  # noqa: N818 (no error: a rehearsal that came to its end)
    """A rehearsed verb came to its first write: nothing refused it."""


class _Rehearsal(Change):
    def put(self, record: Record, body: Mapping[str, Any]) -> None:  # noqa: ARG002 (the same signature)
        raise _Reached

    def add(self, entry: NewEntry) -> int:  # noqa: ARG002 (the same signature)
        raise _Reached


def rehearse(verb: Callable[[], Any]) -> None:
    """Runs a verb up to its first write, which is not made: a page that shows a button asks the verb itself.

    Raises:
        what the verb raises.
    """
    with rehearsing():
        try:
            verb()
        except _Reached:
            return


@contextmanager
def rehearsing() -> Iterator[None]:
    """Rehearsals of one page: nothing is written meanwhile, so they share what they asked once (``known_once``)."""
    if isinstance(_CHANGE.get(), _Rehearsal):
        yield
        return
    token = _CHANGE.set(_Rehearsal("index:none"))
    try:
        yield
    finally:
        _CHANGE.reset(token)


@contextmanager
def change() -> Iterator[Change]:
    """One transaction: lock, begin, the block, one append, commit, state head, unlock. Nested, it joins the outer one.

    Raises:
        LedgerError: the log refuses the append; then nothing was written.
    """
    outer = _CHANGE.get()
    if outer is not None:
        yield outer
        return
    log = server_log()
    mine = Change(f"index:organisation:{log.origin.partition('/')[0]}")
    token = _CHANGE.set(mine)
    try:
        with log.locked():
            checkpoint = None
            with transaction.atomic():
                yield mine
                mine.numbers.store()
                if mine.entries:
                    mine.indices, checkpoint = log.append(mine.entries)
                for step in mine.after:
                    step()
            if checkpoint is not None:
                _remember(log, checkpoint)
    except BaseException:
        mine.undo()
        raise
    finally:
        _CHANGE.reset(token)


def known_once(of: tuple[type[Record], ...], key: Hashable, read: Callable[[], Answer]) -> Answer:
    """What ``read`` finds, asked once within an open change: it holds the lock, so nobody else writes meanwhile.

    ``of`` names the types that the answer rests on; when one of them is written, it is asked again.
    """
    mine = _CHANGE.get()
    return read() if mine is None else mine.once(of, key, read)


def _remember(log: DatabaseLog, checkpoint: Checkpoint) -> None:
    """Moves this host's state head. Where its disk is full, what was committed stays so: the head lags, as in a crash.

    Whoever wrote is told the truth, that it is written; the log says what is to be done.
    """
    try:
        log.committed(checkpoint)
    except StorageError as why:
        _LOG.error("the state head lags behind the ledger; free some space", extra={"code": why.code})


def write(record: Written, *, actor: Actor, action: str, reason: str = "", cause: int | None = None) -> Written:
    """Validates, saves and enters one record.

    Args:
        record: new, or as it was read and changed since; its ``version`` says what it was read as.
        actor: who does it.
        action: an event, ``app.thing.verb`` in past tense, such as ``risk.risk.accepted``.
        reason: why, in the actor's words.
        cause: the entry that a reaction answers to.

    Raises:
        ValidationError: a field is not what its model allows; nothing was written.
        ConflictError: someone else wrote it since it was read.
    """
    body = _body(actor, action, reason, cause)
    validate(record)
    with change() as mine:
        mine.put(record, body)
    return record


def write_many(
    records: Iterable[Written], *, actor: Actor, action: str, reason: str = "", cause: int | None = None
) -> int:
    """Writes many records in transactions of at most 1,000, each all or nothing; gives how many were written.

    Raises:
        ValidationError, ConflictError: of the first record that does not fit; the batches before it stay written.
    """
    body = _body(actor, action, reason, cause)
    rest, count = iter(records), 0
    while batch := list(islice(rest, BATCH)):
        for record in batch:
            validate(record)
        with change() as mine:
            for record in batch:
                mine.put(record, body)
        count += len(batch)
    return count


def validate(record: Record) -> None:
    """Returns nothing if every field is what its model allows, and every ``Ref`` to the left names a record.

    Raises:
        ValidationError: by field, in words.
    """
    left_out = record.known_links() | {"id"} | (set() if record.ref else {"ref"})
    if record.is_new:
        record.full_clean(exclude=left_out)
    else:  # its reference was unique when it was given; should somebody have changed it, the database refuses it
        record.full_clean(exclude=left_out, validate_unique=False)
        record.validate_unique(exclude=left_out | {"ref"})
    demand_citable(record)


def enter(entries: Sequence[NewEntry]) -> list[int]:
    """Appends entries that belong to no row, in a transaction of their own or the open one; gives their indices.

    Raises:
        DoorError: called inside an open change, whose indices are not known before it ends.
    """
    if _CHANGE.get() is not None:
        raise DoorError("Inside a change use its add(); indices are known when it is over.", code="UP-DOOR-02")
    with change() as mine:
        for entry in entries:
            mine.add(entry)
    return mine.indices


def refresh(record: Written) -> Written:
    """The record as it stands now."""
    return type(record)._base_manager.get(pk=record.pk)


def linked(ref: str | Ref) -> Record:
    """The record that a reference to the left names.

    Raises:
        DoorError: there is none.
    """
    found = find(ref)
    if found is None:
        raise DoorError(f"{ref} names no record here.", code="UP-DOOR-04")
    return found


def _save(record: Record, **how: bool) -> None:
    token = writing.set(True)
    try:
        record.save(**how)
    finally:
        writing.reset(token)


def _lend_links(record: Record, now: Record) -> None:
    """Gives the row that was just read what was read of the records that it links to: they are not looked up again."""
    for one in type(record)._meta.concrete_fields:
        if isinstance(one, ForeignKey) and one.is_cached(record):
            target = one.get_cached_value(record)
            if target is not None and target.pk == getattr(now, one.attname):
                one.set_cached_value(now, target)


def _put_back(record: Record, ref: str, version: int) -> None:
    record.ref, record.version = ref, version
    if not version:
        record._state.adding = True


def _body(actor: Actor, action: str, reason: str, cause: int | None) -> dict[str, Any]:
    if action.count(".") < 2 or not action.replace(".", "").replace("_", "").isalnum() or action != action.lower():
        raise DoorError(f"{action!r} is no event; expected app.thing.verb in past tense.", code="UP-DOOR-02")
    return {"action": action, "actor": str(actor), "via": actor.via, "reason": reason.strip(), "cause": cause}
