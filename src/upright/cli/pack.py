"""``upright pack``: an audit pack, and the line that checks it elsewhere."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.here import CatalogueFolders, ManifestFile, SystemName, manifest_of, open_workspace
from upright.cli.session import Session, command, single

if TYPE_CHECKING:
    from upright.cli.screen import Screen

app = single()


@command(app)
def pack(
    session: Session,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Where to [default: SYSTEM-pack.zip].")
    ] = None,
    partial: Annotated[
        bool,
        typer.Option("--partial", help="Leave leaves out; then nobody can tell whether the newest result is in it."),
    ] = False,
    system: SystemName = None,
    manifest: ManifestFile = None,
    catalogue: CatalogueFolders = None,
) -> None:
    """Write evidence, log, facts, posture, gate and report as one file that verifies itself offline."""
    workspace = open_workspace(session, catalogue)
    described = manifest_of(workspace.folder, manifest)
    chosen = system or (described.system.id if described else None)
    name = out or Path(f"{chosen or workspace.one_system().path}-pack.zip")
    written = workspace.pack(name, system=chosen, manifest=described, partial=partial)
    key = str(workspace.log_key)
    size = written.stat().st_size
    line = f"upright verify {shlex.quote(str(written))} --trust {shlex.quote(key)}"
    document = {"upright": 1, "pack": str(written), "bytes": size, "log_key": key, "partial": partial, "verify": line}

    def show(screen: "Screen") -> None:
        screen.line(f"Wrote {written} ({size:,} bytes). On another machine:")
        screen.code(line)
        if partial:
            screen.verdict("partial", "Newest not proven: a partial pack may leave the newest result out.")

    session.answer(document, show)
