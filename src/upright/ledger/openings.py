"""Openings: what a leaf stands for (stream, salts, media type, body), apart from the leaf so that it can be erased.

One opening in a file ``open/<k>``, integers big-endian: u32 length of what follows, u64 index, u8 flags (1: a stream
salt follows), stream salt?, salt of 32 bytes, u16 length and ref, u8 length and media type, body to the end.
"""

import struct
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from upright.ledger.errors import DamageError
from upright.ledger.leaves import SALT_BYTES, body_prefix

_HEAD = struct.Struct(">IQB")
_U16 = struct.Struct(">H")
_WIPED = bytes(SALT_BYTES)
MOST_BODY_BYTES = 16 * 1024 * 1024
MOST_REF_BYTES = 1024
MOST_MEDIA_TYPE_BYTES = 255
Fields = tuple[bytes | None, bytes, str, str, bytes]
"""Stream salt, salt, ref, media type, body."""


class Opening(msgspec.Struct, frozen=True):
    """What opens one leaf. ``stream_salt`` stands with the first entry of a stream. All-zero salt: wiped."""

    index: int
    ref: str
    stream_salt: bytes | None
    salt: bytes
    media_type: str
    body: bytes

    @property
    def is_wiped(self) -> bool:
        """Whether salt and body were overwritten by an erasure."""
        return self.salt == _WIPED and not any(self.body)


def opening_bytes(index: int, label: bytes, stream_salt: bytes | None, salt: bytes, body: bytes) -> bytes:
    """One opening as it is stored; ``label`` holds ref and media type, see ``opening_label``."""
    if stream_salt is None:
        return _HEAD.pack(9 + SALT_BYTES + len(label) + len(body), index, 0) + salt + label + body
    length = 9 + 2 * SALT_BYTES + len(label) + len(body)
    return b"".join((_HEAD.pack(length, index, 1), stream_salt, salt, label, body))


def read_openings(data: bytes, first: int, count: int, at: int = 0) -> Iterator[tuple[Opening, int]]:
    """Openings of the entries ``first``, ``first`` + 1, … and where each begins in ``data``; at most ``count``.

    Raises:
        DamageError: an opening is cut short, malformed, or its index is not the expected next one.
    """
    for index in range(first, first + count):
        opening, end = _read(data, at, index)
        yield opening, at
        at = end


def opening_ends(data: bytes, first: int, count: int) -> list[int]:
    """Where each of ``count`` openings ends, by hopping from length to length; shorter than asked where cut short."""
    ends: list[int] = []
    at, stop, unpack = 0, len(data), _HEAD.unpack_from
    try:
        for index in range(first, first + count):
            length, got, _flags = unpack(data, at)
            at += 4 + length
            if got != index or at > stop:
                break
            ends.append(at)
    except struct.error:
        return ends  # fewer bytes than a head has
    return ends


def opening_fields(data: bytes, at: int, end: int) -> Fields:
    """The parts of the opening that lies from ``at`` to ``end``, for loops that cannot afford a struct for each.

    Raises:
        DamageError: its parts do not fit into it.
    """
    flags, at = data[at + 12], at + 13
    stream_salt = None
    if flags:
        stream_salt, at = data[at : at + SALT_BYTES], at + SALT_BYTES
    middle = at + SALT_BYTES
    if middle + 2 > end:
        raise DamageError("an opening whose parts do not fit into it", code="UP-LEDGER-22")
    ref_end = middle + 2 + ((data[middle] << 8) | data[middle + 1])
    media_end = ref_end + 1 + data[ref_end] if ref_end < end else end + 1
    if media_end > end or flags > 1:
        raise DamageError("an opening whose parts do not fit into it", code="UP-LEDGER-22")
    try:
        ref, media = data[middle + 2 : ref_end].decode(), data[ref_end + 1 : media_end].decode()
    except UnicodeDecodeError:
        raise DamageError("an opening whose ref or media type is not UTF-8", code="UP-LEDGER-22") from None
    return stream_salt, data[at:middle], ref, media, data[media_end:end]


@lru_cache(maxsize=16_384)
def opening_label(ref: str, media_type: str) -> tuple[bytes, bytes, int]:
    """What openings of one stream share: the bytes between salt and body, how the hash of their bodies begins, and
    where, counted from the opening's own begin, their bodies begin (if no stream salt stands before).
    """
    name, media = ref.encode(), media_type.encode()
    label = b"".join((_U16.pack(len(name)), name, bytes((len(media),)), media))
    return label, body_prefix(media_type), _HEAD.size + SALT_BYTES + len(label)


def wiping(data: bytes, at: int, index: int) -> list[tuple[int, bytes]]:
    """Which bytes to overwrite with zeros, as (offset, zeros), to erase the opening that begins at ``at``."""
    opening, end = _read(data, at, index)
    salt_at = at + _HEAD.size + (SALT_BYTES if opening.stream_salt else 0)
    return [(salt_at, _WIPED), (end - len(opening.body), bytes(len(opening.body)))]


def _read(data: bytes, at: int, index: int) -> tuple[Opening, int]:
    try:
        length, got, flags = _HEAD.unpack_from(data, at)
        end = at + 4 + length
        if got != index or end > len(data) or flags > 1:
            raise _broken(index, f"index {got}, flags {flags}, ending at byte {end} of {len(data)}")
        at += _HEAD.size
        stream_salt = None
        if flags:
            stream_salt = data[at : at + SALT_BYTES]
            at += SALT_BYTES
        salt = data[at : at + SALT_BYTES]
        at += SALT_BYTES
        ref_end = at + 2 + ((data[at] << 8) | data[at + 1])
        media_end = ref_end + 1 + data[ref_end]
        if media_end > end:
            raise _broken(index, "a ref or media type that runs past its end")
        ref = data[at + 2 : ref_end].decode()
        media_type = data[ref_end + 1 : media_end].decode()
    except (struct.error, IndexError, UnicodeDecodeError) as why:
        raise _broken(index, str(why)) from None
    return Opening(index, ref, stream_salt, salt, media_type, data[media_end:end]), end


def _broken(index: int, got: str) -> DamageError:
    return DamageError(
        f"The opening of entry {index} is not readable: expected index {index} and a whole opening, got {got}.",
        code="UP-LEDGER-22",
    )
