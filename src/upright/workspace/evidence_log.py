"""Evidence as it stands in the log: which stream it belongs to, who signed it, and filing it once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from upright.evidence.dsse import Envelope, verify
from upright.kernel import Ref
from upright.ledger import ENVELOPE, NewEntry, Recorded
from upright.workspace.errors import WorkspaceError
from upright.workspace.records import index_of_subject
from upright.workspace.values import EvidenceRow

if TYPE_CHECKING:
    from upright.evidence import Statement
    from upright.ledger import VerifierKey


def stream_of(statement: "Statement") -> str:
    """``binding:<system>/<id>`` of what a binding measured, else ``attestation:<subject>/<kind>``."""
    said = statement.predicate
    if said.binding is not None and said.system is not None:
        return str(Ref("binding", f"{Ref.parse(said.system).path}/{said.binding}"))
    return f"attestation:{statement.subject[0].name}/{said.kinds[0]}"


def index_of(statement: "Statement", organisation: Ref) -> str:
    """The index stream that announces the statement's stream."""
    said = statement.predicate
    if said.binding is not None and said.system is not None:
        return f"index:{said.system}"
    return index_of_subject(Ref.parse(statement.subject[0].name), organisation)


def evidence_entry(envelope: Envelope, organisation: Ref, statement: "Statement | None" = None) -> NewEntry:
    """The ledger entry of an envelope; ``statement`` is what it says, where that was read already."""
    statement = statement or envelope.statement
    return NewEntry(
        type="evidence",
        ref=stream_of(statement),
        media_type=ENVELOPE,
        body=envelope.to_bytes(),
        index=index_of(statement, organisation),
    )


def evidence_rows(entries: Iterable[Recorded], keys: "Mapping[str, VerifierKey]") -> Iterator[EvidenceRow]:
    """Each evidence entry with the names of the enrolled keys whose signature holds, oldest first."""
    for recorded in entries:
        if recorded.type != "evidence":
            continue
        if recorded.body is None:
            yield EvidenceRow(id=None, index=recorded.index, recorded=recorded.time, stream=recorded.ref)
            continue
        envelope = Envelope.parse(recorded.body)
        yield EvidenceRow(
            id=envelope.id,
            index=recorded.index,
            recorded=recorded.time,
            stream=recorded.ref,
            signers=tuple(keys[found].name for found in verify(envelope, keys)),
            statement=envelope.statement,
        )


def find_evidence(rows: Sequence[EvidenceRow], text: str) -> EvidenceRow:
    """The newest row of the one evidence id that starts with ``text`` (with or without ``sha256:``).

    Raises:
        WorkspaceError: none or several (UP-WORK-12).
    """
    wanted = text.removeprefix("sha256:")
    found = {row.id: row for row in reversed(rows) if row.id and row.id.startswith(wanted)}
    if len(found) != 1 or not wanted:
        raise WorkspaceError(
            f"{text!r} fits {len(found) or 'no'} evidence here. 'upright evidence list' shows the ids.",
            code="UP-WORK-12",
        )
    return next(iter(found.values()))
