"""``upright gate``: may the system go to a life-cycle stage?"""

from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.here import CatalogueFolders, ManifestFile, SystemName, manifest_of, open_workspace
from upright.cli.session import Session, command, single

if TYPE_CHECKING:
    from upright.cli.screen import Screen
    from upright.reports.parts.gates import GateView

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
    from upright.reports.parts.gates import view_of

    workspace = open_workspace(session, catalogue)
    observed = manifest_of(workspace.folder, manifest) if at is None else None
    answer = workspace.gate(to, system=system, at=at, manifest=observed)

    def show(screen: "Screen") -> None:
        known = workspace.catalogue(at)
        facts = workspace.facts(at, observed, catalogue=known)
        bodies = {row.id: row.statement for row in workspace.evidence() if row.id and row.statement}
        show_gate(screen, view_of(answer, facts, known, bodies, most=1))

    session.answer(answer.to_json(), show)
    return 0 if answer.answer == "allow" else 1


def show_gate(screen: "Screen", view: "GateView") -> None:
    """The answer as a sentence, and a line for each reason."""
    from upright.cli.screen import Column

    screen.verdict(view.answer, view.sentence)
    if view.missing:
        screen.line()
        screen.table(
            [Column("Missing"), Column("Status", status=True), Column("Why")],
            [(_listed(one.what), one.status, " ".join((one.why, *one.details))) for one in view.missing],
        )
    for line in view.waivers:
        screen.bullet(line)


def _listed(what: tuple[str, ...], most: int = 3) -> str:
    if len(what) <= most + 1:
        return ", ".join(what)
    return f"{', '.join(what[:most])} and {len(what) - most} more for the same reason"
