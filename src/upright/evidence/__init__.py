"""Evidence: the statement, its DSSE envelope, the keys that sign it, the digests that tie it to bytes.

``cryptography`` loads only when something is signed or verified.
"""

from upright.evidence.dsse import MEDIA_TYPE, PAYLOAD_TYPE, Envelope, Signature, pae, read_signed, sign, verify
from upright.evidence.keys import PrivateKey, Role, key_folder, keyring
from upright.evidence.statement import (
    PREDICATE_TYPE,
    STATEMENT_TYPE,
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
from upright.evidence.subjects import digest_endpoint, digest_path, digest_value, setup_digest, table_snapshot

__all__ = [
    "MEDIA_TYPE",
    "PAYLOAD_TYPE",
    "PREDICATE_TYPE",
    "STATEMENT_TYPE",
    "Artefact",
    "CheckId",
    "Envelope",
    "EvidenceError",
    "Imported",
    "Input",
    "Measurement",
    "NotExamined",
    "Predicate",
    "PrivateKey",
    "Reason",
    "RecordPart",
    "Role",
    "Signature",
    "Statement",
    "SubjectRef",
    "digest_endpoint",
    "digest_path",
    "digest_value",
    "key_folder",
    "keyring",
    "pae",
    "read_signed",
    "setup_digest",
    "sign",
    "table_snapshot",
    "verify",
]
