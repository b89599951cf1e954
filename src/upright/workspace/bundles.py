"""Bundles: what one log filed, with proof that it did, to be taken in by another (contracts, section 4).

A zip of ``bundle.json`` (origin, system, manifest_sha256, checkpoint, consistency …), ``envelopes/<id>.json``,
``proofs/<id>.json`` and ``blobs/<sha256>``. Everything in it is checked before any of it is used.
"""

import base64
import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from upright.evidence.dsse import Envelope
from upright.kernel import UprightError, canonical_bytes, sha256_hex
from upright.ledger import ENVELOPE, JSON, Checkpoint, VerifierKey, leaf_hash, verify_consistency, verify_inclusion
from upright.ledger.leaves import body_digest, parse_leaf
from upright.workspace.errors import BundleError
from upright.workspace.layout import write_durably

if TYPE_CHECKING:
    from upright.workspace.manifest import Manifest
    from upright.workspace.values import Assessment
    from upright.workspace.workspace import Workspace

MOST_BYTES = 1 << 30
MOST_FILES = 100_000
_BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error)
_DATE = (1980, 1, 1, 0, 0, 0)
_MOST_EARLIER = 256

Hex64 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Earlier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An earlier state of the log and the proof, in base64, that the checkpoint extends it."""

    size: Annotated[int, Meta(ge=0)]
    root: Hex64
    proof: tuple[str, ...]


class BundleHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``bundle.json``: which log, about which system, as of which signed checkpoint, and what is in the bundle."""

    upright: Literal[1]
    origin: str
    system: str
    manifest_sha256: Hex64
    checkpoint: str
    log_key: str
    consistency: tuple[Earlier, ...]
    evidence: tuple[Hex64, ...]
    state: Hex64 | None = None
    """SHA-256 of ``state.json``, the system's newest record with its proof; only a push carries it."""


class EntryProof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That an envelope stands in the log: its leaf, the salt that opens it, and the path to the root, in base64."""

    index: Annotated[int, Meta(ge=0)]
    leaf: str
    salt: Hex64
    proof: tuple[str, ...]


class StateProof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``state.json``: what the log last recorded of the system, in base64, and that it stands there."""

    body: str
    proof: EntryProof


@dataclass(frozen=True, kw_only=True, slots=True)
class Bundle:
    """A bundle whose proofs hold. ``states`` maps every size that it speaks of to the root at that size.

    ``envelopes`` stand in the order of their log: what is newest there must be newest where they are taken in.
    """

    file: str
    head: BundleHead
    checkpoint: Checkpoint
    log_key: VerifierKey
    envelopes: tuple[Envelope, ...]
    blobs: Mapping[str, bytes]
    state: bytes | None = None

    @property
    def states(self) -> dict[int, str]:
        """Sizes and roots of the checkpoint and of each earlier state that was proved to lead to it."""
        known = {earlier.size: earlier.root for earlier in self.head.consistency}
        return known | {self.checkpoint.size: self.checkpoint.root.hex()}


def write_bundle(workspace: "Workspace", manifest: "Manifest", assessment: "Assessment", out: Path) -> "Assessment":
    """Writes the evidence of an assessment as a bundle, whole or not at all, and says so in the assessment."""
    data = bundle_bytes(workspace, manifest, {outcome.evidence: outcome.index for outcome in assessment.checks})
    try:
        write_durably(out, data)
    except OSError as why:
        raise BundleError(f"The bundle {out} cannot be written: {why.strerror}.", code="UP-BUN-01") from None
    _remember(workspace)
    return replace(assessment, bundle=str(out))


def push_bytes(workspace: "Workspace", manifest: "Manifest") -> bytes:
    """The bundle that a push sends: all evidence of the log, and what the log last recorded of the system."""
    evidence = {row.id: row.index for row in workspace.evidence() if row.id is not None}
    data = bundle_bytes(workspace, manifest, evidence, with_state=True)
    _remember(workspace)
    return data


