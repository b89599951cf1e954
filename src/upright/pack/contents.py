"""What a pack is made of: its table of contents, the names of its files, and the verdict that the log holds of it."""

from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta

from upright.evidence.strict_json import decode_strict
from upright.kernel import canonical_bytes, sha256_hex

MANIFEST = "pack.json"
FACTS = "facts.json"
POSTURE = "posture.json"
GATE = "gate.json"
REPORT = "report.html"
LEDGER = "ledger/"
OPENINGS = "ledger/openings.jsonl"
BLOBS = "blobs/"
CATALOGUE = "catalogue/"
KEYS = "pub/"
MAX_MANIFEST = 64 * 1024 * 1024
MAX_JUDGEMENT = 128 * 1024 * 1024
VERDICT_SCHEMA = "verdict/1"

Hex64 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", min_length=64, max_length=64)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class FileEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the pack; ``size`` in bytes, ``sha256`` of its bytes."""

    path: str
    size: Count
    sha256: Hex64


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``pack.json``: which log, as of which checkpoint, about what, and every file but itself and the ledger's.

    Attributes:
        origin, size, root: of the checkpoint in ``ledger/``; root in hex.
        scope: the reference that posture and gate are about. partial: streams of the scope were left out.
        at: the moment the posture is of. facts: digest of the Facts. files: sorted by path.
    """

    upright: Literal[1] = 1
    origin: str
    size: Count
    root: Hex64
    scope: str
    partial: bool
    at: str
    facts: Hex64
    files: tuple[FileEntry, ...]

    @property
    def digest(self) -> str:
        """What the pack's verdict in the log holds: SHA-256 of the canonical bytes without ``size`` and ``root``.

        Those two are of the checkpoint that is signed after that verdict is in the log.
        """
        value = msgspec.to_builtins(self)
        del value["size"], value["root"]
        return sha256_hex(canonical_bytes(value))

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        return canonical_bytes(msgspec.to_builtins(self))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Reads ``pack.json``.

        Raises:
            EvidenceError: not canonical JSON of this shape.
        """
        return decode_strict(data, cls, what="table of contents (pack.json)", at_most=MAX_MANIFEST)


def verdict_stream(scope: str) -> str:
    """The stream that holds the verdicts about packs of a scope."""
    return f"verdict:pack:{scope}"


def verdict_body(manifest: Manifest, catalogue: dict[str, str], cites: str) -> dict[str, Any]:
    """The body of the pack's verdict; ``cites`` is the checkpoint that the report shows."""
    return {
        "schema": VERDICT_SCHEMA,
        "purpose": "pack",
        "scope": manifest.scope,
        "at": manifest.at,
        "facts": manifest.facts,
        "catalogue": catalogue,
        "pack": manifest.digest,
        "cites": cites,
    }
