"""From ledger entries to statements whose signers are weighed: what ``gather`` starts from."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from upright.evidence import Envelope, EvidenceError, Predicate, Statement, setup_digest
from upright.ledger import Recorded
from upright.posture.bound import options_digest
from upright.posture.facts import FactInput, Item, RecordState, Result, SignerState
from upright.posture.keybook import Holder, KeyBook

if TYPE_CHECKING:
    from upright.catalogue import Catalogue

_RESULTS: Mapping[str, Result] = {one: one for one in ("passed", "failed", "undecided", "errored")}


class Read(NamedTuple):
    """An evidence entry as read: the item without what later entries say of it, its record's data, who signed."""

    item: Item
    kind: str | None
    data: Mapping[str, Any]
    holders: tuple[Holder, ...]

    @property
    def stands(self) -> bool:
        """Approved, concluded well and signed by enough keys that count, or decided by enough persons logged in."""
        return self.is_approved and self.item.signer in {"enrolled", "login"}

    @property
    def is_approved(self) -> bool:
        """Approved and concluded well, whoever signed."""
        return self.item.record_state == "approved" and self.item.result == "passed"


def stream_subject(ref: str) -> str:
    """The subject in the name of an attestation's stream.

    >>> stream_subject("attestation:model:mortgage/scorer/model-card")
    'model:mortgage/scorer'
    """
    return ref.removeprefix("attestation:").rpartition("/")[0]


def read_evidence(entry: Recorded, keys: KeyBook, catalogue: "Catalogue") -> Read | None:
    """Reads one evidence entry; None where its body is gone or is no statement, which leaves a gap in its stream."""
    if entry.body is None:
        return None
    try:
        envelope = Envelope.parse(entry.body)
        statement = envelope.statement
    except EvidenceError:
        return None
    holders = keys.holders(envelope, entry.index)
    said = statement.predicate
    record = said.record
    signer, state = _standing(said, holders, catalogue)
    subject = statement.subject[0].name
    item = Item(
        id=envelope.id,
        source=said.source,
        kinds=said.kinds,
        subject=subject,
        binding=said.binding if _is_own_stream(said, entry.ref) else None,
        stream=entry.ref,
        n=entry.n,
        index=entry.index,
        recorded=entry.time,
        ended=said.ended,
        result=_result(said, state),
        record_state=state,
        review_by=None if record is None else record.review_by,
        inputs=_inputs(statement),
        limits=said.limits,
        options="" if said.check is None else options_digest(said.check.name, said.options),
        signer=signer,
        reproduced=said.reproduced,
        setup=""
        if said.check is None
        else setup_digest(said.check.name, said.check.version, said.options, said.inputs),
    )
    return Read(item, None if record is None else record.kind, {} if record is None else record.data, holders)


def _is_own_stream(said: Predicate, stream: str) -> bool:
    if said.binding is None or said.system is None:
        return False
    return stream == f"binding:{said.system.partition(':')[2]}/{said.binding}"


def _result(said: Predicate, state: RecordState | None) -> Result:
    """Of a record its conclusion: an approval that concludes nothing has passed, a rejection has not."""
    if said.record is None or state is None:
        return said.result
    if state == "rejected" or "failed" in {said.record.conclusion, said.result}:
        return "failed"
    return said.result if said.record.conclusion is None else "passed"


def _inputs(statement: Statement) -> tuple[FactInput, ...]:
    said = statement.predicate
    found = [
        FactInput(ref=one.ref, digest=one.digest, hold=one.hold, from_=one.from_, to=one.to) for one in said.inputs
    ]
    if said.source in {"record", "attestation"}:
        # What a person judged is the statement's subject; where the inputs leave it out it is tied as declared.
        named = {one.ref for one in found}
        found += [
            FactInput(ref=one.name, digest=one.sha256, hold="declared")
            for one in statement.subject
            if one.name not in named
        ]
    return tuple(found)


def _standing(
    said: Predicate, holders: tuple[Holder, ...], catalogue: "Catalogue"
) -> tuple[SignerState, RecordState | None]:
    """Who signed, and the state of a record: with fewer persons' keys than its kind needs it is a draft."""
    sound = [one for one in holders if not one.is_compromised]
    signer: SignerState = "enrolled" if sound else "compromised" if holders else "unattributed"
    if said.record is None:
        return signer, None
    needed = max((catalogue.kinds[kind].keys for kind in said.kinds if kind in catalogue.kinds), default=1)
    persons = {one.person for one in sound if one.person is not None}
    if len(persons) >= needed:
        return "enrolled", said.record.state
    if len(persons | {one.person for one in holders if one.person is not None}) >= needed:
        return "compromised", said.record.state
    return signer, "draft"


def read_erased(entry: Recorded, erasure: Recorded | None, subject: str) -> Item | None:
    """An erased piece of evidence, from what the entry that erased it keeps: a failure stays one, all else is open."""
    kept = _kept(erasure)
    if kept is None or entry.type != "evidence":
        return None
    result = _RESULTS.get(str(kept.get("result")), "errored")
    binding = kept.get("binding")
    return Item(
        id=f"erased:{entry.index}",
        source="check",
        kinds=tuple(str(kind) for kind in kept.get("kinds", ())),
        subject=subject,
        binding=binding if isinstance(binding, str) else None,
        stream=entry.ref,
        n=entry.n,
        index=entry.index,
        recorded=entry.time,
        ended=entry.time,
        result=result,
        signer="enrolled" if result == "failed" else "unattributed",
    )


def _kept(erasure: Recorded | None) -> Mapping[str, Any] | None:
    if erasure is None or erasure.body is None:
        return None
    kept = msgspec.json.decode(erasure.body).get("kept")
    return kept if isinstance(kept, dict) else None


def erasure_item(entry: Recorded, subject: str) -> Item:
    """The entry that erases: it fills its number in the stream and says nothing itself."""
    return Item(
        id=f"erasure:{entry.index}",
        source="erasure",
        kinds=(),
        subject=subject,
        binding=None,
        stream=entry.ref,
        n=entry.n,
        index=entry.index,
        recorded=entry.time,
        ended=entry.time,
        result="undecided",
    )
