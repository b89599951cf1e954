"""Canonical bytes: RFC 8785 (JCS), so that a digest of a value is the same on every machine."""

import hashlib
from typing import Any

import msgspec
import rfc8785

from upright.kernel.errors import InputError

_PLAIN = msgspec.json.Encoder(order="sorted")


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
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as why:
        raise CanonicalError(f"This value has no canonical JSON form: {why}", code="UP-JCS-01") from None


def plain_bytes(value: Any) -> bytes:
    """The same bytes, about twenty times faster, for values and msgspec structs without floats and with ASCII keys.

    The caller vouches for that; ``tests/kernel/test_canonical.py`` holds the two equal on such values.
    """
    return _PLAIN.encode(value)


def sha256_hex(data: bytes) -> str:
    """SHA-256 as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()
