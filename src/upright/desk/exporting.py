"""The rows of a list as CSV or XLSX that imports again without loss."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from upright.desk.description import RecordType
from upright.desk.forms import form_data
from upright.desk.values import linked_fields
from upright.interchange.spreadsheets import LONGEST_XLSX, SpreadsheetError, neutral
from upright.kernel import decimal_text
from upright.records.trail.record import Record

_CHUNK = 2000


def header(described: RecordType) -> list[str]:
    """The columns of an export: key and reference, then the fields of the form, by their names."""
    return ["id", "ref", *described.fields]


def cells(described: RecordType, record: Record) -> list[str]:
    """One record as text: links by reference, dates in ISO form, lists as JSON."""
    values = form_data(record, described)
    return [str(record.id), record.ref, *(neutral(cell(values[name])) for name in described.fields)]


def to_csv(described: RecordType, rows: QuerySet[Record], mark: str = "") -> Iterator[str]:
    """Lines of a CSV file in UTF-8 with a mark that spreadsheets need to know it by; ``mark`` is its last line."""
    yield "\ufeff"
    for one in (*_table(described, rows), *([[mark]] if mark else [])):
        line = io.StringIO()
        csv.writer(line).writerow(one)
        yield line.getvalue()


def to_xlsx(described: RecordType, rows: QuerySet[Record], path: Path, mark: str = "") -> None:
    """Writes a workbook of texts, row by row; ``mark`` stands on each printed page and on a sheet of its own.

    Raises:
        SpreadsheetError: a text is longer than a cell can be.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet(described.plural[:31])
        if mark:
            sheet.set_footer(f"&L{mark.replace('&', '&&')}"[:255])
            book.add_worksheet("Made for").write_string(0, 0, mark)
        for at, row in enumerate(_table(described, rows)):
            for column, text in enumerate(row):
                if len(text) > LONGEST_XLSX:
                    raise SpreadsheetError(
                        f"{row[1]} holds a text of {len(text):,} characters; a cell of XLSX takes {LONGEST_XLSX:,}. "
                        "Export CSV.",
                        code="UP-EXPORT-01",
                    )
                sheet.write_string(at, column, text)


def _table(described: RecordType, rows: QuerySet[Record]) -> Iterable[list[str]]:
    yield header(described)
    for record in rows.select_related(*linked_fields(described.model, described.fields)).iterator(_CHUNK):
        yield cells(described, record)


def cell(value: Any) -> str:
    """A value as text: yes or no, dates in ISO form, lists as JSON."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return decimal_text(value)
        case date():
            return value.isoformat()
        case list() | dict():
            return json.dumps(value, ensure_ascii=False) if value else ""
    return str(value)
