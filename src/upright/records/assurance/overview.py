"""Many systems at a glance: the little of each kept posture that a list shows, held by a worker until it changes."""

from collections.abc import Iterable, Mapping

import msgspec

from upright.gate import GateAnswer, Missing
from upright.kernel import UprightError
from upright.posture import Step, evaluate
from upright.posture.posture import FOLD, UPWARDS, Counts, Status, Verdict
from upright.records.assurance.judging import (
    Kept,
    at_hand,
    catalogue,
    edition_digest,
    facts_of,
    in_a_request,
    look,
    unjudged,
)
from upright.records.assurance.looking import Look
from upright.records.trail.server_log import organisation

_HERE = 16  # beside the four bits of a status: the requirement is judged in this scope at all
_MOST = 4000


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One system: its own counts by framework, the gate to its next stage, its class, its next steps.

    ``bits`` holds a byte for each requirement of the catalogue: the status of system and organisation folded.
    """

    scope: str
    at: str
    counts: Mapping[str, Counts]
    bits: int
    gate: GateAnswer | None = None
    steps: tuple[Step, ...] = ()
    severity: str = ""
    open_questions: tuple[str, ...] = ()
    entry: int = -1
    is_behind: bool = False
    best: Step | None = None
    """The step that would move most."""
    alarms: tuple[Missing, ...] = ()
    """What fails or goes stale at the gate, of checks and kinds."""

    @property
    def is_judged(self) -> bool:
        """Whether anybody looked yet; else all of it is unknown."""
        return bool(self.at)


_known: dict[tuple[str, str, str], Summary] = {}
_past: dict[tuple[str, str, str], Summary | None] = {}


def summaries(systems: Iterable[str], shared: str = "") -> Mapping[str, Summary]:
    """The summary of each system without waiting (``judging.at_hand``); two queries where nothing changed."""
    return summed_up(look(systems, shared), shared)


def summed_up(looks: Mapping[str, Look], shared: str = "") -> Mapping[str, Summary]:
    """The same of systems that were looked at; ``shared`` is the organisation's reference where it is at hand."""
    edition = edition_digest()
    later = frozenset(one.scope for one in in_a_request(looks.values())[1])
    found: dict[str, Summary] = {}
    never: Summary | None = None
    for scope, one in looks.items():
        is_late = scope in later
        if not is_late and not one.is_fresh:
            continue
        if one.entry < 0:
            never = never or _of(unjudged(scope, shared or organisation()))
            found[scope] = msgspec.structs.replace(never, scope=scope)
        elif (held := _known.get((scope, one.facts, edition))) is not None:
            is_same = held.entry == one.entry and held.is_behind == is_late
            found[scope] = (
                held
                if is_same
                else _hold(
                    (scope, one.facts, edition), msgspec.structs.replace(held, entry=one.entry, is_behind=is_late)
                )
            )
    for scope, kept in at_hand((one for scope, one in looks.items() if scope not in found), shared).items():
        found[scope] = _hold((scope, kept.facts, edition), _of(kept))
    return {one: found[one] for one in looks}


def summary_at(system: str, at: str) -> Summary | None:
    """The same as recorded up to a past moment; None where the system was not there. The past does not change."""
    key = (system, at, edition_digest())
    if key not in _past:
        if len(_past) > _MOST:
            _past.clear()
        _past[key] = _judged_at(system, at)
    return _past[key]


def overall(found: Iterable[Summary]) -> Mapping[str, Counts]:
    """By framework, each requirement once: folded over the organisation and these systems."""
    bits = 0
    for one in found:
        bits |= one.bits
    by: dict[str, list[Status]] = {}
    for requirement, byte in zip(catalogue().requirements, bits.to_bytes(_width(), "little"), strict=True):
        if byte & _HERE:
            by.setdefault(requirement.partition(":")[0], []).append(FOLD[byte & 15])
    return {framework: Counts.over(one) for framework, one in by.items()}


def _hold(key: tuple[str, str, str], made: Summary) -> Summary:
    if len(_known) > _MOST:
        _known.clear()
    _known[key] = made
    return made


def _of(kept: Kept) -> Summary:
    return Summary(
        scope=kept.scope,
        at=kept.at,
        counts=kept.counts(kept.scope),
        bits=_bits(kept.verdicts),
        gate=kept.gate,
        steps=kept.steps,
        severity=kept.severity,
        open_questions=kept.open_questions,
        entry=kept.entry,
        is_behind=kept.is_behind,
        best=max(kept.steps, key=weight, default=None),
        alarms=tuple(
            one
            for one in (kept.gate.missing if kept.gate else ())
            if one.status in {"failing", "stale"} and ":" not in one.what
        ),
    )


def weight(step: Step) -> tuple[int, str, str]:
    """How much a step moves; equal ones are told apart by name."""
    return len(step.moves), step.scope, step.kind


def _judged_at(system: str, at: str) -> Summary | None:
    facts = facts_of(system, at)
    if system not in facts.systems:
        return None
    try:
        posture = evaluate(facts, catalogue())
    except UprightError:  # judged by rules or an edition that are not here any more
        return None
    own = posture.scopes.get(system, ())
    counts = {name: found.by_system[system] for name, found in posture.frameworks.items() if system in found.by_system}
    shared = [one for scope, verdicts in posture.scopes.items() if scope != system for one in verdicts]
    return Summary(scope=system, at=at, counts=counts, bits=_bits([*own, *shared]))


def _bits(verdicts: Iterable[Verdict]) -> int:
    found = bytearray(_width())
    at = _places()
    for one in verdicts:
        found[at[one.requirement]] |= UPWARDS[one.status] | _HERE
    return int.from_bytes(found, "little")


def _width() -> int:
    return len(catalogue().requirements)


def _places() -> Mapping[str, int]:
    if not _order:
        _order.update({name: n for n, name in enumerate(catalogue().requirements)})
    return _order


_order: dict[str, int] = {}
