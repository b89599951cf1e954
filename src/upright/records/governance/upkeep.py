"""What a framework costs in a year before it is adopted: records to keep, people, reviews; counted from its asks."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from upright.kernel import parse_duration

if TYPE_CHECKING:
    from upright.catalogue import Ask, Catalogue

_YEAR = timedelta(days=365)
_BY_PEOPLE = frozenset({"record", "document", "attestation"})
Need = tuple[str, str]
"""A kind and what it is about: one record answers it for each such thing, for every requirement that asks."""


@dataclass(frozen=True, kw_only=True)
class Upkeep:
    """What keeping a framework current takes in a year.

    Attributes:
        records: that people keep, one for each kind and each thing that it is about.
        reviews: how often in a year somebody looks at one of them and says that it holds: each is one human action.
        people: the fewest different persons that can do it: who writes does not approve.
        measured: kinds that checks and logs answer by themselves, for each thing that they are about.
        requirements: of the framework that ask for anything.
    """

    framework: str
    requirements: int
    records: int
    reviews: int
    people: int
    measured: int


def upkeep(
    edition: "Catalogue", framework: str, subjects: Mapping[str, int], *, beside: Collection[str] = ()
) -> Upkeep:
    """What a framework adds to those that are in use already.

    Of kinds that may stand for each other the first is counted, or one that a check answers; an ask that depends on a
    class, a modality or a trait counts as asked: the figure is the most that comes, not the least.

    Args:
        edition: the catalogue.
        framework: its id.
        subjects: how many systems, models, data sets and suppliers there are, by what an ask may be about.
        beside: frameworks in use; what they ask for already costs nothing more, unless it has to be fresher now.
    """
    there: dict[Need, float] = {}
    for other in beside:
        if other != framework:
            _put(there, _needs(edition, other))
    mine: dict[Need, float] = {}
    _put(mine, _needs(edition, framework))
    records = reviews = measured = 0
    keys = 1
    for (kind, about), times in mine.items():
        count = subjects.get(about, 1 if about == "organisation" else 0)
        if edition.kinds[kind].produced_by in _BY_PEOPLE:
            records += count if (kind, about) not in there else 0
            reviews += ceil(max(times - there.get((kind, about), 0), 0) * count)
            keys = max(keys, edition.kinds[kind].keys)
        else:
            measured += count if (kind, about) not in there else 0
    asking = sum(1 for one in edition.frameworks[framework].requirements if one.asks)
    people = max(2, keys) if records else 0
    return Upkeep(
        framework=framework, requirements=asking, records=records, reviews=reviews, people=people, measured=measured
    )


def _needs(edition: "Catalogue", framework: str) -> Iterator[tuple[Need, float]]:
    for requirement in edition.frameworks[framework].requirements:
        for ask in requirement.asks:
            for kind in _chosen(edition, ask):
                yield (kind, ask.about), _yearly(ask)


def _chosen(edition: "Catalogue", ask: "Ask") -> Iterable[str]:
    for member in ask.all_of:
        automatic = [kind for kind in member if edition.kinds[kind].produced_by not in _BY_PEOPLE]
        yield (automatic or list(member))[0]


def _yearly(ask: "Ask") -> float:
    return _YEAR / parse_duration(ask.fresh_for) if ask.fresh_for else 0.0


def _put(found: dict[Need, float], needs: Iterable[tuple[Need, float]]) -> None:
    for need, times in needs:
        found[need] = max(found.get(need, 0.0), times)
