"""Reading on behind a damaged length: which entry is the one that differs, and are those behind it whole?

Only verification needs this. A reader refuses a file whose lengths do not fit; a verifier says what is wrong with it.
"""

import re
import struct

_LEAF = re.compile(rb"\{[^{}]*\}")
_HEAD = struct.Struct(">IQB")
_FARTHEST = 8
"""How many openings in a row may be damaged; behind more of them, the rest of the file is not told apart."""

Piece = tuple[int, int, bool]
"""Where an opening begins and ends, and whether its own header says so."""


def mended_leaves(data: bytes, width: int) -> tuple[list[bytes], int] | None:
    """The leaves of an entry tile, told by their braces, and the first whose length is wrong; None if that fails."""
    found = list(_LEAF.finditer(data))[:width]
    if len(found) < width:
        return None
    leaves = [match.group() for match in found]
    end = 0
    for at, match in enumerate(found):
        begin = end + 2
        if match.start() != begin or data[end:begin] != len(match.group()).to_bytes(2, "big"):
            return leaves, at
        end = match.end()
    return leaves, width


def mended_openings(data: bytes, first: int, count: int) -> list[Piece | None]:
    """Where each opening lies: by the lengths, and where one does not fit, by the next index that is found."""
    pieces: list[Piece | None] = []
    at = 0
    while len(pieces) < count:
        index = first + len(pieces)
        end = _end(data, at, index)
        if end is not None and (len(pieces) == count - 1 or _end(data, end, index + 1) is not None):
            pieces.append((at, end, True))
            at = end
            continue
        found = _next(data, at, index, first + count)
        if found is not None and found[0] == index + 1:
            pieces.append((at, found[1], False))  # its length is what is wrong
            at = found[1]
        elif end is not None:
            pieces.append((at, end, True))  # the one behind it is what is wrong
            at = end
        elif found is not None:
            pieces += [None] * (found[0] - index)
            at = found[1]
        else:
            last: list[Piece | None] = [(at, len(data), False)] if at + _HEAD.size <= len(data) else []
            return [*pieces, *last, *[None] * count][:count]
    return pieces


def _end(data: bytes, at: int, index: int) -> int | None:
    """Where the opening that begins at ``at`` says that it ends; None if it is not one of that index."""
    if at + _HEAD.size > len(data):
        return None
    length, got, flags = _HEAD.unpack_from(data, at)
    end: int = at + 4 + length
    return end if got == index and flags < 2 and end <= len(data) else None


def _next(data: bytes, at: int, index: int, stop: int) -> tuple[int, int] | None:
    """The next opening behind ``at`` that can be told by its index, and where it begins."""
    for following in range(index + 1, min(index + 1 + _FARTHEST, stop)):
        wanted = following.to_bytes(8, "big")
        found = data.find(wanted, at + _HEAD.size)
        while found >= 0:
            end = _end(data, found - 4, following)
            if end is not None and (end == len(data) or following + 1 == stop or _end(data, end, following + 1)):
                return following, found - 4
            found = data.find(wanted, found + 1)
    return None
