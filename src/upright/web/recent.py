"""What happened lately, as far as somebody may read what it happened to: records written, evidence filed."""

from dataclasses import dataclass, replace
from itertools import pairwise

import msgspec
from django.urls import reverse
from django.utils.translation import gettext

from upright.desk.description import registered
from upright.desk.values import sentence
from upright.desk.visible import visible
from upright.ledger.leaves import parse_leaf
from upright.records.assurance.models import EvidenceRow
from upright.records.identity.models import Person
from upright.records.identity.power import Powers
from upright.records.inventory.models import System
from upright.records.trail.models import LedgerEntry, LedgerStream
from upright.web.naming import learn, nameable, who, worded
from upright.web.requests import Request
from upright.web.sentences import kinds

_LOOKED_AT = 200
_AT_ONCE = 60
_SPARE = 4
"""More entries than are shown, of which some may not be read; each type among those looked at is a query."""
_STATEMENTS = ("binding:", "attestation:")


class _Said(msgspec.Struct):
    action: str = ""
    actor: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One entry of the ledger about a record, or a statement that was filed; then ``result`` is its result."""

    entry: int
    time: str
    action: str
    actor: str
    reason: str
    ref: str
    title: str
    result: str = ""

    @property
    def what(self) -> str:
        """Its event's verb, such as changed, in the reader's language."""
        word = gettext(sentence(self.action.rpartition(".")[2].replace("_", " ")))
        return word[:1].lower() + word[1:]

    @property
    def address(self) -> str:
        """Where it is shown."""
        return reverse("web:statement", args=[self.entry]) if self.result else reverse("web:record", args=[self.ref])


def with_names(request: Request, found: list[Happening]) -> list[Happening]:
    """The same with names for references in titles; those in reasons are learned, one query a type for all together."""
    learn(request, [text for one in found for text in (one.title, one.reason)])
    return [replace(one, title=worded(request, one.title)) for one in found]


def recent(powers: Powers, most: int, since: int = 0, index_ref: str = "") -> list[Happening]:
    """The newest entries from ``since`` on that may be read, newest first, among the last two hundred of the ledger.

    ``index_ref``: only those of the streams that this index announces, such as ``index:system:mortgage``.
    """
    rows = LedgerEntry.objects.filter(index__gte=since).order_by("-index")
    if index_ref:
        rows = rows.filter(ref__in=LedgerStream.objects.filter(index_ref=index_ref).values("ref"))
    entries = [
        (index, bytes(leaf), ref, bytes(body))
        for index, leaf, ref, body in rows.values_list("index", "leaf", "ref", "body")[:_LOOKED_AT]
        if ref.startswith(_STATEMENTS) or ref.partition(":")[0] in registered()
    ]
    found: list[Happening] = []
    titles: dict[str, str] = {}
    for start, end in pairwise((0, most + _SPARE, *range(_AT_ONCE, _LOOKED_AT + _AT_ONCE, _AT_ONCE))):
        part = entries[start:end]
        titles |= _titles({ref for _, _, ref, _ in part} - titles.keys(), powers)
        filed = _filed([index for index, _, ref, _ in part if ref.startswith(_STATEMENTS)], powers)
        for index, raw, ref, body in part:
            leaf = parse_leaf(raw)
            if leaf.type == "evidence" and index in filed:
                found.append(_statement(leaf.time, filed[index]))
            elif leaf.type == "record" and ref in titles and any(body):
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
                return _named(found)
    return _named(found)


def _statement(time: str, row: EvidenceRow) -> Happening:
    return Happening(
        entry=row.index,
        time=time,
        action="assurance.statement.filed",
        actor="",
        reason="",
        ref=row.stream,
        title=row.binding or kinds(row.kinds),
        result=row.result,
    )


def _named(found: list[Happening]) -> list[Happening]:
    people = {one.actor for one in found if one.actor.startswith("person:")}
    names = {one.ref: str(one) for one in Person.objects.filter(ref__in=people)} if people else {}
    return [replace(one, actor=who(one.actor, names)) for one in found]


def _filed(indices: list[int], powers: Powers) -> dict[int, EvidenceRow]:
    if not indices:
        return {}
    rows = EvidenceRow.objects.filter(index__in=indices, system__in=visible(System, powers).values("ref"))
    return {one.index: one for one in rows}


def _titles(refs: set[str], powers: Powers) -> dict[str, str]:
    by_type: dict[str, set[str]] = {}
    for ref in refs:
        by_type.setdefault(ref.partition(":")[0], set()).add(ref)
    found: dict[str, str] = {}
    for name, described in registered().items():
        if name in by_type:
            found |= {one.ref: str(one) for one in nameable(described.model, powers).filter(ref__in=by_type[name])}
    return found
