"""The evaluator: cells once per series and demand, units per system, statuses by a table of sixteen folds."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

import msgspec

from upright.kernel import without_collecting
from upright.posture.conditions import Demand, oldest_end
from upright.posture.days import authority_day
from upright.posture.facts import Facts, Item, Stream
from upright.posture.plan import ORGANISATION, Plan, Unit, demand_catalogue
from upright.posture.posture import FOLD, STATUSES, UPWARDS, Counts, FrameworkPosture, Posture, Status, Verdict
from upright.posture.scopes import Row, Scopes
from upright.posture.series import (
    LINKING_KINDS,
    NONE,
    Cell,
    Links,
    Scales,
    Walk,
    Weighed,
    cell_of_one,
    has_gap,
    in_order,
    links_of,
)
from upright.posture.standing import NOTHING, Standing, joined, standing_of, unit_standing
from upright.posture.subjects import ABOUT, Shelf, Subjects

if TYPE_CHECKING:
    from upright.catalogue import Catalogue


K = TypeVar("K")
V = TypeVar("V")


_EMPTY: Mapping[int, Standing] = {}
_NUMBER = {status: n for n, status in enumerate(STATUSES)}


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
        self.day = authority_day(facts.at)
        self._oldest: dict[str | None, str] = {}
        self.shelf = Shelf(facts)
        self._weigh_by(links_of((item for items in self.shelf.items.values() for item in items), self.day))
        self._targets: dict[tuple[str, str], dict[str, dict[Demand, Standing]]] = {}
        self._prepared: dict[str, tuple[bool, list[Weighed]]] = {}
        self._verdicts: dict[str, tuple[Verdict, ...]] = {}
        self._counts: dict[str, dict[str, Counts]] = {}
        self._tally: dict[str, list[int]] | None = None

    def _weigh_by(self, links: Links) -> None:
        self.links = links
        self.scales = Scales(
            at=self.facts.at, day=self.day, digests=self.subjects.digests, bound=self.shelf.bound, links=links
        )

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
        if len(weighed) == 1 and not gap and weighed[0].weight == "passed":  # mostly: one good run, nothing else
            return cell_of_one(weighed[0], kind, demand, oldest)
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
            kinds = rows[0].keys() if len(rows) == 1 else dict.fromkeys(kind for row in rows for kind in row)
            for number in self.plan.touched_by(about, tuple(kinds)):
                found[number] = unit_standing(self.plan.units[number], rows)
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
        return unit_standing(unit, rows) if rows else NOTHING

    # --- verdicts --------------------------------------------------------------------------------------------------

    def verdicts_of(self, scope: str) -> tuple[Verdict, ...]:
        """The verdicts of one scope: a system's ref, or the organisation's."""
        found = self._verdicts.get(scope)
        if found is None:
            is_system = scope in self.subjects.targets
            targets = self.subjects.targets[scope] if is_system else {ORGANISATION: self.subjects.organisations}
            rows = self.scopes.of_system(scope) if is_system else self.scopes.of_organisation()
            units = self._units(targets)
            found = self._verdicts[scope] = tuple(_verdicts_over(rows, scope, units))
        return found

    def _counts_of(self, system: str) -> dict[str, Counts]:
        found = self._counts.get(system)
        if found is None:
            by_framework: dict[str, list[Status]] = {name: [] for name in self.facts.catalogue}
            framework_of = self.plan.framework_of
            for verdict in self.verdicts_of(system):
                by_framework[framework_of[verdict.requirement]].append(verdict.status)
            found = {name: Counts.over(statuses) for name, statuses in by_framework.items()}
            self._counts[system] = found
        return found

    def posture(self) -> Posture:
        """Every verdict, folded."""
        with without_collecting():
            return self._posture()

    def _posture(self) -> Posture:
        organisation = self.scopes.organisation
        scopes = {organisation: self.verdicts_of(organisation)}
        scopes |= {system: self.verdicts_of(system) for system in self.subjects.systems}
        if self._tally is None:
            self._tally = {row.requirement.id: [0] * len(STATUSES) for row in self.plan.requirements}
            for verdicts in scopes.values():
                _count(self._tally, verdicts, 1)
        overall = {name: _overall(counts) for name, counts in self._tally.items()}
        counts = {system: self._counts_of(system) for system in self.subjects.systems}
        return Posture(
            facts=self.facts,
            frameworks={
                name: self._framework(name, overall, counts)
                for name in self.catalogue.frameworks
                if name in self.facts.catalogue
            },
            scopes=scopes,
            overall=overall,
        )

    def _framework(
        self, name: str, overall: Mapping[str, Status], by_system: Mapping[str, Mapping[str, Counts]]
    ) -> FrameworkPosture:
        own = [row.requirement.id for row in self.plan.requirements if row.framework.id == name]
        counts = Counts.over(overall[one] for one in own)
        return FrameworkPosture(
            id=name,
            by_system={system: found[name] for system, found in by_system.items()},
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
        streams, changed = _lengthened(self.facts.streams, self.shelf.declared, lengths, fresh.values())
        kept = self.facts.items
        here = (item for ref in lengths for item in self.shelf.items.get(ref, ()))
        if any((item.stream, item.n) in fresh for item in here) or not self.shelf.later.isdisjoint(lengths):
            kept = tuple(item for item in kept if (item.stream, item.n) not in fresh)
        facts = msgspec.structs.replace(self.facts, items=(*kept, *fresh.values()), streams=streams)
        return self._after(facts, self.shelf.after(facts, tuple(fresh.values()), changed), frozenset(lengths))

    def _after(self, facts: Facts, shelf: Shelf, changed: frozenset[str]) -> "Judge":
        """The judge that forgets all that these streams can reach, and keeps the rest."""
        other = object.__new__(Judge)
        other.__dict__.update(self.__dict__)
        other.facts, other.shelf = facts, shelf
        touched = [item for ref in changed for one in (self.shelf, shelf) for item in one.items.get(ref, ())]
        links = self.links
        if any(not LINKING_KINDS.isdisjoint(item.kinds) for item in touched):
            links = links_of((item for items in shelf.items.values() for item in items), self.day)
        other._weigh_by(links)
        changed |= other._relinked(_changed(self.links, links))
        subjects = {one.streams[ref].subject for one in (self.shelf, shelf) for ref in changed if ref in one.streams}
        reached = subjects | {
            model for model, sources in self.subjects.speaking_for.items() if not subjects.isdisjoint(sources)
        }
        scopes = {system for ref in reached for system in self.subjects.owners.get(ref, ())}
        if not reached.isdisjoint(self.subjects.organisations):
            scopes.add(self.scopes.organisation)
        other._prepared = _without(self._prepared, changed)
        other._targets = _without(self._targets, [(ref, about) for ref in reached for about in (*ABOUT, ORGANISATION)])
        other._verdicts = _without(self._verdicts, scopes)
        other._counts = _without(self._counts, scopes)
        if self._tally is not None:
            other._tally = {name: list(counts) for name, counts in self._tally.items()}
            for scope in scopes:
                _count(other._tally, self._verdicts[scope], -1)
                _count(other._tally, other.verdicts_of(scope), 1)
        return other

    def _relinked(self, links: frozenset[str]) -> frozenset[str]:
        if not links:
            return frozenset()
        return frozenset(item.stream for item in self.facts.items if not links.isdisjoint(item.done_by))


def _without(known: dict[K, V], gone: Iterable[K]) -> dict[K, V]:
    left = known.copy()
    for key in gone:
        left.pop(key, None)
    return left


def _changed(before: Links, after: Links) -> frozenset[str]:
    return (before.effective ^ after.effective) | (before.lapsed ^ after.lapsed)


def _lengthened(
    streams: tuple[Stream, ...], places: Mapping[str, int], lengths: Mapping[str, int], items: Iterable[Item]
) -> tuple[tuple[Stream, ...], dict[str, Stream]]:
    """The streams at their new lengths, and by id those that changed or came; ``places`` says where an id stands."""
    new = {item.stream: item for item in items}
    known = list(streams)
    is_once = len(places) == len(streams)
    for at in [places[ref] for ref in lengths if ref in places] if is_once else range(len(streams)):
        one = streams[at]
        if one.id in lengths:
            known[at] = msgspec.structs.replace(one, entries=max(one.entries, lengths[one.id]))
            new.pop(one.id, None)
    known += (
        Stream(id=ref, kinds=item.kinds, subject=item.subject, binding=item.binding, entries=lengths[ref])
        for ref, item in new.items()
    )
    changed = [known[places[ref]] for ref in lengths if ref in places] + known[len(streams) :]
    return tuple(known), {one.id: one for one in changed}


def _verdicts_over(rows: Iterable[Row], scope: str, units: Mapping[int, Standing]) -> Iterator[Verdict]:
    nothing_there = units.keys().isdisjoint
    for requirement, numbers, applies, question, applies_from in rows:
        if applies == "no":
            yield Verdict(requirement=requirement, scope_ref=scope, status="not_applicable")
            continue
        status: Status = "unknown"
        evidence: tuple[str, ...] = ()
        findings = 0
        if not nothing_there(numbers):  # mostly there is nothing yet
            parts = [units[number] for number in numbers if number in units]
            found = parts[0] if len(parts) == 1 else joined(parts)
            status = FOLD[found.bits if len(parts) == len(numbers) else found.bits | NONE]
            evidence = found.evidence
            findings = sum(count for _, count in found.findings) if found.findings else 0
        if applies == "unknown":
            yield Verdict(
                requirement=requirement, scope_ref=scope, status="unknown", evidence=evidence, open_findings=findings,
                question=question or "Whether it applies is not settled.", beneath=status, applies_from=applies_from,
            )  # fmt: skip
        else:
            yield Verdict(
                requirement=requirement, scope_ref=scope, status=status, evidence=evidence, open_findings=findings,
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
