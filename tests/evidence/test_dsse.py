"""Envelopes: DSSE's own vector, openssl's signature, and every way to change a file."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as TheirEnvelope

from evidence.builders import VECTORS, key, statement, vector
from upright.evidence import Envelope, EvidenceError, PrivateKey, pae, read_signed, sign, verify
from upright.evidence.dsse import MAX_ENVELOPE
from upright.ledger import VerifierKey


def test_rfc_8032_known_answers() -> None:
    for one in vector("rfc8032.json")["vectors"]:
        known = PrivateKey.from_seed("evidence", "rfc8032", bytes.fromhex(one["seed"]))
        message, signature = bytes.fromhex(one["message"]), bytes.fromhex(one["signature"])
        assert known.public_key.hex() == one["public"]
        assert known.sign(message) == signature
        known.vkey.verify(message, signature)


def test_the_signature_in_the_dsse_specification_holds_over_our_encoding() -> None:
    known = vector("dsse.json")
    message = pae(known["payload_type"], known["payload"].encode())
    assert message == known["pae"].encode()
    raw = base64.b64decode(known["signature"])
    signature = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    numbers = ec.EllipticCurvePublicNumbers(int(known["x"]), int(known["y"]), ec.SECP256R1())
    numbers.public_key().verify(signature, message, ec.ECDSA(SHA256()))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.binary(max_size=200))
def test_our_encoding_is_that_of_securesystemslib(payload_type: str, payload: bytes) -> None:
    assert pae(payload_type, payload) == TheirEnvelope(payload, payload_type, {}).pae()


def test_an_envelope_that_openssl_signed_is_accepted_and_ours_is_the_same_bytes() -> None:
    known = vector("README.json")
    data = (VECTORS / "envelope.json").read_bytes()
    mine = PrivateKey.from_seed("evidence", "rfc8032", bytes.fromhex(known["seed"]))
    envelope, signers = read_signed(data, {known["keyid"]: mine.vkey})
    assert signers == (known["keyid"],) == (mine.fingerprint,)
    assert envelope.id == known["id"] == envelope.statement.id
    assert sign(envelope.statement, mine).to_bytes() == data


@settings(max_examples=25)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=5, unique=True))
def test_each_signer_is_found_once_and_only_among_the_keys_given(numbers: list[int]) -> None:
    signers = [key(number=n) for n in numbers]
    envelope = Envelope.parse(sign(statement(), *signers).to_bytes())
    keys = {s.fingerprint: s.vkey for s in signers}
    assert verify(envelope, keys) == tuple(s.fingerprint for s in signers)
    assert verify(envelope, {key(number=201).fingerprint: key(number=201).vkey}) == ()


def test_any_byte_changed_in_an_evidence_file_is_refused_with_a_code() -> None:
    mine = key()
    data = sign(statement(), mine).to_bytes()
    keys = {mine.fingerprint: mine.vkey}
    codes = set()
    for position in range(len(data)):
        for flip in (1, 0x20, 0x80):
            changed = data[:position] + bytes([data[position] ^ flip]) + data[position + 1 :]
            with pytest.raises(EvidenceError) as refusal:
                read_signed(changed, keys)
            codes.add(refusal.value.code)
            assert "expected" in refusal.value.message or refusal.value.code in {"UP-EVIDENCE-02", "UP-EVIDENCE-05"}
    assert {"UP-EVIDENCE-02", "UP-EVIDENCE-10", "UP-EVIDENCE-11", "UP-EVIDENCE-12"} <= codes


def test_the_other_base64_alphabet_is_a_change_of_our_file_but_not_of_a_foreign_one() -> None:
    mine = key()
    document = json.loads(sign(statement(), mine).to_bytes())
    document["signatures"][0]["sig"] = document["signatures"][0]["sig"].translate(str.maketrans("+/", "-_"))
    document["payload"] = document["payload"].translate(str.maketrans("+/", "-_"))
    data = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
    assert "-" in data.decode() or "_" in data.decode()
    with pytest.raises(EvidenceError, match="base64"):
        Envelope.parse(data)
    foreign = Envelope.read_foreign(json.dumps(document, indent=2).encode())
    assert verify(foreign, {mine.fingerprint: mine.vkey}) == (mine.fingerprint,)


@pytest.mark.parametrize("keyid", [None, "", "a key somewhere"])
def test_a_foreign_key_id_is_only_a_hint(keyid: str | None) -> None:
    mine = key()
    document = json.loads(sign(statement(), mine).to_bytes())
    document["signatures"][0]["keyid"] = keyid
    foreign = Envelope.read_foreign(json.dumps(document).encode())
    assert verify(foreign, {k.fingerprint: k.vkey for k in (key(number=9), mine)}) == (mine.fingerprint,)


def test_a_key_id_of_a_trusted_key_over_another_keys_signature_is_refused() -> None:
    mine, other = key(), key(number=2)
    document = json.loads(sign(statement(), other).to_bytes())
    document["signatures"][0]["keyid"] = mine.fingerprint
    with pytest.raises(EvidenceError, match="does not fit the payload") as refusal:
        read_signed(json.dumps(document, separators=(",", ":"), sort_keys=True).encode(), {mine.fingerprint: mine.vkey})
    assert refusal.value.code == "UP-EVIDENCE-11"


def test_one_key_cannot_count_as_two() -> None:
    with pytest.raises(EvidenceError, match="each key once"):
        sign(statement(), key(), key())
    document = json.loads(sign(statement(), key()).to_bytes())
    document["signatures"] *= 2
    with pytest.raises(EvidenceError, match="each key once"):
        Envelope.parse(json.dumps(document, separators=(",", ":"), sort_keys=True).encode())


@pytest.mark.parametrize(
    "document",
    [
        {"payload": 1, "payloadType": "x", "signatures": [{"sig": "", "keyid": ""}]},
        {"payload": "", "payloadType": "x", "signatures": []},
        {"payload": "", "payloadType": "x", "signatures": [{"sig": "AAAA", "keyid": ""}]},
        {"payload": "", "payloadType": "x", "signatures": [[]]},
        {"payload": "", "signatures": {}},
        {"payload": "AA", "payloadType": "x", "signatures": [{"sig": "A" * 86 + "==", "keyid": ""}]},
        {"payload": "AA==", "payloadType": "x", "signatures": [{"sig": "A" * 85 + "B==", "keyid": ""}]},
        [],
        "x",
        None,
    ],
)
def test_what_is_not_an_envelope_is_refused(document: Any) -> None:
    data = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
    for read in (Envelope.parse, Envelope.read_foreign):
        with pytest.raises(EvidenceError):
            read(data)


def test_another_payload_type_is_not_read_as_a_statement() -> None:
    mine = key()
    message = pae("text/plain", statement().payload())
    document = json.loads(sign(statement(), mine).to_bytes())
    document["payloadType"] = "text/plain"
    document["signatures"][0]["sig"] = base64.b64encode(mine.sign(message)).decode()
    with pytest.raises(EvidenceError, match="text/plain") as refusal:
        read_signed(json.dumps(document, separators=(",", ":"), sort_keys=True).encode(), {mine.fingerprint: mine.vkey})
    assert refusal.value.code == "UP-EVIDENCE-10"


def test_an_envelope_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(EvidenceError) as refusal:
        Envelope.parse(b" " * (MAX_ENVELOPE + 1))
    assert refusal.value.code == "UP-EVIDENCE-01"


def test_a_key_verifies_only_what_it_signed() -> None:
    mine, other = key(), key(number=2)
    forged = VerifierKey(mine.name, other.public_key)
    assert verify(sign(statement(), mine), {mine.fingerprint: forged}) == ()
