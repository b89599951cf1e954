"""Decompression within bounds: the whole of a stream, or an error that says which bound it met."""

import bz2
import lzma
import mmap
import struct
import tempfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Any

from upright.modelfiles.framed import DecoderMissingError, FrameError, frame_end, frame_pieces
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
_FRAMED = ((b"\x04\x22\x4d\x18", "lz4"), (b"\x28\xb5\x2f\xfd", "zstd"))
FRAMED = frozenset(name for _, name in _FRAMED)


class InflateError(Exception):
    """The stream is damaged, or does not end where its file ends; ``at`` is where."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(why)
        self.at = at


class DamagedError(Exception):
    """The decoder gave up after ``given`` bytes."""

    def __init__(self, given: int) -> None:
        super().__init__("the compressed data are damaged")
        self.given = given


@dataclass(frozen=True, slots=True)
class Inflated:
    """What was decoded; ``problem`` says what was wrong, ``rest`` where the part begins that was not decoded."""

    data: Window
    problem: str = ""
    rest: int | None = None


def compression_of(head: bytes) -> str | None:
    """The compression that these first bytes announce."""
    for signature, name in _SIGNATURES + _FRAMED:
        if head.startswith(signature):
            return name
    if len(head) >= 2 and head[0] == 0x78 and (head[0] * 256 + head[1]) % 31 == 0:
        return "zlib"
    return None


def _decoder(compression: str) -> Any:
    makers: dict[str, Callable[[], Any]] = {
        "deflate": lambda: zlib.decompressobj(wbits=-15),
        "bz2": bz2.BZ2Decompressor,
        "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY),
        "lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=LZMA_MEMORY),
    }
    return makers[compression]()


def _pieces(window: Window, compression: str, careful: int | None = None) -> Iterator[bytes]:
    """What a stream holds, piece by piece; from ``careful`` bytes on one by one, as no reader goes slower.

    Raises:
        InflateError: the data are damaged or end too soon, or something follows them.
    """
    if compression in {"gzip", "zlib"}:
        yield from _checked_pieces(window, compression)
        return
    if compression in FRAMED:
        yield from _framed_pieces(window, compression)
        return
    end = yield from _raw_pieces(window, compression, careful)
    if end != len(window):
        raise InflateError(f"{len(window) - end} bytes follow the end of the compressed data", end)


def _framed_pieces(window: Window, compression: str) -> Iterator[bytes]:
    try:
        end = frame_end(window, compression)
        yield from frame_pieces(window.part(0, end), compression)
    except (FrameError, DecoderMissingError) as error:
        raise InflateError(str(error), 0) from None
    if end != len(window):
        raise InflateError(f"{len(window) - end} bytes follow the end of the compressed data", end)


def _checked_pieces(window: Window, compression: str) -> Iterator[bytes]:
    """Of gzip and zlib we check the sum ourselves: readers hand out data before they have seen it."""
    start = _gzip_header(window) if compression == "gzip" else _zlib_header(window)
    crc, adler, size = 0, 1, 0
    pieces = _raw_pieces(window.part(start, len(window) - start), "deflate", None)
    while True:
        try:
            piece = next(pieces)
        except StopIteration as stop:
            end = start + stop.value
            break
        crc, adler, size = zlib.crc32(piece, crc), zlib.adler32(piece, adler), size + len(piece)
        yield piece
    want = struct.pack("<LL", crc, size & 0xFFFFFFFF) if compression == "gzip" else struct.pack(">L", adler)
    if window.read(end, len(want)) != want:
        raise InflateError("the data do not match their checksum", end)
    end += len(want)
    if end != len(window):
        raise InflateError(f"{len(window) - end} bytes follow the end of the compressed data", end)


def _zlib_header(window: Window) -> int:
    head = window.read(0, 2)
    if len(head) < 2 or head[0] & 15 != 8 or head[1] & 0x20:
        raise InflateError("no plain zlib header", 0)
    return 2


def _gzip_header(window: Window) -> int:
    """Where the data of a gzip member start (RFC 1952)."""
    head = window.read(0, 10)
    if len(head) < 10 or head[3] & 0xE0:
        raise InflateError("no plain gzip header", 0)
    at = 10
    if head[3] & 4:
        at += 2 + int.from_bytes(window.read(at, 2), "little")
    for flag in (8, 16):
        if head[3] & flag:
            text = window.read(at, 65_536)
            if b"\0" not in text:
                raise InflateError("no plain gzip header", at)
            at += text.index(b"\0") + 1
    at += 2 if head[3] & 2 else 0
    if at >= len(window):
        raise InflateError("the compressed data end too soon", at)
    return at


def _raw_pieces(window: Window, compression: str, careful: int | None) -> "Generator[bytes, None, int]":
    """Yields what the decoder gives; returns where the compressed data end."""
    decoder = _decoder(compression)
    by_tail = compression == "deflate"
    at, pending, given = 0, b"", 0
    while not decoder.eof:
        needs_input = not pending if by_tail else decoder.needs_input
        if needs_input:
            pending = window.read(at, CHUNK)
            at += len(pending)
            if not pending:
                break
        piece = decoder.decompress(pending, CHUNK if careful is None or given + CHUNK <= careful else 1)
        pending = decoder.unconsumed_tail if by_tail else b""
        given += len(piece)
        yield piece
    if by_tail and not decoder.eof:
        yield decoder.flush(CHUNK)
    if not decoder.eof:
        raise InflateError("the compressed data end too soon", at)
    return at - len(decoder.unused_data)


def inflate(window: Window, compression: str, budget: Budget) -> "Inflated":
    """Decompresses all of ``window``; what was decoded before an error comes with the error's sentence.

    Raises:
        LimitError: it expands beyond its bounds; nothing of it is given.
    """
    room = budget.room_for(len(window))
    try:
        return _collect(_pieces(window, compression), room, len(window), budget)
    except DamagedError as damage:
        # A reader that asks for less at a time gets more before the error; so do we.
        careful = _pieces(window, compression, max(0, damage.given - CHUNK))
        return _collect(careful, room, len(window), budget, again=True)


def _collect(pieces: Iterator[bytes], room: int, stored: int, budget: Budget, *, again: bool = False) -> "Inflated":
    """Large results go to an unnamed temporary file that is mapped, so that memory stays bounded."""
    kept: list[bytes] = []
    why, rest, size = "", None, 0
    with ExitStack() as stack:
        spool: IO[bytes] | None = None
        try:
            for piece in pieces:
                size += len(piece)
                if size > room:
                    raise LimitError(f"expands from {stored} to more than {room} bytes")
                if spool is None and size > IN_MEMORY:
                    spool = stack.enter_context(tempfile.TemporaryFile())
                    spool.writelines(kept)
                    kept = []
                if spool is None:
                    kept.append(piece)
                else:
                    spool.write(piece)
        except InflateError as error:
            why, rest = str(error), error.at
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
            if not again:
                raise DamagedError(size) from None
            why = str(error) or "the compressed data are damaged"
        budget.expand(size)
        if spool is None:
            return Inflated(Window.over(b"".join(kept)), why, rest)
        spool.flush()
        return Inflated(Window.over(mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ)), why, rest)
