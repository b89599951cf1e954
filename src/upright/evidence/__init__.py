"""Evidence: the statement, its DSSE envelope, the keys that sign it, the digests that tie it to bytes."""

from upright.evidence.statement import (
    Artefact,
    CheckId,
    Imported,
    Input,
    Measurement,
    NotExamined,
    Predicate,
    Reason,
    RecordPart,
    Statement,
    SubjectRef,
)
from upright.evidence.strict_json import EvidenceError

__all__ = [
    "Artefact",
    "CheckId",
    "EvidenceError",
    "Imported",
    "Input",
    "Measurement",
    "NotExamined",
    "Predicate",
    "Reason",
    "RecordPart",
    "Statement",
    "SubjectRef",
]
