"""What one append will write: the entries, and before them the announcements of streams that are new."""

import hashlib
import os
from functools import lru_cache

import msgspec

from upright.ledger.errors import LedgerError
from upright.ledger.leaves import SALT_BYTES, Columns, leaf_bytes, place, stream_id
from upright.ledger.openings import (
    MOST_BODY_BYTES,
    MOST_MEDIA_TYPE_BYTES,
    MOST_REF_BYTES,
    Opening,
    opening_bytes,
    opening_label,
)
from upright.ledger.streams import INDEX, ROOT, Stream, Streams, announcement_body
from upright.ledger.values import ENTRY_TYPES, JSON, NewEntry


class Row(msgspec.Struct, frozen=True):
    """One entry to come, at its place in its stream."""

    stream: Stream
    type: str
    media_type: str
    body: bytes
    n: int
    prev: int | None


class Written(msgspec.Struct, frozen=True):
    """An append as bytes: one leaf and one opening an entry."""

    leaves: list[bytes]
    openings: list[bytes]
    columns: Columns


class Draft:
    """Collects rows; knows the streams of the log and those that it announces itself."""

    def __init__(self, streams: Streams, epoch: dict[str, object] | None = None) -> None:
        self.first = streams.size
        self.rows: list[Row] = []
        self._streams = streams
        self._new: dict[str, Stream] = {}
        self._places: dict[str, tuple[int, int | None]] = {}
        if streams.size == 0:
            root = self._made(ROOT, ROOT)
            body = announcement_body(ROOT, root.salt, epoch)
            self._row(root, "record" if epoch is None else "epoch", JSON, body)

    def add(self, entry: NewEntry) -> int:
        """Takes an entry in; gives its index in the log.

        Raises:
            LedgerError: its stream was announced by another index than the entry names.
        """
        return self._row(self._stream(entry.ref, entry.index), entry.type, entry.media_type, entry.body)

    def write(self, time: str, *, late: bool) -> Written:
        """The bytes of all rows. Each entry gets a salt of its own."""
        salts = os.urandom(SALT_BYTES * len(self.rows))
        leaves, openings = [], []
        sha256, index = hashlib.sha256, self.first
        labels: dict[tuple[str, str], tuple[bytes, bytes]] = {}
        for row, begin in zip(self.rows, range(0, len(salts), SALT_BYTES), strict=True):
            stream, media = row.stream, row.media_type
            label = labels.get((stream.ref, media))
            if label is None:
                label = labels[stream.ref, media] = opening_label(stream.ref, media)[:2]
            salt = salts[begin : begin + SALT_BYTES]
            body = sha256(label[1] + salt + row.body).hexdigest()
            leaves.append(
                leaf_bytes(body=body, n=row.n, prev=row.prev, stream=stream.id, time=time, type_=row.type, late=late)
            )
            openings.append(opening_bytes(index, label[0], None if row.n else stream.salt, salt, row.body))
            index += 1
        return Written(leaves, openings, self._columns(time))

    def opening(self, index: int) -> Opening:
        """What a row will be read back as, for taking new streams in."""
        row = self.rows[index - self.first]
        return Opening(index, row.stream.ref, None, b"", row.media_type, row.body)

    def _columns(self, time: str) -> Columns:
        streams = tuple(row.stream.id.encode() for row in self.rows)
        types = tuple(row.type.encode() for row in self.rows)
        places = tuple(place(row.n, row.prev) for row in self.rows)
        return Columns((), (), places, streams, (time.encode(),), types)

    def _stream(self, ref: str, index: str) -> Stream:
        known = self._new.get(ref) or self._streams.by_ref.get(ref)
        if known is None:
            announcer = self._stream(index, ROOT)
            known = self._made(ref, index)
            self._row(announcer, "record", JSON, announcement_body(ref, known.salt))
        elif known.index != index and ref != ROOT:
            raise LedgerError(
                f"The stream {ref} is announced by {known.index}, so an entry cannot name {index}; "
                "one stream has one index.",
                code="UP-LEDGER-41",
            )
        return known

    def _made(self, ref: str, index: str) -> Stream:
        salt = os.urandom(SALT_BYTES)
        stream = self._new[ref] = Stream(ref=ref, id=stream_id(salt, ref), salt=salt, index=index)
        return stream

    def _row(self, stream: Stream, type_: str, media_type: str, body: bytes) -> int:
        index = self.first + len(self.rows)
        at = self._places.get(stream.ref)
        if at is None:
            at = stream.next_place()
        self.rows.append(Row(stream, type_, media_type, body, *at))
        self._places[stream.ref] = (at[0] + 1, index)
        return index


def demand_valid(entry: NewEntry) -> None:
    """Returns nothing if an entry can be appended.

    Raises:
        LedgerError: an unknown type, a ref or media type that is empty, too long or not plain, or a body too large.
    """
    if entry.type not in ENTRY_TYPES or entry.type == "epoch":
        raise _refused(entry, f"type {entry.type!r}", "one of " + ", ".join(t for t in ENTRY_TYPES if t != "epoch"))
    if not _is_plain(entry.ref, MOST_REF_BYTES) or ":" not in entry.ref or entry.ref.startswith(INDEX):
        raise _refused(entry, f"ref {entry.ref[:80]!r}", f"a stream's ref, at most {MOST_REF_BYTES} bytes, not index:")
    if not _is_plain(entry.index, MOST_REF_BYTES) or not entry.index.startswith(INDEX) or entry.index == ROOT:
        raise _refused(entry, f"index {entry.index[:80]!r}", "an index stream such as index:system:mortgage")
    if not entry.media_type.isascii() or not _is_plain(entry.media_type, MOST_MEDIA_TYPE_BYTES):
        raise _refused(entry, f"media type {entry.media_type[:80]!r}", "a media type such as application/json")
    if not 0 < len(entry.body) <= MOST_BODY_BYTES:
        raise _refused(entry, f"a body of {len(entry.body)} bytes", f"1 to {MOST_BODY_BYTES}")


@lru_cache(maxsize=4096)
def _is_plain(text: str, most: int) -> bool:
    """Not empty, no white space or control characters, and encodable within ``most`` bytes."""
    if not text or not text.isprintable() or " " in text:
        return False
    try:
        return len(text.encode()) <= most
    except UnicodeEncodeError:
        return False


def _refused(entry: NewEntry, got: str, expected: str) -> LedgerError:
    return LedgerError(
        f"An entry for {entry.ref[:80]!r} cannot be appended: expected {expected}, got {got}.", code="UP-LEDGER-40"
    )
