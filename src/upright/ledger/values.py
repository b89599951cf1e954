"""What goes into a ledger, what comes out of it, and what a verification found."""

from typing import Literal

import msgspec

EntryType = Literal["record", "evidence", "verdict", "erasure", "key", "epoch", "segment"]
ENTRY_TYPES: tuple[EntryType, ...] = ("record", "evidence", "verdict", "erasure", "key", "epoch", "segment")
ERASABLE: tuple[EntryType, ...] = ("record", "evidence")
JSON = "application/json"
ENVELOPE = "application/vnd.dsse.envelope.v1+json"


class NewEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry to append.

    Attributes:
        type: record, evidence, verdict, erasure, key, epoch or segment.
        ref: the stream it belongs to, such as ``binding:mortgage/applications-fairness``.
        media_type: of the body; ``application/json`` bodies are canonical (RFC 8785).
        body: the bytes that the leaf commits to; at most 16 MiB.
        index: the index stream that announces the stream, such as ``index:system:mortgage``.
    """

    type: str
    ref: str
    media_type: str
    body: bytes
    index: str


ERASED = "(erased)"
"""What stands where words were erased: on screens and in rows, which have to hold something there."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry as it stands in the log.

    Attributes:
        index: its place in the log, from 0.
        time: RFC 3339 in UTC; never earlier than that of the entry before it.
        late: the clock stood behind the last entry when this one was appended.
        n: its number in its stream, from 0. prev: log index of number n - 1, or None for the first.
        body: None where the body was erased by a later entry of the same stream.
    """

    index: int
    time: str
    late: bool
    type: str
    ref: str
    n: int
    prev: int | None
    media_type: str
    body: bytes | None

    @property
    def is_announcement(self) -> bool:
        """Whether it only announces a stream: a body {ref, stream, salt} in an index stream, nobody's record."""
        return self.ref.startswith("index:")


class Problem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that is not as it was committed to: where, what was expected, what is there."""

    code: str
    file: str | None = None
    entry: int | None = None
    expected: str
    got: str


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a verification of a whole log or of a pack's ledger found.

    Attributes:
        size, root: of the checkpoint, root in hex. streams: how many streams are announced.
        opened, erased: entries whose body was read and matches; entries whose body was erased.
        signatures: names and key ids of the keys whose signature on the checkpoint holds.
        log_key: the vkey that the checkpoint was verified with, or None.
        trusted: whether that key was handed in by the caller (else the signer is unknown to him).
        rollback: "checked", or "rollback not checked" where this host has no state head of the log.
        lost: entries that a restore left behind, over all sealed epochs; "unknown" where it could not say.
        problems: empty if all is as committed to.
    """

    origin: str
    size: int
    root: str
    streams: int
    opened: int
    erased: int
    signatures: tuple[str, ...]
    log_key: str | None
    trusted: bool
    rollback: str
    lost: int | Literal["unknown"] = 0
    problems: tuple[Problem, ...]

    @property
    def is_intact(self) -> bool:
        """Nothing differs from what was committed to; says nothing about who signed."""
        return not self.problems
