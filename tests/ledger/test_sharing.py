"""Several processes on one log, a full disk, Ctrl-C: nothing acknowledged is lost, and what is there is consistent."""

import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from ledger.logs import Place, evidence, record
from ledger.page_cache import Files
from ledger.scenarios import SCENARIOS, examine, known_before
from upright.kernel import system_clock
from upright.ledger import Log, RollbackError, StorageError, verify_consistency, verify_folder
from upright.ledger.disk import Disk, Operation

TESTS = Path(__file__).parents[1]
WRITER = """
    import sys
    from pathlib import Path
    from ledger.logs import Place, record
    from upright.kernel import system_clock

    place = Place(Path(sys.argv[1]))
    log = place.open(clock=system_clock)
    for number in range(int(sys.argv[3])):
        body = f"{sys.argv[2]} {number}"
        print(log.append([record(body, ref=f"risk:{number % 3}")])[0], body, flush=True)
"""


def writer(place: Place, name: str, count: int) -> "subprocess.Popen[str]":
    program = textwrap.dedent(WRITER)
    command = [sys.executable, "-c", program, str(place.folder), name, str(count)]
    return subprocess.Popen(command, cwd=TESTS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def acknowledged(text: str) -> dict[int, bytes]:
    return {int(line.split(" ", 1)[0]): line.split(" ", 1)[1].encode() for line in text.splitlines()}


@pytest.fixture
def shared(quick_folder: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    """Like ``place``, where syncing costs little."""
    folder = quick_folder / request.node.name[:40]
    folder.mkdir()
    yield Place(folder)
    shutil.rmtree(folder)


def test_two_processes_that_append_at_once_lose_nothing_and_a_reader_sees_a_log(shared: Place) -> None:
    shared.create()
    writers = [writer(shared, name, 150) for name in ("one", "two")]
    seen: list[tuple[int, bytes]] = []
    while any(each.poll() is None for each in writers):
        reader = Log.open(shared.upright, state_head=shared.head)
        assert [entry.index for entry in reader.entries()] == list(range(reader.size))
        seen.append((reader.size, reader.root()))
    said = {}
    for each in writers:
        out, err = each.communicate()
        assert (each.returncode, err) == (0, "")
        said |= acknowledged(out)
    log = shared.open(signer=None)
    assert len(said) == 300
    assert {index: log.entry(index).body for index in said} == said
    assert [entry.index for entry in log.entries()] == list(range(log.size))
    for stream in (f"risk:{number}" for number in range(3)):
        assert [entry.n for entry in log.stream(stream)] == list(range(100))
    assert verify_folder(shared.upright, state_head=shared.head).problems == ()
    assert len({size for size, _root in seen}) > 2
    for size, root in seen:
        verify_consistency(size, root, log.size, log.root(), log.consistency(size))


def test_verification_while_others_append_and_erase_finds_nothing(shared: Place) -> None:
    log = shared.create()
    indices = log.append([record(f"person {number}") for number in range(40)])
    stop = threading.Event()

    def erase() -> None:
        mine = shared.open()
        for index in indices:
            mine.erase(index, "asked", "person:0190")
        stop.set()

    worker = threading.Thread(target=erase)
    worker.start()
    reports = []
    while not stop.is_set():
        reports.append(verify_folder(shared.upright, state_head=None))
    worker.join()
    assert [p for report in reports for p in report.problems if p.code != "UP-LEDGER-65"] == []
    assert verify_folder(shared.upright, state_head=shared.head).erased == 40


def test_two_copies_of_a_log_on_one_host_are_told_apart_by_the_state_head(shared: Place) -> None:
    log = shared.create()
    log.append([record("1")])
    copy = shared.folder / "copy"
    shutil.copytree(shared.upright, copy)
    other = Log.open(copy, signer=shared.signer, state_head=shared.head, clock=shared.clock)
    log.append([record("2"), record("3")])
    with pytest.raises(RollbackError):
        other.append([record("elsewhere")])
    assert verify_folder(shared.upright, state_head=shared.head).problems == ()


def test_ctrl_c_in_a_process_that_appends_loses_nothing_acknowledged(shared: Place) -> None:
    shared.create()
    with writer(shared, "one", 100_000) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline() for _ in range(40)]
        process.send_signal(signal.SIGINT)
        # Not communicate(): it reads past what readline() has taken ahead, and those acknowledgements would be lost.
        out, err = process.stdout.read(), process.stderr.read()
    assert "KeyboardInterrupt" in err
    assert process.returncode != 0
    said = acknowledged("".join(lines) + out)
    assert len(said) >= 40
    log = shared.open(clock=system_clock)
    assert {index: log.entry(index).body for index in said} == said
    assert log.size - 1 - max(said) in {0, 1}
    log.append([record("afterwards")])
    assert verify_folder(shared.upright, state_head=shared.head).problems == ()


class Interrupts:
    """Raises at the n-th operation, before it or after it."""

    def __init__(self, number: int, when: str, error: BaseException) -> None:
        self.count = -1
        self._at = number, when
        self._error = error

    def before(self, operation: Operation) -> None:
        self.count += 1
        if (self.count, "before") == self._at:
            raise self._error

    def after(self, operation: Operation) -> None:
        if (self.count, "after") == self._at:
            raise self._error


def interrupted(scenario: str, folder: Path, before: Files, watcher: Interrupts) -> list[dict[str, object]]:
    shutil.rmtree(folder, ignore_errors=True)
    before.write_to(folder)
    said: list[dict[str, object]] = []
    SCENARIOS[scenario].act(Place(folder), Disk(watcher), said.append)
    return said


@pytest.mark.parametrize("scenario", ["create", "append", "batch over a tile's end", "erase", "restore", "hand over"])
@pytest.mark.parametrize("what", ["full", "ctrl-c"])
def test_a_full_disk_or_ctrl_c_at_any_operation_is_one_error_and_loses_nothing(
    quick_folder: Path, scenario: str, what: str
) -> None:
    start, work = Place(quick_folder / "start"), quick_folder / "work"
    shutil.rmtree(start.folder, ignore_errors=True)
    start.folder.mkdir()
    SCENARIOS[scenario].prepare(start)
    before, known = Files.read(start.folder), known_before(start)
    whole = Interrupts(-1, "", KeyboardInterrupt())
    assert interrupted(scenario, work, before, whole)
    for number in range(whole.count + 1):
        error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) if what == "full" else KeyboardInterrupt()
        watcher = Interrupts(number, "before" if what == "full" else ("before", "after")[number % 2], error)
        with pytest.raises(StorageError if what == "full" else KeyboardInterrupt) as raised:
            interrupted(scenario, work, before, watcher)
        if what == "full":
            assert raised.value.code == "UP-LEDGER-36"  # type: ignore[attr-defined]
            assert "Free some space" in str(raised.value)
        examine(Place(work), scenario, known, [])
    assert whole.count > 10


