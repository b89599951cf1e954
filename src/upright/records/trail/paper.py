"""What a record prints as: plain data that an app's function makes of it, and that one template lays out on A4.

What is missing stands in its place: a part without text or rows says what it lacks, and is not left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from upright.records.trail.record import Record


@dataclass(frozen=True, kw_only=True)
class Part:
    """A section: text, lines under a head, or what is missing, in words with the clause."""

    title: str
    text: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A printed document: what it is, whose, in which state, who approved it, its parts."""

    title: str
    kind: str
    ref: str
    version: int
    state: str
    approver: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """What it lacks, part by part."""
        return tuple(f"{one.title}: {one.missing}" for one in self.parts if one.missing)


Printed = TypeVar("Printed", bound=Record)
_BUILDERS: dict[type[Record], Callable[[Any], Paper]] = {}


def prints_as(model: type[Printed], builder: Callable[[Printed], Paper]) -> None:
    """Says which function makes the document of a type."""
    _BUILDERS[model] = builder


def is_printed(model: type[Record]) -> bool:
    """Whether records of a type print as a document."""
    return model in _BUILDERS


def paper_of(record: Record) -> Paper:
    """The document of a record.

    Raises:
        KeyError: its type prints as none.
    """
    return _BUILDERS[type(record)](record)


def text_part(title: str, text: str, lacks: str) -> Part:
    """A part of text; where there is none, what that lacks."""
    return Part(title=title, text=text.strip(), missing="" if text.strip() else lacks)


def table_part(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]], lacks: str) -> Part:
    """A part of lines; where there are none, what that lacks."""
    return Part(title=title, head=head, rows=tuple(rows), missing="" if rows else lacks)
