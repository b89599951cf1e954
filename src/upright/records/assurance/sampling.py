"""Samples that anyone can draw again: the population by rule from the ledger, the draw by a documented algorithm.

Population: the references of all records of a type that were first entered within the period (and, where a system is
named, whose stream that system's index announces), as the ledger held them at the end of the period. Where the audit is
of a unit below the whole organisation, those that lay in that unit or below it at that moment, and, of what an
organisation lays down for the units below, those that lay above it.
Draw: each reference is ranked by the SHA-256 of ``upright/sample/1``, a line feed, the seed, a line feed and the
reference, in UTF-8; the first ``size`` by that digest are the sample, in that order. Another population member changes
no other's rank, so a sample of 20 begins with the sample of 10.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from upright.ledger.leaves import parse_leaf
from upright.records.assurance.lying import lay_in, line, parents
from upright.records.identity.editing import right_of
from upright.records.identity.power import reaches_up
from upright.records.trail.models import LedgerEntry, LedgerStream
from upright.records.trail.record import record_types
from upright.records.trail.server_log import server_log


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A population and what was drawn from it."""

    population: tuple[str, ...]
    members: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over the sorted references of the population, one a line."""
        return hashlib.sha256("\n".join(sorted(self.population)).encode()).hexdigest()


def ranked(population: Iterable[str], seed: str, size: int) -> tuple[str, ...]:
    """The first ``size`` references of a population by the digest of seed and reference.

    >>> ranked(["risk:2026-0001", "risk:2026-0002", "risk:2026-0003"], "spring", 2)
    ('risk:2026-0002', 'risk:2026-0001')
    """

    def rank(ref: str) -> str:
        return hashlib.sha256(f"upright/sample/1\n{seed}\n{ref}".encode()).hexdigest()

    return tuple(sorted(set(population), key=rank)[:size])


def population(what: str, since: date, until: date, system: str = "", within: str = "") -> tuple[str, ...]:
    """The references of records of a type that were first entered from ``since`` to ``until``, both included (UTC).

    ``within`` is the unit that they lay in, or below which; empty: wherever they lay.
    """
    streams = LedgerStream.objects.filter(ref__gte=f"{what}:", ref__lt=f"{what};")
    if system:
        streams = streams.filter(index_ref=f"index:{system}")
    entries = LedgerEntry.objects.filter(ref__in=streams.values("ref")).order_by("index").values_list("ref", "leaf")
    first, after = since.isoformat(), (until + timedelta(days=1)).isoformat()
    times = {}
    for ref, leaf in entries:
        if ref not in times:
            times[ref] = parse_leaf(bytes(leaf)).time
    found = sorted(ref for ref, time in times.items() if first <= time < after)
    return tuple(found if not within else _within(found, what, within, after))


def _within(refs: Sequence[str], what: str, within: str, after: str) -> list[str]:
    """Those that lay in a unit or below it, and where a type holds for the units below, those that lay above it."""
    above = parents(after)
    lay, over = lay_in(refs, after), line(within, above)
    inherited = set(over) if _holds_below(what) else set()
    return [ref for ref in refs if within in line(lay[ref], above) or (lay[ref] or over[-1]) in inherited]


def _holds_below(what: str) -> bool:
    model = record_types().get(what)
    return model is not None and reaches_up(right_of(model, "read"))


def draw(what: str, since: date, until: date, *, system: str = "", within: str = "", seed: str, size: int) -> Drawn:
    """A sample: the same arguments give the same one for as long as the ledger stands."""
    members: Sequence[str] = population(what, since, until, system, within)
    return Drawn(population=tuple(members), members=ranked(members, seed, size))


def unpicked_seed() -> str:
    """The root of the ledger now: nobody chooses it."""
    return server_log().view().root().hex()
