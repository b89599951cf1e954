"""Comma-separated files in one dialect, said here and in the guide: a guessed one reads a wrong file silently."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

DIALECT: dict[str, Any] = {
    "delim": ",",
    "quote": '"',
    "escape": '"',
    "comment": "",
    "skip": 0,
    "header": True,
    "nullstr": "",
    "dateformat": "%Y-%m-%d",
    "sample_size": -1,
    "strict_mode": True,
}
"""As DuckDB's ``read_csv`` takes it. Types are read from all rows; 01/02/2024 stays text, as it may be two days."""
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars", "^": "carets", ":": "colons"}
_MOST_LINES = 2_000_000


def demand_alike(files: Sequence[Path]) -> None:
    """Refuses files whose headings differ: they are read by position, and would put one column under another's name.

    Raises:
        ValueError: what was found, for the message around it.
    """
    first: list[str] | None = None
    for file in files:
        found = _headings(file)
        if not found:
            raise ValueError(f"{file.name} is empty")
        twice = [name for name, times in Counter(found).items() if times > 1 and name]
        if twice:
            raise ValueError(f"{file.name} has two columns called {twice[0]!r}")
        if first is not None and found != first:
            raise ValueError(f"{file.name} has other columns than {files[0].name}, or in another order")
        first = found


def other_delimiter(file: Path) -> str:
    """The name of the sign that seems to separate the columns; empty where they are separated by commas, or one."""
    with _opened(file) as text:
        headings = text.readline()
    if "," in headings:
        return ""
    return next((name for sign, name in _OTHER_DELIMITERS.items() if sign in headings), "")


def first_problem(files: Sequence[Path]) -> str:
    """Where a file that could not be read departs from the dialect; empty where that is not seen.

    Raises:
        UnicodeDecodeError: the text is not UTF-8.
    """
    for file in files:
        width = None
        lines = _lines(file)
        try:
            for number, row in enumerate(lines, start=1):
                width = width or len(row)
                if row and len(row) != width:
                    return f"row {number} of {file.name} has {len(row)} fields, the headings are {width}"
                if number > _MOST_LINES:
                    return ""
        except csv.Error as why:
            return f"{file.name}: {why}"
    return ""


def _headings(file: Path) -> list[str]:
    try:
        return next(_lines(file), [])
    except csv.Error as why:
        raise ValueError(f"the headings of {file.name}: {why}") from None


def _lines(file: Path) -> Iterator[list[str]]:
    with _opened(file) as text:
        yield from csv.reader(text, strict=True)


def _opened(file: Path) -> TextIO:
    if file.name.lower().endswith(".gz"):
        return gzip.open(file, "rt", encoding="utf-8-sig", newline="")
    return file.open(encoding="utf-8-sig", newline="")
