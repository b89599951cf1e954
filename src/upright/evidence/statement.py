"""What evidence says: an in-toto Statement v1 whose predicate is ours (contracts, section 3).

Keys of the JSON are the field names below, except ``from_`` (``from``). Numbers are decimal strings; digests are
64 lower-case hex digits; times are RFC 3339 in UTC with milliseconds. The payload is canonical (RFC 8785), so one
statement has one id, whoever wrote it.
"""

from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta

from upright.evidence.strict_json import EvidenceError, decode_strict
from upright.kernel import Ref, UprightError, as_decimal, canonical_bytes, parse_time, sha256_hex

STATEMENT_TYPE: Literal["https://in-toto.io/Statement/v1"] = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Literal["urn:upright:evidence:1"] = "urn:upright:evidence:1"
MAX_PAYLOAD = 8 * 1024 * 1024

Hex64 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", min_length=64, max_length=64)]
Moment = Annotated[
    str,
    Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$", min_length=24, max_length=24),
]
Day = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", min_length=10, max_length=10)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Word = Annotated[str, Meta(min_length=1)]
Hold = Literal["bytes", "snapshot", "declared", "window"]
Result = Literal["passed", "failed", "undecided", "errored"]
Outcome = Literal["passed", "failed", "undecided"]
Source = Literal["check", "record", "attestation", "imported"]
RecordState = Literal["draft", "approved", "rejected", "superseded", "withdrawn"]


