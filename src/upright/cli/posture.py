"""``upright posture``: each requirement's status, now or at any past moment."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.here import CatalogueFolders, ManifestFile, manifest_of, open_workspace
from upright.cli.session import Session, command, single
from upright.kernel import InputError

if TYPE_CHECKING:
    from upright.cli.screen import Screen
    from upright.posture import Facts, Posture

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
        from upright.cli.standing import answered, rest_line, show_frameworks, show_verdicts
        from upright.reports.words import minute

        screen.title("Posture", f"as of {minute(facts.at)}, {_LOGS.get(facts.log, facts.log)}")
        show_frameworks(screen, found, known)
        screen.line()
        if framework is not None:
            show_verdicts(screen, wanted, known)
            return
        rows = answered(wanted)
        if rows:
            show_verdicts(screen, rows, known)
            screen.line()
        screen.line(rest_line(wanted))

    session.answer(_document(facts, found, wanted), show)


_LOGS = {"self-kept": "self-kept log", "partial": "partial log", "server": "server log"}


def _document(facts: "Facts", found: "Posture", wanted: Any) -> dict[str, Any]:
    import msgspec

    return {
        "upright": 1,
        "at": facts.at,
        "log": facts.log,
        "facts": f"sha256:{facts.digest()}",
        "frameworks": {name: msgspec.to_builtins(each) for name, each in found.frameworks.items()},
        "verdicts": [msgspec.to_builtins(one) for one in wanted],
    }
