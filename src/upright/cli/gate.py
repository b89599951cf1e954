"""``upright gate``: may the system go to a life-cycle stage?"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.here import CatalogueFolders, ManifestFile, SystemName, manifest_of, open_workspace
from upright.cli.session import Session, command, single

if TYPE_CHECKING:
    from upright.catalogue import Catalogue
    from upright.cli.screen import Screen
    from upright.evidence import Statement
    from upright.gate import GateAnswer
    from upright.posture import BoundCheck, Facts

app = single()


@command(app)
def gate(
    session: Session,
    to: Annotated[str, typer.Option("--to", metavar="STAGE", help="The stage to go to, such as deployment.")],
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="As of a past day or time; then nothing is recorded.")
    ] = None,
    system: SystemName = None,
    manifest: ManifestFile = None,
    catalogue: CatalogueFolders = None,
) -> int:
    """Ask the gate. Exit 0 allows, 1 denies with every reason. Unknown, undecided and stale deny."""
    workspace = open_workspace(session, catalogue)
    observed = manifest_of(workspace.folder, manifest) if at is None else None
    answer = workspace.gate(to, system=system, at=at, manifest=observed)

    def show(screen: "Screen") -> None:
        known = workspace.catalogue(at)
        facts = workspace.facts(at, catalogue=known)  # today's bytes are on record: the gate wrote them down first
        bodies = {row.id: row.statement for row in workspace.evidence() if row.id and row.statement}
        show_gate(screen, answer, facts, known, bodies)

    session.answer(answer.to_json(), show)
    return 0 if answer.answer == "allow" else 1


def show_gate(
    screen: "Screen",
    answer: "GateAnswer",
    facts: "Facts",
    known: "Catalogue",
    bodies: "Mapping[str, Statement]",
) -> None:
    """The answer as a sentence, then every reason: of checks, of what is short of something, of what is not filed."""
    from upright.cli.standing import by_framework, show_unconfirmed_share
    from upright.reports.parts.gates import view_of

    view = view_of(answer, facts, known, bodies, most=1)
    screen.verdict(view.answer, view.sentence)
    bound = {one.id: one for one in facts.bindings if one.system == answer.system}
    for one in sorted(answer.missing, key=lambda one: _rank(one.status)):
        if one.what in bound:
            _show_bound(screen, one.what, one.status, bound[one.what], facts, bodies)
    lacks = _lacks(answer, facts, known)
    for group in view.missing:
        if not set(group.what) & (bound.keys() | lacks.keys()):
            screen.verdict(group.status, f"{by_framework(group.what)}: {group.why}")
    if any(one.status == "undetermined" for one in answer.missing):
        screen.quiet(
            "'upright classify FILE' asks these questions in words; FILE is what `classification` of upright.yaml "
            "names, with a line for each answer, such as Q0: no."
        )
    short = {name: kinds for name, (kinds, is_begun) in lacks.items() if is_begun}
    absent = {name: kinds for name, (kinds, is_begun) in lacks.items() if not is_begun}
    statuses = {one.what: one.status for one in answer.missing}
    if short:
        screen.line()
        screen.title("Short of something", "upright explain REQUIREMENT says why")
        for name in sorted(short, key=lambda name: _rank(statuses[name])):
            screen.verdict(statuses[name], f"{name}  {', '.join(short[name]) or 'has an open finding'}")
    if absent:
        screen.line()
        screen.title(
            "Nothing filed yet, so unknown",
            "'upright catalogue kinds KIND' prints a file F; upright attest KIND --file F",
        )
        for framework, line in _by_framework(absent).items():
            screen.verdict("unknown", f"{framework}  {line}")
    for line in view.waivers:
        screen.bullet(line)
    show_unconfirmed_share(screen, known, facts.catalogue)


def _show_bound(
    screen: "Screen", name: str, status: str, bound: "BoundCheck", facts: "Facts", bodies: "Mapping[str, Statement]"
) -> None:
    """A bound check with what its newest run found, each limit that did not hold under its own sign."""
    from upright.reports.parts.reasons import gists

    items = sorted((item for item in facts.items if item.stream == bound.stream), key=lambda item: item.index)
    body = bodies.get(items[-1].id) if items else None
    said = "stale: something it looked at has changed, or it is too old" if status == "stale" else "bound check"
    screen.verdict(status, f"{name}  {said if body else 'not measured yet'}, about {bound.subject}")
    for gist in gists(body.predicate) if body else ():
        if gist.outcome != "passed":
            screen.reason(gist.outcome, gist.limit, f"{gist.because} ({gist.more})" if gist.more else gist.because)


_WORST_FIRST = ("failing", "stale", "partly", "unknown", "met", "not_applicable")


def _rank(status: str) -> int:
    return _WORST_FIRST.index(status) if status in _WORST_FIRST else 0


def _lacks(answer: "GateAnswer", facts: "Facts", known: "Catalogue") -> dict[str, tuple[list[str], bool]]:
    """Of each requirement that is short of evidence, the kinds it lacks and whether it has any at all."""
    from upright.posture import explain

    found: dict[str, tuple[list[str], bool]] = {}
    for one in answer.missing:
        if one.what not in known.requirements or one.status not in _WORST_FIRST:
            continue
        said = explain(facts, known, one.what, answer.system)
        if said.question is None:
            kinds = dict.fromkeys(line.partition(" about ")[0] for line in said.missing)
            found[one.what] = (list(kinds), bool(said.evidence) or one.status != "unknown")
    return found


def _by_framework(lacks: Mapping[str, list[str]]) -> dict[str, str]:
    lines: dict[str, list[str]] = {}
    for name, kinds in lacks.items():
        framework, _, local = name.partition(":")
        lines.setdefault(framework, []).append(f"{local} {', '.join(kinds)}".strip())
    return {framework: "; ".join(parts) for framework, parts in lines.items()}
