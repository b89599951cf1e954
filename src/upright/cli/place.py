"""Where the workspace is: named by ``--workspace``, or the nearest one upwards."""

from pathlib import Path

from upright.kernel import InputError

FOLDER = ".upright"


class NoWorkspaceError(InputError):
    """There is no workspace where the command looked."""


def find_workspace(given: Path | None, start: Path | None = None) -> Path:
    """The folder that holds ``.upright``: ``given``, else the nearest at or above ``start`` (the current folder).

    Raises:
        NoWorkspaceError: there is none.
    """
    if given is not None:
        if not (given / FOLDER).is_dir():
            raise NoWorkspaceError(
                f"{given} has no {FOLDER} folder, so it is no workspace. "
                f"Name the folder that holds {FOLDER}, or run 'upright assess' there first.",
                code="UP-CLI-03",
            )
        return given
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        if (folder / FOLDER).is_dir():
            return folder
    raise NoWorkspaceError(
        f"Neither {here} nor a folder above it is a workspace (none has a {FOLDER} folder). "
        "Name one with --workspace DIR, or run 'upright assess' beside an upright.yaml first.",
        code="UP-CLI-03",
    )
