"""One file, or one part of a file, to a verdict: finds the format and hands it to its parser."""

import re
import zlib

from upright.modelfiles.archive import HARMLESS_FLAGS, ArchiveError, Member, read_archive
from upright.modelfiles.dtypes import LONGEST_HEADER, DtypeError, read_npy_header
from upright.modelfiles.formats import format_of
from upright.modelfiles.inflate import can_read, inflate
from upright.modelfiles.limits import LimitError
from upright.modelfiles.pickles import Examiner, examine_pickles, find_hidden, names_without_break
from upright.modelfiles.window import Window

_CRC_CHUNK = 1 << 20
_STORED, _DEFLATED = 0, 8
_TORCH_TEXTS = re.compile(rb"[A-Za-z0-9_.-]{0,64}\n?")
_TORCH_SMALL = {"version", "byteorder", ".format_version", ".storage_alignment", ".data/serialization_id"}


def examine(window: Window, ex: Examiner, *, depth: int = 0, where: str = "") -> str:
    """Examines one part; ``where`` names it within its file. Returns the format.

    Raises:
        LimitError: a bound was met; the file is then not examined.
    """
    if depth > ex.budget.limits.depth:
        raise LimitError(f"holds containers more than {ex.budget.limits.depth} deep")
    if len(window) == 0:
        ex.findings.not_examined(f"{where}is empty (0 bytes)", offset=0)
        return "empty"
    found = format_of(window)
    if found == "pickle":
        return examine_pickles(window, ex, where=where)
    names_without_break(window, ex, where=where)
    if found == "zip":
        return _examine_zip(window, ex, depth, where)
    if found == "npy":
        return _examine_npy(window, ex, where)
    if found.startswith("compressed:"):
        return _examine_compressed(window, ex, found.removeprefix("compressed:"), depth, where)
    ex.findings.not_examined(f"{where}format {found} is not examined", offset=0)
    find_hidden(window, ex, where=where)
    return found


def _examine_compressed(window: Window, ex: Examiner, how: str, depth: int, where: str) -> str:
    if not can_read(how):
        ex.findings.not_examined(f"{where}{how} compression cannot be read here", offset=0)
        return how
    inner, problem = inflate(window, how, ex.budget)
    if problem:
        ex.findings.not_examined(f"{where}{how}: {problem}", offset=0)
    name = examine(inner, ex, depth=depth + 1, where=f"{where}in the {how} data: ")
    return f"{name}+{how}"


def _examine_npy(window: Window, ex: Examiner, where: str) -> str:
    try:
        header = read_npy_header(window.read(0, LONGEST_HEADER + 16))
    except DtypeError as why:
        ex.findings.not_examined(f"{where}{why}", offset=0)
        find_hidden(window, ex, where=where)
        return "npy"
    if header.dtype.objects:
        examine_pickles(window, ex, start=header.data_offset, where=where)
        return "npy"
    expected = header.data_offset + header.count * header.dtype.size
    if expected != len(window):
        ex.findings.not_examined(f"{where}holds {len(window)} bytes, its header accounts for {expected}", offset=0)
        find_hidden(window, ex, start=min(expected, len(window)), where=where)
    return "npy"


# Zip ------------------------------------------------------------------------------------------------------------


def _examine_zip(window: Window, ex: Examiner, depth: int, where: str) -> str:
    try:
        members = read_archive(window, ex.budget)
    except ArchiveError as why:
        ex.findings.not_examined(f"{where}the zip file cannot be read to its last byte: {why}", offset=why.at)
        _salvage(window, ex, depth, where)
        return "zip"
    _report_names(members, ex, where)
    root = _torch_root(members)
    if root is not None:
        _examine_torch(members, root, ex, depth, where)
        return "torch"
    for member in members:
        _examine_member(member, ex, depth, where)
    files = [m for m in members if not m.is_folder]
    return "npz" if files and all(m.name.endswith(".npy") for m in files) else "zip"


