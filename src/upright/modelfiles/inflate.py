"""Decompression within bounds: the whole of a stream, or an error that says which bound it met."""

import bz2
import lzma
import mmap
import tempfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

from upright.modelfiles.limits import Budget, LimitError
from upright.modelfiles.window import Window

CHUNK = 1 << 18
IN_MEMORY = 1 << 24
LZMA_MEMORY = 192 * 2**20
_SIGNATURES = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x5d\x00\x00", "lzma"),
)
_UNREADABLE = ((b"\x04\x22\x4d\x18", "lz4"), (b"\x28\xb5\x2f\xfd", "zstd"))


class InflateError(Exception):
    """The stream is damaged, or does not end where its file ends."""


def compression_of(head: bytes) -> str | None:
    """The compression that these first bytes announce, ``lz4`` and ``zstd`` included, which are not read."""
    for signature, name in _SIGNATURES + _UNREADABLE:
        if head.startswith(signature):
            return name
    if len(head) >= 2 and head[0] == 0x78 and (head[0] * 256 + head[1]) % 31 == 0:
        return "zlib"
    return None


def can_read(compression: str) -> bool:
    """Whether the standard library decompresses it."""
    return compression not in {name for _, name in _UNREADABLE}


def _decoder(compression: str) -> Any:
    makers: dict[str, Callable[[], Any]] = {
        "zlib": zlib.decompressobj,
        "gzip": lambda: zlib.decompressobj(wbits=31),
        "deflate": lambda: zlib.decompressobj(wbits=-15),
        "bz2": bz2.BZ2Decompressor,
        "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY),
        "lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=LZMA_MEMORY),
    }
    return makers[compression]()


def _pieces(window: Window, compression: str) -> Iterator[bytes]:
    decoder = _decoder(compression)
    limited_by_tail = compression in {"zlib", "gzip", "deflate"}
    at, pending = 0, b""
    while not decoder.eof:
        needs_input = not pending if limited_by_tail else decoder.needs_input
        if needs_input:
            pending = window.read(at, CHUNK)
            at += len(pending)
            if not pending:
                break
        piece = decoder.decompress(pending, CHUNK)
        pending = decoder.unconsumed_tail if limited_by_tail else b""
        yield piece
    if limited_by_tail and not decoder.eof:
        yield decoder.flush(CHUNK)
    if not decoder.eof:
        raise InflateError("the compressed data end too soon")
    left = len(decoder.unused_data) + len(window) - at
    if left:
        raise InflateError(f"{left} bytes follow the end of the compressed data")


def inflate(window: Window, compression: str, budget: Budget) -> tuple[Window, str]:
    """Decompresses all of ``window``; what was decoded before an error comes with the error's sentence.

    Large results go to an unnamed temporary file that is mapped, so that memory stays bounded.

    Raises:
        LimitError: it expands beyond its bounds; nothing of it is given.
    """
    room = budget.room_for(len(window))
    kept: list[bytes] = []
    spool: IO[bytes] | None = None
    size, why = 0, ""
    try:
        for piece in _pieces(window, compression):
            size += len(piece)
            if size > room:
                raise LimitError(f"expands from {len(window)} to more than {room} bytes")
            if spool is None and size > IN_MEMORY:
                spool = _spool(kept)
                kept = []
            if spool is None:
                kept.append(piece)
            else:
                spool.write(piece)
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, InflateError) as error:
        why = str(error) or "the compressed data are damaged"
    budget.expand(size)
    if spool is None:
        return Window.over(b"".join(kept)), why
    spool.flush()
    with spool:
        return Window.over(mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ)), why


def _spool(pieces: list[bytes]) -> IO[bytes]:
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the caller once it is mapped
    for piece in pieces:
        spool.write(piece)
    return spool
