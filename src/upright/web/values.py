"""Values and tables as HTML, made here rather than by a template: a list has thousands of cells."""

from collections.abc import Callable, Sequence
from html import escape

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from upright.desk.description import RecordType, registered
from upright.desk.values import Shown, is_number, label, reader
from upright.records.trail.record import Record

_LONG = 90
Reader = Callable[[Record], Shown]


def record_address(ref: str) -> str:
    """Where a record is shown; empty for a type that the desk does not know."""
    return reverse("web:record", args=[ref]) if ref.partition(":")[0] in registered() else ""


def value_html(one: Shown) -> SafeString:
    """One value with its link or exact form."""
    match one.kind:
        case "link":
            address = record_address(one.link)
            return format_html('<a href="{}">{}</a>', address, one.text) if address else format_html("{}", one.text)
        case "date" | "time":
            return format_html('<time datetime="{}" title="{}">{}</time>', one.exact, one.exact, one.text)
        case "lines":
            return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in one.text.split("\n")))
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in one.text.split("\n")))


def rows_html(described: RecordType, rows: Sequence[Record], columns: Sequence[str]) -> SafeString:
    """The body of a list: the first column leads to the record, a second line gives its reference."""
    model = described.model
    first, start = reader(model, columns[0]), reverse("web:record", args=["x:y"]).removesuffix("x:y/")
    heads = [(reader(model, name), _opening(model, name)) for name in columns[1:]]
    return mark_safe("".join(_row(row, first, heads, start) for row in rows))  # noqa: S308 (each part is escaped)


def _opening(model: type[Record], name: str) -> str:
    shape = ' class="n"' if is_number(model, name) else ""
    return f'<td{shape} data-label="{escape(label(model, name))}">'


def _row(row: Record, first: Reader, heads: Sequence[tuple[Reader, str]], start: str) -> str:
    ref = escape(row.ref)
    name = first(row).text or row.ref
    title = escape(name)
    sub = f'<span class="sub">{ref.partition(":")[2]}</span>' if name != row.ref and not _is_key(row.ref) else ""
    cells = "".join(f"{opening}{_cell(read(row))}</td>" for read, opening in heads)
    return (
        f'<tr><td class="pick"><input type="checkbox" name="ref" value="{ref}" aria-label="Select {title}"></td>'
        f'<th scope="row"><a href="{start}{ref}/">{title}</a>{sub}</th>{cells}</tr>\n'
    )


def _cell(one: Shown) -> str:
    match one.kind:
        case "text" | "link" | "number":
            return escape(one.text if len(one.text) <= _LONG else f"{one.text[:_LONG].rstrip()}…")
    return value_html(one)


def _is_key(ref: str) -> bool:
    path = ref.partition(":")[2]
    return len(path) == 36 and path.count("-") == 4
