"""The zip that a pack is: written so that the same contents are the same bytes, read as if an enemy had made it.

Members are stored, not compressed: the bytes then do not depend on a compressor's version, and a pack cannot grow
when it is read. Reading also takes what other zip tools make of the same files, compressed or not, within bounds.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from upright.kernel import UprightError

MAX_MEMBERS = 200_000
MAX_TOTAL = 8 * 1024**3
MAX_NAME = 200
FREE_GROWTH = 1024 * 1024
MAX_GROWTH = 200
# 1 January 1980, the first day that a zip knows; regular file, -rw-r--r--.
_DATE = (1980, 1, 1, 0, 0, 0)
_ATTRIBUTES = (stat.S_IFREG | 0o644) << 16
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_LOCAL = struct.Struct("<4s5H3I2H")
_CHUNK = 1 << 20


class PackError(UprightError):
    """A pack cannot be made or read; its message says which file, what was found and what was expected."""


class HostileError(PackError):
    """The container itself is not one that Upright or an honest zip tool writes."""

    exit_status = 1


@dataclass(frozen=True, slots=True)
class Source:
    """A member to write: its bytes, or the file that holds them."""

    name: str
    content: bytes | Path


def write_zip(sources: Iterable[Source], out: BinaryIO) -> None:
    """Writes the members in the order given, stored, with one fixed date and mode.

    Raises:
        PackError: UP-PACK-01, a name that a reader would refuse, or given twice.
    """
    seen: set[str] = set()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True, strict_timestamps=True) as archive:
        for source in sources:
            if not is_safe_name(source.name) or source.name.casefold() in seen:
                raise PackError(
                    f"{source.name!r} cannot be a file of a pack; expected a new relative name of plain letters.",
                    code="UP-PACK-01",
                )
            seen.add(source.name.casefold())
            _write_member(archive, source)


def _write_member(archive: zipfile.ZipFile, source: Source) -> None:
    info = zipfile.ZipInfo(source.name, _DATE)
    info.create_system, info.external_attr = 3, _ATTRIBUTES
    if isinstance(source.content, bytes):
        archive.writestr(info, source.content)
        return
    info.file_size = source.content.stat().st_size
    with source.content.open("rb") as file, archive.open(info, "w") as member:
        while chunk := file.read(_CHUNK):
            member.write(chunk)


def is_safe_name(name: str) -> bool:
    """Whether a member's name stays below its folder on every system: plain letters, no part begins with a dot."""
    return len(name) <= MAX_NAME and _NAME.fullmatch(name) is not None


