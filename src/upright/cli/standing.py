"""How posture looks in a terminal: a line a framework, a line a requirement with an answer, the rest counted."""

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from upright.cli.screen import Column
from upright.cli.text import counted
from upright.reports.parts.verdicts import COUNTED

if TYPE_CHECKING:
    from rich.text import Text

    from upright.catalogue import Catalogue, Requirement
    from upright.cli.screen import Screen
    from upright.posture import Posture, Verdict

_WIDE = 110


def show_frameworks(screen: "Screen", posture: "Posture", catalogue: "Catalogue") -> None:
    """A table with each framework's fold, and n of m by status."""
    wide = screen.width >= _WIDE
    columns = [Column("Framework"), Column("Status", status=True), Column("Met", right=True, whole=True)]
    columns += [Column(status.capitalize(), right=True) for status in COUNTED[1:-1]] + [Column("N/a", right=True)]
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
            *(str(count) for _, count in counts[1:]),
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


def show_moved(screen: "Screen", verdicts: Iterable["Verdict"], catalogue: "Catalogue") -> None:
    """What has an answer, worst first: what is bad with its title, line by line; the rest by name, a line a status."""
    shown = 0
    by_status: dict[str, dict[str, Verdict]] = {}
    for one in verdicts:
        by_status.setdefault(one.status, {}).setdefault(one.requirement, one)
    for status in sorted(by_status, key=_rank):
        named = list(by_status[status].values())
        if status in _BAD:
            for one in named[: max(0, _TITLED - shown)]:
                screen.verdict(status, f"{one.requirement}  {_title(catalogue, one.requirement)}{_findings(one)}")
            named, shown = named[max(0, _TITLED - shown) :], shown + len(named)
        if named:
            screen.verdict(status, by_framework(one.requirement for one in named))


def by_framework(names: Iterable[str]) -> str:
    """Requirements by name, the framework said once.

    >>> by_framework(["gdpr:GDPR-6", "iso42001:A.2.2", "gdpr:GDPR-9"])
    'gdpr GDPR-6, GDPR-9; iso42001 A.2.2'
    """
    found: dict[str, list[str]] = {}
    for name in names:
        framework, _, local = name.partition(":")
        found.setdefault(framework, []).append(local)
    return "; ".join(f"{framework} {', '.join(names)}" for framework, names in found.items())


def rest_line(verdicts: Iterable["Verdict"]) -> str:
    """One line that counts what has no answer yet."""
    silent = {one.requirement for one in verdicts if one.status == "unknown" and not one.evidence}
    if not silent:
        return "Every requirement in scope has an answer."
    frameworks = sorted({one.partition(":")[0] for one in silent})
    return (
        f"{counted(len(silent), 'more requirement')} of {', '.join(frameworks)} "
        f"{'has' if len(silent) == 1 else 'have'} no evidence yet and so "
        f"{'is' if len(silent) == 1 else 'are'} unknown; 'upright posture --framework ID' lists them."
    )


def show_unconfirmed_share(screen: "Screen", catalogue: "Catalogue", frameworks: Iterable[str]) -> None:
    """One line that says how much of what was judged by nobody has confirmed yet, unless all is confirmed."""
    asked = [
        one for name in frameworks if name in catalogue.frameworks for one in catalogue.frameworks[name].requirements
    ]
    asks, texts = sum(not one.asks_confirmed for one in asked), sum(not one.confirmed for one in asked)
    if asks or texts:
        said = f"Not confirmed by anyone yet: which evidence answers {asks:,} of {counted(len(asked), 'requirement')}"
        said += f", and the wording of {texts:,}" if texts else ""
        screen.quiet(f"{said}. 'upright explain REQUIREMENT' marks each.")


def show_unconfirmed(screen: "Screen", known: "Requirement") -> None:
    """Of one requirement what nobody has confirmed, and its cautions."""
    if not known.confirmed:
        screen.bullet("unconfirmed: its text here is our own paraphrase that nobody has checked")
    if not known.asks_confirmed:
        whose = "our own judgement" if known.judgement == "own" else "read from the reference"
        screen.bullet(f"unconfirmed: which evidence answers it is {whose}")
    for caution in known.cautions:
        screen.bullet(f"caution: {caution}")


def answered(verdicts: Iterable["Verdict"], evidence: "Collection[str] | None" = None) -> "list[Verdict]":
    """The verdicts that rest on some evidence (on some of the given ids), worst first."""
    found = [one for one in verdicts if (one.evidence if evidence is None else set(one.evidence) & set(evidence))]
    return sorted(found, key=lambda one: _rank(one.status))


def _rank(status: str) -> int:
    return _ORDER.index(status) if status in _ORDER else 0


_ORDER = ("failing", "stale", "partly", "unknown", "met", "not_applicable")
_BAD, _TITLED = frozenset({"failing", "stale"}), 8


def _title(catalogue: "Catalogue", name: str) -> str:
    known = catalogue.requirements.get(name)
    return f"{known.title}{'' if known.confirmed else ' (unconfirmed)'}" if known else ""


def _findings(one: "Verdict") -> str:
    return f" ({counted(one.open_findings, 'open finding')})" if one.open_findings else ""
