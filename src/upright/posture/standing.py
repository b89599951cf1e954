"""Where a unit stands: state bits, evidence ids and open findings, folded over series, kinds and subjects."""

from collections.abc import Iterable
from typing import NamedTuple

from upright.posture.conditions import Demand
from upright.posture.plan import Unit
from upright.posture.series import BAD, MARKED_FAILED, NONE, OK, OLD, STATES, UNSETTLED, Cell


class Standing(NamedTuple):
    """Where a unit stands: state bits, evidence ids, open findings by evidence id."""

    bits: int
    evidence: tuple[str, ...] = ()
    findings: tuple[tuple[str, int], ...] = ()


NOTHING = Standing(NONE)


def any_of(members: Iterable[int]) -> int:
    """The state bits of a choice between kinds, from the bits and flags of its members (contracts, section 7).

    One that failed is never outvoted; what is old and was a failure keeps it old; a gap or a newer open item keeps it
    open, where it would be ok.
    """
    union, any_ok = 0, False
    for bits in members:
        union |= bits
        any_ok = any_ok or bits & STATES == OK
    if union & BAD:
        return BAD
    if union & MARKED_FAILED:
        return OLD
    if any_ok:
        return NONE if union & UNSETTLED else OK
    return OLD if union & OLD else NONE


def standing_of(cell: Cell) -> Standing:
    """Where one cell stands."""
    findings = ((cell.head.id, cell.findings),) if cell.findings and cell.head is not None else ()
    return Standing(cell.bits, cell.evidence, findings)


def joined(parts: Iterable[Standing]) -> Standing:
    """Several standings as one: the bits of all, each id and finding once."""
    bits = 0
    evidence: dict[str, None] = {}
    findings: dict[str, int] = {}
    for part in parts:
        bits |= part.bits
        evidence.update(dict.fromkeys(part.evidence))
        for name, count in part.findings:
            findings[name] = max(count, findings.get(name, 0))
    return Standing(bits, tuple(evidence), tuple(findings.items()))


def unit_standing(unit: Unit, rows: list[dict[str, dict[Demand, Standing]]]) -> Standing:
    """A unit over every subject of a system; a subject without series is a cell without evidence."""
    _, kinds, demand = unit
    if len(kinds) == len(rows) == 1:  # nearly always
        return _single(rows[0], kinds[0], demand)
    bits = 0
    parts: list[Standing] = []
    for row in rows:
        members = [row[kind].get(demand, NOTHING) if kind in row else NOTHING for kind in kinds]
        parts += [one for one in members if one is not NOTHING]
        bits |= members[0].bits & STATES if len(members) == 1 else any_of([one.bits for one in members])
    if len(parts) == 1:
        return Standing(bits, parts[0].evidence, parts[0].findings)
    whole = joined(parts)
    return Standing(bits, whole.evidence, whole.findings)


def _single(row: dict[str, dict[Demand, Standing]], kind: str, demand: Demand) -> Standing:
    by_demand = row.get(kind)
    found = NOTHING if by_demand is None else by_demand.get(demand, NOTHING)
    return found if found.bits <= STATES else Standing(found.bits & STATES, found.evidence, found.findings)
