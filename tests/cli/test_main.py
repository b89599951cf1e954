"""The door: help, wrong use, and that nothing a command raises reaches a user as a traceback."""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.running import Runner
from upright import __version__
from upright.cli import main
from upright.cli.main import SECTIONS, app
from upright.kernel import InputError

COMMANDS = [name for section in SECTIONS.values() for name in section]
LISTED = (
    "init assess posture explain gate evidence attest ledger key pack verify "
    "catalogue classify scan report schema doctor discover mitigate compare restore backup serve manage demo push "
    "worker"
)
ENOUGH = 250
"""Files with long names, of which a scan says twice what a pipe (64 KiB) and the buffer of its reader hold."""


def upright(*arguments: str, **settings: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "upright", *arguments], capture_output=True, text=True, **settings)


def test_every_command_of_the_issue_is_there_and_in_the_help(run: Runner) -> None:
    assert sorted(COMMANDS) == sorted(LISTED.split())
    shown = run("--help")
    assert shown.status == 0
    assert all(f"  {name} " in shown.out for name in COMMANDS)


@pytest.mark.parametrize("name", sorted({*COMMANDS} - {"manage"}))  # which hands all that it is given to Django
def test_each_command_takes_format_workspace_and_debug(run: Runner, name: str) -> None:
    whole = typer.main.get_command(app)
    command = whole.commands[name]  # type: ignore[attr-defined]
    parts = [[name, part] for part in getattr(command, "commands", {})] or [[name]]
    for part in parts:
        shown = run(*part, "--help")
        assert shown.status == 0
        assert shown.out.startswith(f"Usage: upright {' '.join(part)}")
        assert all(option in shown.out for option in ("--format", "--workspace", "--debug"))


def test_without_arguments_the_help_is_shown(run: Runner) -> None:
    assert run().out == run("--help").out


def test_the_version_is_shown(run: Runner) -> None:
    assert run("--version").out == f"upright {__version__}\n"


