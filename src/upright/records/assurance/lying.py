"""Where records lay, as the ledger held them at a moment: their unit, else that of what they belong to.

``power.unit_of`` says the same of a record as it stands; these say it again later.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from upright.ledger.leaves import parse_leaf
from upright.records.identity.models import Unit
from upright.records.identity.power import ABOVE, unit_of
from upright.records.trail.history import recorded
from upright.records.trail.models import LedgerEntry
from upright.records.trail.record import find, record_types

MOST_LINKS = 8
"""From a record to the unit that it lies in, by way of others."""
_MANY = 500  # references in one query


def next_of(ref: str, said: Mapping[str, Any]) -> str:
    """The unit that an entry's body names for its record, else the record that says it; empty: neither."""
    if said.get("unit"):
        return str(said["unit"])
    model = record_types().get(ref.partition(":")[0])
    links = (model.lies_with, *ABOVE) if model is not None else ABOVE
    return next((str(said[name]) for name in links if name and said.get(name)), "")


def lay_in(refs: Iterable[str], before: str) -> dict[str, str]:
    """The unit in which each record lay at a moment, by reference; empty: in none, so in the whole organisation.

    Args:
        refs: records.
        before: only entries made before this time count, as text in UTC such as ``2026-07-01``.
    """
    at = {ref: ref for ref in refs}
    for _ in range(MOST_LINKS):
        open_still = {place for place in at.values() if place and not _is_unit(place)}
        if not open_still:
            break
        said = held(open_still, before)
        ahead = {one: next_of(one, said[one]) if one in said else _now(one) for one in open_still}
        at = {ref: ahead.get(place, place) for ref, place in at.items()}
    return {ref: place if _is_unit(place) else "" for ref, place in at.items()}


def parents(before: str) -> dict[str, str]:
    """Each unit and the one above it at a moment (of one that is younger, now); empty: none."""
    now = {ref: parent or "" for ref, parent in Unit.objects.values_list("ref", "parent__ref")}
    return now | {ref: str(said.get("parent") or "") for ref, said in held(now, before).items()}


def line(unit: str, above: Mapping[str, str]) -> tuple[str, ...]:
    """A unit and those above it, nearest first.

    >>> line("unit:a", {"unit:a": "unit:b", "unit:b": ""})
    ('unit:a', 'unit:b')
    """
    found: list[str] = []
    while unit and unit not in found:
        found.append(unit)
        unit = above.get(unit, "")
    return tuple(found)


def held(refs: Collection[str], before: str) -> dict[str, dict[str, Any]]:
    """What the newest entry before a moment holds of each record; none of one that had no entry, or is erased."""
    wanted, newest = sorted(refs), {}
    for start in range(0, len(wanted), _MANY):
        asked = LedgerEntry.objects.filter(ref__in=wanted[start : start + _MANY])
        rows = asked.order_by("index").values_list("ref", "index", "leaf")
        for ref, index, leaf in rows:
            said = parse_leaf(bytes(leaf))
            if said.type == "record" and said.time < before:
                newest[ref] = index
    found: dict[str, dict[str, Any]] = {}
    indexes = sorted(newest.values())
    for start in range(0, len(indexes), _MANY):
        for entry in recorded(LedgerEntry.objects.filter(index__in=indexes[start : start + _MANY])):
            if entry.body is not None:
                found[entry.ref] = msgspec.json.decode(entry.body).get("record") or {}
    return found


def _is_unit(ref: str) -> bool:
    return ref.startswith("unit:")


def _now(ref: str) -> str:
    """Where a record lies whose entry holds nothing any more; its row stays when its personal data go."""
    record = find(ref)
    unit = None if record is None else Unit.objects.filter(pk=unit_of(record)).first()
    return "" if unit is None else unit.ref
