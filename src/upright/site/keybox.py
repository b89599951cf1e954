"""Private keys in a backup: encrypted with a passphrase, and never otherwise."""

import os
from collections.abc import Mapping

import msgspec

from upright.kernel import InputError

_LOG_N, _R, _P = 17, 8, 1
"""scrypt's cost: 128 MiB and some tenths of a second a guess (OWASP's recommendation for scrypt)."""
_MOST_LOG_N = 20
SHORTEST = 12


class Box(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is written: how the key is made of the passphrase, and AES-256-GCM's nonce and ciphertext."""

    kdf: str
    log_n: int
    r: int
    p: int
    salt: bytes
    nonce: bytes
    sealed: bytes


def seal(files: Mapping[str, bytes], passphrase: str) -> bytes:
    """Encrypts files by name.

    Raises:
        InputError: the passphrase is shorter than 12 characters.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(passphrase) < SHORTEST:
        raise InputError(
            f"The passphrase has {len(passphrase)} characters; expected {SHORTEST} or more. It alone guards the "
            "private keys in the backup.",
            code="UP-BACKUP-03",
        )
    salt, nonce = os.urandom(16), os.urandom(12)
    box = Box(kdf="scrypt", log_n=_LOG_N, r=_R, p=_P, salt=salt, nonce=nonce, sealed=b"")
    key = AESGCM(_key(box, passphrase))
    sealed = key.encrypt(nonce, msgspec.json.encode(dict(files)), _bound(box))
    return msgspec.json.encode(msgspec.structs.replace(box, sealed=sealed))


def unseal(data: bytes, passphrase: str) -> dict[str, bytes]:
    """The files.

    Raises:
        InputError: the passphrase is another one, or the box was changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        box = msgspec.json.decode(data, type=Box)
        if box.kdf != "scrypt" or not 14 <= box.log_n <= _MOST_LOG_N or (box.r, box.p) != (_R, _P):
            raise msgspec.ValidationError("another way of making a key of a passphrase")
        opened = AESGCM(_key(box, passphrase)).decrypt(box.nonce, box.sealed, _bound(box))
        return msgspec.json.decode(opened, type=dict[str, bytes])
    except (InvalidTag, msgspec.DecodeError, ValueError):
        raise InputError(
            "The keys in this backup cannot be opened: the passphrase is another one, or the file was changed.",
            code="UP-BACKUP-04",
        ) from None


def _key(box: Box, passphrase: str) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=box.salt, length=32, n=1 << box.log_n, r=box.r, p=box.p).derive(passphrase.encode())


def _bound(box: Box) -> bytes:
    """What the ciphertext is bound to besides: how its key was made."""
    return msgspec.json.encode(msgspec.structs.replace(box, sealed=b""))
