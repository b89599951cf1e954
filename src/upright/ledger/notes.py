"""Signed notes: a text and the Ed25519 signatures under it, and the keys that verify them.

Source: C2SP signed-note (c2sp.org/signed-note), signature type 0x01.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from upright.kernel import InputError, Signer
from upright.ledger.errors import SignatureError

ED25519 = b"\x01"
_MOST_SIGNATURES = 100
_KEY_BYTES, _KEY_ID_BYTES = 32, 4
_DASH = "\u2014 "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteError(InputError):
    """A text is not a signed note or not a verifier key."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name, as one line ``name+hhhhhhhh+base64(0x01 || key)`` (C2SP "vkey").

    >>> key = VerifierKey.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    >>> key.name, key.key_id.hex()
    ('example.com/foo', '530d903a')
    """

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise NoteError(
                f"{self.name!r} is not a key name; expected text without spaces and '+'.", code="UP-LEDGER-01"
            )
        if len(self.public_key) != _KEY_BYTES:
            raise NoteError(
                f"The public key of {self.name} has {len(self.public_key)} bytes; Ed25519 has {_KEY_BYTES}.",
                code="UP-LEDGER-01",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a vkey line.

        Raises:
            NoteError: another form, another key type than Ed25519, or a key id that does not belong to the key.
        """
        name, plus, rest = text.strip().partition("+")
        claimed, second, encoded = rest.partition("+")
        material = _decoded(encoded)
        if not plus or not second or material is None or material[:1] != ED25519:
            raise NoteError(
                f"{_shortened(text)!r} is not a verifier key; expected name+hhhhhhhh+base64 of an Ed25519 key.",
                code="UP-LEDGER-01",
            )
        key = cls(name, material[1:])
        if key.key_id.hex() != claimed:
            raise NoteError(
                f"The verifier key of {name} says id {claimed}, but the key has {key.key_id.hex()}; copy it again.",
                code="UP-LEDGER-01",
            )
        return key

    @classmethod
    def of(cls, signer: Signer) -> Self:
        """The public side of a signer."""
        return cls(signer.name, signer.public_key)

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that, with the name, say which key made a signature: a hint, not proof."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:_KEY_ID_BYTES]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the 32 public bytes as 64 hex digits; files and streams are named by it."""
        return hashlib.sha256(self.public_key).hexdigest()

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public_key).decode()}"

    def verify(self, message: bytes, signature: bytes) -> None:
        """Returns nothing if ``signature`` is this key's Ed25519 signature of ``message`` (RFC 8032).

        Raises:
            SignatureError: it is not.
        """
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise SignatureError(
                f"The signature of {self.name} ({self.key_id.hex()}) does not hold: the text or the signature "
                "was changed, or another key of that name made it.",
                code="UP-LEDGER-03",
            ) from None


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: who says to have signed, and the bytes."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"

    def is_by(self, key: VerifierKey) -> bool:
        """Whether name and key id are those of ``key``; the signature itself is not looked at."""
        return self.name == key.name and self.key_id == key.key_id


@dataclass(frozen=True, slots=True)
class Note:
    """A text (ending in a newline) and the signatures under it."""

    text: str
    signatures: tuple[NoteSignature, ...]

    @classmethod
    def parse(cls, note: str) -> Self:
        """Splits a note at its last empty line; signatures are read, not verified.

        Raises:
            NoteError: not of the form that C2SP signed-note describes.
        """
        text, blank, lines = note.rpartition("\n\n")
        if not blank or not lines.endswith("\n") or _CONTROL.search(note):
            raise NoteError(
                f"{_shortened(note)!r} is not a signed note; expected a text, an empty line and signature lines.",
                code="UP-LEDGER-02",
            )
        signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
        if len(signatures) > _MOST_SIGNATURES:
            raise NoteError(
                f"The note has {len(signatures)} signatures; at most {_MOST_SIGNATURES} are read.", code="UP-LEDGER-02"
            )
        return cls(text + "\n", signatures)

    @classmethod
    def sign(cls, text: str, *signers: Signer) -> Self:
        """A note over ``text`` with one Ed25519 signature by each signer, in the order given.

        Raises:
            NoteError: the text does not end in a newline, or holds control characters; or no signer was given.
        """
        if not text.endswith("\n") or _CONTROL.search(text) or not signers:
            raise NoteError(
                "A note's text ends in a newline and holds no control characters, and someone signs it.",
                code="UP-LEDGER-02",
            )
        message = text.encode()
        return cls(text, tuple(_signed(message, signer) for signer in signers))

    @property
    def signers(self) -> str:
        """Who says to have signed, for a message."""
        return ", ".join(f"{line.name} ({line.key_id.hex()})" for line in self.signatures)

    def verify(self, *keys: VerifierKey) -> tuple[VerifierKey, ...]:
        """Those of ``keys`` that signed. Lines by unknown keys are ignored, as C2SP demands.

        Raises:
            SignatureError: none of the keys signed, or a line that says to be by one of them does not hold.
        """
        message = self.text.encode()
        found = []
        for key in keys:
            lines = [line for line in self.signatures if line.is_by(key)]
            for line in lines:
                key.verify(message, line.signature)
            if lines:
                found.append(key)
        if not found:
            expected = ", ".join(f"{key.name} ({key.key_id.hex()})" for key in keys) or "a trusted key"
            raise SignatureError(
                f"No trusted key has signed: expected {expected}, got {self.signers}. "
                "Use the key that belongs to this log.",
                code="UP-LEDGER-04",
            )
        return tuple(found)

    def __str__(self) -> str:
        return self.text + "\n" + "".join(str(signature) for signature in self.signatures)


@lru_cache(maxsize=256)
def is_key_name(name: str) -> bool:
    """Whether a text may be the name of a key: not empty, no spaces of any script, no '+', no control characters."""
    return bool(name) and "+" not in name and not any(c.isspace() or ord(c) < 0x20 for c in name)


def _signed(message: bytes, signer: Signer) -> NoteSignature:
    return NoteSignature(signer.name, VerifierKey.of(signer).key_id, signer.sign(message))


def _signature(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_DASH).rpartition(" ")
    data = _decoded(encoded)
    if (
        not line.startswith(_DASH)
        or not space
        or not is_key_name(name)
        or data is None
        or len(data) <= len(ED25519) * 4
    ):
        raise NoteError(
            f"{_shortened(line)!r} is not a signature line; expected an em dash, a key name and base64.",
            code="UP-LEDGER-02",
        )
    return NoteSignature(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def _decoded(text: str) -> bytes | None:
    """Base64 in its one canonical spelling: a second spelling of the same bytes would be an unnoticed change."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "…"
