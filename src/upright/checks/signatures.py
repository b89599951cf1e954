"""Verifies model signatures offline: OpenSSF model signing bundles, and DSSE envelopes around an in-toto statement."""

import base64
import contextlib
import io
import json
import tempfile
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upright.checks.contract import ModelSource

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

LARGEST_SIGNATURE = 4 * 2**20
_IN_TOTO = "application/vnd.in-toto+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureTrust:
    """Whom to believe: a public key or authorities' certificates (PEM), and the pin of the signing key."""

    pem: bytes
    certificates: bool = False
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What verification said, in words; ``undecided`` where it could not be done at all."""

    valid: bool
    because: str
    undecided: bool = False


def fingerprint_of(key: "PublicKeyTypes") -> str:
    """SHA-256 of a public key's DER (SubjectPublicKeyInfo), as hex."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def verify_signature(source: ModelSource, trust: SignatureTrust, *, at: datetime, scratch: Path) -> Verified:
    """Whether ``source.signature`` is by someone trusted and covers the model as it is now.

    A certificate must be valid at ``at``: the signing library itself accepts expired ones.
    """
    path = source.signature
    if path is None or path.stat().st_size > LARGEST_SIGNATURE:
        return Verified(valid=False, because="the signature is missing or larger than 4 MiB")
    try:
        document = json.loads(path.read_bytes())
    except ValueError:
        return Verified(valid=False, because=f"{path.name} is no signature: it is not JSON")
    if not isinstance(document, dict):
        return Verified(valid=False, because=f"{path.name} is no signature: it is no JSON object")
    if "payload" in document and "signatures" in document:
        return _verify_dsse(source, trust, document)
    if "verificationMaterial" in document:
        problem = _certificate_problem(document, trust, at) if trust.certificates else ""
        return Verified(valid=False, because=problem) if problem else _verify_bundle(source, trust, document, scratch)
    return Verified(valid=False, because=f"{path.name} is neither a model signing bundle nor a DSSE envelope")


# OpenSSF model signing --------------------------------------------------------------------------------------------


def _verify_bundle(source: ModelSource, trust: SignatureTrust, document: dict[str, Any], scratch: Path) -> Verified:
    try:
        from model_signing import verifying
    except ImportError as why:
        because = f"{why.name or 'model_signing'} is not installed; install upright[signatures]"
        return Verified(valid=False, because=because, undecided=True)
    signer = _signer_fingerprint(document, trust)
    if isinstance(signer, Verified):
        return signer
    Path(scratch).mkdir(parents=True, exist_ok=True)
    said = io.StringIO()
    with tempfile.NamedTemporaryFile(dir=scratch, suffix=".pem") as held, contextlib.redirect_stdout(said):
        held.write(trust.pem)
        held.flush()
        config: Any = verifying.Config()  # type: ignore[no-untyped-call]
        try:
            if trust.certificates:
                config.use_certificate_verifier(certificate_chain=[Path(held.name)])
            else:
                config.use_elliptic_key_verifier(public_key=held.name)
            config.verify(Path(source.path), source.signature)
        except Exception as why:  # noqa: BLE001 - the library raises a dozen kinds; each means "not verified"
            return Verified(valid=False, because=f"not verified: {_words(why)}")
    return Verified(valid=True, because=f"signed by the key {signer}, and unchanged since")


def _words(why: Exception) -> str:
    text = " ".join(str(why).split())[:400]
    return text or {"InvalidSignature": "the signature is not by this key"}.get(type(why).__name__, type(why).__name__)


def _signer_fingerprint(document: dict[str, Any], trust: SignatureTrust) -> "str | Verified":
    """The fingerprint of the key that signed, held against the pin."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = x509.load_der_x509_certificate(_chain(document)[0]).public_key() if trust.certificates else None
        found = fingerprint_of(key or load_pem_public_key(trust.pem))
    except (ValueError, KeyError, IndexError, TypeError) as why:
        return Verified(valid=False, because=f"the key or certificate cannot be read: {_words(why)}")
    if trust.fingerprint is not None and trust.fingerprint.lower().removeprefix("sha256:") != found:
        return Verified(valid=False, because=f"the key is {found}, the binding pins {trust.fingerprint}")
    return found


def _chain(document: dict[str, Any]) -> list[bytes]:
    held = document["verificationMaterial"]["x509CertificateChain"]["certificates"]
    return [base64.b64decode(one["rawBytes"]) for one in held]


def _certificate_problem(document: dict[str, Any], trust: SignatureTrust, at: datetime) -> str:
    from cryptography import x509

    try:
        chain = [x509.load_der_x509_certificate(raw) for raw in _chain(document)]
        roots = x509.load_pem_x509_certificates(trust.pem)
    except (ValueError, KeyError, TypeError):
        return "the signature carries no readable certificate, or the trusted ones cannot be read"
    if not chain:
        return "the signature carries no certificate"
    issuers = {certificate.issuer for certificate in chain}
    for certificate in (*chain, *(root for root in roots if root.subject in issuers)):
        name = certificate.subject.rfc4514_string() or "a certificate"
        if at > certificate.not_valid_after_utc:
            return f"{name} is out of date since {certificate.not_valid_after_utc:%Y-%m-%d}"
        if at < certificate.not_valid_before_utc:
            return f"{name} is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}"
    return ""


# DSSE ---------------------------------------------------------------------------------------------------------------


def _verify_dsse(source: ModelSource, trust: SignatureTrust, document: dict[str, Any]) -> Verified:
    """One Ed25519 signature over an in-toto statement that names the model's SHA-256."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(trust.pem)
    except ValueError as why:
        return Verified(valid=False, because=f"the key cannot be read: {_words(why)}")
    if not isinstance(key, Ed25519PublicKey):
        return Verified(valid=False, because="a DSSE envelope is verified with an Ed25519 key; this is another kind")
    found = fingerprint_of(key)
    if trust.fingerprint is not None and trust.fingerprint.lower().removeprefix("sha256:") != found:
        return Verified(valid=False, because=f"the key is {found}, the binding pins {trust.fingerprint}")
    try:
        payload = base64.b64decode(document["payload"], validate=True)
        kind = str(document["payloadType"])
        signatures = [base64.b64decode(one["sig"], validate=True) for one in document["signatures"]]
    except (ValueError, KeyError, TypeError):
        return Verified(valid=False, because="the DSSE envelope is damaged")
    if not _signed_by(key, kind, payload, signatures):
        return Verified(valid=False, because="no signature of the envelope is by this key")
    if kind != _IN_TOTO or _digest_now(source) not in _subjects(payload):
        return Verified(valid=False, because="the signed statement is not about this model, or it changed since")
    return Verified(valid=True, because=f"signed by the key {found}, and unchanged since")


def _digest_now(source: ModelSource) -> str:
    """Of the bytes that are there, not of those that the manifest was resolved with; empty where there are none."""
    from upright.evidence.strict_json import EvidenceError
    from upright.evidence.subjects import digest_path

    try:
        return digest_path(source.path, Path(source.path).parent)[0]
    except EvidenceError:
        return ""


def _signed_by(key: "Ed25519PublicKey", kind: str, payload: bytes, signatures: list[bytes]) -> bool:
    from cryptography.exceptions import InvalidSignature

    message = b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)
    for signature in signatures:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            continue
        return True
    return False


def _subjects(payload: bytes) -> set[str]:
    try:
        statement = json.loads(payload)
        return {str(subject["digest"]["sha256"]) for subject in statement["subject"]}
    except (ValueError, KeyError, TypeError):
        return set()
