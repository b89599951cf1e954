"""A restore of an older backup loses entries that this host had seen: the log says so in an entry of its own."""

import msgspec

from upright.kernel import Actor, canonical_bytes
from upright.ledger import JSON, Checkpoint, NewEntry
from upright.records.trail.door import enter
from upright.records.trail.models import LedgerEntry
from upright.records.trail.server_log import organisation_index

STREAM = "restore:server"
_ACTOR = Actor.system("restore")


class _Loss(msgspec.Struct):
    lost: int


class _Said(msgspec.Struct):
    record: _Loss


def enter_loss(seen: Checkpoint, held: Checkpoint) -> int:
    """Enters that entries were lost, and gives the entry's index.

    Args:
        seen: the newest checkpoint that this host knows of the log.
        held: the restored copy's.
    """
    said = {
        "schema": "restore/1",
        "ref": STREAM,
        "action": "trail.loss.accepted",
        "actor": str(_ACTOR),
        "via": _ACTOR.via,
        "reason": "Restored with --accept-loss from a backup that is older than what this host had seen.",
        "cause": None,
        "record": {"lost": seen.size - held.size, "seen": str(seen), "held": str(held)},
    }
    entry = NewEntry(type="record", ref=STREAM, media_type=JSON, body=canonical_bytes(said), index=organisation_index())
    return enter([entry])[0]


def lost() -> int:
    """How many entries restores have left behind, as the log itself says; one that was altered is not counted here."""
    bodies = LedgerEntry.objects.filter(ref=STREAM).values_list("body", flat=True)
    return sum(_lost(bytes(body)) for body in bodies)


def _lost(body: bytes) -> int:
    try:
        return msgspec.json.decode(body, type=_Said).record.lost
    except msgspec.DecodeError:  # the log's own verification names it
        return 0
