"""What a reference in a text may name: nobody learns from a refusal what there is where they may not read."""

from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError

from upright.kernel import Ref, RefError
from upright.records.identity.editing import right_of
from upright.records.identity.power import Powers
from upright.records.trail.fields import RefField
from upright.records.trail.record import Record, find


def unreadable(record: Record, name: str, value: Any, powers: Powers | None, read: set[str]) -> list[ValidationError]:
    """Why the references in a field of a record cannot be written: they name nothing, or what may not be read.

    What is linked already stays, and a text that is no reference of the types asked for is the model's to refuse.

    Args:
        record: as it is to be written.
        name: the field.
        value: a reference, or a list of them.
        powers: of who writes; None: the product itself.
        read: references that were found before, for the next record of an import.
    """
    field = next((one for one in type(record)._meta.concrete_fields if one.name == name), None)
    if powers is None or not (name in type(record).listed or isinstance(field, RefField)):
        return []
    types = getattr(field, "types", ())
    given = value if isinstance(value, list) else [value]
    hidden = [one for one in map(str, given) if one and one not in read and not _may_read(one, types, powers, read)]
    if hidden:
        stored = type(record)._base_manager.filter(pk=record.pk).values_list(name, flat=True).first()
        hidden = _without(hidden, stored if isinstance(stored, list) else [stored])
    return [
        ValidationError(f"{value} names no record here that you may read.", code="UP-FIELD-03") for value in hidden[:1]
    ]


def _without(hidden: Iterable[str], stored: Collection[Any]) -> list[str]:
    return [one for one in hidden if one not in stored]


def _may_read(text: str, types: Collection[str], powers: Powers, read: set[str]) -> bool:
    try:
        ref = Ref.parse(text)
    except RefError:
        return True
    if types and ref.type not in types:
        return True
    found = find(ref)
    if found is None or not powers.may(right_of(type(found), "read"), found):
        return False
    read.add(text)
    return True
