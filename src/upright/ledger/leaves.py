"""Leaves: the bytes that the tree commits to. They name no person, subject or content; openings do.

A leaf is the RFC 8785 form of an object with fixed keys, rendered from a template: ten times faster than a
serialiser, and ``tests/ledger/test_leaves.py`` holds it to be the same bytes.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import date

import msgspec

from upright.ledger.errors import DamageError
from upright.ledger.values import ENTRY_TYPES

SALT_BYTES = 32
MOST_LEAF_BYTES = 0xFFFF
_STREAM = b"upright/stream/1"
_BODY = b"upright/body/1"
_LEAF = re.compile(
    rb'\{"body":"(.{64})",("late":true,)?"n":(\d+,"prev":(?:null|\d+)),"stream":"(.{64})","time":"(.{24})",'
    rb'"type":"([a-z]+)","v":1\}',
    re.DOTALL,
)
_FIXED = len('{"body":"","n":,"stream":"","time":"","type":"","v":1}') + 64 + 64 + 24 + 2
_HEX = b"0123456789abcdef"
_TIMES = re.compile(rb"(?:\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z)*")
_NAMES = frozenset(t.encode() for t in ENTRY_TYPES)


class Leaf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A leaf as values; hashes in hex, ``prev`` an index in the log."""

    body: str
    n: int
    prev: int | None
    stream: str
    time: str
    type: str
    v: int
    late: bool = False


_DECODER = msgspec.json.Decoder(Leaf)


def leaf_bytes(*, body: str, n: int, prev: int | None, stream: str, time: str, type_: str, late: bool) -> bytes:
    """The canonical bytes of a leaf.

    >>> leaf_bytes(body="aa", n=0, prev=None, stream="bb", time="t", type_="record", late=False)
    b'{"body":"aa","n":0,"prev":null,"stream":"bb","time":"t","type":"record","v":1}'
    """
    behind = '"late":true,' if late else ""
    before = "null" if prev is None else prev
    return (
        f'{{"body":"{body}",{behind}"n":{n},"prev":{before},"stream":"{stream}",'
        f'"time":"{time}","type":"{type_}","v":1}}'
    ).encode()


def parse_leaf(data: bytes) -> Leaf:
    """Reads one leaf, and demands that it is written exactly as ``leaf_bytes`` writes it.

    Raises:
        DamageError: it is not.
    """
    try:
        leaf = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as why:
        raise DamageError(f"A leaf is not readable: {why}.", code="UP-LEDGER-20") from None
    same = leaf_bytes(
        body=leaf.body, n=leaf.n, prev=leaf.prev, stream=leaf.stream, time=leaf.time, type_=leaf.type, late=leaf.late
    )
    if same != data or leaf.v != 1 or leaf.type not in ENTRY_TYPES:
        raise DamageError(
            f"A leaf is not in canonical form: expected {same[:120]!r}…, got {data[:120]!r}…", code="UP-LEDGER-20"
        )
    return leaf


def stream_id(salt: bytes, ref: str) -> str:
    """What leaves say instead of a stream's ref: SHA-256("upright/stream/1" || salt || ref), in hex.

    Raises:
        DamageError: the salt does not have 32 bytes.
    """
    return hashlib.sha256(_STREAM + salt_of_32(salt) + ref.encode()).hexdigest()


def body_digest(media_type: str, salt: bytes, body: bytes) -> str:
    """What a leaf says of its body: SHA-256("upright/body/1" || media type || 0x00 || salt || body), in hex.

    Raises:
        DamageError: the salt does not have 32 bytes.
    """
    return hashlib.sha256(b"".join((body_prefix(media_type), salt_of_32(salt), body))).hexdigest()


def body_prefix(media_type: str) -> bytes:
    """How what is hashed for a body begins, before salt and body."""
    return _BODY + media_type.encode() + b"\x00"


def salt_of_32(salt: bytes) -> bytes:
    """The salt itself, once it is known to be 32 bytes: a shorter one would move the border to what follows it."""
    if len(salt) != SALT_BYTES:
        raise DamageError(f"A salt has {len(salt)} bytes; expected exactly {SALT_BYTES}.", code="UP-LEDGER-21")
    return salt


def entry_tile(leaves: list[bytes]) -> bytes:
    """Leaves as a C2SP entry bundle: each behind its length as a big-endian uint16."""
    return b"".join([len(leaf).to_bytes(2, "big") + leaf for leaf in leaves])


def split_entry_tile(data: bytes, width: int) -> tuple[list[bytes], int]:
    """The first ``width`` leaves of an entry bundle (or as many as are whole), and where they end."""
    leaves: list[bytes] = []
    at, end = 0, len(data)
    while len(leaves) < width and at + 2 <= end:
        stop = at + 2 + ((data[at] << 8) | data[at + 1])
        if stop > end:
            break
        leaves.append(data[at + 2 : stop])
        at = stop
    return leaves, at


def entry_tile_end(data: bytes, width: int) -> tuple[int, int]:
    """How many of the first ``width`` leaves of an entry bundle are whole, and where they end."""
    at, end = 0, len(data)
    try:
        for count in range(width):
            stop = at + 2 + ((data[at] << 8) | data[at + 1])
            if stop > end:
                return count, at
            at = stop
    except IndexError:
        return count, at
    return width, at


class Columns(msgspec.Struct, frozen=True):
    """The leaves of an entry tile by column, as bytes; ``place`` is ``n,"prev":prev`` as it is written."""

    body: tuple[bytes, ...]
    late: tuple[bytes, ...]
    place: tuple[bytes, ...]
    stream: tuple[bytes, ...]
    time: tuple[bytes, ...]
    type: tuple[bytes, ...]


def columns(tile: bytes, width: int) -> Columns | None:
    """All leaves of an entry tile at once; None if any of them, or the bundle, is not in canonical form.

    It does what ``parse_leaf`` does for each, except that leading zeros of ``place`` are left to the caller, who
    compares it with what is expected.
    """
    rows = _LEAF.findall(tile)
    if len(rows) != width:
        return None
    body, late, place, stream, time, type_ = zip(*rows, strict=True)
    tall = sum(map(len, late)) + sum(map(len, place)) + sum(map(len, type_))
    if tall + _FIXED * width != len(tile) or (b"".join(body) + b"".join(stream)).translate(None, _HEX):
        return None
    if not are_times(time) or not _NAMES.issuperset(type_):
        return None
    return Columns(body, late, place, stream, time, type_)


def place(n: int, prev: int | None) -> bytes:
    """How a leaf writes its place in its stream."""
    return b'%d,"prev":null' % n if prev is None else b'%d,"prev":%d' % (n, prev)


def are_times(times: Sequence[bytes]) -> bool:
    """Whether each text of 24 bytes is a time as a leaf writes it."""
    if not _TIMES.fullmatch(b"".join(times)):
        return False
    try:
        for day in {time[:10] for time in times}:
            date.fromisoformat(day.decode())
    except ValueError:
        return False
    return True
