"""``upright catalogue``: what the frameworks ask, the kinds of evidence, threats; and a linter for your own folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.here import CatalogueFolders
from upright.cli.session import Session, command, group
from upright.cli.text import counted

if TYPE_CHECKING:
    from upright.catalogue import Ask, Catalogue, Framework, Kind, Requirement
    from upright.cli.screen import Screen

app = group("Read frameworks, requirements, threats and kinds; lint your own.")

OneFramework = Annotated[str | None, typer.Option("--framework", metavar="ID", help="Only this framework.")]


@command(app, "frameworks")
def frameworks(
    session: Session,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Only these, with their cautions.")] = None,
    catalogue: CatalogueFolders = None,
) -> None:
    """List the frameworks, how much of each is confirmed, and with an ID the cautions that a reader must know."""
    from upright.cli.screen import Column

    found = _load(catalogue)
    for name in ids or ():
        _demand_framework(found, name)
    wanted = [one for one in found.frameworks.values() if not ids or one.id in ids]
    rows = [
        {
            "id": one.id,
            "title": one.title,
            "edition": one.edition,
            "kind": one.kind,
            "requirements": len(one.requirements),
            "confirmed": sum(each.confirmed for each in one.requirements),
            "digest": f"sha256:{one.digest}",
            "cautions": list(one.cautions),
        }
        for one in wanted
    ]

    def show(screen: "Screen") -> None:
        columns = [Column("Id", whole=True), Column("Title"), Column("Kind"), Column("Requirements", right=True)]
        columns += [Column("Confirmed", right=True), Column("Cautions", right=True)]
        screen.table(columns, [_framework_cells(one) for one in wanted])
        if not ids:
            screen.quiet("'upright catalogue frameworks ID' shows the cautions of one.")
            return
        for one in wanted:
            screen.line()
            for caution in one.cautions:
                screen.bullet(caution)

    session.answer({"upright": 1, "frameworks": rows}, show)


@command(app, "requirements")
def requirements(
    session: Session,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Only these, such as iso42001:A.5.4.")] = None,
    framework: OneFramework = None,
    catalogue: CatalogueFolders = None,
) -> None:
    """List requirements with the evidence each asks for. Asks are our own judgement, and marked so."""
    found = _load(catalogue)
    if framework is not None:
        _demand_framework(found, framework)
    wanted = [found.requirement(each) for each in ids] if ids else list(found.requirements.values())
    rows = [one for one in wanted if framework in {None, one.framework}]

    def show(screen: "Screen") -> None:
        from upright.cli.screen import Column

        if ids:
            for one in rows:
                _show_requirement(screen, one)
            return
        screen.table(
            [Column("Id", whole=True), Column("Title"), Column("Asks for")],
            [(one.id, one.title + ("" if one.confirmed else " (unconfirmed)"), "; ".join(map(_ask_line, one.asks)))
             for one in rows],
        )  # fmt: skip
        screen.quiet(f"{counted(len(rows), 'requirement')}. 'upright catalogue requirements ID' shows one in full.")

    session.answer({"upright": 1, "requirements": [_requirement_json(one) for one in rows]}, show)


@command(app, "kinds")
def kinds(
    session: Session,
    ids: Annotated[list[str] | None, typer.Argument(metavar="KIND", help="Only these, with a file to fill.")] = None,
    catalogue: CatalogueFolders = None,
) -> None:
    """List the kinds of evidence: what each means, what produces it, who asks; with a KIND what its file holds."""
    from upright.cli.screen import Column

    found = _load(catalogue)
    wanted = [found.kind(name) for name in ids] if ids else list(found.kinds.values())

    def show(screen: "Screen") -> None:
        if ids:
            for one in wanted:
                _show_kind(screen, one, found.asked_by.get(one.id, ()))
            return
        columns = [Column("Kind", whole=True), Column("Meaning"), Column("Produced by"), Column("Asked by", right=True)]
        screen.table(
            columns,
            [(one.id, one.meaning, one.produced_by + (", planned" if one.status == "planned" else ""),
              str(len(found.asked_by.get(one.id, ()))))
             for one in wanted],
        )  # fmt: skip
        screen.quiet("'upright catalogue kinds KIND' shows the fields of one, as a file to fill.")

    document = {
        "upright": 1,
        "kinds": [
            {
                "id": one.id,
                "meaning": one.meaning,
                "produced_by": one.produced_by,
                "subject": list(one.subject),
                "status": one.status,
                "keys": one.keys,
                "fields": dict(one.fields),
                "asked_by": list(found.asked_by.get(one.id, ())),
            }
            for one in wanted
        ],
    }
    session.answer(document, show)


def _show_kind(screen: "Screen", kind: "Kind", asked_by: Sequence[str]) -> None:
    """What a kind means, and where people file it the example as YAML: it is valid, and every word of it to replace."""
    import yaml

    screen.title(kind.id, f"about: {', '.join(kind.subject) or 'anything'}; comes from: {kind.produced_by}")
    screen.line(kind.meaning)
    if asked_by:
        screen.line(f"Asked for by {', '.join(asked_by)}.")
    if not kind.fields:
        screen.line()
        return
    if kind.keys > 1:
        screen.line(f"Counts once {kind.keys} people have signed it: repeat --key.")
    optional = sorted(set(kind.fields.get("properties", {})) - set(kind.fields.get("required", ())))
    if optional:
        screen.line(f"May be left out: {', '.join(optional)}.")
    screen.line(f"A file to fill, for 'upright attest {kind.id} --file F':")
    screen.line()
    for line in yaml.safe_dump(_plain(kind.example), sort_keys=False, allow_unicode=True, width=100).splitlines():
        screen.code(line)
    screen.line()


def _plain(value: Any) -> Any:
    """Mappings and lists that YAML can write."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


