"""Verifying a pack, offline, as someone who trusts nobody who made it (contracts, sections 4 to 6 and 10)."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upright.kernel import UprightError
from upright.ledger import Checkpoint, LedgerError, VerifierKey, read_export
from upright.ledger import Report as LedgerReport
from upright.pack.check_evidence import check_evidence
from upright.pack.check_files import (
    check_files,
    check_held_files,
    check_ledger_files,
    check_scope,
    check_verdict,
    files_held_by_entries,
    read_manifest,
    unpack,
)
from upright.pack.check_judgement import check_judgement, compare_with_installed, read_catalogue
from upright.pack.container import HostileError, PackFile
from upright.pack.contents import KEYS, LEDGER, OPENINGS, Manifest
from upright.pack.findings import HOSTILE_SHAPES, Findings
from upright.pack.report import Checked, Trust, VerifyReport

if TYPE_CHECKING:
    from upright.ledger import ExportedLog, Recorded

_LINE = re.compile(r"openings\.jsonl:(\d{1,12})")
_INDEX = re.compile(rb'"index":(\d{1,15})\b')
_REFUSED = (UprightError, *HOSTILE_SHAPES)


def verify_pack(path: Path, *, trust: VerifierKey | None = None, since: str | None = None) -> VerifyReport:
    """Checks everything in a pack against everything else in it, and against ``trust`` and ``since`` where given.

    ``trust`` is the log's key as the verifier got it by another way; ``since`` an older checkpoint, as text, that the
    log must extend. Nothing outside the pack is read but this installation's catalogue, to say where they differ.

    Raises:
        PackError: UP-PACK-08, the file cannot be read at all. Everything else that is wrong is in the report.
    """
    findings = Findings()
    try:
        pack = PackFile(path)
    except HostileError as why:
        findings.refused(why, path.name, "a whole pack", code=why.code)
        return _report(findings, None, None, trust, since)
    with pack, tempfile.TemporaryDirectory(prefix="upright-verify-") as folder:
        for prefix in (LEDGER, KEYS):
            unpack(pack, prefix, Path(folder), findings)
        is_readable = check_ledger_files(Path(folder), pack.names, findings)
        manifest = read_manifest(pack, findings)
        log, ledger = _read_ledger(Path(folder), trust, since, findings) if is_readable else (None, None)
        entries = _read_entries(log, findings)
        if manifest is not None:
            _check_contents(pack, manifest, log, entries, findings)
        return _report(findings, log, ledger, trust, since)


def _read_ledger(
    folder: Path, trust: VerifierKey | None, since: str | None, findings: Findings
) -> "tuple[ExportedLog | None, LedgerReport | None]":
    try:
        log = read_export(folder)
        ledger = log.verify(trust, since=since)
    except _REFUSED as why:
        file, entry = _blamed(folder, str(why))
        findings.refused(why, file, "a ledger that can be read", code="UP-PACK-25", entry=entry)
        return None, None
    findings.problems.extend(ledger.problems)
    if ledger.lost == "unknown":
        findings.is_partial = True
    if ledger.lost:
        findings.not_checked.append(f"what a restore left behind: {ledger.lost} entries of an earlier log")
    findings.counts |= {"leaves": ledger.size, "streams": ledger.streams}
    return log, ledger


def _blamed(folder: Path, message: str) -> tuple[str, int | None]:
    """Which file, and which entry, a ledger that cannot be read at all is broken in: an opening, or the checkpoint."""
    if "openings.jsonl" not in message:
        return f"{LEDGER}checkpoint", None
    line = _LINE.search(message)
    if line is None:
        return OPENINGS, None
    lines = (folder / OPENINGS).read_bytes().split(b"\n")
    index = _INDEX.search(lines[min(int(line.group(1)), len(lines)) - 1])
    return OPENINGS, int(index.group(1)) if index else None


def _read_entries(log: "ExportedLog | None", findings: Findings) -> "list[Recorded] | None":
    if log is None:
        return None
    try:
        return list(log.entries())
    except _REFUSED as why:
        findings.not_checked.append(f"what the entries say: {why}")
        return None


def _check_contents(
    pack: PackFile,
    manifest: Manifest,
    log: "ExportedLog | None",
    entries: "list[Recorded] | None",
    findings: Findings,
) -> None:
    check_files(pack, manifest, files_held_by_entries(entries or []), findings)
    catalogue = read_catalogue(pack, findings)
    if log is None or entries is None:
        findings.not_checked.append("evidence, Facts, posture and gate: the ledger cannot be read whole")
        return
    _guarded(check_scope, log, manifest, findings)
    _guarded(check_held_files, pack, log, entries, findings)
    check_evidence(entries, findings)
    if catalogue is None:
        findings.not_checked.append("Facts, posture and gate: there is no catalogue to judge by")
        return
    _guarded(check_verdict, log, manifest, dict(catalogue.digests), findings)
    check_judgement(pack, manifest, entries, catalogue, findings)
    compare_with_installed(catalogue, findings)
    findings.not_checked.append("the words of report.html: sealed as they are, not computed again")
    if manifest.partial:
        findings.is_partial = True
        findings.not_checked.append("newest not proven: this is a partial pack, streams of its scope were left out")


def _guarded(check: Callable[..., None], *args: Any) -> None:
    """Runs a check; where damage that is named already keeps it from reading on, says that it did not finish."""
    findings: Findings = args[-1]
    try:
        check(*args)
    except _REFUSED as why:
        findings.not_checked.append(f"the rest of {check.__name__.removeprefix('check_')}: {why}")
        if not findings.problems:
            findings.refused(why, f"{LEDGER}checkpoint", "a ledger that can be read", code="UP-PACK-25")


def _report(
    findings: Findings,
    log: "ExportedLog | None",
    ledger: LedgerReport | None,
    trust: VerifierKey | None,
    since: str | None,
) -> VerifyReport:
    if findings.left_out:
        findings.not_checked.append(f"{findings.left_out} further problems are not listed")
    found = tuple(dict.fromkeys(findings.problems))
    return VerifyReport(
        outcome="broken" if found else "partial" if findings.is_partial else "intact",
        trust=Trust(
            given=None if trust is None else str(trust),
            log_key=None if ledger is None else ledger.log_key,
            trusted=ledger is not None and ledger.trusted and trust is not None,
        ),
        checkpoint=None if log is None else log.checkpoint,
        since=None if since is None or ledger is None else _named(since),
        checked=Checked(**findings.counts),
        asserted=tuple(findings.asserted),
        not_checked=tuple(dict.fromkeys(findings.not_checked)),
        problems=found,
    )


def _named(since: str) -> str | None:
    try:
        old = Checkpoint.parse(since)
    except (UprightError, LedgerError):
        return None
    return f"{old.origin} at {old.size}"
