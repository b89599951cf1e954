"""Who wrote it does not approve it: what every verb that approves asks, in whichever app it stands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from uuid import UUID

import msgspec

from upright.kernel import Actor, Ref, parse_time
from upright.ledger.leaves import parse_leaf
from upright.records.identity.models import ApprovalException, Delegation, RoleAssignment, Unit
from upright.records.identity.power import Powers, is_in_force, powers_of, rights, unit_of
from upright.records.trail.errors import StandingError
from upright.records.trail.models import LedgerEntry
from upright.records.trail.record import Record
from upright.records.trail.server_log import now

SOON = timedelta(hours=24)
ALONE = "Delegate the right to an outsider whom others trust, or have a time-limited exception recorded, which shows."
_APPROVED = frozenset({"accepted", "approved", "confirmed", "released", "waived"})


@dataclass(frozen=True)
class Approval:
    """That somebody may approve, and what has to show beside it: the exception used, a pair that helps each other."""

    exception: str = ""
    flag: str = ""

    def noted(self, reason: str) -> str:
        """The reason of the approval, and beside it what has to show."""
        alone = f"Approved alone, under {self.exception}." if self.exception else ""
        return " ".join(one for one in (reason.strip(), alone, self.flag) if one)


def demand_approver(
    right: str,
    record: Record,
    *,
    actor: Actor,
    authors: Collection[str],
    powers: Powers | None = None,
    code: str = "UP-POWER-02",
    clause: str = "5.3",
) -> Approval:
    """Who approves has the right, and wrote nothing of it.

    Args:
        right: such as ``risk.risk.accept``.
        record: what is approved.
        actor: who wants to.
        authors: the references of those who wrote or own what is approved.
        powers: the actor's, where they are read already.
        code: of the refusal, where a verb has one of its own.
        clause: which asks for somebody else.

    Raises:
        DeniedError: the actor has no such right here.
        StandingError: the actor wrote it, and no exception is in force.
    """
    (powers or powers_of(actor)).must(right, record)
    exception = None
    if str(actor) in authors:
        unit = Unit.objects.filter(pk=unit_of(record)).first()
        exception = None if unit is None else exception_for(actor, unit)
        others = set() if unit is None else other_holders(right, unit, {str(actor)})
        if exception is None or others:
            who = f": {', '.join(sorted(others))}." if others else f"; nobody else can. {ALONE}"
            raise StandingError(
                f"{record.ref} is your own work, so somebody else approves it ({clause}){who}", code=code
            )
    flag = next((found for one in sorted(authors) if (found := recent_grant(str(actor), one))), "")
    return Approval("" if exception is None else str(exception.ref), flag)


def exception_for(actor: Actor | str, unit: Unit) -> ApprovalException | None:
    """The exception under which a person may approve alone in a unit today: one for it, or for a unit above."""
    today = now().date()
    query = ApprovalException.objects.filter(person__ref=str(actor), unit__in=_with_above(unit)).order_by("-ends")
    return next((one for one in query if is_in_force(one, today)), None)


def other_holders(right: str, unit: Unit, but: Collection[str]) -> set[str]:
    """Who else has a right in a unit today."""
    wanted = {"ended_at__isnull": True, "unit__in": _with_above(unit)}
    roles = RoleAssignment.objects.filter(role__in=rights().get(right, frozenset()), **wanted)
    lent = Delegation.objects.filter(**wanted).exclude(receiver__ref__in=but)
    refs = set(roles.exclude(person__ref__in=but).values_list("person__ref", flat=True))
    refs |= set(lent.values_list("receiver__ref", flat=True))
    return {ref for ref in refs if unit.pk in powers_of(Actor(Ref.parse(ref))).units(right)}


def _with_above(unit: Unit) -> set[UUID]:
    """A unit and all above it."""
    found, here = {unit.pk}, unit.parent
    while here is not None and here.pk not in found:
        found.add(here.pk)
        here = here.parent
    return found


def recent_grant(approver: str, author: str) -> str:
    """What to show where one of the two gave the other power within a day before; empty where neither did."""
    if approver == author:
        return ""
    since = now() - SOON
    for one, other in ((approver, author), (author, approver)):
        given = RoleAssignment.objects.filter(granted_at__gte=since, granted_by=one, person__ref=other).first()
        lent = Delegation.objects.filter(granted_at__gte=since, granted_by=one, receiver__ref=other).first()
        found = given or lent
        if found is not None:
            return f"{one} gave {other} {found.ref} within 24 hours before this approval."
    return ""


def same_pair_within_a_day(giver: str, holder: str) -> str:
    """What to show beside a grant where one of the two approved the other's work within a day before."""
    since = now() - SOON
    newest = LedgerEntry.objects.order_by("-index").values_list("leaf", "ref", "body").iterator(200)
    recent = takewhile(lambda row: parse_time(parse_leaf(bytes(row[0])).time) >= since, newest)
    for _, ref, body in recent:
        said = _said(bytes(body))
        if str(said.get("action", "")).rpartition(".")[2] not in _APPROVED:
            continue
        approver, author = str(said.get("actor", "")), _author(ref)
        if {approver, author} == {giver, holder}:
            return f"{approver} approved {ref} of {author} within 24 hours before this grant."
    return ""


def _author(ref: str) -> str:
    first = LedgerEntry.objects.filter(ref=ref).order_by("index").values_list("body", flat=True).first()
    return "" if first is None else str(_said(bytes(first)).get("actor", ""))


def _said(body: bytes) -> dict[str, object]:
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    return value if isinstance(value, dict) else {}
