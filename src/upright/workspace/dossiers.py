"""What reports and packs are made from: Facts, what was judged, and the words they cite."""

from pathlib import Path
from typing import TYPE_CHECKING

from upright.kernel import Ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from upright.evidence import Statement
    from upright.reports import Dossier
    from upright.workspace.manifest import Manifest
    from upright.workspace.workspace import Workspace

_LARGEST_BILL = 32 * 2**20


def make_dossier(
    workspace: "Workspace", *, system: str | None, at: str | None, manifest: "Manifest | None"
) -> "Dossier":
    """See ``Workspace.dossier``; the checkpoint is the log's last one, before anything that is written after."""
    from upright.gate import answer
    from upright.posture import evaluate
    from upright.reports import Dossier

    ref = workspace.one_system(system if system or manifest is None else manifest.system.id)
    catalogue = workspace.catalogue(at)
    facts = workspace.facts(at, manifest, catalogue=catalogue)
    stage = next_stage(workspace, ref, catalogue.stages)
    rows = [row for row in workspace.evidence() if row.id is not None and row.statement is not None]
    cited = {item.id for item in facts.items}
    bodies = {row.id: row.statement for row in rows if row.id in cited and row.id and row.statement}
    return Dossier(
        facts=facts,
        posture=evaluate(facts, catalogue),
        gate=None if stage is None else answer(facts, catalogue, system=str(ref), stage=stage),
        bodies=bodies,
        catalogue=catalogue,
        checkpoint=workspace.log.checkpoint,
        log_key=str(workspace.log_key),
        title=manifest.system.name if manifest else ref.path,
        system=str(ref),
        organisation=manifest.organisation.name if manifest else workspace.organisation.path,
        purpose=manifest.system.purpose if manifest else "",
        signers={row.id: row.signers for row in rows if row.id},
        artefacts=dict(_bills(workspace, bodies.values())),
    )


def _bills(workspace: "Workspace", statements: "Iterable[Statement]") -> "Iterator[tuple[str, bytes]]":
    """The bills of materials that evidence carries, as far as their bytes are kept here."""
    for statement in statements:
        for artefact in statement.predicate.artefacts:
            is_bill = artefact.media_type == "application/vnd.cyclonedx+json" and artefact.size <= _LARGEST_BILL
            if is_bill and workspace.layout.blob(artefact.sha256).exists():
                yield artefact.sha256, workspace.layout.read_blob(artefact.sha256)


def next_stage(workspace: "Workspace", system: Ref, stages: tuple[str, ...]) -> str | None:
    """The life-cycle stage after the recorded one; None after the last, or where none is recorded."""
    record = workspace.system_record(system)
    stage = None if record is None else record["system"]["stage"]
    if stage not in stages or stage == stages[-1]:
        return None
    return stages[stages.index(stage) + 1]


def write_pack(
    workspace: "Workspace",
    out: Path,
    *,
    system: str | None,
    manifest: "Manifest | None",
    partial: bool,
    language: str,
) -> Path:
    """See ``Workspace.pack``."""
    from dataclasses import replace

    from upright.pack import judge_part, make_pack
    from upright.reports import html_report

    if manifest is not None:
        workspace.record(workspace.observe(manifest))
    dossier = make_dossier(workspace, system=system, at=None, manifest=manifest)
    dossier = replace(dossier, pack=out.name, language=language)
    if partial:
        ref = workspace.one_system(system if system or manifest is None else manifest.system.id)
        stage = None if dossier.gate is None else dossier.gate.stage
        facts, posture, gate = judge_part(
            workspace.log, at=dossier.facts.at, system=str(ref), stage=stage, catalogue=dossier.catalogue
        )
        shown = {item.id for item in facts.items}
        bodies = {name: body for name, body in dossier.bodies.items() if name in shown}
        dossier = replace(dossier, facts=facts, posture=posture, gate=gate, bodies=bodies)
    make_pack(
        workspace.log,
        facts=dossier.facts,
        posture=dossier.posture,
        gate=dossier.gate,
        report_html=lambda cites: html_report(replace(dossier, checkpoint=cites)).encode(),
        catalogue=dossier.catalogue,
        blobs=workspace.layout.blobs,
        out=out,
        scope=dossier.facts.scope,
        partial=partial,
    )
    return out
