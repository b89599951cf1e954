"""What happened lately, as far as somebody may read what it happened to."""

from collections import defaultdict
from dataclasses import dataclass, replace

import msgspec

from upright.desk.description import registered
from upright.desk.visible import visible
from upright.ledger.leaves import parse_leaf
from upright.records.identity.models import Person
from upright.records.identity.power import Powers
from upright.records.trail.models import LedgerEntry

_LOOKED_AT = 200


class _Said(msgspec.Struct):
    action: str = ""
    actor: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One entry of the ledger about a record."""

    entry: int
    time: str
    action: str
    actor: str
    reason: str
    ref: str
    title: str

    @property
    def what(self) -> str:
        """Its event's verb, such as changed."""
        return self.action.rpartition(".")[2].replace("_", " ")


def recent(powers: Powers, most: int) -> list[Happening]:
    """The newest entries about records that may be read, newest first, among the last two hundred of the ledger."""
    rows = LedgerEntry.objects.order_by("-index").values_list("index", "leaf", "ref", "body")[:_LOOKED_AT]
    entries = [(index, bytes(leaf), ref, bytes(body)) for index, leaf, ref, body in rows]
    titles = _titles({ref for _, _, ref, _ in entries}, powers)
    found: list[Happening] = []
    for index, raw, ref, body in entries:
        leaf = parse_leaf(raw)
        if leaf.type != "record" or ref not in titles or not any(body):
            continue
        said = msgspec.json.decode(body, type=_Said)
        found.append(
            Happening(
                entry=index,
                time=leaf.time,
                action=said.action,
                actor=said.actor,
                reason=said.reason,
                ref=ref,
                title=titles[ref],
            )
        )
        if len(found) == most:
            break
    names = {one.ref: str(one) for one in Person.objects.filter(ref__in={one.actor for one in found})}
    return [replace(one, actor=names.get(one.actor, one.actor)) for one in found]


def _titles(refs: set[str], powers: Powers) -> dict[str, str]:
    by_type: dict[str, set[str]] = defaultdict(set)
    for ref in refs:
        by_type[ref.partition(":")[0]].add(ref)
    found: dict[str, str] = {}
    for name, described in registered().items():
        if name in by_type:
            found |= {one.ref: str(one) for one in visible(described.model, powers).filter(ref__in=by_type[name])}
    return found
