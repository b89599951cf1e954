"""Model signatures: real OpenSSF bundles and DSSE envelopes; a changed byte or another key is never valid."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from model_signing import signing

from checks.tabular import ask, why
from upright.checks.contract import ModelSource
from upright.checks.signatures import fingerprint_of
from upright.kernel import Ref


def pem(key: Any) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def key(tmp_path: Path) -> ec.EllipticCurvePrivateKey:
    made = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "key.pem").write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


def model(folder: Path, **more: Any) -> ModelSource:
    path = folder / "model.bin"
    if not path.exists():
        path.write_bytes(b"weights" * 100)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    about = {"ref": Ref("model", "s/m"), "path": path, "digest": digest, "hold": "bytes", "signature": folder / "m.sig"}
    return ModelSource(**about | more)


def signed(folder: Path) -> ModelSource:
    """By OpenSSF model signing itself."""
    source = model(folder)
    config = signing.Config()
    config.use_elliptic_key_signer(private_key=folder / "key.pem")
    config.sign(source.path, folder / "m.sig")
    return source


def check(source: ModelSource, folder: Path, **options: Any) -> Any:
    return ask("model-signature", source, folder, options=options)


def test_a_real_signature_of_a_file_is_accepted_with_its_key(tmp_path: Path, key: Any) -> None:
    said = check(signed(tmp_path), tmp_path, public_key=pem(key))
    assert said.result == "passed", why(said)
    assert fingerprint_of(key.public_key()) in why(said)
    assert said.not_examined == ()


def test_one_changed_byte_is_found(tmp_path: Path, key: Any) -> None:
    source = signed(tmp_path)
    data = bytearray(Path(source.path).read_bytes())
    data[3] ^= 1
    Path(source.path).write_bytes(bytes(data))
    said = check(model(tmp_path), tmp_path, public_key=pem(key))
    assert said.result == "failed"
    assert "not verified" in why(said)


def test_an_unknown_key_and_a_key_that_is_not_the_pinned_one_are_refused(tmp_path: Path, key: Any) -> None:
    source = signed(tmp_path)
    other = ec.generate_private_key(ec.SECP256R1())
    assert check(source, tmp_path, public_key=pem(other)).result == "failed"
    pinned = check(source, tmp_path, public_key=pem(key), fingerprint=fingerprint_of(other.public_key()))
    assert pinned.result == "failed"
    assert "the binding pins" in why(pinned)
    right = check(source, tmp_path, public_key=pem(key), fingerprint=fingerprint_of(key.public_key()))
    assert right.result == "passed"


def test_a_key_read_from_beside_the_signature_is_said_not_to_be_pinned(tmp_path: Path, key: Any) -> None:
    source = signed(tmp_path)
    (tmp_path / "pub.pem").write_text(pem(key))
    said = check(source, tmp_path, public_key="pub.pem")
    assert said.result == "passed"
    assert "no fingerprint pins it" in said.not_examined[0].why
    outside = check(source, tmp_path, public_key="../pub.pem")
    assert (outside.result, "UP-CHECK-63" in why(outside)) == ("errored", True)
    both = check(source, tmp_path, public_key="pub.pem", certificates="pub.pem")
    assert (both.result, "UP-CHECK-62" in why(both)) == ("errored", True)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is not JSON"),
        (b"\x00\xff", "it is not JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "neither a model signing bundle nor a DSSE envelope"),
        (b'{"verificationMaterial": {}}', "not verified"),
        (b'{"payload": "%%%", "payloadType": "x", "signatures": []}', "Ed25519"),
        (b"{" * 5_000_000, "larger than 4 MiB"),
    ],
)
def test_a_file_that_is_no_signature_never_passes(tmp_path: Path, key: Any, data: bytes, words: str) -> None:
    source = model(tmp_path)
    (tmp_path / "m.sig").write_bytes(data)
    said = check(source, tmp_path, public_key=pem(key))
    assert said.result == "failed", why(said)
    assert words in why(said)


def test_what_is_not_given_is_asked_for(tmp_path: Path, key: Any) -> None:
    assert "names no signature" in why(check(model(tmp_path, signature=None), tmp_path, public_key=pem(key)))
    assert "does not exist" in why(check(model(tmp_path), tmp_path, public_key=pem(key)))
    said = check(signed(tmp_path), tmp_path)
    assert (said.result, "nobody is trusted" in why(said)) == ("undecided", True)


def envelope(folder: Path, key: Ed25519PrivateKey, digest: str, kind: str = "application/vnd.in-toto+json") -> None:
    payload = json.dumps({"subject": [{"name": "m", "digest": {"sha256": digest}}]}).encode()
    told = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    signature = base64.b64encode(key.sign(told)).decode()
    document = {"payload": base64.b64encode(payload).decode(), "payloadType": kind, "signatures": [{"sig": signature}]}
    (folder / "m.sig").write_text(json.dumps(document))


def test_a_dsse_envelope_covers_the_bytes_that_are_there_not_those_once_named(tmp_path: Path) -> None:
    key, source = Ed25519PrivateKey.generate(), model(tmp_path)
    envelope(tmp_path, key, source.digest)
    assert check(source, tmp_path, public_key=pem(key)).result == "passed"
    assert check(source, tmp_path, public_key=pem(Ed25519PrivateKey.generate())).result == "failed"
    Path(source.path).write_bytes(b"other weights")
    assert check(source, tmp_path, public_key=pem(key)).result == "failed"
    assert check(model(tmp_path), tmp_path, public_key=pem(key)).result == "failed"


def test_a_dsse_envelope_of_another_kind_is_not_about_the_model(tmp_path: Path) -> None:
    key, source = Ed25519PrivateKey.generate(), model(tmp_path)
    envelope(tmp_path, key, source.digest, kind="text/plain")
    assert check(source, tmp_path, public_key=pem(key)).result == "failed"


def scan(folder: Path, data: bytes, **more: Any) -> Any:
    path = folder / "model.pkl"
    path.write_bytes(data)
    return ask("model-file-scan", model(folder, path=path, signature=None), folder, **more)


def test_the_file_scan_fails_a_hostile_model_passes_a_clean_one_and_leaves_an_empty_one_open(tmp_path: Path) -> None:
    import pickle

    hostile = scan(tmp_path, b"cposix\nsystem\n(S'touch ran'\ntR.")
    assert hostile.result == "failed"
    assert "posix.system" in why(hostile)
    assert scan(tmp_path, pickle.dumps({"weights": [1.0, 2.0]})).result == "passed"
    empty = scan(tmp_path, b"")
    assert empty.result in {"undecided", "failed"}, why(empty)
    assert empty.not_examined or empty.result == "failed"
    assert scan(tmp_path, b"\x00\x01unknown").result != "passed"


def test_the_file_scan_lists_what_an_option_leaves_out(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "a.txt").write_text("words")
    (folder / "b.pkl").write_bytes(b"\x80\x04}.")
    source = model(tmp_path, path=folder, signature=None)
    said = ask("model-file-scan", source, tmp_path, options={"files": ["b.pkl"]})
    assert said.result == "passed", why(said)
    assert [(one.what, one.count) for one in said.not_examined] == [("other files of the model", 1)]
    absent = ask("model-file-scan", source, tmp_path, options={"files": ["c.pkl"]})
    assert (absent.result, "UP-CHECK-61" in why(absent)) == ("errored", True)
