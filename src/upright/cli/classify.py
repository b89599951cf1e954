"""``upright classify``: from answers to the EU AI Act class and what it obliges one to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.here import CatalogueFolders
from upright.cli.session import Session, command, single

if TYPE_CHECKING:
    from upright.cli.screen import Screen

app = single()


@command(app)
def classify(
    session: Session,
    answers: Annotated[Path, typer.Argument(metavar="ANSWERS", help="A YAML file of question ids and answers.")],
    catalogue: CatalogueFolders = None,
) -> int:
    """Find the class of a system. An open question leaves it undetermined, and that is never read as mild."""
    from upright.catalogue import Catalogue
    from upright.catalogue import classify as decide
    from upright.workspace import read_answers

    given = {key: list(value) if isinstance(value, tuple) else value for key, value in read_answers(answers).items()}
    found = decide(given, Catalogue.load(tuple(catalogue or ())))
    document: dict[str, Any] = {
        "upright": 1,
        "outcomes": list(found.outcomes),
        "undetermined": list(found.undetermined),
        "because": list(found.because),
        "obligations": [dict(one) for one in found.obligations],
        "severity": found.severity,
    }

    def show(screen: "Screen") -> None:
        from upright.cli.screen import Column
        from upright.reports.words import day

        if found.undetermined:
            screen.verdict("undetermined", f"Answer first: {', '.join(found.undetermined)}.")
        screen.title(", ".join(found.outcomes) or "No outcome yet", str(found.severity or ""))
        for line in found.because:
            screen.bullet(line)
        if found.obligations:
            screen.line()
            rows = [(str(one["id"]), day(str(one.get("applies_from") or "now"))) for one in document["obligations"]]
            screen.table([Column("Obligation", whole=True), Column("Applies from", whole=True)], rows)
        screen.quiet("A reading of the law by rules, not legal advice.")

    session.answer(document, show)
    return 3 if found.undetermined else 0
