"""Canonical bytes: RFC 8785 (JCS), so that a digest of a value is the same on every machine."""

import hashlib
import re
from typing import Any

import msgspec
import rfc8785

from upright.kernel.errors import InputError

_PLAIN = msgspec.json.Encoder(order="sorted")
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"|true|false|null')
# Integers up to 2**53 - 1 = 9007199254740991 are plain; of those with 16 digits only a leading 9 can be beyond it.
_NOT_PLAIN = re.compile(rb"[.eE]|9[0-9]{15}|[0-9]{17}")
_BEYOND_BMP = re.compile(rb"[\xf0-\xf4]")


class CanonicalError(InputError):
    """A value has no canonical JSON form."""


def canonical_bytes(value: Any) -> bytes:
    r"""The RFC 8785 bytes of a JSON value (dict, list, str, int, float, bool, None).

    Raises:
        CanonicalError: not a JSON value, NaN or infinite, an integer beyond 2**53, or text with a lone surrogate.
    Source: RFC 8785, sections 3.2.2 and 3.2.3.

    >>> canonical_bytes({"b": 2, "a": [1.0, "\u20ac"]})
    b'{"a":[1,"\xe2\x82\xac"],"b":2}'
    """
    quick = _quick_bytes(value)
    if quick is not None:
        return quick
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as why:
        raise CanonicalError(f"This value has no canonical JSON form: {why}", code="UP-JCS-01") from None


def _quick_bytes(value: Any) -> bytes | None:
    """The canonical bytes by way of a fast encoder, or None where it might write something else.

    Its text is canonical for what JSON itself can hold, but for floats, integers near 2**53 and the order of keys
    beyond the basic plane; that nothing else was in ``value`` shows when the text reads back as the same value.
    """
    try:
        data = _PLAIN.encode(value)
        if _BEYOND_BMP.search(data) or _NOT_PLAIN.search(_TEXT.sub(b"", data)):
            return None
        return data if msgspec.json.decode(data) == value else None
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return None


def plain_bytes(value: Any) -> bytes:
    """The same bytes, about twenty times faster, for values and msgspec structs without floats and with ASCII keys.

    The caller vouches for that; ``tests/kernel/test_canonical.py`` holds the two equal on such values.
    """
    return _PLAIN.encode(value)


def sha256_hex(data: bytes) -> str:
    """SHA-256 as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()
