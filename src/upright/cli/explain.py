"""``upright explain``: why a requirement has its status, in sentences."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.here import CatalogueFolders, ManifestFile, SystemName, manifest_of, open_workspace
from upright.cli.session import Session, command, single
from upright.cli.standing import show_unconfirmed

if TYPE_CHECKING:
    from upright.cli.screen import Screen

app = single()


@command(app)
def explain(
    session: Session,
    requirement: Annotated[str, typer.Argument(metavar="REQUIREMENT", help="Its id, such as iso42001:A.5.4.")],
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="As of a past day or time.")] = None,
    system: SystemName = None,
    manifest: ManifestFile = None,
    catalogue: CatalogueFolders = None,
) -> None:
    """Say why a requirement has its status: which evidence answers it, and what is missing."""
    import msgspec

    workspace = open_workspace(session, catalogue)
    observed = manifest_of(workspace.folder, manifest) if at is None else None
    found = workspace.explain(requirement, system=system, at=at, manifest=observed)
    known = workspace.catalogue(at).requirement(requirement)
    document: dict[str, Any] = {
        "upright": 1, "requirement": known.id, "title": known.title, "confirmed": known.confirmed,
        "judgement": known.judgement, "asks_confirmed": known.asks_confirmed, "cautions": list(known.cautions),
        **msgspec.to_builtins(found),
    }  # fmt: skip

    def show(screen: "Screen") -> None:
        screen.title(f"{known.id}  {known.title}", "" if known.confirmed else "unconfirmed")
        screen.quiet(known.text)
        screen.line()
        screen.verdict(found.status, " ".join(found.sentences))
        for each in found.evidence:
            screen.bullet(f"evidence sha256:{each}")
        show_unconfirmed(screen, known)

    session.answer(document, show)
