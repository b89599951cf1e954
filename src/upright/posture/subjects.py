"""Subjects as of a moment: what each system uses, which data sets speak for which model, what stands about what."""

from collections.abc import Mapping, Sequence
from copy import copy
from functools import cached_property

from upright.posture.facts import BoundCheck, Facts, Item, Stream, Subject

ABOUT = ("system", "model", "dataset", "supplier")


class Subjects:
    """An index over the subjects of Facts, with edges valid at ``facts.at``."""

    def __init__(self, facts: Facts) -> None:
        self.by_ref: Mapping[str, Subject] = {one.ref: one for one in facts.subjects}
        self.digests: Mapping[str, str | None] = {one.ref: one.digest for one in facts.subjects}
        self.systems: tuple[str, ...] = facts.systems
        self.organisations: tuple[str, ...] = tuple(
            sorted(one.ref for one in facts.subjects if one.type == "organisation")
        )
        self.at = facts.at

    def _ends(self, subject: Subject) -> list[tuple[str, str]]:
        return [
            (edge.to, edge.role)
            for edge in subject.edges
            if edge.from_ <= self.at and (edge.until is None or self.at < edge.until)
        ]

    @cached_property
    def targets(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """For each system, by type, the subjects that asks look at: itself, its models, data sets, suppliers."""
        return {ref: self._targets(ref) for ref in self.systems}

    def _targets(self, system: str) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {about: {} for about in ABOUT}
        found["system"][system] = None
        for to, _ in self._ends(self.by_ref[system]):
            about = to.partition(":")[0]
            if about in found and about != "system":
                found[about][to] = None
        return {about: tuple(sorted(refs)) for about, refs in found.items()}

    @cached_property
    def speaking_for(self) -> Mapping[str, tuple[str, ...]]:
        """For each model the data sets that hold its predictions: only their evidence counts for it besides its own."""
        found: dict[str, set[str]] = {}
        for subject in self.by_ref.values():
            if subject.type == "dataset":
                for to, role in self._ends(subject):
                    if role == "predictions_of":
                        found.setdefault(to, set()).add(subject.ref)
        return {model: tuple(sorted(sources)) for model, sources in found.items()}

    @cached_property
    def owners(self) -> Mapping[str, tuple[str, ...]]:
        """For each subject the systems whose verdicts its evidence can change."""
        found: dict[str, set[str]] = {}
        for system, targets in self.targets.items():
            for about, refs in targets.items():
                for ref in refs:
                    found.setdefault(ref, set()).add(system)
                    if about == "model":
                        for source in self.speaking_for.get(ref, ()):
                            found.setdefault(source, set()).add(system)
        return {ref: tuple(sorted(systems)) for ref, systems in found.items()}


class Shelf:
    """Evidence by stream, with the binding in force of each; streams of retired bindings are left out."""

    def __init__(self, facts: Facts) -> None:
        self.bound: Mapping[str, BoundCheck] = {
            one.stream: one for one in facts.bindings if one.approved_index is not None and one.retired_index is None
        }
        retired = self.retired = frozenset(one.stream for one in facts.bindings if one.retired_index is not None)
        self.declared = {one.id: at for at, one in enumerate(facts.streams)}
        self.items: dict[str, list[Item]] = {}
        later = set()
        for item in facts.items:
            if item.recorded <= facts.at:
                self.items.setdefault(item.stream, []).append(item)
            else:
                later.add(item.stream)
        self.later = frozenset(later)
        """Streams with items that were recorded after the moment that is judged, and so are not on the shelf."""
        self.streams: dict[str, Stream] = {one.id: one for one in facts.streams if one.id not in retired}
        for ref, items in self.items.items():
            if ref not in self.streams and ref not in retired:  # its length is not known, so it counts as having a gap
                kinds = tuple(dict.fromkeys(kind for item in items for kind in item.kinds))
                self.streams[ref] = Stream(
                    id=ref, kinds=kinds, subject=items[0].subject, binding=items[0].binding, entries=len(items) + 1
                )
        self.about: dict[str, tuple[Stream, ...]] = {}
        about: dict[str, list[Stream]] = {}
        for stream in self.streams.values():
            about.setdefault(stream.subject, []).append(stream)
        self.about = {subject: tuple(found) for subject, found in about.items()}

    def after(self, facts: Facts, fresh: Sequence[Item], streams: Mapping[str, Stream]) -> "Shelf":
        """The shelf of Facts that differ by these items and by the streams they are in; the rest is shared."""
        if not all(ref in self.declared or ref not in self.streams for ref in streams):
            return Shelf(facts)
        other = copy(self)
        other.items, other.streams, other.about = dict(self.items), dict(self.streams), dict(self.about)
        if not self.declared.keys() >= streams.keys():
            other.declared = {one.id: at for at, one in enumerate(facts.streams)}
        other.later = self.later | {item.stream for item in fresh if item.recorded > facts.at}
        for ref, stream in streams.items():
            numbers = {item.n for item in fresh if item.stream == ref}
            kept = [item for item in self.items.get(ref, ()) if item.n not in numbers]
            other.items[ref] = kept + [item for item in fresh if item.stream == ref and item.recorded <= facts.at]
            if ref in self.retired:
                continue
            old, other.streams[ref] = self.streams.get(ref), stream
            beside = other.about.get(stream.subject, ())
            other.about[stream.subject] = (
                (*beside, stream) if old is None else tuple(stream if one is old else one for one in beside)
            )
        return other
