"""One record as a page shows it: its sections, what links to it, its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import ForeignKey
from django.utils.translation import gettext

from upright.desk.description import RecordType, registered
from upright.desk.values import Shown, label, plain_shown, shown
from upright.records.identity.models import Person
from upright.records.identity.power import Powers
from upright.records.trail.history import Step
from upright.records.trail.record import Record


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field that an entry changed; a side that was erased says so."""

    label: str
    before: Shown
    after: Shown


def sections(described: RecordType, record: Record) -> list[tuple[str, list[tuple[str, Shown]]]]:
    """The fields of a record under the headings of its description."""
    return [
        (gettext(title), [(label(described.model, name), shown(record, name)) for name in names])
        for title, names in described.sections.items()
    ]


@dataclass(frozen=True, kw_only=True)
class Addition:
    """A type of which one can be added that belongs to the record that is shown."""

    described: RecordType
    query: str


def additions(record: Record, powers: Powers) -> list[Addition]:
    """What can be added to a record: types with a link to its type that must be set, written by people."""
    found = []
    for described in registered().values():
        for name in described.fields if described.is_typed and powers.may(described.right("add")) else ():
            field = described.model._meta.get_field(name)
            if isinstance(field, ForeignKey) and not field.null and isinstance(record, field.related_model):
                found.append(Addition(described=described, query=f"?{name}={record.ref}"))
    return found


def changes(model: type[Record], step: Step) -> list[Change]:
    """What an entry changed, field by field, in the words of the screen."""
    return [
        Change(label=label(model, name), before=plain_shown(before), after=plain_shown(after))
        for name, (before, after) in step.changed.items()
        if name not in {"id", "version"}
    ]


def people(steps: Sequence[Step]) -> Mapping[str, str]:
    """The names of those who acted; who was erased keeps the reference."""
    refs = {step.actor for step in steps if step.actor.startswith("person:")}
    return {one.ref: str(one) for one in Person.objects.filter(ref__in=refs)}
