"""The evaluator: cells once per series and demand, units per system, statuses by a table of sixteen folds."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from upright.posture.conditions import Demand, oldest_end
from upright.posture.days import authority_day
from upright.posture.facts import Facts, Item, Stream
from upright.posture.plan import ORGANISATION, Plan, Unit, demand_catalogue
from upright.posture.posture import FOLD, STATUSES, UPWARDS, Counts, FrameworkPosture, Posture, Status, Verdict
from upright.posture.scopes import Row, Scopes
from upright.posture.series import (
    BAD,
    MARKED_FAILED,
    NONE,
    OK,
    OLD,
    STATES,
    UNSETTLED,
    Cell,
    Links,
    Scales,
    Walk,
    Weighed,
    has_gap,
    in_order,
    links_of,
)
from upright.posture.subjects import Shelf, Subjects

if TYPE_CHECKING:
    from upright.catalogue import Catalogue


class Standing(NamedTuple):
    """Where a unit stands: state bits, evidence ids, open findings by evidence id."""

    bits: int
    evidence: tuple[str, ...] = ()
    findings: tuple[tuple[str, int], ...] = ()


NOTHING = Standing(NONE)
_EMPTY: Mapping[int, Standing] = {}
_NUMBER = {status: n for n, status in enumerate(STATUSES)}


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


class Judge:
    """Facts and a catalogue, indexed for judgement. ``with_items`` gives the judge of slightly other Facts, quickly."""

    def __init__(self, facts: Facts, catalogue: "Catalogue", *, plan: Plan | None = None) -> None:
        """Indexes Facts.

        Raises:
            FactsError: other rules, or a catalogue other than the one that Facts name.
        """
        facts.demand_rules()
        demand_catalogue(catalogue, facts.catalogue)
        self.facts = facts
        self.catalogue = catalogue
        self.plan = plan or Plan(catalogue, facts.catalogue)
        self.subjects = Subjects(facts)
        self.scopes = Scopes(facts, catalogue, self.plan)
        self._index(facts)
        self._targets: dict[tuple[str, str], dict[str, dict[Demand, Standing]]] = {}
        self._prepared: dict[str, tuple[bool, list[Weighed]]] = {}
        self._verdicts: dict[str, tuple[Verdict, ...]] = {}
        self._counts: dict[str, dict[str, Counts]] = {}
        self._tally: dict[str, list[int]] | None = None

    def _index(self, facts: Facts) -> None:
        day = authority_day(facts.at)
        self.shelf = Shelf(facts)
        self.links = links_of((item for items in self.shelf.items.values() for item in items), day)
        self.scales = Scales(
            at=facts.at, day=day, digests=self.subjects.digests, bound=self.shelf.bound, links=self.links
        )
        self._oldest: dict[str | None, str] = {}

    # --- cells -----------------------------------------------------------------------------------------------------

    def _prepare(self, stream: Stream) -> tuple[bool, list[Weighed]]:
        found = self._prepared.get(stream.id)
        if found is None:
            items = self.shelf.items.get(stream.id, [])
            weighed = [self.scales.weigh(item, stream) for item in in_order(items)]
            found = self._prepared[stream.id] = (has_gap(stream, items), weighed)
        return found

    def cell(self, stream: Stream, kind: str, demand: Demand) -> Cell:
        """The cell of one series under a demand."""
        gap, weighed = self._prepare(stream)
        oldest = self._oldest.get(demand.fresh_for)
        if oldest is None:
            oldest = self._oldest[demand.fresh_for] = oldest_end(self.facts.at, demand.fresh_for)
        walk = Walk(kind, demand)
        for one in weighed:
            walk.take(one)
        return walk.end(gap=gap, oldest=oldest)

    def streams_of(self, ref: str, about: str) -> Iterator[Stream]:
        """The streams whose evidence counts for a subject: about itself, or for a model about its predictions."""
        yield from self.shelf.about.get(ref, ())
        if about == "model":
            for source in self.subjects.speaking_for.get(ref, ()):
                yield from self.shelf.about.get(source, ())

    def series_of(self, ref: str, about: str, kind: str) -> list[Stream]:
        """The streams of one kind that count for a subject, one series each."""
        return [stream for stream in self.streams_of(ref, about) if kind in stream.kinds]

    def _target(self, ref: str, about: str) -> dict[str, dict[Demand, Standing]]:
        key = (ref, about)
        found = self._targets.get(key)
        if found is not None:
            return found
        found = {}
        for stream in self.streams_of(ref, about):
            for kind in stream.kinds:
                demands = self.plan.demands.get((about, kind))
                if demands is None:
                    continue
                by_demand = found.setdefault(kind, {})
                for demand in demands:
                    cell = self.cell(stream, kind, demand)
                    here = standing_of(cell)
                    before = by_demand.get(demand)
                    by_demand[demand] = here if before is None else joined((before, here))
        self._targets[key] = found
        return found

    # --- units -----------------------------------------------------------------------------------------------------

    def _units(self, targets: Mapping[str, tuple[str, ...]]) -> Mapping[int, Standing]:
        found: dict[int, Standing] = {}
        for about, refs in targets.items():
            rows = [self._target(ref, about) for ref in refs]
            touched = {n for row in rows for kind in row for n in self.plan.touched[about, kind]}
            for number in touched:
                found[number] = _unit(self.plan.units[number], rows)
        return found or _EMPTY

    def standing(self, unit: Unit, refs: Iterable[str]) -> Standing:
        """Where any unit stands over these subjects, also one that no requirement asks for."""
        rows = []
        for ref in refs:
            row: dict[str, dict[Demand, Standing]] = {}
            for kind in unit.kinds:
                cells = [self.cell(stream, kind, unit.demand) for stream in self.series_of(ref, unit.about, kind)]
                row[kind] = {unit.demand: joined(map(standing_of, cells)) if cells else NOTHING}
            rows.append(row)
        return _unit(unit, rows) if rows else NOTHING

    # --- verdicts --------------------------------------------------------------------------------------------------

    def verdicts_of(self, scope: str) -> tuple[Verdict, ...]:
        """The verdicts of one scope: a system's ref, or the organisation's."""
        found = self._verdicts.get(scope)
        if found is None:
            is_system = scope in self.subjects.targets
            targets = self.subjects.targets[scope] if is_system else {ORGANISATION: self.subjects.organisations}
            rows = self.scopes.of_system(scope) if is_system else self.scopes.of_organisation()
            units = self._units(targets)
            found = self._verdicts[scope] = tuple(_verdict(row, scope, units) for row in rows)
        return found

    def _counts_of(self, system: str) -> dict[str, Counts]:
        found = self._counts.get(system)
        if found is None:
            by_framework: dict[str, list[Status]] = {name: [] for name in self.facts.catalogue}
            for verdict in self.verdicts_of(system):
                by_framework[verdict.requirement.partition(":")[0]].append(verdict.status)
            found = {name: Counts.over(statuses) for name, statuses in by_framework.items()}
            self._counts[system] = found
        return found

    def posture(self) -> Posture:
        """Every verdict, folded."""
        organisation = self.scopes.organisation
        scopes = {organisation: self.verdicts_of(organisation)}
        scopes |= {system: self.verdicts_of(system) for system in self.subjects.systems}
        if self._tally is None:
            self._tally = {row.requirement.id: [0] * len(STATUSES) for row in self.plan.requirements}
            for verdicts in scopes.values():
                _count(self._tally, verdicts, 1)
        overall = {name: _overall(counts) for name, counts in self._tally.items()}
        return Posture(
            facts=self.facts,
            frameworks={
                name: self._framework(name, overall)
                for name in self.catalogue.frameworks
                if name in self.facts.catalogue
            },
            scopes=scopes,
            overall=overall,
        )

    def _framework(self, name: str, overall: Mapping[str, Status]) -> FrameworkPosture:
        own = [row.requirement.id for row in self.plan.requirements if row.framework.id == name]
        counts = Counts.over(overall[one] for one in own)
        return FrameworkPosture(
            id=name,
            by_system={system: self._counts_of(system)[name] for system in self.subjects.systems},
            **msgspec.structs.asdict(counts),
        )

    # --- one changed item ------------------------------------------------------------------------------------------

    def with_items(self, items: Iterable[Item], *, entries: Mapping[str, int] | None = None) -> "Judge":
        """The judge of the same Facts with these items added, or put in place of those of the same stream and number.

        Only the systems that the items' streams speak about are judged anew. ``entries`` gives the new length of a
        stream; without it a stream is as long as its highest number demands. Subjects, bindings and answers stay.
        """
        fresh = {(item.stream, item.n): item for item in items}
        lengths = dict(entries or {})
        for stream, n in fresh:
            lengths[stream] = max(lengths.get(stream, 0), n + 1)
        kept = [item for item in self.facts.items if item.stream not in lengths or (item.stream, item.n) not in fresh]
        facts = msgspec.structs.replace(
            self.facts,
            items=(*kept, *fresh.values()),
            streams=_lengthened(self.facts.streams, lengths, fresh.values()),
        )
        return self._after(facts, frozenset(lengths))

    def _after(self, facts: Facts, changed: frozenset[str]) -> "Judge":
        other = object.__new__(Judge)
        other.__dict__.update(self.__dict__)
        other.facts = facts
        other._index(facts)
        changed |= other._relinked(_changed(self.links, other.links))
        subjects = {
            shelf.streams[ref].subject for shelf in (self.shelf, other.shelf) for ref in changed if ref in shelf.streams
        }
        reached = subjects | {
            model for model, sources in self.subjects.speaking_for.items() if not subjects.isdisjoint(sources)
        }
        scopes = {system for ref in reached for system in self.subjects.owners.get(ref, ())}
        if not reached.isdisjoint(self.subjects.organisations):
            scopes.add(self.scopes.organisation)
        other._prepared = {ref: one for ref, one in self._prepared.items() if ref not in changed}
        other._targets = {key: one for key, one in self._targets.items() if key[0] not in reached}
        other._verdicts = {scope: one for scope, one in self._verdicts.items() if scope not in scopes}
        other._counts = {system: one for system, one in self._counts.items() if system not in scopes}
        other._tally = None if self._tally is None else {name: list(counts) for name, counts in self._tally.items()}
        if other._tally is not None:
            for scope in scopes:
                _count(other._tally, self._verdicts[scope], -1)
                _count(other._tally, other.verdicts_of(scope), 1)
        return other

    def _relinked(self, links: frozenset[str]) -> frozenset[str]:
        if not links:
            return frozenset()
        return frozenset(item.stream for item in self.facts.items if not links.isdisjoint(item.done_by))


def _changed(before: Links, after: Links) -> frozenset[str]:
    return (before.effective ^ after.effective) | (before.lapsed ^ after.lapsed)


def _lengthened(streams: tuple[Stream, ...], lengths: Mapping[str, int], items: Iterable[Item]) -> tuple[Stream, ...]:
    known = [
        msgspec.structs.replace(one, entries=max(one.entries, lengths[one.id])) if one.id in lengths else one
        for one in streams
    ]
    new = {item.stream: item for item in items}
    for one in streams:
        new.pop(one.id, None)
    return (
        *known,
        *(
            Stream(id=ref, kinds=item.kinds, subject=item.subject, binding=item.binding, entries=lengths[ref])
            for ref, item in new.items()
        ),
    )


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


def _unit(unit: Unit, rows: list[dict[str, dict[Demand, Standing]]]) -> Standing:
    """A unit over every subject of a system; a subject without series is a cell without evidence."""
    bits = 0
    parts: list[Standing] = []
    for row in rows:
        members = [row[kind].get(unit.demand, NOTHING) if kind in row else NOTHING for kind in unit.kinds]
        parts += [one for one in members if one is not NOTHING]
        bits |= members[0].bits & STATES if len(members) == 1 else any_of([one.bits for one in members])
    if len(parts) == 1:
        return Standing(bits, parts[0].evidence, parts[0].findings)
    whole = joined(parts)
    return Standing(bits, whole.evidence, whole.findings)


def _verdict(row: Row, scope: str, units: Mapping[int, Standing]) -> Verdict:
    requirement, numbers, applies, question, applies_from = row
    if applies == "no":
        return Verdict(requirement=requirement, scope_ref=scope, status="not_applicable")
    bits = 0
    parts = []
    for number in numbers:
        standing = units.get(number)
        if standing is None:
            bits |= NONE
        else:
            bits |= standing.bits
            parts.append(standing)
    status = FOLD[bits or NONE]
    found = parts[0] if len(parts) == 1 else joined(parts) if parts else NOTHING
    findings = sum(count for _, count in found.findings) if found.findings else 0
    if applies == "unknown":
        return Verdict(
            requirement=requirement, scope_ref=scope, status="unknown", evidence=found.evidence, open_findings=findings,
            question=question or "Whether it applies is not settled.", beneath=status, applies_from=applies_from,
        )  # fmt: skip
    return Verdict(
        requirement=requirement, scope_ref=scope, status=status, evidence=found.evidence, open_findings=findings,
        applies_from=applies_from,
    )  # fmt: skip


def _count(tally: dict[str, list[int]], verdicts: Iterable[Verdict], step: int) -> None:
    for verdict in verdicts:
        tally[verdict.requirement][_NUMBER[verdict.status]] += step


def _overall(counts: list[int]) -> Status:
    bits = 0
    for status, count in zip(STATUSES, counts, strict=True):
        if count:
            bits |= UPWARDS[status]
    return FOLD[bits] if any(counts) else "unknown"
