"""A process that forks children which do a scenario and are killed in it, one for each line on standard input.

A child tells its parent by pipe what the file layer does and what was acknowledged; then SIGKILL, before or after the
n-th operation. It is a program of its own so that nothing but the scenario is running when it forks.
"""

import base64
import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from ledger.logs import Place
from ledger.scenarios import SCENARIOS
from ledger.small_files import make_small
from upright.ledger.disk import Disk, Operation


class Killer:
    """Tells of each operation and ends this process before or after the one that was asked for."""

    def __init__(self, root: str, number: int, when: str) -> None:
        self._root = root
        self._number = number
        self._when = when
        self._count = -1

    def before(self, operation: Operation) -> None:
        self._count += 1
        self._maybe_die("before")

    def after(self, operation: Operation) -> None:
        tell(
            {
                "kind": operation.kind,
                "point": operation.point,
                "path": self._relative(operation.path),
                "offset": operation.offset,
                "data": base64.b64encode(operation.data).decode(),
                "target": self._relative(operation.target or self._root),
                "place": calling_place(sys._getframe()),
            }
        )
        self._maybe_die("after")

    def _relative(self, path: os.PathLike[str] | str) -> str:
        found = os.path.relpath(path, self._root)
        return "" if found == "." else found

    def _maybe_die(self, when: str) -> None:
        if (self._count, when) == (self._number, self._when):
            os.kill(os.getpid(), signal.SIGKILL)


def calling_place(frame: FrameType | None) -> str:
    """Which line of the room called the file layer."""
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.parent.name == "ledger" and path.parent.parent.name == "upright" and path.name != "disk.py":
            return f"{path.name}:{frame.f_lineno}"
        frame = frame.f_back
    return "?"


def tell(message: dict[str, object]) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")


def main() -> None:
    make_small()
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            killer = Killer(asked["folder"], asked["number"], asked["when"])
            SCENARIOS[asked["scenario"]].act(
                Place(Path(asked["folder"])), Disk(killer), lambda said: tell({"said": said})
            )
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        tell({"ended": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, "status": status})


if __name__ == "__main__":
    main()
