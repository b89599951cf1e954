"""Safetensors: a JSON header and raw numbers; nothing in it can act, if every byte is where the header says.

Source: the format's own description (``safetensors`` README, "Format").
"""

from typing import Any

from upright.modelfiles.examiner import Examiner
from upright.modelfiles.pickles import find_hidden
from upright.modelfiles.strict_json import JsonError, is_count, read_json
from upright.modelfiles.window import Window

LONGEST_HEADER = 100_000_000
_BITS = {"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E5M2FNUZ": 8, "F8_E4M3FNUZ": 8}
_BITS |= {"I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64}
_BITS |= {"C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}


class LayoutError(ValueError):
    """The header does not account for the bytes."""


def is_safetensors(window: Window) -> bool:
    """Whether eight bytes of length and a brace begin it."""
    length = int.from_bytes(window.read(0, 8), "little")
    return length >= 2 and len(window) > 8 and window.read(8, 1) == b"{"


def examine_safetensors(window: Window, ex: Examiner) -> str:
    """Examines such a file; returns ``safetensors``."""
    length = int.from_bytes(window.read(0, 8), "little")
    try:
        if length > LONGEST_HEADER:
            raise LayoutError(f"its header claims {length} bytes, more than the format allows")
        if length > len(window) - 8:
            raise LayoutError(f"its header claims {length} bytes, more than the file has")
        _check(read_json(window.part(8, length)), len(window) - 8 - length)
    except (LayoutError, JsonError) as why:
        ex.findings.suspicious(f"is not laid out as safetensors must be: {why}", offset=0)
        find_hidden(window, ex)
    return "safetensors"


def _check(header: Any, room: int) -> None:
    if not isinstance(header, dict):
        raise LayoutError("its header is no object")
    notes = header.pop("__metadata__", {})
    if not isinstance(notes, dict) or not all(isinstance(note, str) for note in notes.values()):
        raise LayoutError("its metadata are no texts")
    at = 0
    for start, end, name in sorted(_extent(name, entry) for name, entry in header.items()):
        if start != at:
            kind = "overlaps the one before" if start < at else f"leaves {start - at} bytes before it unused"
            raise LayoutError(f"tensor {name[:80]!r} {kind}")
        at = end
    if at != room:
        raise LayoutError(f"its tensors take {at} bytes, the file has {room}")


def _extent(name: str, entry: Any) -> tuple[int, int, str]:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise LayoutError(f"tensor {name[:80]!r} is not described by dtype, shape and data_offsets")
    shape, offsets = entry["shape"], entry["data_offsets"]
    whole = isinstance(shape, list) and isinstance(offsets, list) and len(offsets) == 2 and len(shape) <= 64
    if not whole or not all(is_count(n) for n in (*shape, *offsets)) or entry["dtype"] not in _BITS:
        raise LayoutError(f"tensor {name[:80]!r} has an unknown dtype, shape or place")
    bits = _BITS[entry["dtype"]]
    for length in shape:
        bits *= length
    start, end = offsets
    if bits % 8 or end - start != bits // 8:
        raise LayoutError(f"tensor {name[:80]!r} takes {end - start} bytes, its shape needs {bits / 8:g}")
    return start, end, name
