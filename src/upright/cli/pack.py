"""``upright pack``: an audit pack, and the line that checks it elsewhere."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.here import (
    CatalogueFolders,
    Language,
    ManifestFile,
    SystemName,
    language_of_reader,
    manifest_of,
    open_workspace,
)
from upright.cli.server_commands import server
from upright.cli.session import Session, command, single
from upright.kernel import InputError

if TYPE_CHECKING:
    from upright.cli.screen import Screen

app = single()


@command(app)
def pack(
    session: Session,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Where to [default: SYSTEM-pack.zip].")
    ] = None,
    of_server: Annotated[
        bool,
        typer.Option("--server", help="Of this machine's server, not of a workspace; without --system of all of it."),
    ] = False,
    partial: Annotated[
        bool,
        typer.Option("--partial", help="Leave leaves out; then nobody can tell whether the newest result is in it."),
    ] = False,
    language: Language = None,
    system: SystemName = None,
    manifest: ManifestFile = None,
    catalogue: CatalogueFolders = None,
) -> None:
    """Write evidence, log, facts, posture, gate and report as one file that verifies itself offline."""
    read_in = language_of_reader(language)
    if of_server:
        _pack_server(session, out, system, partial=partial, language=read_in)
        return
    workspace = open_workspace(session, catalogue)
    described = manifest_of(workspace.folder, manifest)
    chosen = system or (described.system.id if described else None)
    name = out or Path(f"{chosen or workspace.one_system().path}-pack.zip")
    written = workspace.pack(name, system=chosen, manifest=described, partial=partial, language=read_in)
    _answer(session, written, str(workspace.log_key), partial=partial)


def _pack_server(session: Session, out: Path | None, system: str | None, *, partial: bool, language: str) -> None:
    if partial:
        raise InputError("A server's pack is whole: leave --partial out.", code="UP-SRVPACK-02")
    written, key = server("upright.site.packing").pack(out, system, language)
    _answer(session, written, key, partial=False)


def _answer(session: Session, written: Path, key: str, *, partial: bool) -> None:
    size = written.stat().st_size
    line = f"upright verify {shlex.quote(str(written))} --trust {shlex.quote(key)}"
    document = {"upright": 1, "pack": str(written), "bytes": size, "log_key": key, "partial": partial, "verify": line}

    def show(screen: "Screen") -> None:
        screen.line(f"Wrote {written} ({size:,} bytes). On another machine:")
        screen.code(line)
        if partial:
            screen.verdict("partial", "Newest not proven: a partial pack may leave the newest result out.")

    session.answer(document, show)
