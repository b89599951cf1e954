"""Where it all rests: evidence with holds and signers, the checkpoint, the command that checks it, the cautions."""

import shlex
from collections import Counter
from dataclasses import dataclass

from upright.reports import words
from upright.reports.dossier import Dossier


@dataclass(frozen=True)
class EvidenceView:
    """One item of evidence."""

    id: str
    kinds: str
    subject: str
    result: str
    recorded: str
    hold: str
    signer: str
    signer_names: str
    entry: int
    remark: str


@dataclass(frozen=True)
class CheckpointView:
    """The signed note that the report cites, and how to check what it says by oneself."""

    origin: str
    size: str
    root: str
    note: str
    log_key: str
    command: str


@dataclass(frozen=True)
class Caution:
    """Something a careful reader must know; ``places`` are where it applies, ``lines`` its parts."""

    title: str
    text: str
    places: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


SIGNERS = {
    "enrolled": "enrolled key",
    "login": "attested by login",
    "unattributed": "unattributed: opens no gate",
    "compromised": "key compromised: counts as undecided",
}


def evidence_views(dossier: Dossier) -> tuple[EvidenceView, ...]:
    """Each item of the Facts, newest first."""
    items = sorted(dossier.facts.items, key=lambda item: -item.index)
    return tuple(
        EvidenceView(
            id=item.id,
            kinds=", ".join(words.words(kind) for kind in item.kinds),
            subject=str(item.subject),
            result=str(item.result if item.record_state is None else item.record_state),
            recorded=item.recorded,
            hold=", ".join(dict.fromkeys(str(one.hold) for one in item.inputs)) or "none",
            signer=SIGNERS.get(item.signer, str(item.signer)),
            signer_names=", ".join(dossier.signers.get(item.id, ())),
            entry=item.index,
            remark=_remark(dossier, item.id, withdrawn=item.withdrawn_by is not None),
        )
        for item in items
    )


def _remark(dossier: Dossier, evidence: str, *, withdrawn: bool) -> str:
    said = []
    if withdrawn:
        said.append("withdrawn")
    if evidence not in dossier.bodies:
        said.append("its words are no longer in the log")
    return ", ".join(said)


def checkpoint_view(dossier: Dossier) -> CheckpointView:
    """The checkpoint's lines, and the command."""
    lines = [*dossier.checkpoint.splitlines(), "", "", ""]
    return CheckpointView(
        origin=lines[0],
        size=f"{int(lines[1]):,}" if lines[1].isdigit() else lines[1],
        root=lines[2],
        note=dossier.checkpoint,
        log_key=dossier.log_key,
        command=f"upright verify {shlex.quote(dossier.pack)} --trust {shlex.quote(dossier.log_key)}",
    )


def cautions(dossier: Dossier) -> tuple[Caution, ...]:
    """What limits this report: how the log is kept, what is not confirmed, what could not be attributed or shown."""
    found = [*_log_caution(dossier), *_catalogue_cautions(dossier), *_evidence_cautions(dossier)]
    found.append(
        Caution(
            "Unknown is not green",
            "A requirement without evidence is unknown. Undecided, errored, stale and unknown count as passed nowhere.",
        )
    )
    return tuple(found)


_LOGS = {
    "self-kept": Caution(
        "Self-kept log",
        "The log was kept beside the system it speaks of, by the same people. It shows that nothing was changed after "
        "it was recorded and before the checkpoint; it cannot show that the folder was not set back and begun anew. "
        "A checkpoint kept elsewhere (--since) or a witness rules that out.",
    ),
    "partial": Caution(
        "Partial log",
        "Only a part of the log is here, so nobody can tell from it whether a newer result was left out.",
    ),
}


def _log_caution(dossier: Dossier) -> list[Caution]:
    known = _LOGS.get(dossier.facts.log)
    return [known] if known else []


def _catalogue_cautions(dossier: Dossier) -> list[Caution]:
    found = []
    for framework in dossier.catalogue.frameworks.values():
        if framework.id not in dossier.posture.frameworks:
            continue
        unconfirmed = tuple(one.display or one.local for one in framework.requirements if not one.confirmed)
        if unconfirmed:
            found.append(
                Caution(
                    f"{framework.title}: {len(unconfirmed)} of {len(framework.requirements)} requirements unconfirmed",
                    "Their titles or gist are not confirmed by two independent sources; read the original first.",
                    unconfirmed,
                )
            )
        if framework.cautions:
            found.append(Caution(framework.title, "What its reference says of itself:", lines=framework.cautions))
    found.append(
        Caution(
            "Own judgement",
            "Which evidence answers which requirement, and what each life-cycle stage asks for, is our own reading. "
            "The standards and laws do not lay it down.",
        )
    )
    return found


def _evidence_cautions(dossier: Dossier) -> list[Caution]:
    found = []
    signers = Counter(item.signer for item in dossier.facts.items)
    for signer in ("unattributed", "compromised"):
        if signers[signer]:
            whose = "an unknown" if signer == "unattributed" else "a compromised"
            ids = tuple(words.short(item.id) for item in dossier.facts.items if item.signer == signer)
            found.append(
                Caution(
                    f"{signers[signer]} statements by {whose} key",
                    "They are shown, and open no gate.",
                    ids,
                )
            )
    again = tuple(words.short(item.id) for item in dossier.facts.items if item.reproduced == "no")
    if again:
        found.append(
            Caution(
                "Not reproduced", "Recorded predictions that could not be recomputed from the model they name.", again
            )
        )
    return found
