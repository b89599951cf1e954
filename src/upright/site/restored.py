"""Run as a process of its own over a restored copy: brings its tables up to date and verifies log and rows.

A process of its own, since a copy has another home and another database than the server that it was made of.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from upright.site.archive import BackupError

SETTINGS = "upright.site.settings"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What the verification of a copy found. ``problem`` is the first one, in words."""

    outcome: str
    entries: int = 0
    rows: int = 0
    checkpoint: str = ""
    problems: int = 0
    problem: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a copy, ``held`` by now, has to extend (``since``); what this host knew beyond it (``lost``)."""

    since: str
    migrate: bool
    lost: str = ""
    held: str = ""


def demand_intact(home: Path, url: str, *, state: Path, asked: Asked) -> Found:
    """Verifies a copy in a process of its own.

    Args:
        home: the copy's home, with its keys.
        url: the copy's database.
        state: where its state head would lie: the live server's has moved on meanwhile.
        asked: what the copy has to extend, and what becomes of it.

    Raises:
        BackupError: it is not intact, or could not be verified.
    """
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")},
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "UPRIGHT_HOME": str(home),
        "UPRIGHT_DATABASE_URL": url,
        "XDG_STATE_HOME": str(state),
    }
    done = subprocess.run(
        [sys.executable, "-m", "upright.site.restored"],
        input=msgspec.json.encode(asked).decode(),
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    try:
        found = msgspec.json.decode(done.stdout, type=Found)
    except msgspec.DecodeError:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        found = Found(outcome="unknown", problem=lines[-1][:500])
    if found.outcome != "intact":
        raise BackupError(
            f"The restored copy does not verify: {found.outcome}, {found.problem}. So this is no backup that could be "
            "relied on. Run 'upright ledger verify' to see what differs.",
            code="UP-BACKUP-07",
        )
    return found


def _verify(asked: Asked) -> Found:
    import django
    from django.core.management import call_command
    from django.db import DatabaseError

    from upright.kernel import UprightError

    django.setup()
    from upright.ledger import Checkpoint
    from upright.records.trail.losses import enter_loss
    from upright.records.trail.server_log import server_log
    from upright.records.trail.verify import verify

    try:
        if asked.migrate:
            call_command("migrate", verbosity=0, interactive=False)
        report = verify(since=asked.since or None)
        if asked.lost and report.outcome == "intact":
            enter_loss(Checkpoint.parse(asked.lost), Checkpoint.parse(asked.held))
            report = verify(since=asked.since or None)
        checkpoint = server_log().source.checkpoint()
    except (UprightError, DatabaseError) as why:
        return Found(outcome="unknown", problem=str(why))
    problems: list[Any] = [*report.log.problems, *report.problems]
    return Found(
        outcome=report.outcome,
        entries=report.log.size,
        rows=report.rows,
        checkpoint=checkpoint,
        problems=len(problems),
        problem=str(problems[0]) if problems else "",
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(msgspec.to_builtins(_verify(msgspec.json.decode(sys.stdin.read(), type=Asked)))))
