"""Where it all rests: evidence with holds and signers, the checkpoint, the command that checks it, the cautions."""

import shlex
from collections import Counter
from dataclasses import dataclass

from upright.reports import words
from upright.reports.dossier import Dossier
from upright.reports.language import gettext, gettext_noop, ngettext, said


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
    "enrolled": gettext_noop("enrolled key"),
    "login": gettext_noop("attested by login"),
    "unattributed": gettext_noop("unattributed: opens no gate"),
    "compromised": gettext_noop("key compromised: counts as undecided"),
}


def evidence_views(dossier: Dossier) -> tuple[EvidenceView, ...]:
    """Each item of the Facts, newest first."""
    items = sorted(dossier.facts.items, key=lambda item: -item.index)
    return tuple(
        EvidenceView(
            id=item.id,
            kinds=", ".join(words.words(kind) for kind in item.kinds),
            subject=str(item.subject),
            result=str(item.result) if item.record_state is None else said(str(item.record_state)),
            recorded=item.recorded,
            hold=", ".join(dict.fromkeys(said(str(one.hold)) for one in item.inputs)) or gettext("none"),
            signer=gettext(SIGNERS.get(item.signer, str(item.signer))),
            signer_names=", ".join(dossier.signers.get(item.id, ())),
            entry=item.index,
            remark=_remark(dossier, item.id, withdrawn=item.withdrawn_by is not None),
        )
        for item in items
    )


def _remark(dossier: Dossier, evidence: str, *, withdrawn: bool) -> str:
    found = []
    if withdrawn:
        found.append(gettext("withdrawn"))
    if evidence not in dossier.bodies:
        found.append(gettext("its words are no longer in the log"))
    return ", ".join(found)


def checkpoint_view(dossier: Dossier) -> CheckpointView:
    """The checkpoint's lines, and the command."""
    lines = [*dossier.checkpoint.splitlines(), "", "", ""]
    return CheckpointView(
        origin=lines[0],
        size=words.count(int(lines[1])) if lines[1].isdigit() else lines[1],
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
            gettext("Unknown is not green"),
            gettext(
                "A requirement without evidence is unknown. Undecided, errored, stale and unknown count as passed "
                "nowhere."
            ),
        )
    )
    return tuple(found)


_LOGS = {
    "self-kept": Caution(
        gettext_noop("Self-kept log"),
        gettext_noop(
            "The log was kept beside the system it speaks of, by the same people. It shows that nothing was changed "
            "after it was recorded and before the checkpoint; it cannot show that the folder was not set back and "
            "begun anew. A checkpoint kept elsewhere (--since) or a witness rules that out."
        ),
    ),
    "partial": Caution(
        gettext_noop("Partial log"),
        gettext_noop("Only a part of the log is here, so nobody can tell from it whether a newer result was left out."),
    ),
}


def _log_caution(dossier: Dossier) -> list[Caution]:
    known = _LOGS.get(dossier.facts.log)
    return [Caution(gettext(known.title), gettext(known.text))] if known else []


def _catalogue_cautions(dossier: Dossier) -> list[Caution]:
    found = []
    for framework in dossier.catalogue.frameworks.values():
        if framework.id not in dossier.posture.frameworks:
            continue
        title = said(framework.title)
        unconfirmed = tuple(one.display or one.local for one in framework.requirements if not one.confirmed)
        if unconfirmed:
            found.append(
                Caution(
                    gettext("%(framework)s: %(count)s of %(all)s requirements unconfirmed")
                    % {"framework": title, "count": len(unconfirmed), "all": len(framework.requirements)},
                    gettext(
                        "Their titles or gist are not confirmed by two independent sources; read the original first."
                    ),
                    unconfirmed,
                )
            )
        if framework.cautions:
            lines = tuple(said(one) for one in framework.cautions)
            found.append(Caution(title, gettext("What its reference says of itself:"), lines=lines))
    found.append(
        Caution(
            gettext("Own judgement"),
            gettext(
                "Which evidence answers which requirement, and what each life-cycle stage asks for, is our own "
                "reading. The standards and laws do not lay it down."
            ),
        )
    )
    return found


def _evidence_cautions(dossier: Dossier) -> list[Caution]:
    found = []
    signers = Counter(item.signer for item in dossier.facts.items)
    for signer in ("unattributed", "compromised"):
        if signers[signer]:
            ids = tuple(words.short(item.id) for item in dossier.facts.items if item.signer == signer)
            found.append(
                Caution(
                    _by(signer, signers[signer]) % {"count": signers[signer]},
                    gettext("They are shown, and open no gate."),
                    ids,
                )
            )
    again = tuple(words.short(item.id) for item in dossier.facts.items if item.reproduced == "no")
    if again:
        found.append(
            Caution(
                gettext("Not reproduced"),
                gettext("Recorded predictions that could not be recomputed from the model they name."),
                again,
            )
        )
    return found


def _by(signer: str, count: int) -> str:
    if signer == "unattributed":
        return ngettext("%(count)s statement by an unknown key", "%(count)s statements by an unknown key", count)
    return ngettext("%(count)s statement by a compromised key", "%(count)s statements by a compromised key", count)
