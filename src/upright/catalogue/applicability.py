"""Does a requirement, or an ask, apply to a system? Pure, three-valued, and what is open is named.

Nothing here knows of exclusions in a statement of applicability: those are people's decisions, kept in Facts.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from upright.catalogue.catalogue import Catalogue
from upright.catalogue.classify import FRAMEWORK as AI_ACT
from upright.catalogue.classify import Answers, Classification, applies_from, classify
from upright.catalogue.types import Answer, Condition, Requirement, Value, When

Traits = Mapping[str, str]


class Profile(Value, frozen=True, kw_only=True):
    """What applicability may look at of one system.

    ``roles`` are per framework, ``traits`` and ``adopted`` are ``yes``, ``no`` or ``unknown`` (missing is unknown),
    ``answers`` those of the classification. ``personal_data`` counts as a trait of that name.
    """

    roles: Mapping[str, tuple[str, ...]]
    traits: Mapping[str, str]
    answers: Mapping[str, str | list[str]]
    adopted: Mapping[str, str]
    stage: str | None = None
    modality: str | None = None

    def trait(self, name: str) -> Answer:
        """``yes``, ``no`` or ``unknown``."""
        value = self.traits.get(name, "unknown")
        return "yes" if value == "yes" else "no" if value == "no" else "unknown"


class Applicability(Value, frozen=True, kw_only=True):
    """Whether a requirement applies. ``question`` is what somebody has to answer while it is ``unknown``.

    ``applies_from`` is the day a law's duty begins; a day in the future is a flag, not a status.
    """

    applies: Answer
    because: str
    question: str | None = None
    applies_from: str | None = None


class Applicable:
    """Applicability of every requirement of a catalogue to one system; the classification is walked once."""

    def __init__(self, profile: Profile, catalogue: Catalogue) -> None:
        """Raises CatalogueError when an answer is none of the classification's."""
        self.profile = profile
        self.catalogue = catalogue
        has_act = AI_ACT in catalogue.frameworks
        self.classification: Classification | None = classify(profile.answers, catalogue) if has_act else None

    def of(self, requirement: Requirement) -> Applicability:
        """Does it apply: always for a management system, by adoption if voluntary, by its own words for a law."""
        kind = self.catalogue.frameworks[requirement.framework].kind
        if kind == "management":
            return Applicability(applies="yes", because="It belongs to the management system.")
        if kind == "voluntary":
            return self._voluntary(requirement.framework)
        return self._law(requirement)

    def _voluntary(self, framework: str) -> Applicability:
        title = self.catalogue.frameworks[framework].title
        adopted = self.profile.adopted.get(framework, "unknown")
        if adopted == "yes":
            return Applicability(applies="yes", because=f"{title} is adopted by an approved scope statement.")
        if adopted == "no":
            return Applicability(applies="no", because=f"{title} is not adopted, by an approved scope statement.")
        return Applicability(
            applies="unknown",
            because="No approved scope statement says whether it is adopted.",
            question=f"Is {title} adopted? An approved scope-statement says so.",
        )

    def _law(self, requirement: Requirement) -> Applicability:
        by_class = self._by_class(requirement)
        if by_class.applies != "yes":  # with a question of the classification open, nothing is ruled out
            return by_class
        results = (self._by_role(requirement), self._by_condition(requirement))
        for wanted in ("no", "unknown"):
            for result in results:
                if result.applies == wanted:
                    return result
        because = " ".join(result.because for result in (by_class, *results) if result.because)
        return Applicability(applies="yes", because=because, applies_from=self._begins(requirement))

    def _begins(self, requirement: Requirement) -> str | None:
        for obligation in self.classification.obligations if self.classification else ():
            if requirement.framework == AI_ACT and obligation.id == requirement.local:
                return obligation.applies_from
        return applies_from(requirement, ())

    def _by_class(self, requirement: Requirement) -> Applicability:
        if requirement.applies is None or not requirement.applies.classes or self.classification is None:
            return Applicability(applies="yes", because="")
        found = self.classification
        if any(duty.id == requirement.local and duty.certain for duty in found.obligations):
            classes = ", ".join(found.classes)
            return Applicability(applies="yes", because=f"The system is classified {classes}.")
        if found.undetermined:
            asked = ", ".join(found.undetermined)
            return Applicability(
                applies="unknown", because="The classification has open questions.", question=f"Answer {asked}."
            )
        return Applicability(applies="no", because=f"The class {', '.join(found.classes)} does not bring this duty.")

    def _by_role(self, requirement: Requirement) -> Applicability:
        wanted = requirement.applies.roles if requirement.applies else ()
        if not wanted:
            return Applicability(applies="yes", because="")
        held = self.profile.roles.get(requirement.framework, ())
        if not held:
            return Applicability(
                applies="unknown",
                because=f"The manifest names no role for {requirement.framework}.",
                question=f"Which roles does the organisation hold? One of: {', '.join(wanted)}, or others.",
            )
        both = [role for role in held if role in wanted]
        if both:
            return Applicability(applies="yes", because=f"The organisation is {', '.join(both)}.")
        return Applicability(
            applies="no", because=f"It binds {', '.join(wanted)}; the organisation is {', '.join(held)}."
        )

    def _by_condition(self, requirement: Requirement) -> Applicability:
        conditions = requirement.applies.conditions if requirement.applies else ()
        results = [self._condition(condition) for condition in conditions]
        for wanted in ("no", "unknown"):
            for result in results:
                if result.applies == wanted:
                    return result
        return Applicability(applies="yes", because=" ".join(result.because for result in results))

    def _condition(self, condition: Condition) -> Applicability:
        states = {entry: self._entry(entry) for entry in condition.any_of}
        for entry, state in states.items():
            if state == "yes":
                return Applicability(applies="yes", because=f"{entry} holds.")
        unknown = [entry for entry, state in states.items() if state == "unknown"]
        if not unknown:
            return Applicability(applies="no", because=f"None holds of: {', '.join(states)}.")
        return Applicability(
            applies="unknown", because=f"It is open whether it holds: {unknown[0]}.", question=self._ask(unknown[0])
        )

    def _entry(self, entry: str) -> Answer:
        question, is_answer, option = entry.partition("=")
        if not is_answer:
            return self.profile.trait(entry)
        given = self.profile.answers.get(question, "unknown")
        if given == "unknown":
            return "unknown"
        return "yes" if option in ([given] if isinstance(given, str) else given) else "no"

    def _ask(self, entry: str) -> str:
        trait = self.catalogue.traits.get(entry)
        return f"{trait.question} (trait {entry})" if trait else f"Answer {entry.partition('=')[0]}."


