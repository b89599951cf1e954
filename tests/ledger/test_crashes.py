"""A process is killed before and after all that the file layer does; unsynced bytes are lost, nothing acknowledged is.

The child is really killed (SIGKILL). What a disk would hold after a loss of power is made from what the file layer
did (``page_cache``). The parent knows by pipe what the child was told to be safe.
"""

import ast
import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, get_args

import pytest

from ledger.logs import Place
from ledger.page_cache import Files, PageCache, Survival
from ledger.scenarios import SCENARIOS, examine, known_before
from ledger.small_files import MODULES, make_small
from upright.ledger import disk

TESTS = Path(__file__).parents[1]
ROOM = Path(disk.__file__).parent
LAYER = {
    "write",
    "sync",
    "sync_all",
    "sync_folder",
    "rename",
    "truncate",
    "remove",
    "remove_any",
    "make_folder",
    "replace",
}


@dataclass
class Told:
    """What a child said before it ended."""

    operations: list[dict[str, object]] = field(default_factory=list)
    said: list[dict[str, object]] = field(default_factory=list)
    signal: int = 0
    status: int = 0


@dataclass
class Crashes:
    """Forks children that are killed, in folders that need no real disk: what is unsynced is dropped by us."""

    folder: Path
    server: "subprocess.Popen[str]"

    def prepare(self, scenario: str) -> tuple[Files, dict[int, bytes | None]]:
        """Where a scenario begins: all files, and the entries known."""
        start = Place(self.folder / "before")
        shutil.rmtree(start.folder, ignore_errors=True)
        start.folder.mkdir()
        SCENARIOS[scenario].prepare(start)
        return Files.read(start.folder), known_before(start)

    def run(self, scenario: str, before: Files, number: int = -1, when: str = "before") -> Told:
        work = self.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        before.write_to(work)
        asked = {"scenario": scenario, "folder": str(work), "number": number, "when": when}
        assert self.server.stdin is not None
        self.server.stdin.write(json.dumps(asked) + "\n")
        self.server.stdin.flush()
        told = Told()
        for message in _messages(self.server.stdout):
            if "ended" in message:
                told.signal, told.status = int(str(message["ended"])), int(str(message["status"]))
                break
            if "said" in message:
                told.said.append(message["said"])  # type: ignore[arg-type]
            else:
                told.operations.append(message)
        return told

    def survive(
        self, scenario: str, before: Files, known: dict[int, bytes | None], told: Told, survival: Survival, seed: int
    ) -> None:
        cache = PageCache(before.copy())
        for operation in told.operations:
            cache.do(
                str(operation["kind"]),
                str(operation["path"]),
                int(str(operation["offset"])),
                base64.b64decode(str(operation["data"])),
                str(operation["target"]),
            )
        place = Place(self.folder / "after")
        shutil.rmtree(place.folder, ignore_errors=True)
        cache.left(survival, seed).write_to(place.folder)
        examine(place, scenario, known, told.said)


def _messages(pipe: "IO[str] | None") -> Iterator[dict[str, object]]:
    assert pipe is not None
    for line in pipe:
        yield json.loads(line)


@pytest.fixture(scope="module")
def crashes(quick_folder: Path) -> Iterator[Crashes]:
    with pytest.MonkeyPatch.context() as patch:
        for module in MODULES:
            patch.setattr(module, "OPENINGS_PER_FILE", module.OPENINGS_PER_FILE)
        make_small()
        command = [sys.executable, "-m", "ledger.crash_server"]
        with subprocess.Popen(command, cwd=TESTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            yield Crashes(quick_folder, server)


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_process_killed_at_any_point_loses_nothing_acknowledged(crashes: Crashes, scenario: str) -> None:
    before, known = crashes.prepare(scenario)
    whole = crashes.run(scenario, before)
    assert (whole.status, len(whole.said) > 0) == (0, True)
    points = len(whole.operations)
    killed = 0
    for number in range(points):
        for when in ("before", "after"):
            told = crashes.run(scenario, before, number, when)
            assert told.signal == 9
            assert len(told.operations) == number + (when == "after")
            killed += 1
            for survival in ("dropped",) if when == "before" else ("kept", "mixed"):
                crashes.survive(scenario, before, known, told, survival, number)
    print(f"\n{scenario}: killed {killed} times, before and after each of {points} operations of the file layer")
    assert killed == 2 * points > 0


def test_every_place_that_changes_a_file_is_one_where_a_process_is_killed(crashes: Crashes) -> None:
    """The scenarios reach every call of the file layer in the room: a new write needs a scenario that gets there."""
    reached = [each for name in SCENARIOS for each in crashes.run(name, crashes.prepare(name)[0]).operations]
    wanted = {f"{path.name}:{line}" for path, line in _calls()}
    points = {str(operation["point"]) for operation in reached}
    print(f"\n{2 * len(reached)} kills, at {len(wanted)} places in the code, of {len(points)} names")
    assert len(wanted) > 20
    assert {str(operation["place"]) for operation in reached} == wanted
    assert points == set(get_args(disk.Point))


def _calls() -> Iterator[tuple[Path, int]]:
    """Every call of the file layer in the room."""
    for path in sorted(ROOM.glob("*.py")):
        if path.name == "disk.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LAYER:
                value = node.func.value
                if ast.unparse(value) in {"disk", "self._disk"}:
                    yield path, node.lineno
