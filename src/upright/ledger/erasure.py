"""Erasing a body: an entry that says so, then zeros over the bytes. The leaf stays, so nothing else changes.

What is left is a leaf whose body hash nobody can test guesses against, since its 32 random bytes of salt are gone too.
"""

import base64
import binascii
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import msgspec

from upright.kernel import canonical_bytes
from upright.ledger.disk import Disk
from upright.ledger.errors import LedgerError
from upright.ledger.layout import OPENINGS_PER_FILE, Layout
from upright.ledger.openings import Opening, opening_ends, wiping
from upright.ledger.source import read_bytes
from upright.ledger.streams import may_be_erased
from upright.ledger.values import JSON, NewEntry, Recorded

_KEPT_OF_EVIDENCE = ("source", "kinds", "system", "binding", "result")
_KEPT_OF_RECORD = ("schema", "action")


def erasure_entry(entry: Recorded, index: str, *, reason: str, actor: str) -> NewEntry:
    """The entry that erases another: it keeps kind, binding and result, which say nothing of a person.

    Raises:
        LedgerError: entries of this kind are never erased, or no reason is given.
    """
    if not may_be_erased(entry.type, entry.ref):
        raise LedgerError(
            f"Entry {entry.index} is of type {entry.type} in {entry.ref}: only records and evidence can be erased, "
            "as the rest carries the log itself.",
            code="UP-LEDGER-47",
        )
    if not reason.strip():
        raise LedgerError("An erasure needs a reason, in words.", code="UP-LEDGER-48")
    body = {
        "schema": "erasure/1",
        "ref": entry.ref,
        "action": "ledger.entry.erased",
        "actor": actor,
        "reason": reason,
        "cause": None,
        "entry": entry.index,
        "kept": {"type": entry.type, "media_type": entry.media_type, **_kept(entry)},
    }
    return NewEntry(type="erasure", ref=entry.ref, media_type=JSON, body=canonical_bytes(body), index=index)


def wipe(disk: Disk, layout: Layout, erased: Iterable[int]) -> None:
    """Overwrites salt and body of each erased entry's opening with zeros, durably, where that is not yet done.

    Raises:
        DamageError: an opening cannot be found.
    """
    for k, indices in groupby(sorted(erased), lambda index: index // OPENINGS_PER_FILE):
        first, path, is_changed = k * OPENINGS_PER_FILE, layout.openings(k), False
        data, known = read_bytes(path), list(indices)
        ends = [0, *opening_ends(data, first, known[-1] - first)]
        for index in known:
            for offset, zeros in wiping(data, ends[min(index - first, len(ends) - 1)], index):
                if data[offset : offset + len(zeros)] != zeros:
                    disk.write(path, offset, zeros, "wipe")
                    is_changed = True
        if is_changed:
            disk.sync(path, "wipe")


def read_kept_media_type(opening: Opening) -> str | None:
    """What an erasure entry keeps of the media type of the body that it erases; None where it says nothing of it."""
    try:
        return msgspec.json.decode(opening.body, type=_Erasure).kept.media_type
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


class _Kept(msgspec.Struct, frozen=True):
    media_type: str


class _Erasure(msgspec.Struct, frozen=True):
    kept: _Kept


def _kept(entry: Recorded) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(entry.body or b"")
        if entry.type == "evidence":
            value = msgspec.json.decode(base64.b64decode(value["payload"], validate=True))["predicate"]
        names = _KEPT_OF_EVIDENCE if entry.type == "evidence" else _KEPT_OF_RECORD
        return {name: value[name] for name in names if name in value}
    except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error, KeyError, TypeError, ValueError):
        return {}  # a body that we cannot read is erased all the same
