"""Which catalogued threats fit a system, by its own traits, and which of them nobody decided on yet (6.1.2)."""

from collections.abc import Mapping
from typing import Any

from upright.records.inventory.models import System
from upright.records.risk.known import threats
from upright.records.risk.models import Risk, ThreatDecision

_ALIKE: Mapping[str, frozenset[str]] = {
    "video": frozenset({"image"}),
    "agent": frozenset({"llm", "text"}),
    "llm": frozenset({"text"}),
}
"""What else a modality is exposed to: a video is images, an agent runs on a language model, which reads text."""


def fitting(system: System) -> dict[str, str]:
    """The threats of the catalogue that a system's traits call up, and why; in the order of the catalogue.

    A trait that nobody answered calls up what it could: unknown is not harmless.
    """
    found = {name: fits_because(system, one) for name, one in threats().items()}
    return {name: " ".join(why) for name, why in found.items() if why}


def undecided(system: System) -> dict[str, str]:
    """Those of them that nobody took up, dismissed or was asked about, and that no risk of the system names."""
    known = set(ThreatDecision.objects.filter(system=system).values_list("threat", flat=True))
    known |= set(Risk.objects.filter(system=system).exclude(threat="").values_list("threat", flat=True))
    return {name: why for name, why in fitting(system).items() if name not in known}


def fits_because(system: System, threat: Mapping[str, Any]) -> list[str]:
    """Which traits of a system call a threat up, a sentence each; empty: none does."""
    is_privacy = threat["group"] == "privacy-leakage"
    applies = set(threat["applies_to"])
    exposed = applies & {system.modality, *_ALIKE.get(system.modality, ())}
    if (is_privacy and system.personal_data is False) or not (exposed or "any" in applies):
        return []
    found: list[str] = []
    if exposed:
        kinds, modality = ", ".join(sorted(exposed)), system.modality
        found.append(f"It concerns systems of the kind {kinds}; the modality of this one is {modality}.")
    else:
        found.append("It concerns every AI system.")
    if is_privacy:
        found.append("The system holds personal data." if system.personal_data else "Nobody said that it holds none.")
    return found
