"""What can sign: a key in memory, a key in hardware, a key service. Rooms see only this."""

from typing import Protocol


class Signer(Protocol):
    """Signs bytes with Ed25519 (RFC 8032) under a name."""

    @property
    def name(self) -> str:
        """Name in signed notes, such as ``meridian/0190a1b2-…``: no spaces, no '+'."""
        ...

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the Ed25519 public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """A 64-byte Ed25519 signature of ``message``."""
        ...
