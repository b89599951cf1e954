"""Lists as on screen, in pages that stay put while others write: a cursor names the last row seen, not a number."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, QuerySet

from upright.api.problems import ApiError
from upright.desk.description import RecordType
from upright.desk.fields import is_writable
from upright.desk.listing import Wanted, between, matching
from upright.records.identity.power import Powers
from upright.records.trail.record import Record


def links(model: type[Record]) -> list[str]:
    """The fields whose references are told: what a query joins at once."""
    return [field.name for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]


def page(described: RecordType, asked: Mapping[str, Any], powers: Powers) -> tuple[Sequence[Record], str | None]:
    """One page, and the cursor of the next; one query.

    Raises:
        ApiError: a text that no database holds, or a cursor of another list.
    """
    for name, value in asked.items():
        if isinstance(value, str) and not is_writable(value):
            raise _refused(name, "holds a NUL or half of a surrogate pair")
    filters = {name: str(asked[name]) for name in described.filters if asked.get(name)}
    wanted = Wanted(columns=described.columns, filters=filters, search=asked.get("q") or "")
    rows = matching(described, wanted, powers)
    if asked.get("ref"):
        rows = rows.filter(ref=asked["ref"])
    order = str(asked.get("sort") or "")
    seal = sha256(json.dumps([described.name, order, wanted.address(), asked.get("ref")]).encode()).hexdigest()[:16]
    path, field = _sorted_by(described, order.removeprefix("-"))
    is_down = order.startswith("-")
    if asked.get("cursor"):
        rows = rows.filter(_after(str(asked["cursor"]), seal, path, field, is_down=is_down))
    limit = int(asked["limit"])
    found = list(_with_links(between(_in_order(rows, path, is_down=is_down), 0, limit + 1), path))
    if len(found) <= limit:
        return found, None
    return found[:limit], _cursor(seal, path, field, found[limit - 1])


def _with_links(rows: QuerySet[Record], path: str) -> QuerySet[Record]:
    """With what is told of the linked records, their references, and by what the cursor names the last row."""
    model = rows.model
    own, linked = [field.name for field in model._meta.concrete_fields], links(model)
    told = [f"{name}__{_named_by(model._meta.get_field(name).related_model)}" for name in linked]
    return rows.select_related(*linked).only(*own, *told, *([path] if path else ()))


def _named_by(linked: Any) -> str:
    return "ref" if issubclass(linked, Record) else str(linked._meta.pk.name)


def _sorted_by(described: RecordType, name: str) -> tuple[str, Any]:
    if not name:
        return "", None
    field: Any = described.model._meta.get_field(name)
    if not isinstance(field, models.ForeignKey):
        return name, field
    named = {one.name: one for one in field.related_model._meta.concrete_fields}
    by = "name" if "name" in named else "ref"
    return f"{name}__{by}", named[by]


def _in_order(rows: QuerySet[Record], path: str, *, is_down: bool) -> QuerySet[Record]:
    if not path:
        return rows.order_by("pk")
    column = F(path)
    return rows.order_by(column.desc(nulls_last=True) if is_down else column.asc(nulls_last=True), "pk")


def _cursor(seal: str, path: str, field: Any, last: Record) -> str:
    value: Any = last
    for part in path.split("__") if path else ():
        value = None if value is None else getattr(value, part)
    text = None if field is None or value is None else str(field.get_prep_value(value))
    return urlsafe_b64encode(json.dumps([seal, str(last.pk), text]).encode()).decode().rstrip("=")


def _after(cursor: str, seal: str, path: str, field: Any, *, is_down: bool) -> Q:
    try:
        said = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        found, key, text = said
        if found != seal:
            raise ApiError(
                "The cursor belongs to a list with another order or other filters.", code="UP-API-15", status=400
            )
        last = UUID(key)
        value = None if field is None or text is None else field.to_python(str(text))
    except (ValueError, TypeError, AttributeError, ArithmeticError, ValidationError, RecursionError):
        raise ApiError(
            "The cursor is none of ours; take 'next' of the page before.", code="UP-API-15", status=400
        ) from None
    if not path:
        return Q(pk__gt=last)
    if value is None:
        return Q(**{f"{path}__isnull": True}) & Q(pk__gt=last)
    beyond = Q(**{f"{path}__lt" if is_down else f"{path}__gt": value}) | Q(**{f"{path}__isnull": True})
    return beyond | (Q(**{path: value}) & Q(pk__gt=last))


def _refused(name: str, why: str) -> ApiError:
    found = {"parameter": name, "detail": f"It {why}.", "code": "UP-FIELD-06"}
    return ApiError(f"The parameter {name!r} {why}.", code="UP-API-10", status=422, errors=[found])
