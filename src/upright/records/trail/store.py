"""The log in the database: an append inside the transaction of the change that it records (contracts, section 4).

The order: lock, begin, rows, append as the last step, commit, state head, unlock. A crash leaves the state head behind
the log, never ahead of it. The lock is taken first on both databases, since references are given under it (decision
0171).
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path

from django.db import connection

from upright.kernel import Clock, Signer, parse_time, system_clock, time_text
from upright.ledger import Checkpoint, DamageError, LedgerError, NewEntry, RollbackError, VerifierKey
from upright.ledger.disk import Disk
from upright.ledger.draft import Draft, Written, demand_valid
from upright.ledger.frontier import Frontier
from upright.ledger.handover import keep_key
from upright.ledger.layout import TILE_WIDTH, Layout
from upright.ledger.leaves import parse_leaf
from upright.ledger.lock import locked
from upright.ledger.openings import Opening
from upright.ledger.source import public_keys
from upright.ledger.statehead import demand_extends, demand_known, read_head, write_head
from upright.ledger.streams import Stream, Streams
from upright.ledger.tree import EMPTY_ROOT, leaf_hashes
from upright.ledger.view import View
from upright.records.trail import prepared
from upright.records.trail.models import HashTile, LedgerEntry, LedgerLog, LedgerStream
from upright.records.trail.source import DatabaseSource, tile_key

_FARTHEST_AHEAD = timedelta(hours=24)
_TICK = timedelta(milliseconds=1)
_ADVISORY = 0x5570726967687431
"""``Upright1``: the number of the session advisory lock on PostgreSQL."""
_FIRMLY = (
    "set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' "
    "ELSE current_setting('synchronous_commit') END, false)"
)
"""Where PostgreSQL is set to answer a commit before it is kept, a crash would leave the state head ahead of the log."""
_IN_A_BATCH = 500
_AT_ONCE = 200
_FEW = 4
_END = ("ref", "stream", "salt", "index_ref", "entries", "newest")
_Same = tuple[str, bytes]
"""A stream and the digest of an entry's bytes."""


class StoredStream(Stream, kw_only=True):
    """A stream of which only its end is known."""

    count: int
    newest: int | None

    def next_place(self) -> tuple[int, int | None]:
        """Number and predecessor of the entry that comes next."""
        return self.count, self.newest


