"""Facts as they are kept beside the posture that was judged by them; they are who they say by their digest."""

import zlib
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from upright.posture import Facts

_QUICK = 1  # level of zlib: a tenth is left of 90 kB in 0.2 ms, a higher level saves little more
_MOST = 64 * 1024 * 1024


def packed(facts: "Facts") -> bytes:
    """Facts as bytes to keep."""
    return zlib.compress(msgspec.json.encode(facts), _QUICK)


def unpacked(kept: bytes, digest: str) -> "Facts | None":
    """The Facts with this digest; None where the bytes hold none, or others."""
    from upright.posture import Facts

    try:
        facts = msgspec.json.decode(zlib.decompressobj().decompress(kept, _MOST), type=Facts)
    except (zlib.error, msgspec.MsgspecError, ValueError):
        return None
    return facts if facts.digest() == digest else None
