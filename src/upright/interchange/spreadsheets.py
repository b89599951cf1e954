"""Rows of a spreadsheet as text, one at a time, CSV or XLSX; and text that a spreadsheet takes for no formula."""

import csv
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any

from upright.interchange.archives import refuse_bomb
from upright.kernel import InputError

MOST_ROWS = 250_000
MOST_COLUMNS = 200
LONGEST_XLSX = 32_767
LARGE_CSV = 256 << 10
LARGE_SHEET = 1 << 20
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_DANGEROUS = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


class SpreadsheetError(InputError):
    """A file that cannot be read as a spreadsheet."""


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula; ``own`` gives it back.

    >>> neutral("=cmd()"), own(neutral("=cmd()")), neutral("-5")
    ("'=cmd()", '=cmd()', '-5')
    """
    return f"'{text}" if _DANGEROUS.match(text) and not _NUMBER.fullmatch(text) else text


def own(text: str) -> str:
    """The text behind ``neutral``."""
    return text[1:] if text.startswith("'") and _DANGEROUS.match(text) else text


def read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Row number and cells of a file, by its content; empty rows are left out. Formulas are text and are never run.

    Raises:
        SpreadsheetError: neither CSV in UTF-8 nor XLSX, or more than the limits.
    """
    with path.open("rb") as stream:
        is_zip = stream.read(4) == b"PK\x03\x04"
    for number, cells in _xlsx(path) if is_zip else _csv(path):
        if number > MOST_ROWS + 1 or len(cells) > MOST_COLUMNS:
            raise SpreadsheetError(
                f"Row {number}: at most {MOST_ROWS:,} rows of {MOST_COLUMNS} columns are taken; split the file.",
                code="UP-IMPORT-02",
            )
        if any(cells):
            yield number, [own(cell) for cell in cells]


def is_large(path: Path) -> bool:
    """Whether a file has too many rows to be gone through while somebody waits, by its size; nothing is parsed.

    Raises:
        SpreadsheetError, ArchiveError: no XLSX, though it begins as one.
    """
    sheet = _sheet(path)
    return path.stat().st_size > LARGE_CSV if sheet is None else sheet > LARGE_SHEET


def count_rows(path: Path) -> int:
    """About how many rows a file has: lines of a CSV, row elements of the sheets of an XLSX; nothing is parsed."""
    if _sheet(path) is None:
        with path.open("rb") as stream:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))
    found, tail = 0, b""
    with zipfile.ZipFile(path) as archive:
        for name in [one for one in archive.namelist() if _SHEET.fullmatch(one)][:1]:
            with archive.open(name) as stream:
                for chunk in iter(lambda: stream.read(1 << 20), b""):
                    found += (tail + chunk).count(b"<row")
                    tail = chunk[-3:]
    return found


def _sheet(path: Path) -> int | None:
    """How many bytes the sheets of an XLSX have unpacked; None: no zip."""
    with path.open("rb") as stream:
        if stream.read(4) != b"PK\x03\x04":
            return None
        stream.seek(0)
        refuse_bomb(stream)
    with zipfile.ZipFile(path) as archive:
        return sum(one.file_size for one in archive.infolist() if _SHEET.fullmatch(one.filename))


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(1 << 20)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            head = stream.readline()
            stream.seek(0)
            separator = max(",;\t", key=head.count)
            yield from enumerate(csv.reader(stream, delimiter=separator), start=1)
    except UnicodeDecodeError as why:
        raise SpreadsheetError(
            f"Not UTF-8 from byte {why.start} on. Save it as CSV UTF-8, or as XLSX.", code="UP-IMPORT-01"
        ) from None
    except csv.Error as why:
        raise SpreadsheetError(f"Not readable as CSV: {why}.", code="UP-IMPORT-01") from None


def _xlsx(path: Path) -> Iterator[tuple[int, list[str]]]:
    with path.open("rb") as stream:
        refuse_bomb(stream)
    try:
        with path.open("rb") as stream:  # by path the library goes by the name's ending, and a kept file has none
            yield from _cells(stream)
    except SpreadsheetError:
        raise
    except Exception as why:  # noqa: BLE001 (a hostile file breaks the library in many ways; each is "not readable")
        raise SpreadsheetError(f"Not readable as XLSX ({type(why).__name__}).", code="UP-IMPORT-01") from None


def _cells(stream: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its size need not be true
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield number, [_text(cell) for cell in row]
        book.close()


def _text(cell: Any) -> str:
    match cell:
        case str():
            return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), cell)
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
        case date():
            return cell.isoformat()
        case float():
            return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)
