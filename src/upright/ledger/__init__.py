"""The ledger: an append-only Merkle log of what was measured, decided and recorded, that proves itself."""

from upright.kernel import canonical_bytes
from upright.ledger.checkpoint import Checkpoint
from upright.ledger.epochs import finish_restore
from upright.ledger.errors import DamageError, LedgerError, ProofError, RollbackError, SignatureError, StorageError
from upright.ledger.export import ExportedLog, export, read_export
from upright.ledger.log import Log
from upright.ledger.notes import Note, NoteError, VerifierKey
from upright.ledger.proved import demand_proved
from upright.ledger.restoring import restore
from upright.ledger.statehead import read_head
from upright.ledger.tree import (
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_hash,
    verify_consistency,
    verify_inclusion,
)
from upright.ledger.values import ENVELOPE, JSON, NewEntry, Problem, Recorded, Report
from upright.ledger.verify import verify_folder

__all__ = [
    "ENVELOPE",
    "JSON",
    "Checkpoint",
    "DamageError",
    "ExportedLog",
    "LedgerError",
    "Log",
    "NewEntry",
    "Note",
    "NoteError",
    "Problem",
    "ProofError",
    "Recorded",
    "Report",
    "RollbackError",
    "SignatureError",
    "StorageError",
    "Tree",
    "VerifierKey",
    "canonical_bytes",
    "consistency_proof",
    "demand_proved",
    "export",
    "finish_restore",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "read_export",
    "read_head",
    "restore",
    "root_hash",
    "verify_consistency",
    "verify_folder",
    "verify_inclusion",
]