class PackFile:
    """An opened pack. Its table of contents is checked before any content is read; checksums are left to the reader.

    Raises:
        HostileError: UP-PACK-02 not a zip; -03 too many members or too many bytes; -04 a name that leaves the folder,
            is given twice, or is both file and folder; -05 a link or other non-file; -06 encrypted or compressed in
            an unknown way; -07 a member that grows more than 200-fold.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as why:
            raise PackError(f"{path} cannot be read: {why.strerror}.", code="UP-PACK-08") from None
        try:
            self._members = _table(self._file)
        except BaseException:
            self._file.close()
            raise

    @property
    def names(self) -> tuple[str, ...]:
        """Every file of the pack, sorted."""
        return tuple(sorted(self._members))

    def size(self, name: str) -> int:
        """Length of a file in bytes, as the table of contents says; ``chunks`` never gives more."""
        return self._members[name].file_size

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a file, in pieces; a zip checksum that does not fit is not looked at, digests are.

        Raises:
            HostileError: UP-PACK-09, the file is cut, cannot be decompressed, or is not as long as announced.
        """
        info = self._members[name]
        if info.header_offset < 0:
            raise _damaged(name, "a place before the start of the zip", "a place in it")
        self._file.seek(info.header_offset)
        head = self._file.read(_LOCAL.size)
        if len(head) < _LOCAL.size or head[:4] != b"PK\x03\x04":
            raise _damaged(name, "no local header", "a zip member")
        length, extra = _LOCAL.unpack(head)[9:11]
        stored = self._file.read(length)
        if stored.decode("utf-8", "replace") != name:
            raise _damaged(name, f"a local header for {stored[:MAX_NAME]!r}", "the same name in both places")
        self._file.seek(extra, 1)
        given = 0
        for chunk in self._inflated(info):
            given += len(chunk)
            if given > info.file_size:
                raise _damaged(name, f"more than {info.file_size:,} bytes", "the announced length")
            yield chunk
        if given != info.file_size:
            raise _damaged(name, f"{given:,} bytes", f"{info.file_size:,} bytes")

    def read(self, name: str, at_most: int) -> bytes:
        """The whole file, if it is at most ``at_most`` bytes long.

        Raises:
            HostileError: as ``chunks``; UP-PACK-03 it is longer.
        """
        if self.size(name) > at_most:
            raise HostileError(
                f"{name} is {self.size(name):,} bytes long; at most {at_most:,} are read.", code="UP-PACK-03"
            )
        return b"".join(self.chunks(name))

    def _inflated(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        left = info.compress_size
        inflate = zlib.decompressobj(-zlib.MAX_WBITS) if info.compress_type == zipfile.ZIP_DEFLATED else None
        while left:
            chunk = self._file.read(min(left, _CHUNK))
            if not chunk:
                raise _damaged(info.filename, "the end of the pack", f"{left:,} more bytes")
            left -= len(chunk)
            if inflate is None:
                yield chunk
                continue
            try:
                while chunk:
                    yield inflate.decompress(chunk, _CHUNK)
                    chunk = inflate.unconsumed_tail
            except zlib.error as why:
                raise _damaged(info.filename, str(why), "deflated data") from None

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __enter__(self) -> "PackFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _table(file: BinaryIO) -> dict[str, zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError, RecursionError) as why:
        raise HostileError(
            f"This is not a whole zip file: {why}. Fetch the pack again from where it was made.", code="UP-PACK-02"
        ) from None
    if len(infos) > MAX_MEMBERS:
        raise HostileError(f"The pack has {len(infos):,} files; at most {MAX_MEMBERS:,} are read.", code="UP-PACK-03")
    if sum(info.file_size for info in infos) > MAX_TOTAL:
        raise HostileError(f"The pack unpacks to more than {MAX_TOTAL:,} bytes.", code="UP-PACK-03")
    if sum(info.compress_size for info in infos) > file.seek(0, 2):
        raise HostileError("Files of the pack overlap in the zip; expected each once.", code="UP-PACK-03")
    members: dict[str, zipfile.ZipInfo] = {}
    folded: set[str] = set()
    for info in infos:
        name = info.orig_filename
        if name.endswith("/") and info.file_size == 0 and is_safe_name(name[:-1]):
            continue  # zip tools list folders too
        _demand_honest(info, name)
        if name.casefold() in folded:
            raise HostileError(f"The pack holds {name} twice; expected once.", code="UP-PACK-04")
        folded.add(name.casefold())
        members[name] = info
    for name in members:
        above = name.casefold().split("/")[:-1]
        if any("/".join(above[:depth]) in folded for depth in range(1, len(above) + 1)):
            raise HostileError(f"The pack holds {name} below a file of that name.", code="UP-PACK-04")
    return members


def _demand_honest(info: zipfile.ZipInfo, name: str) -> None:
    if not is_safe_name(name):
        raise HostileError(
            f"The pack holds {name[:MAX_NAME]!r}; expected relative names of plain letters that stay below the pack.",
            code="UP-PACK-04",
        )
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        raise HostileError(f"{name} is a link or another special file; expected a regular file.", code="UP-PACK-05")
    if info.flag_bits & 0x1 or info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise HostileError(f"{name} is encrypted or compressed in a way that is not read here.", code="UP-PACK-06")
    if info.file_size > FREE_GROWTH and info.file_size > MAX_GROWTH * info.compress_size:
        raise HostileError(
            f"{name} grows from {info.compress_size:,} to {info.file_size:,} bytes; at most {MAX_GROWTH}-fold is read.",
            code="UP-PACK-07",
        )
    if info.compress_type == zipfile.ZIP_STORED and info.compress_size != info.file_size:
        raise HostileError(f"{name} is stored, but with two lengths; expected one.", code="UP-PACK-06")


def _damaged(name: str, found: str, expected: str) -> HostileError:
    return HostileError(f"{name} is damaged: found {found}; expected {expected}.", code="UP-PACK-09")
