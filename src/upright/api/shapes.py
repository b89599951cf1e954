"""What each operation takes and gives, as types made from the description; the OpenAPI document is made of them."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, get_args, get_type_hints
from uuid import UUID

from django.db import models
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, create_model
from pydantic.json_schema import SkipJsonSchema

from upright.desk.description import Move, RecordType
from upright.records.trail.fields import RefField
from upright.records.trail.record import Record

OURS = frozenset({"actor", "reason", "powers", "return"})
"""What a route gives a move itself."""
LONGEST_REASON = 4000
MOST_ITEMS = 1000
LARGEST_PAGE = 200
_REF = r"[a-z0-9._-]+(/[a-z0-9._-]+)*"
_NONE = "(none)"
_DECIMAL = r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$"


_LEFT_OUT: Any = SkipJsonSchema
NOT_SENT: Any = _LEFT_OUT[None]
"""A query parameter that was left out; no text means it."""


class Strict(BaseModel):
    """Takes what it names and nothing else."""

    model_config = ConfigDict(extra="forbid")


class Link(BaseModel):
    """One error of a field: where, what, and its code."""

    pointer: str | None = None
    parameter: str | None = None
    detail: str
    code: str


class Problem(BaseModel):
    """An error (RFC 9457). ``yours`` and ``theirs`` are the two versions of a conflict."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[Link] | None = None
    yours: dict[str, Any] | None = None
    theirs: dict[str, Any] | None = None


class Change(BaseModel):
    """A field before and after; null where that side was erased, or is a secret."""

    before: Any = None
    after: Any = None


class Step(BaseModel):
    """One entry of a record's history."""

    entry: int
    time: str
    action: str
    actor: str
    via: str
    reason: str
    is_erased: bool
    changed: dict[str, Change]


class History(BaseModel):
    """A record's history, oldest first, and where it goes on."""

    items: list[Step]
    next: str | None


class HistoryQuery(Strict):
    """Which part of a history."""

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="How many entries at most.")] = 100
    cursor: Annotated[
        str | Annotated[None, SkipJsonSchema()],
        Field(min_length=1, max_length=40, description="``next`` of the page before."),
    ] = None


@dataclass(frozen=True)
class Shapes:
    """The types of one record type."""

    create: type[BaseModel]
    update: type[BaseModel]
    shown: type[BaseModel]
    page: type[BaseModel]
    query: type[BaseModel]
    moves: Mapping[str, type[BaseModel]]


def shapes_of(described: RecordType) -> Shapes:
    """Every type that the operations of a record type need."""
    name = described.name.title().replace("-", "")
    fields = {one: described.model._meta.get_field(one) for one in described.fields}
    given = {one: _taken(field) for one, field in fields.items() if getattr(field, "editable", False)}
    whole: dict[str, Any] = {one: (kind, ... if _is_needed(fields[one]) else None) for one, kind in given.items()}
    partly: dict[str, Any] = {one: (kind, None) for one, kind in given.items()}
    new = create_model(f"{name}Fields", __base__=Strict, **whole)
    changes = create_model(f"{name}Changes", __base__=Strict, **partly)
    shown = _shown(described, name)
    return Shapes(
        create=create_model(f"New{name}", __base__=Strict, record=(new, ...), reason=(_reason(), "")),
        update=create_model(f"Changed{name}", __base__=Strict, record=(changes, ...), reason=(_reason(), "")),
        shown=shown,
        page=create_model(f"{name}Page", items=(list[shown], ...), next=(str | None, ...)),  # type: ignore[valid-type]
        query=_query(described, name),
        moves={move.__name__: made for move in described.moves if (made := _move(name, move)) is not None},
    )


def _reason(least: int = 0) -> Any:
    description = "Why, in the words of who does it; kept in the ledger."
    return Annotated[str, Field(strict=True, min_length=least, max_length=LONGEST_REASON, description=description)]


def _is_needed(field: Any) -> bool:
    return not field.blank and not field.has_default()


def _taken(field: Any) -> Any:
    """What a field takes, as JSON has it; the form says the rest."""
    kind = _json_kind(field)
    is_optional = field.null or (field.blank and isinstance(field, models.ForeignKey))
    said = Field(description=str(field.help_text or field.verbose_name))
    return Annotated[kind | None if is_optional else kind, said]


def _json_kind(field: Any) -> Any:
    if field.choices:
        values = tuple(value for value, _ in field.flatchoices if value not in (None, ""))
        return Literal[(*values, "") if field.blank else values]
    match field:
        case models.ForeignKey() if issubclass(field.related_model, Record):
            return _text(300, pattern=rf"^{field.related_model.ref_type}:{_REF}$")
        case RefField():
            types = f"({'|'.join(field.types)})" if field.types else "[a-z][a-z0-9-]*"
            least = "?" if field.blank else ""
            return _text(300, pattern=rf"^({types}:{_REF}){least}$")
        case models.BooleanField():
            return Annotated[bool, Field(strict=True)]
        case models.DecimalField():
            return _text(40, pattern=_DECIMAL)
        case models.IntegerField():
            return Annotated[int, Field(strict=True, ge=-(2**31), le=2**31 - 1)]
        case models.DateTimeField():
            return _text(40, format="date-time")
        case models.DateField():
            return _text(10, format="date")
        case models.UUIDField():
            return _text(36, format="uuid")
        case models.JSONField() if field.default is list:
            return Annotated[list[Any], Field(max_length=MOST_ITEMS)]
        case models.JSONField():
            return dict[str, Any] | list[Any]
    longest = field.max_length or 100_000
    return _text(longest, least=0 if field.blank else 1)


