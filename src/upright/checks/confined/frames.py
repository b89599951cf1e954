"""Frames on the pipe between a sandboxed child and whoever started it: a JSON head, then raw bytes.

Both lengths stand in front and are bounded before anything is read, so neither side makes the other take more than it
expects. Nothing in a frame is ever executed or unpickled.
"""

import json
import os
import struct
from collections.abc import Iterable
from typing import Any

PREFIX = struct.Struct("<4sII")
MARK = b"UPR1"
MOST_HEAD = 1 << 20
MOST_BODY = 1 << 28
_JOINED = 1 << 18


class FrameError(ValueError):
    """What came is no frame, or a longer one than is taken."""


def encode(head: dict[str, Any], parts: Iterable[Any] = ()) -> list[memoryview]:
    """The buffers of one frame; ``parts`` are bytes-like and end up one after the other.

    Raises:
        FrameError: head or body is longer than a frame may be.
    """
    body = [memoryview(part).cast("B") for part in parts]
    text = json.dumps(head, separators=(",", ":")).encode()
    size = sum(len(part) for part in body)
    if len(text) > MOST_HEAD or size > MOST_BODY:
        raise FrameError(f"a frame of {len(text)} + {size} bytes is too long; send fewer rows at once")
    begin = PREFIX.pack(MARK, len(text), size) + text
    if size <= _JOINED:  # one write and one wait, where each column apart would cost one
        return [memoryview(b"".join((begin, *body)))]
    return [memoryview(begin), *body]


def lengths(prefix: bytes, most: int = MOST_BODY) -> tuple[int, int]:
    """Lengths of head and body.

    Raises:
        FrameError: no frame, or one beyond the bounds.
    """
    mark, head, body = PREFIX.unpack(prefix)
    if mark != MARK or head > MOST_HEAD or body > most:
        raise FrameError("its answer is not of the agreed form, or is too long")
    return head, body


def decode_head(data: bytes) -> dict[str, Any]:
    """The head of a frame.

    Raises:
        FrameError: not a JSON object.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise FrameError("its answer is not of the agreed form") from None
    if not isinstance(found, dict):
        raise FrameError("its answer is not of the agreed form")
    return found


def read(descriptor: int) -> tuple[dict[str, Any], memoryview] | None:
    """One whole frame, waiting for it; ``None`` where the other side has closed."""
    prefix = _exactly(descriptor, PREFIX.size)
    if prefix is None:
        return None
    head_size, body_size = lengths(bytes(prefix))
    head, body = _exactly(descriptor, head_size), _exactly(descriptor, body_size)
    if head is None or body is None:
        return None
    return decode_head(bytes(head)), memoryview(body)


def write(descriptor: int, head: dict[str, Any], parts: Iterable[Any] = ()) -> None:
    """One whole frame, waiting until it is taken."""
    for buffer in encode(head, parts):
        left = buffer
        while left:
            left = left[os.write(descriptor, left) :]


def _exactly(descriptor: int, size: int) -> bytearray | None:
    found = bytearray(size)
    left = memoryview(found)
    while left:
        count = os.readv(descriptor, [left])
        if count == 0:
            return None
        left = left[count:]
    return found
