"""``upright ledger``: whether the log is what it was, and proofs about it that anyone can check."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.here import open_workspace
from upright.cli.server_commands import server
from upright.cli.session import Session, command, group, note
from upright.cli.text import counted
from upright.kernel import InputError, UprightError

if TYPE_CHECKING:
    from upright.cli.screen import Screen
    from upright.ledger import Log, Report, VerifierKey


class ContradictionError(UprightError):
    """A checkpoint that somebody kept contradicts this log."""

    exit_status = 1


class BrokenLogError(UprightError):
    """So much of the log is gone that nothing of it can be verified."""

    exit_status = 1


app = group("Verify the log and prove what it holds.")

Trust = Annotated[
    str | None, typer.Option("--trust", metavar="KEY", help="The log key you know: a vkey, or a file that holds one.")
]
Since = Annotated[
    str | None, typer.Option("--since", metavar="CHECKPOINT", help="A checkpoint you kept: the log must extend it.")
]


@command(app, "verify")
def verify(
    session: Session,
    trust: Trust = None,
    since: Since = None,
    home: Annotated[
        Path | None,
        typer.Option(
            "--home",
            metavar="DIR",
            help="Of the server with this home (and UPRIGHT_DATABASE_URL), each row compared with its entry too "
            "[default: UPRIGHT_HOME, where no workspace is here].",
        ),
    ] = None,
) -> int:
    """Read the whole log: leaves, tree, streams, times, bodies, signatures.

    Exit 0 intact and trusted, 1 broken, 3 intact but signed by a key you did not name. In one's own workspace the key
    that this machine's key folder holds counts as named.
    """
    home = home or _home_of_environment(session)
    if home is not None:
        return _verify_server(session, home, trust, since)
    from upright.ledger.verify import verify_folder
    from upright.workspace.errors import LostCheckpointError
    from upright.workspace.layout import Layout, state_head

    layout = Layout.of(session.folder())
    try:
        layout.demand()
    except LostCheckpointError as why:
        raise BrokenLogError(why.message, code=why.code) from None
    key = read_key(trust) if trust else _own_key(layout.root / "ledger" / "checkpoint")
    kept = read_checkpoint(since)
    report = verify_folder(layout.root, trust=key, since=kept, state_head=state_head(layout.origin))
    document = report_json(report)
    session.answer(document, lambda screen: show_report(screen, report))
    return report_status(report)


def _home_of_environment(session: Session) -> Path | None:
    """The server's home, where its own environment is set and no workspace was named or lies here."""
    import os

    from upright.cli.place import NoWorkspaceError

    named = os.environ.get("UPRIGHT_HOME", "")
    if not named or session.given is not None:
        return None
    try:
        session.folder()
    except NoWorkspaceError:
        return Path(named)
    return None


def _verify_server(session: Session, home: Path, trust: str | None, since: str | None) -> int:
    """The same of a server's database, whose key at home counts as named; read in one snapshot, while it serves."""
    import os

    import msgspec

    if not (home / "upright.sqlite3").is_file() and not (home.is_dir() and os.environ.get("UPRIGHT_DATABASE_URL")):
        raise InputError(
            f"There is no server's database in {home}; expected its UPRIGHT_HOME, and where that database is "
            "PostgreSQL also its UPRIGHT_DATABASE_URL.",
            code="UP-CLI-40",
        )
    os.environ["UPRIGHT_HOME"] = str(home.absolute())
    serving = server("upright.site.serving")
    serving.load()
    serving.demand_tables()
    key, kept = (read_key(trust) if trust else None), read_checkpoint(since)
    report = server("upright.records.trail.verify").verify(key, since=kept)
    document = report_json(report.log)
    document |= {"outcome": report.outcome, "rows": report.rows, "row_problems": msgspec.to_builtins(report.problems)}

    def show(screen: "Screen") -> None:
        """What differs, then one verdict over log and rows together."""
        show_problems(screen, (*report.log.problems, *report.problems))
        show_standing(screen, report.log)
        if report.outcome == "broken":
            screen.verdict(
                "broken",
                f"{counted(len(report.log.problems), 'problem')} in the log, "
                f"{counted(len(report.problems), 'difference')} between tables and log.",
            )
        else:
            screen.verdict("intact", f"{_holds(report.log)} {counted(report.rows, 'row')} are as last entered.")

    session.answer(document, show)
    return 1 if report.outcome == "broken" else report_status(report.log)


