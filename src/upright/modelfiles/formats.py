"""Which format a file is, by its first bytes alone: names are what people, and attackers, choose."""

from upright.modelfiles.inflate import compression_of
from upright.modelfiles.pickles import looks_like_pickle
from upright.modelfiles.window import Window

_OTHERS = (
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"GGUF", "gguf"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"ZF0x", "joblib-zfile"),
    (b"%PDF", "pdf"),
    (b"\x7fELF", "elf"),
    (b"MZ", "pe"),
    (b"#!", "script"),
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"binf", "xgboost-binary"),
    (b"tree\n", "lightgbm-text"),
    (b"{", "json"),
)


def format_of(window: Window) -> str:
    """``zip``, ``npy``, ``pickle``, ``compressed:<how>``, the name of a format that is not examined, or ``unknown``."""
    head = window.read(0, 16)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return "zip"
    if head.startswith(b"\x93NUMPY"):
        return "npy"
    compression = compression_of(head)
    if compression is not None:
        return f"compressed:{compression}"
    for signature, name in _OTHERS:
        if head.startswith(signature):
            return name
    if window.read(257, 5) == b"ustar":
        return "tar"
    if _is_safetensors(window):
        return "safetensors"
    return "pickle" if looks_like_pickle(window) else "unknown"


def _is_safetensors(window: Window) -> bool:
    length = int.from_bytes(window.read(0, 8), "little")
    return 2 <= length <= len(window) - 8 and window.read(8, 1) == b"{"
