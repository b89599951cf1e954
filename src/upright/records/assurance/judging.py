"""Posture and gate over the database: Facts from the ledger in a bounded number of queries, kept until they change.

The same reader makes them as in a workspace and in a pack (``posture.gather``), so all three give the same answers.
"""

import functools
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
from django.db.models import Max, Q

from upright.gate import GateAnswer
from upright.gate import answer as gate_answer
from upright.kernel import Ref, parse_duration, parse_time, time_text
from upright.ledger import Recorded
from upright.posture import Facts, Judge, Step, evaluate, evaluator, fold, gather, lacking, next_steps
from upright.posture.posture import Counts, Status, Verdict
from upright.records.assurance.models import PostureRow
from upright.records.inventory.models import System
from upright.records.trail.history import recorded
from upright.records.trail.models import LedgerEntry, LedgerStream
from upright.records.trail.record import Record, record_types
from upright.records.trail.server_log import now, organisation, organisation_index
from upright.workspace.judge import load_catalogue

if TYPE_CHECKING:
    from upright.catalogue import Catalogue
    from upright.posture import Explanation

_READ = ("binding:", "attestation:", "key:", "system:", "workspace-system:", "binding-approval:")
_AUTHORITY = ZoneInfo("Europe/Brussels")
_KEYS = "index:keys"
_KEPT = "3"  # what a kept posture holds; one of another number is judged anew


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The posture of one scope as it is kept: verdicts of the system and of the organisation, as of ``at``.

    ``gate`` answers for the stage after the system's own (None: it is at the last one, or not in these Facts);
    ``steps`` would move most, first of the system, then of the organisation. ``severity`` is its class under the EU AI
    Act with what it rests on; while questions are open it is the most severe one possible. ``lacking``: the kinds of
    evidence that keep a requirement at the gate from being met.
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


def facts_of(scope: str, at: str | None = None) -> Facts:
    """What judgement sees of a system (with the organisation), or of the whole organisation; three queries.

    Args:
        scope: ``system:mortgage`` or the organisation's reference.
        at: as recorded up to then; None: now.
    """
    entries = _entries(scope)
    moment = at or max(time_text(now()), entries[-1].time if entries else "")
    return gather(entries, at=moment, scope=scope, catalogue=catalogue(), log="server", organisation=organisation())


def posture_of(system: str) -> Kept:
    """The posture of one system; recomputed only where an entry in its scope is new, or something aged since."""
    return _kept_or_new([system])[system]


def postures(systems: Iterable[str]) -> Mapping[str, Kept]:
    """The same for many systems: two queries, and what has to be recomputed."""
    return _kept_or_new(list(systems))


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


def explain_of(requirement: str, system: str | None, at: str | None = None) -> "Explanation":
    """Why a requirement has its status, in sentences, with the evidence ids."""
    from upright.posture import explain

    facts = facts_of(system or organisation(), at)
    return explain(facts, catalogue(), requirement, system=system)


def _entries(scope: str) -> list[Recorded]:
    wanted = Q()
    for prefix in (*_READ, *_speaking()):
        wanted |= Q(ref__gte=prefix, ref__lt=f"{prefix[:-1]};")
    rows = LedgerEntry.objects.filter(wanted)
    if scope.startswith("system:"):
        streams = LedgerStream.objects.filter(index_ref__in=_indexes(scope)).values("ref")
        rows = rows.filter(ref__in=streams)
    return recorded(rows)


@functools.cache
def _speaking() -> tuple[str, ...]:
    """What references of record types that are evidence begin with."""
    return tuple(f"{name}:" for name, model in record_types().items() if model.as_evidence is not Record.as_evidence)


def _indexes(system: str) -> list[str]:
    return [f"index:{Ref.parse(system).bare}", organisation_index(), _KEYS]


def _kept_or_new(systems: list[str]) -> dict[str, Kept]:
    newest = newest_entries(systems)
    edition, moment = edition_digest(), time_text(now())
    found: dict[str, Kept] = {}
    for row in PostureRow.objects.filter(scope__in=systems, catalogue=edition, at__lte=moment, until__gt=moment):
        if row.newest == newest[row.scope]:
            found[row.scope] = msgspec.json.decode(bytes(row.document), type=Kept)
    made = [_judged(system, newest[system], edition) for system in systems if system not in found]
    if made:
        PostureRow.objects.bulk_create(
            made,
            update_conflicts=True,
            unique_fields=["scope"],
            update_fields=["newest", "catalogue", "at", "until", "facts", "document"],
        )
    return found | {row.scope: msgspec.json.decode(row.document, type=Kept) for row in made}


def newest_entries(systems: list[str]) -> dict[str, int]:
    """By system the newest entry that its Facts could rest on."""
    ends = dict(
        LedgerStream.objects.exclude(ref__gte="index:", ref__lt="index;")
        .values_list("index_ref")
        .annotate(end=Max("newest"))
        .order_by()
    )
    shared = max(ends.get(organisation_index(), -1), ends.get(_KEYS, -1))
    return {system: max(ends.get(f"index:{Ref.parse(system).bare}", -1), shared) for system in systems}


def _judged(system: str, newest: int, edition: str) -> PostureRow:
    facts = facts_of(system)
    posture = evaluate(facts, catalogue())
    judge = evaluator(facts, catalogue())
    scopes = [scope for scope in (system, judge.scopes.organisation) if scope in posture.scopes]
    classified = judge.scopes.classification(system) if system in scopes else None
    following = next_stage(System.objects.filter(ref=system).values_list("stage", flat=True).first())
    gate = None
    if following and system in scopes:
        gate = gate_answer(facts, catalogue(), system=system, stage=following)
    kept = Kept(
        scope=system,
        at=facts.at,
        until=_until(facts),
        facts=posture.facts,
        verdicts=tuple(one for one in posture.verdicts if one.scope_ref in {system, organisation(), "organisation"}),
        gate=gate,
        lacking=_lacking(judge, scopes, gate),
        steps=tuple(step for scope in scopes for step in next_steps(judge, scope)),
        severity=classified.severity if classified else "",
        open_questions=classified.undetermined if classified else (),
        because=classified.because if classified else (),
    )
    return PostureRow(
        scope=system,
        newest=newest,
        catalogue=edition,
        at=kept.at,
        until=kept.until,
        facts=kept.facts,
        document=msgspec.json.encode(kept),
    )


def _lacking(judge: Judge, scopes: list[str], gate: GateAnswer | None) -> dict[str, tuple[str, ...]]:
    named = [one.what for one in gate.missing if one.what in judge.plan.at] if gate else []
    return {one: tuple(kind for scope in scopes for kind in lacking(judge, scope, one)) for one in named}


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
