"""The end of a claim as everybody may read it: that it was taken back and on which day, never why or by whom.

It is entered in the claim's own stream, after what it ends: whoever kept an old proof sees in a new one of the same
stream that theirs is not the newest, without this server.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import msgspec

from upright.ledger import Recorded, leaf_hash
from upright.records.assurance.publishing import Publication
from upright.records.trail.errors import DoorError
from upright.records.trail.history import recorded
from upright.records.trail.models import LedgerEntry, LedgerStream
from upright.records.trail.server_log import now

PURPOSE = "publication"
_AT_ONCE = 500

How = Literal["withdrawn", "reopened", "superseded"]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A claim that was public and is not any more; ``entry`` says so, ``ends`` is the entry that it ends."""

    ref: str
    how: How
    on: date
    words: Mapping[str, str]
    entry: int
    ends: int


def stream_of(ref: str) -> str:
    """The stream that holds what was published of a claim."""
    return f"verdict:{PURPOSE}:{ref}"


def ending_of(publication: Publication, how: How) -> dict[str, Any] | None:
    """What its end enters: how, the day, and which entry it ends; None where nothing of it was ever public."""
    newest = LedgerStream.objects.filter(ref=stream_of(publication.ref)).values_list("newest", flat=True).first()
    if newest is None:
        return None
    leaf = LedgerEntry.objects.values_list("leaf", flat=True).get(index=newest)
    ends = {"entry": newest, "leaf_hash": leaf_hash(bytes(leaf)).hex()}
    return {"ended": how, "on": now().date().isoformat(), "ends": ends}


def newest_of(refs: Sequence[str]) -> dict[str, Recorded | None]:
    """By claim, the newest entry of its stream, held to its leaf; None where it is not as it was, or wiped.

    A claim that never was public is not in it.
    """
    found: dict[str, Recorded | None] = {}
    for at in range(0, len(refs), _AT_ONCE):
        streams = LedgerStream.objects.filter(ref__in=[stream_of(one) for one in refs[at : at + _AT_ONCE]])
        newest = {index: ref for ref, index in streams.values_list("ref", "newest")}
        found |= {ref.removeprefix(stream_of("")): None for ref in newest.values()}
        entries = _recorded(list(newest))
        found |= {newest[one.index].removeprefix(stream_of("")): one for one in entries if one.body is not None}
    return found


def ended_of(newest: Mapping[str, Recorded | None]) -> list[Ended]:
    """Those of the entries that end a claim, with the words of what they end; the last one first."""
    endings = {ref: content for ref, one in newest.items() if (content := content_of_entry(one)) and "ended" in content}
    first = {int(content["ends"]["entry"]): ref for ref, content in endings.items()}
    words = _words(first)
    made = [
        Ended(
            ref=ref,
            how=endings[ref]["ended"],
            on=date.fromisoformat(endings[ref]["on"]),
            words=words.get(ends, {}),
            entry=one.index,
            ends=ends,
        )
        for ends, ref in first.items()
        if (one := newest[ref]) is not None
    ]
    return sorted(made, key=lambda one: -one.entry)


def content_of_entry(entry: Recorded | None) -> dict[str, Any]:
    """What an entry of such a stream says; empty where it says nothing any more."""
    return {} if entry is None or entry.body is None else dict(msgspec.json.decode(entry.body))


def _words(ends: Mapping[int, str]) -> dict[int, Mapping[str, str]]:
    """The words of claims by the entries that end them; of one that ends an end, those of what stood before both."""
    found: dict[int, Mapping[str, str]] = {}
    open_ = {index: index for index in ends}
    while open_:
        earlier: dict[int, int] = {}
        for one in _recorded(list(open_)):
            content = content_of_entry(one)
            if "claim" in content:
                found[open_[one.index]] = content["claim"]
            elif "ends" in content and int(content["ends"]["entry"]) < one.index:
                earlier[int(content["ends"]["entry"])] = open_[one.index]
        open_ = earlier
    return found


def _recorded(indices: Sequence[int]) -> list[Recorded]:
    """Entries by their indices; one that was changed behind the door is left out."""
    found: list[Recorded] = []
    for at in range(0, len(indices), _AT_ONCE):
        some = indices[at : at + _AT_ONCE]
        rows = LedgerEntry.objects.filter(index__in=some)
        try:
            found += recorded(rows)
        except DoorError:
            found += [one for index in some for one in _one(index)]
    return found


def _one(index: int) -> list[Recorded]:
    try:
        return recorded(LedgerEntry.objects.filter(index=index))
    except DoorError:
        return []
