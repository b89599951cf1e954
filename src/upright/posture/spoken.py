"""Records of a server as evidence: what a person decided by log-in, as its entry says (decision 0183)."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from upright.kernel import sha256_hex
from upright.ledger import Recorded
from upright.posture.facts import FactInput, Item, RecordState, Result
from upright.posture.keybook import Holder
from upright.posture.reading import Read

if TYPE_CHECKING:
    from upright.catalogue import Catalogue

_STATES: Mapping[str, RecordState] = {one: one for one in ("draft", "approved", "rejected", "superseded", "withdrawn")}
_MARK = b'"evidence":{'
Digests = Mapping[str, str | None]


class SpokenEntry(msgspec.Struct, frozen=True):
    """An entry of a record whose type speaks, and what it says there; None: nothing in that state."""

    entry: Recorded
    said: Mapping[str, Any] | None


class Known:
    """What was known of subjects before an entry, asked in the order of the log: each state of a system is read once.

    ``states`` are the states of systems in that order: entry, system, and the digests of the system and its parts.
    """

    def __init__(self, states: Iterable[tuple[int, str, Mapping[str, str | None]]]) -> None:
        self._coming = deque(states)
        self._digests: dict[str, str | None] = {}
        self._ties: dict[str, list[str]] = {}

    def before(self, index: int, subject: str) -> tuple[Digests, Sequence[str]]:
        """Digests of subjects, and the models and data sets of a subject that is a system."""
        while self._coming and self._coming[0][0] < index:
            _, system, digests = self._coming.popleft()
            self._digests |= digests
            tied = [ref for ref, digest in digests.items() if digest and ref.startswith(("model:", "dataset:"))]
            self._ties[system] = tied
        return self._digests, self._ties.get(subject, ())


def spoken_streams(entries: Sequence[Recorded], taken: tuple[str, ...]) -> dict[str, list[SpokenEntry]]:
    """By stream the entries of records that speak today; ``taken`` prefixes are read otherwise.

    A record whose newest version is superseded, or says nothing any more, drops out whole: what took its place stands
    in a stream of its own, and it needed an approval to get there. So does an occasion that a later one follows.
    """
    found: dict[str, list[SpokenEntry]] = {}
    speaking = {
        entry.ref
        for entry in entries
        if entry.type == "record" and entry.body is not None and _MARK in entry.body and not entry.ref.startswith(taken)
    }
    for entry in entries:
        if entry.ref in speaking:
            found.setdefault(entry.ref, []).append(SpokenEntry(entry, _said(entry)))
    return _without_earlier_occasions({ref: spoken for ref, spoken in found.items() if _stands(spoken)})


def _without_earlier_occasions(streams: dict[str, list[SpokenEntry]]) -> dict[str, list[SpokenEntry]]:
    """Of audits, reviews and other occasions of the same kinds about the same subject: the latest that counts, those
    after it, and every one that failed. Else an audit of two years ago would make what it answered old for good.
    """
    latest: dict[Any, tuple[str, int]] = {}
    told: dict[str, tuple[Any, tuple[str, int]]] = {}
    for ref, spoken in streams.items():
        newest = next(one for one in reversed(spoken) if one.entry.type == "record")
        said = newest.said or {}
        if not said.get("occasion") or said["conclusion"] == "failed" or said["state"] == "rejected":
            continue
        key = (tuple(said["kinds"]), said["about"])
        told[ref] = key, (str(said["on"] or newest.entry.time[:10]), newest.entry.index)
        if said["state"] == "approved":
            latest[key] = max(latest.get(key, ("", -1)), told[ref][1])
    earlier = {ref for ref, (key, when) in told.items() if when < latest.get(key, ("", -1))}
    return {ref: spoken for ref, spoken in streams.items() if ref not in earlier}


def _stands(spoken: Sequence[SpokenEntry]) -> bool:
    newest = next((one for one in reversed(spoken) if one.entry.type == "record"), None)
    return newest is not None and newest.said is not None and newest.said.get("state") != "superseded"


def _said(entry: Recorded) -> Mapping[str, Any] | None:
    if entry.type != "record" or entry.body is None or _MARK not in entry.body:
        return None
    body = msgspec.json.decode(entry.body)
    said = body.get("evidence")
    if not isinstance(said, dict):
        return None
    # Whoever reconfirms or settles it speaks of today: its age counts from there, not from the day that it tells of.
    return {**said, "on": None} if str(body.get("action")).endswith((".reconfirmed", ".settled")) else said


def read_spoken(one: SpokenEntry, digests: Digests, ties: Sequence[str], catalogue: "Catalogue") -> Read:
    """One entry as it is weighed.

    Args:
        one: the entry.
        digests: of subjects as they were known at that entry.
        ties: the models and data sets of the subject's system at that entry.
        catalogue: says how many persons a kind needs.
    """
    entry, said = one.entry, one.said
    if said is None:
        return Read(_silent(entry), None, {}, ())
    kinds = tuple(map(str, said["kinds"]))
    persons = [str(person) for person in said["persons"]]
    state = _STATES.get(str(said["state"]), "draft")
    needed = max((catalogue.kinds[kind].keys for kind in kinds if kind in catalogue.kinds), default=1)
    if state in {"approved", "rejected"} and needed > 1 and len(set(persons)) < needed:
        state = "draft"
    failed = state == "rejected" or said["conclusion"] == "failed"
    result: Result = "failed" if failed else "passed"
    subject = str(said["about"])
    pinned = [subject, *(ties if said["tied"] else ())]
    on = said["on"]
    item = Item(
        id=sha256_hex(entry.body or b""),
        source="record",
        kinds=kinds,
        subject=subject,
        binding=None,
        stream=entry.ref,
        n=entry.n,
        index=entry.index,
        recorded=entry.time,
        ended=min(f"{on}T00:00:00.000Z", entry.time) if on else entry.time,
        result=result,
        record_state=state,
        review_by=said["review_by"],
        inputs=tuple(FactInput(ref=ref, digest=digests.get(ref) or "", hold="declared") for ref in pinned),
        signer="login",
    )
    holders = tuple(Holder("", "person", f"login/{person.partition(':')[2]}", False) for person in persons)
    return Read(item, kinds[0], said["data"], holders)


def _silent(entry: Recorded) -> Item:
    """An entry of the stream that says nothing itself: it fills its number."""
    return Item(
        id=f"silent:{entry.index}",
        source="erasure" if entry.type == "erasure" else "record",
        kinds=(),
        subject=entry.ref,
        binding=None,
        stream=entry.ref,
        n=entry.n,
        index=entry.index,
        recorded=entry.time,
        ended=entry.time,
        result="undecided",
        record_state="draft",
        signer="login",
    )