def bundle_bytes(
    workspace: "Workspace", manifest: "Manifest", evidence: Mapping[str, int], *, with_state: bool = False
) -> bytes:
    """The bundle of some evidence (id to index) as of the log's checkpoint; the same bytes for the same log."""
    log = workspace.log
    text = log.checkpoint
    checkpoint = Checkpoint.parse(text)
    files: dict[str, bytes] = {}
    for name, index in sorted(evidence.items()):
        body = log.entry(index).body
        if body is None:
            continue
        files[f"envelopes/{name}.json"] = body
        proof = _proof_of(workspace, index, checkpoint.size)
        files[f"proofs/{name}.json"] = canonical_bytes(msgspec.to_builtins(proof))
        for artefact in Envelope.parse(body).statement.predicate.artefacts:
            files[f"blobs/{artefact.sha256}"] = workspace.layout.read_blob(artefact.sha256)
    if with_state:
        files["state.json"] = _state(workspace, manifest, checkpoint.size)
    head = BundleHead(
        upright=1,
        origin=log.origin,
        system=str(manifest.system.ref),
        manifest_sha256=manifest.sha256,
        checkpoint=text,
        log_key=str(workspace.log_key),
        consistency=tuple(_earlier(workspace, checkpoint.size)),
        evidence=tuple(sorted(evidence)),
        state=sha256_hex(files["state.json"]) if with_state else None,
    )
    files["bundle.json"] = canonical_bytes(msgspec.to_builtins(head))
    return _zip(files)


def _proof_of(workspace: "Workspace", index: int, size: int) -> EntryProof:
    log = workspace.log
    return EntryProof(
        index=index,
        leaf=_text(log.leaf(index)),
        salt=log.salt(index).hex(),
        proof=tuple(map(_text, log.prove(index, size))),
    )


def _state(workspace: "Workspace", manifest: "Manifest", size: int) -> bytes:
    found = [one for one in workspace.log.stream(str(manifest.system.ref)) if one.type == "record" and one.body]
    if not found:
        raise BundleError(
            f"Nothing is recorded of {manifest.system.ref} yet; run 'upright assess' first.", code="UP-BUN-09"
        )
    newest = found[-1]
    state = StateProof(body=_text(newest.body or b""), proof=_proof_of(workspace, newest.index, size))
    return canonical_bytes(msgspec.to_builtins(state))


def _earlier(workspace: "Workspace", size: int) -> Iterable[Earlier]:
    log = workspace.log
    for old, root in _remembered(workspace):
        if 0 < old < size and log.root(old).hex() == root:
            yield Earlier(size=old, root=root, proof=tuple(map(_text, log.consistency(old, size))))


def _remembered(workspace: "Workspace") -> list[tuple[int, str]]:
    """States of this log that earlier bundles were made at: what a receiver may hold as its last."""
    path = workspace.layout.bundles
    lines = path.read_text(encoding="ascii").split("\n") if path.is_file() else []
    found = [line.partition(" ") for line in lines if line]
    return [(int(size), root) for size, _, root in found if size.isdecimal()][-_MOST_EARLIER:]


def _remember(workspace: "Workspace") -> None:
    known = _remembered(workspace)
    now = (workspace.log.size, workspace.log.root().hex())
    if now not in known:
        lines = [f"{size} {root}\n" for size, root in [*known, now][-_MOST_EARLIER:]]
        write_durably(workspace.layout.bundles, "".join(lines).encode("ascii"))


def read_bundle(path: Path) -> Bundle:
    """Reads a bundle and checks all that can be checked without the receiver's log.

    Raises:
        BundleError: not a bundle (UP-BUN-02), too large (UP-BUN-03), or a proof in it does not hold (UP-BUN-04); the
            message names the part, what was expected and what was found.
    """
    files = _unzip(path)
    head = _decoded(files, "bundle.json", BundleHead, path)
    if set(files) - {"bundle.json"} != _expected_names(files, head):
        raise _wrong(path, "bundle.json", f"{len(head.evidence)} envelopes with a proof each", "other files")
    with _telling(path, "bundle.json"):
        checkpoint = Checkpoint.parse(head.checkpoint)
        log_key = VerifierKey.parse(head.log_key)
        checkpoint.verify(log_key)
        for old in head.consistency:
            proof = [base64.b64decode(one, validate=True) for one in old.proof]
            verify_consistency(old.size, bytes.fromhex(old.root), checkpoint.size, checkpoint.root, proof)
    if checkpoint.origin != head.origin:
        raise _wrong(path, "bundle.json", f"a checkpoint of {head.origin}", checkpoint.origin)
    found = sorted((_envelope(path, files, name, checkpoint) for name in head.evidence), key=lambda one: one[0])
    envelopes = tuple(envelope for _, envelope in found)
    blobs = {name.removeprefix("blobs/"): data for name, data in files.items() if name.startswith("blobs/")}
    for digest, data in blobs.items():
        if sha256_hex(data) != digest:
            raise _wrong(path, f"blobs/{digest}", f"sha256:{digest}", f"sha256:{sha256_hex(data)}")
    return Bundle(
        file=path.name,
        head=head,
        checkpoint=checkpoint,
        log_key=log_key,
        envelopes=envelopes,
        blobs=blobs,
        state=_read_state(path, files, head, checkpoint),
    )


