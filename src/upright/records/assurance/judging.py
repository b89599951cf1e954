"""Posture and gate over the database: Facts from the ledger in a bounded number of queries, kept until they change.

The same reader makes them as in a workspace and in a pack (``posture.gather``), so all three give the same answers.
"""

import functools
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
from django.db.models import Q

from upright.gate import GateAnswer
from upright.gate import answer as gate_answer
from upright.kernel import Ref, parse_duration, parse_time, time_text
from upright.ledger import Recorded
from upright.posture import Facts, Judge, Step, evaluate, evaluator, fold, gather, lacking, next_steps
from upright.posture.posture import Counts, Status, Verdict
from upright.records.assurance.gathered import packed
from upright.records.assurance.looking import KEYS, MOST_WITH_DOCUMENTS, Look, look_at_one, looks_at
from upright.records.assurance.models import PostureRow
from upright.records.inventory.models import System
from upright.records.trail.history import recorded
from upright.records.trail.models import LedgerEntry, LedgerStream
from upright.records.trail.record import Record, record_types
from upright.records.trail.server_log import now, organisation
from upright.workspace.judge import load_catalogue

if TYPE_CHECKING:
    from upright.catalogue import Catalogue
    from upright.posture import Explanation

_READ = ("binding:", "attestation:", "key:", "system:", "workspace-system:", "binding-approval:")
_AUTHORITY = ZoneInfo("Europe/Brussels")
MOST_IN_A_REQUEST = MOST_WITH_DOCUMENTS
_MANY = 50
_KEPT = "4"  # what a kept posture holds; one of another number is judged anew


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The posture of one scope as it is kept: verdicts of the system and of the organisation, as of ``at``.

    ``gate`` answers for the stage after the system's own (None: it is at the last one, or not in these Facts);
    ``steps`` would move most, first of the system, then of the organisation. ``severity`` is its class under the EU AI
    Act with what it rests on; while questions are open it is the most severe one possible. ``lacking``: the kinds of
    evidence that keep a requirement at the gate from being met. ``entry``: the newest one that it may rest on;
    ``is_behind``: there are newer ones, and it is being judged again.
    """

    scope: str
    at: str
    until: str
    facts: str
    verdicts: tuple[Verdict, ...]
    gate: GateAnswer | None = None
    steps: tuple[Step, ...] = ()
    severity: str = ""
    open_questions: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    lacking: Mapping[str, tuple[str, ...]] = {}
    entry: int = -1
    is_behind: bool = False

    def counts(self, scope_ref: str) -> Mapping[str, Counts]:
        """By framework, how many requirements of one scope have which status."""
        by: dict[str, list[Status]] = {}
        for one in self.verdicts:
            if one.scope_ref == scope_ref:
                by.setdefault(one.requirement.partition(":")[0], []).append(one.status)
        return {framework: Counts.over(found) for framework, found in by.items()}


def catalogue() -> "Catalogue":
    """The edition in force; read once a process."""
    return load_catalogue(())


def facts_of(scope: str, at: str | None = None, shared: str = "") -> Facts:
    """What judgement sees of a system (with the organisation), or of the whole organisation; two queries.

    Args:
        scope: ``system:mortgage`` or the organisation's reference.
        at: as recorded up to then; None: now.
        shared: the organisation's reference where it is at hand.
    """
    shared = shared or organisation()
    entries = _entries(scope, shared)
    moment = at or max(time_text(now()), entries[-1].time if entries else "")
    return gather(entries, at=moment, scope=scope, catalogue=catalogue(), log="server", organisation=shared)


def posture_of(system: str, shared: str = "") -> Kept:
    """The posture of one system; recomputed only where an entry in its scope is new, or something aged since.

    ``shared`` is the organisation's reference where it is at hand, so that nothing is asked for it.
    """
    return postures([system], shared)[system]


def postures(systems: Iterable[str], shared: str = "") -> Mapping[str, Kept]:
    """The same for many systems: two queries, and what has to be recomputed. A page asks ``at_hand``."""
    looks = look(systems, shared)
    return loaded(one for one in looks.values() if one.is_fresh) | judged(
        one for one in looks.values() if not one.is_fresh
    )


def at_hand(looks: Iterable[Look], shared: str = "") -> dict[str, Kept]:
    """What a page shows of many systems without waiting: a few are judged now, of the others the last that is known.

    The worker judges ahead; until it has, what changed meanwhile reads ``is_behind``, with the entry it is as of. What
    was never judged, or has aged since, is unknown.
    """
    listed = list(looks)
    now_judged, later = in_a_request(listed)
    found = loaded([*(one for one in listed if one.is_fresh), *later])
    behind = {one.scope: msgspec.structs.replace(found[one.scope], is_behind=True) for one in later if one.entry >= 0}
    nobody_looked = [one.scope for one in later if one.entry < 0]
    named = shared or (organisation() if nobody_looked else "")
    never = {scope: unjudged(scope, named) for scope in nobody_looked}
    return found | behind | never | judged(now_judged)


def look(systems: Iterable[str], shared: str = "") -> dict[str, Look]:
    """Two queries, however many systems; one for one. Of few the document comes along, of one the Facts too.

    A posture that aged, or was judged by another edition, does not hold.
    """
    wanted, edition, moment = list(systems), edition_digest(), time_text(now())
    if len(wanted) == 1:
        return {wanted[0]: look_at_one(wanted[0], shared, edition, moment)}
    return looks_at(wanted, shared, edition, moment)


def in_a_request(looks: Iterable[Look]) -> tuple[list[Look], list[Look]]:
    """Of those that changed the few that a request may judge, those first that changed themselves; and the others.

    Where very many did, four more would not make the page truer: only those are judged that changed themselves.
    """
    changed = sorted((one for one in looks if not one.is_fresh), key=lambda one: one.own <= one.entry)
    few = [one for one in changed if 0 <= one.entry < one.own] if len(changed) > _MANY else changed
    chosen = few[:MOST_IN_A_REQUEST]
    named = {one.scope for one in chosen}
    return chosen, [one for one in changed if one.scope not in named]


def unjudged(system: str, shared: str) -> Kept:
    """All that is asked of a system and of the organisation, unknown: nobody looked yet."""
    return Kept(scope=system, at="", until="", facts="", verdicts=_all_unknown(system, shared), is_behind=True)


@functools.lru_cache(maxsize=256)
def _all_unknown(system: str, shared: str) -> tuple[Verdict, ...]:
    about = {
        one.id: {"organisation" if ask.about == "organisation" else "system" for ask in one.asks}
        for one in catalogue().requirements.values()
    }
    return tuple(
        Verdict(requirement=name, scope_ref=scope, status="unknown")
        for scope, part in ((system, "system"), (shared, "organisation"))
        for name, parts in about.items()
        if part in parts
    )


def overall(found: Iterable[Kept]) -> Mapping[str, Counts]:
    """By framework, each requirement once: folded over the organisation and every system."""
    statuses: dict[str, dict[str, Status]] = {}
    for kept in found:
        for one in kept.verdicts:
            statuses.setdefault(one.requirement, {})[one.scope_ref] = one.status
    by: dict[str, list[Status]] = {}
    for requirement, scopes in statuses.items():
        by.setdefault(requirement.partition(":")[0], []).append(fold(scopes.values()))
    return {framework: Counts.over(one) for framework, one in by.items()}


def next_stage(stage: str | None) -> str | None:
    """The life-cycle stage after one; None after the last, and where the stage is not known."""
    stages = list(catalogue().stages)
    return stages[at] if stage in stages and (at := stages.index(stage) + 1) < len(stages) else None


def gate_of(system: str, stage: str, at: str | None = None) -> GateAnswer:
    """May the system go to a stage? Evaluated anew each time.

    Raises:
        GateError: no such system with evidence here, or no such stage.
    """
    return gate_answer(facts_of(system, at), catalogue(), system=system, stage=stage)


def explain_of(requirement: str, system: str | None, at: str | None = None, *, shared: str = "") -> "Explanation":
    """Why a requirement has its status, in sentences, with the evidence ids."""
    from upright.posture import explain

    shared = shared or organisation()
    facts = facts_of(system or shared, at, shared)
    return explain(facts, catalogue(), requirement, system=system)


class Reading:
    """The log as one moment sees it: what belongs to no system is read once, whatever number of systems is judged."""

    def __init__(self) -> None:
        self.organisation = organisation()
        last = LedgerEntry.objects.order_by("-index").values("index")[:1]
        newest = recorded(LedgerEntry.objects.filter(index__in=last))
        self.at = max([time_text(now()), *(one.time for one in newest)])
        self._shared = _of_indexes([f"index:{self.organisation}", KEYS])

    def facts(self, system: str) -> Facts:
        """What judgement sees of a system; one query."""
        return gather(
            [*self._shared, *_of_indexes([f"index:{Ref.parse(system).bare}"])],
            at=self.at,
            scope=system,
            catalogue=catalogue(),
            log="server",
            organisation=self.organisation,
        )


def _entries(scope: str, shared: str) -> list[Recorded]:
    if scope.startswith("system:"):
        return _of_indexes([f"index:{Ref.parse(scope).bare}", f"index:{shared}", KEYS])
    wanted = Q()
    for prefix in read_by_posture():
        wanted |= Q(ref__gte=prefix, ref__lt=f"{prefix[:-1]};")
    return recorded(LedgerEntry.objects.filter(wanted))


def _of_indexes(indexes: list[str]) -> list[Recorded]:
    streams = LedgerStream.objects.filter(index_ref__in=indexes).values("ref")
    return recorded(LedgerEntry.objects.filter(ref__in=streams), beginning=read_by_posture())


@functools.cache
def read_by_posture() -> tuple[str, ...]:
    """What references of streams begin with that Facts may rest on: evidence, keys, and record types that speak."""
    speaking = [name for name, model in record_types().items() if model.as_evidence is not Record.as_evidence]
    return (*_READ, *(f"{name}:" for name in speaking))


def loaded(looks: Iterable[Look]) -> dict[str, Kept]:
    """What is kept of those that were looked at; nothing of one that none holds for."""
    wanted = [one for one in looks if one.entry >= 0]
    rows = [(one.scope, one.entry, one.document) for one in wanted if one.document]
    if absent := [one.scope for one in wanted if not one.document]:
        stored = PostureRow.objects.filter(scope__in=absent).values_list("scope", "newest", "document")
        rows += [(scope, entry, bytes(document)) for scope, entry, document in stored]
    return {
        scope: msgspec.structs.replace(msgspec.json.decode(document, type=Kept), entry=entry)
        for scope, entry, document in rows
    }


def judged(looks: Iterable[Look], reading: Reading | None = None) -> dict[str, Kept]:
    """Judges systems anew, as a reading sees the log that is not older than the looks, and keeps what was found."""
    wanted = list(looks)
    if not wanted:
        return {}
    edition, reading = edition_digest(), reading or Reading()
    refs = [one.scope for one in wanted]
    stages = dict(System.objects.filter(ref__in=refs).values_list("ref", "stage"))
    made: dict[str, Kept] = {}
    gathered: dict[str, bytes] = {}
    for one in wanted:
        facts = reading.facts(one.scope)
        made[one.scope] = _judged(one, facts, reading.organisation, stages.get(one.scope))
        gathered[one.scope] = packed(facts)
    PostureRow.objects.bulk_create(
        [
            PostureRow(
                scope=kept.scope,
                newest=kept.entry,
                catalogue=edition,
                at=kept.at,
                until=kept.until,
                facts=kept.facts,
                document=msgspec.json.encode(kept),
                gathered=gathered[kept.scope],
            )
            for kept in made.values()
        ],
        update_conflicts=True,
        unique_fields=["scope"],
        update_fields=["newest", "catalogue", "at", "until", "facts", "document", "gathered"],
    )
    return made


def _judged(wanted: Look, facts: Facts, shared: str, stage: str | None) -> Kept:
    system = wanted.scope
    posture = evaluate(facts, catalogue())
    judge = evaluator(facts, catalogue())
    scopes = [scope for scope in (system, judge.scopes.organisation) if scope in posture.scopes]
    classified = judge.scopes.classification(system) if system in scopes else None
    following = next_stage(stage)
    gate = None
    if following and system in scopes:
        gate = gate_answer(facts, catalogue(), system=system, stage=following)
    shown = {system, shared, "organisation"}
    return Kept(
        scope=system,
        at=facts.at,
        until=_until(facts),
        facts=posture.facts,
        verdicts=tuple(one for one in posture.verdicts if one.scope_ref in shown),
        gate=gate,
        lacking=_lacking(judge, scopes, gate),
        steps=tuple(step for scope in scopes for step in next_steps(judge, scope)),
        severity=classified.severity if classified else "",
        open_questions=classified.undetermined if classified else (),
        because=classified.because if classified else (),
        entry=wanted.newest,
    )


def _lacking(judge: Judge, scopes: list[str], gate: GateAnswer | None) -> dict[str, tuple[str, ...]]:
    named = [one.what for one in gate.missing if one.what in judge.plan.at] if gate else []
    by_scope = [lacking(judge, scope, named) for scope in scopes]
    return {one: tuple(kind for found in by_scope for kind in found[one]) for one in named}


def _until(facts: Facts) -> str:
    """When the first thing in these Facts can age: evidence by any freshness that is asked, or the day by its end."""
    at = parse_time(facts.at)
    midnight = (at.astimezone(_AUTHORITY) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    days = (at + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    moments = [midnight, days]
    for item in facts.items:
        ended = parse_time(item.ended)
        moments += [ended + span for span in _spans() if ended + span >= at]
    return time_text(max(min(moments), at + timedelta(milliseconds=1)))


@functools.cache
def _spans() -> tuple[timedelta, ...]:
    texts = {ask.fresh_for for one in catalogue().requirements.values() for ask in one.asks if ask.fresh_for}
    return tuple(sorted(parse_duration(text) for text in texts))


@functools.cache
def edition_digest() -> str:
    """One digest over the catalogue in force and over what is kept by it."""
    from upright.kernel import plain_bytes, sha256_hex

    return sha256_hex(plain_bytes(dict(catalogue().digests) | {"gates": catalogue().gates.digest, "kept": _KEPT}))