@command(app, "threats")
def threats(session: Session, catalogue: CatalogueFolders = None) -> None:
    """List the threats to AI systems that the catalogue knows."""
    from upright.cli.screen import Column

    found = _load(catalogue)
    rows, about = [dict(one) for one in found.threats], found.about_threats
    marks = {mark: bool(about.get(mark)) for mark in ("levels_confirmed", "mapping_confirmed")}
    cautions = [str(caution) for caution in about.get("cautions", ())]

    def show(screen: "Screen") -> None:
        screen.table(
            [Column("Id", whole=True), Column("Threat"), Column("Stages")],
            [(str(one.get("id", "")), str(one.get("title", "")), _joined(one.get("stage")))
             for one in rows],
        )  # fmt: skip
        for caution in cautions:
            screen.bullet(f"caution: {caution}")
        screen.quiet(counted(len(rows), "threat"))

    session.answer({"upright": 1, "threats": rows, **marks, "cautions": cautions}, show)


@command(app, "lint")
def lint(
    session: Session,
    folders: Annotated[list[Path] | None, typer.Argument(metavar="DIR", help="Your folders, laid over ours.")] = None,
) -> int:
    """Check catalogue folders: kinds without producer, requirements without ask, dead crosswalks, by line."""
    from upright.catalogue import lint as check

    problems = check(folders or [])

    def show(screen: "Screen") -> None:
        for one in problems:
            screen.line(f"{one.file}:{one.line}: {one.message} [{one.code}]")
        screen.verdict(
            "failed" if problems else "passed",
            counted(len(problems), "problem") if problems else "The catalogue is sound.",
        )

    document = {
        "upright": 1,
        "problems": [
            {"file": str(one.file), "line": one.line, "code": one.code, "message": one.message} for one in problems
        ],
    }
    session.answer(document, show)
    return 1 if problems else 0


def _load(folders: Sequence[Path] | None) -> "Catalogue":
    from upright.catalogue import Catalogue

    return Catalogue.load(tuple(folders or ()))


def _framework_cells(one: "Framework") -> tuple[str, ...]:
    confirmed = sum(requirement.confirmed for requirement in one.requirements)
    return one.id, one.title, one.kind, str(len(one.requirements)), str(confirmed), str(len(one.cautions))


def _demand_framework(found: "Catalogue", name: str) -> None:
    from upright.catalogue import CatalogueError

    if name not in found.frameworks:
        known = ", ".join(found.frameworks)
        raise CatalogueError(f'There is no framework "{name}"; there are: {known}.', code="UP-CLI-06")


def _requirement_json(one: "Requirement") -> dict[str, Any]:
    from upright.catalogue import requirement_row

    return requirement_row(one)


def _ask_line(ask: "Ask") -> str:
    return " and ".join(" or ".join(member) for member in ask.all_of) + f" ({ask.about})"


def _show_requirement(screen: "Screen", one: "Requirement") -> None:
    from upright.cli.standing import show_unconfirmed

    screen.title(f"{one.id}  {one.title}", "" if one.confirmed else "unconfirmed")
    screen.line(one.text)
    for ask in one.asks:
        fresh = f", at most {ask.fresh_for} old" if ask.fresh_for else ""
        hold = f", tied at least by {ask.min_hold}" if ask.min_hold else ""
        screen.bullet(f"asks for {_ask_line(ask)}, {ask.mode.replace('_', ' ')}{fresh}{hold}")
    show_unconfirmed(screen, one)
    screen.line()


def _joined(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")
