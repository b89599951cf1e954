"""A list of a described type: what an address asks for, as one query over what someone may read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.text import Truncator
from django.utils.translation import gettext

from upright.desk.description import RecordType
from upright.desk.fields import is_writable
from upright.desk.values import is_number, label, linked_fields
from upright.desk.visible import visible
from upright.records.identity.power import Powers
from upright.records.trail.record import Record

PER_PAGE = (50, 100, 200)
MOST_COLUMNS = 12
MOST_OPTIONS = 100
NONE = "(none)"
_LONGEST = 300
_YES_NO = {"yes": True, "no": False, NONE: None}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Columns, filters, search, order and page; equal to its address."""

    columns: tuple[str, ...]
    filters: Mapping[str, str]
    search: str = ""
    order: str = ""
    page: int = 1
    per: int = PER_PAGE[0]

    def address(self, **changes: Any) -> str:
        """The query string of this list, or of one that differs; any other change leads to the first page."""
        other = replace(self, **({"page": 1} | changes))
        parts: list[tuple[str, str]] = [*other.filters.items()]
        parts += [("q", other.search)] if other.search else []
        parts += [("sort", other.order)] if other.order else []
        parts += [("per", str(other.per))] if other.per != PER_PAGE[0] else []
        parts += [("page", str(other.page))] if other.page > 1 else []
        return "?" + urlencode(parts)

    def without(self, name: str) -> str:
        """The address without one filter."""
        return self.address(filters={key: value for key, value in self.filters.items() if key != name})


@dataclass(frozen=True, kw_only=True)
class Page:
    """Rows of a list and where they stand in it; ``number`` is this page's, from 1: the last where it was past it."""

    rows: Sequence[Record]
    total: int
    first: int
    pages: int
    number: int


def all_columns(described: RecordType) -> tuple[str, ...]:
    """Every column that may be chosen."""
    return tuple(dict.fromkeys((*described.columns, *described.fields, "ref", "version")))


def wanted(described: RecordType, given: Mapping[str, Sequence[str]], columns: Sequence[str] = ()) -> Wanted:
    """Reads an address; what it cannot mean is left out, so that an old link still leads somewhere.

    ``columns`` are those that the reader chose before.
    """
    known = all_columns(described)
    chosen = [name for name in (given.get("column") or columns) if name in known]
    one = {name: values[-1] for name, values in given.items() if values and is_writable(values[-1])}
    order = one.get("sort", "")
    per = one.get("per", "")
    return Wanted(
        columns=tuple(dict.fromkeys((described.columns[0], *chosen)))[:MOST_COLUMNS] if chosen else described.columns,
        filters={name: one[name][:_LONGEST] for name in described.filters if one.get(name)},
        search=one.get("q", "").strip()[:200],
        order=order if order.removeprefix("-") in known else "",
        page=_number(one.get("page", ""), 1),
        per=int(per) if per in map(str, PER_PAGE) else PER_PAGE[0],
    )


def matching(described: RecordType, asked: Wanted, powers: Powers) -> QuerySet[Record]:
    """The rows that an address means, in its order, as far as someone may read them."""
    rows = visible(described.model, powers)
    for name, value in asked.filters.items():
        condition = _condition(described.model, name, value)
        rows = rows.filter(condition) if isinstance(condition, Q) else rows.none()
    for word in asked.search.split():
        found = Q(ref__icontains=word)
        for name in described.search:
            found |= Q(**{f"{name}__icontains": word})
        rows = rows.filter(found)
    return rows.order_by(*_order(described, asked.order))


def unread(described: RecordType, asked: Wanted) -> list[str]:
    """Of each filter whose value means nothing: what was found and what is expected. Nothing matches such a one."""
    found = ((name, value, _condition(described.model, name, value)) for name, value in asked.filters.items())
    return [
        gettext("%(label)s: found “%(value)s”; expected %(expected)s.")
        % {"label": label(described.model, name), "value": Truncator(value).chars(40), "expected": condition}
        for name, value, condition in found
        if isinstance(condition, str)
    ]


