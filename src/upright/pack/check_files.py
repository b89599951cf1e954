"""The files of a pack against its table of contents, and that against the verdict that the log holds."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from upright.kernel import UprightError
from upright.ledger import Checkpoint, NoteError, Recorded, VerifierKey
from upright.ledger.layout import TILE_WIDTH, Layout
from upright.pack.container import HostileError, PackFile
from upright.pack.contents import (
    BLOBS,
    FACTS,
    GATE,
    KEYS,
    LEDGER,
    MANIFEST,
    MAX_MANIFEST,
    OPENINGS,
    POSTURE,
    REPORT,
    Manifest,
    verdict_body,
    verdict_stream,
)
from upright.pack.differences import differences
from upright.pack.entries import body_of, cited_blobs, enrolled_keys, log_keys
from upright.pack.findings import Findings
from upright.pack.scope import streams_of

if TYPE_CHECKING:
    from upright.ledger import ExportedLog

_SPARE_TILES = 1_000
_SIZE = re.compile(r"[1-9][0-9]{0,14}")
_ALWAYS = (FACTS, POSTURE, GATE, REPORT)


def read_manifest(pack: PackFile, findings: Findings) -> Manifest | None:
    """The pack's table of contents; None, with a problem, where there is none to be read."""
    if MANIFEST not in pack.names:
        findings.problem("UP-PACK-20", MANIFEST, expected="the table of contents of a pack", got="no such file")
        return None
    try:
        return Manifest.parse(pack.read(MANIFEST, MAX_MANIFEST))
    except UprightError as why:
        findings.refused(why, MANIFEST, "the canonical table of contents of a pack", code="UP-PACK-20")
        return None


def unpack(pack: PackFile, prefix: str, folder: Path, findings: Findings) -> None:
    """Writes the files under ``prefix`` below ``folder``; their names were checked when the pack was opened."""
    for name in pack.names:
        if not name.startswith(prefix):
            continue
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with target.open("wb") as file:
                for chunk in pack.chunks(name):
                    file.write(chunk)
        except HostileError as why:
            findings.refused(why, name, "a whole file")


def check_files(pack: PackFile, manifest: Manifest, held_by: Mapping[str, int], findings: Findings) -> None:
    """Every listed file has its length and digest, nothing is unlisted or missing; ``held_by`` names entries."""
    listed = {entry.path: entry for entry in manifest.files}
    if list(listed) != sorted(listed) or len(listed) != len(manifest.files):
        findings.problem("UP-PACK-20", MANIFEST, expected="files sorted, each once", got="another order")
    for name in pack.names:
        if name != MANIFEST and not name.startswith(LEDGER) and name not in listed:
            findings.problem("UP-PACK-23", name, expected="no file but those listed in pack.json", got="unlisted file")
    for name in (*_ALWAYS, *listed):
        if name not in pack.names:
            findings.problem("UP-PACK-22", name, expected="this file", got="nothing", entry=held_by.get(name))
        elif name not in listed:
            continue  # named as unlisted above
        elif name == MANIFEST or name.startswith(LEDGER):
            findings.problem("UP-PACK-20", MANIFEST, expected="files without pack.json and ledger/", got=name)
        else:
            _check_file(pack, name, listed[name].size, listed[name].sha256, held_by.get(name), findings)
    findings.counts["files"] = len(pack.names)


def _check_file(pack: PackFile, name: str, size: int, sha256: str, entry: int | None, findings: Findings) -> None:
    digest, length = hashlib.sha256(), 0
    try:
        for chunk in pack.chunks(name):
            digest.update(chunk)
            length += len(chunk)
    except HostileError as why:
        findings.refused(why, name, f"sha256:{sha256}", entry=entry)
        return
    if digest.hexdigest() != sha256 or length != size:
        findings.problem(
            "UP-PACK-21",
            name,
            expected=f"{size} bytes, sha256:{sha256}",
            got=f"{length} bytes, sha256:{digest.hexdigest()}",
            entry=entry,
        )


def files_held_by_entries(entries: Sequence[Recorded]) -> dict[str, int]:
    """File name -> the log entry whose body commits to its bytes: blobs by their evidence, keys by their enrolment."""
    held = {f"{KEYS}{name}.vkey": entry for name, (_, entry) in enrolled_keys(entries).items()}
    for cited in cited_blobs(entries):
        held.setdefault(f"{BLOBS}{cited.sha256[:2]}/{cited.sha256}", cited.entry)
    return held


def check_held_files(pack: PackFile, log: "ExportedLog", entries: Sequence[Recorded], findings: Findings) -> None:
    """Blobs and keys are those that entries name, byte for byte; a file that no entry names is an error.

    The log's own key may stand there without an entry: it only says whose signature the checkpoint bears.
    """
    known: dict[str, tuple[VerifierKey, int | None]] = {name: (key, None) for name, key in log_keys(log).items()}
    known |= enrolled_keys(entries)
    keys = {f"{KEYS}{name}.vkey": (f"{key}\n".encode(), entry) for name, (key, entry) in known.items()}
    blobs = {f"{BLOBS}{c.sha256[:2]}/{c.sha256}": c for c in cited_blobs(entries)}
    for name in pack.names:
        if name.startswith(KEYS) and name not in keys:
            findings.problem("UP-PACK-24", name, expected="only keys that the log enrolled", got="another file")
        elif name.startswith(KEYS):
            content, entry = keys[name]
            _check_file(pack, name, len(content), hashlib.sha256(content).hexdigest(), entry, findings)
        elif name.startswith(BLOBS) and name not in blobs:
            findings.problem("UP-PACK-24", name, expected="only blobs that evidence cites", got="another file")
        elif name.startswith(BLOBS):
            _check_file(pack, name, blobs[name].size, blobs[name].sha256, blobs[name].entry, findings)
    missing = sorted({blob.entry for name, blob in blobs.items() if name not in pack.names})
    if missing:
        findings.not_checked.append(
            f"{len(missing)} entries cite artefacts that the pack does not carry: {', '.join(map(str, missing[:10]))}"
        )


