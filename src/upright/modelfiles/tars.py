"""Tar archives, read strictly: plain files and folders only, every byte accounted for.

Source: POSIX.1-2017 ``pax``, section "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
"""

from dataclasses import dataclass

from upright.modelfiles.examiner import Examiner
from upright.modelfiles.pickles import find_hidden
from upright.modelfiles.window import Window

_BLOCK = 512
_FILES, _FOLDER, _LONG_NAME, _PAX = (b"0", b"\0"), b"5", b"L", (b"x", b"g")
_LONGEST_NAME = 4_096
_HARMLESS_PAX = {"mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "comment", "path"}


class TarError(Exception):
    """Not a tar file that can be read to its last byte."""


@dataclass(frozen=True, slots=True)
class _Head:
    name: str
    size: int
    kind: bytes


def is_tar(window: Window) -> bool:
    """Whether the first block carries the checksum of a tar header, whatever else it says."""
    block = window.read(0, _BLOCK)
    return len(block) == _BLOCK and any(block) and _checksum_holds(block)


def _checksum_holds(block: bytes) -> bool:
    try:
        told = _number(block[148:156])
    except TarError:
        return False
    plain = block[:148] + b" " * 8 + block[156:]
    return told in {sum(plain), sum(b - 256 if b > 127 else b for b in plain)}


def _number(field: bytes) -> int:
    if field[0] in {0x80, 0xFF}:
        return int.from_bytes(field[1:], "big") if field[0] == 0x80 else -1
    text = field.partition(b"\0")[0].strip(b" ")
    try:
        return int(text or b"0", 8)
    except ValueError:
        raise TarError("a number in its header is no number") from None


def _head(block: bytes) -> _Head:
    if not _checksum_holds(block):
        raise TarError("a header does not match its checksum")
    name, kind = block[:100].partition(b"\0")[0], block[156:157]
    prefix = block[345:500].partition(b"\0")[0] if block[257:262] == b"ustar" and block[263:265] == b"00" else b""
    whole = prefix + b"/" + name if prefix else name
    return _Head(whole.decode("utf-8", "replace"), _number(block[124:136]), kind)


def examine_tar(window: Window, ex: Examiner) -> str:
    """Examines a tar file and everything in it; returns ``tar``."""
    at = 0
    try:
        at = _members(window, ex)
    except TarError as why:
        ex.findings.not_examined(f"the tar file cannot be read to its last byte: {why}", offset=at)
        find_hidden(window, ex)
    return "tar"


def _members(window: Window, ex: Examiner) -> int:
    at, renamed = 0, None
    seen: set[str] = set()
    while True:
        block = window.read(at, _BLOCK)
        if len(block) < _BLOCK:
            raise TarError("it ends without its end mark")
        if not any(block):
            return _end(window, at)
        ex.budget.member()
        head = _head(block)
        size = 0 if head.kind == _FOLDER else head.size
        data_at, next_at = at + _BLOCK, at + _BLOCK + (size + _BLOCK - 1) // _BLOCK * _BLOCK
        if size < 0 or next_at > len(window):
            raise TarError("an entry reaches beyond the end")
        if any(window.read(data_at + size, next_at - data_at - size)):
            ex.findings.not_examined("bytes between entries belong to none", offset=data_at + size)
        data = window.part(data_at, size)
        if head.kind == _LONG_NAME or head.kind in _PAX:
            renamed = _longer_name(data, head, ex, at) or renamed
        else:
            _member(renamed or head.name, head, data, ex, at, seen)
            renamed = None
        at = next_at


def _longer_name(data: Window, head: _Head, ex: Examiner, at: int) -> str | None:
    if len(data) > _LONGEST_NAME:
        raise TarError("a name is longer than any name")
    if head.kind == _LONG_NAME:
        return data.all().rstrip(b"\0").decode("utf-8", "replace")
    found, rest = None, data.all()
    while rest:
        length, _, _ = rest.partition(b" ")
        if not length.isdigit() or not len(length) < int(length) <= len(rest):
            raise TarError("a pax header is damaged")
        record, rest = rest[len(length) + 1 : int(length)], rest[int(length) :]
        key, _, value = record.rstrip(b"\n").decode("utf-8", "replace").partition("=")
        if key not in _HARMLESS_PAX:
            ex.findings.not_examined(f"a pax header sets {key[:40]!r}, which readers take differently", offset=at)
        elif key == "path":
            found = value
    return found


def _member(name: str, head: _Head, data: Window, ex: Examiner, at: int, seen: set[str]) -> None:
    shown = f"entry {name[:80]!r}"
    parts = name.split("/")
    if not name or name.startswith("/") or ".." in parts or "\\" in name or ":" in name or "\0" in name:
        ex.findings.suspicious(f"{shown} has an unsafe name", offset=at)
    folded = name.rstrip("/").removeprefix("./").casefold()
    if folded in seen:
        ex.findings.suspicious(f"{shown} stands twice; readers differ", offset=at)
    seen.add(folded)
    if head.kind == _FOLDER:
        return
    if head.kind not in _FILES:
        ex.findings.suspicious(f"{shown} is no plain file: type {head.kind!r}", offset=at)
        return
    within = ex.within(f"in {name[:80]}", name=name)
    within.descend(data)


def _end(window: Window, at: int) -> int:
    if len(window) - at < 2 * _BLOCK:
        raise TarError("it ends without its end mark")
    for part in range(at, len(window), 1 << 18):
        if any(window.read(part, 1 << 18)):
            raise TarError("bytes follow its end mark")
    return at
