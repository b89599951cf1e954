"""What is asked of each scope: which requirements apply to a system or to the organisation, and which of their asks."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from upright.posture.facts import Facts
from upright.posture.plan import ORGANISATION, AskPlan, Plan, RequirementPlan

if TYPE_CHECKING:
    from upright.catalogue import Applicability, Applicable, Catalogue, Classification, Profile, Requirement

# The two grounds on which a control may be left out, as ``statement-of-applicability`` writes them.
GROUNDS = frozenset({"risk-assessment-shows-no-need", "not-asked-by-external-requirements"})
_MOST_PROFILES = 128
ROLES = "roles"
ADOPTED = "adopted"


class Row(NamedTuple):
    """A requirement as one scope is asked it. ``applies`` is yes, no or unknown; ``units`` are numbers of the plan."""

    requirement: str
    units: tuple[int, ...]
    applies: str = "yes"
    question: str | None = None
    applies_from: str | None = None


class _Asked(NamedTuple):
    """A profile worked out: one entry per requirement of the plan."""

    system: tuple[Row | None, ...]
    organisation: tuple[frozenset[AskPlan], ...]
    applicability: "tuple[Applicability, ...]"


class Scopes:
    """Rows per scope. Systems of the same profile share their work, also those of other Facts by the same plan."""

    def __init__(self, facts: Facts, catalogue: "Catalogue", plan: Plan) -> None:
        self.plan = plan
        self._facts = facts
        self._catalogue = catalogue
        self._applicable: dict[object, Applicable] = {}
        self._of_systems: dict[str, list[Row]] = {}

    @cached_property
    def organisation(self) -> str:
        """The ref that stands for the organisation's scope."""
        refs = sorted(one.ref for one in self._facts.subjects if one.type == ORGANISATION)
        if self._facts.scope in refs or not refs:
            return self._facts.scope if self._facts.scope.startswith(f"{ORGANISATION}:") else ORGANISATION
        return refs[0]

    @cached_property
    def _profiles(self) -> "Mapping[str, Profile]":
        from upright.catalogue import Profile

        adopted: dict[str, str] = {}
        roles: dict[str, dict[str, tuple[str, ...]]] = {}
        answers: dict[str, dict[str, str | list[str]]] = {}
        for one in self._facts.answers:
            if one.question == ADOPTED and one.system is None:
                adopted[one.framework] = one.value if isinstance(one.value, str) else "unknown"
            elif one.system is None:
                continue
            elif one.question == ROLES:
                held = (one.value,) if isinstance(one.value, str) else one.value
                roles.setdefault(one.system, {})[one.framework] = tuple(held)
            else:
                value = one.value if isinstance(one.value, str) else list(one.value)
                answers.setdefault(one.system, {})[one.question] = value
        return {
            one.ref: Profile(
                roles=roles.get(one.ref, {}),
                traits=one.traits,
                answers=answers.get(one.ref, {}),
                adopted=adopted,
                stage=one.traits.get("stage"),
                modality=one.traits.get("modality"),
            )
            for one in self._facts.subjects
            if one.type == "system"
        }

    @cached_property
    def _empty(self) -> "Profile":
        from upright.catalogue import Profile

        adopted = {
            one.framework: one.value
            for one in self._facts.answers
            if one.question == ADOPTED and one.system is None and isinstance(one.value, str)
        }
        return Profile(roles={}, traits={}, answers={}, adopted=adopted)

    def _applicable_of(self, profile: "Profile") -> "Applicable":
        from upright.catalogue import Applicable

        key = _key(profile)
        found = self._applicable.get(key)
        if found is None:
            found = self._applicable[key] = Applicable(profile, self._catalogue)
        return found

    def classification(self, system: str) -> "Classification | None":
        """The class of a system under the EU AI Act; None where the catalogue has no such act in force."""
        if "eu-ai-act" not in self._facts.catalogue:
            return None
        return self._applicable_of(self._profiles[system]).classification

    def applicability(self, requirement: str, system: str) -> "Applicability":
        """Whether a requirement applies to a system, exclusions of controls apart, with the reason."""
        return self._asked_of(self._profiles[system]).applicability[self.plan.at[requirement]]

    def _asked_of(self, profile: "Profile") -> _Asked:
        key = (_key(profile), tuple(sorted(profile.adopted.items())))
        found: _Asked | None = self.plan.asked.get(key)
        if found is None:
            if len(self.plan.asked) >= _MOST_PROFILES:
                self.plan.asked.clear()
            found = self.plan.asked[key] = self._ask(profile)
        return found

    def _ask(self, profile: "Profile") -> _Asked:
        applicable = self._applicable_of(profile)
        classes = applicable.classification.classes if applicable.classification else ()
        system: list[Row | None] = []
        organisation = []
        applicability = []
        for plan in self.plan.requirements:
            found = applicable.of(plan.requirement)
            applicability.append(found)
            organisation.append(frozenset(_active(plan.organisation, plan, profile, classes)))
            units = tuple(dict.fromkeys(n for ask in _active(plan.system, plan, profile, classes) for n in ask.units))
            row = Row(plan.requirement.id, units, found.applies, found.question, found.applies_from)
            system.append(row if plan.system else None)
        return _Asked(tuple(system), tuple(organisation), tuple(applicability))

    # --- statement of applicability --------------------------------------------------------------------------------

    @cached_property
    def _soa(self) -> Mapping[tuple[str, str | None], tuple[int, bool]]:
        """(control as written, system) to its newest approved row: entry, and whether it is left out on a ground."""
        newest: dict[tuple[str, str | None], tuple[int, bool]] = {}
        for row in self._facts.soa:
            key = (row.control, row.system)
            excluded = not row.included and row.ground in GROUNDS
            newest[key] = _newer(newest.get(key), (row.approved_index, excluded))
        return newest

    def _row(self, requirement: "Requirement", system: str | None) -> bool | None:
        """Whether the newest row about a control leaves it out; None where there is no row. Full id or local id."""
        found = None
        for control in (requirement.id, requirement.local):
            row = self._soa.get((control, system))
            if row is not None:
                found = _newer(found, row)
        return None if found is None else found[1]

    def is_excluded(self, plan: RequirementPlan, system: str | None) -> bool:
        """Whether an approved statement of applicability leaves a control out; clauses are never left out.

        A system's own row goes before the organisation's. For the organisation's own part a control is out only if no
        system has it in.
        """
        requirement = plan.requirement
        if plan.framework.kind != "management" or not is_control(requirement.local):
            return False
        own = None if system is None else self._row(requirement, system)
        if own is not None:
            return own
        if not self._row(requirement, None):
            return False
        others = {of for _, of in self._soa if of is not None}
        return system is not None or all(self._row(requirement, of) is not False for of in others)

    @cached_property
    def _controls(self) -> tuple[int, ...]:
        named = {control for control, _ in self._soa}
        return tuple(
            n
            for n, plan in enumerate(self.plan.requirements)
            if plan.requirement.id in named or plan.requirement.local in named
        )

    # --- rows ------------------------------------------------------------------------------------------------------

    def of_system(self, system: str) -> list[Row]:
        """What is asked of a system, in catalogue order; worked out once."""
        found = self._of_systems.get(system)
        if found is None:
            found = self._of_systems[system] = self._rows_of(system)
        return found

    def _rows_of(self, system: str) -> list[Row]:
        rows = self._asked_of(self._profiles[system]).system
        excluded = {n for n in self._controls if self.is_excluded(self.plan.requirements[n], system)}
        if not excluded:
            return [row for row in rows if row is not None]
        return [row._replace(applies="no") if n in excluded else row for n, row in enumerate(rows) if row is not None]

    def of_organisation(self) -> list[Row]:
        """What is asked of the organisation; also what is asked of systems where there is no system yet."""
        return self._of_organisation

    @cached_property
    def _of_organisation(self) -> list[Row]:
        profiles = self._profiles.values() or (self._empty,)
        asked = list({id(found): found for found in map(self._asked_of, profiles)}.values())
        found = []
        for n, plan in enumerate(self.plan.requirements):
            if not plan.organisation and plan.system and self._profiles:
                continue
            active = [ask for ask in plan.organisation if any(ask in one.organisation[n] for one in asked)]
            units = tuple(dict.fromkeys(number for ask in active for number in ask.units))
            if self.is_excluded(plan, None):
                found.append(Row(plan.requirement.id, units, "no"))
            else:
                found.append(_widest(plan.requirement.id, units, [one.applicability[n] for one in asked]))
        return found


