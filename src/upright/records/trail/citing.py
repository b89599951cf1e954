"""What may no more be named (a superseded document) is not named anew; where it is named already, it stays."""

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db.models import ForeignKey

from upright.kernel import RefError
from upright.records.trail.fields import RefField
from upright.records.trail.record import Record, find, record_types

HANGS = frozenset({"about", "record"})
"""Links of what hangs on a record (a comment, a task, its disposal): they name it to deal with it, and may."""


def demand_citable(record: Record) -> None:
    """Returns nothing if each record that this one newly names may be named.

    Raises:
        ValidationError: by field, with the reason that the named record gives.
    """
    wrong = {}
    for name, linked in _named(record):
        why = linked.uncitable()
        if why is not None and not _named_before(record, name):
            wrong[name] = ValidationError(why, code="UP-FIELD-07")
    if wrong:
        raise ValidationError(wrong)


def _named(record: Record) -> Iterator[tuple[str, Record]]:
    for field in record._meta.concrete_fields:
        if field.name in HANGS:
            continue
        if isinstance(field, ForeignKey) and _asks(field.related_model):
            linked = getattr(record, field.name)
            if isinstance(linked, Record):
                yield field.name, linked
        elif isinstance(field, RefField):
            found = _found(str(getattr(record, field.attname) or ""))
            if found is not None:
                yield field.name, found


def _found(text: str) -> Record | None:
    if not _asks(record_types().get(text.partition(":")[0])):
        return None
    try:
        return find(text)
    except RefError:
        return None


def _asks(model: object) -> bool:
    return isinstance(model, type) and issubclass(model, Record) and model.uncitable is not Record.uncitable


def _named_before(record: Record, name: str) -> bool:
    field = record._meta.get_field(name)
    attname = str(getattr(field, "attname", name))
    before = type(record)._base_manager.filter(pk=record.pk).values_list(attname, flat=True).first()
    return not record.is_new and before == getattr(record, attname)
