"""``upright verify``: is this pack what it says, and does every verdict in it follow from the evidence?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.ledger import Since, Trust, read_checkpoint, read_key
from upright.cli.session import Session, command, single
from upright.cli.text import counted

if TYPE_CHECKING:
    from upright.cli.screen import Screen

app = single()


@command(app)
def verify(
    session: Session,
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="The pack's file.")],
    trust: Trust = None,
    since: Since = None,
) -> int:
    """Check an audit pack: every byte, the log, the signatures, and each verdict recomputed from the evidence.

    Exit 0 intact and trusted, 1 broken, 3 intact but signed by a key you did not name, or partial.
    """
    from upright.pack import verify_pack

    report = verify_pack(pack, trust=read_key(trust) if trust else None, since=read_checkpoint(since))
    document = report.to_json()
    session.answer(document, lambda screen: show_verification(screen, document))
    return int(report.exit_status)


def show_verification(screen: "Screen", document: dict[str, Any]) -> None:
    """What was checked, what could not be, and every problem with what was expected and what is there."""
    trust, checked, problems = document["trust"], document["checked"], document["problems"]
    if document["outcome"] == "broken":
        screen.verdict("broken", f"{counted(len(problems), 'problem')} found.")
        for one in problems[:40]:
            where = f"entry {one['entry']}" if one["entry"] is not None else one["file"] or "the pack"
            if one["entry"] is not None and one["file"]:
                where += f" ({one['file']})"
            screen.bullet(f"{where}: expected {one['expected']}; got {one['got']} [{one['code']}]")
        if len(problems) > 40:
            screen.quiet(f"and {len(problems) - 40} more; --format json lists all")
        screen.line("Rely on nothing in it: fetch it again from its maker, and ask why if it is broken again.")
    elif document["outcome"] == "partial":
        screen.verdict("partial", "Intact as far as it goes; newest not proven.")
    elif trust["trusted"]:
        screen.verdict(
            "intact", "The pack is what the log's key signed, and every verdict in it follows from its evidence."
        )
    else:
        screen.verdict("unknown", f"Intact; signer unknown to you: {trust['log_key']}")
        screen.line("Ask someone you trust for the log key, then: upright verify PACK --trust KEY")
    screen.line()
    screen.quiet(
        "Checked: " + ", ".join(f"{_said(value)} {_CHECKED.get(name, name)}" for name, value in checked.items())
    )
    for line in document["asserted"]:
        screen.bullet(f"asserted, not rebuilt: {line}")
    for line in document["not_checked"]:
        screen.bullet(f"not checked: {line}")


_CHECKED = {"posture": "verdicts recomputed", "gate": "gate answers recomputed", "items": "items of evidence"}


def _said(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
