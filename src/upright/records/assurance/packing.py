"""Packs of a server's log: made from the ledger, they verify themselves offline like those of a workspace.

What was approved on the server is shown as attested by login: the entry says who acted, the server's door demanded the
log-in and the second person, and that it did is the word of whoever keeps the log, which the pack says.
"""

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from upright.evidence.dsse import Envelope
from upright.gate import answer
from upright.kernel import Actor, UprightError, sha256_hex, time_text
from upright.kernel.speech import ENGLISH, speech
from upright.ledger import Checkpoint, NewEntry
from upright.pack import make_pack, opened_entries
from upright.pack.growing import GrowingView
from upright.posture import evaluate, gather
from upright.records.assurance.judging import catalogue
from upright.records.identity.models import Person, Role, Unit
from upright.records.identity.power import Powers, powers_of
from upright.records.inventory.models import System
from upright.records.trail.door import enter
from upright.records.trail.errors import RefusedError
from upright.records.trail.server_log import home, now, organisation, server_log
from upright.reports import Dossier, html_report

if TYPE_CHECKING:
    from upright.evidence import Statement
    from upright.ledger import Recorded

READ = "assurance.pack.read"
_SPEAKS = b'"evidence":{'
_SHEET = (
    ".made-for{margin:0 0 1rem;padding:.5rem .75rem;border:1px solid currentcolor;font-weight:600}"
    "@media print{.made-for{position:fixed;bottom:0;left:0;margin:0;border:0;font-size:9pt}}"
)


class ServerLog(GrowingView):
    """The server's log as a pack needs it: read like any other, appended to through the door."""

    def append(self, entries: Sequence[NewEntry]) -> list[int]:
        """Appends through the door, and sees the log as it is then."""
        indices = enter(entries)
        self.source.forget()
        self._hashes.forget()
        self._seen = Checkpoint.parse(self.source.checkpoint())
        return indices


@dataclass(frozen=True)
class Mark:
    """Who had it made, in which role, and when: what an external auditor takes away bears it on its report."""

    name: str
    role: str
    time: str

    def __str__(self) -> str:
        return f"Made for {self.name}, {self.role}, at {self.time}"


def mark_of(actor: Actor, powers: Powers | None = None) -> Mark | None:
    """The mark on what an external auditor takes away; None for everybody else."""
    held = (powers or powers_of(actor)).held
    if set(held) != {Role.EXTERNAL_AUDITOR}:
        return None
    person = Person.objects.filter(ref=str(actor.ref)).first()
    return Mark(str(person) if person else str(actor), "external auditor", time_text(now()))


def pack_for(
    out: Path, *, scope: str | None = None, actor: Actor, powers: Powers | None = None, language: str = ENGLISH
) -> Path:
    """Writes a pack for somebody who may read all of the organisation; an external auditor's bears a mark.

    Its report is in the language.

    Raises:
        DeniedError: the actor may not read all that it holds. RefusedError, PackError: as ``write_pack``.
    """
    mine = powers or powers_of(actor)
    mine.must(READ, Unit.objects.filter(parent__isnull=True).first())
    return write_pack(out, scope=scope, mark=mark_of(actor, mine), language=language)


def write_pack(out: Path, *, scope: str | None = None, mark: Mark | None = None, language: str = ENGLISH) -> Path:
    """Writes a pack about a system, or about the whole organisation (None), that ``upright verify`` accepts.

    It is verified before it gets its name, and the ledger holds its verdict.

    Raises:
        RefusedError: there is no such system.
        PackError: it cannot be written, or would not verify; then nothing is left behind.
    """
    about = scope or organisation()
    system = System.objects.filter(ref=about).first() if about.startswith("system:") else None
    if about != organisation() and system is None:
        raise RefusedError(f"{about} is no system of this server.", code="UP-SRVPACK-01")
    log = ServerLog(server_log().source)
    dossier = replace(_dossier(log, about, system, out.name), language=language)

    def report(cites: str) -> bytes:
        page = html_report(replace(dossier, checkpoint=cites))
        return (page if mark is None else marked(page, speech(language).sentence(str(mark)))).encode()

    make_pack(
        log,
        facts=dossier.facts,
        posture=dossier.posture,
        gate=dossier.gate,
        report_html=report,
        catalogue=catalogue(),
        blobs=home() / "blobs",
        out=out,
        scope=about,
    )
    return out


def marked(page: str, mark: str) -> str:
    """A report that says on its first line and on each printed page for whom it was made."""
    line = f'<p class="made-for">{html.escape(mark)}</p>'
    return page.replace("</style>", f"{_SHEET}</style>", 1).replace("<body>", f"<body>{line}", 1)


def _dossier(log: ServerLog, about: str, system: System | None, name: str) -> Dossier:
    entries = opened_entries(log, about)
    moment = max(time_text(now()), entries[-1].time if entries else "")
    facts = gather(entries, at=moment, scope=about, catalogue=catalogue(), log="server", organisation=organisation())
    stage = None if system is None else _next_stage(system)
    root = Unit.objects.filter(parent__isnull=True).first()
    bodies = dict(_bodies(entries))
    cited = {item.id for item in facts.items}
    return Dossier(
        facts=facts,
        posture=evaluate(facts, catalogue()),
        gate=None if stage is None else answer(facts, catalogue(), system=about, stage=stage),
        bodies={name: body for name, body in bodies.items() if name in cited},
        catalogue=catalogue(),
        checkpoint=log.checkpoint,
        log_key=str(server_log().key),
        title=system.name if system else str(root or about),
        system=None if system is None else about,
        organisation=str(root or about),
        purpose=system.purpose if system else "",
        signers=_signers(entries),
        pack=name,
    )


def _next_stage(system: System) -> str | None:
    stages = list(catalogue().stages)
    if system.stage not in stages or system.stage == stages[-1]:
        return None
    return stages[stages.index(system.stage) + 1]


def _signers(entries: "Sequence[Recorded]") -> Mapping[str, tuple[str, ...]]:
    """By evidence the names of who stands behind a record: who asked for it and who approved it, by log-in."""
    names = {one.ref: str(one) for one in Person._base_manager.all()}
    found: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        if entry.type == "record" and entry.body is not None and _SPEAKS in entry.body:
            said = msgspec.json.decode(entry.body).get("evidence") or {}
            persons = tuple(dict.fromkeys(map(str, said.get("persons") or ())))
            found[sha256_hex(entry.body)] = tuple(names.get(one, one) for one in persons)
    return found


def _bodies(entries: "Iterable[Recorded]") -> "Iterator[tuple[str, Statement]]":
    for entry in entries:
        if entry.type == "evidence" and entry.body is not None:
            try:
                envelope = Envelope.parse(entry.body)
                yield envelope.id, envelope.statement
            except UprightError:
                continue
