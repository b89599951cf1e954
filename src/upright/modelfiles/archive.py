"""The structure of a zip file, read strictly: every byte belongs to something, and both of its tables agree.

Readers differ in which table they believe; a file in which they disagree is never clean.
Source: PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from upright.modelfiles.limits import Budget
from upright.modelfiles.window import Window

_END = b"PK\x05\x06"
_END64 = b"PK\x06\x06"
_LOCATOR64 = b"PK\x06\x07"
_CENTRAL = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"
_DESCRIPTOR = b"PK\x07\x08"
_FULL = 0xFFFFFFFF
_UTF8_NAME, _DESCRIPTOR_FLAG, _LEVEL_BITS = 0x800, 0x8, 0x6
HARMLESS_FLAGS = _UTF8_NAME | _DESCRIPTOR_FLAG | _LEVEL_BITS


class ArchiveError(Exception):
    """Not a zip file that can be read to its last byte; ``at`` is where."""

    def __init__(self, why: str, at: int = 0) -> None:
        super().__init__(why)
        self.at = at


@dataclass(frozen=True, slots=True)
class Member:
    """One entry: its name, how it is stored, and where its data lie in the archive's window."""

    name: str
    flags: int
    method: int
    crc: int
    size: int
    data: Window
    offset: int
    problems: tuple[str, ...]

    @property
    def is_folder(self) -> bool:
        """An entry that only names a folder."""
        return self.name.endswith("/") and self.size == 0 and len(self.data) == 0


@dataclass(frozen=True, slots=True)
class _Tail:
    entries: int
    central_at: int
    central_size: int
    end_at: int


def read_archive(window: Window, budget: Budget) -> list[Member]:
    """All entries of a zip file in the order of their data.

    Raises:
        ArchiveError: the structure is not sound, or bytes belong to no entry.
        LimitError: too many entries.
    """
    tail = _read_tail(window)
    central = list(_read_central(window, tail, budget))
    at = 0
    members = []
    for row in sorted(central, key=lambda row: row.offset):
        member, end = _read_local(window, row, at)
        members.append(member)
        at = end
    if at != tail.central_at:
        raise ArchiveError(f"{tail.central_at - at} bytes before its directory belong to no entry", at)
    return members


def _read_tail(window: Window) -> _Tail:
    at = len(window) - 22
    end = window.read(at, 22) if at >= 0 else b""
    if end[:4] != _END:
        raise ArchiveError(
            "its end record is not at the end: something follows it, or it carries a comment", max(at, 0)
        )
    disk, start_disk, here, entries, size, offset, comment = struct.unpack("<4xHHHHLLH", end)
    if comment or disk or start_disk or here != entries:
        raise ArchiveError("it has a comment or several parts", at)
    if window.read(at - 20, 4) == _LOCATOR64 and at >= 76:
        tail = _read_tail64(window, at)
        agreed = (
            entries in {0xFFFF, tail.entries}
            and size in {_FULL, tail.central_size}
            and offset in {_FULL, tail.central_at}
        )
        if not agreed:
            raise ArchiveError("its two end records contradict each other", at)
        return tail
    if offset + size != at:
        raise ArchiveError("its directory does not end at its end record", at)
    return _Tail(entries, offset, size, at)


def _read_tail64(window: Window, at: int) -> _Tail:
    record_at = struct.unpack("<8xQ4x", window.read(at - 20, 20))[0]
    record = window.read(record_at, 56)
    if record[:4] != _END64 or record_at + 56 != at - 20:
        raise ArchiveError("its zip64 records are not at the end", at)
    length, disk, start_disk, here, entries, size, offset = struct.unpack("<4xQ4xLLQQQQ", record)
    if length != 44 or disk or start_disk or here != entries or offset + size != record_at:
        raise ArchiveError("its zip64 records contradict themselves", record_at)
    return _Tail(entries, offset, size, record_at)


@dataclass(frozen=True, slots=True)
class _Row:
    name: bytes
    flags: int
    method: int
    crc: int
    stored: int
    size: int
    offset: int


