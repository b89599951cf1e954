"""How posture looks in a terminal: a line a framework, a line a requirement with an answer, the rest counted."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from upright.cli.screen import Column
from upright.cli.text import counted
from upright.reports.parts.verdicts import COUNTED

if TYPE_CHECKING:
    from rich.text import Text

    from upright.catalogue import Catalogue
    from upright.cli.screen import Screen
    from upright.posture import Posture, Verdict

_WIDE = 110


def show_frameworks(screen: "Screen", posture: "Posture", catalogue: "Catalogue") -> None:
    """A table with each framework's fold, and n of m by status."""
    wide = screen.width >= _WIDE
    columns = [Column("Framework"), Column("Status", status=True), Column("Met", right=True, whole=True)]
    columns += [Column(status.capitalize(), right=True) for status in COUNTED[1:-1]]
    if wide:
        columns.append(Column("", whole=True))
    rows: list[list[str | Text]] = []
    for name, found in posture.frameworks.items():
        counts = [(status, int(getattr(found, status))) for status in COUNTED]
        title = catalogue.frameworks[name].title if wide and name in catalogue.frameworks else name
        row: list[str | Text] = [
            title,
            found.status,
            f"{found.met} of {found.of}",
            *(str(count) for _, count in counts[1:-1]),
        ]
        rows.append([*row, screen.bar(counts[:-1])] if wide else row)
    screen.table(columns, rows)


def show_verdicts(screen: "Screen", verdicts: Sequence["Verdict"], catalogue: "Catalogue") -> None:
    """A table of requirements with status, scope and title; a narrow screen leaves the scope out."""
    columns = [Column("Requirement", whole=True), Column("Status", status=True), Column("What it asks")]
    rows = [[one.requirement, one.status, _title(catalogue, one.requirement) + _findings(one)] for one in verdicts]
    if screen.width >= _WIDE:
        columns.append(Column("Scope", whole=True))
        rows = [[*row, one.scope_ref] for row, one in zip(rows, verdicts, strict=True)]
    screen.table(columns, rows)


def rest_line(verdicts: Iterable["Verdict"]) -> str:
    """One line that counts what has no answer yet."""
    silent = [one for one in verdicts if one.status == "unknown" and not one.evidence]
    if not silent:
        return "Every requirement in scope has an answer."
    frameworks = sorted({one.requirement.partition(":")[0] for one in silent})
    return (
        f"{counted(len(silent), 'more requirement')} of {', '.join(frameworks)} "
        f"{'has' if len(silent) == 1 else 'have'} no evidence yet and so "
        f"{'is' if len(silent) == 1 else 'are'} unknown; 'upright posture --framework ID' lists them."
    )


def answered(verdicts: Iterable["Verdict"]) -> "list[Verdict]":
    """The verdicts that rest on some evidence, worst first."""
    order = ("failing", "stale", "partly", "unknown", "met", "not_applicable")
    found = [one for one in verdicts if one.evidence]
    return sorted(found, key=lambda one: order.index(one.status) if one.status in order else 0)


def _title(catalogue: "Catalogue", name: str) -> str:
    known = catalogue.requirements.get(name)
    return known.title if known else ""


def _findings(one: "Verdict") -> str:
    return f" ({counted(one.open_findings, 'open finding')})" if one.open_findings else ""