@pytest.mark.parametrize("what", ["full", "ctrl-c"])
def test_the_same_open_log_goes_on_after_an_append_that_failed(shared: Place, what: str) -> None:
    """Nothing remembered in memory differs from what is stored, wherever the append was cut short."""
    shared.create().append([evidence("known")])
    for number in range(16):
        error = OSError(errno.ENOSPC, "full") if what == "full" else KeyboardInterrupt()
        watcher = Interrupts(number, "before", error)
        log = shared.open(disk=Disk(watcher))
        size = log.size
        with pytest.raises((StorageError, KeyboardInterrupt)):
            for _ in range(9):
                log.append([evidence(f"e{number}"), record("r")])
        again = log.append([evidence(f"e{number}"), evidence("known")])
        assert log.entry(again[0]).body == f"e{number}".encode()
        assert again[0] >= size
        assert log.entry(again[1]).body == b"known"
    assert verify_folder(shared.upright, state_head=shared.head).problems == ()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_at_any_line_of_an_append_leaves_a_log_that_goes_on(shared: Place) -> None:
    shared.create().append([evidence("known")])
    lines = _lines_of_an_append(shared, None)
    assert lines > 100
    for number in range(0, lines, 9):
        with contextlib.suppress(KeyboardInterrupt):  # Python drops one that comes while it collects garbage
            _lines_of_an_append(shared, number)
    assert verify_folder(shared.upright, state_head=shared.head).problems == ()


def _lines_of_an_append(place: Place, stop: int | None) -> int:
    """Runs an append line by line, and presses Ctrl-C at one of them; then the same log must go on."""
    log, count = place.open(), 0
    body = f"e{stop}"

    def trace(frame: FrameType, event: str, argument: object) -> object:
        nonlocal count
        path = Path(frame.f_code.co_filename)
        if path.parent.name != "ledger" or path.parent.parent.name != "upright":
            return None
        if event == "line":
            count += 1
            if count - 1 == stop:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    try:
        sys.settrace(trace)  # type: ignore[arg-type]
        log.append([evidence(body), record("r")])
    finally:
        sys.settrace(before)
        index = log.append([evidence(body)])[0]
        assert log.entry(index).body == body.encode()
        assert place.open().entry(index).body == body.encode()
    return count


def test_a_refused_batch_leaves_none_of_its_evidence_behind_in_memory(place: Place) -> None:
    """Evidence of a batch that was refused is new when it comes again."""
    from upright.ledger import LedgerError

    log = place.create()
    log.append([record("1")])
    with pytest.raises(LedgerError, match="one stream has one index"):
        log.append([evidence("e1"), record("2", index="index:organisation:x")])
    index = log.append([evidence("e1")])[0]
    assert log.entry(index).body == b"e1"
    assert place.open(signer=None).entry(index).body == b"e1"


@pytest.fixture
def little_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte where one may be mounted; else the test limits the size of files instead."""
    folder = tmp_path / "little"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    is_mounted = shutil.which("mount") is not None and subprocess.run(command, capture_output=True).returncode == 0
    yield folder
    if is_mounted:
        subprocess.run(["umount", str(folder)], check=True)


FILLING = """
    import resource, signal, sys
    from pathlib import Path
    from ledger.logs import Place, record
    from upright.ledger import StorageError

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
    log = Place(Path(sys.argv[1])).open()
    try:
        for number in range(10_000):
            body = f"{number} " + "x" * 5000
            print(log.append([record(body)])[0], number, flush=True)
    except StorageError as why:
        sys.exit(f"{why.exit_status} {why}")
"""


def test_a_disk_that_fills_up_gives_one_clear_error_and_keeps_all_that_was_written(little_disk: Path) -> None:
    place = Place(little_disk)
    place.create()
    command = [sys.executable, "-c", textwrap.dedent(FILLING), str(little_disk)]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("4 The ledger could not ")
    assert "UP-LEDGER-36" in done.stderr
    said = [json.loads(f"[{line.replace(' ', ',')}]") for line in done.stdout.splitlines()]
    assert len(said) > 20
    log = place.open(signer=None)
    for index, number in said:
        body = log.entry(index).body
        assert body is not None
        assert body.startswith(f"{number} x".encode())
    assert verify_folder(place.upright, state_head=place.head).problems == ()
