"""``upright restore``: a new log where the old one cannot go on."""

from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.ledger import read_checkpoint
from upright.cli.session import Session, command, single
from upright.cli.text import counted

if TYPE_CHECKING:
    from upright.cli.screen import Screen

app = single()


@command(app)
def restore(
    session: Session,
    known: Annotated[
        str | None,
        typer.Option("--known", metavar="CHECKPOINT", help="The newest checkpoint of the old log that you kept."),
    ] = None,
) -> int:
    """Seal a workspace's log that was set back, damaged or dated ahead, and begin a new one that says so.

    The first entry of the new log names the last known state of the old one and how many entries are lost. Exit 3
    where that cannot be known. Assess again afterwards: what the old log held proves the past and judges nothing now.
    """
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
