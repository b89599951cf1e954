"""A row as the canonical value that its ledger entry holds, and that today's row is compared with."""

import hmac
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import models

from upright.kernel import decimal_text, time_text
from upright.records.trail.errors import DoorError
from upright.records.trail.record import Record
from upright.records.trail.server_log import seal_key


def project(record: Record) -> dict[str, Any]:
    """The fields of a record as JSON: links by reference, numbers as text, secrets as a keyed digest."""
    found: dict[str, Any] = {}
    for field in type(record)._meta.concrete_fields:
        if field.name in record.unrecorded or field.name == "ref":
            continue
        if isinstance(field, models.ForeignKey):
            found[field.name] = _link(record, field)
        elif field.name in record.sealed:
            found[field.name] = sealed(str(record.ref), field.name, getattr(record, field.attname))
        else:
            found[field.name] = plain(getattr(record, field.attname))
    return found


def spoken(record: Record, organisation: str) -> dict[str, Any] | None:
    """What a record says as evidence, as its entry holds it; None: nothing."""
    said = record.as_evidence()
    if said is None:
        return None
    return {
        "kinds": list(said.kinds),
        "about": organisation if said.about is None else str(said.about.bare),
        "state": said.state,
        "conclusion": said.conclusion,
        "review_by": plain(said.review_by),
        "on": plain(said.on),
        "persons": list(said.persons),
        "tied": said.is_tied,
        "occasion": said.is_occasion,
        "data": plain(said.data),
    }


def defaults(model: type[Record]) -> Mapping[str, Any]:
    """What each field holds where nobody set it, projected; for columns that a migration added later."""
    found = {}
    for field in model._meta.concrete_fields:
        value = field.get_default() if field.has_default() else None
        found[field.name] = plain(value) if value is not None else (None if field.null else "")
    return found


def differing(record: Record, said: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields in which a row is not what its newest entry says: what was entered, and what stands in the row."""
    now, fallback = project(record), defaults(type(record))
    wanted = {name: said[name] if name in said else fallback.get(name) for name in now}
    return {name: (wanted[name], now[name]) for name in sorted(now) if now[name] != wanted[name]}


def plain(value: Any) -> Any:
    """One value as JSON.

    Raises:
        DoorError: of a type that has no recorded form.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return decimal_text(value)
        case datetime():
            return time_text(value)
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Mapping():
            return {str(key): plain(one) for key, one in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
    raise DoorError(f"A {type(value).__name__} has no recorded form.", code="UP-DOOR-02")


def sealed(ref: str, name: str, secret: object) -> str:
    """A digest of a secret that only this server can make: it shows a change, and nothing of the secret."""
    if not secret:
        return ""
    text = f"upright/sealed/1\0{ref}\0{name}\0{secret}"
    return hmac.new(seal_key(), text.encode(), sha256).hexdigest()


def _link(record: Record, field: models.ForeignKey[Any, Any]) -> str | None:
    if getattr(record, field.attname) is None:
        return None
    try:
        target = getattr(record, field.name)
    except ObjectDoesNotExist:
        target = None
    if target is None:  # somebody's SQL: the database keeps it from everybody else
        return f"no row {getattr(record, field.attname)}"
    return str(target.ref) if isinstance(target, Record) else str(target.pk)
