"""Reads ``requirements.yaml``: for each requirement what to file and which checks to run so that it is met.

A test drives these through ``upright attest`` and ``upright assess`` alone; it never builds Facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from upright.catalogue import Ask, Catalogue, Profile, Requirement, narrows
from upright.catalogue.applicability import Applicable
from upright.catalogue.reading import Document

FILE = Path(__file__).with_name("requirements.yaml")
ABOUT = {"organisation": "organisation", "system": "system", "model": "model:scorer", "dataset": "dataset:applications"}


@dataclass(frozen=True)
class Filing:
    """One record or attestation to file: ``upright attest KIND --about REF --file F``, signed by ``keys`` persons."""

    kind: str
    about: str
    data: Mapping[str, Any] = field(hash=False)
    keys: int = 1

    @property
    def ref(self) -> str:
        """What ``--about`` is given."""
        return ABOUT[self.about]


@dataclass(frozen=True)
class Member:
    """One member of an ``all_of`` that concerns the example's system, and what answers it."""

    ask: Ask
    kinds: tuple[str, ...]
    by: Filing | str


@dataclass(frozen=True)
class Example:
    """``files`` and ``checks`` make ``requirement`` met; ``first`` is what makes it apply at all (an adopted scope)."""

    requirement: Requirement
    name: str
    system: str
    profile: Profile = field(hash=False)
    first: tuple[Filing, ...]
    files: tuple[Filing, ...]
    checks: tuple[str, ...]
    members: tuple[Member, ...]

    @property
    def about_system(self) -> dict[str, Any]:
        """The ``system`` part of a manifest, without ``classification``."""
        traits = dict(self.profile.traits)
        personal = traits.pop("personal_data", None)
        return {
            "id": self.system,
            "name": self.system.capitalize(),
            "purpose": SYSTEMS()[self.system]["about"],
            "roles": {name: list(roles) for name, roles in self.profile.roles.items()},
            "stage": self.profile.stage,
            "modality": self.profile.modality,
            "personal_data": None if personal is None else personal == "yes",
            "traits": traits,
            "owner": "person:owner",
        }

    @property
    def answers(self) -> dict[str, Any]:
        """What the answers file of the classification holds."""
        return dict(self.profile.answers)


@cache
def _document() -> Document:
    return Document(FILE)


def SYSTEMS() -> Mapping[str, Any]:
    """The example systems by id."""
    found: Mapping[str, Any] = _document().value["systems"]
    return found


def rows() -> list[Mapping[str, Any]]:
    """The examples as they are written."""
    found: list[Mapping[str, Any]] = _document().value["examples"]
    return found


def examples(catalogue: Catalogue | None = None) -> tuple[Example, ...]:
    """Every example, in the order of the file."""
    known = catalogue or Catalogue.load()
    return tuple(_example(row, known) for row in rows())


def _example(row: Mapping[str, Any], catalogue: Catalogue) -> Example:
    requirement = catalogue.requirement(row["requirement"])
    profile = _profile(row)
    data = row.get("data", {})
    files = tuple(
        _filing(kind, about, catalogue, data.get(kind))
        for about, kinds in row.get("file", {}).items()
        for kind in kinds
    )
    checks = tuple(row.get("run", ()))
    first = ()
    if catalogue.frameworks[requirement.framework].kind == "voluntary":
        scope = {**catalogue.kind("scope-statement").example, "frameworks": ["iso42001", requirement.framework]}
        first = (_filing("scope-statement", "organisation", catalogue, scope),)
    classification = Applicable(profile, catalogue).classification
    classes = classification.classes if classification else ()
    members = tuple(
        Member(ask=ask, kinds=kinds, by=_answer(ask, kinds, files, checks))
        for ask in requirement.asks
        if narrows(ask.when, profile, framework=requirement.framework, classes=classes) != "no"
        for kinds in ask.all_of
    )
    return Example(
        requirement=requirement,
        name=row["name"],
        system=row["system"],
        profile=profile,
        first=first,
        files=files,
        checks=checks,
        members=members,
    )


def _filing(kind: str, about: str, catalogue: Catalogue, data: Mapping[str, Any] | None) -> Filing:
    found = catalogue.kind(kind)
    return Filing(kind=kind, about=about, data=data or found.example, keys=found.keys)


def _profile(row: Mapping[str, Any]) -> Profile:
    system = SYSTEMS()[row["system"]]
    roles = {**system["roles"], **row.get("roles", {})}
    personal = {"personal_data": "yes" if system["personal_data"] else "no"}
    return Profile(
        roles={name: tuple(held) for name, held in roles.items()},
        traits={**system["traits"], **personal, **row.get("traits", {})},
        answers=system["answers"],
        adopted={"nist-ai-rmf": "yes"},
        stage=system["stage"],
        modality=system["modality"],
    )


def _answer(ask: Ask, kinds: tuple[str, ...], files: tuple[Filing, ...], checks: tuple[str, ...]) -> Filing | str:
    for filing in files:
        if filing.kind in kinds and filing.about == ask.about:
            return filing
    for check in checks:
        if check in kinds:
            return check
    raise LookupError(f"the example answers none of {', '.join(kinds)} about the {ask.about}")