def test_help_loads_no_heavy_package_and_its_cost_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    program = (
        "import sys; from upright.cli import main; main(['--help']); "
        "heavy = 'rich ibis duckdb pyarrow numpy jinja2 pydantic cryptography yaml sqlglot pandas django'.split(); "
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    with capsys.disabled():
        print(f"\nupright --help: {spent:.2f} CPU s (budget 0.30)")
    assert done.stderr.strip() == "[]"


def test_an_unknown_command_is_wrong_use_and_gets_a_suggestion(run: Runner) -> None:
    answer = run("asses")
    assert answer.status == 2
    assert answer.out == ""
    assert "Did you mean 'assess'?" in answer.err
    assert answer.err.endswith("[UP-CLI-01]\n")


@pytest.mark.parametrize(
    "arguments", [("scan",), ("gate",), ("ledger",), ("assess", "--nope"), ("ledger", "prove", "x")]
)
def test_wrong_use_exits_with_2_and_says_where_to_look(run: Runner, arguments: tuple[str, ...]) -> None:
    answer = run(*arguments)
    assert answer.status == 2
    assert "--help' shows what it takes. [UP-CLI-01]" in answer.err


def fails_with(monkeypatch: pytest.MonkeyPatch, why: BaseException) -> None:
    """Makes ``upright schema`` raise."""

    def raises() -> tuple[str, ...]:
        raise why

    monkeypatch.setattr("upright.kernel.schemas.names", raises)


def test_an_error_that_nobody_foresaw_is_one_line_with_a_hint_and_exit_4(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_with(monkeypatch, ZeroDivisionError("boom\nsecond line"))
    answer = run("schema")
    assert answer.status == 4
    assert answer.err.count("\n") == 1
    assert "ZeroDivisionError: boom)" in answer.err
    assert "--debug" in answer.err


def test_debug_shows_the_traceback(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_with(monkeypatch, ZeroDivisionError("boom"))
    answer = run("schema", "--debug")
    assert answer.status == 4
    assert "Traceback (most recent call last)" in answer.err


def test_an_error_of_ours_is_its_message_its_code_and_its_exit_status(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoError(InputError):
        exit_status = 1

    fails_with(monkeypatch, NoError("Found a; expected b; do c.", code="UP-X-01"))
    answer = run("schema")
    assert (answer.status, answer.err) == (1, "Error: Found a; expected b; do c. [UP-X-01]\n")


def test_with_format_json_an_error_is_a_document_too(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_with(monkeypatch, InputError("Found a.", code="UP-X-01"))
    answer = run("schema", "--format", "json")
    assert answer.document == {"upright": 1, "error": {"code": "UP-X-01", "message": "Found a.", "exit": 2}}
    assert answer.err == "Error: Found a. [UP-X-01]\n"


def test_an_error_message_cannot_command_the_terminal(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_with(monkeypatch, InputError("a\x1b]0;owned\x07b\u202ec", code="UP-X-01"))
    assert run("schema").err == "Error: a\\x1b]0;owned\\x07b\\u202ec [UP-X-01]\n"


@pytest.mark.parametrize(
    ("number", "status"), [(errno.ENOSPC, 4), (errno.EIO, 4), (errno.EACCES, 2), (errno.ENOENT, 2)]
)
def test_what_the_system_refuses_is_said_with_the_file(
    run: Runner, monkeypatch: pytest.MonkeyPatch, number: int, status: int
) -> None:
    fails_with(monkeypatch, OSError(number, os.strerror(number), "some/file"))
    answer = run("schema")
    assert answer.status == status
    assert f"some/file: {os.strerror(number)}" in answer.err


def test_ctrl_c_exits_with_130_and_one_line(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_with(monkeypatch, KeyboardInterrupt())
    answer = run("schema")
    assert answer.status == 130
    assert answer.err.count("\n") == 1


def test_memory_that_runs_out_is_said(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_with(monkeypatch, MemoryError())
    assert run("schema").status == 4


def test_a_reader_that_goes_away_leaves_no_complaint() -> None:
    command = f"{sys.executable} -m upright catalogue requirements --format json | head -c 10"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout == '{\n  "uprig'
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [("scan", "."), ("catalogue", "requirements"), ("schema", "--format", "json")])
def test_a_reader_that_goes_away_ends_the_command_with_141(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    for number in range(3):
        (tmp_path / f"{number}.pkl").write_bytes(b"cposix\nsystem\n(S'true'\ntR.")
    end, start = os.pipe()
    os.close(end)  # whoever read is gone before the first line
    with os.fdopen(start, "wb") as gone:
        done = subprocess.run(
            [sys.executable, "-m", "upright", *arguments],
            cwd=tmp_path,
            stdout=gone,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 141
    assert done.stderr == b""


def test_a_reader_that_takes_the_first_lines_gets_them_and_the_command_ends_with_141(tmp_path: Path) -> None:
    for number in range(ENOUGH):
        (tmp_path / f"{number:03}-{'n' * 200}.pkl").write_bytes(b"cposix\nsystem\n(S'true'\ntR.")
    command = f"{sys.executable} -m upright scan . | head -2; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 141
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr == ""


def test_a_real_ctrl_c_ends_the_process_with_130(tmp_path: Path) -> None:
    program = (
        "import sys, time, upright.kernel.schemas as s; from upright.cli import main\n"
        "def wait():\n    print('ready', flush=True); time.sleep(30)\n"
        "s.names = wait; sys.exit(main(['schema']))"
    )
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=20)
    assert child.returncode == 130
    assert "Traceback" not in err


def test_the_module_can_be_run_and_passes_the_exit_status_on() -> None:
    done = upright("schema", "nothing-of-that-name")
    assert done.returncode == 2
    assert "UP-SCHEMA-01" in done.stderr


@pytest.mark.parametrize(("said", "threads"), [({}, 1), ({"OPENBLAS_NUM_THREADS": "2"}, 2)])
def test_small_products_stay_on_one_core_unless_somebody_says_otherwise(said: dict[str, str], threads: int) -> None:
    program = (
        "import sys; sys.argv[1:] = ['--version']; from upright.__main__ import run; run(); "
        "import numpy, threadpoolctl; print([one['num_threads'] for one in threadpoolctl.threadpool_info()])"
    )
    env = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"} | said
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.splitlines()[-1] == f"[{min(threads, os.cpu_count() or 1)}]"


def test_ascii_only_terminals_get_json_they_can_show() -> None:
    done = upright("catalogue", "threats", "--format", "json", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["threats"]) == 80


def test_main_returns_instead_of_leaving() -> None:
    assert main(["schema"]) == 0


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_document_that_is_longer_than_a_pipe_is_never_cut_without_a_word(tmp_path: Path, unbuffered: str) -> None:
    """Unbuffered, Python takes a write that a reader left in the middle of for a whole one."""
    for number in range(ENOUGH):
        (tmp_path / f"{number:03}-{'n' * 200}.pkl").write_bytes(b"cposix\nsystem\n(S'true'\ntR.")
    command = f"{sys.executable} -m upright scan . --format json | head -2; exit ${{PIPESTATUS[0]}}"
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 141
    assert done.stdout.splitlines() == ["{", '  "upright": 1,']
    assert done.stderr == ""