class DatabaseLog:
    """The log of this server. ``home`` is the folder beside the database: lock file, public keys.

    Raises, everywhere:
        DamageError: stored rows are not what the log committed to.
        RollbackError: the log does not extend what this host has seen of it.
        SignatureError: the checkpoint is not signed by this server's log key.
    """

    def __init__(
        self, signer: Signer, origin: str, home: Path, state_head: Path | None, clock: Clock = system_clock
    ) -> None:
        self.origin = origin
        self._signer = signer
        self._layout = Layout(home)
        self._state_head = state_head
        self._clock = clock
        self._disk = Disk()

    @property
    def source(self) -> DatabaseSource:
        """Read access, for views, proofs and verification."""
        return DatabaseSource(self._layout)

    @property
    def state_head(self) -> Path | None:
        """The file outside the database that remembers the newest checkpoint."""
        return self._state_head

    @property
    def key(self) -> VerifierKey:
        """The public side of the key that signs checkpoints."""
        return VerifierKey.of(self._signer)

    def view(self) -> View:
        """The log as of its newest checkpoint, to read and to prove from."""
        return View(self.source)

    def create(self) -> None:
        """Writes the empty log, its checkpoint of size 0 signed; inside a transaction.

        Raises:
            LedgerError: there is one already.
        """
        if LedgerLog.objects.exists():
            raise LedgerError("This database has a ledger already.", code="UP-LEDGER-42")
        self._disk.make_folder(self._layout.public_keys)
        keep_key(self._disk, self._layout, self.key)
        checkpoint = Checkpoint.sign(self.origin, 0, EMPTY_ROOT, self._signer)
        LedgerLog.objects.create(origin=self.origin, checkpoint=str(checkpoint))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the log's lock: nobody else on this database appends meanwhile."""
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_lock(%s), {_FIRMLY}", [_ADVISORY])
            try:
                yield
            finally:
                if connection.connection is not None and not connection.connection.closed:
                    with connection.cursor() as cursor:
                        cursor.execute("SELECT pg_advisory_unlock(%s)", [_ADVISORY])
            return
        self._disk.make_folder(self._layout.folder)
        with locked(self._layout.lock):
            yield

    def append(self, entries: Sequence[NewEntry]) -> tuple[list[int], Checkpoint]:
        """Appends entries; needs the lock and an open transaction, whose last step this is.

        Gives each entry's index and the checkpoint, which ``committed`` takes once the transaction is committed.
        Evidence whose bytes stand in its stream already is not appended again: its index is that of the first.
        """
        for entry in entries:
            demand_valid(entry)
        text, newest, leaf = self.source.end()
        seen = self._sound(text)
        frontier = _frontier(self.source, seen)
        streams = _streams(seen.size, entries)
        draft, filed = Draft(streams), _filed(streams, entries)
        indices = [_placed(draft, entry, filed) for entry in entries]
        if not draft.rows:
            return indices, seen
        time, late = self._moment(_last_time(seen.size, newest, leaf))
        written = draft.write(time, late=late)
        self._store(draft, written, frontier)
        checkpoint = Checkpoint.sign(seen.origin, frontier.size, frontier.root(), self._signer)
        LedgerLog.objects.update(checkpoint=str(checkpoint))
        return indices, checkpoint

    def committed(self, checkpoint: Checkpoint) -> None:
        """Moves this host's state head; after the commit, before the lock is given back."""
        if self._state_head is not None:
            write_head(self._disk, self._state_head, checkpoint)

    def demand_sound(self) -> Checkpoint:
        """The stored checkpoint, once its signature holds and it extends what this host has seen."""
        return self._sound(self.source.checkpoint())

    def _sound(self, text: str) -> Checkpoint:
        head = read_head(self._state_head)
        checkpoint = _signed(text, str(self.key))
        if head is None or str(head) == text:
            return checkpoint
        demand_known(head, *public_keys(self._layout))
        root = self.view().root(head.size) if head.size <= checkpoint.size else None
        demand_extends(checkpoint.origin, checkpoint.size, checkpoint.root, head, root)
        return checkpoint

    def _moment(self, last: str) -> tuple[str, bool]:
        now = self._clock()
        text = time_text(now)
        if text >= last:
            return text, False
        if parse_time(last) - now > _FARTHEST_AHEAD:
            raise LedgerError(
                f"The last entry is dated {last}, over 24 h ahead of this clock ({text}). Set the clock right; if the "
                "entry is what is wrong, open a new epoch with restore.",
                code="UP-LEDGER-45",
            )
        return time_text(parse_time(last) + _TICK), True

    def _store(self, draft: Draft, written: Written, frontier: Frontier) -> None:
        rows = zip(draft.rows, written.leaves, written.openings, strict=True)
        LedgerEntry.objects.bulk_create(
            [
                _row(opening_of(data, index), leaf, row.stream.salt)
                for index, (row, leaf, data) in enumerate(rows, draft.first)
            ],
            batch_size=_IN_A_BATCH,
        )
        tiles = [
            HashTile(key=tile_key(level, n), hashes=hashes)
            for level, n, hashes in _grown(frontier, leaf_hashes(written.leaves))
        ]
        HashTile.objects.bulk_create(
            tiles, update_conflicts=True, unique_fields=["key"], update_fields=["hashes"], batch_size=_IN_A_BATCH
        )
        _store_streams(draft)


def _signed(text: str, key: str) -> Checkpoint:
    """A checkpoint whose signature by the key holds; the newest ones are remembered, as text and key decide alone."""
    return _verified(text, key)


@lru_cache(maxsize=8)
def _verified(text: str, key: str) -> Checkpoint:
    checkpoint = Checkpoint.parse(text)
    checkpoint.verify(VerifierKey.parse(key))
    return checkpoint