def page(described: RecordType, asked: Wanted, powers: Powers) -> Page:
    """One page of the list, in two queries: one counts, one reads."""
    rows = matching(described, asked, powers)
    total = rows.count()
    pages = max(1, -(-total // asked.per))
    number = min(asked.page, pages)
    first = (number - 1) * asked.per
    found = between(rows, first, first + asked.per).select_related(*linked_fields(described.model, asked.columns))
    return Page(rows=list(found), total=total, first=first, pages=pages, number=number)


def between(rows: QuerySet[Record], first: int, last: int) -> QuerySet[Record]:
    """Part of a list in its order: keys alone are sorted, not whole rows with all that they link to."""
    keys = rows.values("pk")[first:last]
    return rows.model._base_manager.filter(pk__in=keys).order_by(*rows.query.order_by)


def options(described: RecordType, name: str, powers: Powers) -> list[tuple[str, str]]:
    """What a filter can be set to: value and word; the first hundred."""
    field: Any = described.model._meta.get_field(name)
    empty = [(NONE, gettext("Not set"))] if field.null or field.blank else []
    if field.choices:
        return [(str(value), gettext(str(word))) for value, word in field.flatchoices] + empty
    if isinstance(field, models.BooleanField):
        return [("yes", gettext("Yes")), ("no", gettext("No")), *empty]
    rows = visible(described.model, powers)
    if isinstance(field, models.ForeignKey):
        used = rows.values(f"{name}_id")
        linked: Any = field.related_model
        found = visible(linked, powers).filter(pk__in=used)
        return sorted(((one.ref, str(one)) for one in found[:MOST_OPTIONS]), key=lambda pair: pair[1]) + empty
    values = rows.order_by(name).values_list(name, flat=True).distinct()[:MOST_OPTIONS]
    return [(str(value), str(value)) for value in values if value not in (None, "")] + empty


def option_word(described: RecordType, name: str, value: str, rows: Sequence[Record] = ()) -> str:
    """The word for what a filter is set to; a link's is taken from the rows at hand, else its reference says it."""
    field: Any = described.model._meta.get_field(name)
    if value == NONE:
        return gettext("not set")
    if field.choices:
        return gettext(str(dict(field.flatchoices).get(value, value)))
    if isinstance(field, models.ForeignKey) and rows and name in rows[0]._state.fields_cache:
        return str(getattr(rows[0], name))
    return value


def _condition(model: type[Record], name: str, value: str) -> Q | str:
    """What a filter asks of a row; of a value that means nothing, what is expected instead, in words."""
    field: Any = model._meta.get_field(name)
    if value == NONE:
        empty = Q(**{f"{name}__isnull": True}) if field.null else Q()
        return (empty | Q(**{name: ""})) if isinstance(field, models.CharField | models.TextField) else empty
    if isinstance(field, models.ForeignKey):
        return Q(**{f"{name}__ref": value})
    if isinstance(field, models.BooleanField):
        return Q(**{name: _YES_NO[value]}) if value in _YES_NO else gettext("yes, no or (none)")
    if field.choices and value not in {str(one) for one, _ in field.flatchoices}:
        return gettext("one of the values that the filter offers")
    try:
        if isinstance(field, models.DateField):
            since, dots, until = value.partition("..")
            days = [date.fromisoformat(one) if one else None for one in (since, until if dots else since)]
            bounds = {f"{name}__gte": days[0], f"{name}__lte": days[1]}
            return Q(**{key: one for key, one in bounds.items() if one is not None})
        field.to_python(value)
    except (ValueError, ArithmeticError, ValidationError):
        if isinstance(field, models.DateField):
            return gettext("a day such as 2026-12-31, or a span such as 2026-01-01..2026-12-31")
        return gettext("a number") if is_number(model, name) else gettext("another kind of value")
    return Q(**{name: value})


def _order(described: RecordType, order: str) -> list[str]:
    name = order.removeprefix("-") or described.columns[0]
    sign = "-" if order.startswith("-") else ""
    try:
        field: Any = described.model._meta.get_field(name)
    except FieldDoesNotExist:
        return ["pk"]
    if isinstance(field, models.ForeignKey):
        named = {one.name for one in field.related_model._meta.concrete_fields}
        name = f"{name}__{'name' if 'name' in named else 'ref'}"
    return [f"{sign}{name}", "pk"]


def _number(text: str, least: int) -> int:
    return max(least, int(text)) if text.isascii() and text.isdigit() and len(text) < 8 else least
