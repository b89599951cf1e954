"""DSSE envelopes: who signed which payload (secure-systems-lab/dsse, protocol 1.0.0), with Ed25519 (RFC 8032)."""

import base64
import re
from typing import TYPE_CHECKING, Any, Self

import msgspec

from upright.evidence.statement import MAX_PAYLOAD, Statement
from upright.evidence.strict_json import EvidenceError, decode_strict, read_json
from upright.kernel import Signer, canonical_bytes, sha256_hex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upright.ledger import VerifierKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MEDIA_TYPE = "application/vnd.dsse.envelope.v1+json"
MAX_SIGNATURES = 16
MAX_ENVELOPE = MAX_PAYLOAD // 3 * 4 + 16 * 1024
SIGNATURE_LENGTH = 64
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """One signature; ``keyid`` is the fingerprint of the key (64 hex digits), a hint that proves nothing by itself."""

    keyid: str
    sig: bytes


class _WireSignature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    keyid: str
    sig: str


class _Wire(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    payload: str
    payload_type: str
    signatures: tuple[_WireSignature, ...]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A payload and its signatures. Reading one checks its form; only ``verify`` says who signed it."""

    payload: bytes
    signatures: tuple[Signature, ...]
    payload_type: str = PAYLOAD_TYPE

    @property
    def id(self) -> str:
        """The evidence id: SHA-256 of the payload, so signing again makes no new evidence."""
        return sha256_hex(self.payload)

    @property
    def statement(self) -> Statement:
        """What the payload says.

        Raises:
            EvidenceError: the payload is of another type, or not a valid statement.
        """
        if self.payload_type != PAYLOAD_TYPE:
            raise EvidenceError(
                f"This envelope holds {self.payload_type!r}; expected {PAYLOAD_TYPE!r}.", code="UP-EVIDENCE-10"
            )
        return Statement.parse(self.payload)

    def to_bytes(self) -> bytes:
        """The envelope as canonical JSON, standard base64."""
        return canonical_bytes(
            {
                "payload": base64.b64encode(self.payload).decode("ascii"),
                "payloadType": self.payload_type,
                "signatures": [
                    {"keyid": one.keyid, "sig": base64.b64encode(one.sig).decode("ascii")} for one in self.signatures
                ],
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Reads an envelope as we write it: canonical JSON, standard base64, key ids that are fingerprints.

        Raises:
            EvidenceError: UP-EVIDENCE-01 to -05 for the JSON, -10 for the envelope's own rules.
        """
        wire = decode_strict(data, _Wire, what="evidence envelope", at_most=MAX_ENVELOPE)
        for one in wire.signatures:
            if not _FINGERPRINT.fullmatch(one.keyid):
                raise _refused(f"the keyid {one.keyid[:80]!r}", "the fingerprint of a key, 64 hex digits")
        return cls._of(wire.payload, wire.payload_type, [(one.keyid, one.sig) for one in wire.signatures], "+/")

    @classmethod
    def read_foreign(cls, data: bytes) -> Self:
        """Reads an envelope that another tool wrote: any JSON spacing, either base64 alphabet, unknown keys ignored.

        The payload stays byte for byte as it was signed. A missing key id becomes the empty text.

        Raises:
            EvidenceError: as ``parse``, without the demand for canonical bytes.
        """
        value: Any = read_json(data, what="evidence envelope", at_most=MAX_ENVELOPE)
        try:
            payload, payload_type = value["payload"], value["payloadType"]
            signatures = [(one.get("keyid") or "", one["sig"]) for one in value["signatures"]]
            texts = [payload, payload_type, *(part for one in signatures for part in one)]
        except (KeyError, TypeError, AttributeError, IndexError):
            texts = [None]
        if not all(isinstance(text, str) for text in texts):
            raise _refused("another shape", "payload, payloadType and signatures [{keyid, sig}], all texts")
        return cls._of(payload, payload_type, signatures)

    @classmethod
    def _of(cls, payload: str, payload_type: str, signatures: list[tuple[str, str]], alphabet: str = "") -> Self:
        if not 1 <= len(signatures) <= MAX_SIGNATURES:
            raise _refused(f"{len(signatures)} signatures", f"1 to {MAX_SIGNATURES}")
        if len({keyid for keyid, _ in signatures}) != len(signatures):
            raise _refused("two signatures with one keyid", "each key once")
        return cls(
            payload=_bytes(payload, "payload", alphabet),
            payload_type=payload_type,
            signatures=tuple(
                Signature(keyid=keyid, sig=_signature(sig, f"signatures[{i}].sig", alphabet))
                for i, (keyid, sig) in enumerate(signatures)
            ),
        )


def pae(payload_type: str, payload: bytes) -> bytes:
    """The bytes that are signed: DSSE's pre-authentication encoding, lengths in bytes of UTF-8.

    Source: DSSE protocol 1.0.0, "Signature Definition".

    >>> pae("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign(statement: Statement, *signers: Signer) -> Envelope:
    """The statement in an envelope signed by each of ``signers``.

    Raises:
        EvidenceError: no signer, one key twice, or a statement that is not valid.
    """
    payload = statement.payload()
    message = pae(PAYLOAD_TYPE, payload)
    signatures = tuple(Signature(keyid=sha256_hex(who.public_key), sig=who.sign(message)) for who in signers)
    if not 1 <= len(signatures) <= MAX_SIGNATURES:
        raise _refused(f"{len(signatures)} signers", f"1 to {MAX_SIGNATURES}")
    if len({one.keyid for one in signatures}) != len(signatures):
        raise _refused("one key signing twice", "each key once")
    return Envelope(payload=payload, signatures=signatures)


def verify(envelope: Envelope, keys: "Mapping[str, VerifierKey]") -> tuple[str, ...]:
    """The fingerprints, out of ``keys``, whose signature of this envelope holds; empty when none does.

    ``keys`` maps fingerprints to keys. A key id that is a fingerprint narrows which key is tried; with another key
    id, or none, every key is tried.
    """
    from upright.ledger import SignatureError

    message = pae(envelope.payload_type, envelope.payload)
    found: list[str] = []
    for one in envelope.signatures:
        candidates = [one.keyid] if _FINGERPRINT.fullmatch(one.keyid) else list(keys)
        for fingerprint in candidates:
            if fingerprint in found or fingerprint not in keys:
                continue
            try:
                keys[fingerprint].verify(message, one.sig)
            except SignatureError:
                continue
            found.append(fingerprint)
            break
    return tuple(found)


def read_signed(data: bytes, keys: "Mapping[str, VerifierKey]") -> tuple[Envelope, tuple[str, ...]]:
    """Reads an evidence file and demands that every signature of a known key holds, and that there is one.

    Raises:
        EvidenceError: as ``Envelope.parse`` and ``Statement.parse``; UP-EVIDENCE-11 a signature does not fit the
            payload; UP-EVIDENCE-12 no signature by a known key.
    """
    envelope = Envelope.parse(data)
    holding = verify(envelope, keys)
    for one in envelope.signatures:
        if one.keyid in keys and one.keyid not in holding:
            raise EvidenceError(
                f"The signature of key {one.keyid} does not fit the payload: found {one.sig.hex()[:16]}… over the "
                f"payload with SHA-256 {envelope.id}; expected a signature by that key over exactly these bytes. "
                "The file was changed after signing; fetch it again from where it was made.",
                code="UP-EVIDENCE-11",
            )
    if not holding:
        found = ", ".join(one.keyid or "(no key id)" for one in envelope.signatures)
        raise EvidenceError(
            f"No signature here is by a known key: found {found}; expected one of {', '.join(sorted(keys)) or 'none'}.",
            code="UP-EVIDENCE-12",
        )
    _ = envelope.statement
    return envelope, holding


def _bytes(text: str, where: str, alphabet: str) -> bytes:
    """Decodes base64 in its one spelling; with no ``alphabet`` given, in whichever of the two it is written."""
    others = (alphabet or ("-_" if "-" in text or "_" in text else "+/")).encode("ascii")
    try:
        data = base64.b64decode(text.encode("ascii"), altchars=others, validate=True)
    except ValueError as why:
        raise _refused(f"{where} that is not base64 ({why})", "base64 of RFC 4648") from None
    if base64.b64encode(data, altchars=others).decode("ascii") != text:
        raise _refused(f"{where} in a second spelling of the same bytes", "the one spelling with zero padding bits")
    return data


def _signature(text: str, where: str, alphabet: str) -> bytes:
    data = _bytes(text, where, alphabet)
    if len(data) != SIGNATURE_LENGTH:
        raise _refused(f"{where} of {len(data)} bytes", f"{SIGNATURE_LENGTH} bytes of Ed25519")
    return data


def _refused(found: str, expected: str) -> EvidenceError:
    return EvidenceError(f"This evidence envelope has {found}; expected {expected}.", code="UP-EVIDENCE-10")
