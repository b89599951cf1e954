"""A Dossier: Facts, what was judged from them, and the words they cite; every report is made from one alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upright.catalogue import Catalogue
    from upright.evidence import Statement
    from upright.gate import GateAnswer
    from upright.posture import Facts, Posture


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """What a report may see. The same Dossier gives the same bytes on any machine.

    Attributes:
        facts: what judgement saw; ``facts.at`` is the only "now" of a report.
        posture: ``evaluate(facts, catalogue)``.
        gate: the answer for the next life-cycle stage; ``None`` where there is no next stage.
        bodies: evidence id (64 hex digits) to statement, for each item of ``facts`` whose body the log still holds.
        catalogue: the edition that ``facts.catalogue`` names by digest.
        checkpoint: the signed checkpoint (a C2SP note) that the report cites.
        log_key: the log's public key as a C2SP vkey.
        system: ref of the system that the report is about; ``None`` for all that the Facts hold.
        title: the system's name, or the organisation's for a report about all of it.
        organisation: the organisation's name.
        purpose: what the system is for, in the manifest's words.
        signers: evidence id to the names of the keys whose signatures were found good.
        pack: file name of the pack that the command for checking names.
        language: code of the reader's language, such as ``de``; words, numbers and dates are in it, facts are not.
        artefacts: bytes by SHA-256 of what the bodies carry for other documents: bills of materials.
    """

    facts: "Facts"
    posture: "Posture"
    gate: "GateAnswer | None"
    bodies: Mapping[str, "Statement"]
    catalogue: "Catalogue"
    checkpoint: str
    log_key: str
    title: str
    system: str | None = None
    organisation: str = ""
    purpose: str = ""
    signers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pack: str = "upright-pack.zip"
    language: str = "en"
    artefacts: Mapping[str, bytes] = field(default_factory=dict)
