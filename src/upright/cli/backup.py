"""``upright backup FILE``: a copy of the server, tried before it is called one."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from upright.cli.server_commands import server
from upright.cli.session import Session, command, single
from upright.cli.text import counted
from upright.kernel import InputError

app = single()
PASSPHRASE = "UPRIGHT_BACKUP_PASSPHRASE"  # noqa: S105 (a variable's name)


@command(app)
def backup(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; there must be none.", show_default=False)],
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Take the private keys along, encrypted with a passphrase.")
    ] = False,
) -> None:
    """Write the server's database, public keys and attachments into one file, while it serves.

    The file is restored into a temporary place and verified there before it is called done. Private keys stay out but
    for --with-keys; its passphrase is asked for, or read from UPRIGHT_BACKUP_PASSPHRASE.
    """
    done = server("upright.site.backup").backup(file, passphrase=passphrase(confirm=True) if with_keys else None)
    session.answer(
        plain(done),
        lambda screen: screen.line(
            f"{done.file}: {counted(done.entries, 'entry', 'entries')}, {counted(done.rows, 'record')}, "
            f"{counted(done.files, 'file')}, {counted(done.keys, 'private key')}. Restored in a temporary place and "
            "verified: intact."
        ),
    )


def plain(done: object) -> dict[str, object]:
    """The answer as JSON."""
    import msgspec

    found: dict[str, object] = msgspec.to_builtins(done)
    return found


def passphrase(*, confirm: bool) -> str:
    """From the environment, else asked for without showing it.

    Raises:
        InputError: it is not in the environment, and nobody can be asked.
    """
    given = os.environ.get(PASSPHRASE, "")
    if given:
        return given
    if not sys.stdin.isatty():
        raise InputError(
            f"--with-keys needs a passphrase: set {PASSPHRASE}, or run it where you can be asked.", code="UP-BACKUP-03"
        )
    asked: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    return asked
