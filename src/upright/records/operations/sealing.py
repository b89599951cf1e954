"""What somebody says in confidence, sealed for those who handle it: the database and the ledger hold no word of it.

A sealed box: X25519 with a key made for this one text, HKDF-SHA-256, ChaCha20-Poly1305; padded, so that its length
says little. The private key lies beside the database in the server's home, as the log's does, never in the database,
and in a backup only with its keys.
"""

import base64
import binascii
import os
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from upright.kernel import InputError
from upright.records.trail.server_log import home

_BLOCK = 512
_NONCE = bytes(12)
"""A key seals one text, so a nonce is never used twice."""


def sealed(text: str) -> str:
    """A text that only the handlers' key opens."""
    plain = text.encode()
    plain = len(plain).to_bytes(4, "big") + plain
    plain += bytes(-len(plain) % _BLOCK)
    once = X25519PrivateKey.generate()
    public = once.public_key().public_bytes_raw()
    theirs = _key().public_key()
    box = _cipher(once.exchange(theirs), public + theirs.public_bytes_raw()).encrypt(_NONCE, plain, None)
    return base64.b64encode(public + box).decode()


def opened(box: str) -> str:
    """The text in a sealed box.

    Raises:
        InputError: it was changed, or sealed for another key.
    """
    try:
        raw = base64.b64decode(box, validate=True)
        public, rest = raw[:32], raw[32:]
        mine = _key()
        shared = mine.exchange(X25519PublicKey.from_public_bytes(public))
        plain = _cipher(shared, public + mine.public_key().public_bytes_raw()).decrypt(_NONCE, rest, None)
    except (InvalidTag, ValueError, binascii.Error):
        raise InputError(
            "This text does not open: it was changed, or sealed for another key. Bring the key back from your backup.",
            code="UP-OPS-70",
        ) from None
    return plain[4 : 4 + int.from_bytes(plain[:4], "big")].decode()


def _cipher(shared: bytes, info: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(SHA256(), 32, None, b"upright/sealed-box/1\0" + info).derive(shared))


def _key() -> X25519PrivateKey:
    return _loaded(str(home()))


@lru_cache(maxsize=8)
def _loaded(folder: str) -> X25519PrivateKey:
    path = Path(folder) / "keys" / "handlers.key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return X25519PrivateKey.from_private_bytes(path.read_bytes())
    key = X25519PrivateKey.generate()
    with os.fdopen(handle, "wb") as stream:
        stream.write(key.private_bytes_raw())
        stream.flush()
        os.fsync(stream.fileno())
    return key
