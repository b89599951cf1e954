"""``upright report``: one document from what the log holds."""

from dataclasses import replace
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
from upright.cli.session import Session, command, put, single

if TYPE_CHECKING:
    from upright.cli.screen import Screen

app = single()


@command(app)
def report(
    session: Session,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Which one; without it, their names.")] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Where to; - is standard output.")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="As recorded at a past day or time.")] = None,
    language: Language = None,
    system: SystemName = None,
    manifest: ManifestFile = None,
    catalogue: CatalogueFolders = None,
) -> None:
    """Write a report as one file, such as 'upright report assessment', or list the reports there are."""
    from upright.reports import report_named, reports

    if name is None:
        rows = [(each.name, each.title, each.media_type) for each in reports().values()]
        document = {"upright": 1, "reports": [{"name": n, "title": t, "media_type": m} for n, t, m in rows]}
        session.answer(document, lambda screen: _show_list(screen, rows))
        return
    kind, read_in = report_named(name), language_of_reader(language)
    workspace = open_workspace(session, catalogue)
    described = manifest_of(workspace.folder, manifest) if at is None else None
    dossier = workspace.dossier(
        system=system or (described.system.id if described else None), at=at, manifest=described
    )
    dossier = replace(dossier, language=read_in)
    if dossier.system is not None:
        dossier = replace(dossier, pack=f"{dossier.system.partition(':')[2]}-pack.zip")
    content = kind.render(dossier)
    if str(out) == "-":
        put(content)
        return
    target = out or Path(f"{kind.name}{kind.suffix}")
    target.write_bytes(content)
    written = {"upright": 1, "report": str(target), "bytes": len(content), "media_type": kind.media_type}
    session.answer(written, lambda screen: screen.line(f"Wrote {target} ({len(content):,} bytes)."))


def _show_list(screen: "Screen", rows: list[tuple[str, str, str]]) -> None:
    from upright.cli.screen import Column

    screen.table([Column("Name", whole=True), Column("What it shows"), Column("Type", whole=True)], rows)