def narrows(when: When | None, profile: Profile, *, framework: str, classes: Sequence[str] = ()) -> Answer:
    """Does an ask with this ``when`` concern the system? ``unknown`` counts as yes for whoever judges.

    A ``when`` narrows an ask; it never removes a requirement of a management system.
    """
    if when is None:
        return "yes"
    states: list[Answer] = [
        _among(when.roles, profile.roles.get(framework, ())),
        _among(when.class_, classes),
        _among(when.stage, [profile.stage] if profile.stage else []),
        _among(when.modality, [profile.modality] if profile.modality else []),
        *(_same(wanted, profile.trait(trait)) for trait, wanted in when.traits.items()),
    ]
    if when.personal_data is not None:
        states.append(_same("yes" if when.personal_data else "no", profile.trait("personal_data")))
    return "no" if "no" in states else "unknown" if "unknown" in states else "yes"


def _among(wanted: Iterable[str], held: Iterable[str]) -> Answer:
    wanted, held = set(wanted), set(held)
    if not wanted:
        return "yes"
    if not held:
        return "unknown"
    return "yes" if wanted & held else "no"


def _same(wanted: Literal["yes", "no"], found: Answer) -> Answer:
    return "unknown" if found == "unknown" else "yes" if found == wanted else "no"


def applicable_gdpr(traits: Traits, catalogue: Catalogue, roles: Sequence[str] = ("controller",)) -> dict[str, Answer]:
    """GDPR article id to whether it applies, by the traits of a system alone.

    >>> found = applicable_gdpr({"personal_data": "yes", "breach": "no"}, Catalogue.load())
    >>> found["gdpr:GDPR-6"], found["gdpr:GDPR-33"], found["gdpr:GDPR-22"]
    ('yes', 'no', 'unknown')
    """
    profile = Profile(roles={"gdpr": tuple(roles)}, traits=traits, answers={}, adopted={})
    applicable = Applicable(profile, catalogue)
    return {r.id: applicable.of(r).applies for r in catalogue.frameworks["gdpr"].requirements}


__all__ = ["Answers", "Applicability", "Applicable", "Profile", "Traits", "applicable_gdpr", "narrows"]
