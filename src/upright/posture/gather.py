"""From ledger entries, and nothing else, to Facts: the same entries give the same Facts in a workspace and a pack."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from upright.kernel import canonical_bytes, parse_time, sha256_hex
from upright.ledger import Recorded
from upright.posture import decisions
from upright.posture.bound import Approval, Bindings, Seen, read_bindings
from upright.posture.facts import (
    Answer,
    BoundCheck,
    Edge,
    Facts,
    GateFacts,
    Item,
    Kept,
    Stream,
    Subject,
    home_of,
)
from upright.posture.keybook import KeyBook
from upright.posture.reading import Read, erasure_item, read_erased, read_evidence, stream_subject
from upright.posture.spoken import Known, SpokenEntry, read_spoken, spoken_streams

if TYPE_CHECKING:
    from upright.catalogue import Catalogue

SYSTEM_RECORD = "workspace-system/1"
BINDING_APPROVAL = "binding-approval/1"
REGISTERED = "system/1"
OBSERVED = "observed"
_STREAMS = ("binding:", "attestation:")
_STATES = ("system:", "workspace-system:")
"""Streams that say how a system was observed: a workspace's own, and on a server those that were pushed to it."""


def gather(
    entries: Iterable[Recorded],
    *,
    at: str,
    scope: str,
    catalogue: "Catalogue",
    log: Kept,
    observed: Mapping[str, Any] | None = None,
    organisation: str | None = None,
) -> Facts:
    """All that judgement may see, as recorded up to ``at``.

    Args:
        entries: in any order; those with a later time are left out.
        at: RFC 3339 with milliseconds and ``Z``.
        scope: an organisation's ref for all its systems, a system's ref for that one and the organisation.
        catalogue: the edition in force; Facts carry its digests.
        log: who kept the log these come from.
        observed: body of a system record that is not recorded yet, laid over the newest one of its system.
        organisation: whose log it is, where no system record may say so yet: a server's inventory.

    Raises:
        TimeError: ``at`` is no recorded time.
    """
    parse_time(at)
    known = sorted((one for one in entries if one.time <= at), key=lambda one: one.index)
    found = _Gathering(known, at=at, scope=scope, catalogue=catalogue, log=log, observed=observed)
    found.organisation = organisation
    return found.facts()


