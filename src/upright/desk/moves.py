"""The verbs of a type as a page offers them: a title, what else they ask, and why not, in the verb's own words."""

import inspect
from copy import copy
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any, get_args, get_type_hints

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Choices
from django.utils.translation import gettext

from upright.desk.description import Move, RecordType
from upright.desk.fields import RecordChoiceField
from upright.desk.values import sentence
from upright.kernel import Actor, InputError
from upright.records.identity.power import DeniedError, Powers, rehearse_with
from upright.records.trail.door import rehearse, rehearsing
from upright.records.trail.errors import StandingError
from upright.records.trail.record import Record
from upright.records.trail.server_log import now

_OURS = frozenset({"actor", "reason", "powers", "return"})
_REHEARSED = "A rehearsal."
_FIELDS: dict[Any, type[forms.Field]] = {
    str: forms.CharField,
    int: forms.IntegerField,
    bool: forms.BooleanField,
    Decimal: forms.DecimalField,
    date: forms.DateField,
}
_PLAUSIBLE: dict[type, Any] = {forms.CharField: _REHEARSED, forms.IntegerField: 1, forms.DecimalField: Decimal(1)}
_SOON = timedelta(days=30)
"""Answers with which a verb is rehearsed: a refusal of one of these is none of what stands in the records."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A move of one record: whether it can be made now, and if not, why; ``needs_reason``: not without one in words."""

    name: str
    title: str
    says: str
    why_not: str = ""
    fields: dict[str, forms.Field] = field(default_factory=dict)
    needs_reason: bool = False


def move_named(described: RecordType, name: str) -> Move:
    """A verb of a type; an ``InputError`` where it has none of that name."""
    for move in described.moves:
        if move.__name__ == name:
            return move
    raise InputError(f"{described.title} has no move {name!r}.", code="UP-DESK-02")


def offers(described: RecordType, record: Record, *, actor: Actor, powers: Powers) -> list[Offer]:
    """Every move of a record, each rehearsed: the verb itself says whether and why not."""
    with rehearsing():
        rehearse_with(powers)
        return [offer(described, move, record, actor=actor, powers=powers) for move in described.moves]


def offer(described: RecordType, move: Move, record: Record, *, actor: Actor, powers: Powers) -> Offer:
    """One move of a record."""
    asked = _asked(move, powers)
    return Offer(
        name=move.__name__,
        title=title(described, move),
        says=gettext((inspect.getdoc(move) or " ").partition("\n")[0]),
        why_not=_why_not(move, record, actor, powers, asked),
        fields=asked,
        needs_reason=any(name == "reason" and one is inspect.Parameter.empty for name, _, one in _parameters(move)),
    )


def title(described: RecordType, move: Move) -> str:
    """What its button says."""
    return gettext(plain_title(described, move))


def plain_title(described: RecordType, move: Move) -> str:
    """The verb's name, without the type's where it ends with it, or that of what several types have in common."""
    words = move.__name__.removesuffix(f"_{described.name.replace('-', '_')}")
    for kind in described.model.__mro__:
        words = words.removesuffix(f"_{kind.__name__.lower()}")
    return sentence(words.replace("_", " "))


def asked_label(name: str) -> str:
    """What is asked besides, in the words of the screen."""
    return sentence(name.replace("_", " "))


def make(move: Move, record: Record, *, actor: Actor, reason: str, powers: Powers, **given: Any) -> Any:
    """Makes a move; raises what the verb raises."""
    if any(name == "powers" for name, _, _ in _parameters(move)):
        given["powers"] = powers
    return move(record, actor=actor, reason=reason, **given)


def _why_not(move: Move, record: Record, actor: Actor, powers: Powers, asked: dict[str, forms.Field]) -> str:
    given = {name: _plausible(one) for name, one in asked.items() if one.required}
    if None in given.values():
        return ""
    try:
        rehearse(lambda: make(move, copy(record), actor=actor, reason=_REHEARSED, powers=powers, **given))
    except (DeniedError, StandingError) as why:
        return why.message
    except InputError as why:
        return "" if asked else why.message  # what else is asked may answer it
    except ValidationError as why:
        return "" if asked else "; ".join(why.messages)
    return ""


def _plausible(asked: forms.Field) -> Any:
    """An answer to a question that must be answered; None where there is nothing to choose."""
    if isinstance(asked, RecordChoiceField):
        return None if asked.queryset is None else asked.queryset.first()
    if isinstance(asked, forms.ChoiceField):
        choices: Any = asked.choices
        return next(value for value, _ in choices)
    return now().date() + _SOON if isinstance(asked, forms.DateField) else _PLAUSIBLE[type(asked)]


@cache
def _parameters(move: Move) -> tuple[tuple[str, Any, Any], ...]:
    """What a verb takes besides its record, as it was written: name, type, and default."""
    hints, found = get_type_hints(move), []
    for name, one in list(inspect.signature(move).parameters.items())[1:]:
        hint = next((part for part in get_args(hints.get(name)) if part is not NoneType), hints.get(name))
        found.append((name, hint, one.default))
    return tuple(found)


def _asked(move: Move, powers: Powers) -> dict[str, forms.Field]:
    found = {}
    for name, hint, default in _parameters(move):
        must_be_given = default is inspect.Parameter.empty
        more: dict[str, Any] = {"label": gettext(asked_label(name))}
        if isinstance(hint, type) and issubclass(hint, Record):
            kind: Any = RecordChoiceField
            more["rows"] = hint._base_manager.all()
        elif isinstance(hint, type) and issubclass(hint, Choices):
            kind, more["choices"] = forms.ChoiceField, [(value, gettext(str(word))) for value, word in hint.choices]
            more["initial"] = None if must_be_given else default
        else:
            kind = _FIELDS.get(hint)
        if name in _OURS or kind is None:
            continue
        is_required = must_be_given and kind is not forms.BooleanField
        found[name] = kind(required=is_required, **more)
        if kind is RecordChoiceField:
            found[name].limit(powers)
        if kind is forms.CharField:
            found[name].widget = forms.Textarea(attrs={"rows": 1})
        if kind is forms.DateField:
            found[name].widget = forms.DateInput(attrs={"type": "date"})
    return found
