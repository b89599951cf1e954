"""Loads models where they can do no harm: a child process that locks itself in before it touches the file.

Linux on x86-64 and arm64 only; elsewhere, or where a lock cannot be had, the answer is "no sandbox here" and the
check that asked stays undecided. The guide's page on the sandbox lists what is and is not kept out.
"""

import os
import platform
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Literal, Self

from upright.checks.confined import frames
from upright.checks.confined.syscalls import ARCHITECTURES

Status = Literal["done", "no sandbox", "failed", "stopped"]
NO_SANDBOX_HERE = "no sandbox here"
_START = "import sys; sys.path.insert(0, {root!r}); from upright.checks.confined.start import main; main()"
_KEPT_ERRORS = 4_096
_PIECE = 1 << 20
_MOST_CONNECTIONS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxLimits:
    """What a confined child may use: memory, processor time and file size in all, ``wall_seconds`` for each request.

    Processes are not in it: a child starts none.
    """

    memory_bytes: int = 4 * 2**30
    cpu_seconds: int = 600
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


class ConfinedError(Exception):
    """A request that was not answered: there is no sandbox, the child failed (and may live on), or it was stopped.

    ``needs`` names what is not installed, where that is the reason.
    """

    def __init__(self, status: Status, why: str, *, errors: str = "", needs: str = "") -> None:
        super().__init__(why)
        self.status, self.why, self.errors, self.needs = status, why, errors, needs


class Child:
    """A confined child that answers one request after the other; close it, or use it in a ``with``.

    It has a process group of its own, an empty environment and no descriptors but its three; it sees only ``scratch``,
    the Python installation and ``readable``. Requests and answers are frames of JSON and raw bytes, nothing else.
    ``landlock=False`` acts as on a kernel without Landlock. With ``connect`` the child may ask for connections, which
    that function makes here: the child itself can reach nothing.

    Raises:
        ConfinedError: there is no sandbox here.
    """

    def __init__(
        self,
        task: str,
        *,
        scratch: Path,
        limits: SandboxLimits | None = None,
        landlock: bool = True,
        readable: Iterable[str] = (),
        connect: Callable[[], socket.socket] | None = None,
    ) -> None:
        if sys.platform != "linux" or platform.machine() not in ARCHITECTURES:
            raise ConfinedError("no sandbox", f"{NO_SANDBOX_HERE}: it needs Linux on x86-64 or arm64")
        scratch = scratch.resolve(strict=True)
        self.limits = limits or SandboxLimits()
        self.notes: tuple[str, ...] = ()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self._connect, self._connections = connect, 0
        self._door: socket.socket | None = None
        self.door_number: int | None = None
        numbers = {key: value for key, value in asdict(self.limits).items() if isinstance(value, int)}
        order = {"task": task, "scratch": str(scratch), "landlock": landlock, "limits": numbers}
        order["readable"] = list(readable)
        theirs = None
        if connect is not None:
            self._door, theirs = socket.socketpair()
            order["door"] = self.door_number = theirs.fileno()
        self._process = _spawn(scratch, self._errors, theirs)
        self._begin(order)

    def _begin(self, order: dict[str, Any]) -> None:
        try:
            head, _ = self._exchange(order, (), self.limits.wall_seconds, 0)
        except BaseException:
            self.close()
            raise
        if "refused" in head:
            self.close()
            raise ConfinedError("no sandbox", f"{NO_SANDBOX_HERE}: {head['refused']}")
        locks = head.get("locks")
        if not (isinstance(locks, dict) and locks.get("landlock")):
            self.notes = ("file reads were not bounded: this kernel has no Landlock",)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    @property
    def is_alive(self) -> bool:
        """It can be asked."""
        return self._process.poll() is None

    @property
    def errors(self) -> str:
        """The end of what it has written to standard error."""
        if self._errors.closed:
            return ""
        size = os.fstat(self._errors.fileno()).st_size
        end = os.pread(self._errors.fileno(), _KEPT_ERRORS, max(0, size - _KEPT_ERRORS))
        return end.decode("utf-8", "replace").strip()

    def ask(
        self,
        arguments: Mapping[str, Any],
        parts: Iterable[Any] = (),
        *,
        most: int = frames.MOST_BODY,
        seconds: float | None = None,
    ) -> tuple[Any, memoryview]:
        """One request, and the value and bytes of its answer; at most ``most`` bytes are taken.

        It may take ``seconds``, else the limits' ``wall_seconds``.

        Raises:
            ConfinedError: it failed, or had to be stopped.
        """
        head, body = self._exchange(dict(arguments), parts, seconds or self.limits.wall_seconds, most)
        if "value" in head:
            return head["value"], body
        needs = head.get("needs")
        raise ConfinedError(
            "failed",
            str(head.get("error") or "it gave no answer"),
            errors=self.errors,
            needs=needs if isinstance(needs, str) else "",
        )

    def close(self) -> None:
        """Ends the child, whatever it is doing."""
        if self._process.poll() is None:
            _kill_group(self._process.pid)
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors, self._door):
            if stream is not None:
                stream.close()

    def _exchange(
        self, head: dict[str, Any], parts: Iterable[Any], seconds: float, most: int
    ) -> tuple[dict[str, Any], memoryview]:
        if not self.is_alive:
            raise ConfinedError("stopped", "it has ended")
        deadline = time.monotonic() + seconds
        try:
            for buffer in frames.encode(head, parts):
                self._write(buffer, deadline)
            sizes = frames.lengths(bytes(self._read(frames.PREFIX.size, deadline)), most)
            found, body = (self._read(size, deadline) for size in sizes)
            return frames.decode_head(bytes(found)), memoryview(body)
        except TimeoutError:
            raise self._ended("stopped", f"it took more than {seconds:g} s") from None
        except frames.FrameError as why:
            raise self._ended("failed", str(why)) from None
        except (EOFError, BrokenPipeError):
            raise self._died() from None
        except BaseException:
            self.close()
            raise

    def _ended(self, status: Status, why: str) -> ConfinedError:
        error = ConfinedError(status, why, errors=self.errors)
        self.close()
        return error

    def _died(self) -> ConfinedError:
        """It closed its end: by dying, or by turning away, which comes to the same."""
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return self._ended("failed", "it closed the connection")
        if status < 0:
            return self._ended("stopped", _signal_words(-status))
        return self._ended("failed", f"the child ended with status {status}")

    def _write(self, buffer: memoryview, deadline: float) -> None:
        descriptor = self._process.stdin.fileno() if self._process.stdin else -1
        while buffer:
            self._wait(descriptor, select.POLLOUT, deadline)
            try:
                buffer = buffer[os.write(descriptor, buffer[:_PIECE]) :]
            except BlockingIOError:
                continue

    def _read(self, size: int, deadline: float) -> bytearray:
        descriptor = self._process.stdout.fileno() if self._process.stdout else -1
        found = bytearray()
        while len(found) < size:
            self._wait(descriptor, select.POLLIN, deadline)
            piece = os.read(descriptor, min(_PIECE, size - len(found)))
            if not piece:
                raise EOFError
            found += piece
        return found

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        """Until the pipe is ready; in between, connections that the child asks for are made."""
        poll = select.poll()
        poll.register(descriptor, event)
        if self._door is not None:
            poll.register(self._door.fileno(), select.POLLIN)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            ready = {number for number, _ in poll.poll(left * 1000)}
            if self._door is not None and self._door.fileno() in ready:
                self._hand_over(self._door)
            if descriptor in ready:
                return

    def _hand_over(self, door: socket.socket) -> None:
        """Answers a knock with a connection, or with the reason why there is none."""
        if not door.recv(1):
            door.close()
            self._door = None
            return
        self._connections += 1
        if self._connect is None or self._connections > _MOST_CONNECTIONS:
            door.send(b"!too many connections")
            return
        try:
            with self._connect() as made:
                socket.send_fds(door, [b"+"], [made.fileno()])
        except OSError as why:
            door.send(f"!{why.strerror or why}".encode()[:200])


