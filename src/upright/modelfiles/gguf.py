"""GGUF: key-value notes and tensors. Its chat template is a program; everything else is numbers and texts.

Source: ``docs/gguf.md`` of ggml; sizes of the tensor types from ``ggml-common.h``.
"""

import struct
from typing import Any

from upright.modelfiles.examiner import Examiner
from upright.modelfiles.pickles import find_hidden
from upright.modelfiles.templates import judge_template
from upright.modelfiles.window import Window

_FORMS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_TEXT, _ARRAY = 8, 9
_BLOCKS = {0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36)}
_BLOCKS |= {10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292)}
_BLOCKS |= {16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82)}
_BLOCKS |= {23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2)}
_BLOCKS |= {34: (256, 54), 35: (256, 66), 39: (32, 17)}
_MOST = 1_000_000
_LONGEST_KEY = 65_535


class GgufError(ValueError):
    """The file is not laid out as GGUF; ``at`` is where."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(why)
        self.at = at


class _Reader:
    def __init__(self, window: Window) -> None:
        self.window = window
        self.at = 4

    def one(self, form: str) -> Any:
        size = struct.calcsize(form)
        raw = self.window.read(self.at, size)
        if len(raw) < size:
            raise GgufError("it ends within its header", self.at)
        self.at += size
        return struct.unpack(form, raw)[0]

    def skip(self, count: int) -> int:
        first = self.at
        if count > len(self.window) - first:
            raise GgufError("a value reaches beyond the end", first)
        self.at = first + count
        return first

    def text(self, longest: int | None = None) -> str:
        size = self.one("<Q")
        if longest is not None and size > longest:
            raise GgufError("a name is longer than any name", self.at)
        first = self.skip(size)
        return self.window.read(first, size).decode("utf-8", "replace")

    def value(self, kind: int, depth: int = 0, *, texts: list[str] | None = None) -> Any:
        """One value; the texts of a list, at any depth, go into ``texts``."""
        if kind == _TEXT:
            return self.text()
        if kind != _ARRAY:
            if kind not in _FORMS:
                raise GgufError(f"a value has the unknown type {kind}", self.at)
            return self.one(_FORMS[kind])
        inner, count = self.one("<I"), self.one("<Q")
        if inner in _FORMS:
            self.skip(count * struct.calcsize(_FORMS[inner]))
        elif depth > 4 or count > len(self.window):
            raise GgufError("an array nests too deep or is longer than the file", self.at)
        else:
            for _ in range(count):
                found = self.value(inner, depth + 1, texts=texts)
                if texts is not None and isinstance(found, str):
                    texts.append(found)
        return None


def examine_gguf(window: Window, ex: Examiner) -> str:
    """Examines a GGUF file; returns ``gguf``."""
    try:
        _examine(window, ex)
    except GgufError as why:
        ex.findings.not_examined(f"is no GGUF file that is understood: {why}", offset=why.at)
        find_hidden(window, ex)
    return "gguf"


def _examine(window: Window, ex: Examiner) -> None:
    reader = _Reader(window)
    version, tensors, notes = reader.one("<I"), reader.one("<Q"), reader.one("<Q")
    if version not in {2, 3} or tensors > _MOST or notes > _MOST:
        raise GgufError(f"version {version} with {tensors} tensors and {notes} notes", 4)
    alignment = 32
    seen: set[str] = set()
    for _ in range(notes):
        at = reader.at
        key = reader.text(_LONGEST_KEY)
        listed: list[str] | None = [] if "template" in key.lower() else None
        value = reader.value(reader.one("<I"), texts=listed)
        if key in seen:
            ex.findings.suspicious(f"note {key[:80]!r} stands twice; readers differ", offset=at)
        seen.add(key)
        if key == "general.alignment" and type(value) is int and value and value % 8 == 0 and value <= 2**20:
            alignment = value
        if listed:
            ex.findings.suspicious(f"the template {key[:80]!r} is a list; readers that join it differ", offset=at)
            for text in (*listed, "".join(listed)):
                judge_template(text, ex.findings, f"the template {key[:80]!r}")
        if isinstance(value, str) and (listed is not None or "{%" in value or "{{" in value):
            judge_template(value, ex.findings, f"the template {key[:80]!r}")
    extents = [_tensor(reader) for _ in range(tensors)]
    _account(window, extents, reader.at, alignment, ex)


def _tensor(reader: _Reader) -> tuple[int, int]:
    """Offset and bytes of one tensor."""
    reader.text(_LONGEST_KEY)
    dims = reader.one("<I")
    if dims > 8:
        raise GgufError(f"a tensor of {dims} dimensions", reader.at)
    count = 1
    for _ in range(dims):
        count *= reader.one("<Q")
    kind, offset = reader.one("<I"), reader.one("<Q")
    if kind not in _BLOCKS:
        raise GgufError(f"a tensor has the unknown type {kind}", reader.at)
    per_block, size = _BLOCKS[kind]
    return offset, -(-count // per_block) * size


def _account(window: Window, extents: list[tuple[int, int]], header_end: int, alignment: int, ex: Examiner) -> None:
    start = -(-header_end // alignment) * alignment
    at = header_end
    for offset, size in sorted(extents):
        first = start + offset
        if first < at:
            raise GgufError("tensors overlap", first)
        _padding(window, at, first, alignment, ex)
        at = first + size
        if at > len(window):
            raise GgufError("a tensor reaches beyond the end", first)
    _padding(window, at, len(window), alignment, ex)


def _padding(window: Window, at: int, end: int, alignment: int, ex: Examiner) -> None:
    if end - at >= alignment or any(window.read(at, min(end - at, alignment))):
        ex.findings.not_examined(f"{end - at} bytes belong to no tensor", offset=at)
        find_hidden(window, ex, start=min(at, len(window)))
