"""``upright restore``: a new log where the old one cannot go on; with a file, a server from its backup."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.backup import passphrase, plain
from upright.cli.ledger import read_checkpoint
from upright.cli.server_commands import server
from upright.cli.session import Session, command, single
from upright.cli.text import counted
from upright.kernel import InputError

if TYPE_CHECKING:
    from upright.cli.screen import Screen

app = single()


@command(app)
def restore(
    session: Session,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="What 'upright backup' wrote.", show_default=False)
    ] = None,
    known: Annotated[
        str | None,
        typer.Option("--known", metavar="CHECKPOINT", help="The newest checkpoint of the old log that you kept."),
    ] = None,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="With FILE: put its private keys in place; asks for the passphrase.")
    ] = False,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="With FILE: go on though this host has seen entries that it lacks.")
    ] = False,
) -> int:
    """Seal a workspace's log that was set back, damaged or dated ahead, and begin a new one that says so.

    The first entry of the new log names the last known state of the old one and how many entries are lost. Exit 3
    where that cannot be known. Assess again afterwards: what the old log held proves the past and judges nothing now.

    With FILE: make a server of a backup, in an empty database and home, once log and rows verify.
    """
    if file is not None:
        _restore_server(session, file, with_keys=with_keys, accept_loss=accept_loss, known=known)
        return 0
    if with_keys or accept_loss:
        raise InputError(
            "--with-keys and --accept-loss go with a FILE that 'upright backup' wrote; none was given.",
            code="UP-CLI-09",
        )
    from upright.kernel import system_clock
    from upright.workspace.restoring import restore as begin_anew

    done = begin_anew(session.folder(), known=read_checkpoint(known), clock=system_clock)

    def show(screen: "Screen") -> None:
        held = "" if done.sealed_size is None else f" with {counted(done.sealed_size, 'entry', 'entries')}"
        screen.line(f"A new log begins: {done.origin}. The old one is sealed in {done.sealed}{held}.")
        if done.lost == "unknown":
            screen.verdict("unknown", "How many entries are lost cannot be said; every verification will say so.")
        else:
            screen.line(f"Lost: {counted(done.lost, 'entry', 'entries')} that this host or you knew of.")
        if done.problems:
            screen.verdict(
                "broken", f"The sealed log has {counted(done.problems, 'problem')}, which verification goes on naming."
            )
        if done.key_is_new:
            screen.line("The key of the old log is not at hand, so the new log has another, to be handed to others:")
            screen.code(done.log_key)
        screen.quiet("Next: upright assess")

    session.answer(done.to_json(), show)
    return done.exit_status


def _restore_server(session: Session, file: Path, *, with_keys: bool, accept_loss: bool, known: str | None) -> None:
    if known is not None:
        raise InputError("--known is about a workspace's log; leave it out with FILE.", code="UP-CLI-09")
    done = server("upright.site.backup").restore(
        file, passphrase=passphrase(confirm=False) if with_keys else None, accept_loss=accept_loss
    )

    def show(screen: "Screen") -> None:
        screen.line(
            f"Restored {done.origin} as of {done.made}: {counted(done.entries, 'entry', 'entries')}, "
            f"{counted(done.rows, 'record')}, {counted(done.files, 'file')}, {counted(done.keys, 'private key')}. "
            "Verified: intact."
        )
        if done.lost:
            screen.line(f"Lost: {counted(done.lost, 'entry', 'entries')} that this host had seen. The log says so.")
        screen.quiet("Next: upright serve")

    session.answer(plain(done), show)
