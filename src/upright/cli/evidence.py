"""``upright evidence``: what is filed, what one statement says, and how evidence from elsewhere comes in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.here import ManifestFile, manifest_of, open_workspace
from upright.cli.session import Session, command, group
from upright.cli.text import counted

if TYPE_CHECKING:
    from upright.cli.screen import Screen
    from upright.evidence import Statement
    from upright.workspace import EvidenceRow

app = group("List, show, import and merge evidence.")

_WIDE = 110


@command(app, "list")
def list_evidence(
    session: Session,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only evidence of this kind.")] = None,
    about: Annotated[
        str | None, typer.Option("--about", metavar="REF", help="Only evidence about this subject.")
    ] = None,
) -> None:
    """List the evidence of the log, newest first."""
    rows = [row for row in reversed(open_workspace(session).evidence()) if _fits(row, kind, about)]

    def show(screen: "Screen") -> None:
        from upright.cli.screen import Column
        from upright.reports.words import day

        if not rows:
            screen.line("No evidence yet. 'upright assess' measures; 'upright attest' files what a person decided.")
            return
        columns = [Column("Evidence", whole=True), Column("Kinds"), Column("About"), Column("Result", status=True)]
        if screen.width >= _WIDE:
            columns += [Column("Recorded", whole=True), Column("Entry", right=True)]
        screen.table(
            columns,
            [[*_cells(row), day(row.recorded), f"{row.index:,}"][: len(columns)] for row in rows],
        )
        screen.quiet(counted(len(rows), "statement"))

    session.answer({"upright": 1, "evidence": [row.to_json() for row in rows]}, show)


@command(app, "show")
def show_evidence(
    session: Session,
    evidence: Annotated[str, typer.Argument(metavar="ID", help="Its id, or the start of it.")],
) -> None:
    """Show one statement: what was found, on which bytes, by which settings, signed by whom."""
    import msgspec

    row = open_workspace(session).find_evidence(evidence)
    document: dict[str, Any] = {"upright": 1, **row.to_json(), "statement": None}
    if row.statement is not None:
        document["statement"] = msgspec.to_builtins(row.statement)

    def show(screen: "Screen") -> None:
        screen.title(f"sha256:{row.id}", f"entry {row.index:,}, recorded {row.recorded}")
        screen.line(f"stream {row.stream}; signed by {', '.join(row.signers) or 'no key of this log'}")
        if row.statement is None:
            screen.line("Its words were erased; the log still holds that it was here, and its result.")
            return
        _show_statement(screen, row.statement)

    session.answer(document, show)


@command(app, "import")
def import_evidence(
    session: Session,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A signed statement of ours, or what another tool wrote.")
    ],
    about: Annotated[
        str | None,
        typer.Option("--about", metavar="REF", help="The subject, such as model:scorer [default: the only]."),
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="Of evidence, where the format leaves it open.")
    ] = None,
    limit: Annotated[
        list[str] | None,
        typer.Option("--limit", metavar="'NAME at_most N'", help="What to hold it against; may be repeated."),
    ] = None,
    ended: Annotated[
        str | None, typer.Option("--ended", metavar="TIME", help="When it was made, where the file does not say.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Of the series it continues [default: tool and subject].")
    ] = None,
    manifest: ManifestFile = None,
) -> None:
    """File evidence that was made elsewhere: a signed statement, or the results of another tool.

    Known are garak, promptfoo, Inspect, Evidently, SARIF, JUnit, MLflow runs and models, and Hugging Face model cards;
    they become evidence marked as imported, which counts only where a requirement takes it. A run that is not whole is
    undecided.
    """
    from upright.workspace.imports import ImportRequest

    workspace = open_workspace(session)
    asked = ImportRequest(
        about=about,
        kind=kind,
        limits=_limits(limit or []),
        ended=ended,
        name=name,
        manifest=manifest_of(workspace.folder, manifest),
    )
    filed = workspace.import_evidence(file, asked)
    row = workspace.find_evidence(filed.evidence)

    def show(screen: "Screen") -> None:
        what = "Filed" if filed.is_new else "Known already:"
        screen.line(f"{what} sha256:{filed.evidence} as entry {filed.index} of {filed.stream}.")
        if not filed.signers:
            screen.line("No key of this log signed it, so it is unattributed and opens no gate.")
        if row.statement is not None and row.statement.predicate.source == "imported":
            _show_statement(screen, row.statement)

    session.answer({**filed.to_json(), "result": filed.state}, show)


def _limits(texts: list[str]) -> dict[str, dict[str, str]]:
    """Limits as typed: ``attack_success_rate at_most 0.05``.

    Raises:
        InputError: another form.
    """
    from upright.kernel import InputError, decimal_text

    found: dict[str, dict[str, str]] = {}
    for text in texts:
        parts = text.split()
        if len(parts) != 3 or parts[1] not in {"at_most", "at_least"}:
            raise InputError(
                f"The limit {text!r} cannot be read; expected a form such as 'failed_cases at_most 0'.",
                code="UP-IMP-08",
            )
        found.setdefault(parts[0], {})[parts[1]] = decimal_text(parts[2])
    return found


@command(app, "merge")
def merge(
    session: Session,
    bundles: Annotated[
        list[Path], typer.Argument(metavar="BUNDLE", help="Files that 'upright assess --bundle' wrote.")
    ],
    manifest: ManifestFile = None,
) -> int:
    """Append the evidence of bundles, such as those of a CI matrix; twice changes nothing, a fork is refused."""
    workspace = open_workspace(session)
    merged = workspace.merge(bundles, manifest_of(workspace.folder, manifest))

    def show(screen: "Screen") -> None:
        from upright.cli.screen import Column

        screen.table(
            [Column("Bundle"), Column("Origin"), Column("Added", right=True), Column("Known", right=True),
             Column("Unattributed", right=True)],
            [(each.file, each.origin, str(each.added), str(each.known), str(each.unattributed))
             for each in merged.bundles],
        )  # fmt: skip
        for each in merged.bundles:
            for line in each.notes:
                screen.bullet(f"{each.file}: {line}")
        for fork in merged.forks:
            screen.verdict("broken", fork)

    session.answer(merged.to_json(), show)
    return merged.exit_status


def _fits(row: "EvidenceRow", kind: str | None, about: str | None) -> bool:
    if row.statement is None:
        return kind is None and about is None
    subjects = {subject.name.partition("@")[0] for subject in row.statement.subject}
    return (kind is None or kind in row.statement.predicate.kinds) and (about is None or about in subjects)


def _cells(row: "EvidenceRow") -> tuple[str, str, str, str]:
    from upright.ledger.values import ERASED

    if row.statement is None:
        return ((row.id or "")[:12], ERASED, row.stream, "")
    said = row.statement.predicate
    return (
        (row.id or "")[:12],
        ", ".join(said.kinds),
        ", ".join(subject.name for subject in row.statement.subject),
        said.result,
    )


def _show_statement(screen: "Screen", statement: "Statement") -> None:
    from upright.cli.screen import Column
    from upright.reports.parts.reasons import limit_words
    from upright.reports.words import group, interval, words

    said = statement.predicate
    screen.line()
    screen.verdict(said.result, f"{', '.join(said.kinds)} of {', '.join(each.name for each in statement.subject)}")
    for reason in said.reasons:
        screen.reason(reason.outcome, limit_words(reason.limit), reason.because)
    if said.measurements:
        screen.line()
        screen.table(
            [Column("Measure"), Column("Group"), Column("Value (interval)", right=True), Column("n", right=True),
             Column("Outcome", status=True)],
            [(words(one.name), group(one.group), interval(one.value, one.low, one.high), f"{one.n:,}",
              one.outcome or "")
             for one in said.measurements],
        )  # fmt: skip
    if said.record is not None:
        screen.line()
        screen.line(f"Record {said.record.kind}, {said.record.state}")
        for name, value in said.record.data.items():
            screen.bullet(f"{name}: {value}")
    for item in said.not_examined:
        screen.verdict("not_examined", f"{item.what}: {item.why}")
    screen.line()
    for one in said.inputs:
        screen.bullet(f"looked at {one.ref}, sha256:{one.digest}, hold {one.hold}")
    screen.quiet(f"started {said.started}, ended {said.ended}, seed {said.seed}, reproduced {said.reproduced}")
