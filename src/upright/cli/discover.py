"""``upright discover``: which model files and tables lie in a folder, and what the tables' columns probably mean."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.session import Session, command, single
from upright.cli.text import counted
from upright.kernel import InputError

if TYPE_CHECKING:
    from upright.cli.screen import Screen

app = single()

NOT_LOOKED_FOR = ("AI that source code calls or imports", "what lies in hidden folders, links and installed packages")


@command(app)
def discover(
    session: Session,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to look [default: here].", show_default=False)
    ] = Path(),
) -> None:
    """List model files, told by their first bytes, and tables with what their columns probably mean. Loads no model.

    What it does not look for is listed too: finding nothing is no proof that there is none.
    """
    from upright.discovery import find, guess_table

    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; name the one to look in.", code="UP-CLI-11")
    found = find(folder)
    tables = []
    for path in found.tables:
        guess = guess_table(folder / path)
        tables.append(
            {
                "path": path,
                "columns": [column.name for column in guess.columns],
                "meanings": dict(guess.meanings),
                "protected": list(guess.protected),
                "problem": guess.problem,
            }
        )
    not_looked = [*NOT_LOOKED_FOR, *([] if found.is_whole else ["files beyond the first 20,000"])]
    document: dict[str, Any] = {
        "upright": 1,
        "folder": str(folder),
        "models": [{"path": one.path, "format": one.format, "signature": one.signature} for one in found.models],
        "tables": tables,
        "requirements": found.requirements,
        "not_looked_for": not_looked,
    }
    session.answer(document, lambda screen: show_found(screen, document))


def show_found(screen: "Screen", document: dict[str, Any]) -> None:
    """Two tables, what was not looked for, and the next step."""
    from upright.cli.screen import Column

    models, tables = document["models"], document["tables"]
    screen.title(document["folder"], f"{counted(len(models), 'model file')}, {counted(len(tables), 'table')}")
    if models:
        screen.line()
        rows = [(one["path"], one["format"], one["signature"] or "none") for one in models]
        screen.table([Column("Model file"), Column("Format", whole=True), Column("Signature")], rows)
    if tables:
        screen.line()
        columns = [Column("Table"), Column("Columns", right=True), Column("Probably")]
        screen.table(columns, [(one["path"], str(len(one["columns"])), _probably(one)) for one in tables])
    screen.line()
    for line in document["not_looked_for"]:
        screen.bullet(f"not looked for: {line}")
    screen.quiet("Next: 'upright init' proposes a manifest for these; 'upright scan' says what loading them could do.")


def _probably(table: dict[str, Any]) -> str:
    if table["problem"] is not None:
        return f"cannot be read: {table['problem']}"
    said = [f"{meaning} {name}" for meaning, name in table["meanings"].items()]
    said += [f"protected {', '.join(table['protected'])}"] if table["protected"] else []
    return "; ".join(said) or "no column tells what it is"
