"""What an audit programme has to reach, and what of it its audits do (9.2.2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Q

from upright.kernel import Ref, RefError
from upright.records.assurance.auditing import Audit, AuditFinding, AuditProgramme
from upright.records.identity.models import Unit
from upright.records.identity.power import units_below
from upright.records.inventory.models import System
from upright.records.risk.models import StatementOfApplicability
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


@dataclass(frozen=True, kw_only=True)
class Applying:
    """What says which controls apply to a unit, and what it says; a control without a row is in."""

    ref: str = ""
    included: Mapping[str, bool] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """Whether any statement of applicability says so."""
        return bool(self.ref)


def applying(unit: Unit) -> Applying:
    """The statement of applicability that holds for a unit: the approved one of its own, else the nearest above.

    Where neither it nor a unit above has one, nobody said what applies: ``is_known`` is false.
    """
    from upright.records.trail.server_log import organisation

    return _applying(organisation(), unit.pk, str(LedgerLog.objects.values_list("checkpoint", flat=True).first()))


@lru_cache(maxsize=64)
def _applying(organisation: str, unit: UUID, _checkpoint: str) -> Applying:
    """Remembered until the ledger grows, which its checkpoint says."""
    from upright.records.assurance.judging import facts_of

    asked = Unit.objects.get(pk=unit)
    below = units_below(asked)
    statement = _nearest_below_the_root(asked)
    if statement is not None:
        rows = statement.rows.filter(Q(system__isnull=True) | Q(system__unit__in=below)).exclude(decision="undecided")
        decided = rows.values_list("control", "decision")
        return Applying(ref=statement.ref, included=_any((control, said == "included") for control, said in decided))
    found = facts_of(organisation).soa
    ours = set(System.objects.filter(unit__in=below).values_list("ref", flat=True))
    newest: dict[tuple[str, str | None], tuple[int, bool]] = {}
    for row in found:
        key = (row.control.removeprefix(f"{FRAMEWORK}:"), row.system)
        if row.approved_index >= newest.get(key, (-1, True))[0] and (row.system is None or row.system in ours):
            newest[key] = (row.approved_index, row.included)
    said = _any((control, is_in) for (control, _), (_, is_in) in newest.items())
    return Applying(ref=organisation if found else "", included=said)


def _any(said: Iterable[tuple[str, bool]]) -> dict[str, bool]:
    """A control that is in for one system of the unit is in."""
    found: dict[str, bool] = {}
    for control, is_in in said:
        found[control] = found.get(control, False) or is_in
    return found


def _nearest_below_the_root(unit: Unit) -> StatementOfApplicability | None:
    """What the organisation's own unit approved, and what was signed elsewhere for it, posture reads as one."""
    asked: Unit | None = unit
    while asked is not None and asked.parent_id is not None:
        given = StatementOfApplicability.objects.filter(unit=asked, state=StatementOfApplicability.State.APPROVED)
        found: StatementOfApplicability | None = given.order_by("-edition", "-ref").first()
        if found is not None:
            return found
        asked = asked.parent
    return None


def demanded(unit: Unit) -> tuple[tuple[str, str], ...]:
    """Id and title of each clause, and of each control that the statement of applicability of a unit includes.

    A control without a row is in: only a row can leave it out. So where no statement holds for the unit, all are.
    """
    from upright.records.assurance.judging import catalogue

    included = applying(unit).included
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
        for name, title in demanded(programme.unit)
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
            is_one = Ref.parse(str(one)).type == "system"
        except RefError:
            is_one = False
        if not is_one:
            return f"{one!r} is no reference of a system; write it such as system:mortgage."
        if not System.objects.filter(ref=str(one)).exists():
            return f"{one} names no record here that you may read."
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
