"""What the tests of commands share: a runner, and a workspace with a fresh log."""

from pathlib import Path

import pytest

from cli.running import Runner


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Runner:
    """Runs the command in this process."""
    return Runner(capsys)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def workspace(folder: Path) -> Path:
    """A folder with a workspace of its own keys and log."""
    from upright.workspace import Workspace

    Workspace.create(folder, "meridian")
    return folder
