"""Runs the command in this process, as ``upright …`` would, and hands back what a user would see."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from upright.cli import main


@dataclass(frozen=True)
class Answer:
    """Exit status and the two streams of one command."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.out)


class Runner:
    """Calls the command and reads what it wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Answer:
        """Runs ``upright`` with these arguments."""
        self._capsys.readouterr()
        status = main([str(each) for each in arguments])
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err or "--debug" in arguments
        return Answer(status, out, err)