def _newer(before: tuple[int, bool] | None, row: tuple[int, bool]) -> tuple[int, bool]:
    """Of two rows the later; of two of one entry the one that keeps the control in."""
    return row if before is None or (row[0], not row[1]) > (before[0], not before[1]) else before


def is_control(local: str) -> bool:
    """Whether the local id is a control's and not that of a clause of the standard's body (4 to 10).

    >>> is_control("A.5.4"), is_control("6.1.3")
    (True, False)
    """
    return not local[:1].isdigit()


def _widest(requirement: str, units: tuple[int, ...], found: "Iterable[Applicability]") -> Row:
    """The organisation's part applies if it applies to any system; it is open if it is open for any."""
    by_answer: dict[str, list[Applicability]] = {}
    for one in found:
        by_answer.setdefault(one.applies, []).append(one)
    for answer in ("yes", "unknown"):
        if answer in by_answer:
            dates = [one.applies_from for one in by_answer[answer] if one.applies_from is not None]
            question = next((one.question for one in by_answer[answer] if one.question is not None), None)
            return Row(requirement, units, answer, question, min(dates, default=None))
    return Row(requirement, units, "no")


def _active(
    asks: Iterable[AskPlan], plan: RequirementPlan, profile: "Profile", classes: tuple[str, ...]
) -> list[AskPlan]:
    """The asks that concern a system; one whose words are not answered yet concerns it."""
    from upright.catalogue import narrows

    framework = plan.requirement.framework
    return [ask for ask in asks if narrows(ask.when, profile, framework=framework, classes=classes) != "no"]


def _key(profile: "Profile") -> object:
    return (
        tuple(sorted((name, tuple(roles)) for name, roles in profile.roles.items())),
        tuple(sorted(profile.traits.items())),
        tuple(
            sorted((name, value if isinstance(value, str) else tuple(value)) for name, value in profile.answers.items())
        ),
    )