class _Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frozen, by keyword only, no unknown keys; shared by everything in a statement."""


class Input(_Value, frozen=True, kw_only=True):
    """Something that was looked at, tied to its bytes as firmly as ``hold`` says; a window has ``from`` and ``to``."""

    ref: Word
    digest: Hex64
    hold: Hold
    from_: Moment | None = msgspec.field(default=None, name="from")
    to: Moment | None = None


class Measurement(_Value, frozen=True, kw_only=True):
    """One number with its interval; ``decided_at`` is the level its limit was decided at; no limit: outcome null."""

    name: Word
    group: dict[str, str] = {}
    against: dict[str, str] | None = None
    value: str | None
    low: str | None = None
    high: str | None = None
    confidence: str | None = None
    decided_at: str | None = None
    n: Count
    unit: str
    method: str
    outcome: Outcome | None = None


class Reason(_Value, frozen=True, kw_only=True):
    """Why the result is what it is, in words; ``limit`` such as ``auc at_least 0.7``."""

    limit: str
    outcome: Result
    because: Word


class NotExamined(_Value, frozen=True, kw_only=True):
    """What the check did not look at, so that silence is not read as a pass."""

    what: Word
    why: Word
    count: Count


class Artefact(_Value, frozen=True, kw_only=True):
    """A file that the run produced, kept as a blob by its digest; ``size`` in bytes."""

    name: Word
    media_type: Word
    size: Count
    sha256: Hex64


class CheckId(_Value, frozen=True, kw_only=True):
    """Which code ran."""

    name: Word
    version: Word


class Imported(_Value, frozen=True, kw_only=True):
    """The tool whose result this is, and the digest of the file it was read from."""

    tool: Word
    version: str
    sha256: Hex64


class RecordPart(_Value, frozen=True, kw_only=True):
    """What a person decided; ``data`` follows the ``fields`` of the kind in the catalogue. Null for checks."""

    kind: Word
    state: RecordState
    review_by: Day | None = None
    conclusion: Literal["passed", "failed"] | None = None
    data: dict[str, Any]


class Predicate(_Value, frozen=True, kw_only=True):
    """What was found, by whom, with which settings, on what (contracts, section 3)."""

    v: Literal[1] = 1
    source: Source
    kinds: Annotated[tuple[Word, ...], Meta(min_length=1)]
    system: Word | None
    binding: Word | None = None
    check: CheckId | None = None
    options: dict[str, Any] = {}
    limits: dict[str, dict[str, str]] = {}
    result: Result
    measurements: tuple[Measurement, ...] = ()
    reasons: tuple[Reason, ...] = ()
    not_examined: tuple[NotExamined, ...] = ()
    inputs: tuple[Input, ...] = ()
    reproduced: Literal["yes", "no", "n/a"] = "n/a"
    seed: Count | None = None
    environment: dict[str, Any] = {}
    started: Moment
    ended: Moment
    artefacts: tuple[Artefact, ...] = ()
    imported: Imported | None = None
    record: RecordPart | None = None


class SubjectRef(_Value, frozen=True, kw_only=True):
    """A subject by name and digest, as in-toto writes it: ``{"name": ref, "digest": {"sha256": hex}}``."""

    name: Word
    digest: dict[Literal["sha256"], Hex64]

    @classmethod
    def of(cls, ref: object, sha256: str) -> Self:
        """The subject ``ref`` (a Ref or its text, without digest) with this SHA-256."""
        return cls(name=str(ref), digest={"sha256": sha256})

    @property
    def sha256(self) -> str:
        """The digest, 64 hex digits."""
        return self.digest["sha256"]


class Statement(_Value, frozen=True, kw_only=True):
    """An in-toto Statement v1: these subjects, this predicate."""

    type_: Literal["https://in-toto.io/Statement/v1"] = msgspec.field(default=STATEMENT_TYPE, name="_type")
    subject: Annotated[tuple[SubjectRef, ...], Meta(min_length=1)]
    predicate_type: Literal["urn:upright:evidence:1"] = msgspec.field(default=PREDICATE_TYPE, name="predicateType")
    predicate: Predicate

    def payload(self) -> bytes:
        """The canonical bytes that are signed.

        Raises:
            EvidenceError: a field has the wrong type or form, or the rules of ``check_statement`` are broken.
        """
        data = canonical_bytes(msgspec.to_builtins(self))
        Statement.parse(data)
        return data

    @property
    def id(self) -> str:
        """The evidence id: SHA-256 of the payload, 64 hex digits."""
        return sha256_hex(self.payload())

    @classmethod
    def parse(cls, data: bytes) -> "Statement":
        """Reads a payload; only the canonical bytes of a valid statement are accepted.

        Raises:
            EvidenceError: too long, not JSON, a key given twice, not canonical, an unknown key, a wrong type or form.
        """
        statement = decode_strict(data, cls, what="evidence statement", at_most=MAX_PAYLOAD)
        check_statement(statement)
        return statement


def check_statement(statement: Statement) -> None:
    """Refuses a statement that contradicts itself.

    Subjects and inputs are references without digest, no subject twice; times are real moments and ``ended`` is not
    before ``started``; recorded numbers are decimals, ``low`` not above ``high``; a check names its code, a record or
    attestation carries its record part (a check does not), an import its tool.

    Raises:
        EvidenceError: UP-EVIDENCE-06, with the field, what was found and what was expected.
    """
    names = [_bare(f"subject[{i}].name", s.name) for i, s in enumerate(statement.subject)]
    if len(set(names)) != len(names):
        raise _refused("subject", ", ".join(names), "each subject once")
    for position, subject in enumerate(statement.subject):
        if len(subject.digest) != 1:
            raise _refused(f"subject[{position}].digest", str(subject.digest), "exactly one sha256 digest")
    _check_predicate(statement.predicate)


def _check_predicate(predicate: Predicate) -> None:
    if predicate.system is not None:
        _bare("predicate.system", predicate.system)
    if len(set(predicate.kinds)) != len(predicate.kinds):
        raise _refused("predicate.kinds", ", ".join(predicate.kinds), "each kind once")
    _check_times("predicate", predicate.started, predicate.ended, "started", "ended")
    for position, given in enumerate(predicate.inputs):
        _check_input(f"predicate.inputs[{position}]", given)
    for position, measurement in enumerate(predicate.measurements):
        _check_measurement(f"predicate.measurements[{position}]", measurement)
    for name, limit in predicate.limits.items():
        for bound, text in limit.items():
            _decimal(f"predicate.limits.{name}.{bound}", text)
    _check_parts(predicate)


def _check_parts(predicate: Predicate) -> None:
    source = predicate.source
    wanted = {
        "check": source == "check",
        "record": source in {"record", "attestation"},
        "imported": source == "imported",
    }
    for part, needed in wanted.items():
        present = getattr(predicate, part) is not None
        if present != needed:
            expected = f"an object, as the source is {source!r}" if needed else f"null, as the source is {source!r}"
            raise _refused(f"predicate.{part}", "an object" if present else "null", expected)


def _check_input(where: str, given: Input) -> None:
    _bare(f"{where}.ref", given.ref)
    if given.hold != "window":
        if given.from_ is not None or given.to is not None:
            raise _refused(where, f"hold {given.hold!r} with from or to", "from and to only with hold 'window'")
    elif given.from_ is None or given.to is None:
        raise _refused(where, "hold 'window' without from and to", "both moments")
    else:
        _check_times(where, given.from_, given.to, "from", "to")


def _check_measurement(where: str, measurement: Measurement) -> None:
    for name in ("value", "low", "high", "confidence", "decided_at"):
        text = getattr(measurement, name)
        if text is not None:
            _decimal(f"{where}.{name}", text)
    low, high = measurement.low, measurement.high
    if low is not None and high is not None and as_decimal(low) > as_decimal(high):
        raise _refused(where, f"low {low} above high {high}", "low at most high")


def _check_times(where: str, early: str, late: str, early_name: str, late_name: str) -> None:
    try:
        if parse_time(early) > parse_time(late):
            raise _refused(where, f"{late_name} {late} before {early_name} {early}", f"{late_name} not before it")
    except UprightError as why:
        if isinstance(why, EvidenceError):
            raise
        raise _refused(where, why.message, "recorded times") from None


def _bare(where: str, text: str) -> str:
    try:
        ref = Ref.parse(text)
    except UprightError as why:
        raise _refused(where, text, why.message) from None
    if ref.digest is not None:
        raise _refused(where, text, "a reference without digest; the digest has a field of its own")
    return text


def _decimal(where: str, text: str) -> None:
    try:
        as_decimal(text)
    except UprightError as why:
        raise _refused(where, repr(text), why.message) from None


def _refused(where: str, found: str, expected: str) -> EvidenceError:
    return EvidenceError(
        f"This evidence statement contradicts itself at {where}: found {found}; expected {expected}.",
        code="UP-EVIDENCE-06",
    )
