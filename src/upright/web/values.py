"""Values and tables as HTML, made here rather than by a template: a list has thousands of cells."""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_noop, ngettext

from upright.desk.description import RecordType, registered
from upright.desk.values import Shown, is_number, label, localised, reader
from upright.records.trail.record import Record

_LONG = 90
_MANY = 16
_FIRST = 10
_PERIOD = re.compile(
    r"P(?=[\dT])(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.ASCII
)
_SIDES = {"at_most": gettext_noop("at most"), "at_least": gettext_noop("at least")}
_LIMIT = re.compile(r"(at_most|at_least) (-?\d+(?:\.\d+)?)", re.ASCII)
Reader = Callable[[Record], Shown]


def record_address(ref: str) -> str:
    """Where a record is shown; empty for a type that the desk does not know."""
    return reverse("web:record", args=[ref]) if ref.partition(":")[0] in registered() else ""


def hanging_address(ref: str, where: str = "") -> str:
    """Where what hangs on a record is shown: on the page of a system, in a part of its own."""
    part = "?part=work" if ref.startswith("system:") else ""
    return f"{reverse('web:record', args=[ref])}{part}{where and f'#{where}'}"


def anchor(ref: str) -> str:
    """Where a record's row stands on a page of many."""
    return ref.replace(":", "-")


def value_html(one: Shown) -> SafeString:
    """One value with its link or exact form."""
    match one.kind:
        case "link":
            address = record_address(one.link)
            return format_html('<a href="{}">{}</a>', address, one.text) if address else format_html("{}", one.text)
        case "date" | "time":
            return format_html('<time datetime="{}" title="{}">{}</time>', one.exact, one.exact, one.text)
    lines = in_words(one.text).split("\n")
    if one.kind == "lines" and len(lines) > _MANY:
        rest = format_html(
            '<details><summary><span class="why">{}</span></summary>{}</details>',
            gettext("%(count)s more") % {"count": len(lines) - _FIRST},
            _broken(lines[_FIRST:]),
        )
        return format_html("{}{}", _broken(lines[:_FIRST]), rest)
    return _broken(lines)


def in_words(text: str) -> str:
    """A limit or a period as a reader says it; any other text as it is."""
    found = _LIMIT.fullmatch(text) if text[:3] == "at_" else None
    return period(text) if found is None else limit_words({found[1]: found[2]})


def limit_words(limits: Mapping[str, str]) -> str:
    """A limit in words, such as ``at most 0.1``."""
    return gettext(" and ").join(
        f"{gettext(_SIDES.get(side, side))} {localised(value)}" for side, value in limits.items()
    )


def period(text: str) -> str:
    """A period of ISO 8601 in words, as it was written: P365D is 365 days; what is no period stays as it is."""
    found = _PERIOD.fullmatch(text) if text[:1] == "P" else None
    if found is None:
        return text
    counts = [int(one or 0) for one in found.groups()]
    said = (
        (ngettext("%(count)s year", "%(count)s years", counts[0]), counts[0]),
        (ngettext("%(count)s month", "%(count)s months", counts[1]), counts[1]),
        (ngettext("%(count)s week", "%(count)s weeks", counts[2]), counts[2]),
        (ngettext("%(count)s day", "%(count)s days", counts[3]), counts[3]),
        (ngettext("%(count)s hour", "%(count)s hours", counts[4]), counts[4]),
        (ngettext("%(count)s minute", "%(count)s minutes", counts[5]), counts[5]),
        (ngettext("%(count)s second", "%(count)s seconds", counts[6]), counts[6]),
    )
    return ", ".join(words % {"count": count} for words, count in said if count) or text


def _broken(lines: Sequence[str]) -> SafeString:
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))


def rows_html(
    described: RecordType, rows: Sequence[Record], columns: Sequence[str], names: Mapping[str, str]
) -> SafeString:
    """The body of a list: the first column leads to the record, a second line gives its reference.

    ``names``: what references in the cells are called; one that is missing stays as it is.
    """
    model = described.model
    first, start = reader(model, columns[0]), reverse("web:record", args=["x:y"]).removesuffix("x:y/")
    heads = [(reader(model, name), _opening(model, name)) for name in columns[1:]]
    return mark_safe("".join(_row(row, first, heads, start, names) for row in rows))  # noqa: S308 (each part is escaped)


def _opening(model: type[Record], name: str) -> str:
    shape = ' class="n"' if is_number(model, name) else ""
    return f'<td{shape} data-label="{escape(label(model, name))}">'


def _row(row: Record, first: Reader, heads: Sequence[tuple[Reader, str]], start: str, names: Mapping[str, str]) -> str:
    ref = escape(row.ref)
    name = first(row).text or row.ref
    name = names.get(name, name)
    title = escape(name)
    sub = f'<span class="sub">{ref.partition(":")[2]}</span>' if name != row.ref and not is_key(row.ref) else ""
    cells = "".join(f"{opening}{_cell(read(row), names)}</td>" for read, opening in heads)
    return (
        f'<tr><td class="pick"><input type="checkbox" name="ref" value="{ref}" aria-label="{_select(title)}"></td>'
        f'<th scope="row"><a href="{start}{ref}/">{title}</a>{sub}</th>{cells}</tr>\n'
    )


def _select(title: str) -> str:
    return gettext("Select %(title)s") % {"title": title}


def _cell(one: Shown, names: Mapping[str, str]) -> str:
    match one.kind:
        case "link" if one.text in names:
            return escape(names[one.text])
        case "text" | "link" | "number":
            return escape(in_words(one.text) if len(one.text) <= _LONG else f"{one.text[:_LONG].rstrip()}…")
    return value_html(one)


def is_key(ref: str) -> bool:
    """Whether a reference is a key that only machines read."""
    path = ref.partition(":")[2]
    return len(path) == 36 and path.count("-") == 4
