"""What every command shares: ``--format``, ``--workspace``, ``--debug``, and the one way to answer."""

import functools
import inspect
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from upright import __version__
from upright.kernel import interrupt
from upright.kernel.errors import InputError

if TYPE_CHECKING:
    from upright.cli.screen import Screen

VERSION_FLAGS = ("--version",)
_PIECE = 4096
_begun = False
HELP = {"help_option_names": ["-h", "--help"]}


class Format(str, Enum):  # noqa: UP042 - typer shows members of a str enum by value on every version we allow
    """How a command answers."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


@dataclass(frozen=True)
class Session:
    """The options that every command takes.

    Attributes:
        format: text for people, or one JSON document.
        given: the folder that ``--workspace`` named.
        debug: show tracebacks and log what happens.
    """

    format: Format
    given: Path | None
    debug: bool

    @property
    def as_json(self) -> bool:
        """Whether standard output carries one JSON document and nothing else."""
        return self.format is Format.JSON

    def folder(self, start: Path | None = None) -> Path:
        """The workspace's folder: as given, else the nearest one with ``.upright/`` at or above ``start``.

        Raises:
            NoWorkspaceError: there is none.
        """
        from upright.cli.place import find_workspace

        return find_workspace(self.given, start)

    def answer(self, document: Mapping[str, Any], text: "Callable[[Screen], None]") -> None:
        """Answers once: the document as JSON, or ``text`` on the screen.

        Raises:
            Interrupted: Ctrl-C was pressed, and something on the way took it for an error of its own.
        """
        interrupt.heed()
        if self.as_json:
            print_json(document)
            return
        from upright.cli.screen import screen

        text(screen())


Shared = {
    "output": Annotated[
        Format,
        typer.Option("--format", show_default=False, help="text (default), json, or (scan only) sarif."),
    ],
    "workspace": Annotated[
        Path | None,
        typer.Option("--workspace", metavar="DIR", help="The folder that holds .upright [default: here or above]."),
    ],
    "debug": Annotated[bool, typer.Option("--debug", help="Log to standard error; show tracebacks.")],
}
_DEFAULTS: dict[str, Any] = {"output": Format.TEXT, "workspace": None, "debug": False}


def command(
    app: typer.Typer, name: str | None = None, **settings: Any
) -> Callable[[Callable[..., int | None]], Callable[..., None]]:
    """Registers ``function(session, …)`` as a command; its first parameter becomes the three shared options.

    What the function returns is the exit status; ``None`` is 0.
    """

    def register(function: Callable[..., int | None]) -> Callable[..., None]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        shared = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS[key], annotation=kind)
            for key, kind in Shared.items()
        ]
        parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own] + shared

        @functools.wraps(function)
        def run(**options: Any) -> int:
            session = Session(options.pop("output"), options.pop("workspace"), options.pop("debug"))
            if session.format is Format.SARIF and function.__name__ != "scan":
                raise InputError(
                    "Only `upright scan` answers in SARIF; use --format json or leave --format out.", code="UP-CLI-12"
                )
            if session.debug:
                import logging

                logging.basicConfig(stream=sys.stderr, level=logging.DEBUG, force=True)
            return function(session, **options) or 0

        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        del run.__wrapped__  # or the original signature, with the session in it, would be read
        app.command(name, context_settings=HELP, **settings)(run)
        return run  # type: ignore[return-value]

    return register


class Group(TyperGroup):
    """A group whose help shows each command's first sentence in full, wrapped and never cut."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - as in the base class
        """Writes the commands and their first sentences."""
        rows = [(name, (command.help or "").split("\n\n")[0]) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl([(name, " ".join(text.split())) for name, text in rows])


def group(text: str) -> typer.Typer:
    """A group of commands that share a file, such as ``upright ledger …``."""
    app = typer.Typer(
        cls=Group, help=text, no_args_is_help=True, add_completion=False, rich_markup_mode=None, context_settings=HELP
    )
    app.callback()(lambda: None)
    return app


def single() -> typer.Typer:
    """A file with one command."""
    return typer.Typer(add_completion=False, rich_markup_mode=None)


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on standard output, ASCII only, so that no locale can break it."""
    put(json.dumps(document, indent=2, allow_nan=False, default=_plain) + "\n")


def start_output() -> None:
    """Standard output has had nothing yet."""
    global _begun  # noqa: PLW0603 - there is one standard output, and one command at a time
    _begun = False


def output_begun() -> bool:
    """Whether a document was begun on standard output, so that a second one would spoil it."""
    return _begun


def put(content: str | bytes) -> None:
    """Much on standard output, in pieces that a pipe takes whole or not at all.

    With PYTHONUNBUFFERED Python writes only as often as it is asked to, and what a reader that left did not take is
    lost without an error; the next piece meets one.

    Raises:
        Interrupted: Ctrl-C was pressed before the first one.
    """
    global _begun  # noqa: PLW0603 - see start_output
    interrupt.heed()
    _begun = True
    for start in range(0, len(content), _PIECE):
        if isinstance(content, bytes):
            sys.stdout.buffer.write(content[start : start + _PIECE])
        else:
            sys.stdout.write(content[start : start + _PIECE])


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)  # recorded numbers have at most 15 significant digits, which a float keeps
    if isinstance(value, Path):
        return str(value)
    import msgspec

    return msgspec.to_builtins(value)


def note(line: str) -> None:
    """One line on standard error: progress and remarks never mix with the answer."""
    sys.stderr.write(line + "\n")


def show_version(wanted: bool) -> None:
    """Prints the version and leaves."""
    if wanted:
        sys.stdout.write(f"upright {__version__}\n")
        raise typer.Exit(0)
