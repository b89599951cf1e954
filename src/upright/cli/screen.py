"""The terminal: tables and signs that hold without colour, and plain ASCII when nobody looks at a terminal."""

import errno
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from rich.box import Box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from upright.cli.text import clean
from upright.reports.words import sign

# Okabe and Ito's colours; a status is always a shape and a word too.
_TONES = {
    "met": "#009e73",
    "partly": "#56b4e9",
    "failing": "#d55e00",
    "stale": "#e69f00",
    "unknown": "bright_black",
    "errored": "bold #d55e00",
    "none": "bright_black",
}
_RULED = Box("    \n    \n \u2500\u2500 \n    \n    \n    \n    \n    \n")
_PIPED_WIDTH = 160
_ASCII = str.maketrans(
    {
        "\u2013": "-", "\u2212": "-", "\u2026": "...", "\u2018": "'", "\u2019": "'",
        "\u201c": '"', "\u201d": '"', "\u2009": "", "\u00a0": " ", "\u00b7": "-",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: of the head.
        right: right-aligned, for numbers.
        whole: never wrapped, for what one copies.
        status: its cells are statuses and get sign, word and colour.
    """

    title: str
    right: bool = False
    whole: bool = False
    status: bool = False


class Screen:
    """Where text answers go. ``fancy`` is true on a terminal that has Unicode: then there are signs and rules."""

    def __init__(self, console: Console, *, fancy: bool) -> None:
        self._console = console
        self.fancy = fancy

    @property
    def width(self) -> int:
        """Columns to write in."""
        return self._console.width

    def title(self, text: str, tail: str = "") -> None:
        """A heading, with something quieter behind it."""
        line = Text(self._safe(text), style="bold")
        if tail:
            line.append("  " + self._safe(tail), style="not bold bright_black")
        self._console.print(line)

    def line(self, text: str = "", *, style: str = "") -> None:
        """One paragraph, wrapped at words on a terminal and in one line elsewhere."""
        self._console.print(Text(self._safe(text), style=style), soft_wrap=not self.fancy)

    def quiet(self, text: str) -> None:
        """A paragraph that matters less."""
        self.line(text, style="bright_black")

    def bullet(self, text: str) -> None:
        """A paragraph of a list."""
        mark = "\u2022" if self.fancy else "-"
        self._hanging(Text(mark, style="bright_black"), Text(self._safe(text)), gap=1)

    def code(self, text: str) -> None:
        """A command to copy: never wrapped, never decorated."""
        self._console.print(Text("  " + clean(text)), soft_wrap=True)

    def verbatim(self, text: str) -> None:
        """Text that a program may read back: as it is, with its own line ends."""
        self._console.file.write(clean(text))

    def verdict(self, status: str, text: str) -> None:
        """A status and the sentence that says it."""
        self._hanging(self.status(status, bold=True), Text(self._safe(text)))

    def reason(self, status: str, head: str, text: str) -> None:
        """One reason under a verdict: indented, its own sign in front, what it speaks of in bold."""
        how = sign(status)
        mark = Text(f"  {how.mark if self.fancy else how.plain}", style=_TONES[how.tone])
        body = Text(f"{self._safe(head)}: " if head else "", style="bold")
        body.append(Text(self._safe(text), style="not bold"))
        self._hanging(mark, body)

    def status(self, status: str, *, bold: bool = False) -> Text:
        """Sign and word of a status."""
        how = sign(status)
        style = _TONES[how.tone] + (" bold" if bold else "")
        return Text(f"{how.mark if self.fancy else how.plain} {self._safe(how.word)}", style=style)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str | Text]], *, head: bool = True) -> None:
        """A table without frame: a rule under the head on a terminal, plain columns elsewhere."""
        table = Table(
            box=_RULED if self.fancy else None,
            show_header=head,
            show_edge=False,
            pad_edge=False,
            padding=(0, 2, 0, 0),
            header_style="bright_black",
            border_style="bright_black",
        )
        for column in columns:
            table.add_column(
                self._safe(column.title),
                justify="right" if column.right else "left",
                no_wrap=column.whole or column.right or column.status,
                overflow="fold",
                min_width=None if column.whole or column.right or column.status else 12,
            )
        for row in rows:
            table.add_row(*(self._cell(column, cell) for column, cell in zip(columns, row, strict=True)))
        self._print(Padding(table, (0, 0, 0, 2)))

    def bar(self, parts: Sequence[tuple[str, int]], width: int = 20) -> Text:
        """Counts by status as a bar of marks, at least one mark each; the numbers stand beside it in the table."""
        total = sum(count for _, count in parts)
        marks = {status: max(1, round(width * count / total)) for status, count in parts if count}
        while sum(marks.values()) > width:
            marks[max(marks, key=lambda status: marks[status])] -= 1
        bar = Text()
        for status, length in marks.items():
            how = sign(status)
            bar.append((how.mark if self.fancy else how.plain) * length, style=_TONES[how.tone])
        return bar

    def _cell(self, column: Column, cell: str | Text) -> Text:
        if isinstance(cell, Text):
            return cell
        return self.status(cell) if column.status and cell else Text(self._safe(cell))

    def _hanging(self, head: Text, body: Text, gap: int = 2) -> None:
        grid = Table.grid(padding=(0, gap, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(head, body)
        self._print(grid)

    def _print(self, what: RenderableType) -> None:
        """Prints; off a terminal without the spaces that pad a table's lines to its width."""
        if self.fancy:
            self._console.print(what)
            return
        with self._console.capture() as caught:
            self._console.print(what)
        self._console.file.write("".join(f"{line.rstrip()}\n" for line in caught.get().splitlines()))

    def _safe(self, text: str) -> str:
        text = clean(text)
        return text if self.fancy else text.translate(_ASCII)


class _Console(Console):
    """A console that says that its reader went away instead of leaving with 1, which would read as a failed check."""

    def on_broken_pipe(self) -> NoReturn:
        """Raises it again: the command's door turns it into 141, as a shell does."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def screen() -> Screen:
    """The screen on standard output. ``NO_COLOR`` and ``TERM=dumb`` are respected; piped, all of it is plain."""
    console = _console(sys.stdout)
    return Screen(console, fancy=console.is_terminal and console.encoding.lower().startswith("utf"))


def error_console() -> Console:
    """Standard error, for progress."""
    return _console(sys.stderr)


def _console(stream: object) -> Console:
    piped = not getattr(stream, "isatty", lambda: False)()
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    return _Console(
        file=stream,  # type: ignore[arg-type]
        highlight=False,
        markup=False,
        emoji=False,
        width=int(os.environ.get("COLUMNS", _PIPED_WIDTH))
        if piped and os.environ.get("COLUMNS", "1").isdigit()
        else None,
    )
