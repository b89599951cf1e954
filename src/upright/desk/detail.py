"""One record as a page shows it: its sections, what links to it, its history."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, ForeignKey, QuerySet, Value

from upright.desk.description import RecordType, registered
from upright.desk.values import Shown, label, plain_shown, shown
from upright.desk.visible import visible
from upright.kernel import InputError
from upright.ledger import leaf_hash
from upright.records.identity.models import Person
from upright.records.identity.power import Powers
from upright.records.trail.fields import RefField
from upright.records.trail.history import Step, entries_of
from upright.records.trail.record import Record
from upright.records.trail.server_log import server_log


@dataclass(frozen=True, kw_only=True)
class Link:
    """Records of another type that point here."""

    described: RecordType
    count: int
    query: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field that an entry changed; a side that was erased says so."""

    label: str
    before: Shown
    after: Shown


def sections(described: RecordType, record: Record) -> list[tuple[str, list[tuple[str, Shown]]]]:
    """The fields of a record under the headings of its description."""
    return [
        (title, [(label(described.model, name), shown(record, name)) for name in names])
        for title, names in described.sections.items()
    ]


def links(record: Record, powers: Powers) -> list[Link]:
    """What points at a record, by type, as far as someone may read it."""
    found: list[Link] = []
    asked: dict[str, QuerySet[Record]] = {}
    for described in registered().values():
        for field in described.model._meta.concrete_fields:
            is_key = isinstance(field, ForeignKey) and isinstance(record, field.related_model)
            if not is_key and not (isinstance(field, RefField) and record.ref_type in field.types):
                continue
            rows = visible(described.model, powers).filter(**{field.name: record.pk if is_key else record.ref})
            asked[f"{described.name} {field.name}"] = rows.order_by()
    found_counts = dict(counted([one.annotate(_of=Value(name)) for name, one in asked.items()]))
    for name in asked:
        if name in found_counts:
            described, linked = registered()[name.partition(" ")[0]], name.partition(" ")[2]
            query = f"?{linked}={record.ref}" if linked in described.filters else ""
            found.append(Link(described=described, count=found_counts[name], query=query))
    return found


def counted(parts: "Sequence[QuerySet[Any, Any]]") -> Iterable[tuple[str, int]]:
    """How many rows each part has, in one query for all of them."""
    counts: list[QuerySet[Any, Any]] = [one.values("_of").annotate(_count=Count("pk")) for one in parts]
    counts = [one.values_list("_of", "_count") for one in counts]
    return counts[0].union(*counts[1:], all=True) if len(counts) > 1 else counts[0] if counts else []


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


def proof(ref: str, entry: int) -> dict[str, Any]:
    """What shows without this server that an entry stands in the log: leaf, path to the root, signed checkpoint.

    Raises:
        InputError: the entry is none of this record's.
    """
    mine = {one.index: one for one in entries_of(ref)}
    if entry not in mine:
        raise InputError(f"Entry {entry} is none of {ref}; its history lists those that are.", code="UP-DESK-03")
    body = mine[entry].body
    view = server_log().view()
    leaf = view.leaf(entry)
    return {
        "ref": ref,
        "index": entry,
        "size": view.size,
        "media_type": mine[entry].media_type,
        "leaf": leaf.decode(),
        "body": None if body is None else body.decode(),
        "body_salt": None if body is None else view.salt(entry).hex(),
        "leaf_hash": leaf_hash(leaf).hex(),
        "path": [one.hex() for one in view.prove(entry)],
        "root": view.root().hex(),
        "checkpoint": view.checkpoint,
        "how_to_check": "RFC 9162, section 2.1.3.2: hash the leaf, fold the path, compare with the checkpoint's root; "
        "'body' in the leaf is the digest of salt and body (contracts, section 4).",
    }
