"""A run that ends in the middle, by Ctrl-C, a kill or a full disk, loses nothing that it had filed."""

import contextlib
import ctypes
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from cli.running import Runner
from upright.kernel import schemas

MANIFEST = """\
upright: 1
organisation: {id: meridian, name: Meridian Credit Union}
system:
  id: loans
  purpose: Decides on small loans.
  roles: {iso42001: [producer, user]}
  stage: verification-validation
  modality: tabular
datasets:
  - id: decisions
    path: decisions.csv
    role: evaluation
    columns: {prediction: decision}
    recorded_decisions: true
    protected: [group]
    favourable: 1
checks:
  first: {check: data-provenance, on: dataset:decisions}
"""
REPEATED = (
    "  fairness-%d: {check: group-fairness, on: dataset:decisions, limits: {selection_rate_ratio: {at_least: 0.8}}}\n"
)
BINDINGS = 12


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(capsys)


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One quick check, then twelve over a table that is large enough for each to take a while."""
    (tmp_path / "upright.yaml").write_text(MANIFEST + "".join(REPEATED % number for number in range(BINDINGS)))
    (tmp_path / "decisions.csv").write_text("group,decision\n" + "a,1\nb,1\na,0\nb,0\n" * 50_000)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def entries(folder: Path) -> int:
    """How many entries the log's checkpoint commits to; 0 before there is one."""
    try:
        return int((folder / ".upright/ledger/checkpoint").read_text().splitlines()[1])
    except (FileNotFoundError, IndexError):
        return 0


