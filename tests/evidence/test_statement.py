"""A statement has one form and one id; anything else is refused with the place, what was found and expected."""

import hashlib
import json
from typing import Any

import msgspec
import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from in_toto_attestation.v1 import statement as in_toto

from evidence.builders import DATA, DIGEST, VECTORS, predicate, statement, vector
from upright.evidence import EvidenceError, Imported, Input, Measurement, RecordPart, Statement, SubjectRef
from upright.evidence.statement import MAX_PAYLOAD
from upright.kernel import canonical_bytes

NO_SURROGATES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | NO_SURROGATES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NO_SURROGATES, inner, max_size=3),
    max_leaves=10,
)


def broken(**changed: Any) -> bytes:
    """Canonical bytes of a document that our own types would not write."""
    document = msgspec.to_builtins(statement())
    document.update(changed.pop("top", {}))
    document["predicate"] |= changed
    return canonical_bytes(document)


def test_the_known_statement_has_the_id_that_sha256sum_gives() -> None:
    data = (VECTORS / "statement.json").read_bytes()
    read = Statement.parse(data)
    assert read.payload() == data
    assert read.id == vector("README.json")["id"] == hashlib.sha256(data).hexdigest()
    assert read.predicate.measurements[0].decided_at == "0.975"


def test_the_reference_implementation_of_in_toto_accepts_our_statements() -> None:
    message = json_format.Parse(statement().payload(), in_toto.spb.Statement())
    theirs = in_toto.Statement.copy_from_pb(message)
    theirs.validate()
    assert dict(theirs.pb.subject[0].digest) == {"sha256": DIGEST}


@given(
    options=st.dictionaries(NO_SURROGATES, PLAIN, max_size=4), data=st.dictionaries(NO_SURROGATES, PLAIN, max_size=4)
)
def test_every_statement_survives_writing_and_reading(options: dict[str, Any], data: dict[str, Any]) -> None:
    part = RecordPart(kind="ai-policy", state="approved", conclusion="passed", data=data)
    said = statement(source="record", check=None, options=options, record=part)
    assert Statement.parse(said.payload()) == said
    assert said.payload() == canonical_bytes(msgspec.to_builtins(said))


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"result": "ok"}, "predicate.result"),
        ({"kinds": []}, "predicate.kinds"),
        ({"seed": -1}, "predicate.seed"),
        ({"started": "2026-03-12T09:30:00Z"}, "predicate.started"),
        ({"v": 2}, "predicate.v"),
        ({"surprise": 1}, "surprise"),
        ({"measurements": [{"name": "x"}]}, "predicate.measurements"),
        ({"inputs": [{"ref": DATA, "digest": DIGEST.upper(), "hold": "bytes", "from": None, "to": None}]}, "digest"),
        ({"inputs": [{"ref": DATA, "digest": DIGEST + "\n", "hold": "bytes", "from": None, "to": None}]}, "digest"),
        ({"top": {"subject": []}}, "subject"),
        ({"top": {"subject": [{"name": DATA, "digest": {"md5": DIGEST}}]}}, "digest"),
        ({"top": {"_type": "https://in-toto.io/Statement/v0.1"}}, "_type"),
        ({"top": {"predicateType": "urn:other"}}, "predicateType"),
    ],
)
def test_a_wrong_shape_is_refused_and_named(changed: dict[str, Any], place: str) -> None:
    with pytest.raises(EvidenceError) as refusal:
        Statement.parse(broken(**changed))
    assert refusal.value.code == "UP-EVIDENCE-05"
    assert place in refusal.value.message


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"ended": "2026-03-12T09:29:59.999Z"}, "ended"),
        ({"started": "2026-02-30T09:30:00.000Z"}, "predicate"),
        ({"kinds": ("a", "a")}, "kinds"),
        ({"system": "Mortgage"}, "predicate.system"),
        ({"check": None}, "predicate.check"),
        ({"source": "record", "check": None}, "predicate.record"),
        ({"imported": Imported(tool="garak", version="1", sha256=DIGEST)}, "predicate.imported"),
        ({"limits": {"auc": {"at_least": "high"}}}, "predicate.limits.auc.at_least"),
        ({"inputs": (Input(ref=DATA, digest=DIGEST, hold="window"),)}, "predicate.inputs[0]"),
        ({"inputs": (Input(ref=f"{DATA}@sha256:{DIGEST}", digest=DIGEST, hold="bytes"),)}, "predicate.inputs[0].ref"),
        (
            {"measurements": (Measurement(name="x", value="1", low="2", high="1", n=1, unit="", method=""),)},
            "predicate.measurements[0]",
        ),
        (
            {"measurements": (Measurement(name="x", value="0.12345678901234567", n=1, unit="", method=""),)},
            "predicate.measurements[0].value",
        ),
    ],
)
def test_a_statement_that_contradicts_itself_is_refused(changed: dict[str, Any], place: str) -> None:
    with pytest.raises(EvidenceError) as refusal:
        statement(**changed).payload()
    assert refusal.value.code == "UP-EVIDENCE-06"
    assert place in refusal.value.message
    assert "found" in refusal.value.message
    assert "expected" in refusal.value.message


def test_two_subjects_of_one_name_are_refused() -> None:
    twice = Statement(subject=(SubjectRef.of(DATA, DIGEST), SubjectRef.of(DATA, "0" * 64)), predicate=predicate())
    with pytest.raises(EvidenceError, match="each subject once"):
        twice.payload()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"seed":null', b'"seed":null,"seed":null', "UP-EVIDENCE-03"),
        (b'"seed":null', b'"seed": null', "UP-EVIDENCE-04"),
        (b'"seed":null', b'"seed":1.5', "UP-EVIDENCE-04"),
        (b'"options":{}', b'"options":{"share":0.5}', "UP-EVIDENCE-04"),
        (b'"options":{}', b'"options":{"big":9007199254740993}', "UP-EVIDENCE-04"),
        (b'"options":{}', b'"options":{"nan":NaN}', "UP-EVIDENCE-02"),
        (b'"options":{}', b'"options":{"\xff":1}', "UP-EVIDENCE-02"),
        (b'"options":{}', b'"options":{"a":"\\ud800"}', "UP-EVIDENCE-04"),
        (b'"options":{}', b'"options":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "UP-EVIDENCE-02"),
        (b'"seed":null,', b"", "UP-EVIDENCE-05"),
        (b'"v":1', b'"v":01', "UP-EVIDENCE-02"),
    ],
)
def test_only_the_canonical_bytes_are_read(old: bytes, new: bytes, code: str) -> None:
    data = statement().payload()
    assert old in data
    with pytest.raises(EvidenceError) as refusal:
        Statement.parse(data.replace(old, new))
    assert refusal.value.code == code


def test_keys_out_of_order_are_refused() -> None:
    document = json.loads(statement().payload())
    backwards = dict(reversed(document.items()))
    with pytest.raises(EvidenceError, match="not canonical") as refusal:
        Statement.parse(json.dumps(backwards, separators=(",", ":"), ensure_ascii=False).encode())
    assert refusal.value.code == "UP-EVIDENCE-04"


def test_a_payload_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(EvidenceError) as refusal:
        Statement.parse(b" " * (MAX_PAYLOAD + 1))
    assert refusal.value.code == "UP-EVIDENCE-01"


@given(st.binary(max_size=200))
def test_noise_is_refused_and_never_crashes(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        Statement.parse(data)
