"""Which format a file is, by its first bytes alone: names are what people, and attackers, choose."""

from upright.modelfiles.hdf5 import SIGNATURE
from upright.modelfiles.inflate import compression_of
from upright.modelfiles.onnx import is_onnx
from upright.modelfiles.pickles import looks_like_pickle
from upright.modelfiles.safetensors import is_safetensors
from upright.modelfiles.savedmodel import is_savedmodel
from upright.modelfiles.tars import is_tar
from upright.modelfiles.templates import opens_template
from upright.modelfiles.torch_stream import MAGIC
from upright.modelfiles.window import Window

_OTHERS = (
    (SIGNATURE, "hdf5"),
    (b"GGUF", "gguf"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"ZF0x", "joblib-zfile"),
    (b"CBM1", "catboost"),
    (b"%PDF", "pdf"),
    (b"\x7fELF", "elf"),
    (b"MZ", "pe"),
    (b"\xcf\xfa\xed\xfe", "mach-o"),
    (b"\xca\xfe\xba\xbe", "java-class"),
    (b"#!", "script"),
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"binf", "xgboost-binary"),
    (b"ggml", "ggml"),
    (b"tree\n", "lightgbm"),
    (b"tree\r\n", "lightgbm"),
    (b"<?xml", "xml"),
    (b"{L", "ubjson"),
    (b"{i", "ubjson"),
    (b"{U", "ubjson"),
    (b"{l", "ubjson"),
    (b"{I", "ubjson"),
    (b"{$", "ubjson"),
    (b"{#", "ubjson"),
    (b"{", "json"),
    (b"\xef\xbb\xbf", "text"),
)


def _by_signature(head: bytes) -> str:
    return next((name for signature, name in _OTHERS if head.startswith(signature)), "")


def format_of(window: Window) -> str:
    """``zip``, ``npy``, ``pickle``, ``compressed:<how>``, the name of another format, or ``unknown``."""
    head = window.read(0, 16)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return "zip"
    if head.startswith(b"\x93NUMPY"):
        return "npy"
    if head.startswith(MAGIC):
        return "torch-stream"
    if is_safetensors(window):
        return "safetensors"
    compression = compression_of(head)
    if compression is not None:
        return f"compressed:{compression}"
    known = "chat-template" if opens_template(head) else _by_signature(head)
    if known:
        return known
    if is_savedmodel(window):
        return "savedmodel"
    if is_onnx(window):
        return "onnx"
    if window.read(0, 2) in {b"[\n", b"[{"} or head.lstrip()[:1] == b"{":
        return "json"
    if is_tar(window):
        return "tar"
    return "pickle" if looks_like_pickle(window) else "unknown"
