"""Documents made from records, laid out to be printed on A4 or saved: the frame in the reader's language.

What people wrote stays as it is, marked as being in a language that we do not know (``lang=""``).
"""

import re
from dataclasses import dataclass
from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from upright.desk.values import day
from upright.records.assurance.packing import mark_of
from upright.records.trail.paper import Cell, Ours, Part, is_printed, paper_of
from upright.records.trail.server_log import now
from upright.web.requests import Request, the_record
from upright.web.sentences import said
from upright.web.values import in_words

_WORD = re.compile(r"[^\W\d_]{3}")


@dataclass(frozen=True, kw_only=True)
class ShownCell:
    """A cell as it is printed."""

    text: SafeString
    is_missing: bool = False


@dataclass(frozen=True, kw_only=True)
class ShownPart:
    """A section as it is printed."""

    title: str
    text: SafeString
    head: tuple[str, ...]
    rows: tuple[tuple[ShownCell, ...], ...]
    missing: tuple[str, ...]


def show(request: Request, ref: str) -> HttpResponse:
    """The document of a record; what an external auditor prints says for whom and when."""
    described, record = the_record(ref, request)
    if not is_printed(type(record)):
        raise Http404(f"{ref} prints as no document.")
    paper = paper_of(record)
    context = {
        "paper": paper,
        "title": shown(paper.title),
        "facts": [(said(label), shown(value)) for label, value in paper.facts],
        "parts": [_part(one) for one in paper.parts],
        "record": record,
        "mark": mark_of(request.actor, request.powers),
        "at": now(),
        "here": described.place,
    }
    return render(request, "web/print.html", context)


def shown(cell: Cell) -> SafeString:
    """A cell as HTML: words of ours translated, days by locale, the record's own words marked as such."""
    match cell:
        case Ours() if cell.is_missing:
            return format_html("{}", gettext("MISSING: %(words)s") % {"words": said(cell.words)})
        case Ours() if cell.parts:
            words = re.sub(r"%\((\w+)\)s", r"{\1}", gettext(cell.words))
            return format_html(words, **{name: shown(one) for name, one in cell.parts.items()})
        case Ours():
            return conditional_escape(said(cell.words))
        case date():
            return conditional_escape(day(cell))
        case tuple():
            return format_html_join(", ", "{}", ((shown(one),) for one in cell))
    words = in_words(cell)
    if words != cell:
        return conditional_escape(words)
    return format_html('<span lang="">{}</span>', cell) if _WORD.search(cell) else conditional_escape(cell)


def _part(part: Part) -> ShownPart:
    return ShownPart(
        title=said(part.title),
        text=shown(part.text),
        head=tuple(said(one) for one in part.head),
        rows=tuple(
            tuple(ShownCell(text=shown(one), is_missing=isinstance(one, Ours) and one.is_missing) for one in row)
            for row in part.rows
        ),
        missing=tuple(said(one) for one in ([part.missing] if isinstance(part.missing, str) else part.missing) if one),
    )