def run_confined(
    task: str,
    arguments: Mapping[str, Any],
    *,
    scratch: Path,
    limits: SandboxLimits | None = None,
    landlock: bool = True,
) -> Confined:
    """One request to a child of its own; what went wrong is in the answer."""
    notes: tuple[str, ...] = ()
    try:
        with Child(task, scratch=scratch, limits=limits, landlock=landlock) as child:
            notes = child.notes
            value, _ = child.ask(arguments)
            return Confined(status="done", value=value, errors=child.errors, notes=notes)
    except ConfinedError as why:
        return Confined(status=why.status, why=why.why, errors=why.errors, notes=notes)


def _spawn(scratch: Path, errors: IO[bytes], door: socket.socket | None) -> "subprocess.Popen[bytes]":
    root = str(Path(__file__).resolve().parents[2])
    try:
        child = subprocess.Popen(
            [sys.executable, "-I", "-B", "-X", "utf8", "-c", _START.format(root=root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=scratch,
            env={},
            close_fds=True,
            pass_fds=() if door is None else (door.fileno(),),
            start_new_session=True,
        )
    finally:
        if door is not None:
            door.close()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            os.set_blocking(stream.fileno(), False)
    return child


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _signal_words(number: int) -> str:
    if number == signal.SIGXCPU:
        return "it used more processor time than it may"
    if number == signal.SIGKILL:
        return "it was killed: it used too much memory or processor time"
    if number == signal.SIGSYS:
        return "it made a system call of a foreign kind"
    return f"it was ended by signal {number}"
