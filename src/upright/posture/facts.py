"""Facts: all that judgement sees, and nothing else (contracts, section 6; decision 0070).

A frozen value. It holds no names, no free text and no estimates; times are recorded texts, numbers decimal texts,
digests 64 lower-case hex digits.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self

import msgspec

from upright.kernel import plain_bytes, sha256_hex
from upright.posture.errors import FactsError

RULES = 1
ORGANISATION = "organisation"

Kept = Literal["server", "self-kept", "partial"]
Hold = Literal["bytes", "snapshot", "declared", "window"]
Result = Literal["passed", "failed", "undecided", "errored"]
Source = Literal["check", "record", "attestation", "imported", "erasure"]
SignerState = Literal["enrolled", "login", "unattributed", "compromised"]
RecordState = Literal["draft", "approved", "rejected", "superseded", "withdrawn"]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=False):
    """What the parts of Facts share: frozen, by keyword, every key written, unknown keys refused."""


class Edge(Part, frozen=True, kw_only=True):
    """A directed link to another subject, valid from ``from`` (included) to ``until`` (excluded; None: still)."""

    to: str
    role: str
    from_: str = msgspec.field(name="from")
    until: str | None = None


class Subject(Part, frozen=True, kw_only=True):
    """What evidence is about, with its digest as of ``at`` (None: unknown, so evidence about it is old).

    ``traits`` of a system hold the manifest's traits and, under their own names, ``stage``, ``modality`` and
    ``personal_data`` (yes or no); what is missing is unknown.
    """

    ref: str
    type: str
    digest: str | None = None
    edges: tuple[Edge, ...] = ()
    traits: Mapping[str, str] = msgspec.field(default_factory=dict)


class BoundCheck(Part, frozen=True, kw_only=True):
    """A check bound to a subject, as approved. ``options`` is the digest of the check's name and its options.

    ``approved_index`` is the entry since which this form is approved; ``retired_index`` the one that retired it.
    """

    id: str
    system: str
    subject: str
    kinds: tuple[str, ...]
    limits: Mapping[str, Mapping[str, str]]
    options: str
    approved_index: int | None = None
    retired_index: int | None = None

    @property
    def stream(self) -> str:
        """The stream of its evidence."""
        return f"binding:{self.system.partition(':')[2]}/{self.id}"


class Stream(Part, frozen=True, kw_only=True):
    """A stream of evidence. ``entries`` counts all its entries up to ``at``, so that a missing item shows."""

    id: str
    kinds: tuple[str, ...]
    subject: str
    binding: str | None
    entries: int


class Answer(Part, frozen=True, kw_only=True):
    """An answer about a system (None: about the organisation); ``item`` names the entry or evidence it stands in.

    Questions: those of a law's classification; ``roles`` of a system under a framework; ``adopted`` of a framework.
    """

    framework: str
    question: str
    value: str | tuple[str, ...]
    system: str | None = None
    item: str


class FactInput(Part, frozen=True, kw_only=True):
    """What a run looked at, and how firmly it is tied to bytes."""

    ref: str
    digest: str
    hold: Hold
    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None


class Item(Part, frozen=True, kw_only=True):
    """One piece of evidence at one entry of the ledger.

    Attributes:
        id: digest of the signed payload. kinds, subject: what it speaks to, about what.
        binding: the binding's id where the statement names the binding of its own stream, else None.
        n, index: number in the stream and in the log. recorded, ended: when it was appended, when the run ended.
        record_state, review_by: of a record or attestation; None for checks and imports.
        options: digest of check name and options. setup: digest of what the run was made of, or "" where there is none.
        withdrawn_by: id of the withdrawal. done_by: ids of approved, effective nonconformities or treatments.
        open_findings: findings that stand open on it.
    """

    id: str
    source: Source
    kinds: tuple[str, ...]
    subject: str
    binding: str | None
    stream: str
    n: int
    index: int
    recorded: str
    ended: str
    result: Result
    record_state: RecordState | None = None
    review_by: str | None = None
    inputs: tuple[FactInput, ...] = ()
    limits: Mapping[str, Mapping[str, str]] = msgspec.field(default_factory=dict)
    options: str = ""
    signer: SignerState = "unattributed"
    reproduced: Literal["yes", "no", "n/a"] = "n/a"
    setup: str = ""
    withdrawn_by: str | None = None
    done_by: tuple[str, ...] = ()
    open_findings: int = 0


class SoaRow(Part, frozen=True, kw_only=True):
    """A row of an approved statement of applicability; ``system`` None speaks for the organisation."""

    control: str
    system: str | None
    included: bool
    ground: str | None
    approved_index: int


class AddedGate(Part, frozen=True, kw_only=True):
    """What an organisation adds to a stage: a requirement or a kind."""

    stage: str
    requirement: str | None = None
    kind: str | None = None


class GateFacts(Part, frozen=True, kw_only=True):
    """The gates in force, by digest, and what the organisation added."""

    digest: str
    added: tuple[AddedGate, ...] = ()


class Waiver(Part, frozen=True, kw_only=True):
    """Leave to pass one gate without one requirement until a day, included; it never changes posture."""

    requirement: str
    system: str
    stage: str
    requester: str
    approver: str
    until: str
    index: int


class Facts(Part, frozen=True, kw_only=True):
    """All that judgement sees, as of ``at``. ``catalogue`` is framework id to digest."""

    rules: int = RULES
    at: str
    catalogue: Mapping[str, str]
    scope: str
    log: Kept
    subjects: tuple[Subject, ...] = ()
    bindings: tuple[BoundCheck, ...] = ()
    streams: tuple[Stream, ...] = ()
    answers: tuple[Answer, ...] = ()
    items: tuple[Item, ...] = ()
    soa: tuple[SoaRow, ...] = ()
    gates: GateFacts
    waivers: tuple[Waiver, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, every key present."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_json(cls, plain: Any) -> Self:
        """Reads what ``to_json`` writes, or its bytes.

        Raises:
            FactsError: not of that shape, or made for rules that this evaluator does not have.
        """
        try:
            if isinstance(plain, bytes | bytearray | memoryview | str):
                plain = msgspec.json.decode(plain)
            found = msgspec.convert(plain, cls)
        except (msgspec.MsgspecError, UnicodeDecodeError) as why:
            raise FactsError(f"These are not Facts: {why}.", code="UP-POST-01") from None
        found.demand_rules()
        return found

    def demand_rules(self) -> None:
        """Refuses Facts that were made for other rules.

        Raises:
            FactsError: ``rules`` is not 1.
        """
        if self.rules != RULES:
            raise FactsError(
                f"These Facts were made for rules {self.rules}; this evaluator has rules {RULES}. "
                "Use the version of Upright that made them, or a later one that keeps those rules.",
                code="UP-POST-02",
            )

    @property
    def systems(self) -> tuple[str, ...]:
        """Refs of the systems, sorted."""
        return tuple(sorted(one.ref for one in self.subjects if one.type == "system"))

    def home(self, item: Item) -> str:
        """The system an item belongs to, by its stream; ``organisation`` for what belongs to none."""
        return home_of(item.stream, item.subject, frozenset(self.systems))

    def roots(self) -> dict[str, str]:
        """For each system, and for the organisation, the RFC 9162 root over its sorted items, in hex."""
        known = frozenset(self.systems)
        leaves: dict[str, list[bytes]] = {ORGANISATION: [], **{ref: [] for ref in known}}
        for item in self.items:
            leaves[home_of(item.stream, item.subject, known)].append(plain_bytes(item))
        return {home: items_root(found) for home, found in leaves.items()}

    def root_of(self, system: str) -> str:
        """The root over the items of one system (``organisation`` for what belongs to none), in hex.

        Raises:
            FactsError: there is no such system here.
        """
        found = self.roots().get(system)
        if found is None:
            raise FactsError(f"These Facts hold no {system!r}; they hold {', '.join(self.systems)}.", code="UP-POST-03")
        return found

    def digest(self) -> str:
        """SHA-256 of the canonical bytes of these Facts with ``items`` replaced by the roots of ``roots``, in hex.

        Every other list is sorted first, so the order in which Facts were gathered is no part of them.
        """
        plain: dict[str, object] = {name: _sorted(getattr(self, name)) for name in _LISTS}
        plain |= {name: getattr(self, name) for name in ("rules", "at", "catalogue", "scope", "log")}
        plain["gates"] = {"digest": self.gates.digest, "added": _sorted(self.gates.added)}
        plain["subjects"] = _sorted(
            msgspec.structs.replace(one, edges=tuple(sorted(one.edges, key=plain_bytes))) for one in self.subjects
        )
        plain["items"] = self.roots()
        return sha256_hex(plain_bytes(plain))


_LISTS = ("subjects", "bindings", "streams", "answers", "soa", "waivers")


def _sorted(parts: Iterable[Part]) -> list[Part]:
    return sorted(parts, key=plain_bytes)


def home_of(stream: str, subject: str, systems: frozenset[str]) -> str:
    """The system that a stream belongs to, or ``organisation``.

    >>> home_of("binding:mortgage/auc", "dataset:mortgage/test", frozenset({"system:mortgage"}))
    'system:mortgage'
    """
    named = stream.partition(":")[2] if stream.startswith("binding:") else subject.partition(":")[2]
    ref = f"system:{named.partition('/')[0]}"
    return ref if ref in systems else ORGANISATION


def items_root(leaves: list[bytes]) -> str:
    """The RFC 9162 root over leaves sorted as bytes, in hex; of no leaves SHA-256 of nothing."""
    from upright.ledger import leaf_hash, root_hash

    return root_hash([leaf_hash(one) for one in sorted(leaves)]).hex()
