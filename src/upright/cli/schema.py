"""``upright schema``: the JSON Schemas that outsiders build on."""

from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.session import Session, command, print_json, single

if TYPE_CHECKING:
    from upright.cli.screen import Screen

app = single()


@command(app)
def schema(
    session: Session,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Which one; without it, their names.")] = None,
) -> None:
    """Print a JSON Schema (draft 2020-12), or list the names of all."""
    from upright.kernel import schemas

    if name is not None:
        print_json(schemas.load(name))
        return
    titles = {each: str(schemas.load(each).get("title", "")) for each in schemas.names()}

    def show(screen: "Screen") -> None:
        from upright.cli.screen import Column

        screen.table([Column("Name", whole=True), Column("What it describes")], list(titles.items()))

    session.answer({"upright": 1, "schemas": [{"name": each, "title": title} for each, title in titles.items()]}, show)
