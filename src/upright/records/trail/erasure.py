"""Erasing a person's data: the row is blanked, entries say that earlier bodies are gone, then the bodies go.

All in one transaction. Leaves, and with them every proof, stay as they are. Afterwards SQLite's journal is emptied,
which would show the old pages until it is written over (0318).
"""

import logging

from django.db import OperationalError, connection, transaction

from upright.kernel import Actor
from upright.ledger.erasure import erasure_entry
from upright.ledger.streams import may_be_erased
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import entries_of
from upright.records.trail.models import LedgerEntry, LedgerStream
from upright.records.trail.reasons import says_nothing
from upright.records.trail.record import Record

_SALT = bytes(32)
_WAIT = 2_000  # ms for those who read at this moment: whoever else writes waits as long
_LOG = logging.getLogger(__name__)


def erase(record: Record, *, actor: Actor, reason: str) -> list[int]:
    """Blanks the personal fields of a record and erases every earlier body of its stream; gives the erased entries.

    What holds data of the same person (``erased_with``) goes in the same transaction.

    Raises:
        RefusedError: the type holds no personal data, they are needed yet, or no reason was given.
    """
    demand_erasable(record)
    if says_nothing(reason):
        raise RefusedError("An erasure needs a reason, in words: who asked, on what ground.", code="UP-DOOR-09")
    earlier = [one for one in entries_of(record.ref) if one.body is not None and may_be_erased(one.type, one.ref)]
    stream = LedgerStream.objects.get(ref=record.ref)
    with change() as mine:
        others = [index for other in record.erased_with() for index in erase(other, actor=actor, reason=reason)]
        record.blank()
        write(record, actor=actor, action="trail.record.erased", reason=reason)
        for entry in earlier:
            mine.add(erasure_entry(entry, stream.index_ref, reason=reason, actor=str(actor)))
        mine.after.append(lambda: _wipe([one.index for one in earlier]))
        if not others:  # once for those who go together: the outermost comes after them
            transaction.on_commit(_empty_journal)
    return [*others, *(one.index for one in earlier)]


def demand_erasable(record: Record) -> None:
    """Refuses where nothing is to be erased, or not yet.

    Raises:
        RefusedError: the type holds no personal data, or they are needed as long as the record stands as it does.
    """
    if not record.personal:
        raise RefusedError(
            f"A {record.ref_type} holds no personal data by its description, so there is nothing to erase in "
            f"{record.ref}.",
            code="UP-DOOR-09",
        )
    if why := record.not_erasable():
        raise RefusedError(f"{record.ref} cannot be erased yet: {why}.", code="UP-DOOR-09")


def _wipe(indices: list[int]) -> None:
    for row in LedgerEntry.objects.filter(index__in=indices).only("index", "body"):
        LedgerEntry.objects.filter(index=row.index).update(salt=_SALT, body=bytes(len(row.body)))


def _empty_journal() -> None:
    """Brings SQLite's journal into the database and cuts it to nothing. PostgreSQL keeps its own, as the guide says."""
    if connection.vendor != "sqlite":
        return
    patience = round(connection.settings_dict["OPTIONS"].get("timeout", 5) * 1_000)
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {_WAIT:d}")
        try:
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except OperationalError:  # what was erased is erased; only the file lags
            busy = 1
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {patience:d}")
    if busy:
        _LOG.warning("the journal of the database may show what was erased until the server stops or erases again")