class _Gathering:
    def __init__(
        self,
        entries: Sequence[Recorded],
        *,
        at: str,
        scope: str,
        catalogue: "Catalogue",
        log: Kept,
        observed: Mapping[str, Any] | None,
    ) -> None:
        self.at, self.scope, self.catalogue, self.log = at, scope, catalogue, log
        self.organisation: str | None = None
        self.entries = entries
        self.keys = KeyBook(entries)
        self.records = _system_records(entries, scope, observed, at)
        self.systems = frozenset(record.system for record in self.records)
        self.reads: list[Read] = []
        self.silent: list[Item] = []
        self.spoken: set[str] = set()
        self._by_stream: dict[str, list[Item]] = {}

    def _read(self) -> None:
        erased_by: dict[int, Recorded] = {}
        for entry in self.entries:
            if entry.type == "erasure" and entry.body is not None:
                named = msgspec.json.decode(entry.body).get("entry")
                if isinstance(named, int):
                    erased_by[named] = entry
        for entry in self.entries:
            if not entry.ref.startswith(_STREAMS):
                continue
            if entry.type == "erasure":
                self.silent.append(erasure_item(entry, ""))
            elif entry.type == "evidence":
                read = read_evidence(entry, self.keys, self.catalogue)
                if read is not None:
                    self.reads.append(read)
                    continue
                erased = read_erased(entry, erased_by.get(entry.index), "")
                if erased is not None:
                    self.silent.append(erased)

    def _read_spoken(self) -> None:
        """Records decided by log-in count in a server's log alone: in a workspace's anybody could have written one."""
        told: list[tuple[int, str, SpokenEntry]] = []
        for ref, spoken in spoken_streams(
            self.entries, (*_STREAMS, "workspace-system:", "binding-approval:", "key:")
        ).items():
            self.spoken.add(ref)
            for one in spoken:
                about = "" if one.said is None else str(one.said["about"])
                itself = about == ref  # a system's own entry tells of the system that it registers
                told.append((one.entry.index + itself, about, one))
        known = Known((one.index, one.system, _digests(one)) for one in self.records)
        for index, about, one in sorted(told, key=lambda row: row[0]):
            digests, ties = known.before(index, about)
            if about.startswith("organisation:"):
                digests = {about: _organisation_digest(about)}
            self.reads.append(read_spoken(one, digests, ties, self.catalogue))
        self.reads.sort(key=lambda read: read.item.index)

    def facts(self) -> Facts:
        self._read()
        if self.log == "server":
            self._read_spoken()
        withdrawn = decisions.withdrawals(self.reads)
        gone = decisions.taken_back(self.reads) | withdrawn
        bindings = self._bindings(withdrawn)
        subjects, answers = self._subjects()
        streams = self._streams(bindings)
        about = {stream.id: stream.subject for stream in streams}
        linked = decisions.links(self.reads, withdrawn)
        items = [self._item(read, linked, withdrawn) for read in self.reads]
        items += [msgspec.structs.replace(one, subject=about[one.stream]) for one in self.silent if one.stream in about]
        return Facts(
            at=self.at,
            catalogue=dict(self.catalogue.digests),
            scope=self.scope,
            log=self.log,
            subjects=subjects,
            bindings=bindings,
            streams=streams,
            answers=(*answers, *decisions.adopted(self.reads, gone, self.catalogue)),
            items=tuple(sorted((one for one in items if one.stream in about), key=lambda one: one.index)),
            soa=decisions.applicability_rows(self.reads, gone),
            gates=GateFacts(digest=self.catalogue.gates.digest),
            waivers=decisions.waivers(self.reads, gone),
        )

    def _item(
        self, read: Read, linked: Mapping[str, tuple[str, ...]], withdrawn: Mapping[str, tuple[str, bool]]
    ) -> Item:
        item = read.item
        by, sound = withdrawn.get(item.id, (None, False))
        if by is not None and (sound or item.result != "failed"):
            item = msgspec.structs.replace(item, withdrawn_by=by)
        done_by = linked.get(item.id, ())
        if done_by and item.result == "failed":
            item = msgspec.structs.replace(item, done_by=done_by, open_findings=len(done_by))
        return item

    # --- bindings and streams --------------------------------------------------------------------------------------

    def _bindings(self, withdrawn: Mapping[str, tuple[str, bool]]) -> tuple[BoundCheck, ...]:
        found: dict[str, Bindings] = {}
        events: list[tuple[int, Any]] = [(record.index, record) for record in self.records]
        events += [(one.index, one) for one in decisions.approvals(self.reads, withdrawn)]
        events += [(one.index, one) for one in _approvals_by_login(self.entries)]
        for _, event in sorted(events, key=lambda pair: pair[0]):
            of = found.setdefault(event.system, Bindings())
            if isinstance(event, _SystemRecord):
                bindings = read_bindings(event.system, event.record["bindings"])
                manifest = str(event.record.get("manifest", ""))
                seen = Seen(index=event.index, manifest=manifest, bindings=bindings)
                of.take_record(seen, approves=self.log != "server")
            else:
                of.take_approval(event)
        return tuple(
            one
            for system in sorted(found)
            if system in self.systems
            for _, one in sorted(found[system].in_force.items())
        )

    def _streams(self, bindings: Sequence[BoundCheck]) -> tuple[Stream, ...]:
        self._by_stream.clear()
        for read in self.reads:
            self._by_stream.setdefault(read.item.stream, []).append(read.item)
        lengths: dict[str, int] = {}
        for entry in self.entries:
            if entry.ref.startswith(_STREAMS) or entry.ref in self.spoken:
                lengths[entry.ref] = max(lengths.get(entry.ref, 0), entry.n + 1)
        found: dict[str, Stream] = {}
        for bound in bindings:
            found[bound.stream] = Stream(
                id=bound.stream,
                kinds=bound.kinds,
                subject=bound.subject,
                binding=bound.id,
                entries=lengths.get(bound.stream, 0),
            )
        for ref, entries in lengths.items():
            if ref not in found and self._is_in_scope(ref):
                found[ref] = self._unbound(ref, entries)
        return tuple(found[ref] for ref in sorted(found))

    def _unbound(self, ref: str, entries: int) -> Stream:
        items = [item for item in self._by_stream.get(ref, ()) if item.kinds]
        kinds = dict.fromkeys(kind for item in items for kind in item.kinds)
        subject = stream_subject(ref) if ref.startswith("attestation:") else items[-1].subject if items else ref
        if ref.startswith("attestation:"):
            kinds.setdefault(ref.rpartition("/")[2])
        return Stream(id=ref, kinds=tuple(kinds), subject=subject, binding=None, entries=entries)

    def _is_in_scope(self, ref: str) -> bool:
        if not self.scope.startswith("system:"):
            return True
        if ref in self.spoken:
            subject = self._by_stream[ref][-1].subject
        else:
            subject = ref.removeprefix("binding:") if ref.startswith("binding:") else stream_subject(ref)
        if subject.startswith(("organisation:", "supplier:", "person:")):
            return True
        home = home_of(ref, subject, frozenset({self.scope}))
        return home == self.scope

    # --- subjects and answers --------------------------------------------------------------------------------------

    def _subjects(self) -> tuple[tuple[Subject, ...], tuple[Answer, ...]]:
        newest = {record.system: record for record in self.records}
        since = _edges_since(self.records)
        found: dict[str, Subject] = {}
        answers: list[Answer] = []
        for record in sorted(newest.values(), key=lambda one: one.index):
            for row in record.record["subjects"]:
                ref = str(row["ref"])
                edges = tuple(
                    Edge(
                        to=str(edge["to"]), role=str(edge["role"]), from_=since[ref, str(edge["to"]), str(edge["role"])]
                    )
                    for edge in row["edges"]
                )
                found[ref] = Subject(ref=ref, type=str(row["type"]), digest=row["digest"], edges=edges)
            system = found.get(record.system) or Subject(ref=record.system, type="system")
            found[record.system] = msgspec.structs.replace(system, traits=_traits(record.record["system"]))
            answers += _answers(record)
        named = {str(record.record["organisation"]) for record in newest.values() if "organisation" in record.record}
        named |= {self.scope} if self.scope.startswith("organisation:") else set()
        for organisation in named | ({self.organisation} if self.organisation else set()):
            found[organisation] = Subject(
                ref=organisation, type="organisation", digest=_organisation_digest(organisation)
            )
        return tuple(found[ref] for ref in sorted(found)), tuple(answers)


