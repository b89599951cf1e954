"""One change or move of many records at once: all of them through the door in one transaction, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import ForeignKey

from upright.desk.description import Move, RecordType
from upright.desk.forms import form_class, form_data
from upright.desk.moves import make
from upright.desk.visible import visible
from upright.kernel import Actor, InputError
from upright.records.identity.power import Powers
from upright.records.trail.door import BATCH, change
from upright.records.trail.record import Record


class BulkRefusedError(InputError):
    """One of the records refused, so none was changed; the message names it and says why."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The records that a bulk action is about, and who acts why."""

    described: RecordType
    rows: Sequence[Record]
    actor: Actor
    powers: Powers
    reason: str


def choose(described: RecordType, refs: Sequence[str], *, actor: Actor, powers: Powers, reason: str) -> Chosen:
    """The records that were selected, as far as someone may read them.

    Raises:
        InputError: none, more than a thousand, or one that is not there.
    """
    wanted = list(dict.fromkeys(refs))
    if not wanted or len(wanted) > BATCH:
        raise InputError(f"{len(wanted)} records were selected; expected 1 to {BATCH:,}.", code="UP-DESK-04")
    rows = list(visible(described.model, powers).filter(ref__in=wanted).order_by("ref"))
    missing = sorted(set(wanted) - {row.ref for row in rows})
    if missing:
        raise InputError(f"{missing[0]} is not there, or you may not read it.", code="UP-DESK-04")
    return Chosen(described=described, rows=rows, actor=actor, powers=powers, reason=reason)


def set_field(chosen: Chosen, name: str, value: Any) -> int:
    """Gives one field the same value in every record that has another; gives how many were changed.

    Raises:
        BulkRefusedError: a record refused; none was changed.
    """
    described, count = chosen.described, 0
    if name not in described.written:
        raise InputError(f"{described.title} has no field {name!r}.", code="UP-DESK-04")
    with change():
        for row in chosen.rows:
            before = form_data(row, described)
            form = form_class(described)(before | {name: value}, instance=row, powers=chosen.powers)
            if form.is_valid() and _same(before[name], form.cleaned_data[name]):
                continue
            _through(
                row,
                lambda form=form: form.write(actor=chosen.actor, reason=chosen.reason, powers=chosen.powers),
            )
            count += 1
    return count


def move_all(chosen: Chosen, move: Move, **given: Any) -> int:
    """Makes the same move of every record, with the same of what else it asks for; gives how many.

    Raises:
        BulkRefusedError: a record refused; none was moved.
    """
    with change():
        for row in chosen.rows:
            _through(
                row,
                lambda row=row: make(
                    move, row, actor=chosen.actor, reason=chosen.reason, powers=chosen.powers, **given
                ),
            )
    return len(chosen.rows)


def settable(described: RecordType) -> list[str]:
    """The fields that may be set for many at once: not the one that names, nor what must differ."""
    model = described.model
    fields = {field.name: field for field in model._meta.concrete_fields}
    names = [name for name in described.written if name != model.named_by and not fields[name].unique]
    return [
        name
        for name in names
        if fields[name].choices or isinstance(fields[name], ForeignKey) or name in described.filters
    ]


def _same(before: Any, after: Any) -> bool:
    return bool((after.ref if isinstance(after, Record) else after) == before)


def _through(row: Record, verb: Any) -> None:
    try:
        verb()
    except ValidationError as why:
        raise BulkRefusedError(f"{row.ref}: {' '.join(why.messages)} Nothing was changed.", code="UP-DESK-05") from None
    except InputError as why:
        raise BulkRefusedError(f"{row.ref}: {why.message} Nothing was changed.", code=why.code) from None
