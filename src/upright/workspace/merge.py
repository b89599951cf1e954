"""Taking in evidence that was made elsewhere: single envelopes, and bundles of other logs."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upright.evidence.dsse import Envelope, read_signed, verify
from upright.kernel import Ref
from upright.ledger import NewEntry
from upright.workspace import records
from upright.workspace.bundles import Bundle, read_bundle
from upright.workspace.creation import ensure_enrolled
from upright.workspace.errors import BundleError, ForkError
from upright.workspace.evidence_log import evidence_entry
from upright.workspace.records import MERGE, read_body
from upright.workspace.values import Filed, Merged, MergedBundle

if TYPE_CHECKING:
    from upright.ledger import VerifierKey
    from upright.workspace.manifest import Manifest
    from upright.workspace.workspace import Workspace


def merge(workspace: "Workspace", paths: list[Path], manifest: "Manifest | None") -> Merged:
    """See ``Workspace.merge``. All bundles are read and proved before the first entry is written.

    Raises:
        BundleError: one of them is no bundle, or is of another organisation or system. Nothing was taken in.
    """
    bundles = [read_bundle(path) for path in paths]
    ensure_enrolled(workspace)
    if manifest is not None:
        workspace.record(workspace.observe(manifest))
    for bundle in bundles:
        _demand_ours(workspace, bundle)
    merged, forks = [], []
    for bundle in sorted(bundles, key=lambda one: (one.head.origin, one.checkpoint.size)):
        try:
            merged.append(_take(workspace, bundle, manifest))
        except ForkError as fork:
            forks.append(str(fork))
    return Merged(bundles=tuple(merged), forks=tuple(forks))


def import_evidence(workspace: "Workspace", path: Path) -> Filed:
    """See ``Workspace.import_evidence``.

    Raises:
        EvidenceError: not an envelope, or a signature of a key known here does not hold.
        BundleError: it is about a system that is not here (UP-BUN-08).
    """
    try:
        data = path.read_bytes()
    except OSError as why:
        raise BundleError(f"{path} cannot be read: {why.strerror}.", code="UP-BUN-01") from None
    keys = _current(workspace)
    envelope = Envelope.parse(data)
    signed = {one.keyid for one in envelope.signatures} & set(keys)
    signers = tuple(keys[found].name for found in read_signed(data, keys)[1]) if signed else ()
    _demand_known(workspace, envelope, path.name)
    entry = evidence_entry(envelope, workspace.organisation)
    before = workspace.log.size
    index = workspace.append([entry])[0]
    record = envelope.statement.predicate.record
    return Filed(
        evidence=envelope.id,
        index=index,
        stream=entry.ref,
        is_new=index >= before,
        state=envelope.statement.predicate.result if record is None else record.state,
        signers=signers,
    )


def _take(workspace: "Workspace", bundle: Bundle, manifest: "Manifest | None") -> MergedBundle:
    ref = f"origin:{bundle.head.origin.rpartition('/')[2]}"
    last = _last(workspace, ref)
    connected = _connect(workspace, bundle, last, ref)
    keys = _current(workspace)
    entries = [evidence_entry(envelope, workspace.organisation) for envelope in bundle.envelopes]
    known = [_is_known(workspace, entry, envelope) for entry, envelope in zip(entries, bundle.envelopes, strict=True)]
    for data in bundle.blobs.values():
        workspace.layout.put_blob(data)
    new = [entry for entry, is_known in zip(entries, known, strict=True) if not is_known]
    record = _merge_entry(workspace, bundle, last, ref)
    if new or record is not None:
        workspace.append([*new, *([record] if record is not None else [])])
    return MergedBundle(
        file=bundle.file,
        origin=bundle.head.origin,
        size=bundle.checkpoint.size,
        added=len(new),
        known=sum(known),
        unattributed=sum(not verify(envelope, keys) for envelope in bundle.envelopes),
        connected=connected,
        notes=_notes(bundle, manifest),
    )


def _connect(workspace: "Workspace", bundle: Bundle, last: Mapping[str, Any] | None, ref: str) -> str:
    """How the bundle's log relates to what is known of it: ``first``, ``same``, ``extends`` or ``older``.

    Raises:
        ForkError: they contradict each other (UP-BUN-07); recorded, and not merged.
        BundleError: nothing shows that they belong together (UP-BUN-05).
    """
    if last is None:
        return "first"
    known = {int(size): root for size, root in last["states"]}
    said = bundle.states
    for size in sorted(known.keys() & said.keys()):
        if known[size] != said[size]:
            raise _fork(workspace, bundle, ref, size, known[size], said[size])
    if str(bundle.log_key) != last["log_key"]:
        raise _fork(workspace, bundle, ref, bundle.checkpoint.size, last["log_key"], str(bundle.log_key))
    if int(last["size"]) in said:
        return "same" if bundle.checkpoint.size == int(last["size"]) else "extends"
    if bundle.checkpoint.size in known:
        return "older"
    raise BundleError(
        f"{bundle.file}: nothing shows that the log {bundle.head.origin} at size {bundle.checkpoint.size} and the one "
        f"known here at size {last['size']} are one history. Merge the bundles in the order they were made, or make "
        "this one anew.",
        code="UP-BUN-05",
    )


def _fork(workspace: "Workspace", bundle: Bundle, ref: str, size: int, expected: str, got: str) -> ForkError:
    body = records.body(
        schema="workspace-fork/1",
        ref=ref,
        action="assurance.fork.found",
        actor=f"key:{workspace.log_key.fingerprint}",
        reason=f"{bundle.file} contradicts an earlier bundle of the same log.",
        record={"origin": bundle.head.origin, "size": size, "expected": expected, "got": got},
    )
    before = [read_body(entry) for entry in workspace.log.stream(ref)]
    if not any(old is not None and old["record"] == body["record"] for old in before):
        workspace.append([records.entry(body, index=f"index:{workspace.organisation}")])
    return ForkError(
        f"{bundle.file} is a fork of {bundle.head.origin}: at size {size} expected {expected}, got {got}. One of the "
        "two histories was rewritten. It was not merged; keep both files and ask where they come from.",
        code="UP-BUN-07",
    )


def _merge_entry(workspace: "Workspace", bundle: Bundle, last: Mapping[str, Any] | None, ref: str) -> NewEntry | None:
    states = {int(size): root for size, root in last["states"]} if last else {}
    states |= bundle.states
    newest = max(bundle.checkpoint.size, int(last["size"]) if last else 0)
    record = {
        "origin": bundle.head.origin,
        "size": newest,
        "states": [[size, root] for size, root in sorted(states.items())],
        "log_key": str(bundle.log_key),
        "system": bundle.head.system,
        "manifest": bundle.head.manifest_sha256,
    }
    if last is not None and dict(last) == record:
        return None
    body = records.body(
        schema=MERGE,
        ref=ref,
        action="assurance.bundle.merged",
        actor=f"key:{workspace.log_key.fingerprint}",
        reason=f"{len(bundle.envelopes)} statements of {bundle.head.system}.",
        record=record,
    )
    return records.entry(body, index=f"index:{workspace.organisation}")


def _last(workspace: "Workspace", ref: str) -> Mapping[str, Any] | None:
    found = records.newest(workspace.log.stream(ref), MERGE)
    return None if found is None else found["record"]


def _is_known(workspace: "Workspace", entry: NewEntry, envelope: Envelope) -> bool:
    """Whether the same statement with the same signatures stands in its stream already."""
    return any(recorded.body == entry.body for recorded in workspace.log.stream(entry.ref)) and bool(envelope.id)


def _current(workspace: "Workspace") -> "dict[str, VerifierKey]":
    return {name: state.key for name, state in workspace.keys().items() if state.is_current}


def _demand_ours(workspace: "Workspace", bundle: Bundle) -> None:
    theirs = bundle.head.origin.partition("/")[0]
    if theirs != workspace.organisation.path:
        raise BundleError(
            f"{bundle.file} is of organisation {theirs!r}; this workspace is of {workspace.organisation.path!r}.",
            code="UP-BUN-08",
        )
    for envelope in bundle.envelopes:
        _demand_known(workspace, envelope, bundle.file)
        _demand_signed(workspace, envelope, bundle.file)


def _demand_signed(workspace: "Workspace", envelope: Envelope, file: str) -> None:
    keys = _current(workspace)
    named = {one.keyid for one in envelope.signatures} & set(keys)
    broken = named - set(verify(envelope, keys))
    if broken:
        raise BundleError(
            f"{file}: evidence {envelope.id} names the key {min(broken)}, whose signature does not fit. "
            "It was changed after signing. Nothing was taken in.",
            code="UP-BUN-04",
        )


def _demand_known(workspace: "Workspace", envelope: Envelope, file: str) -> None:
    system = envelope.statement.predicate.system
    known = workspace.systems()
    if system is not None and Ref.parse(system) not in known:
        have = ", ".join(map(str, known)) or "none yet"
        raise BundleError(
            f"{file}: evidence {envelope.id[:12]} is about {system}, which is not here (there is {have}). "
            "Run this beside the upright.yaml of that system.",
            code="UP-BUN-08",
        )


def _notes(bundle: Bundle, manifest: "Manifest | None") -> tuple[str, ...]:
    if manifest is None or manifest.sha256 == bundle.head.manifest_sha256:
        return ()
    return (f"{bundle.file} was made from another version of the manifest than the one here.",)