def _frontier(source: DatabaseSource, seen: Checkpoint) -> Frontier:
    """The stored right edge, read in one query, once it leads to the checkpoint's root."""
    edges = {}
    level = 0
    while seen.size >> (8 * level):
        n, width = divmod(seen.size >> (8 * level), TILE_WIDTH)
        if width:
            edges[level] = (tile_key(level, n), width * 32)
        level += 1
    keys = [key for key, _ in edges.values()]
    stored = {key: bytes(data) for key, data in _tiles(keys)}
    partial = []
    for at in range(level):
        key, wanted = edges.get(at, (0, 0))
        data = stored.get(key, b"")[:wanted] if wanted else b""
        if len(data) < wanted:
            source.hash_tile(at, key % tile_key(1, 0), wanted // 32)
        partial.append(data)
    frontier = Frontier(seen.size, partial)
    if frontier.root() != seen.root:
        raise DamageError(
            f"The stored tiles do not lead to the checkpoint: expected root {seen.root.hex()}, got "
            f"{frontier.root().hex()}. Run 'upright ledger verify' to see which tile differs.",
            code="UP-LEDGER-28",
        )
    return frontier


def _streams(size: int, entries: Iterable[NewEntry]) -> Streams:
    """Of the streams that an append needs, where they end."""
    refs = {"index:root"} | {entry.ref for entry in entries} | {entry.index for entry in entries}
    found = Streams()
    found.size = size
    wanted = sorted(refs)
    for start in range(0, len(wanted), _IN_A_BATCH):
        for ref, stream, salt, index, count, newest in _ends(wanted[start : start + _IN_A_BATCH]):
            found.by_ref[ref] = StoredStream(
                ref=ref, id=stream, salt=bytes(salt), index=index, count=count, newest=newest
            )
    return found


def _tiles(keys: list[int]) -> list[prepared.Row]:
    stand_in = range(-len(keys), 0)  # no tile has such a key
    return prepared.rows(
        ("trail.tiles", len(keys)),
        lambda: HashTile.objects.filter(key__in=stand_in).values_list("key", "hashes"),
        dict(zip(stand_in, keys, strict=True)),
    )


def _ends(refs: list[str]) -> list[prepared.Row]:
    """Asked for four or for a whole batch, the last one repeated, so that two queries are kept for any number."""
    width = _FEW if len(refs) <= _FEW else _IN_A_BATCH
    stand_in = [f"{number}" for number in range(width)]  # no reference is without a colon
    return prepared.rows(
        ("trail.ends", width),
        lambda: LedgerStream.objects.filter(ref__in=stand_in).values_list(*_END),
        dict(zip_longest(stand_in, refs, fillvalue=refs[-1])),
    )


def _filed(streams: Streams, entries: Iterable[NewEntry]) -> dict[_Same, int]:
    """Where evidence stands in its stream already: asked in batches, and only of streams that there are."""
    wanted = [one for one in entries if one.type == "evidence" and one.ref in streams.by_ref]
    found: dict[_Same, int] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        same = LedgerEntry.objects.filter(ref__in={one.ref for one in some}, body__in={one.body for one in some})
        columns = same.order_by("index").values_list("index", "ref", "media_type", "body")
        for index, ref, media_type, body in columns:
            found.setdefault(_same(ref, media_type, bytes(body)), index)
    return found


def _same(ref: str, media_type: str, body: bytes) -> _Same:
    return ref, hashlib.sha256(media_type.encode() + b"\x00" + body).digest()


def _placed(draft: Draft, entry: NewEntry, filed: dict[_Same, int]) -> int:
    if entry.type != "evidence":
        return draft.add(entry)
    key = _same(entry.ref, entry.media_type, entry.body)
    if key not in filed:
        filed[key] = draft.add(entry)
    return filed[key]


def opening_of(data: bytes, index: int) -> Opening:
    """The opening that ``Draft.write`` rendered."""
    from upright.ledger.openings import read_openings

    return next(read_openings(data, index, 1))[0]


def _row(opening: Opening, leaf: bytes, stream_salt: bytes) -> LedgerEntry:
    return LedgerEntry(
        index=opening.index,
        leaf=leaf,
        ref=opening.ref,
        stream_salt=None if opening.stream_salt is None else stream_salt,
        salt=opening.salt,
        media_type=opening.media_type,
        body=opening.body,
    )


def _last_time(size: int, newest: int, leaf: bytes) -> str:
    """When the newest entry was made. A row beyond it was never ours: rows and checkpoint are committed together."""
    if newest >= size:
        raise RollbackError(
            f"The checkpoint names {size} entries and there is a row of entry {newest}: the checkpoint was set back "
            "or a row was forged. Run 'upright ledger verify'.",
            code="UP-LEDGER-34",
        )
    return parse_leaf(leaf).time if size and newest == size - 1 else ""


def _grown(frontier: Frontier, hashes: list[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Extends the frontier; gives each tile that changes as (level, number, all its hashes)."""
    before = frontier.partial()
    for level, n, offset, data in frontier.extend(hashes):
        yield level, n, before[level] + data if offset else data


def _store_streams(draft: Draft) -> None:
    ends: dict[str, LedgerStream] = {}
    for index, row in enumerate(draft.rows, draft.first):
        stream = row.stream
        ends[stream.ref] = LedgerStream(
            ref=stream.ref,
            stream=stream.id,
            salt=stream.salt,
            index_ref=stream.index,
            entries=row.n + 1,
            newest=index,
        )
    LedgerStream.objects.bulk_create(
        list(ends.values()),
        update_conflicts=True,
        unique_fields=["ref"],
        update_fields=["entries", "newest"],
        batch_size=_IN_A_BATCH,
    )
