"""``upright init``: a manifest proposed from what lies in a folder, with the questions only a person can answer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.here import MANIFEST
from upright.cli.session import Session, command, single
from upright.kernel import InputError

if TYPE_CHECKING:
    from upright.cli.screen import Screen

app = single()


class ManifestThereError(InputError):
    """There is a manifest already, and nothing is written over it."""


@command(app)
def init(
    session: Session,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of the AI system [default: here].", show_default=False)
    ] = Path(),
    show_only: Annotated[bool, typer.Option("--print", help="Print the proposal and write nothing.")] = False,
) -> None:
    """Look for model files and tables in a folder and write upright.yaml for them. Opens no model, sends nothing."""
    from upright.discovery import propose_manifest

    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; name the one that holds the model and its data.", code="UP-CLI-11")
    target = folder / MANIFEST
    if target.exists() and not show_only:
        raise ManifestThereError(
            f"{target} is there already and was left as it is. 'upright init --print' shows what would be proposed.",
            code="UP-CLI-11",
        )
    text, questions, left_out = propose_manifest(folder)
    if not show_only:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    asked = [str(each) for each in questions]
    document = {
        "upright": 1,
        "manifest": None if show_only else str(target),
        "proposal": text,
        "questions": asked,
        "left_out": list(left_out),
    }

    def show(screen: "Screen") -> None:
        if show_only:
            screen.verbatim(text)
            return
        screen.line(f"Wrote {target}.")
        for each in left_out:
            screen.line(f"Left out, though it looks like a table: {each}")
        if asked:
            screen.line("What no file can tell; answer it there:")
            for each in asked:
                screen.bullet(each)
        screen.quiet(f"Then: upright assess {target}")

    session.answer(document, show)