@command(app, "head")
def head(session: Session) -> None:
    """Print the signed checkpoint: keep it elsewhere, and nobody can set this log back unseen."""
    log = open_workspace(session).log
    document = {
        "upright": 1,
        "origin": log.origin,
        "size": log.size,
        "root": log.root().hex(),
        "checkpoint": log.checkpoint,
    }
    session.answer(document, lambda screen: screen.verbatim(log.checkpoint))


@command(app, "prove")
def prove(
    session: Session,
    entry: Annotated[int, typer.Argument(metavar="ENTRY", min=0, help="The entry's number in the log.")],
    size: Annotated[int | None, typer.Option("--size", metavar="N", min=1, help="In the log of this size.")] = None,
) -> None:
    """Prove that an entry is in the log: hashes that lead from its leaf to the root (RFC 9162)."""
    log = open_workspace(session).log
    within = log.size if size is None else size
    if not entry < within <= log.size:
        raise InputError(
            f"Entry {entry} is not in a log of {within} entries, or this log of {log.size} has no such size; "
            f"expected an entry below the size, and a size of at most {log.size}.",
            code="UP-CLI-07",
        )
    proof = log.prove(entry, within)
    recorded = log.entry(entry)
    document = {
        "upright": 1,
        "origin": log.origin,
        "entry": entry,
        "size": within,
        "root": log.root(within).hex(),
        "leaf": {"type": recorded.type, "ref": recorded.ref, "n": recorded.n, "time": recorded.time},
        "proof": [each.hex() for each in proof],
        "checkpoint": log.checkpoint if within == log.size else None,
    }

    def show(screen: "Screen") -> None:
        screen.title(f"Entry {entry:,}", f"{recorded.type} of {recorded.ref}, recorded {recorded.time}")
        screen.line(f"in the log of {counted(within, 'entry', 'entries')} with root {document['root']}")
        _show_hashes(screen, proof)

    session.answer(document, show)


@command(app, "consistency")
def consistency(
    session: Session,
    old: Annotated[str, typer.Argument(metavar="OLD", help="An older size of the log, or a file with its checkpoint.")],
) -> None:
    """Prove that the log of today extends an older one (RFC 9162). With a checkpoint file, its root is compared too."""
    log = open_workspace(session).log
    size, root = _old_head(log, old)
    proof = log.consistency(size)
    document: dict[str, Any] = {
        "upright": 1,
        "origin": log.origin,
        "old_size": size,
        "old_root": log.root(size).hex(),
        "size": log.size,
        "root": log.root().hex(),
        "proof": [each.hex() for each in proof],
        "compared": root is not None,
    }

    def show(screen: "Screen") -> None:
        screen.verdict("intact", f"The log of {log.size:,} entries extends that of {size:,}.")
        if root is None:
            screen.quiet("Only a size was given, so its root was not compared with one you kept.")
        _show_hashes(screen, proof)

    session.answer(document, show)


def _own_key(checkpoint: Path) -> "VerifierKey | None":
    """The key that signed the checkpoint, where its private half lies in this machine's key folder: it is one's own."""
    from upright.ledger import Checkpoint
    from upright.workspace.signers import keys_at_hand

    for key in keys_at_hand("log"):
        try:
            Checkpoint.parse(checkpoint.read_text("utf-8")).verify(key.vkey)
        except (OSError, UnicodeDecodeError, UprightError):
            continue
        return key.vkey
    return None


def read_key(text: str) -> "VerifierKey":
    """A verifier key from a vkey, or from a file that holds one (on any line of it).

    Raises:
        NoteError, InputError: neither.
    """
    from upright.ledger import VerifierKey

    path = Path(text)
    if "+" in text and not path.is_file():
        return VerifierKey.parse(text.strip())
    if not path.is_file():
        raise InputError(
            f"{text!r} is neither a key nor a file; expected a vkey (name+hhhhhhhh+base64) as 'upright key export log' "
            "prints it, or a file that holds one.",
            code="UP-CLI-07",
        )
    lines = [line.strip() for line in path.read_text("utf-8", "replace")[:4096].splitlines() if line.strip()]
    if len(lines) != 1:
        raise InputError(f"{path} holds {len(lines)} lines; expected one, the vkey of the log.", code="UP-CLI-07")
    return VerifierKey.parse(lines[0])


