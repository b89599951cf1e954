"""``upright attest``: what a person decided or vouches for, as signed evidence."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from upright.cli.here import CatalogueFolders, ManifestFile, manifest_of, open_workspace
from upright.cli.session import Session, command, single

if TYPE_CHECKING:
    from upright.catalogue import Kind
    from upright.cli.screen import Screen
    from upright.workspace import Manifest, Workspace

app = single()

State = Literal["draft", "approved", "rejected", "superseded", "withdrawn"]


@command(app)
def attest(
    session: Session,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Of evidence; 'upright catalogue kinds' lists them.")],
    about: Annotated[
        str | None,
        typer.Option("--about", metavar="REF", help="The subject, such as system:mortgage [default: what KIND is of]."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="F", help="YAML or JSON with the fields; 'upright catalogue kinds KIND'."),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", help="Without --file, of binding-approval: why all that waits is approved."),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="KEY", help="A person's key: file, fingerprint or name; repeat for a second."),
    ] = None,
    state: Annotated[State | None, typer.Option("--state", help="Of the record [default: approved].")] = None,
    conclusion: Annotated[
        Literal["passed", "failed"] | None,
        typer.Option("--conclusion", help="What the record concludes, where it does."),
    ] = None,
    review_by: Annotated[
        str | None, typer.Option("--review-by", metavar="DAY", help="When it must be looked at again: 2027-03-31.")
    ] = None,
    attach: Annotated[
        list[Path] | None, typer.Option("--attach", metavar="FILE", help="Keep this file with it; may be repeated.")
    ] = None,
    manifest: ManifestFile = None,
    catalogue: CatalogueFolders = None,
) -> None:
    """File a record or attestation, signed by a person's own key.

    Some kinds need two people: a Statement of Applicability, a scope, a waiver. With fewer keys they count as drafts.
    """
    workspace = open_workspace(session, catalogue)
    described = manifest_of(workspace.folder, manifest)
    about = about or _one_subject(workspace.catalogue().kind(kind))
    with TemporaryDirectory() as folder:
        filed = workspace.attest(
            kind,
            about,
            file or _written(workspace, kind, described, reason, Path(folder)),
            key or (),
            manifest=described,
            state=state,
            review_by=review_by,
            conclusion=conclusion,
            attachments=tuple(attach or ()),
        )

    def show(screen: "Screen") -> None:
        what = "Filed" if filed.is_new else "Known already:"
        screen.line(f"{what} {kind} about {about} as entry {filed.index}, {filed.state}.")
        screen.code(f"sha256:{filed.evidence}")
        if filed.missing_keys:
            more = "one more person signs" if filed.missing_keys == 1 else f"{filed.missing_keys} more people sign"
            screen.line(f"It counts as a draft until {more}: repeat --key.")

    session.answer(filed.to_json(), show)


def _one_subject(kind: "Kind") -> str:
    """What a kind speaks about where that leaves no choice: the organisation, or the only system."""
    if tuple(kind.subject) in {("organisation",), ("system",)}:
        return kind.subject[0]
    raise typer.BadParameter(
        f"{kind.id} may be about a {' or a '.join(kind.subject)}: name it, such as --about system:mortgage."
    )


def _written(workspace: "Workspace", kind: str, manifest: "Manifest | None", reason: str | None, folder: Path) -> Path:
    from upright.workspace.approved import APPROVAL
    from upright.workspace.approving import write_approval

    if kind != APPROVAL:
        raise typer.BadParameter(f"{kind} needs --file F: 'upright catalogue kinds {kind}' prints one to fill.")
    if manifest is None or not reason:
        raise typer.BadParameter(
            "binding-approval needs --reason TEXT and the manifest whose bindings are approved, or --file F."
        )
    return write_approval(workspace, manifest, reason, folder)
