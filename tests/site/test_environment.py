"""The environment's words as settings."""

from pathlib import Path

import pytest

from upright.site.environment import database, flag, keep_secret_key, secret_key, upright_home


def test_a_postgresql_address_is_taken_apart() -> None:
    found = database({"UPRIGHT_DATABASE_URL": "postgresql://al%40ice:p%3Aw@db:5433/up?sslmode=require"}, "/h")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == ("al@ice", "p:w", "db", "5433")
    assert (found["NAME"], found["OPTIONS"]) == ("up", {"sslmode": "require"})


def test_without_an_address_the_database_is_a_file_at_home() -> None:
    assert database({}, "/h")["NAME"] == "/h/upright.sqlite3"
    assert database({"UPRIGHT_DATABASE_URL": "sqlite:////x/y.db"}, "/h")["NAME"] == "/x/y.db"


def test_what_is_no_address_or_no_switch_is_refused() -> None:
    with pytest.raises(Exception, match="UP-SITE-02"):
        database({"UPRIGHT_DATABASE_URL": "mysql://x/y"}, "/h")
    with pytest.raises(Exception, match="UP-SITE-01"):
        flag({"UPRIGHT_DEMO": "maybe"}, "UPRIGHT_DEMO")
    assert flag({"UPRIGHT_DEMO": "Yes"}, "UPRIGHT_DEMO") is True
    assert flag({}, "UPRIGHT_DEMO") is False


def test_the_secret_is_made_once_kept_privately_and_given_to_every_worker(tmp_path: Path) -> None:
    home = str(tmp_path)
    assert secret_key({}, home) != secret_key({}, home)
    keep_secret_key(home)
    keep_secret_key(home)
    assert secret_key({}, home) == secret_key({}, home)
    assert (tmp_path / "keys" / "secret.key").stat().st_mode & 0o777 == 0o600
    assert secret_key({"UPRIGHT_SECRET_KEY": "given"}, home) == "given"


def test_the_home_is_said_or_lies_with_the_users_data() -> None:
    assert upright_home({"UPRIGHT_HOME": "/srv/up"}) == "/srv/up"
    assert upright_home({"XDG_DATA_HOME": "/d"}) == "/d/upright"
