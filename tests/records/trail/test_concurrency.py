"""Several processes on one database, and one that is killed at each point of a write: nothing lost, no gap."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from records.organisation import Organisation

SCRIPT = Path(__file__).with_name("processes.py")
TESTS = SCRIPT.parents[2]


def _address(folder: Path) -> str:
    """This test's database for other processes: PostgreSQL's by its name; SQLite's, which lies in memory, as a file."""
    given = connection.settings_dict
    if connection.vendor == "postgresql":
        host = quote(str(given["OPTIONS"].get("host") or given["HOST"]), safe="")
        return f"postgresql://{quote(given['USER'])}:{quote(given['PASSWORD'])}@/{given['NAME']}?host={host}" + (
            f"&port={given['PORT']}" if given["PORT"] else ""
        )
    connection.ensure_connection()
    path = folder / "upright.sqlite3"
    with sqlite3.connect(path) as copy:
        connection.connection.backup(copy)
    copy.close()
    return f"sqlite:///{path}"


@pytest.fixture
def run(meridian_committed: Organisation, server_home: Path) -> Any:
    def do(deed: str) -> dict[str, Any]:
        environment = {
            **os.environ,
            "UPRIGHT_HOME": str(server_home),
            "UPRIGHT_DATABASE_URL": _address(server_home),
            "DJANGO_SETTINGS_MODULE": "upright.site.settings",
        }
        done = subprocess.run(
            [sys.executable, str(SCRIPT), deed], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    return do


def test_eight_who_write_at_once_leave_no_gap_and_nothing_acknowledged_is_missing(run: Any) -> None:
    found = run("write")
    assert found["exits"] == [0] * 8
    assert found["acknowledged"] == found["systems"]
    assert len(found["systems"]) == 48
    assert found["gapless"]
    assert found["size"] >= found["before"] + 48
    assert (found["outcome"], found["problems"]) == ("intact", [])


def test_of_two_who_save_the_same_version_at_once_exactly_one_is_refused(run: Any) -> None:
    found = run("race")
    assert found["outcomes"] == [[["conflict", "saved"], 2, True]] * 5
    assert (found["outcome"], found["problems"]) == ("intact", [])


def test_killed_at_any_point_of_a_write_the_log_verifies_and_nothing_acknowledged_is_lost(run: Any) -> None:
    found = run("kill")
    points = found["points"]
    print(f"killed at {len(points)} points on {connection.vendor}; {found['committed']} after the commit")
    assert found["wrong"] == []
    assert (found["outcome"], found["problems"]) == ("intact", [])
    # Lock, rows, append, commit, state head, unlock, in this order, each of them a point of its own.
    wanted = ("before lock", "after lock", "before INSERT INTO inventory_system", "before UPDATE inventory_system")
    wanted += ("before INSERT INTO trail_ledgerentry", "before UPDATE trail_ledgerlog", "before commit", "after commit")
    wanted += ("before write of state-head", "after rename of state-head", "before unlock", "after unlock")
    places = [next((at for at, name in enumerate(points) if name.startswith(start)), -1) for start in wanted]
    assert -1 not in places, points
    assert places == sorted(places)
    assert len(points) >= 40
    assert 0 < found["committed"] < len(points)
