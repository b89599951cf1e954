"""What a record holds in lists and tables of its own, as HTML: labels in the reader's language, references as names."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from upright.desk.description import RecordType
from upright.desk.detail import sections
from upright.desk.values import Shown, day, label, plain_shown, sentence
from upright.records.governance.kinds import field_label
from upright.records.trail.record import Record
from upright.web.naming import NAME, learn, linked
from upright.web.sentences import said
from upright.web.shown_fields import shown_labels
from upright.web.values import in_words, value_html

_CHOSEN = re.compile(r"[a-z]+(?:[-_][a-z]+)*")
Facts = list[tuple[str, list[tuple[str, Any]]]]


def facts(request: HttpRequest, described: RecordType, record: Record) -> Facts:
    """The fields of a record under the headings of its description; what is a list or a table is laid out here."""
    held = {label(type(record), name): getattr(record, name, None) for name in described.fields}
    held = {name: value for name, value in held.items() if value and isinstance(value, dict | list)}
    if labels := shown_labels(record):
        held[label(type(record), "shows")] = list(labels)
    found = list(sections(described, record))
    refs = [one.text for _, fields in found for _, one in fields if _is_reference(one)]
    learn(request, (*refs, *(text for value in held.values() for text in _texts(value))))
    return [
        (title, [told for name, one in fields for told in _told(request, name, held.get(name), one)])
        for title, fields in found
    ]


def change_html(request: HttpRequest, one: Shown) -> SafeString:
    """One side of a change: what was chosen by its word, what it names by name, nothing as nothing."""
    if not one.text:
        return format_html('<span class="faint">{}</span>', gettext("not set"))
    if one.kind == "text" and _CHOSEN.fullmatch(one.text):
        return _cell(request, one.text)
    return linked(request, in_words(one.text)) if one.kind == "text" else value_html(one)


def _is_reference(one: Shown) -> bool:
    """Whether a value is nothing but a reference, of a record or of who acted."""
    return (one.kind == "link" and one.link == one.text) or (one.kind == "text" and bool(NAME.fullmatch(one.text)))


def _told(request: HttpRequest, name: str, value: Any, plain: Shown) -> Iterable[tuple[str, Any]]:
    """A field as the page lists it; what holds fields of its own is one fact for each of them."""
    match value:
        case dict():
            yield from ((said(field_label(str(key))), _cell(request, one)) for key, one in value.items())
        case list():
            yield name, _html(request, value)
        case _:
            yield name, linked(request, plain.text) if _is_reference(plain) else plain


def _texts(value: Any) -> Iterable[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from (text for one in value.values() for text in _texts(one))
        case list():
            yield from (text for one in value for text in _texts(one))


def _html(request: HttpRequest, value: Any) -> SafeString:
    match value:
        case dict():
            pairs = ((said(field_label(str(name))), _cell(request, one)) for name, one in value.items())
            return format_html('<dl class="facts kept">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", pairs))
        case [dict(), *_] if all(isinstance(one, dict) for one in value):
            return _table(request, value)
        case list():
            lines = format_html_join("", "<li>{}</li>", ((_html(request, one),) for one in value))
            return format_html('<ul class="items">{}</ul>', lines)
        case str():
            return _text(request, value)
    return value_html(plain_shown(value))


def _cell(request: HttpRequest, value: Any) -> SafeString:
    """A value with a name of its own: a single word of ours is one of few to choose from, and is told as such."""
    if isinstance(value, str) and _CHOSEN.fullmatch(value):
        words = re.sub("[-_]", " ", value)
        known = next((one for one in map(said, (words, sentence(words))) if one not in {words, sentence(words)}), value)
        return conditional_escape(known)
    return _html(request, value)


def _text(request: HttpRequest, value: str) -> SafeString:
    try:
        moment = date.fromisoformat(value) if len(value) == len("2026-01-01") else None
    except ValueError:
        moment = None
    if moment is not None:
        return format_html('<time datetime="{}">{}</time>', value, day(moment))
    return linked(request, value)


def _table(request: HttpRequest, rows: Sequence[Mapping[str, Any]]) -> SafeString:
    """Rows of the same fields; each that one of them has is a column."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    heads = [said(field_label(name)) for name in names]
    body = (
        (
            format_html_join(
                "",
                '<td data-label="{}">{}</td>',
                ((head, _cell(request, row.get(name, ""))) for name, head in zip(names, heads, strict=True)),
            ),
        )
        for row in rows
    )
    return format_html(
        '<div class="table-scroll"><table class="table stack"><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>",
        format_html_join("", '<th scope="col">{}</th>', ((head,) for head in heads)),
        format_html_join("", "<tr>{}</tr>", body),
    )