def _report_names(members: list[Member], ex: Examiner, where: str) -> None:
    seen: set[str] = set()
    for member in members:
        for problem in member.problems:
            ex.findings.suspicious(f"{where}entry {member.name[:80]!r} {problem}", offset=member.offset)
        folded = member.name.casefold()
        if folded in seen:
            ex.findings.suspicious(
                f"{where}entry {member.name[:80]!r} stands twice; readers differ", offset=member.offset
            )
        seen.add(folded)
        if member.flags & ~HARMLESS_FLAGS:
            ex.findings.suspicious(
                f"{where}entry {member.name[:80]!r} has the unusual flags {member.flags:#x}", offset=member.offset
            )
    if not members:
        ex.findings.not_examined(f"{where}the zip file has no entries", offset=0)


def _content(member: Member, ex: Examiner, where: str) -> Window | None:
    """A member's bytes, checked against its size and checksum."""
    if member.method == _STORED:
        inner, problem = member.data, ""
    elif member.method == _DEFLATED:
        inner, problem = inflate(member.data, "deflate", ex.budget)
    else:
        ex.findings.not_examined(f"{where}compression method {member.method} is not read", offset=member.offset)
        return None
    if problem:
        ex.findings.not_examined(f"{where}{problem}", offset=member.offset)
    if len(inner) != member.size:
        ex.findings.suspicious(f"{where}has {len(inner)} bytes, the directory says {member.size}", offset=member.offset)
    elif _crc(inner) != member.crc:
        ex.findings.suspicious(f"{where}does not match its checksum; readers differ", offset=member.offset)
    return inner


def _crc(window: Window) -> int:
    crc = 0
    for at in range(0, len(window), _CRC_CHUNK):
        crc = zlib.crc32(window.read(at, _CRC_CHUNK), crc)
    return crc


def _examine_member(member: Member, ex: Examiner, depth: int, where: str) -> None:
    if member.is_folder:
        return
    inside = f"{where}in {member.name[:80]}: "
    inner = _content(member, ex, inside)
    if inner is not None:
        examine(inner, ex, depth=depth + 1, where=inside)


def _salvage(window: Window, ex: Examiner, depth: int, where: str) -> None:
    """Of a broken archive, whatever a lenient reader could still get at: only danger is learnt here."""
    find_hidden(window, ex, where=where)
    at = window.buffer.find(b"PK\x03\x04", window.start, window.stop)
    while at >= 0 and depth < ex.budget.limits.depth:
        ex.budget.member()
        offset = at - window.start
        head = window.read(offset, 30)
        if len(head) == 30 and int.from_bytes(head[8:10], "little") == _DEFLATED:
            skip = 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
            if offset + skip < len(window):
                inner, _ = inflate(window.part(offset + skip, len(window) - offset - skip), "deflate", ex.budget)
                find_hidden(inner, ex, where=f"{where}in a damaged archive: ")
        at = window.buffer.find(b"PK\x03\x04", at + 4, window.stop)


# Torch ----------------------------------------------------------------------------------------------------------


def _torch_root(members: list[Member]) -> str | None:
    """The folder that holds ``data.pkl``, if this is how torch lays out a file."""
    roots = {m.name.rpartition("data.pkl")[0] for m in members if m.name.rpartition("/")[2] == "data.pkl"}
    if len(roots) != 1:
        return None
    root = roots.pop()
    return root if root.count("/") == 1 else None


def _examine_torch(members: list[Member], root: str, ex: Examiner, depth: int, where: str) -> None:
    storages = {m.name.removeprefix(f"{root}data/"): m.size for m in members if _is_storage(m, root)}
    for member in members:
        inside = f"{where}in {member.name[:80]}: "
        if member.is_folder:
            continue
        if _is_storage(member, root):
            _content(member, ex, inside)
        elif member.name == f"{root}data.pkl":
            inner = _content(member, ex, inside)
            if inner is not None:
                examine_pickles(inner, ex, storages=storages, where=inside)
        elif member.name.removeprefix(root) in _TORCH_SMALL:
            inner = _content(member, ex, inside)
            if inner is not None and not _TORCH_TEXTS.fullmatch(inner.read(0, 80)):
                ex.findings.not_examined(f"{inside}is not what torch writes there", offset=member.offset)
        else:
            _examine_member(member, ex, depth, where)


def _is_storage(member: Member, root: str) -> bool:
    return member.method == _STORED and re.fullmatch(rf"{re.escape(root)}data/[0-9]{{1,9}}", member.name) is not None
