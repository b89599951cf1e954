"""The child's first and only way in: reads its order, locks itself in, then serves. Nothing before the locks touches
what is not trusted.
"""

import gc
import importlib
import os
import platform
import resource
import signal
import site
import sys
import sysconfig
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from upright.checks.confined import frames, landlock, seccomp
from upright.checks.confined.syscalls import ARCHITECTURES, CAPSET

NO_SANDBOX = 90
_SELDOM = (20_000, 20, 10)
"""How often garbage is collected once the first answer is out; before, libraries are imported, and all of it stays."""
Task = Callable[[dict[str, Any], memoryview], tuple[Any, Iterable[Any]]]
"""A request's head and body to the value and the buffers of its answer."""
_TASKS = {name: f"upright.checks.confined.{name}" for name in ("exchange", "model", "names")}
_SYSTEM_READABLE = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/self",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/sys/fs/cgroup",
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")


def main() -> None:
    """Takes an order from standard input, locks itself in, and answers one request after the other.

    Answers go out by a descriptor of their own: whatever a library prints lands in standard error.
    """
    out = os.dup(1)
    os.dup2(2, 1)
    gc.disable()
    gc.set_threshold(*_SELDOM)
    first = frames.read(0)
    if first is None:
        os._exit(0)
    order = first[0]
    try:
        locks = lock(order)
    except Exception as why:  # noqa: BLE001 - whatever keeps a lock off, nothing runs without it
        frames.write(out, {"refused": f"{type(why).__name__}: {why}"[:2000]})
        os._exit(NO_SANDBOX)
    frames.write(out, {"locks": locks})
    _serve(order, out)


def _serve(order: dict[str, Any], out: int) -> NoReturn:
    task: Task | None = None
    while (request := frames.read(0)) is not None:
        try:
            task = task or _task(order)
            head, parts = task(*request)
            buffers = frames.encode({"value": head}, parts)
        except MemoryError:
            buffers = frames.encode({"error": "it needed more memory than it may use"})
        except BaseException as why:  # noqa: BLE001 - whatever a model does, the parent gets one sentence
            needs = getattr(why, "needs", None)
            buffers = frames.encode({"error": f"{type(why).__name__}: {why}"[:2000], "needs": needs})
        for buffer in buffers:
            _write(out, buffer)
        gc.enable()
    os._exit(0)


def _write(out: int, buffer: memoryview) -> None:
    while buffer:
        buffer = buffer[os.write(out, buffer) :]


def _task(order: dict[str, Any]) -> Task:
    name = order["task"]
    if name not in _TASKS:
        return _probe(name)
    if order.get("door") is not None:
        importlib.import_module("upright.checks.confined.door").use(order["door"])
    found: Task = importlib.import_module(_TASKS[name]).run
    return found


def _probe(path: str) -> Task:
    """A task from a file, for the tests that attack the sandbox from within."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("task", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} is no task")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda arguments, _body: (module.run(arguments), [])


def lock(order: dict[str, Any]) -> dict[str, Any]:
    """Puts every lock on, in an order in which none hinders the next.

    Raises:
        Exception: one of them cannot be had here.
    """
    arch = ARCHITECTURES[platform.machine()]
    limits = order["limits"]
    _limit(limits)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT"):
        os.environ[name] = "1"
    seccomp.forbid_new_privileges()
    found = 0
    if order.get("landlock", True):
        found = landlock.restrict(_rules(order))
    _drop_capabilities(CAPSET[arch.column])
    seccomp.install(seccomp.program(arch, os.getpid(), may_write=found > 0))
    return {"landlock": found}


def _limit(limits: dict[str, int]) -> None:
    wanted = (
        (resource.RLIMIT_AS, limits["memory_bytes"], limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"], limits["cpu_seconds"] + 1),
        (resource.RLIMIT_FSIZE, limits["file_bytes"], limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, 256, 256),
        (resource.RLIMIT_CORE, 0, 0),
    )
    for kind, soft, hard in wanted:
        resource.setrlimit(kind, (soft, hard))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def _rules(order: dict[str, Any]) -> list[tuple[str, int]]:
    python = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    python |= {path for path in sysconfig.get_paths().values() if path} | set(site.getsitepackages())
    python |= {os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))}  # noqa: PTH100, PTH120 - the package itself
    readable = python | set(_SYSTEM_READABLE) | set(order.get("readable", ()))
    rules = [(path, landlock.READ) for path in sorted(readable) if path not in {"/", "/root", "/home"}]
    rules += [(path, landlock.USE_DEVICE) for path in _DEVICES]
    return [*rules, (order["scratch"], landlock.WRITE)]


def _drop_capabilities(number: int | None) -> None:
    """Root in the child keeps its number but none of its powers."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    none = (ctypes.c_uint32 * 6)()
    if libc.syscall(ctypes.c_long(number or 0), ctypes.byref(header), ctypes.byref(none)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"capabilities stay: {os.strerror(code)}")


if __name__ == "__main__":
    main()
