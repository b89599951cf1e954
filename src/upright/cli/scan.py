"""``upright scan``: could loading these files run code?"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.session import Format, Session, command, put, single
from upright.cli.text import counted

if TYPE_CHECKING:
    from upright.cli.screen import Screen

app = single()
_SHOWN = 8


@command(app)
def scan(
    session: Session,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Model files, or folders of them.")],
    sarif: Annotated[
        Path | None, typer.Option("--sarif", metavar="FILE", help="Also write SARIF 2.1.0, for annotations in CI.")
    ] = None,
    allow: Annotated[
        Path | None, typer.Option("--allow", metavar="FILE", help="Your organisation's own list of reviewed globals.")
    ] = None,
) -> int:
    """Read model files byte by byte and say what loading them could do. Nothing is loaded or run.

    Exit 1 when a file is dangerous or suspicious, 3 when one was not examined, 0 when all are clean.
    """
    from upright.modelfiles import scan as read
    from upright.modelfiles.allowlist import read_allow

    reviewed = read_allow(allow) if allow is not None else None
    report = read(paths, allow=reviewed)
    if sarif is not None:
        from upright.cli.annotations import write_scan

        write_scan(report.to_json(), sarif)
    if session.format is Format.SARIF:
        from upright.cli.annotations import scan_sarif

        put(scan_sarif(report.to_json()).decode() + "\n")
        return report.exit_status

    def show(screen: "Screen") -> None:
        from upright.cli.screen import Column

        screen.table(
            [Column("File"), Column("Format", whole=True), Column("Verdict", status=True)],
            [(one.path, one.format, one.verdict.value) for one in report.files],
        )
        for one in report.files:
            if not one.detections:
                continue
            screen.line()
            screen.title(one.path)
            for found in one.detections[:_SHOWN]:
                where = f", byte {found.offset:,}" if found.offset is not None else ""
                screen.bullet(f"{found.what}{f': {found.name}' if found.name else ''}{where}")
            if len(one.detections) > _SHOWN:
                screen.quiet(f"and {len(one.detections) - _SHOWN} more; --format json lists all")
        screen.line()
        if reviewed is not None:
            screen.quiet(f"with the reviewed list {allow}, sha256:{hashlib.sha256(reviewed).hexdigest()}")
        screen.verdict(report.verdict.value, counted(len(report.files), "file") + " read, none loaded.")

    session.answer(report.to_json(), show)
    return report.exit_status
