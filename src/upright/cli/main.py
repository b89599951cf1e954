"""The command's door: which commands there are, and what becomes of whatever they raise."""

import importlib
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup

from upright.cli.errors import ending
from upright.cli.session import VERSION_FLAGS, show_version
from upright.kernel.interrupt import Interrupted


@dataclass(frozen=True)
class Entry:
    """A command before it is loaded: its module under ``upright.cli`` and the line that ``--help`` shows."""

    module: str
    line: str


SECTIONS: dict[str, dict[str, Entry]] = {
    "Start": {
        "init": Entry("init", "Propose a manifest for the AI system in a folder."),
        "discover": Entry("discover", "List the model files and tables in a folder. Loads nothing."),
        "doctor": Entry("doctor", "Say what is installed here and what this machine can do."),
    },
    "Measure": {
        "assess": Entry("assess", "Run the checks of a manifest, file the evidence and show where that leaves you."),
        "mitigate": Entry(
            "mitigate", "Weigh accuracy against a gap between groups, and say what each choice costs whom."
        ),
        "compare": Entry("compare", "Ask two models about the same rows: what changes, and who is right more often."),
        "scan": Entry("scan", "Say whether loading a model file could run code. Loads nothing."),
        "classify": Entry("classify", "Find the EU AI Act class and obligations from a file of answers."),
    },
    "Judge": {
        "posture": Entry("posture", "Show each requirement's status, now or at any past moment."),
        "explain": Entry("explain", "Say in sentences why a requirement has its status."),
        "gate": Entry("gate", "Ask whether the system may go to a life-cycle stage."),
    },
    "Record": {
        "evidence": Entry("evidence", "List, show, import and merge evidence."),
        "attest": Entry("attest", "File a record or attestation, signed by a person's key."),
        "key": Entry("key", "Make, list, export, enrol and retire keys."),
    },
    "Prove": {
        "ledger": Entry("ledger", "Verify the log and prove what it holds."),
        "pack": Entry("pack", "Write an audit pack that verifies itself offline."),
        "verify": Entry("verify", "Check an audit pack and recompute every verdict in it."),
        "report": Entry("report", "Write a report as one file."),
        "backup": Entry("backup", "Copy the server into one file while it serves, and try the copy."),
        "restore": Entry("restore", "Begin a new log where the old one cannot go on; with FILE, restore a server."),
    },
    "Serve": {
        "serve": Entry("serve", "Run the server: web application and API."),
        "worker": Entry("worker", "Run tasks, reactions and scheduled checks apart from the server."),
        "push": Entry("push", "Send this workspace's evidence to a server."),
        "demo": Entry("demo", "Serve a first organisation around an assessed system, to look around in."),
        "manage": Entry("manage", "Run one of Django's management commands on the server's database."),
    },
    "Look up": {
        "catalogue": Entry("catalogue", "Read frameworks, requirements, threats and kinds; lint your own."),
        "schema": Entry("schema", "Print the JSON Schema of what Upright reads and writes."),
    },
}

_ENTRIES = {name: entry for section in SECTIONS.values() for name, entry in section.items()}


class _Lazy(MutableMapping[str, Any]):
    """The commands by name; a command's module is imported when the command is first asked for."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            module = importlib.import_module(f"upright.cli.{_ENTRIES[name].module}")
            command = typer.main.get_command(module.app)
            command.name = name
            self._loaded[name] = command
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in _ENTRIES or name in self._loaded

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*_ENTRIES, *self._loaded]))

    def __len__(self) -> int:
        return len({*_ENTRIES, *self._loaded})


class Commands(TyperGroup):
    """The group ``upright`` itself: its help is written from the table above, without loading a command."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Lazy()

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as in the base class
        """The names, in the order of the table."""
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - as in the base class
        """Writes the sections of the table, their second column aligned."""
        width = max(map(len, _ENTRIES))
        for title, section in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), entry.line) for name, entry in section.items()])


app = typer.Typer(cls=Commands, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Each command takes --format json, --workspace DIR and --debug. 'upright COMMAND --help' says more.",
)
def _upright(
    version: bool = typer.Option(False, *VERSION_FLAGS, help="Show the version and leave.", callback=show_version),
) -> None:
    """Measure AI systems, judge them by ISO 42001, EU AI Act, NIST AI RMF and GDPR, and prove the result."""


def main(arguments: Sequence[str] | None = None, *, held: Sequence[int] = ()) -> int:
    """Runs one command and returns its exit status; never raises, so no traceback reaches a user.

    ``held`` are signals of Ctrl-C from before it could answer.

    0 yes, 1 no (failed, denied, broken), 2 wrong use or bad input, 3 open (undecided, partial, unknown signer),
    4 an error of ours, 130 Ctrl-C, 141 the reader of our output went away.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    with ending(given) as end:
        if held:
            raise Interrupted
        command = typer.main.get_command(app)
        with command.make_context("upright", given or ["--help"]) as context:
            status = command.invoke(context)
        sys.stdout.flush()
        end.status = status if isinstance(status, int) else 0
    return end.status
