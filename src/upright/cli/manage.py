"""``upright manage``: Django's management commands, with the server's settings."""

from typing import Annotated

import typer

from upright.cli.server_commands import server
from upright.cli.session import single

app = single()


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def manage(
    arguments: Annotated[list[str] | None, typer.Argument(metavar="COMMAND…", help="Such as: check --deploy")] = None,
) -> None:
    """Run one of Django's management commands, such as `check --deploy` or `showmigrations`."""
    serving = server("upright.site.serving")
    serving.load()
    serving.manage(list(arguments or ["help"]))
