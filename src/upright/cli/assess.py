"""``upright assess``: run the checks of a manifest, file the evidence, show where that leaves you."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.here import CatalogueFolders, manifest_path
from upright.cli.session import Session, command, single
from upright.cli.text import counted

if TYPE_CHECKING:
    from upright.catalogue import Catalogue
    from upright.cli.screen import Screen
    from upright.workspace import Assessment, CheckOutcome

app = single()


@command(app)
def assess(
    session: Session,
    manifest: Annotated[
        Path | None, typer.Argument(metavar="MANIFEST", help="A manifest or its folder [default: upright.yaml here].")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="BINDING", help="Only this check; may be repeated.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run again what could be reused.")] = False,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", metavar="FILE", help="Also write the evidence as a bundle to merge elsewhere."),
    ] = None,
    sarif: Annotated[
        Path | None, typer.Option("--sarif", metavar="FILE", help="Also write SARIF 2.1.0, for annotations in CI.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Also write JUnit XML, for test reports in CI.")
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="Of everything random [default: 0].", show_default=False)
    ] = 0,
    catalogue: CatalogueFolders = None,
) -> int:
    """Run the checks, file what they found, and show what this repository can answer.

    Exit 1 when a check failed, 3 when one is undecided or errored (or none is bound), 0 when all passed.
    """
    from upright.cli.progress import progress
    from upright.workspace import Workspace, load_manifest
    from upright.workspace.dossiers import next_stage
    from upright.workspace.judge import load_catalogue
    from upright.workspace.resolve import demand_known

    described = load_manifest(manifest_path(manifest))
    known = load_catalogue(tuple(catalogue or ()))
    demand_known(described, known)  # before a workspace is made for it
    folder = session.given or described.folder
    workspace = Workspace.open_or_create(
        folder, described.organisation.ref.path, catalogue_folders=tuple(catalogue or ())
    )
    with progress() as tell:
        found = workspace.assess(
            described, only=tuple(only or ()), fresh=fresh, bundle=bundle, seed=seed, on_event=tell
        )
    if sarif is not None or junit is not None:
        from upright.cli.annotations import write_assessment

        write_assessment(found, described, sarif=sarif, junit=junit)
    if session.as_json:
        session.answer(found.to_json(), lambda _: None)
        return found.exit_status
    stage = next_stage(workspace, described.system.ref, known.stages)
    session.answer({}, lambda screen: show_assessment(screen, described.system.name, found, known, stage))
    return found.exit_status


_WORST_FIRST = ("failed", "errored", "undecided", "passed")


def show_assessment(
    screen: "Screen", name: str, found: "Assessment", known: "Catalogue", stage: str | None = None
) -> None:
    """The checks, worst first, with the reasons of what did not pass; what they mean for the requirements; the rest."""
    from upright.cli.standing import answered, rest_line, show_frameworks, show_moved, show_unconfirmed_share

    screen.title(name, found.system)
    screen.line()
    some_reused = 0 < sum(check.reused for check in found.checks) < len(found.checks)
    for check in sorted(found.checks, key=lambda one: _WORST_FIRST.index(one.outcome)):
        show_check(screen, check, tells_reuse=some_reused)
    if not found.checks:
        screen.verdict("undecided", "The manifest binds no check, so nothing was measured.")
    for change in found.changes:
        if change.needs_approval:
            screen.verdict("unknown", f"{change.binding} was {change.what}: {change.detail}.")
    for line in found.notes:
        screen.bullet(line)
    screen.line()
    rows = answered(found.standing.verdicts, [check.evidence for check in found.checks])
    if rows:
        screen.title("What these checks mean for the frameworks", "upright explain REQUIREMENT says why")
        show_moved(screen, rows, known)
        screen.line()
    screen.title("Posture", "self-kept log")
    show_frameworks(screen, found.standing, known)
    screen.line(rest_line(found.standing.verdicts))
    show_unconfirmed_share(screen, known, found.standing.frameworks)
    screen.line()
    if found.bundle:
        screen.line(f"Bundle written to {found.bundle}.")
    screen.quiet(
        f"Filed in a log of {counted(found.size, 'entry', 'entries')}. Next: upright gate --to {stage or 'STAGE'}"
    )


def show_check(screen: "Screen", check: "CheckOutcome", *, tells_reuse: bool) -> None:
    """One check: its result, and for each limit that did not hold the worst reason with its own sign."""
    from upright.reports.parts.reasons import gists

    found = gists(check.statement.predicate)
    good = [gist for gist in found if gist.outcome == "passed"]
    said = "" if check.check == check.binding else f"{check.check} "
    said += f"on {_short(check.subject)}"
    if check.outcome == "passed" and good:
        said += f": {_held(len(good))}"
    screen.verdict(check.outcome, f"{check.binding}  {said}{', reused' if tells_reuse and check.reused else ''}")
    if check.outcome == "passed":
        return
    for gist in found:
        if gist.outcome != "passed":
            screen.reason(gist.outcome, gist.limit, f"{gist.because} ({gist.more})" if gist.more else gist.because)
    if good:
        screen.reason("passed", "", f"{_held(len(good))} ({', '.join(gist.limit for gist in good)})")


def _short(subject: str) -> str:
    """As the manifest writes it: ``dataset:applications``; the system stands in the title."""
    kind, _, path = subject.partition(":")
    return f"{kind}:{path.rpartition('/')[2]}"


def _held(number: int) -> str:
    return f"{counted(number, 'limit')} held"
