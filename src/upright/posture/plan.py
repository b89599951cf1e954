"""What the frameworks in force ask, compiled once into units: any of some kinds, about one type of subject."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from upright.posture.conditions import Demand
from upright.posture.errors import FactsError

if TYPE_CHECKING:
    from upright.catalogue import Ask, Catalogue, Framework, GateItem, Kind, Requirement, When

ORGANISATION = "organisation"


class Unit(NamedTuple):
    """One member of an ``all_of``: any of ``kinds`` under ``demand``, about every subject of one type."""

    about: str
    kinds: tuple[str, ...]
    demand: Demand


class AskPlan(NamedTuple):
    """An ask by the numbers of its units, and the words that narrow it (None: never)."""

    about: str
    units: tuple[int, ...]
    when: "When | None"


class RequirementPlan(NamedTuple):
    """A requirement with its asks; those about the organisation stand apart, since they are judged once."""

    requirement: "Requirement"
    framework: "Framework"
    organisation: tuple[AskPlan, ...]
    system: tuple[AskPlan, ...]


class Plan:
    """All requirements of the frameworks in force, in catalogue order, and the units that they share.

    Attributes:
        requirements: in catalogue order. at: requirement id to position. framework_of: to its framework's id.
        units: each once. demands: for each type of subject and kind, the demands under which a cell is needed.
        touched: the units that a cell of (type of subject, kind) has a part in.
        asked: what profiles are asked, as ``Scopes`` worked it out.
    """

    def __init__(self, catalogue: "Catalogue", frameworks: Iterable[str]) -> None:
        self._numbers: dict[Unit, int] = {}
        self._touched_by: dict[tuple[str, tuple[str, ...]], tuple[int, ...]] = {}
        self.asked: dict[object, Any] = {}
        wanted = frozenset(frameworks)
        self.requirements: tuple[RequirementPlan, ...] = tuple(
            self._requirement(requirement, framework)
            for name, framework in catalogue.frameworks.items()
            if name in wanted
            for requirement in framework.requirements
        )
        self.at: Mapping[str, int] = {row.requirement.id: n for n, row in enumerate(self.requirements)}
        self.framework_of: Mapping[str, str] = {row.requirement.id: row.framework.id for row in self.requirements}
        self.units: tuple[Unit, ...] = tuple(self._numbers)
        demands: dict[tuple[str, str], dict[Demand, None]] = {}
        touched: dict[tuple[str, str], list[int]] = {}
        for number, unit in enumerate(self.units):
            for kind in unit.kinds:
                demands.setdefault((unit.about, kind), {})[unit.demand] = None
                touched.setdefault((unit.about, kind), []).append(number)
        self.demands: Mapping[tuple[str, str], tuple[Demand, ...]] = {k: tuple(v) for k, v in demands.items()}
        self.touched: Mapping[tuple[str, str], tuple[int, ...]] = {k: tuple(v) for k, v in touched.items()}

    def touched_by(self, about: str, kinds: tuple[str, ...]) -> tuple[int, ...]:
        """The units that evidence of these kinds has a part in, each once."""
        found = self._touched_by.get((about, kinds))
        if found is None:
            found = tuple(dict.fromkeys(number for kind in kinds for number in self.touched.get((about, kind), ())))
            self._touched_by[about, kinds] = found
        return found

    def _requirement(self, requirement: "Requirement", framework: "Framework") -> RequirementPlan:
        asks = [self._ask(ask) for ask in requirement.asks]
        return RequirementPlan(
            requirement=requirement,
            framework=framework,
            organisation=tuple(ask for ask in asks if ask.about == ORGANISATION),
            system=tuple(ask for ask in asks if ask.about != ORGANISATION),
        )

    def _ask(self, ask: "Ask") -> AskPlan:
        demand = demand_of(ask)
        units = (Unit(ask.about, tuple(dict.fromkeys(member)), demand) for member in ask.all_of)
        numbers = tuple(self._numbers.setdefault(unit, len(self._numbers)) for unit in units)
        return AskPlan(about=ask.about, units=tuple(dict.fromkeys(numbers)), when=ask.when)


def demand_of(ask: "Ask") -> Demand:
    """The demand that an ask makes."""
    return Demand(
        done=ask.mode == "must_be_done",
        fresh_for=ask.fresh_for,
        min_hold=ask.min_hold,
        attested=ask.attested,
        reproduced=bool(getattr(ask, "reproduced", False)),
    )


def demand_catalogue(catalogue: "Catalogue", named: Mapping[str, str]) -> None:
    """Refuses a catalogue other than the one that Facts name by digest.

    Raises:
        FactsError: a framework is missing or has another digest.
    """
    for name, digest in named.items():
        found = catalogue.frameworks.get(name)
        if found is None or found.digest != digest:
            got = "no such framework" if found is None else f"sha256:{found.digest}"
            raise FactsError(
                f"These Facts were gathered under {name} sha256:{digest}; this catalogue has {got}. "
                "Judge them with the edition they name: a workspace and a pack keep it by that digest.",
                code="UP-POST-04",
            )


def strictest_freshness(catalogue: "Catalogue", kinds: Iterable[str], own: str | None = None) -> str | None:
    """The shortest ``fresh_for`` that any ask has for one of these kinds, and ``own``; None where none ages."""
    from upright.kernel import parse_duration

    wanted = frozenset(kinds)
    texts = {own} | {
        ask.fresh_for
        for requirement in catalogue.requirements.values()
        for ask in requirement.asks
        if not wanted.isdisjoint(ask.kinds)
    }
    return min((text for text in texts if text is not None), key=parse_duration, default=None)


def unit_of_gate(item: "GateItem", kind: "Kind", catalogue: "Catalogue") -> Unit:
    """The cell that a gate asks for by kind: must pass, the strictest freshness asked of it; attested if it says so."""
    about = item.about or kind.subject[0]
    attested = item.attested or kind.produced_by == "attestation"
    fresh_for = strictest_freshness(catalogue, (kind.id,), item.fresh_for)
    return Unit(about, (kind.id,), Demand(fresh_for=fresh_for, attested=attested))