def _organisation_digest(ref: str) -> str:
    return sha256_hex(canonical_bytes({"ref": ref}))


class _SystemRecord(msgspec.Struct, frozen=True):
    index: int
    time: str
    system: str
    record: dict[str, Any]
    item: str


def _digests(record: _SystemRecord) -> dict[str, str | None]:
    return {str(row["ref"]): row["digest"] for row in record.record["subjects"]}


def _system_records(
    entries: Sequence[Recorded], scope: str, observed: Mapping[str, Any] | None, at: str
) -> list[_SystemRecord]:
    found = []
    registered: dict[str, list[_SystemRecord]] = {}
    for entry in entries:
        if entry.type == "record" and entry.ref.startswith(_STATES) and entry.body is not None:
            body = msgspec.json.decode(entry.body)
            if body.get("schema") == SYSTEM_RECORD:
                said = body["record"]
                system = str(said["system"]["ref"])
                found.append(_SystemRecord(entry.index, entry.time, system, said, f"entry:{entry.index}"))
            elif body.get("schema") == REGISTERED:
                registered.setdefault(entry.ref, []).append(_registered(entry, body["record"]))
    seen = {one.system for one in found}
    # All of them: what was decided is tied to the digest that held then, whatever was edited since.
    unseen = [one for ref, registrations in registered.items() if ref not in seen for one in registrations]
    found = sorted([*unseen, *found], key=lambda one: one.index)
    if observed is not None:
        record = dict(observed["record"])
        ref = str(record["system"]["ref"])
        before = [one for one in found if one.system == ref]
        if not before or before[-1].record != msgspec.json.decode(canonical_bytes(record)):
            index = entries[-1].index + 1 if entries else 0
            found.append(_SystemRecord(index, at, ref, record, OBSERVED))
    if scope.startswith("system:"):
        found = [one for one in found if one.system == scope]
    return found


