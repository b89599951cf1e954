"""Loads models where they can do no harm: a child process that locks itself in before it touches the file.

Linux on x86-64 and arm64 only; elsewhere, or where a lock cannot be had, the answer is "no sandbox here" and the
check that asked stays undecided. The guide's page on the sandbox lists what is and is not kept out.
"""

import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Literal

from upright.checks.confined.syscalls import ARCHITECTURES

Status = Literal["done", "no sandbox", "failed", "stopped"]
NO_SANDBOX_HERE = "no sandbox here"
_START = "import sys; sys.path.insert(0, {root!r}); from upright.checks.confined.start import main; main()"
_RESULT_NAME = "result.json"
_NO_SANDBOX_STATUS = 90
_KEPT_ERRORS = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxLimits:
    """What a confined child may use. Processes are not in it: a child starts none."""

    memory_bytes: int = 4 * 2**30
    cpu_seconds: int = 120
    wall_seconds: float = 180.0
    file_bytes: int = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Confined:
    """How a task in the sandbox ended.

    ``value`` is what it gave (JSON), if ``done``; ``why`` says what went wrong otherwise; ``errors`` is the end of
    what it wrote to standard error; ``notes`` say which protection this machine lacks.
    """

    status: Status
    value: Any = None
    why: str = ""
    errors: str = ""
    notes: tuple[str, ...] = ()


def run_confined(
    task: str,
    arguments: Mapping[str, Any],
    *,
    scratch: Path,
    limits: SandboxLimits | None = None,
    landlock: bool = True,
) -> Confined:
    """Does one task (``score``) in a child that sees only ``scratch`` and the Python installation.

    The child has a process group of its own, an empty environment and no descriptors but its three; its order goes
    in as JSON, its answer comes out as JSON in ``scratch``. ``landlock=False`` acts as on a kernel without Landlock.
    """
    limits = limits or SandboxLimits()
    if sys.platform != "linux" or platform.machine() not in ARCHITECTURES:
        return Confined(status="no sandbox", why=f"{NO_SANDBOX_HERE}: it needs Linux on x86-64 or arm64")
    scratch = scratch.resolve(strict=True)
    order = {"task": task, "arguments": dict(arguments), "scratch": str(scratch), "landlock": landlock}
    order["limits"] = {key: value for key, value in asdict(limits).items() if isinstance(value, int)}
    result = scratch / _RESULT_NAME
    result.unlink(missing_ok=True)
    with tempfile.TemporaryFile() as errors:
        status, late = _run(order, scratch, errors, limits.wall_seconds)
        errors.seek(max(0, os.fstat(errors.fileno()).st_size - _KEPT_ERRORS))
        said = errors.read().decode("utf-8", "replace").strip()
    if late:
        return Confined(status="stopped", why=f"it took more than {limits.wall_seconds:g} s", errors=said)
    return _outcome(status, result, said)


def _run(order: Mapping[str, Any], scratch: Path, errors: IO[bytes], seconds: float) -> tuple[int, bool]:
    root = str(Path(__file__).resolve().parents[2])
    with subprocess.Popen(
        [sys.executable, "-I", "-B", "-X", "utf8", "-c", _START.format(root=root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        cwd=scratch,
        env={},
        close_fds=True,
        start_new_session=True,
    ) as child:
        try:
            child.communicate(json.dumps(order).encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            _kill_group(child.pid)
            child.wait()
            return child.returncode, True
        except BaseException:
            _kill_group(child.pid)
            raise
    return child.returncode, False


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _outcome(status: int, result: Path, errors: str) -> Confined:
    if status < 0:
        return Confined(status="stopped", why=_signal_words(-status), errors=errors)
    answer = _read(result)
    if status == _NO_SANDBOX_STATUS:
        why = f"{NO_SANDBOX_HERE}: {answer.get('refused', 'a lock could not be had')}"
        return Confined(status="no sandbox", why=why, errors=errors)
    notes = _notes(answer)
    if status != 0 or "value" not in answer:
        why = str(answer.get("error") or f"the child ended with status {status}")
        return Confined(status="failed", why=why, errors=errors, notes=notes)
    return Confined(status="done", value=answer["value"], errors=errors, notes=notes)


def _read(result: Path) -> dict[str, Any]:
    try:
        value = json.loads(result.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _notes(answer: Mapping[str, Any]) -> tuple[str, ...]:
    locks = answer.get("locks")
    if isinstance(locks, dict) and locks.get("landlock"):
        return ()
    return ("file reads were not bounded: this kernel has no Landlock",)


def _signal_words(number: int) -> str:
    if number == signal.SIGXCPU:
        return "it used more processor time than it may"
    if number == signal.SIGKILL:
        return "it was killed: it used too much memory or processor time"
    if number == signal.SIGSYS:
        return "it made a system call of a foreign kind"
    return f"it was ended by signal {number}"
