"""Several processes on one database, and one that is killed at each point of a write: nothing lost, no gap."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from records.addresses import address
from records.organisation import Organisation

SCRIPT = Path(__file__).with_name("processes.py")


@pytest.fixture
def run(meridian_committed: Organisation, server_home: Path) -> Any:
    def do(deed: str) -> dict[str, Any]:
        environment = {
            **os.environ,
            "UPRIGHT_HOME": str(server_home),
            "UPRIGHT_DATABASE_URL": address(server_home),
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


@pytest.mark.slow
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


if connection.vendor == "sqlite":  # the files of PostgreSQL are its own, which the guide says

    def test_what_was_erased_is_in_no_file_of_the_database_once_nobody_reads_what_was_before(run: Any) -> None:
        found = run("erase")
        assert found["before"]
        assert found["beside"], "a reader keeps the old pages: nobody waits for him for ever"
        assert found["after"] == [[], []]
        assert found["patience"] == 20_000
        assert (found["outcome"], found["problems"]) == ("intact", [])
