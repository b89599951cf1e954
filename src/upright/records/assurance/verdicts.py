"""What was judged, written down: verdicts of the gate and snapshots of posture, in streams of their own.

A verdict whose content equals the last one of its stream is not written again: when it was said, and from which Facts,
does not count.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from upright.gate import GateAnswer, demand_stage
from upright.kernel import Actor
from upright.posture import evaluate
from upright.records.assurance.judging import catalogue, edition_digest, facts_of, gate_of
from upright.records.assurance.snapshots import PostureSnapshot
from upright.records.identity.models import Unit
from upright.records.identity.power import Powers, powers_of
from upright.records.inventory.models import System
from upright.records.trail.door import Change, change, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import recorded
from upright.records.trail.models import LedgerEntry
from upright.records.trail.server_log import now, organisation
from upright.workspace.judge import posture_json, same_verdict, verdict_entry


def file_verdict(mine: Change, purpose: str, scope: str, content: Mapping[str, Any]) -> bool:
    """Queues a verdict, unless the newest of its stream says the same; whether it did."""
    entry = verdict_entry(purpose, scope, content)
    newest = LedgerEntry.objects.filter(ref=entry.ref).order_by("-index").values_list("index", flat=True).first()
    last = None if newest is None else recorded(LedgerEntry.objects.filter(index=newest))[0]
    if same_verdict(last, entry):
        return False
    mine.add(entry)
    return True


def file_gate(system: str, stage: str) -> GateAnswer:
    """Asks the gate and writes its answer down, inside the open change if there is one: for releases and stages.

    Raises:
        GateError: no such system with evidence here, or no such stage.
    """
    found = gate_of(system, stage)
    content: dict[str, Any] = {"at": found.at, "catalogue": dict(catalogue().digests)}
    content["answer"] = msgspec.to_builtins(found)
    content["answer"].pop("at", None)
    content["facts"] = content["answer"].pop("facts", "")
    with change() as mine:
        file_verdict(mine, "gate", system, content)
    return found


def ask_the_gate(
    system: System,
    *,
    stage: str,
    actor: Actor,
    reason: str = "",  # noqa: ARG001 - every move takes one; an answer is computed and needs none
    powers: Powers | None = None,
) -> System:
    """Ask the gate whether this may enter a stage; the answer is kept in the ledger, unless it is the last one again.

    Raises:
        DeniedError: the actor may not. GateError: there is no such stage.
    """
    (powers or powers_of(actor)).must("assurance.gate.ask", system)
    demand_stage(catalogue(), stage)  # before anything is gathered
    file_gate(str(system.ref), stage)
    return system


def take_snapshot(
    scope: str | None = None, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> PostureSnapshot:
    """Keep what posture is today, by counts and with the digest of the Facts; computed, never typed.

    A second one of a day on which nothing changed is the first one.

    Raises:
        DeniedError: the actor may not. RefusedError: there is no such system.
    """
    about = scope or organisation()
    system = System.objects.filter(ref=about).select_related("unit").first()
    if about != organisation() and system is None:
        raise RefusedError(f"{about} is no system of this server.", code="UP-SNAP-01")
    unit = system.unit if system is not None else Unit.objects.get(parent__isnull=True)
    (powers or powers_of(actor)).must("assurance.posture_snapshot.add", system or unit)
    facts = facts_of(about)
    counts = posture_json(evaluate(facts, catalogue()), catalogue())
    for one in counts.values():
        for name in ("at", "facts", "catalogue"):
            one.pop(name, None)
    made = PostureSnapshot(
        scope=about,
        unit=unit,
        day=now().date(),
        at=facts.at,
        facts=facts.digest(),
        catalogue=edition_digest(),
        counts=counts,
    )
    last = PostureSnapshot.objects.filter(scope=about).order_by("-ref").first()
    if last is not None and (last.day, last.counts, last.catalogue) == (made.day, made.counts, made.catalogue):
        return last  # type: ignore[no-any-return]  # Django's own manager
    with change() as mine:
        file_verdict(mine, "snapshot", about, {"at": facts.at, "facts": made.facts, "posture": counts})
        return write(made, actor=actor, action="assurance.posture_snapshot.added", reason=reason)
