"""What a pack's files must agree with in the log: enrolled keys, evidence and the blobs it cites."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from upright.evidence import Envelope
from upright.evidence.strict_json import read_json
from upright.kernel import UprightError
from upright.ledger import Checkpoint, Recorded, VerifierKey
from upright.ledger.epochs import sealed_epochs
from upright.ledger.layout import Layout
from upright.ledger.notes import NoteSignature
from upright.ledger.source import public_keys
from upright.ledger.view import View

_MAX_BODY = 16 * 1024 * 1024


class Cited(NamedTuple):
    """A blob that evidence names, and the log entry of that evidence."""

    sha256: str
    size: int
    entry: int


def is_evidence(entry: Recorded) -> bool:
    """Whether an entry carries an evidence envelope that is still there."""
    return entry.type == "evidence" and entry.body is not None and not entry.is_announcement


def body_of(entry: Recorded) -> dict[str, Any]:
    """The JSON object that an entry carries; empty where the body was erased or is no object."""
    if entry.body is None:
        return {}
    try:
        value = read_json(entry.body, what=f"body of entry {entry.index}", at_most=_MAX_BODY)
    except UprightError:
        return {}
    return value if isinstance(value, dict) else {}


def enrolled_keys(entries: Iterable[Recorded]) -> dict[str, tuple[VerifierKey, int]]:
    """Every key that the log enrolled, by fingerprint, with the entry that did; what a body claims must fit its key."""
    found: dict[str, tuple[VerifierKey, int]] = {}
    for entry in entries:
        if entry.type != "key" or entry.is_announcement:
            continue
        body = body_of(entry)
        record = body.get("record")
        vkey = record.get("vkey") if isinstance(record, dict) else None
        if body.get("action") != "identity.key.enrolled" or not isinstance(vkey, str):
            continue
        try:
            key = VerifierKey.parse(vkey)
        except UprightError:
            continue
        if entry.ref == f"key:{key.fingerprint}":
            found.setdefault(key.fingerprint, (key, entry.index))
    return found


def log_keys(log: View) -> dict[str, VerifierKey]:
    """The keys beside a log that have signed a checkpoint of it, of a sealed log before it or at a change of key.

    By fingerprint; they say who signs, not whom to trust.
    """
    layout = log.source.layout
    kept = [each for part in (layout, *sealed_epochs(layout)) for each in (part.checkpoint, *_handovers(part))]
    signatures = [line for path in kept for line in _signatures(path)]
    keys = public_keys(layout)
    return {key.fingerprint: key for key in keys if any(line.is_by(key) for line in signatures)}


def _handovers(layout: Layout) -> list[Path]:
    return sorted(layout.handovers.glob("*"))


def _signatures(path: Path) -> tuple[NoteSignature, ...]:
    try:
        return Checkpoint.parse(path.read_text(encoding="utf-8")).note.signatures
    except (OSError, UnicodeDecodeError, UprightError):
        return ()  # verifying the log names it


def cited_blobs(entries: Iterable[Recorded]) -> Iterator[Cited]:
    """The blobs that readable evidence cites, each as often as it is cited."""
    for entry in entries:
        if not is_evidence(entry):
            continue
        try:
            statement = Envelope.parse(entry.body or b"").statement
        except UprightError:
            continue
        for artefact in statement.predicate.artefacts:
            yield Cited(artefact.sha256, artefact.size, entry.index)


def plain(value: Any) -> Any:
    """A value as plain JSON, as the files of a pack hold it: its ``to_json`` where it has one; tuples are lists."""
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    made = value.to_json() if hasattr(value, "to_json") else value
    return msgspec.json.decode(msgspec.json.encode(made))