def _text(longest: int, *, least: int = 0, pattern: str | None = None, **schema: str) -> Any:
    return Annotated[
        str,
        Field(
            strict=True, min_length=least or None, max_length=longest, pattern=pattern, json_schema_extra=dict(schema)
        ),
    ]


def _shown(described: RecordType, name: str) -> type[BaseModel]:
    model = described.model
    fields: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.name in {"id", "ref", "version"} | model.sealed | model.unrecorded:
            continue
        fields[field.name] = (_told(field), ...)
    record = create_model(f"{name}Record", **fields)
    return create_model(
        name,
        ref=(str, ...),
        id=(UUID, ...),
        version=(int, ...),
        href=(str, ...),
        record=(record, ...),
    )


def _told(field: Any) -> Any:
    match field:
        case models.BooleanField():
            kind: Any = bool
        case models.JSONField():
            kind = Any
        case models.IntegerField():
            kind = int
        case models.DateTimeField():
            kind = datetime
        case models.DateField():
            kind = date
        case _:
            kind = str
    return kind | None if field.null and kind is not Any else kind


def _query(described: RecordType, name: str) -> type[BaseModel]:
    order = tuple(sign + one for one in sortable(described) for sign in ("", "-"))
    fields: dict[str, Any] = {
        "q": (_asked(200, "Words that all have to stand in it."), None),
        "ref": (_asked(300, "The reference of one record."), None),
        "sort": (Annotated[Literal[("", *order)], Field(description="By which column; '-' turns it.")], ""),
        "limit": (Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="How many at most.")], 50),
        "cursor": (_asked(2000, "``next`` of the page before."), None),
    }
    for one in described.filters:
        field: Any = described.model._meta.get_field(one)
        if field.choices or isinstance(field, models.BooleanField):
            words = [value for value, _ in field.flatchoices] if field.choices else ["yes", "no"]
            values = tuple(str(word) for word in words if word not in (None, ""))
            word: Any = Literal[(*values, _NONE)]
            fields[one] = (Annotated[word | NOT_SENT, Field(description=_filter_help(field))], None)
        else:
            fields[one] = (_asked(300, _filter_help(field)), None)
    return create_model(f"{name}Query", __base__=Strict, **fields)


def _filter_help(field: Any) -> str:
    what = f"Only where {field.verbose_name} is this; '{_NONE}' finds what is not set."
    return f"{what} Days as 2026-03-01..2026-03-31." if isinstance(field, models.DateField) else what


def _asked(longest: int, description: str) -> Any:
    """Left out or not empty: a filter that is set to nothing would find everything."""
    return Annotated[str | NOT_SENT, Field(min_length=1, max_length=longest, description=description)]


def sortable(described: RecordType) -> tuple[str, ...]:
    """The columns that a list is sorted by."""
    known = {field.name: field for field in described.model._meta.concrete_fields}
    names = dict.fromkeys((*described.columns, "ref"))
    return tuple(one for one in names if one in known and not isinstance(known[one], models.JSONField))


def _move(name: str, move: Move) -> type[BaseModel] | None:
    """What a move takes; None where it needs what no JSON of ours says, so that it has no route."""
    takes, hints = inspect.signature(move).parameters, get_type_hints(move)
    title = f"{name}{move.__name__.title().replace('_', '')}"
    fields: dict[str, Any] = {}
    for one, parameter in list(takes.items())[1:]:
        if one in OURS or parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        is_needed = parameter.default is inspect.Parameter.empty
        said = _argument(hints[one])
        if said is None and is_needed:
            return None
        if said is not None:
            fields[one] = (said, ... if is_needed else parameter.default)
    is_reasoned = "reason" in takes and takes["reason"].default is inspect.Parameter.empty
    fields["reason"] = (_reason(1), ...) if is_reasoned else (_reason(), "")
    return create_model(title, __base__=Strict, **fields)


def plain(hint: Any) -> tuple[Any, bool]:
    """What a parameter is without ``| None``, and whether it may be None."""
    kinds = [one for one in get_args(hint) if one is not NoneType]
    return (kinds[0], True) if isinstance(hint, UnionType) and len(kinds) == 1 else (hint, False)


def _argument(hint: Any) -> Any:
    """What JSON says for a parameter of a move; None: nothing that we know."""
    kind, is_optional = plain(hint)
    said = _said(kind)
    return said | None if is_optional and said is not None else said


def _said(kind: Any) -> Any:
    if kind is str:
        return _text(LONGEST_REASON)
    if kind in (bool, int):
        return Annotated[kind, Field(strict=True)]
    if kind is Decimal:
        return Annotated[Decimal, WithJsonSchema({"type": "string", "pattern": _DECIMAL})]
    if isinstance(kind, type) and issubclass(kind, Record):
        return _text(300, pattern=rf"^{kind.ref_type}:{_REF}$")
    return kind if isinstance(kind, type) and issubclass(kind, date | Enum) else None
