"""What evidence says: an in-toto Statement v1 whose predicate is ours (contracts, section 3).

Keys of the JSON are the field names below, except ``from_`` (``from``). Numbers are decimal strings; digests are
64 lower-case hex digits; times are RFC 3339 in UTC with milliseconds. The payload is canonical (RFC 8785), so one
statement has one id, whoever wrote it.
"""

from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta

from upright.evidence.strict_json import decode_strict
from upright.kernel import canonical_bytes, sha256_hex

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
            EvidenceError: a field has the wrong type or form, or the rules of ``rules.check_statement`` are broken.
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
        from upright.evidence.rules import check_statement

        statement = decode_strict(data, cls, what="evidence statement", at_most=MAX_PAYLOAD)
        check_statement(statement)
        return statement
