"""``upright push``: a workspace's evidence to a server, with proof that the workspace's log holds it."""

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.here import ManifestFile, manifest_of, open_workspace
from upright.cli.session import Session, command, single
from upright.cli.text import counted
from upright.kernel import InputError

if TYPE_CHECKING:
    from upright.cli.screen import Screen

app = single()
TOKEN = "UPRIGHT_TOKEN"  # noqa: S105 - the name of the variable


@command(app)
def push(
    session: Session,
    manifest: ManifestFile = None,
    url: Annotated[
        str | None,
        typer.Option(
            "--url", metavar="URL", envvar="UPRIGHT_SERVER", help="The server, such as https://upright.example."
        ),
    ] = None,
) -> int:
    """Send all evidence of this workspace, and what it last recorded of the system, to a server.

    The token is taken from UPRIGHT_TOKEN. Exit 0 once the server holds everything, 3 where statements wait in its
    intake for somebody to link them.
    """
    from upright.sdk import Client
    from upright.workspace.bundles import push_bytes

    token = os.environ.get(TOKEN, "")
    if not url or not token:
        missing = "--url or UPRIGHT_SERVER" if not url else TOKEN
        raise InputError(
            f"{missing} is not set. A push needs the server's address and an API token in {TOKEN}. An operator issues "
            "one for a person who may push: 'upright manage token EMAIL --name CI', where the server runs.",
            code="UP-CLI-30",
        )
    workspace = open_workspace(session)
    found = manifest_of(workspace.folder, manifest)
    if found is None:
        raise InputError(
            f"There is no upright.yaml beside {workspace.folder}; a push is about the system that a manifest names. "
            "Name it with --manifest.",
            code="UP-CLI-31",
        )
    data = push_bytes(workspace, found)
    answer = Client(url, token, timeout_s=300).push(data)
    taken = [str(one["taken"]) for one in answer["outcomes"]]
    document = {"upright": 1, "server": url, **answer}
    session.answer(document, lambda screen: _show(screen, document, taken))
    return 3 if "waiting" in taken else 0


def _show(screen: "Screen", document: dict[str, Any], taken: list[str]) -> None:
    screen.title(f"Pushed to {document['server']}", f"{document['system']}, log {document['origin']}")
    for word, says in (("added", "new there"), ("known", "known there already"), ("waiting", "waiting in its intake")):
        if word in taken:
            screen.line(f"  {counted(taken.count(word), 'statement', 'statements')} {says}")
    for why in sorted({one["why"] for one in document["outcomes"] if one["why"]}):
        screen.line(f"  {why}")
    if document["proposed"]:
        screen.line(f"  Its bindings wait for an approval: {document['proposed']}")
