"""A record type is described, not programmed: names and functions from elsewhere, never hooks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.translation import gettext

from upright.kernel import InputError
from upright.records.identity.editing import right_of
from upright.records.trail.record import Record

Place = Literal[
    "systems",
    "risks",
    "controls",
    "evidence",
    "monitoring",
    "incidents",
    "improvement",
    "organisation",
    "reports",
]
Move = Callable[..., Any]
"""A verb of an app's ``actions.py``: (record, *, actor, reason, …) -> record. Its name and docstring are shown.

A page rehearses it up to its first write, so nothing that lasts happens before that. Whatever else it takes (text,
number, day, record) its form asks for."""


@dataclass(frozen=True, kw_only=True)
class RecordType:
    """What the desk needs to know of a type.

    Attributes:
        model: the record.
        place: where in the navigation it stands.
        clause: the requirement that asks for it, such as ``iso42001:A.4.2``; the form shows its title.
        purpose: what this is for, in one sentence of our own; shown where there is none yet.
        columns: of the list; the first is the link. filters, search: fields. sections: of form and detail.
        moves: verbs that change its state.
        due: its fields that are due dates; None: by their names (``collaboration.due``).
        external_id: the field that an import matches rows by, besides the reference.
        adds: what its button says, such as ``Propose an AI use``; empty: Add, and what one is called.
        is_typed: whether people write it by form, API or import; else it comes about by other means and is only moved.
    """

    model: type[Record]
    place: Place
    clause: str
    purpose: str
    columns: tuple[str, ...]
    filters: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    moves: tuple[Move, ...] = ()
    due: tuple[str, ...] | None = None
    external_id: str | None = None
    adds: str = ""
    is_typed: bool = True

    @property
    def name(self) -> str:
        """Its name in addresses and files, such as ``system``: the type of its references."""
        return self.model.ref_type

    @property
    def noun(self) -> str:
        """What one is called within a sentence, in the reader's language."""
        return gettext(str(self.model._meta.verbose_name))

    @property
    def nouns(self) -> str:
        """What several are called within a sentence."""
        return gettext(str(self.model._meta.verbose_name_plural))

    @property
    def title(self) -> str:
        """What one is called on screen; names keep their capitals."""
        return self.noun[:1].upper() + self.noun[1:]

    @property
    def plural(self) -> str:
        """What several are called on screen."""
        return self.nouns[:1].upper() + self.nouns[1:]

    @property
    def adding(self) -> str:
        """What its button says, and the page that it opens."""
        return gettext(self.adds) if self.adds else gettext("Add %(title)s") % {"title": self.noun}

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of a record's page, in the order of the sections."""
        return tuple(name for names in self.sections.values() for name in names)

    @property
    def written(self) -> tuple[str, ...]:
        """Those of them that people write; the rest (a state, a stage) moves only by a verb."""
        return tuple(name for name in self.fields if self.model._meta.get_field(name).editable)

    def right(self, verb: str) -> str:
        """The right to do something with it."""
        return right_of(self.model, verb)


_TYPES: dict[str, RecordType] = {}


def register(described: RecordType) -> RecordType:
    """Adds a description.

    Raises:
        ValueError: the type is described already, or names a field that its model does not have.
    """
    known = {one.name for one in described.model._meta.get_fields()}
    named = {*described.columns, *described.filters, *described.search, *described.fields, *(described.due or ())}
    if described.name in _TYPES or not named <= known:
        missing = ", ".join(sorted(named - known))
        raise ValueError(f"{described.name}: described twice, or fields that are not there: {missing}")
    _TYPES[described.name] = described
    return described


def registered() -> Mapping[str, RecordType]:
    """Every described type by name."""
    return dict(_TYPES)


def record_type(name: str) -> RecordType:
    """The description of a type; an ``InputError`` where there is none of that name."""
    found = _TYPES.get(name)
    if found is None:
        raise InputError(f"There is no record type {name!r}; there are {', '.join(sorted(_TYPES))}.", code="UP-DESK-01")
    return found
