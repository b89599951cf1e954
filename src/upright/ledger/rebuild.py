"""The quick way of a verification: write an entry tile anew out of openings and streams, and compare it as a whole.

Streams say where in its stream an entry stands, openings say what it holds; only time and type are read from the leaf.
Bytes that are the same as those stored prove at one stroke that leaves are canonical, places and streams follow each
other, and bodies, salts and media types are those that leaves commit to. Anything else is left as it was found, for
``walk`` to go through leaf by leaf and to say what differs.
"""

import hashlib
import re
from bisect import bisect_left
from operator import le

import msgspec

from upright.ledger.errors import DamageError
from upright.ledger.leaves import are_times, body_digest
from upright.ledger.openings import Opening, opening_fields, opening_label
from upright.ledger.source import FolderSource
from upright.ledger.streams import Stream, Streams
from upright.ledger.values import ENTRY_TYPES

_LEAF = '\0{"body":"%s","n":%d,"prev":%s,"stream":"%s'
"""A leaf up to where its time begins, behind a byte that parts it from the one before."""
_TAIL = re.compile(r'","time":"(.{24})","type":"([a-z]+)","v":1\}', re.DOTALL)
_TIME = slice(10, 34)
_PLAIN = frozenset(ENTRY_TYPES) - {"erasure", "key", "epoch"}
"""Types of which a verification asks nothing beyond what it asks of every entry."""
_LENGTHS = [length.to_bytes(2, "big") for length in range(400)]
_KEPT_TAILS = 4096
Value = str | int
Usual = tuple[list[int], bytes, bytes, int]
"""Of a stream: its entries; the bytes between salt and body; how what is hashed begins; where bodies begin."""
Raw = tuple[bytes, int, list[int]]


class Rebuilt(msgspec.Struct, frozen=True):
    """An entry tile that is as it was committed to: its leaf hashes, and the last entry's time."""

    hashes: list[bytes]
    last_time: bytes


class Rebuilder:
    """Takes the tiles of a log into ``streams``, one after the other, as long as they are what they should be."""

    def __init__(self, source: FolderSource, size: int, streams: Streams) -> None:
        self._source = source
        self._size = size
        self._streams = streams
        self._usual: dict[str, Usual] = {}
        self._tails: set[str] = set()
        self._announced: list[Stream] = []

    def tile(self, n: int, first: int, width: int, not_before: bytes) -> Rebuilt | None:
        """Takes an entry tile in; None, and nothing is changed, where it is not the one that is to be expected."""
        try:
            data = self._source.stored_entries(n, width)
            raw = self._source.raw_openings(first, width, self._size)
        except DamageError:
            return None
        text = data.decode("latin-1")
        pieces = text.split(',"stream":"')
        if len(raw[2]) != width or len(pieces) != width + 1 or not first:
            return None
        tails = self._read_tails(text, pieces, not_before.decode())
        if tails is None:
            return None
        template = "".join([_LEAF + tail for tail in tails]) if len(tails) > 1 else (_LEAF + tails[0]) * width
        leaves = self._take_in(data, [piece[:64] for piece in pieces[1:]], template, first, raw)
        if leaves is None:
            return None
        sha256, last_time = hashlib.sha256, tails[-1][_TIME].encode()
        self._streams.took(width, last_time)
        return Rebuilt([sha256(b"\0" + leaf).digest() for leaf in leaves], last_time)

    def _read_tails(self, text: str, pieces: list[str], not_before: str) -> list[str] | None:
        """What stands in each leaf behind its stream, time and type; one only, where it is the same in all of them.

        None where times fall, or where more has to be asked.
        """
        tails = [pieces[-1][64:]]
        if text.count(tails[0]) != len(pieces) - 1:
            tails = [piece[64 : piece.find("}", 64) + 1] for piece in pieces[1:]]
        if not all(map(self._is_plain, set(tails))):
            return None
        times = [not_before, *(tail[_TIME] for tail in tails)]
        return tails if all(map(le, times, times[1:])) else None

    def _is_plain(self, tail: str) -> bool:
        if tail in self._tails:
            return True
        match = _TAIL.fullmatch(tail)
        if match is None or match[2] not in _PLAIN or not are_times((match[1].encode("latin-1"),)):
            return False
        if len(self._tails) == _KEPT_TAILS:
            self._tails.clear()
        self._tails.add(tail)
        return True

    def _take_in(self, data: bytes, ids: list[str], template: str, first: int, raw: Raw) -> list[bytes] | None:
        """Adds the entries to their streams and gives their leaves, if these are the ones that are stored."""
        self._announced.clear()
        try:
            values = self._values(ids, first, raw)
            leaves = (template % tuple(values)).encode().split(b"\0")[1:]
            parts = [b""] * (2 * len(leaves))
            parts[::2] = map(_LENGTHS.__getitem__, map(len, leaves))
            parts[1::2] = leaves
            if b"".join(parts) == data:
                return leaves
        except DamageError:
            pass
        for id_ in set(ids):
            grown = self._streams.by_id.get(id_.encode("latin-1"))
            if grown is not None:
                del grown.entries[bisect_left(grown.entries, first) :]
        for stream in reversed(self._announced):
            self._streams.withdraw(stream)
        self._usual.clear()
        return None

    def _values(self, ids: list[str], first: int, raw: Raw) -> list[Value]:
        """What goes into ``_LEAF`` for each entry: body, n, prev, stream.

        What stands between salt and body is the same for most entries of a stream, so it is read once and then only
        compared: most of the time of a whole verification lies here.

        Raises:
            DamageError: an opening is not one of the stream that its leaf names.
        """
        data, begin, ends = raw
        values: list[Value] = []
        sha256, index = hashlib.sha256, first
        for id_, usual, end in zip(ids, map(self._usual.get, ids), ends, strict=True):
            if usual:
                entries, label, prefix, at = usual
                at += begin
                if at < end and not data[begin + 12] and data[begin + 45 : at] == label:
                    body = sha256(prefix + data[begin + 13 : begin + 45] + data[at:end]).hexdigest()
                    values += (body, len(entries), entries[-1], id_)
                    entries.append(index)
                    begin, index = end, index + 1
                    continue
            values += self._other(id_, index, data, begin, end)
            begin, index = end, index + 1
        return values

    def _other(self, id_: str, index: int, data: bytes, begin: int, end: int) -> tuple[str, int, Value, str]:
        """The same for an entry that is not like others of its stream: the first one, or one that announces."""
        stream = self._streams.by_id.get(id_.encode("latin-1"))
        stream_salt, salt, ref, media, body = opening_fields(data, begin, end)
        if stream is None or ref != stream.ref or stream_salt != (None if stream.entries else stream.salt):
            raise DamageError("an opening of another stream", code="UP-LEDGER-64")
        entries = stream.entries
        prev = entries[-1] if entries else "null"
        entries.append(index)
        if stream.is_index:
            opening = Opening(index, ref, stream_salt, salt, media, body)
            self._announced.append(self._streams.announce(opening, ref))
        else:
            self._usual[id_] = (entries, *opening_label(ref, media))
        return body_digest(media, salt, body), len(entries) - 1, prev, id_
