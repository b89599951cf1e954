"""``upright restore``: a log that cannot go on is sealed and continued by one that says what was lost."""

import datetime as dt
import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from cli.running import Runner
from cli.test_workspace import assessed, here  # noqa: F401 - fixtures
from upright.evidence.keys import key_folder
from upright.kernel import schemas

LOG = Path(".upright/ledger")


def set_back(run: Runner) -> int:
    """The log as it was before another assessment; gives how many entries are gone."""
    shutil.copytree(".upright", "older")
    before = run("ledger", "head", "--format", "json").document["size"]
    assert run("assess", "--fresh").status == 1
    after = run("ledger", "head", "--format", "json").document["size"]
    shutil.rmtree(".upright")
    Path("older").rename(".upright")
    return int(after - before)


def test_a_log_that_was_set_back_goes_on_as_another_that_counts_what_is_lost(run: Runner, here: Path) -> None:  # noqa: F811
    trusted = run("key", "export", "log").out.strip()
    (here / "early").write_text(run("ledger", "head").out)
    gone = set_back(run)
    assert run("assess").status == 2
    answer = run("restore", "--format", "json")
    assert answer.status == 0, answer.err
    said = answer.document
    jsonschema.Draft202012Validator(schemas.load("restore")).validate(said)
    assert (said["lost"], said["problems"], said["key_is_new"]) == (gone, 0, False)
    assert said["sealed"] == ".upright/ledger/epochs/0001"
    first = run("ledger", "prove", "0", "--format", "json").document["leaf"]
    assert (first["type"], first["ref"]) == ("epoch", "index:root")
    assert run("evidence", "list", "--format", "json").document["evidence"] == []
    assert run("assess").status == 1
    assert f"A restore left entries behind: {gone}" in run("ledger", "verify").out
    run("pack", "-o", "p.zip")
    whole = run("verify", "p.zip", "--trust", trusted, "--since", "early", "--format", "json")
    assert whole.status == 0, whole.out
    assert any(f"{gone} entries of an earlier log" in line for line in whole.document["not_checked"])
    other = (here / "early").read_text().splitlines()
    (here / "other").write_text("\n".join([other[0][:-1] + ("0" if other[0][-1] != "0" else "1"), *other[1:], ""]))
    assert run("verify", "p.zip", "--trust", trusted, "--since", "other").status == 1


def test_where_nobody_knows_what_was_lost_every_answer_stays_open(run: Runner, here: Path) -> None:  # noqa: F811
    trusted = run("key", "export", "log").out.strip()
    set_back(run)
    shutil.rmtree(here.parent / "state")
    (LOG / "checkpoint").write_text("x")
    assert run("assess").status == 2
    answer = run("restore", "--format", "json")
    assert (answer.status, answer.document["lost"], answer.document["sealed_size"]) == (3, "unknown", None)
    assert run("assess").status == 1
    assert run("ledger", "verify").status == 3
    packed = run("pack", "-o", "p.zip")
    assert packed.status == 0, packed.err
    whole = run("verify", "p.zip", "--trust", answer.document["log_key"], "--format", "json")
    assert (whole.status, whole.document["outcome"]) == (3, "partial")
    assert trusted.partition("+")[0]


def test_a_checkpoint_that_somebody_kept_counts_where_this_host_forgot(run: Runner, here: Path) -> None:  # noqa: F811
    shutil.copytree(".upright", "older")
    assert run("assess", "--fresh").status == 1
    (here / "kept").write_text(run("ledger", "head").out)
    size = run("ledger", "head", "--format", "json").document["size"]
    shutil.rmtree(".upright")
    Path("older").rename(".upright")
    shutil.rmtree(here.parent / "state")
    (LOG / "tile/0/000").unlink()
    said = run("restore", "--known", "kept", "--format", "json").document
    assert said["lost"] == size - said["sealed_size"]
    assert said["problems"] == 1
    assert run("assess").status == 1
    assert "epochs/0001/ledger/tile/0/000" in run("ledger", "verify").out


def test_a_whole_log_is_not_left_behind(run: Runner, here: Path) -> None:  # noqa: F811
    before = run("ledger", "head").out
    answer = run("restore")
    assert answer.status == 2
    assert "is whole and can go on" in answer.err
    assert run("ledger", "head").out == before


def test_a_log_dated_far_ahead_is_continued(
    run: Runner,
    here: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = dt.datetime.now(dt.UTC)
    monkeypatch.setattr("upright.kernel.system_clock", lambda: real - dt.timedelta(days=3))
    answer = run("restore", "--format", "json")
    assert (answer.status, answer.document["lost"]) == (0, 0), answer.err


def test_without_the_old_key_the_new_log_has_its_own_and_says_so(run: Runner, here: Path) -> None:  # noqa: F811
    set_back(run)
    old = run("key", "export", "log", "--workspace", here)
    for path in key_folder().glob("log-*.pem"):
        path.unlink()
    answer = run("restore")
    assert answer.status == 0
    assert "has another, to be handed to others" in answer.out
    new = run("key", "export", "log").out.strip()
    assert new in answer.out
    assert new != old.out.strip()
    assert run("ledger", "verify", "--trust", new).status == 0


def test_a_checkpoint_of_another_log_is_no_checkpoint_of_this_one(run: Runner, here: Path) -> None:  # noqa: F811
    from upright.workspace import Workspace

    set_back(run)
    (here / "elsewhere").mkdir()
    Workspace.create(here / "elsewhere", "meridian")
    (here / "kept").write_text(run("ledger", "head", "--workspace", here / "elsewhere").out)
    shutil.rmtree(here.parent / "state")
    (LOG / "tile/0/000").unlink()
    before = {path: path.read_bytes() for path in Path(".upright").rglob("*") if path.is_file()}
    answer = run("restore", "--known", "kept")
    assert answer.status == 2
    assert {path: path.read_bytes() for path in before} == before
    assert json.loads(run("restore", "--known", "kept", "--format", "json").out)["error"]["exit"] == 2


def test_where_nothing_says_whose_log_it_is_nothing_is_begun(run: Runner, here: Path) -> None:  # noqa: F811
    (LOG / "checkpoint").write_text("x")
    (LOG / "origin").write_text("y")
    answer = run("restore")
    assert (answer.status, "UP-WORK-18" in answer.err) == (2, True)
    assert not (LOG / "epochs").exists()
