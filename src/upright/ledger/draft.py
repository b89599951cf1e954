"""What one append will write: the entries, and before them the announcements of streams that are new."""

import hashlib
import os
from functools import lru_cache

import msgspec

from upright.ledger.errors import LedgerError
from upright.ledger.leaves import SALT_BYTES, leaf_bytes, stream_id
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
        leaves, openings, begin = [], [], 0
        sha256 = hashlib.sha256
        for index, row in enumerate(self.rows, self.first):
            stream, n, content = row.stream, row.n, row.body
            salt = salts[begin : begin + SALT_BYTES]
            label, prefix, _body_at = opening_label(stream.ref, row.media_type)
            body = sha256(prefix + salt + content).hexdigest()
            leaves.append(
                leaf_bytes(body=body, n=n, prev=row.prev, stream=stream.id, time=time, type_=row.type, late=late)
            )
            openings.append(opening_bytes(index, label, None if n else stream.salt, salt, content))
            begin += SALT_BYTES
        return Written(leaves, openings)

    def enter(self, time: str) -> None:
        """Takes the rows into the streams that it was begun with, once they are written and committed."""
        streams = self._streams
        for stream in self._new.values():
            streams.add(stream)
        for index, row in enumerate(self.rows, self.first):
            row.stream.entries.append(index)
            if row.type == "erasure":
                streams.erase(row.stream, Opening(index, row.stream.ref, None, b"", row.media_type, row.body))
        streams.took(len(self.rows), time.encode())

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
        id_, is_index = stream_id(salt, ref), ref.startswith(INDEX)
        stream = self._new[ref] = Stream(ref=ref, id=id_, salt=salt, index=index, is_index=is_index)
        return stream

    def _row(self, stream: Stream, type_: str, media_type: str, body: bytes) -> int:
        index = self.first + len(self.rows)
        n, prev = self._places.get(stream.ref) or stream.next_place()
        self.rows.append(Row(stream, type_, media_type, body, n, prev))
        self._places[stream.ref] = (n + 1, index)
        return index


def demand_valid(entry: NewEntry) -> None:
    """Returns nothing if an entry can be appended.

    Raises:
        LedgerError: an unknown type, a ref or media type that is empty, too long or not plain, or a body too large.
    """
    unfit = _unfit(entry.type, entry.ref, entry.index, entry.media_type)
    if unfit is None and not 0 < len(entry.body) <= MOST_BODY_BYTES:
        unfit = f"a body of {len(entry.body)} bytes", f"1 to {MOST_BODY_BYTES}"
    if unfit is not None:
        raise LedgerError(
            f"An entry for {entry.ref[:80]!r} cannot be appended: expected {unfit[1]}, got {unfit[0]}.",
            code="UP-LEDGER-40",
        )


@lru_cache(maxsize=16_384)
def _unfit(type_: str, ref: str, index: str, media_type: str) -> tuple[str, str] | None:
    """What is wrong with an entry whatever its body is, as (got, expected); entries of one stream are alike here."""
    if type_ not in ENTRY_TYPES or type_ == "epoch":
        return f"type {type_!r}", "one of " + ", ".join(t for t in ENTRY_TYPES if t != "epoch")
    if not _is_plain(ref, MOST_REF_BYTES) or ":" not in ref or ref.startswith(INDEX):
        return f"ref {ref[:80]!r}", f"a stream's ref, at most {MOST_REF_BYTES} bytes, not index:"
    if not _is_plain(index, MOST_REF_BYTES) or not index.startswith(INDEX) or index == ROOT:
        return f"index {index[:80]!r}", "an index stream such as index:system:mortgage"
    if not media_type.isascii() or not _is_plain(media_type, MOST_MEDIA_TYPE_BYTES):
        return f"media type {media_type[:80]!r}", "a media type such as application/json"
    return None


def _is_plain(text: str, most: int) -> bool:
    """Not empty, no white space or control characters, and encodable within ``most`` bytes."""
    if not text or not text.isprintable() or " " in text:
        return False
    try:
        return len(text.encode()) <= most
    except UnicodeEncodeError:
        return False
