"""How the values of a record read on screen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.dateformat import format as dated
from django.utils.translation import get_language, gettext

from upright.kernel import time_text
from upright.ledger.values import ERASED
from upright.records.trail.fields import RefField
from upright.records.trail.record import Record

Kind = Literal["text", "number", "date", "time", "link", "lines"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A value as a reader sees it; ``exact`` is the machine's way to say it, ``link`` the record that it names."""

    text: str
    kind: Kind = "text"
    link: str = ""
    exact: str = ""


NOTHING = Shown("")
_COMMAS = str.maketrans(",.", ".,")


def sentence(text: str) -> str:
    """A text as it begins a sentence; names keep their capitals."""
    return text[:1].upper() + text[1:]


def label(model: type[Record], name: str) -> str:
    """What a field is called on screen."""
    try:
        return gettext(sentence(str(getattr(model._meta.get_field(name), "verbose_name", name))))
    except FieldDoesNotExist:
        return gettext(sentence(name.replace("_", " ")))


def is_number(model: type[Record], name: str) -> bool:
    """Whether a column is set to the right."""
    field = model._meta.get_field(name)
    numbers = (models.IntegerField, models.DecimalField, models.FloatField)
    return isinstance(field, numbers) and not getattr(field, "choices", None)


def shown(record: Record, name: str) -> Shown:
    """One value of a record."""
    return reader(type(record), name)(record)


@cache
def reader(model: type[Record], name: str) -> Callable[[Record], Shown]:
    """What shows one field of a type: made once, asked for thousands of rows."""
    field = model._meta.get_field(name)
    if choices := getattr(field, "flatchoices", None):
        words = {value: str(word) for value, word in choices}
        return lambda record: _chosen(getattr(record, name), words)
    if isinstance(field, RefField):
        return lambda record: _ref_shown(getattr(record, name))
    return lambda record: plain_shown(getattr(record, name, None))


def _chosen(value: Any, words: dict[Any, str]) -> Shown:
    return Shown(gettext(words[value])) if words.get(value) else plain_shown(value)


def _ref_shown(ref: str) -> Shown:
    return Shown(ref, "link", link=ref) if ref else NOTHING


def plain_shown(value: Any) -> Shown:
    """A value without its field, as an entry of the ledger holds it."""
    match value:
        case None | "":
            return NOTHING
        case str():
            return Shown(gettext(value) if value == ERASED else value)
        case bool():
            return Shown(gettext("Yes") if value else gettext("No"))
        case Record():
            return Shown(str(value), "link", link=value.ref)
        case datetime():
            return Shown(f"{day(value)} {value:%H:%M}", "time", exact=time_text(value))
        case date():
            return Shown(day(value), "date", exact=value.isoformat())
        case Decimal():
            return Shown(localised(f"{value.normalize():f}"), "number")
        case int() | float():
            return Shown(localised(f"{value:,}"), "number")
        case list() | tuple():
            return Shown("\n".join(_item(one) for one in value), "lines")
        case dict():
            return Shown("\n".join(f"{key}: {_item(one)}" for key, one in value.items()), "lines")
    return Shown(str(value))


def localised(number: str) -> str:
    """A number that is written as in English, with the signs of the reader's language."""
    return number if (get_language() or "en").startswith("en") else number.translate(_COMMAS)


def day(moment: date) -> str:
    """A day as readers write it, such as 12 Mar 2026."""
    return dated(moment, gettext("j M Y"))


def linked_fields(model: type[Record], names: Iterable[str]) -> list[str]:
    """Those of the fields that are links within the database: what a query joins at once."""
    return [name for name in names if isinstance(model._meta.get_field(name), models.ForeignKey)]


def _item(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_item(one)}" for key, one in value.items())
    return plain_shown(value).text
