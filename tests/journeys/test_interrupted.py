"""A run that ends in the middle, by Ctrl-C, a kill or a full disk, loses nothing that it had filed."""

import contextlib
import ctypes
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.running import Runner

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
