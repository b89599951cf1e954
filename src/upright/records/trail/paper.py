"""What a record prints as: plain data that an app's function makes of it, and that one template lays out on A4.

What is missing stands in its place: a part without text or rows says what it lacks, and is not left out. Titles, heads
and what is missing are words of ours; in a cell, words of ours are marked, and everything else is the record's own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias, TypeVar

from upright.records.trail.record import Record


@dataclass(frozen=True, kw_only=True)
class Ours:
    """Words of ours, told in the reader's language; ``%(name)s`` is a place for what a record says."""

    words: str
    parts: Mapping[str, "Cell"]
    is_missing: bool = False


Cell: TypeAlias = str | date | Ours | tuple["Cell", ...]
"""What a record says, a day, words of ours, or several of them, one after another."""


def ours(words: str, /, **parts: Cell) -> Ours:
    """Words of ours in a cell; whoever lays out a paper finds their translation by them."""
    return Ours(words=words, parts=parts)


def lacks(words: str, /) -> Ours:
    """What is missing in a cell."""
    return Ours(words=words, parts={}, is_missing=True)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A section: text, lines under a head, or what is missing, in words with the clause."""

    title: str
    text: Cell = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    missing: str | tuple[str, ...] = ""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A printed document: what it is, whose, in which state, who approved it, its parts."""

    title: Cell
    kind: str
    ref: str
    version: int
    state: str
    approver: str
    facts: tuple[tuple[str, Cell], ...]
    parts: tuple[Part, ...]

    @property
    def missing(self) -> tuple[Part, ...]:
        """The parts that lack something."""
        return tuple(one for one in self.parts if one.missing)


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


def text_part(title: str, text: str, missing: str) -> Part:
    """A part of text; where there is none, what that lacks."""
    return Part(title=title, text=text.strip(), missing="" if text.strip() else missing)


def table_part(title: str, head: tuple[str, ...], rows: Sequence[tuple[Cell, ...]], missing: str) -> Part:
    """A part of lines; where there are none, what that lacks, or that there are none."""
    none = ours("None.") if not rows and not missing else ""
    return Part(title=title, text=none, head=head, rows=tuple(rows), missing="" if rows else missing)
