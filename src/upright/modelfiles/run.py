"""``scan``: walks the paths and has a child process read each file, within memory and time."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from upright.kernel.errors import InputError
from upright.modelfiles.allowlist import allow_list, extended
from upright.modelfiles.report import Detection, FileReport, Report, Verdict

_START = "import sys; sys.path.insert(0, {root!r}); from upright.modelfiles.child import main; main()"
_LINE_GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ScanLimits:
    """What the reading of one file may cost; a file that needs more is ``not_examined``."""

    memory_bytes: int = 2 * 2**30
    cpu_seconds: int = 120
    wall_seconds: float = 300.0
    files: int = 20_000


def scan(paths: Iterable[Path | str], *, limits: ScanLimits | None = None, allow: bytes | None = None) -> Report:
    """Says of each file whether loading it could run code; nothing is ever loaded.

    A folder stands for all files below it. Files are named as they were asked for. ``allow`` is the content of an
    organisation's own list of reviewed globals (``allowlist.extended``).

    Raises:
        InputError: a path does not exist, there are too many files, or ``allow`` is not fit.
    """
    limits = limits or ScanLimits()
    if allow is not None:
        extended(allow_list(), allow, "the allow-list")
    files = _files(paths, limits.files)
    reports: list[FileReport] = []
    while len(reports) < len(files):
        reports.extend(_run_child(files[len(reports) :], limits, allow))
    return Report(files=tuple(reports))


def _files(paths: Iterable[Path | str], most: int) -> list[Path]:
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            for folder, folders, names in os.walk(path):
                folders.sort()
                found.extend(Path(folder, name) for name in sorted(names))
                _demand_few(found, most)
        elif path.exists() or path.is_symlink():
            found.append(path)
        else:
            raise InputError(
                f"{path} does not exist; expected a model file or a folder of them. Check the path.",
                code="UP-SCAN-02",
            )
    _demand_few(found, most)
    return found


def _demand_few(found: Sequence[Path], most: int) -> None:
    if len(found) > most:
        raise InputError(f"There are more than {most} files to scan; name fewer folders.", code="UP-SCAN-03")


def _run_child(files: Sequence[Path], limits: ScanLimits, allow: bytes | None) -> list[FileReport]:
    """Reports until the child ends; if it ends early, the file it was reading is not examined."""
    root = str(Path(__file__).resolve().parents[2])
    order = {
        "paths": [str(f) for f in files],
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": limits.cpu_seconds,
        "allow": None if allow is None else allow.decode(),
    }
    with subprocess.Popen(
        [sys.executable, "-I", "-c", _START.format(root=root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
        text=True,
        encoding="utf-8",
    ) as child:
        lines: queue.Queue[str | None] = queue.Queue()
        errors: list[str] = []
        threads = [
            threading.Thread(target=_feed, args=(child, json.dumps(order)), daemon=True),
            threading.Thread(target=_read_lines, args=(child, lines), daemon=True),
            threading.Thread(target=_read_errors, args=(child, errors), daemon=True),
        ]
        for thread in threads:
            thread.start()
        reports: list[FileReport] = []
        why = None
        while len(reports) < len(files) and why is None:
            try:
                line = lines.get(timeout=limits.wall_seconds)
            except queue.Empty:
                why = f"reading it took more than {limits.wall_seconds:g} s"
                break
            if line is None:
                break
            reports.append(_parse(line))
        child.kill()
        child.wait()
        for thread in threads:
            thread.join(_LINE_GRACE_SECONDS)
    if len(reports) < len(files):
        reports.append(_gave_up(files[len(reports)], why or _death(child.returncode, errors)))
    return reports


def _environment() -> dict[str, str]:
    kept = ("SYSTEMROOT", "TMPDIR", "TEMP")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PYTHONUTF8": "1"}


def _feed(child: "subprocess.Popen[str]", text: str) -> None:
    try:
        if child.stdin is not None:
            child.stdin.write(text)
            child.stdin.close()
    except OSError:
        return  # the child died; its silence is noticed


def _read_lines(child: "subprocess.Popen[str]", lines: "queue.Queue[str | None]") -> None:
    for line in child.stdout or ():
        lines.put(line)
    lines.put(None)


def _read_errors(child: "subprocess.Popen[str]", errors: list[str]) -> None:
    for line in child.stderr or ():
        errors.append(line)
        del errors[:-5]


def _parse(line: str) -> FileReport:
    import msgspec

    value: Any = json.loads(line)
    return msgspec.convert(value, FileReport)


def _death(status: int, errors: Sequence[str]) -> str:
    if status < 0:
        return f"its reader was ended by signal {-status}: it needed too much time or memory"
    last = errors[-1].strip() if errors else "without a word"
    return f"its reader failed: {last}"


def _gave_up(path: Path, why: str) -> FileReport:
    return FileReport(
        path=str(path),
        format="unknown",
        verdict=Verdict.NOT_EXAMINED,
        detections=(Detection(what=why),),
    )
