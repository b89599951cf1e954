"""What commands about a workspace need first: the workspace itself, and the manifest that describes it today."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.session import Session

if TYPE_CHECKING:
    from upright.workspace import Manifest, Workspace

MANIFEST = "upright.yaml"

CatalogueFolders = Annotated[
    list[Path] | None,
    typer.Option("--catalogue", metavar="DIR", help="Lay this folder of frameworks over ours; may be repeated."),
]
ManifestFile = Annotated[
    Path | None,
    typer.Option("--manifest", metavar="FILE", help="The manifest [default: upright.yaml beside .upright, if there]."),
]
SystemName = Annotated[
    str | None, typer.Option("--system", metavar="ID", help="Which system, where the log holds several.")
]

Language = Annotated[
    str | None,
    typer.Option(
        "--language", metavar="CODE", help="Of the report, such as de [default: as LC_ALL or LANG say, else en]."
    ),
]


def language_of_reader(given: str | None) -> str:
    """The language that the option means, else what the environment asks for, else English.

    Raises:
        LanguageError: the option names one that there are no texts in.
    """
    import os

    from upright.kernel.speech import language_named, language_of

    return language_of(os.environ) if given is None else language_named(given)


def open_workspace(session: Session, folders: Sequence[Path] | None = None) -> "Workspace":
    """The workspace that the options mean.

    Raises:
        NoWorkspaceError: there is none. WorkspaceError, LedgerError: it cannot be used.
    """
    from upright.workspace import Workspace

    return Workspace.open(session.folder(), catalogue_folders=tuple(folders or ()))


def manifest_of(folder: Path, given: Path | None) -> "Manifest | None":
    """The given manifest, else the one beside ``.upright``; ``None`` where there is none, so only the log speaks.

    Raises:
        ManifestError: it is not a manifest.
    """
    from upright.workspace import load_manifest

    if given is not None:
        return load_manifest(manifest_path(given))
    beside = folder / MANIFEST
    return load_manifest(beside) if beside.is_file() else None


def manifest_path(given: Path | None) -> Path:
    """A file as given; in a given folder, or with nothing given here, its ``upright.yaml``."""
    if given is None:
        return Path(MANIFEST)
    return given / MANIFEST if given.is_dir() else given
