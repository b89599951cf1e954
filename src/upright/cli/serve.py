"""``upright serve``: the web application and API, over SQLite at home or PostgreSQL by ``UPRIGHT_DATABASE_URL``."""

from types import ModuleType
from typing import Annotated, Any

import typer

from upright.cli.server_commands import server
from upright.cli.session import Session, command, note, single

app = single()


@command(app)
def serve(
    session: Session,
    organisation: Annotated[
        str | None, typer.Option("--organisation", metavar="ID", help="Whose server it is; needed for a new database.")
    ] = None,
    administrator: Annotated[
        str | None, typer.Option("--administrator", metavar="EMAIL", help="First administrator of a new database.")
    ] = None,
    manager: Annotated[
        str | None,
        typer.Option("--manager", metavar="EMAIL", help="First AIMS manager of a new database, who approves."),
    ] = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 8600,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Processes that answer.")] = 2,
    with_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Also run the worker, which carries out tasks and reactions.")
    ] = True,
    prepare_only: Annotated[bool, typer.Option("--prepare-only", help="Make the database ready, and leave.")] = False,
) -> None:
    """Make the database ready and serve until stopped. Behind a proxy, say UPRIGHT_URL."""
    serving = server("upright.site.serving")
    if not prepare_only:  # before a database is made and the first passwords are shown
        serving.demand_free(host, port)
    serving.load()
    ready = serving.prepare(organisation, tell=note)
    _people(serving, ready, administrator, manager)
    document = {"upright": 1, "origin": ready.origin, "is_new": ready.is_new, "has_people": ready.has_people}
    if prepare_only:
        session.answer(document, lambda screen: screen.line(f"Ready: {ready.origin}"))
        return
    note(f"Serving {ready.origin} at http://{host}:{port}/ with {workers} workers; Ctrl-C stops it")
    serving.serve(host, port, workers, with_worker=with_worker)


def _people(serving: ModuleType, ready: Any, administrator: str | None, manager: str | None) -> None:
    """Makes the first people where nobody can log in yet, or says how."""
    if ready.has_people:
        return
    if administrator is None or manager is None:
        note(
            "Nobody can log in yet. Start once with --administrator EMAIL --manager EMAIL: two people, since one of "
            "them approves what the other grants."
        )
        return
    for address, password in serving.first_people(ready.origin.partition("/")[0], administrator, manager).items():
        note(f"{address} may log in with the password {password} (shown once; change it)")
