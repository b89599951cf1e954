"""May somebody audit this? Not own work of the last twelve months, and with the competence for it (9.2.2, 7.2)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Q

from upright.kernel import time_text
from upright.records.assurance.coverage import kinds_asked
from upright.records.trail.history import recorded
from upright.records.trail.models import LedgerEntry, LedgerStream
from upright.records.trail.record import record_types
from upright.records.trail.server_log import now

if TYPE_CHECKING:
    from upright.records.assurance.auditing import Audit

LOOK_BACK = timedelta(days=365)
_OWNING = ("owner", "measured_by", "holder", "assignee", "overseer", "reviewer", "handler", "responsible")
_COMPETENCE = b'"competence-record"'


@dataclass(frozen=True, kw_only=True)
class Tie:
    """Why somebody is not independent: what they did with which record, and when."""

    ref: str
    what: str
    time: str

    def __str__(self) -> str:
        return f"{self.what} {self.ref} on {self.time[:10]}"


@dataclass(frozen=True)
class _Said:
    ref: str
    time: str
    actor: str
    action: str
    record: Mapping[str, Any]
    kinds: frozenset[str]

    def owners(self) -> set[str]:
        return {str(self.record[name]) for name in _OWNING if self.record.get(name)}


def ties(person: str, audit: "Audit", *, owned_only: bool = False) -> list[Tie]:
    """What somebody wrote, approved or owned in an audit's scope within the last twelve months, from the ledger.

    ``owned_only`` leaves out what they wrote or approved, as who audits asks for evidence.

    In scope is every record of a system in scope, and every record that speaks to a clause in scope.
    """
    since = time_text(now() - LOOK_BACK)
    scope = _Scope(audit)
    owned: dict[str, _Said] = {}
    found: dict[str, Tie] = {}
    for said in _entries(person):
        if not scope.takes(said):
            owned.pop(said.ref, None)
            continue
        if said.time >= since and said.actor == person and not owned_only:
            verb = said.action.rpartition(".")[2].replace("_", " ")
            found[said.ref] = Tie(ref=said.ref, what=verb, time=said.time)
        if person in said.owners():
            owned[said.ref] = said
            if said.time >= since:
                found.setdefault(said.ref, Tie(ref=said.ref, what="owned", time=said.time))
        elif said.ref in owned:
            before = owned.pop(said.ref)
            if said.time >= since:  # owned until then
                found.setdefault(said.ref, Tie(ref=said.ref, what="owned", time=before.time))
    for ref, said in owned.items():
        found.setdefault(ref, Tie(ref=ref, what="owned", time=said.time))
    return sorted(found.values(), key=lambda one: one.ref)


def is_competent(person: str, on: date) -> bool:
    """Whether an approved competence record, not past its review, says that somebody can audit, and that it works."""
    newest: dict[str, Mapping[str, Any]] = {}
    for entry in recorded(LedgerEntry.objects.filter(of_records())):
        if entry.type != "record" or entry.body is None:
            continue
        if _COMPETENCE in entry.body or entry.ref in newest:
            newest[entry.ref] = msgspec.json.decode(entry.body)
    return any(_says_competent(said, person, on) for said in newest.values())


def _says_competent(body: Mapping[str, Any], person: str, on: date) -> bool:
    """Of a record about several people (rows), or about one, such as governance keeps."""
    said, record = body.get("evidence") or {}, body.get("record") or {}
    if "competence-record" not in said.get("kinds", ()) or said.get("state") != "approved":
        return False
    if said.get("conclusion") == "failed":
        return False
    if said.get("review_by") and str(said["review_by"]) < on.isoformat():
        return False
    own = {"person": record.get("person"), "needs": f"{record.get('task')} {record.get('needs')}", "effective": True}
    rows = [*((said.get("data") or {}).get("rows") or ()), own | {"holds": record.get("holds")}]
    return any(
        isinstance(row, dict)
        and row.get("person") == person
        and row.get("effective") is True
        and "audit" in f"{row.get('needs')} {row.get('holds')}".lower()
        for row in rows
    )


class _Scope:
    def __init__(self, audit: "Audit") -> None:
        self.audit = str(audit.ref)
        self.systems = frozenset(map(str, audit.systems))
        self.kinds, self.of_systems = kinds_asked(audit.clauses)
        indexes = LedgerStream.objects.filter(index_ref__startswith="index:system:")
        self.home = {ref: index.removeprefix("index:") for ref, index in indexes.values_list("ref", "index_ref")}

    def takes(self, said: _Said) -> bool:
        """Whether an entry is of a record in scope; the audit's own records are not."""
        if said.ref == self.audit or said.record.get("audit") == self.audit:
            return False
        system = self._system(said)
        if system and self.systems:
            return system in self.systems
        if said.ref == system:
            return self.of_systems
        return not self.kinds.isdisjoint(said.kinds)

    def _system(self, said: _Said) -> str:
        if said.ref.startswith("system:"):
            return said.ref
        named = [str(said.record.get(name) or "") for name in ("system", "about")]
        return next((one for one in named if one.startswith("system:")), self.home.get(said.ref, ""))


def of_records() -> Q:
    """Entries of record types, whichever app keeps them."""
    wanted = Q()
    for name in record_types():
        wanted |= Q(ref__gte=f"{name}:", ref__lt=f"{name};")
    return wanted


def _entries(person: str) -> Iterator[_Said]:
    """Entries of every record that ever named somebody, in order."""
    needle = person.encode()
    named: set[str] = set()
    for entry in recorded(LedgerEntry.objects.filter(of_records())):
        if entry.type != "record" or entry.body is None or entry.ref.startswith(("person:", "account:", "role:")):
            continue
        if entry.ref not in named and needle not in entry.body:
            continue
        named.add(entry.ref)
        body = msgspec.json.decode(entry.body)
        spoken = body.get("evidence") or {}
        yield _Said(
            ref=entry.ref,
            time=entry.time,
            actor=str(body.get("actor") or ""),
            action=str(body.get("action") or ""),
            record=body.get("record") or {},
            kinds=frozenset(map(str, spoken.get("kinds", ()))),
        )