def _registered(entry: Recorded, said: Mapping[str, Any]) -> _SystemRecord:
    """A system of a server's inventory that no repository was observed of: what was registered, no bytes known."""
    told = {name: said.get(name) for name in ("name", "purpose", "modality", "personal_data")}
    digest = sha256_hex(canonical_bytes({"ref": entry.ref, **told}))
    system = {name: said.get(name) for name in ("stage", "modality", "personal_data")}
    record = {
        "system": {"ref": entry.ref, **system},
        "subjects": [{"ref": entry.ref, "type": "system", "digest": digest, "edges": []}],
        "bindings": [],
        "answers": [],
    }
    return _SystemRecord(entry.index, entry.time, entry.ref, record, f"entry:{entry.index}")


def _approvals_by_login(entries: Sequence[Recorded]) -> list[Approval]:
    """Approvals of bindings that a server recorded; its door demanded a second person."""
    found = []
    for entry in entries:
        if entry.type != "record" or not entry.ref.startswith("binding-approval:") or entry.body is None:
            continue
        body = msgspec.json.decode(entry.body)
        said = body.get("record") or {}
        if body.get("schema") == BINDING_APPROVAL and said.get("state") == "approved":
            found.append(
                Approval(
                    index=entry.index,
                    system=str(said["about"]),
                    manifest=str(said["manifest"]),
                    record_index=None,
                    bindings=tuple(map(str, said["bindings"])),
                )
            )
    return found


def _edges_since(records: Sequence[_SystemRecord]) -> dict[tuple[str, str, str], str]:
    """When each edge of today began: the first record of an unbroken run of records that have it."""
    since: dict[str, dict[tuple[str, str, str], str]] = {}
    for record in records:
        before = since.get(record.system, {})
        since[record.system] = {
            key: before.get(key, record.time)
            for row in record.record["subjects"]
            for edge in row["edges"]
            for key in [(str(row["ref"]), str(edge["to"]), str(edge["role"]))]
        }
    merged: dict[tuple[str, str, str], str] = {}
    for edges in since.values():
        for key, time in edges.items():
            merged[key] = min(time, merged.get(key, time))
    return merged


def _traits(system: Mapping[str, Any]) -> dict[str, str]:
    traits = {str(name): str(value) for name, value in system.get("traits", {}).items()}
    for name in ("stage", "modality"):
        if isinstance(system.get(name), str):
            traits[name] = system[name]
    if isinstance(system.get("personal_data"), bool):
        traits["personal_data"] = "yes" if system["personal_data"] else "no"
    return traits


def _answers(record: _SystemRecord) -> list[Answer]:
    said = record.record
    found = [
        Answer(framework=str(name), question="roles", value=tuple(roles), system=record.system, item=record.item)
        for name, roles in sorted(said["system"].get("roles", {}).items())
    ]
    for row in said["answers"]:
        value = row["value"]
        found.append(
            Answer(
                framework=str(row["framework"]),
                question=str(row["question"]),
                value=value if isinstance(value, str) else tuple(str(one) for one in value),
                system=record.system,
                item=record.item,
            )
        )
    return found
