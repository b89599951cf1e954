"""``upright worker``: tasks and reactions in a process apart from the server's."""

from typing import Annotated

import typer

from upright.cli.server_commands import server
from upright.cli.session import Session, command, single
from upright.cli.text import counted

app = single()


@command(app)
def worker(
    session: Session,
    once: Annotated[bool, typer.Option("--once", help="Run what waits now, and leave.")] = False,
    parent: Annotated[int | None, typer.Option("--parent", hidden=True)] = None,
) -> None:
    """Run tasks, reactions and scheduled checks until stopped. `upright serve` runs one worker by itself."""
    serving = server("upright.site.serving")
    serving.load()
    count = serving.work(once=once, parent=parent)
    if once:
        said = f"Reactions are up to date; {counted(count, 'task')} ended."
        session.answer({"upright": 1, "tasks": count}, lambda screen: screen.line(said))
