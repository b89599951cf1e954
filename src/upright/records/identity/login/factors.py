"""What allauth keeps of a second factor is encrypted with a key of the server's folder: a database alone is no use."""

from base64 import urlsafe_b64encode
from hashlib import sha256

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken

from upright.kernel import InputError
from upright.records.trail.server_log import seal_key


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth declares no types
    """Encrypts secrets at rest."""

    def encrypt(self, text: str) -> str:
        """As it is stored."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """As it was.

        Raises:
            InputError: it was made with another server's key, or changed.
        """
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            raise InputError(
                "A second factor cannot be read with this server's seal.key; an administrator has to remove it.",
                code="UP-LOGIN-07",
            ) from None


def _cipher() -> Fernet:
    return Fernet(urlsafe_b64encode(sha256(b"upright/factors/1\0" + seal_key()).digest()))
