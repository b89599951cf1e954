"""What the derived tables of assurance are to the ledger, and how ``verify`` compares them with it."""

from collections.abc import Iterator

from upright.evidence.dsse import Envelope
from upright.ledger import Problem
from upright.records.assurance.evidence import row_of
from upright.records.assurance.models import EvidenceRow
from upright.records.trail.history import recorded
from upright.records.trail.models import LedgerEntry
from upright.records.trail.tables import Table

_FIELDS = ("evidence", "stream", "system", "binding", "subject", "kinds", "source", "result", "ended")
_BATCH = 500


def evidence_rows() -> Iterator[Problem]:
    """Rows of evidence that say something else than the statement that they stand for, too many or too few."""
    stored = {row.index: row for row in EvidenceRow.objects.iterator(5000)}
    streams = LedgerEntry.objects.filter(ref__gte="attestation:", ref__lt="binding;").values_list("index", flat=True)
    indices = list(streams.order_by("index"))
    for start in range(0, len(indices), _BATCH):
        for entry in recorded(LedgerEntry.objects.filter(index__in=indices[start : start + _BATCH])):
            row = stored.pop(entry.index, None)
            if entry.type != "evidence" or entry.body is None:
                continue
            wanted = row_of(entry.index, Envelope.parse(entry.body))
            if row is None:
                yield _problem(entry.index, f"a row of evidence {wanted.evidence}", "no row")
                continue
            for name in _FIELDS:
                if getattr(row, name) != getattr(wanted, name):
                    yield _problem(entry.index, f"{name} = {getattr(wanted, name)}", f"{name} = {getattr(row, name)}")
    for index in stored:
        yield _problem(index, "no row, as no evidence stands there", "a row")


def _problem(entry: int, expected: str, got: str) -> Problem:
    return Problem(code="UP-ROW-06", file="assurance_evidencerow", entry=entry, expected=expected, got=got)


TABLES = {
    "assurance_evidencerow": Table("derived", "What lists show of evidence, from the statements.", evidence_rows),
    "assurance_posturerow": Table(
        "session", "A memory of what was judged; each row names its Facts, and deleting all changes no answer."
    ),
}
