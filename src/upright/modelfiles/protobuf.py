"""Protocol buffers, read field by field without a schema compiler; what a schema does not know is an error.

Source: protobuf.dev, "Encoding".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from upright.modelfiles.window import Window

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
DEEPEST = 60


class ProtoError(ValueError):
    """Not a message of this schema; ``at`` is where in the window."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(why)
        self.at = at


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its number, its value (a number, or the window of its bytes), and where it starts."""

    number: int
    value: "int | Window"
    at: int

    @property
    def data(self) -> Window:
        """The bytes of a field that has bytes."""
        if isinstance(self.value, int):
            raise ProtoError(f"field {self.number} is a number where bytes belong", self.at)
        return self.value

    @property
    def text(self) -> str:
        """They as a text, for names; a long one is cut."""
        return self.data.read(0, 4_096).decode("utf-8", "replace")


def fields(window: Window) -> Iterator[Field]:
    """The fields of a message, in order.

    Raises:
        ProtoError: the bytes are no message, or use groups.
    """
    at, end = 0, len(window)
    while at < end:
        start = at
        tag, at = _varint(window, at)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise ProtoError("field 0 does not exist", start)
        value: int | Window
        if kind == _VARINT:
            value, at = _varint(window, at)
        elif kind in {_FIXED64, _FIXED32}:
            size = 8 if kind == _FIXED64 else 4
            if at + size > end:
                raise ProtoError("a number reaches beyond the end", start)
            value, at = int.from_bytes(window.read(at, size), "little"), at + size
        elif kind == _BYTES:
            size, at = _varint(window, at)
            if at + size > end:
                raise ProtoError("a field reaches beyond the end", start)
            value, at = window.part(at, size), at + size
        else:
            raise ProtoError(f"wire type {kind} is not used any more", start)
        yield Field(number, value, start)


def _varint(window: Window, at: int) -> tuple[int, int]:
    value = 0
    for shift, byte in enumerate(window.read(at, 10)):
        value |= (byte & 127) << 7 * shift
        if byte < 128:
            return value, at + shift + 1
    raise ProtoError("a number has no end", at)


Schema = Mapping[str, Mapping[int, str]]
"""Of each message: what its fields are, ``name`` or ``name:Message``."""


def walk(window: Window, schema: Schema, message: str, visit: Any, depth: int = 0) -> None:
    """Calls ``visit(message, name, field)`` for every field of a message and of those within it.

    Raises:
        ProtoError: a field that the schema does not know, or messages nested too deep.
    """
    if depth > DEEPEST:
        raise ProtoError(f"messages nest more than {DEEPEST} deep", 0)
    known = schema[message]
    for field in fields(window):
        if field.number not in known:
            raise ProtoError(f"{message} has no field {field.number}", field.at)
        name, _, inner = known[field.number].partition(":")
        visit(message, name, field)
        if inner:
            walk(field.data, schema, inner, visit, depth + 1)