def read_checkpoint(given: str | None) -> str | None:
    """The text of a checkpoint from a file.

    Raises:
        InputError: there is no such file, or it is not text.
    """
    if given is None:
        return None
    path = Path(given)
    if not path.is_file():
        raise InputError(
            f"There is no file {given!r}; --since takes a file with a checkpoint, as 'upright ledger head' prints it.",
            code="UP-CLI-07",
        )
    try:
        return path.read_bytes()[:65536].decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{given} is not a checkpoint: it is not text.", code="UP-CLI-07") from None


def report_json(report: "Report") -> dict[str, Any]:
    """A log's verification as JSON (schema ``ledger-verify``)."""
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(report)
    return {"upright": 1, "outcome": "intact" if report.is_intact else "broken", **plain}


def report_status(report: "Report") -> int:
    """0 intact and trusted; 1 broken; 3 intact, but the signer is unknown or a restore could not say what it lost."""
    if not report.is_intact:
        return 1
    return 0 if report.trusted and report.lost != "unknown" else 3


def show_report(screen: "Screen", report: "Report") -> None:
    """A log's verification as text; every problem with what was expected and what is there."""
    if report.is_intact:
        screen.verdict("intact", _holds(report))
    else:
        screen.verdict("broken", f"{counted(len(report.problems), 'problem')} found.")
        show_problems(screen, report.problems)
        screen.line("Bring what differs back from a backup, or go on in a new log: upright restore --help")
    show_standing(screen, report)


def _holds(report: "Report") -> str:
    return (
        f"{counted(report.size, 'entry', 'entries')} in {counted(report.streams, 'stream')}: "
        "leaves, tree, streams, times, bodies and signature hold."
    )


def show_standing(screen: "Screen", report: "Report") -> None:
    """Of a log, whole or not: who signed, what restores left behind, which one it is."""
    if report.is_intact and not report.trusted:
        screen.line(f"The signer is unknown to you: {report.log_key}. Name the key you know with --trust.")
    if report.lost:
        screen.line(f"A restore left entries behind: {report.lost}.")
    screen.quiet(
        f"{report.origin}, root {report.root}; "
        f"rollback {report.rollback.removeprefix('rollback ')}, {report.erased} erased"
    )


def show_problems(screen: "Screen", problems: Any, most: int = 40) -> None:
    """Problems as a list: where, expected, got."""
    for one in problems[:most]:
        where = f"entry {one.entry}" if one.entry is not None else str(one.file or "the log")
        if one.entry is not None and one.file:
            where += f" ({one.file})"
        screen.bullet(f"{where}: expected {one.expected}; got {one.got} [{one.code}]")
    if len(problems) > most:
        note(f"and {len(problems) - most} more; --format json lists all")


def _show_hashes(screen: "Screen", proof: Any) -> None:
    for each in proof:
        screen.code(each.hex())
    if not proof:
        screen.quiet("The proof is empty: nothing more is needed.")


def _old_head(log: "Log", old: str) -> tuple[int, str | None]:
    """Size, and root where a checkpoint was given.

    Raises:
        InputError: not a size of this log. ContradictionError: the checkpoint's root is another.
    """
    from upright.ledger import Checkpoint

    root = None
    if old.isdigit():
        size = int(old)
    else:
        path = Path(old)
        if not path.is_file():
            raise InputError(f"{old!r} is neither a size nor a file with a checkpoint.", code="UP-CLI-07")
        checkpoint = Checkpoint.parse(path.read_text("utf-8"))
        size, root = checkpoint.size, checkpoint.root.hex()
    if not 0 < size <= log.size:
        raise InputError(
            f"The log has {log.size:,} entries; an older size is 1 to {log.size}, not {size}.", code="UP-CLI-07"
        )
    if root is not None and log.root(size).hex() != root:
        raise ContradictionError(
            f"At size {size:,} this log has root {log.root(size).hex()}; the checkpoint says {root}. "
            "This log does not extend that one: it was set back, replaced or forked.",
            code="UP-CLI-08",
        )
    return size, root
