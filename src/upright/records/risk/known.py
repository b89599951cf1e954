"""What the catalogue knows of controls, threats, requirements and stages; read once a process."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from upright.catalogue import Catalogue

_ANNEX_A = re.compile(r"A\.\d+\.\d+(\.\d+)?")
_NAMED = re.compile(r"(?<![\w.])A\.\d+\.\d+(?:\.\d+)?(?!\.?\w)")
_REQUIREMENT = re.compile(r"(?:eu-ai-act|gdpr|nist-ai-rmf):[A-Z]+(?:[-.][A-Za-z0-9]+)*")


def catalogue() -> Catalogue:
    """The edition that ships."""
    return Catalogue.load()


@cache
def annex_a() -> Mapping[str, str]:
    """The controls of Annex A by local id (``A.5.4``), with their short titles, in the order of the standard."""
    known = catalogue().frameworks["iso42001"].requirements
    return {one.local: one.title for one in known if _ANNEX_A.fullmatch(one.local)}


@cache
def threats() -> Mapping[str, Mapping[str, Any]]:
    """The catalogued threats by id."""
    return {str(one["id"]): one for one in catalogue().threats}


@cache
def controls_by_requirement() -> Mapping[str, tuple[str, ...]]:
    """By requirement of law or of another framework, the controls of Annex A that the crosswalks set beside it."""
    found: dict[str, dict[str, None]] = {}
    for crosswalk in catalogue().crosswalks.values():
        for link in crosswalk.get("links", ()):
            local = str(link["from"]).removeprefix("iso42001:")
            if local in annex_a():
                found.setdefault(str(link["to"]), {})[local] = None
    return {name: tuple(controls) for name, controls in found.items()}


def controls_named_in(text: str) -> list[str]:
    """The controls that a text speaks of: by their ids, or by a requirement that the crosswalks set beside them.

    >>> controls_named_in("Second look (A.9.2), also for eu-ai-act:AIA-17.")[:2]
    ['A.9.2', 'A.2.2']
    """
    found = dict.fromkeys(controls_identified_in(text))
    for one in _REQUIREMENT.finditer(text):
        found |= dict.fromkeys(controls_by_requirement().get(one.group(), ()))
    return list(found)


def controls_identified_in(text: str) -> list[str]:
    """The controls that a text names by their own ids; what only begins like one is none.

    >>> controls_identified_in("A.9.2, not A.9.22 or A.6.1; (A.10.3).")
    ['A.9.2', 'A.10.3']
    """
    return list(dict.fromkeys(one.group() for one in _NAMED.finditer(text) if one.group() in annex_a()))


def looks_like_annex_a(identifier: str) -> bool:
    """Whether an identifier claims to be a control of Annex A, whether there is one or not.

    >>> looks_like_annex_a("A.5.4"), looks_like_annex_a("MCU.1")
    (True, False)
    """
    return identifier.startswith("A.")


def evaluation_kind(identifier: str) -> str | None:
    """The kind of evidence that an evaluation of a control is; None: an own control, which no framework asks for."""
    kind = f"control-evaluation.{identifier.lower()}"
    return kind if kind in catalogue().kinds else None
