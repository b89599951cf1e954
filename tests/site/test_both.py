"""``make test`` runs on two databases at once: neither hides what the other found, and nothing is left running."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import both

ROOT = Path(__file__).parents[2]


def says(text: str, status: int = 0) -> list[str]:
    return [sys.executable, "-c", f"print({text!r}); raise SystemExit({status})"]


@pytest.mark.parametrize(("first", "second", "whole"), [(0, 0, 0), (3, 0, 3), (0, 4, 4), (3, 4, 3)])
def test_whichever_fails_fails_the_whole_and_what_the_second_said_comes_last(
    capfd: pytest.CaptureFixture[str], first: int, second: int, whole: int
) -> None:
    assert both.side_by_side(says("on SQLite", first), says("on PostgreSQL", second)) == whole
    assert capfd.readouterr().out.split("\n") == ["on SQLite", "on PostgreSQL", ""]


def test_the_second_runs_while_the_first_does(tmp_path: Path) -> None:
    waits = "import pathlib, time\nwhile not pathlib.Path({!r}).exists(): time.sleep(0.01)\n"
    there = f"import pathlib; pathlib.Path({str(tmp_path / 'one')!r}).touch()"
    first = [sys.executable, "-c", waits.format(str(tmp_path / "one"))]
    assert both.side_by_side(first, [sys.executable, "-c", there]) == 0


def test_who_ends_it_ends_both(tmp_path: Path) -> None:
    waits = "import os, pathlib, time; pathlib.Path({!r}).write_text(str(os.getpid())); time.sleep(600)"
    one, two = ([sys.executable, "-c", waits.format(str(tmp_path / name))] for name in ("one", "two"))
    program = (
        "import both, signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(143))\n"
        f"both.side_by_side({one!r}, {two!r})"
    )
    run = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT / "tests", stderr=subprocess.PIPE)
    while not all((tmp_path / name).exists() and (tmp_path / name).read_text() for name in ("one", "two")):
        assert run.poll() is None
        time.sleep(0.02)
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=60)
    assert run.returncode == 143
    for name in ("one", "two"):
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / name).read_text()), 0)


def test_the_second_has_half_of_the_workers_and_one_at_least() -> None:
    given = {"-n 2 --dist worksteal": "-n 1 --dist worksteal", "-x -n 8": "-x -n 4", "-n 1": "-n 1", "-k a-n": "-k a-n"}
    assert {one: " ".join(both.halved(one.split())) for one in given} == given


def test_what_make_runs_on_both_is_there_and_all_of_it_is_of_records() -> None:
    recipe = re.findall(r"^test:.*\n\t(.+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe == ["$(BIN)/python tests/both.py -n $(WORKERS) --dist worksteal"]
    assert {"records", "desk", "api"} < set(both.TWICE)
    assert all((ROOT / "tests" / one).exists() for one in both.TWICE)
