"""Making a pack: all that a stranger needs to recompute a verdict, in one file whose bytes follow from its contents."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from upright.kernel import canonical_bytes, sha256_hex
from upright.ledger import JSON, NewEntry, VerifierKey, export
from upright.pack.container import PackError, Source, write_zip
from upright.pack.contents import (
    BLOBS,
    CATALOGUE,
    FACTS,
    GATE,
    KEYS,
    LEDGER,
    MANIFEST,
    POSTURE,
    REPORT,
    FileEntry,
    Manifest,
    verdict_body,
    verdict_stream,
)
from upright.pack.entries import body_of, cited_blobs, enrolled_keys, log_keys, plain
from upright.pack.scope import VERDICTS, opened_entries, streams_of

if TYPE_CHECKING:
    from upright.catalogue import Catalogue
    from upright.gate import GateAnswer
    from upright.ledger import Log, Recorded
    from upright.pack.growing import GrowingView
    from upright.posture import Facts, Posture

Report = Callable[[str], bytes]
Blobs = Mapping[str, bytes | Path] | Path | None


def make_pack(
    log: "Log | GrowingView",
    *,
    facts: "Facts",
    posture: "Posture",
    gate: "GateAnswer | Iterable[GateAnswer] | None",
    report_html: bytes | Report,
    catalogue: "Catalogue",
    blobs: Blobs = None,
    out: Path,
    scope: str,
    partial: bool = False,
    check: bool = True,
) -> Manifest:
    """Writes the pack ``out`` about ``scope`` and returns its table of contents.

    The pack's verdict is appended to the log first, unless the newest entry is already that verdict; so a second pack
    for the same ``facts.at`` is the same bytes. ``facts`` must be what ``gather`` gives for the entries that the pack
    opens (``streams_of``), ``posture`` and ``gate`` what follows from them; with ``check`` the finished pack is
    verified before it gets its name. ``report_html`` is the report's bytes, or a function that makes them from the
    checkpoint they cite, which is the one before the pack's verdict. ``blobs`` are what evidence cites, by SHA-256,
    or the folder that holds ``<aa>/<sha256>``; ``verify`` lists missing ones. A ``partial`` pack opens the system's,
    the keys' and the verdicts' streams only, and says ``newest not proven``.

    Raises:
        PackError: UP-PACK-10 it cannot be written; UP-PACK-11 its own verification refuses it. ``out`` is untouched.
    """
    cites = cited_checkpoint(log, scope, facts.at)
    opened = opened_entries(log, scope, partial=partial)
    files: dict[str, bytes | Path] = {
        FACTS: canonical_bytes(plain(facts)),
        POSTURE: canonical_bytes(plain(posture)),
        GATE: canonical_bytes(plain(_answers(gate))),
        REPORT: report_html if isinstance(report_html, bytes) else report_html(cites),
        **_catalogue_file(catalogue),
        **{f"{KEYS}{name}.vkey": f"{key}\n".encode() for name, key in _keys(log, opened).items()},
        **_blob_files(opened, blobs),
    }
    draft = Manifest(
        origin=log.origin,
        size=0,
        root="0" * 64,
        scope=scope,
        partial=partial,
        at=facts.at,
        facts=facts.digest(),
        files=tuple(_described(name, files[name]) for name in sorted(files)),
    )
    _append_verdict(log, draft, dict(facts.catalogue), cites)
    manifest = msgspec.structs.replace(draft, size=log.size, root=log.root().hex())
    _write(log, out, manifest, files, streams_of(log, scope, partial=partial), check=check)
    return manifest


def cited_checkpoint(log: "Log | GrowingView", scope: str, at: str) -> str:
    """The checkpoint that the report of a pack shows: that of the log before the pack's own verdict."""
    if log.size:
        newest = log.entry(log.size - 1)
        body = body_of(newest)
        if newest.ref == verdict_stream(scope) and body.get("at") == at and isinstance(body.get("cites"), str):
            return str(body["cites"])
    return log.checkpoint


def _keys(log: "Log | GrowingView", opened: "Iterable[Recorded]") -> dict[str, VerifierKey]:
    return log_keys(log) | {name: key for name, (key, _) in enrolled_keys(opened).items()}


def _answers(gate: "GateAnswer | Iterable[GateAnswer] | None") -> list[Any]:
    if gate is None:
        return []
    return list(gate) if isinstance(gate, Iterable) else [gate]


def _catalogue_file(catalogue: "Catalogue") -> dict[str, bytes]:
    frozen = canonical_bytes(catalogue.frozen())
    return {f"{CATALOGUE}{sha256_hex(frozen)}.json": frozen}


def _blob_files(opened: "Iterable[Recorded]", blobs: Blobs) -> dict[str, bytes | Path]:
    found: dict[str, bytes | Path] = {}
    for cited in cited_blobs(opened):
        name = f"{cited.sha256[:2]}/{cited.sha256}"
        content: bytes | Path | None = None
        if isinstance(blobs, Path):
            content = blobs / name if (blobs / name).is_file() else None
        elif blobs is not None:
            content = blobs.get(cited.sha256)
        if content is not None:
            found[f"{BLOBS}{name}"] = content
    return found


def _described(name: str, content: bytes | Path) -> FileEntry:
    if isinstance(content, bytes):
        return FileEntry(path=name, size=len(content), sha256=sha256_hex(content))
    digest, size = hashlib.sha256(), 0
    with content.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            size += len(chunk)
    return FileEntry(path=name, size=size, sha256=digest.hexdigest())


def _append_verdict(log: "Log | GrowingView", manifest: Manifest, catalogue: dict[str, str], cites: str) -> None:
    stream = verdict_stream(manifest.scope)
    body = canonical_bytes(verdict_body(manifest, catalogue, cites))
    earlier = log.stream(stream)
    if earlier and earlier[-1].body == body:
        return
    log.append([NewEntry(type="verdict", ref=stream, media_type=JSON, body=body, index=VERDICTS)])


def _write(
    log: "Log | GrowingView",
    out: Path,
    manifest: Manifest,
    files: Mapping[str, bytes | Path],
    indexes: tuple[str, ...],
    *,
    check: bool,
) -> None:
    whole = out.with_name(f"{out.name}.part")
    try:
        with tempfile.TemporaryDirectory(prefix="upright-pack-") as folder:
            export(log, Path(folder), indexes)
            ledger = {p.relative_to(folder).as_posix(): p for p in Path(folder, LEDGER).rglob("*") if p.is_file()}
            members: dict[str, bytes | Path] = {**files, **ledger}
            with whole.open("wb") as file:
                write_zip(
                    [Source(MANIFEST, manifest.to_bytes()), *(Source(n, members[n]) for n in sorted(members))], file
                )
                file.flush()
                os.fsync(file.fileno())
        if check:
            _demand_intact(whole)
        whole.replace(out)
    except OSError as why:
        raise PackError(f"The pack cannot be written to {out}: {why.strerror}.", code="UP-PACK-10") from None
    finally:
        whole.unlink(missing_ok=True)


def _demand_intact(path: Path) -> None:
    from upright.pack.verify import verify_pack

    report = verify_pack(path, trust=None)
    if report.problems:
        first = report.problems[0]
        raise PackError(
            f"The pack would not verify ({len(report.problems)} problems), so it was not written. First: {first.file} "
            f"(entry {first.entry}): expected {first.expected}, got {first.got}. The Facts, posture or gate handed in "
            "are not what the log's entries give, or the log is damaged: run `upright ledger verify`.",
            code="UP-PACK-11",
        )
