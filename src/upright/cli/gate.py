"""``upright gate``: may the system go to a life-cycle stage?"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.here import CatalogueFolders, ManifestFile, SystemName, manifest_of, open_workspace
from upright.cli.session import Session, command, single

if TYPE_CHECKING:
    from upright.cli.screen import Screen
    from upright.gate import GateAnswer

app = single()


@command(app)
def gate(
    session: Session,
    to: Annotated[str, typer.Option("--to", metavar="STAGE", help="The stage to go to, such as deployment.")],
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="As of a past day or time; then nothing is recorded.")
    ] = None,
    system: SystemName = None,
    manifest: ManifestFile = None,
    catalogue: CatalogueFolders = None,
) -> int:
    """Ask the gate. Exit 0 allows, 1 denies with every reason. Unknown, undecided and stale deny."""
    workspace = open_workspace(session, catalogue)
    observed = manifest_of(workspace.folder, manifest) if at is None else None
    answer = workspace.gate(to, system=system, at=at, manifest=observed)
    session.answer(gate_json(answer), lambda screen: show_gate(screen, answer))
    return 0 if answer.answer == "allow" else 1


def gate_json(answer: "GateAnswer") -> dict[str, Any]:
    """The gate's answer as JSON."""
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(answer)
    return {"upright": 1, **plain}


def show_gate(screen: "Screen", answer: "GateAnswer") -> None:
    """The answer as a sentence, and a line for each thing that is missing."""
    from upright.cli.screen import Column
    from upright.reports.parts.verdicts import gate_sentence

    screen.verdict(answer.answer, gate_sentence(answer.answer, answer.stage, [one.status for one in answer.missing]))
    if answer.missing:
        screen.line()
        screen.table(
            [Column("Missing"), Column("Status", status=True), Column("Why")],
            [(one.what, one.status, one.why) for one in answer.missing],
        )
    for waiver in answer.waivers:
        screen.bullet(f"waived: {waiver.requirement}, until {waiver.until}, approved by {waiver.approver}")
