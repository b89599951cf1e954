"""A passkey in software, after WebAuthn level 2: makes a key, attests by none, signs."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256

ORIGIN, RP = "https://testserver", b"testserver"
_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class Passkey:
    def __init__(self, origin: str = ORIGIN) -> None:
        self.origin = origin
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = b"passkey-of-the-tests"
        self.user = ""

    def register(self, options: dict[str, Any]) -> str:
        public = options["publicKey"]
        self.user = public["user"]["id"]
        client = self._client("webauthn.create", public["challenge"])
        cose = cbor.encode(dict(ES256.from_cryptography_key(self.key.public_key())))
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cose
        data = self._data(_PRESENT | _VERIFIED | _ATTESTED) + attested
        answer = {"attestationObject": text(cbor.encode({"fmt": "none", "attStmt": {}, "authData": data}))}
        return self._credential(client, answer, {"credProps": {"rk": True}})

    def sign(self, options: dict[str, Any], user: str | None = None) -> str:
        client = self._client("webauthn.get", options["publicKey"]["challenge"])
        data = self._data(_PRESENT | _VERIFIED)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        answer = {"authenticatorData": text(data), "signature": text(signature), "userHandle": user or self.user}
        return self._credential(client, answer, {})

    def _credential(self, client: bytes, answer: dict[str, str], extensions: dict[str, Any]) -> str:
        return json.dumps(
            {
                "id": text(self.id),
                "rawId": text(self.id),
                "type": "public-key",
                "response": {"clientDataJSON": text(client), **answer},
                "clientExtensionResults": extensions,
            }
        )

    def _client(self, kind: str, challenge: Any) -> bytes:
        given = challenge if isinstance(challenge, str) else text(challenge)
        assert urlsafe_b64decode(given + "==")
        return json.dumps({"type": kind, "challenge": given, "origin": self.origin, "crossOrigin": False}).encode()

    @staticmethod
    def _data(flags: int) -> bytes:
        return sha256(RP).digest() + bytes([flags]) + bytes(4)
