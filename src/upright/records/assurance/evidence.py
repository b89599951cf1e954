"""Evidence in the server's log: appended once, its derived row beside it, and the keys that make it count."""

from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from upright.evidence.dsse import Envelope, verify
from upright.kernel import Ref, parse_duration, parse_time, time_text
from upright.ledger import Recorded, VerifierKey
from upright.posture.keybook import KeyBook
from upright.posture.plan import strictest_freshness
from upright.records.assurance.judging import catalogue
from upright.records.assurance.models import BindingApproval, EvidenceRow, WorkspaceSystem
from upright.records.inventory.models import System
from upright.records.risk.against import Proof
from upright.records.trail.history import recorded
from upright.records.trail.models import LedgerEntry, LedgerStream
from upright.records.trail.server_log import now, organisation
from upright.workspace.evidence_log import evidence_entry, stream_of

if TYPE_CHECKING:
    from upright.evidence import Statement
    from upright.records.trail.door import Change

_IN_A_BATCH = 500
_DECIDED = frozenset({"passed", "failed"})


def key_entries() -> list[Recorded]:
    """Every entry about a key, in order."""
    return recorded(LedgerEntry.objects.filter(ref__gte="key:", ref__lt="key;"))


def current_keys(entries: Iterable[Recorded] | None = None) -> Mapping[str, VerifierKey]:
    """The keys whose signatures count now, by fingerprint."""
    book = KeyBook(key_entries() if entries is None else entries)
    return {one: book.keys[one] for one in book.keys if book.is_current(one)}


def signed_by(envelope: Envelope, keys: Mapping[str, VerifierKey]) -> tuple[str, ...]:
    """The fingerprints of those keys whose signature of the envelope holds."""
    return tuple(verify(envelope, keys))


def file_evidence(mine: "Change", envelopes: Iterable[Envelope]) -> None:
    """Queues the entries of envelopes, in this order, and their derived rows, once their indices are known."""
    home = Ref.parse(organisation())
    read = [(one, one.statement) for one in envelopes]
    queued = [(mine.add(evidence_entry(one, home, said)), one, said) for one, said in read]
    mine.after.append(lambda: _index([row_of(mine.indices[at], one, said) for at, one, said in queued]))


def _index(rows: Iterable[EvidenceRow]) -> None:
    EvidenceRow.objects.bulk_create(rows, ignore_conflicts=True, batch_size=_IN_A_BATCH)


def row_of(index: int, envelope: Envelope, statement: "Statement | None" = None) -> EvidenceRow:
    """What lists show of a statement, which is the envelope's own where it was read already."""
    statement = statement or envelope.statement
    said = statement.predicate
    return EvidenceRow(
        index=index,
        evidence=envelope.id,
        stream=stream_of(statement),
        system=said.system or "",
        binding=said.binding or "",
        subject=statement.subject[0].name,
        kinds=list(said.kinds),
        source=said.source,
        result=said.result,
        ended=said.ended,
    )


def fresh_until(row: EvidenceRow) -> datetime | None:
    """Until when a statement is fresh by the strictest ask for its kinds; None where it does not age."""
    span = _freshness(tuple(row.kinds))
    return None if span is None else parse_time(row.ended) + parse_duration(span)


def is_aged(row: EvidenceRow) -> bool:
    """Whether that moment has passed."""
    until = fresh_until(row)
    return until is not None and until < now()


@cache
def _freshness(kinds: tuple[str, ...]) -> str | None:
    return strictest_freshness(catalogue(), kinds)


def newest_measured(units: Iterable[object], kinds: Set[str], lapsed: Set[str]) -> Iterator[tuple[str, Proof]]:
    """By kind, the newest run of each check that is bound to a system of these units.

    Only about subjects of which a run failed, decided nothing or may be too old, or of which a record ``lapsed``: of
    all others nothing could speak against anything, and there are many. A run that decided nothing shows nothing, and
    takes away what an earlier one had shown (unknown is not green).
    """
    units = list(units)
    newest = LedgerStream.objects.filter(ref__gte="binding:", ref__lt="binding;").values("newest")
    systems = System.objects.filter(unit__in=units).values("ref")
    runs = EvidenceRow.objects.filter(index__in=newest, source="check", system__in=systems)
    span = strictest_freshness(catalogue(), tuple(kinds))
    since = time_text(now() - parse_duration(span)) if span else ""
    doubtful = set(runs.exclude(result="passed", ended__gte=since).values_list("subject", flat=True))
    about = runs.filter(subject__in=doubtful | lapsed).order_by("stream") if doubtful | lapsed else runs.none()
    rows = [one for one in about if kinds & set(one.kinds)]
    bound = _bound({one.system for one in rows})
    rows = [one for one in rows if one.stream in bound]
    undecided = [one.stream for one in rows if one.result not in _DECIDED]
    passed = set(EvidenceRow.objects.filter(stream__in=undecided, result="passed").values_list("stream", flat=True))
    for row in rows:
        is_decided = row.result in _DECIDED
        if not is_decided and row.stream not in passed:
            continue
        proof = Proof(
            ref=row.stream,
            subject=row.subject,
            system=row.system,
            failed=f"failed on {row.ended[:10]}" if row.result == "failed" else "",
            open="" if is_decided else row.ended[:10],
            ran=parse_time(row.ended),
        )
        yield from ((kind, proof) for kind in row.kinds if kind in kinds)


def _bound(systems: Set[str]) -> set[str]:
    """The streams of bindings that stand in the observed state of these systems and that somebody approved."""
    observed = WorkspaceSystem.objects.filter(about__ref__in=systems).values_list("about__ref", "bindings")
    decided = BindingApproval.objects.filter(about__ref__in=systems, state=BindingApproval.State.APPROVED)
    approved = {(of, str(one)) for of, names in decided.values_list("about__ref", "bindings") for one in names}
    there = {(of, str(one["id"])) for of, bindings in observed for one in bindings}
    return {str(Ref("binding", f"{Ref.parse(of).path}/{name}")) for of, name in there & approved}
