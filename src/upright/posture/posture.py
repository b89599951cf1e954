"""Posture: for each requirement and scope one of six statuses, with the evidence it rests on."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import chain
from typing import Any, Literal

import msgspec

from upright.posture.facts import Facts
from upright.posture.series import BAD, NONE, OK, OLD

Status = Literal["met", "partly", "failing", "stale", "unknown", "not_applicable"]
STATUSES: tuple[Status, ...] = ("met", "partly", "failing", "stale", "unknown", "not_applicable")
UPWARDS: Mapping[Status, int] = {
    "met": OK, "partly": OK | NONE, "failing": BAD, "stale": OLD, "unknown": NONE, "not_applicable": 0,
}  # fmt: skip


def _folded(bits: int) -> Status:
    if bits & BAD:
        return "failing"
    if bits & OLD:
        return "stale"
    if bits == OK:
        return "met"
    if bits == OK | NONE:
        return "partly"
    return "unknown" if bits else "not_applicable"


FOLD: tuple[Status, ...] = tuple(_folded(bits) for bits in range(16))


def fold(statuses: Iterable[Status]) -> Status:
    """The status of a parent; of nothing at all ``unknown``, of parts that all drop out ``not_applicable``.

    >>> fold(["met", "unknown"]), fold(["met", "stale", "unknown"]), fold(["not_applicable"]), fold([])
    ('partly', 'stale', 'not_applicable', 'unknown')
    """
    bits, any_part = 0, False
    for status in statuses:
        bits |= UPWARDS[status]
        any_part = True
    return FOLD[bits] if any_part else "unknown"


class Verdict(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a requirement stands in one scope.

    Attributes:
        requirement, scope_ref: which, and for which system or for the organisation.
        status: one of six. evidence: ids of the heads of its cells and of newer open items, each once.
        open_findings: findings that stand open beside the status.
        question: what somebody has to answer while it is unknown whether the requirement applies, else None.
        beneath: while that is unknown, the status its cells alone would give, else None.
        applies_from: the day a law's duty begins (YYYY-MM-DD), or None; a future day is a flag, not a status.
    """

    requirement: str
    scope_ref: str
    status: Status
    evidence: tuple[str, ...] = ()
    open_findings: int = 0
    question: str | None = None
    beneath: Status | None = None
    applies_from: str | None = None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """A fold, and n of m: how many requirements have each status."""

    status: Status
    of: int
    met: int
    partly: int
    failing: int
    stale: int
    unknown: int
    not_applicable: int

    @classmethod
    def over(cls, statuses: Iterable[Status]) -> "Counts":
        """Counts statuses and folds them."""
        listed = list(statuses)
        counts = {status: listed.count(status) for status in STATUSES}
        return cls(status=fold(listed), of=len(listed), **counts)


class FrameworkPosture(msgspec.Struct, frozen=True, kw_only=True):
    """A framework over the whole scope, each requirement counted once, and by system.

    A system's counts hold what is asked about it; what is asked of the organisation is not copied into them.
    """

    id: str
    status: Status
    of: int
    met: int
    partly: int
    failing: int
    stale: int
    unknown: int
    not_applicable: int
    by_system: Mapping[str, Counts]


class Posture:
    """What ``evaluate`` returns. Two postures are equal where their ``to_json`` are.

    ``scopes`` holds the verdicts of each scope, the organisation first; ``overall`` folds each requirement over scopes.
    """

    def __init__(
        self,
        *,
        facts: Facts,
        frameworks: Mapping[str, FrameworkPosture],
        scopes: Mapping[str, tuple[Verdict, ...]],
        overall: Mapping[str, Status],
    ) -> None:
        self._facts = facts
        self.at = facts.at
        self.scope = facts.scope
        self.log = facts.log
        self.catalogue: Mapping[str, str] = dict(facts.catalogue)
        self.frameworks = frameworks
        self.scopes = scopes
        self.overall = overall

    @cached_property
    def facts(self) -> str:
        """The digest of the Facts it was judged from, in hex; computed when first asked for."""
        return self._facts.digest()

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Every verdict: the organisation's, then system by system, each in catalogue order."""
        return tuple(chain.from_iterable(self.scopes.values()))

    @cached_property
    def _by_key(self) -> dict[tuple[str, str], Verdict]:
        return {(one.requirement, one.scope_ref): one for one in self.verdicts}

    def verdict(self, requirement: str, scope_ref: str) -> Verdict | None:
        """The verdict on a requirement in a scope; None where nothing is asked of that scope."""
        return self._by_key.get((requirement, scope_ref))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Posture) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((self.at, self.facts))

    def to_json(self) -> dict[str, Any]:
        """The document that a pack carries as ``posture.json`` and a verification rebuilds."""
        frameworks: dict[str, Any] = {}
        for name, found in self.frameworks.items():
            counts: dict[str, Any] = msgspec.to_builtins(found)
            counts |= {"at": self.at, "facts": f"sha256:{self.facts}", "catalogue": f"sha256:{self.catalogue[name]}"}
            frameworks[name] = counts
        return {
            "upright": 1,
            "at": self.at,
            "scope": self.scope,
            "log": self.log,
            "facts": f"sha256:{self.facts}",
            "frameworks": frameworks,
            "verdicts": [msgspec.to_builtins(one) for one in self.verdicts],
        }
