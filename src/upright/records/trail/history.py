"""A record's past, read from the ledger: there is no second history that could disagree with it."""

from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec

from upright.ledger import JSON, Recorded
from upright.ledger.leaves import body_digest, parse_leaf
from upright.records.trail.errors import DoorError
from upright.records.trail.models import LedgerEntry
from upright.records.trail.prepared import rows

if TYPE_CHECKING:
    from django.db.models import QuerySet

_WIPED = bytes(32)
_ASKED = "the reference that is asked for"
_COLUMNS = ("index", "leaf", "ref", "salt", "media_type", "body")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a record's stream, as a page of history shows it.

    ``changed`` maps a field to what it was and what it became; None where a side was erased.
    """

    entry: int
    time: str
    action: str
    actor: str
    via: str
    reason: str
    record: dict[str, Any] | None
    changed: dict[str, tuple[Any, Any]]
    is_erased: bool = False


def entries_of(ref: str) -> list[Recorded]:
    """The entries of one stream in order; see ``recorded``."""
    return recorded(LedgerEntry.objects.filter(ref=ref))


def recorded(rows: "QuerySet[LedgerEntry]", *, beginning: tuple[str, ...] = ("",)) -> list[Recorded]:
    """Entries in the order of the log, each held to its leaf; whether the leaf is in the log, ``verify`` proves.

    Args:
        rows: which entries.
        beginning: only those whose reference begins with one of these.

    Raises:
        DoorError: a body or its salt was changed behind the door.
    """
    columns = rows.order_by("index").values_list(*_COLUMNS)
    return [_recorded(*row) for row in columns if row[2].startswith(beginning)]


def newest_record(ref: str) -> dict[str, Any] | None:
    """What the newest entry of a record holds of it, held to its leaf; None: there is no such entry, or it is erased.

    Raises:
        DoorError: its body or salt was changed behind the door.
    """
    newest = rows("newest", lambda: _backwards(_ASKED)[:1], {_ASKED: ref})
    for row in chain(newest, _backwards(ref)[1:].iterator()):  # what erases an earlier entry stands behind it
        entry = _recorded(*row)
        if entry.type == "record":
            said: dict[str, Any] | None = None if entry.body is None else msgspec.json.decode(entry.body).get("record")
            return said
    return None


def _backwards(ref: str) -> "QuerySet[LedgerEntry, tuple[Any, ...]]":
    return LedgerEntry.objects.filter(ref=ref).order_by("-index").values_list(*_COLUMNS)


def steps(ref: str) -> list[Step]:
    """A record's history, oldest first."""
    found: list[Step] = []
    before: dict[str, Any] | None = {}
    for entry in entries_of(ref):
        if entry.type not in {"record", "erasure"}:
            continue
        if entry.body is None:
            found.append(
                Step(
                    entry=entry.index,
                    time=entry.time,
                    action="",
                    actor="",
                    via="",
                    reason="",
                    record=None,
                    changed={},
                    is_erased=True,
                )
            )
            before = None
            continue
        said = msgspec.json.decode(entry.body)
        record = said.get("record")
        changed = {} if before is None or record is None else _changed(before, record)
        action, actor, via, reason = (str(said.get(name) or "") for name in ("action", "actor", "via", "reason"))
        found.append(
            Step(
                entry=entry.index,
                time=entry.time,
                action=action,
                actor=actor,
                via=via,
                reason=reason,
                record=record,
                changed=changed,
            )
        )
        before = record if record is not None else before
    return found


def writers(ref: str) -> set[str]:
    """Who wrote on a record: its moves (submitted, returned, approved) are no writing."""
    return {step.actor for step in steps(ref) if step.action.rpartition(".")[2] in {"added", "changed"}}


def ever_named(ref: str, field: str) -> set[str]:
    """Whom or what a field of a record ever named: somebody who owned it is not forgotten by a change of owner."""
    return {str(step.record[field]) for step in steps(ref) if step.record and step.record.get(field)}


def _changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = [name for name in after if name not in {"id", "version"} and before.get(name) != after[name]]
    return {name: (before.get(name), after[name]) for name in names}


def _recorded(index: int, leaf: bytes, ref: str, salt: bytes, media_type: str, body: bytes) -> Recorded:
    said, salt, body = parse_leaf(bytes(leaf)), bytes(salt), bytes(body)
    is_wiped = salt == _WIPED and not any(body)
    if not is_wiped and body_digest(media_type, salt, body) != said.body:
        raise DoorError(
            f"Entry {index} ({ref}): its body or salt is not what the ledger committed to. Run "
            "'upright ledger verify'.",
            code="UP-DOOR-08",
        )
    return Recorded(
        index=index,
        time=said.time,
        late=said.late,
        type=said.type,
        ref=ref,
        n=said.n,
        prev=said.prev,
        media_type=media_type or JSON,
        body=None if is_wiped else body,
    )
