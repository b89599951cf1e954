"""Writes pickle streams instruction by instruction, and reads bytes with the scanner.

Nothing here is ever loaded; the hostile streams name a global and go no further than that.
"""

import struct
from dataclasses import dataclass

from upright.modelfiles import Detection, Verdict
from upright.modelfiles.allowlist import allow_list
from upright.modelfiles.examine import examine
from upright.modelfiles.examiner import Examiner
from upright.modelfiles.limits import Budget, LimitError, Limits
from upright.modelfiles.report import Findings
from upright.modelfiles.window import Window

STOP = b"."
MARK = b"("
REDUCE = b"R"
EMPTY_TUPLE = b")"
STACK_GLOBAL = b"\x93"
MEMOIZE = b"\x94"


@dataclass(frozen=True)
class Read:
    """What the scanner said of some bytes."""

    verdict: Verdict
    format: str
    detections: tuple[Detection, ...]

    @property
    def globals(self) -> set[str]:
        return {d.name for d in self.detections if d.name}

    @property
    def words(self) -> str:
        return "\n".join(d.what for d in self.detections)


def read(data: bytes, limits: Limits | None = None, *, name: str = "") -> Read:
    """Reads bytes as the scanner's child reads a file, in this process."""
    findings = Findings()
    ex = Examiner(allow_list(), findings, Budget(limits or Limits()), reader=examine, name=name)
    form = "unknown"
    try:
        form = examine(Window.over(data), ex)
    except LimitError as why:
        findings.not_examined(str(why))
    return Read(findings.verdict, form, findings.detections())


def proto(version: int) -> bytes:
    return b"\x80" + bytes([version])


def frame(body: bytes) -> bytes:
    return b"\x95" + struct.pack("<Q", len(body)) + body


def text(value: str) -> bytes:
    """BINUNICODE."""
    raw = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<L", len(raw)) + raw


def short_text(value: str) -> bytes:
    """SHORT_BINUNICODE."""
    raw = value.encode()
    return b"\x8c" + bytes([len(raw)]) + raw


def long_text(value: str) -> bytes:
    """BINUNICODE8."""
    raw = value.encode()
    return b"\x8d" + struct.pack("<Q", len(raw)) + raw


def raw_bytes(value: bytes) -> bytes:
    """BINBYTES."""
    return b"B" + struct.pack("<L", len(value)) + value


def glob(module: str, name: str) -> bytes:
    """GLOBAL."""
    return f"c{module}\n{name}\n".encode()


def stack_glob(module: str, name: str) -> bytes:
    """STACK_GLOBAL with both names just before it."""
    return short_text(module) + short_text(name) + STACK_GLOBAL


def number(value: int) -> bytes:
    """BININT."""
    return b"J" + struct.pack("<i", value)


def put(index: int) -> bytes:
    return b"q" + bytes([index])


def get(index: int) -> bytes:
    return b"h" + bytes([index])


def call(function: bytes, *arguments: bytes) -> bytes:
    """REDUCE of a function with a tuple of arguments."""
    return function + MARK + b"".join(arguments) + b"t" + REDUCE


def pickle4(body: bytes) -> bytes:
    """A framed stream of protocol 4, as Python itself writes it."""
    return proto(4) + frame(body + STOP)
