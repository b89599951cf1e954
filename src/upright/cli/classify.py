"""``upright classify``: from answers to the EU AI Act class and what it obliges one to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.here import CatalogueFolders
from upright.cli.session import Session, command, single

if TYPE_CHECKING:
    from upright.catalogue import Classification
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
    session.answer(found.to_json(), lambda screen: show_classification(screen, found))
    return 3 if found.undetermined else 0


def show_classification(screen: "Screen", found: "Classification") -> None:
    """Outcomes with their reasons, what stays open, and the obligations with their dates."""
    from upright.cli.screen import Column
    from upright.reports.words import day

    if found.undetermined:
        screen.verdict("undetermined", f"Answer first: {', '.join(found.undetermined)}.")
    screen.title(", ".join(found.outcomes) or "No outcome yet", found.severity)
    if found.possible:
        screen.line(f"Possible, until then: {', '.join(found.possible)}. The most severe of them counts.")
    for line in found.because:
        screen.bullet(line)
    if found.obligations:
        screen.line()
        rows = [
            (
                one.id,
                day(one.applies_from) if one.applies_from else "no date",
                "" if one.certain else "only if it applies",
            )
            for one in found.obligations
        ]
        screen.table([Column("Obligation", whole=True), Column("Applies from", whole=True), Column("")], rows)
    screen.quiet("A reading of the law by rules, not legal advice.")
