"""What an audit programme has to reach, and what of it its audits do (9.2.2)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from upright.kernel import Ref, RefError
from upright.records.assurance.auditing import Audit, AuditFinding, AuditProgramme
from upright.records.identity.power import units_below
from upright.records.inventory.models import System
from upright.records.trail.models import LedgerLog

FRAMEWORK = "iso42001"


@dataclass(frozen=True, kw_only=True)
class Covered:
    """One clause or control: when the cycle audits it, and what earlier audits found there."""

    id: str
    title: str
    audits: tuple[Audit, ...] = ()
    earlier: tuple[AuditFinding, ...] = field(default=())

    @property
    def first(self) -> date | None:
        """When it is first audited in the cycle."""
        return min((one.starts for one in self.audits), default=None)


def reaches(named: str, requirement: str) -> bool:
    """Whether a clause that an audit names takes a requirement in: itself, or what lies below.

    >>> reaches("iso42001:A.6", "iso42001:A.6.2.4"), reaches("iso42001:A.6", "iso42001:A.61")
    (True, False)
    """
    return requirement == named or requirement.startswith(f"{named}.")


def demanded() -> tuple[tuple[str, str], ...]:
    """Id and title of each clause, and of each control that the newest approved statement of applicability includes.

    A control without a row is in: only a row can leave it out.
    """
    from upright.records.trail.server_log import organisation

    return _demanded(organisation(), str(LedgerLog.objects.values_list("checkpoint", flat=True).first()))


@lru_cache(maxsize=8)
def _demanded(organisation: str, _checkpoint: str) -> tuple[tuple[str, str], ...]:
    """Remembered until the ledger grows, which its checkpoint says."""
    from upright.records.assurance.judging import catalogue, facts_of

    newest: dict[tuple[str, str | None], tuple[int, bool]] = {}
    for row in facts_of(organisation).soa:
        key = (row.control.removeprefix(f"{FRAMEWORK}:"), row.system)
        if row.approved_index >= newest.get(key, (-1, True))[0]:
            newest[key] = (row.approved_index, row.included)
    included: dict[str, bool] = {}
    for (control, _), (_, is_in) in newest.items():
        included[control] = included.get(control, False) or is_in
    found = catalogue().frameworks[FRAMEWORK].requirements
    return tuple((one.id, one.title) for one in found if included.get(one.id.partition(":")[2], True))


def coverage(programme: AuditProgramme) -> list[Covered]:
    """Each clause and included control, the cycle's audits that reach it, and what earlier ones of its unit found."""
    planned = [] if programme.is_new else list(programme.audits.exclude(state=Audit.State.CANCELLED).order_by("starts"))
    audits = [one for one in planned if programme.starts <= one.starts and one.ends <= programme.ends]
    before = AuditFinding.objects.filter(is_reported=True, audit__ends__lt=programme.starts)
    earlier = list(before.filter(audit__unit__in=units_below(programme.unit)).select_related("audit"))
    return [
        Covered(
            id=name,
            title=title,
            audits=tuple(one for one in audits if any(reaches(clause, name) for clause in one.clauses)),
            earlier=tuple(one for one in earlier if one.is_nonconformity and reaches(one.clause, name)),
        )
        for name, title in demanded()
    ]


def programme_lacks(programme: AuditProgramme) -> str | None:
    """What a programme lacks to be approved, in words; None: nothing."""
    reasons = (
        ("importance", "which processes matter most"),
        ("earlier_results", "what earlier audits found"),
        ("methods", "its methods"),
        ("impartiality", "how auditors stay impartial"),
    )
    missing = [said for name, said in reasons if not getattr(programme, name).strip()]
    if missing:
        return f"it lacks {' and '.join(missing)}; how often something is audited has its reasons (9.2.2)."
    rows = coverage(programme)
    gaps = [one.id.partition(":")[2] for one in rows if not one.audits]
    if gaps:
        return f"no audit of the cycle reaches {', '.join(gaps)}; each clause and included control is audited (9.2.2)."
    silent = sorted({one.clause for row in rows for one in row.earlier if not _is_named(one, programme)})
    if silent:
        return f"earlier audits found nonconformities in {', '.join(silent)}, which its reasons do not name (9.2.2)."
    return None


def _is_named(finding: AuditFinding, programme: AuditProgramme) -> bool:
    return finding.clause.partition(":")[2] in programme.earlier_results


def wrong_clauses(clauses: Any) -> str | None:
    """What is wrong with a list of clauses, in words; None: nothing."""
    from upright.records.assurance.judging import catalogue

    if not isinstance(clauses, list) or not clauses:
        return "An audit has clauses in scope (9.2.2)."
    known = catalogue().requirements
    for one in clauses:
        if not isinstance(one, str) or not any(reaches(one, name) for name in known):
            return f"{one!r} is no requirement of the catalogue; write it such as iso42001:9.2 or iso42001:A.6."
    return None


def wrong_systems(systems: Any) -> str | None:
    """What is wrong with a list of systems, in words; None: nothing."""
    if not isinstance(systems, list):
        return "Systems are a list of references, one a line."
    for one in systems:
        try:
            is_there = Ref.parse(str(one)).type == "system" and System.objects.filter(ref=str(one)).exists()
        except RefError:
            is_there = False
        if not is_there:
            return f"{one!r} is no system of the inventory; write it such as system:mortgage."
    return None


def kinds_asked(clauses: Iterable[str]) -> tuple[frozenset[str], bool]:
    """The kinds of evidence that requirements in scope ask for, and whether any asks about systems."""
    from upright.records.assurance.judging import catalogue

    kinds: set[str] = set()
    of_systems = False
    for name, requirement in catalogue().requirements.items():
        if any(reaches(one, name) for one in clauses):
            for ask in requirement.asks:
                kinds |= set(ask.kinds)
                of_systems = of_systems or ask.about != "organisation"
    return frozenset(kinds), of_systems
