"""How a command ends when it cannot go on: one line that helps, the right exit status, and never a traceback."""

import contextlib
import errno
import json
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import typer

from upright.cli.session import output_begun, start_output
from upright.cli.text import clean
from upright.kernel import interrupt

WRONG_USE, OUR_ERROR, INTERRUPTED, READER_GONE = 2, 4, 130, 141

# Typer's own copy of click is private and moved between versions; the base classes of a public one did not.
_USAGE, _SHOWN = typer.BadParameter.__mro__[1:3]


@dataclass
class Ending:
    """The exit status, once it is known."""

    status: int = 0


@contextlib.contextmanager
def ending(arguments: Sequence[str]) -> Iterator[Ending]:
    """Runs its body and turns whatever comes out of it into an exit status and at most one line for the user."""
    end = Ending()
    debug = "--debug" in arguments
    as_json = _wants_json(arguments)
    start_output()
    try:
        with interrupt.listening():
            yield end
    except typer.Exit as left:
        end.status = left.exit_code
    except BrokenPipeError:
        end.status = READER_GONE
        _silence()
    except (KeyboardInterrupt, Exception) as why:  # noqa: BLE001 - the last line of defence: no user sees a traceback
        end.status, message, code = _read(why)
        if debug:
            traceback.print_exc(file=sys.stderr)
        _say(f"{message} [{code}]" if end.status == INTERRUPTED else f"Error: {message} [{code}]")
        if as_json and not output_begun():
            _document(end.status, message, code)


def _read(why: Exception | KeyboardInterrupt) -> tuple[int, str, str]:
    """Exit status, message and code of an exception; what goes wrong after a Ctrl-C went wrong by it."""
    if isinstance(why, KeyboardInterrupt | typer.Abort) or interrupt.was_heard():
        return (
            INTERRUPTED,
            "Interrupted. What was recorded before stays recorded; run the same command again to go on.",
            "UP-CLI-13",
        )
    from upright.kernel import UprightError  # here, because `upright --help` has no need of it

    if isinstance(why, UprightError):
        return why.exit_status, why.message, why.code
    if isinstance(why, _SHOWN):
        return WRONG_USE, _usage(why), "UP-CLI-01"
    if isinstance(why, OSError):
        return _system(why)
    if isinstance(why, MemoryError):
        return (
            OUR_ERROR,
            "There is not enough memory for this. Close other programs, or give a smaller table.",
            "UP-CLI-05",
        )
    return (
        OUR_ERROR,
        (
            f"Upright met something it does not understand ({type(why).__name__}: {_first_line(why)}). "
            "Run the same command with --debug for the whole story, and please report it."
        ),
        "UP-CLI-09",
    )


def _usage(why: Exception) -> str:
    context = getattr(why, "ctx", None)
    said = str(why.format_message()) if hasattr(why, "format_message") else str(why)
    said = " ".join(said.split())
    if said[-1:] not in {".", "?", "!"}:
        said += "."
    if context is None:
        return f"{said} 'upright --help' lists the commands."
    if type(why).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(context.get_help() + "\n\n")
        said = "A command is missing."
    return f"{said} '{context.command_path} --help' shows what it takes."


_USERS = {errno.ENOENT, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def _system(why: OSError) -> tuple[int, str, str]:
    where = f"{os.fsdecode(why.filename)}: " if isinstance(why.filename, str | bytes) else ""
    said = f"{where}{why.strerror or why}"
    if why.errno in _FULL:
        return (
            OUR_ERROR,
            f"{said}. What was recorded before is safe; free some space and run the same command again.",
            "UP-CLI-05",
        )
    if why.errno in _USERS:
        return WRONG_USE, f"{said}. Check the path and its permissions.", "UP-CLI-04"
    return OUR_ERROR, f"{said}. The operating system refused; --debug shows where.", "UP-CLI-05"


def _first_line(why: Exception) -> str:
    lines = str(why).splitlines()
    return lines[0][:300] if lines else "no message"


def _say(line: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        text = clean(line)
        if _may_colour():
            head, colon, tail = text.partition(": ")
            text = f"\x1b[1;38;5;166m{head}{colon}\x1b[0m{tail}" if colon and head == "Error" else text
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def _may_colour() -> bool:
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _document(status: int, message: str, code: str) -> None:
    """A program that asked for JSON gets a document even then."""
    with contextlib.suppress(OSError, ValueError):
        error = {"code": code, "message": message, "exit": status}
        sys.stdout.write(json.dumps({"upright": 1, "error": error}, indent=2) + "\n")
        sys.stdout.flush()


def _wants_json(arguments: Sequence[str]) -> bool:
    joined = " ".join(arguments)
    return "--format json" in joined or "--format=json" in joined


def _silence() -> None:
    """Standard output has no reader: let the interpreter's last flush go nowhere instead of complaining."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