def _read_state(path: Path, files: Mapping[str, bytes], head: BundleHead, checkpoint: Checkpoint) -> bytes | None:
    if head.state is None:
        return None
    if sha256_hex(files["state.json"]) != head.state:
        raise _wrong(path, "state.json", f"sha256:{head.state}", f"sha256:{sha256_hex(files['state.json'])}")
    state = _decoded(files, "state.json", StateProof, path)
    with _telling(path, "state.json"):
        body = base64.b64decode(state.body, validate=True)
        _demand_in_log(path, "state.json", state.proof, checkpoint, JSON, body)
    return body


def _demand_in_log(
    path: Path, part: str, proof: EntryProof, checkpoint: Checkpoint, media_type: str, body: bytes
) -> None:
    """Returns nothing if the body stands in the log of the checkpoint, where the proof says."""
    leaf = base64.b64decode(proof.leaf, validate=True)
    committed = parse_leaf(leaf).body
    hashes = [base64.b64decode(one, validate=True) for one in proof.proof]
    verify_inclusion(leaf_hash(leaf), proof.index, checkpoint.size, hashes, checkpoint.root)
    got = body_digest(media_type, bytes.fromhex(proof.salt), body)
    if got != committed:
        raise _wrong(path, part, f"a body with digest {committed}", got)


def _expected_names(files: Mapping[str, bytes], head: BundleHead) -> set[str]:
    blobs = {name for name in files if name.startswith("blobs/")}
    parts = ("envelopes", "proofs")
    state = {"state.json"} if head.state is not None else set()
    return blobs | state | {f"{part}/{name}.json" for part in parts for name in head.evidence}


def _envelope(path: Path, files: Mapping[str, bytes], name: str, checkpoint: Checkpoint) -> tuple[int, Envelope]:
    part = f"envelopes/{name}.json"
    data = files[part]
    proof = _decoded(files, f"proofs/{name}.json", EntryProof, path)
    with _telling(path, part):
        envelope = Envelope.parse(data)
        _ = envelope.statement
    if envelope.id != name:
        raise _wrong(path, part, f"evidence {name}", f"evidence {envelope.id}")
    with _telling(path, part):
        _demand_in_log(path, part, proof, checkpoint, ENVELOPE, data)
    return proof.index, envelope


class _telling:  # noqa: N801 - reads as a verb in a with statement
    """Turns what a part raises into one error that names file and part."""

    def __init__(self, path: Path, part: str) -> None:
        self.path, self.part = path, part

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, why: BaseException | None, trace: object) -> Literal[False]:
        if isinstance(why, UprightError):
            raise BundleError(f"{self.path.name}, {self.part}: {why.message}", code="UP-BUN-04") from None
        if isinstance(why, ValueError):
            raise BundleError(f"{self.path.name}, {self.part}: not base64 or hex: {why}.", code="UP-BUN-04") from None
        return False


def _decoded(files: Mapping[str, bytes], name: str, kind: type[Any], path: Path) -> Any:
    try:
        return msgspec.json.decode(files[name], type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError) as why:
        raise BundleError(
            f"{path.name} is not a bundle of evidence: {name} is missing or malformed ({why}). "
            "'upright assess --bundle FILE' makes one.",
            code="UP-BUN-02",
        ) from None


def _unzip(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            if len(infos) > MOST_FILES or sum(info.file_size for info in infos) > MOST_BYTES:
                raise BundleError(
                    f"{path.name} unpacks to over 1 GiB or {MOST_FILES:,} files; a bundle is far smaller.",
                    code="UP-BUN-03",
                )
            if len({info.filename for info in infos}) != len(infos):
                raise _wrong(path, "the archive", "each name once", "a name twice")
            return {info.filename: _read(archive, info) for info in infos}
    except OSError as why:
        raise BundleError(f"{path} cannot be read: {why.strerror or why}.", code="UP-BUN-01") from None
    except (*_BROKEN, EOFError, NotImplementedError, RuntimeError) as why:
        raise BundleError(
            f"{path.name} is not a bundle of evidence ({why}); expected the zip that 'upright assess --bundle' makes. "
            "Fetch it again from where it was made.",
            code="UP-BUN-02",
        ) from None


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as stream:
        data = stream.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise zipfile.BadZipFile(f"{info.filename} has another length than it says")
    return data


def _zip(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, data in sorted(files.items()):
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return out.getvalue()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _wrong(path: Path, part: str, expected: str, got: str) -> BundleError:
    return BundleError(
        f"{path.name}, {part}: expected {expected}, got {got}. Nothing of it was taken in; fetch it again.",
        code="UP-BUN-04",
    )