def check_ledger_files(folder: Path, names: Sequence[str], findings: Findings) -> bool:
    """Nothing lies in ``ledger/`` but what its checkpoints call for: their tiles, openings and sealed epochs.

    Says whether the ledger is worth reading: a checkpoint that claims far more entries than the pack has files for
    would keep a reader busy for ever, long before its signature is looked at.
    """
    epochs = sorted({"/".join(name.split("/")[:3]) for name in names if name.startswith(f"{LEDGER}epochs/")})
    layouts = [Layout(folder), *(Layout(folder / epoch) for epoch in epochs)]
    expected: set[str] = set()
    for layout in layouts:
        size = _claimed_size(layout)
        if size is None:
            return True  # reading it will name it; what belongs to it cannot be told
        if size > (len(names) + _SPARE_TILES) * TILE_WIDTH:
            file = layout.checkpoint.relative_to(folder).as_posix()
            most = len(names) * TILE_WIDTH
            findings.problem(
                "UP-PACK-27", file, expected=f"at most {most} entries in {len(names)} files", got=str(size)
            )
            return False
        expected |= {path.relative_to(folder).as_posix() for path in _ledger_files(layout, size)}
    for name in names:
        if name.startswith(LEDGER) and name not in expected:
            findings.problem(
                "UP-PACK-23", name, expected="only files that the checkpoint calls for", got="another file"
            )
    return True


def _claimed_size(layout: Layout) -> int | None:
    """What a checkpoint says; None where there is none to read."""
    try:
        return Checkpoint.parse(layout.checkpoint.read_text(encoding="utf-8")).size
    except (OSError, UprightError, UnicodeDecodeError):
        return None


def _ledger_files(layout: Layout, size: int) -> set[Path]:
    paths = {layout.checkpoint, layout.exported_openings}
    paths |= {path for path in layout.handovers.glob("*") if _SIZE.fullmatch(path.name) and int(path.name) < size}
    paths |= {layout.entries(n, width) for n, width in _tiles(size)}
    level = 0
    while count := size >> (8 * level):
        paths |= {layout.tile(level, n, width) for n, width in _tiles(count)}
        level += 1
    return paths


def _tiles(count: int) -> Iterator[tuple[int, int]]:
    for n in range(-(-count // TILE_WIDTH)):
        yield n, min(TILE_WIDTH, count - n * TILE_WIDTH)


def check_scope(log: "ExportedLog", manifest: Manifest, findings: Findings) -> None:
    """A pack that does not call itself partial opens every index stream of its scope."""
    for ref in streams_of(log, manifest.scope, partial=manifest.partial):
        if ref not in log.opened_indexes:
            findings.problem(
                "UP-PACK-26",
                OPENINGS,
                expected=f"{ref} and all it names, as the scope {manifest.scope} demands",
                got="none",
            )


def check_verdict(log: "ExportedLog", manifest: Manifest, catalogue: dict[str, str], findings: Findings) -> None:
    """The log's newest verdict about packs of this scope is about exactly this pack, and no entry stands between."""
    if (manifest.origin, manifest.size, manifest.root) != (log.origin, log.size, log.root().hex()):
        findings.problem(
            "UP-PACK-33",
            MANIFEST,
            expected=f"origin {log.origin}, size {log.size}, root {log.root().hex()} (the checkpoint)",
            got=f"origin {manifest.origin}, size {manifest.size}, root {manifest.root}",
        )
    held = log.stream(verdict_stream(manifest.scope))
    if not held:
        findings.problem(
            "UP-PACK-31",
            MANIFEST,
            expected=f"a verdict about this pack in {verdict_stream(manifest.scope)}",
            got="none",
        )
        return
    newest = held[-1]
    body = body_of(newest)
    expected = msgspec.json.decode(msgspec.json.encode(body))
    got = verdict_body(manifest, catalogue, str(body.get("cites")))
    for found in differences(expected, got):
        findings.problem(
            "UP-PACK-32",
            MANIFEST,
            expected=f"{found.field} = {found.expected} (entry {newest.index})",
            got=f"{found.field} = {found.got}",
            entry=newest.index,
        )
    if newest.time < manifest.at:
        findings.problem(
            "UP-PACK-34",
            MANIFEST,
            expected=f"at not after {newest.time}, when the pack was sealed",
            got=manifest.at,
            entry=newest.index,
        )
    _check_cited(log, str(body.get("cites")), newest.index, findings)


def _check_cited(log: "ExportedLog", text: str, entry: int, findings: Findings) -> None:
    try:
        cited = Checkpoint.parse(text)
    except NoteError as why:
        findings.refused(why, REPORT, "the checkpoint that the report cites", code="UP-PACK-35", entry=entry)
        return
    root = log.root(cited.size).hex() if cited.size <= entry else "none: it is not before the pack's own entry"
    if (cited.origin, cited.root.hex()) != (log.origin, root):
        findings.problem(
            "UP-PACK-35",
            REPORT,
            expected=f"a cited checkpoint of {log.origin} with root {root} at size {cited.size}",
            got=f"{cited.origin} with root {cited.root.hex()}",
            entry=entry,
        )
