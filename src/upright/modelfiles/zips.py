"""Zip archives: each entry is checked against both tables and examined; torch's layout has its own rules."""

import re
import zlib

from upright.modelfiles.archive import HARMLESS_FLAGS, ArchiveError, Member, read_archive
from upright.modelfiles.examiner import Examiner
from upright.modelfiles.inflate import inflate
from upright.modelfiles.pickles import examine_pickles, find_hidden
from upright.modelfiles.storages import ArchiveStorages
from upright.modelfiles.window import Window

_CRC_CHUNK = 1 << 20
_STORED, _DEFLATED = 0, 8
_TORCH_TEXTS = re.compile(rb"[A-Za-z0-9_.-]{0,64}\n?")
_TORCHSCRIPT_FILES = re.compile(
    rb"\b(?:torch|ops\.(?:aten|prim|prims|torch|quantized))\."
    rb"(?:save|load|from_file|_load\w*|PythonOp|CallFunction|pickle\w*)\b"
    rb"|\bops\.(?!(?:aten|prim|prims|quantized|torch|inductor)\b)\w+\.\w+"
)
_TORCH_SMALL = {"version", "byteorder", ".format_version", ".storage_alignment", ".data/serialization_id"}


def examine_zip(window: Window, ex: Examiner) -> str:
    """Examines a zip file and everything in it; returns ``zip``, ``npz`` or ``torch``."""
    try:
        members = read_archive(window, ex.budget)
    except ArchiveError as why:
        ex.findings.not_examined(f"the zip file cannot be read to its last byte: {why}", offset=why.at)
        _salvage(window, ex)
        return "zip"
    _report_names(members, ex)
    root = _torch_root(members)
    if root is not None:
        _examine_torch(members, root, ex)
        return "torch"
    for member in members:
        _examine_member(member, ex)
    files = [m for m in members if not m.is_folder]
    if {"config.json", "metadata.json"} <= {m.name for m in files}:
        return "keras"
    return "npz" if files and all(m.name.endswith(".npy") for m in files) else "zip"


def _report_names(members: list[Member], ex: Examiner) -> None:
    seen: set[str] = set()
    for member in members:
        shown = f"entry {member.name[:80]!r}"
        for problem in member.problems:
            ex.findings.suspicious(f"{shown} {problem}", offset=member.offset)
        folded = member.name.casefold()
        if folded in seen:
            ex.findings.suspicious(f"{shown} stands twice; readers differ", offset=member.offset)
        seen.add(folded)
        if member.flags & ~HARMLESS_FLAGS:
            ex.findings.suspicious(f"{shown} has the unusual flags {member.flags:#x}", offset=member.offset)
    if not members:
        ex.findings.not_examined("the zip file has no entries", offset=0)


def content(member: Member, ex: Examiner) -> Window | None:
    """A member's bytes, checked against its size and checksum."""
    problem = ""
    if member.method == _STORED:
        inner = member.data
    elif member.method == _DEFLATED:
        found = inflate(member.data, "deflate", ex.budget)
        inner, problem = found.data, found.problem
    else:
        ex.findings.not_examined(f"compression method {member.method} is not read", offset=member.offset)
        return None
    if problem:
        ex.findings.not_examined(problem, offset=member.offset)
    if len(inner) != member.size:
        ex.findings.suspicious(f"has {len(inner)} bytes, the directory says {member.size}", offset=member.offset)
    elif _crc(inner) != member.crc:
        ex.findings.suspicious("does not match its checksum; readers differ", offset=member.offset)
    return inner


def _crc(window: Window) -> int:
    crc = 0
    for at in range(0, len(window), _CRC_CHUNK):
        crc = zlib.crc32(window.read(at, _CRC_CHUNK), crc)
    return crc


def inside(member: Member, ex: Examiner) -> Examiner:
    """The examiner for one entry."""
    return ex.within(f"in {member.name[:80]}", name=member.name)


def _examine_member(member: Member, ex: Examiner) -> None:
    if member.is_folder:
        return
    within = inside(member, ex)
    inner = content(member, within)
    if inner is not None:
        within.descend(inner)


def _salvage(window: Window, ex: Examiner) -> None:
    """Of a broken archive, whatever a lenient reader could still get at: only danger is learnt here."""
    find_hidden(window, ex)
    damaged = ex.within("in a damaged archive")
    at = window.buffer.find(b"PK\x03\x04", window.start, window.stop)
    while at >= 0 and ex.depth < ex.budget.limits.depth:
        ex.budget.member()
        offset = at - window.start
        head = window.read(offset, 30)
        if len(head) == 30 and int.from_bytes(head[8:10], "little") == _DEFLATED:
            skip = 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
            if offset + skip < len(window):
                part = window.part(offset + skip, len(window) - offset - skip)
                find_hidden(inflate(part, "deflate", ex.budget).data, damaged)
        at = window.buffer.find(b"PK\x03\x04", at + 4, window.stop)


# Torch ----------------------------------------------------------------------------------------------------------


def _torch_root(members: list[Member]) -> str | None:
    """The folder that holds ``data.pkl``, if this is how torch lays out a file."""
    roots = {m.name.rpartition("data.pkl")[0] for m in members if m.name.rpartition("/")[2] == "data.pkl"}
    if len(roots) != 1:
        return None
    root = roots.pop()
    return root if root.count("/") == 1 else None


def _examine_torch(members: list[Member], root: str, ex: Examiner) -> None:
    storages = {m.name.removeprefix(f"{root}data/"): m.size for m in members if _is_storage(m, root)}
    for member in members:
        within = inside(member, ex)
        if member.is_folder:
            continue
        if _is_storage(member, root):
            content(member, within)
        elif member.name == f"{root}data.pkl":
            inner = content(member, within)
            if inner is not None:
                examine_pickles(inner, within, storages=ArchiveStorages(storages))
        elif member.name.startswith(f"{root}code/"):
            _examine_torchscript(member, within)
        elif member.name.removeprefix(root) in _TORCH_SMALL:
            inner = content(member, within)
            if inner is not None and not _TORCH_TEXTS.fullmatch(inner.read(0, 80)):
                within.findings.not_examined("is not what torch writes there", offset=member.offset)
        else:
            _examine_member(member, ex)


def _examine_torchscript(member: Member, ex: Examiner) -> None:
    """TorchScript is a language of its own: it computes, but some of its operators reach files."""
    inner = content(member, ex)
    if inner is None:
        return
    if member.name.endswith(".debug_pkl"):
        examine_pickles(inner, ex)
        return
    ex.findings.suspicious("is TorchScript code, which runs when the model is used", offset=member.offset)
    for found in _TORCHSCRIPT_FILES.finditer(inner.all()):
        name = found[0].decode("ascii", "replace")
        ex.findings.dangerous("TorchScript that reaches files or Python", name=name, offset=found.start())


def _is_storage(member: Member, root: str) -> bool:
    return member.method == _STORED and re.fullmatch(rf"{re.escape(root)}data/[0-9]{{1,9}}", member.name) is not None