def _read_central(window: Window, tail: _Tail, budget: Budget) -> Iterator[_Row]:
    at = tail.central_at
    end = at + tail.central_size
    for _ in range(tail.entries):
        budget.member()
        head = window.read(at, 46)
        if len(head) < 46 or head[:4] != _CENTRAL or at + 46 > end:
            raise ArchiveError("its directory is damaged", at)
        fields = struct.unpack("<4x2x2xHH4xLLLHHHHH4xL", head)
        flags, method, crc, stored, size, name_size, extra_size, comment_size, disk, _internal, offset = fields
        name = window.read(at + 46, name_size)
        extra = window.read(at + 46 + name_size, extra_size)
        size, stored, offset = _wide(extra, [size, stored, offset], at)
        if comment_size or disk:
            raise ArchiveError("an entry has a comment or lies in another part", at)
        at += 46 + name_size + extra_size
        yield _Row(name, flags, method, crc, stored, size, offset)
    if at != end:
        raise ArchiveError(f"{end - at} bytes of its directory belong to no entry", at)


def _wide(extra: bytes, values: list[int], at: int) -> list[int]:
    """Replaces full 32-bit fields by those of the zip64 extra field."""
    wide: list[int] = []
    rest = extra
    while rest:
        if len(rest) < 4:
            raise ArchiveError("an extra field is damaged", at)
        tag, size = struct.unpack_from("<HH", rest)
        if size > len(rest) - 4:
            raise ArchiveError("an extra field is damaged", at)
        if tag == 1:
            wide = list(struct.unpack_from(f"<{size // 8}Q", rest, 4))
        rest = rest[4 + size :]
    out = []
    for value in values:
        if value == _FULL and not wide:
            raise ArchiveError("a zip64 size is missing", at)
        out.append(wide.pop(0) if value == _FULL else value)
    return out


def _read_local(window: Window, row: _Row, at: int) -> tuple[Member, int]:
    if row.offset != at:
        why = (
            "overlaps another entry" if row.offset < at else f"follows {row.offset - at} bytes that belong to no entry"
        )
        raise ArchiveError(f"entry {_shown(row.name)} {why}", min(row.offset, at))
    head = window.read(at, 30)
    if len(head) < 30 or head[:4] != _LOCAL:
        raise ArchiveError(f"entry {_shown(row.name)} is not where the directory says", at)
    flags, method, crc, stored, size, name_size, extra_size = struct.unpack("<4x2xHH4xLLLHH", head)
    name = window.read(at + 30, name_size)
    extra = window.read(at + 30 + name_size, extra_size)
    data_at = at + 30 + name_size + extra_size
    if data_at + row.stored > len(window):
        raise ArchiveError(f"entry {_shown(row.name)} reaches beyond the end", at)
    problems = _name_problems(row.name)
    if name != row.name:
        problems.append(f"is named {_shown(name)} before its data and {_shown(row.name)} in the directory")
    if (flags, method) != (row.flags, row.method):
        problems.append("has other flags or another method in the directory than before its data")
    end = data_at + row.stored
    if flags & _DESCRIPTOR_FLAG:
        end = _descriptor_end(window, row, end)
        agreed = {(0, 0, 0), (0, _FULL, _FULL), (row.crc, row.stored, row.size)}
    else:
        agreed = {(row.crc, row.stored, row.size)}
    size, stored = _wide(extra, [size, stored], at) if not flags & _DESCRIPTOR_FLAG else (size, stored)
    if (crc, stored, size) not in agreed:
        problems.append("has another checksum or size in the directory than before its data")
    data = window.part(data_at, row.stored)
    text = row.name.decode("utf-8" if row.flags & _UTF8_NAME else "cp437", "replace")
    return Member(text, row.flags | flags, row.method, row.crc, row.size, data, at, tuple(problems)), end


def _descriptor_end(window: Window, row: _Row, at: int) -> int:
    """Where the data descriptor after an entry ends: with or without signature, sizes of 4 or 8 bytes."""
    for signature in (_DESCRIPTOR, b""):
        for form in ("<LLL", "<LQQ"):
            expected = signature + struct.pack(form, row.crc, *_fit(form, row.stored, row.size))
            if window.read(at, len(expected)) == expected:
                return at + len(expected)
    raise ArchiveError(f"entry {_shown(row.name)} is not followed by its sizes", at)


def _fit(form: str, *values: int) -> tuple[int, ...]:
    return tuple(v & _FULL for v in values) if form == "<LLL" else values


def _name_problems(name: bytes) -> list[str]:
    parts = name.split(b"/")
    if not name or b"\x00" in name or b"\\" in name or name.startswith(b"/") or b".." in parts or b":" in name:
        return [f"has the unsafe name {_shown(name)}"]
    return []


def _shown(name: bytes) -> str:
    return repr(name[:80].decode("utf-8", "replace"))
