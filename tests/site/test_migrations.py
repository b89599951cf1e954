"""A new database is made at once, an old one goes every step, and both end as one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from upright.records.identity.models import Person
from upright.records.trail.at_once import TablesAtOnce, step


def _made(which: str, home: Path) -> dict[str, Any]:
    environment = os.environ | {"UPRIGHT_HOME": str(home), "DJANGO_SETTINGS_MODULE": "upright.site.settings"}
    environment.pop("UPRIGHT_DATABASE_URL", None)
    home.mkdir()
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("old_database.py"), which],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_an_old_database_keeps_its_rows_and_ends_as_a_new_one(tmp_path: Path) -> None:
    old, new = _made("old", tmp_path / "old"), _made("new", tmp_path / "new")
    assert old["rows"] == [["Old", "Old", "Olu", "Meridian"]]
    assert new["rows"] == []
    assert len(new["schema"]) > 100
    assert {name for name, table in old["schema"].items() if table != new["schema"].get(name)} == set()
    assert new["schema"].keys() == old["schema"].keys()
    assert old["applied"] == new["applied"]  # what comes next finds the same behind it


def test_a_squashed_migration_waits_for_all_that_its_steps_wait_for() -> None:
    loader = MigrationLoader(None)
    squashed = [one for one in loader.disk_migrations.values() if one.replaces]
    assert len(squashed) == 9
    for one in squashed:
        app = one.app_label
        assert [type(operation) for operation in one.operations] == [TablesAtOnce], app
        assert list(one.operations[0].replaces) == one.replaces, app
        last = dict(one.dependencies)
        for label, name in one.replaces:
            for other, wanted in step(label, name).dependencies:
                assert other == app or last[other] >= wanted, (label, name)
            assert not step(label, name).run_before, (label, name)


def test_no_migration_is_missing_and_one_that_is_would_be_seen(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)  # leaves with status 1 where one is missing
    monkeypatch.setattr(Person._meta.get_field("name"), "max_length", 7)
    with pytest.raises(SystemExit, match="1"):
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)
