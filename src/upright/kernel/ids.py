"""Keys of records: UUIDs of version 7, which sort by the time they were made."""

import os
import uuid

from upright.kernel.clock import Clock, system_clock

_RANDOM_BITS = 62


def uuid7(clock: Clock = system_clock) -> uuid.UUID:
    """A new UUID of version 7: 48 bits of Unix time in milliseconds, then 74 random ones.

    Source: RFC 9562, section 5.7.

    >>> uuid7().version
    7
    """
    millisecond = int(clock().timestamp() * 1000) & ((1 << 48) - 1)
    random = int.from_bytes(os.urandom(10), "big")
    high, low = random >> 68, random & ((1 << _RANDOM_BITS) - 1)
    return uuid.UUID(int=(millisecond << 80) | (0x7 << 76) | (high << 64) | (0b10 << _RANDOM_BITS) | low)


def key_of(text: str) -> uuid.UUID | None:
    """A key out of its text of 36 signs; None where it is anything else.

    >>> str(key_of("01890A5D-AC96-774B-BCCE-B302099A8057")), key_of("{01890a5dac96774bbcceb302099a8057}")
    ('01890a5d-ac96-774b-bcce-b302099a8057', None)
    """
    try:
        key = uuid.UUID(text)
    except ValueError:
        return None
    return key if str(key) == text.lower() else None
