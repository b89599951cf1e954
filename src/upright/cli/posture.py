"""``upright posture``: each requirement's status, now or at any past moment."""

from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.here import CatalogueFolders, ManifestFile, manifest_of, open_workspace
from upright.cli.session import Session, command, single
from upright.kernel import InputError

if TYPE_CHECKING:
    from upright.cli.screen import Screen

app = single()


@command(app)
def posture(
    session: Session,
    framework: Annotated[
        str | None, typer.Option("--framework", metavar="ID", help="Every requirement of one framework.")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="As recorded at a past day or time.")] = None,
    manifest: ManifestFile = None,
    catalogue: CatalogueFolders = None,
) -> None:
    """Show where each framework stands, computed from evidence. What nobody measured is unknown."""
    workspace = open_workspace(session, catalogue)
    observed = manifest_of(workspace.folder, manifest) if at is None else None
    facts, known, found = workspace.posture(at, observed)
    if framework is not None and framework not in found.frameworks:
        raise InputError(
            f'There is no framework "{framework}" in this posture; there are: {", ".join(found.frameworks)}.',
            code="UP-CLI-06",
        )
    wanted = [one for one in found.verdicts if framework in {None, one.requirement.partition(":")[0]}]

    def show(screen: "Screen") -> None:
        from upright.cli.standing import (
            answered,
            rest_line,
            show_frameworks,
            show_moved,
            show_unconfirmed_share,
            show_verdicts,
        )
        from upright.reports.words import minute

        screen.title("Posture", f"as of {minute(facts.at)}, {_LOGS.get(facts.log, facts.log)}")
        show_frameworks(screen, found, known)
        show_unconfirmed_share(screen, known, found.frameworks if framework is None else [framework])
        screen.line()
        if framework is not None:
            show_verdicts(screen, wanted, known)
            return
        rows = answered(wanted)
        if rows:
            show_moved(screen, rows, known)
            screen.line()
        screen.line(rest_line(wanted))

    document = found.to_json()
    if framework is not None:
        document["frameworks"] = {framework: document["frameworks"][framework]}
        document["verdicts"] = [
            each for each in document["verdicts"] if each["requirement"].startswith(f"{framework}:")
        ]
    session.answer(document, show)


_LOGS = {"self-kept": "self-kept log", "partial": "partial log", "server": "server log"}