def started(folder: Path, filed: int) -> "subprocess.Popen[str]":
    """A real ``upright assess`` in a process of its own, that has filed evidence when this returns."""
    process = subprocess.Popen(
        [sys.executable, "-m", "upright", "assess"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while entries(folder) < filed and process.poll() is None:
        time.sleep(0.002)
    return process


# Keys (2), catalogue, system record, their announcements, and the first evidence with its own.
FIRST_EVIDENCE = 13


def evidence(run: Runner) -> dict[str, str]:
    rows = run("evidence", "list", "--format", "json").document["evidence"]
    return {row["evidence"]: row["binding"] for row in rows}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_what_was_filed_before_the_end_stays_and_the_next_run_goes_on(
    run: Runner, system: Path, how: signal.Signals
) -> None:
    process = started(system, FIRST_EVIDENCE)
    process.send_signal(how)
    out, err = process.communicate(timeout=60)
    if how is signal.SIGINT:
        assert process.returncode == 130, err
        assert err.startswith("Interrupted. What was recorded before stays recorded;")
        assert err.count("\n") == 1
        assert out == ""
    else:
        assert process.returncode == -how
    assert run("ledger", "verify").status == 0
    before = evidence(run)
    assert "first" in before.values()
    assert len(before) < BINDINGS + 1
    assert not [
        path for path in Path("/proc").glob("[0-9]*/cwd") if _points_to(path, system) and _pid(path) != os.getpid()
    ]

    answer = run("assess", "--only", "first", "--only", "fairness-11", "--format", "json")
    assert answer.status in {0, 1, 3}
    found = {each["binding"]: each for each in answer.document["checks"]}
    assert found["first"]["reused"]
    assert not found["fairness-11"]["reused"]
    assert set(before) < set(evidence(run))
    assert run("ledger", "verify").status == 0


def _points_to(link: Path, folder: Path) -> bool:
    try:
        return link.readlink() == folder
    except OSError:
        return False


def _pid(path: Path) -> int:
    return int(path.parent.name)


def test_ctrl_c_before_anything_was_filed_leaves_a_workspace_that_can_be_used(
    run: Runner, system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for filed in (0, 1, 5):
        folder = system / f"after-{filed}"
        folder.mkdir()
        for name in ("upright.yaml", "decisions.csv"):
            shutil.copy(system / name, folder)
        process = started(folder, filed)
        while not (folder / ".upright").exists() and process.poll() is None:
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        assert err.count("\n") == 1
        monkeypatch.chdir(folder)
        assert run("assess", "--only", "first").status in {0, 1, 3}
        assert run("ledger", "verify").status == 0


IN_A_RUN = """
import os, signal, sys
from upright.__main__ import run
from upright.checks import run as running
from upright.workspace import assess as assessing

honest, left = assessing.evidence_entry, [2]

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

def filed(*given):
    left[0] -= 1
    if left[0] < 0:
        {then}
    return honest(*given)

assessing.evidence_entry = filed
sys.argv[1:] = ["assess", "--format", "json"]
sys.exit(run())
"""
A_CHECK_THAT_MAKES_AN_ERROR_OF_IT = """assessing.evidence_entry = honest
        running._attempt = swallowing"""
SWALLOWING = """
def swallowing(spec, binding, context):
    try:
        interrupt()
    except KeyboardInterrupt:
        pass
    return running._stopped("errored", "Query interrupted")

assessing.evidence_entry"""
WAYS = {
    "between two entries": IN_A_RUN.format(then="interrupt()"),
    "in code that was made by exec": IN_A_RUN.format(then='exec("interrupt()")'),
    "in a library that makes another error of it": IN_A_RUN.format(
        then="""try:
            interrupt()
        except KeyboardInterrupt:
            raise ImportError("initialization failed")"""
    ),
    "in a check that errs of it": IN_A_RUN.format(then=A_CHECK_THAT_MAKES_AN_ERROR_OF_IT).replace(
        "\nassessing.evidence_entry", SWALLOWING
    ),
    "where nothing can be raised, and once more": IN_A_RUN.format(
        then="""class Freed:
            __del__ = lambda _: interrupt()
        Freed()
        interrupt()"""
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_ctrl_c_answers_whoever_asked_for_json_with_a_document_and_files_nothing_more(
    run: Runner, system: Path, way: str
) -> None:
    ended = subprocess.run([sys.executable, "-c", WAYS[way]], cwd=system, capture_output=True, text=True, check=False)
    assert ended.returncode == 130, ended
    said = "Interrupted. What was recorded before stays recorded; run the same command again to go on."
    document = json.loads(ended.stdout)
    assert document == {"upright": 1, "error": {"code": "UP-CLI-13", "message": said, "exit": 130}}
    jsonschema.validate(document, schemas.load("error"))
    assert ended.stderr == f"{said} [UP-CLI-13]\n"
    assert run("ledger", "verify").status == 0
    rows = run("evidence", "list", "--format", "json").document["evidence"]
    assert "errored" not in {row["result"] for row in rows}
    assert len(rows) == (3 if way == "in a check that errs of it" else 2)
    again = run("assess", "--only", "first", "--format", "json").document
    assert again["checks"][0]["reused"]


def test_ctrl_c_while_the_command_is_still_being_loaded_is_answered_the_same(system: Path) -> None:
    program = """
import os, signal, sys
from upright.__main__ import run

class Impatient:
    def find_spec(self, name, *_):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Impatient())
sys.argv[1:] = ["assess", "--format=json"]
sys.exit(run())
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=system, capture_output=True, text=True, check=False)
    assert (ended.returncode, json.loads(ended.stdout)["error"]["code"]) == (130, "UP-CLI-13")
    assert ended.stderr.count("\n") == 1
    assert not (system / ".upright").exists()


def test_ctrl_c_after_the_answer_changes_nothing_about_it(system: Path) -> None:
    """While Python takes itself apart, the signal would end the process whatever was answered."""
    program = """
import os, signal, sys
from upright.__main__ import run

class Last:
    def __del__(self, kill=os.kill, pid=os.getpid(), number=signal.SIGINT):
        kill(pid, number)

sys.last_of_all = Last()
sys.argv[1:] = ["schema", "error"]
sys.exit(run())
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=system, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout) == schemas.load("error")


def test_a_document_that_was_begun_is_not_followed_by_another(system: Path) -> None:
    program = """
import os, signal, sys
from upright.cli import session
from upright.__main__ import run
honest = session.json.dumps
session._PIECE = 64

class Impatient:
    def __init__(self, stream):
        self.stream = stream
    def write(self, text):
        self.stream.write(text)
        self.stream.flush()
        os.kill(os.getpid(), signal.SIGINT)
    def __getattr__(self, name):
        return getattr(self.stream, name)

sys.stdout = Impatient(sys.stdout)
sys.argv[1:] = ["schema", "error", "--format", "json"]
sys.exit(run())
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=system, capture_output=True, text=True, check=False)
    assert ended.returncode == 130
    assert len(ended.stdout) == 64
    assert ended.stderr.count("\n") == 1


def test_whoever_has_ctrl_c_ignored_keeps_it_so(system: Path) -> None:
    """As a shell does with what it starts in the background."""
    program = IN_A_RUN.format(then="interrupt()").replace(
        "from upright.__main__", "signal.signal(signal.SIGINT, signal.SIG_IGN)\nfrom upright.__main__"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=system, capture_output=True, text=True, check=False)
    assert ended.returncode in {0, 1, 3}, ended
    assert len(json.loads(ended.stdout)["checks"]) == BINDINGS + 1


class _SmallDisk:
    """A disk that can be filled up and freed: a file system of 3 MB where one may be mounted, else refused writes."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder, self._patch = folder, patch
        folder.mkdir()
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.is_real = self._libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, b"size=3m") == 0

    def fill(self) -> None:
        if not self.is_real:
            self._patch.setattr(os, "pwrite", _no_room)
            return
        with (self.folder / "filler").open("wb", buffering=0) as stream, contextlib.suppress(OSError):
            while True:
                stream.write(bytes(4096))

    def free(self) -> None:
        if not self.is_real:
            self._patch.undo()
            return
        (self.folder / "filler").unlink()

    def remove(self) -> None:
        if self.is_real:
            self._libc.umount2(os.fsencode(self.folder), 2)


def _no_room(*_: object) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[_SmallDisk]:
    with pytest.MonkeyPatch.context() as patch:
        made = _SmallDisk(tmp_path / "disk", patch)
        yield made
        made.remove()


def test_a_full_disk_is_said_and_loses_nothing(
    run: Runner, system: Path, disk: _SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = (system / "decisions.csv").read_text().splitlines()[:801]
    (disk.folder / "decisions.csv").write_text("\n".join(rows) + "\n")
    shutil.copy(system / "upright.yaml", disk.folder)
    monkeypatch.chdir(disk.folder)
    assert run("assess", "--only", "first").status in {0, 1, 3}
    before = evidence(run)

    disk.fill()
    answer = run("assess", "--only", "fairness-1")
    assert answer.status == 4
    said = r"No space left on device\. What was recorded before is safe[.;] .*[Ff]ree some space"
    assert re.fullmatch(rf"Error: .*{said}.*\[UP-[A-Z]+-\d+\]\n", answer.err)
    assert run("ledger", "verify").status == 0
    assert evidence(run) == before

    disk.free()
    assert run("assess", "--only", "fairness-1").status in {0, 1, 3}
    assert set(before) < set(evidence(run))
    assert run("ledger", "verify").status == 0
