"""``upright demo``: serves a first organisation with a system that was really assessed."""

import os
from pathlib import Path
from typing import Annotated

import typer

from upright.cli.server_commands import server
from upright.cli.session import Session, command, note, single

app = single()


@command(app)
def demo(
    session: Session,
    home: Annotated[Path, typer.Option("--home", metavar="DIR", help="Where the demo's database is kept.")] = Path(
        "demo/server"
    ),
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 8600,
    prepare_only: Annotated[bool, typer.Option("--prepare-only", help="Build it, and leave.")] = False,
) -> None:
    """Build a demo organisation around the workspace given by --workspace, and serve it until stopped."""
    os.environ["UPRIGHT_HOME"] = str(home.absolute())
    os.environ["UPRIGHT_DEMO"] = "yes"
    os.environ.pop("UPRIGHT_DATABASE_URL", None)
    folder = session.folder()
    os.environ["UPRIGHT_WORKSPACES"] = str(folder.absolute())
    serving, building = server("upright.site.serving"), server("upright.site.demo")
    serving.load()
    with building.beginning():
        ready = serving.prepare("meridian", tell=note)
    built = building.build(folder)
    address = f"http://127.0.0.1:{port}/"
    document = {
        "upright": 1,
        "origin": ready.origin,
        "evidence": built.evidence,
        "address": address,
        "password": building.PASSWORD,
        "logins": [{"email": one.email, "what": one.what} for one in built.logins],
    }
    session.answer(document, lambda screen: _show(screen, document, home / building.MAILS, is_served=not prepare_only))
    if not prepare_only:
        serving.serve("127.0.0.1", port, 2)


def _show(screen: object, document: dict[str, object], mails: Path, *, is_served: bool) -> None:
    line = screen.line  # type: ignore[attr-defined]
    line(f"Meridian Credit Union, with {document['evidence']} pieces of evidence, at {document['address']}")
    line(f"Log in with the password {document['password']} as")
    for one in document["logins"]:  # type: ignore[attr-defined]
        line(f"  {one['email']:<24} {one['what']}")
    line(f"What they get by e-mail is kept in {mails}.")
    if is_served:
        line("Ctrl-C stops it; what you change stays until the demo is made anew.")
    else:
        line("It is made, and not served: the same command without --prepare-only serves it.")
