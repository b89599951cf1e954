"""LZ4 and Zstandard frames: their extent is read by structure, their content decompressed by pyarrow.

Source: LZ4 frame format 1.6.4; RFC 8878 (Zstandard).
"""

from collections.abc import Iterator

from upright.modelfiles.window import Window

_CHUNK = 1 << 18


class FrameError(Exception):
    """The frame is damaged or of a kind that is not read."""


class DecoderMissingError(Exception):
    """Nothing is installed that decompresses it."""


def frame_end(window: Window, compression: str) -> int:
    """Where the frame that starts the window ends.

    Raises:
        FrameError: it is damaged, or ends beyond the window.
    """
    end = _lz4_end(window) if compression == "lz4" else _zstd_end(window)
    if end > len(window):
        raise FrameError("the compressed data end too soon")
    return end


def _number(window: Window, at: int, size: int) -> int:
    raw = window.read(at, size)
    if len(raw) < size:
        raise FrameError("the compressed data end too soon")
    return int.from_bytes(raw, "little")


def _lz4_end(window: Window) -> int:
    flags = _number(window, 4, 1)
    if flags >> 6 != 1 or flags & 1:
        raise FrameError("an LZ4 frame of another version or with a dictionary")
    at = 4 + 2 + (8 if flags & 8 else 0) + 1
    while True:
        size = _number(window, at, 4) & 0x7FFFFFFF
        at += 4
        if not size:
            return at + (4 if flags & 4 else 0)
        at += size + (4 if flags & 16 else 0)


def _zstd_end(window: Window) -> int:
    descriptor = _number(window, 4, 1)
    single = descriptor & 0x20
    if descriptor & 3 or descriptor & 8:
        raise FrameError("a Zstandard frame with a dictionary or reserved bits")
    at = 5 + (0 if single else 1) + (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    while True:
        header = _number(window, at, 3)
        last, kind, size = header & 1, header >> 1 & 3, header >> 3
        if kind == 3:
            raise FrameError("a reserved Zstandard block")
        at += 3 + (1 if kind == 1 else size)
        if last:
            return at + (4 if descriptor & 4 else 0)


def frame_pieces(window: Window, compression: str) -> Iterator[bytes]:
    """What one whole frame holds, piece by piece.

    Raises:
        DecoderMissingError: pyarrow, which is installed with Upright, is missing or lacks the codec.
        FrameError: the data are damaged.
    """
    try:
        import pyarrow as pa

        available = pa.Codec.is_available(compression)
    except ImportError:
        available = False
    if not available:
        raise DecoderMissingError(f"{compression} compression is not read: pyarrow with {compression} is not installed")
    try:
        with pa.CompressedInputStream(pa.BufferReader(window.all()), compression) as stream:
            while piece := stream.read(_CHUNK):
                yield piece
    except (OSError, ValueError) as error:
        raise FrameError(str(error) or "the compressed data are damaged") from None
