"""The child's first and only way in: reads its order, locks itself in, then does the task. Nothing before the locks
touches what is not trusted.
"""

import importlib
import json
import os
import platform
import resource
import signal
import site
import sys
import sysconfig
from collections.abc import Callable
from typing import IO, Any

from upright.checks.confined import landlock, seccomp
from upright.checks.confined.syscalls import ARCHITECTURES, CAPSET

RESULT_NAME = "result.json"
NO_SANDBOX, TASK_FAILED = 90, 91
_TASKS = {"score": "upright.checks.confined.score"}
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
    """Does one order from standard input; the answer goes to ``result.json`` in the scratch folder."""
    order: dict[str, Any] = json.load(sys.stdin)
    with open(os.path.join(order["scratch"], RESULT_NAME), "w", encoding="utf-8") as result:  # noqa: PTH118, PTH123 - before any import of ours
        try:
            locks = lock(order)
        except Exception as why:  # noqa: BLE001 - whatever keeps a lock off, nothing runs without it
            _answer(result, {"refused": f"{type(why).__name__}: {why}"}, NO_SANDBOX)
        task = _task(order)
        try:
            value = task(order["arguments"])
        except MemoryError:
            _answer(result, {"locks": locks, "error": "it needed more memory than it may use"}, TASK_FAILED)
        except BaseException as why:  # noqa: BLE001 - whatever a model does, the parent gets one sentence
            _answer(result, {"locks": locks, "error": f"{type(why).__name__}: {why}"[:2000]}, TASK_FAILED)
        _answer(result, {"locks": locks, "value": value}, 0)


def _task(order: dict[str, Any]) -> Callable[[Any], Any]:
    name = order["task"]
    module = importlib.import_module(_TASKS[name]) if name in _TASKS else _probe_module(order)
    found: Callable[[Any], Any] = module.run
    return found


def _probe_module(order: dict[str, Any]) -> Any:
    """A task from a file, for the tests that attack the sandbox from within."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("task", order["task"])
    if spec is None or spec.loader is None:
        raise ValueError(f"{order['task']} is no task")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _answer(result: IO[str], value: dict[str, Any], status: int) -> None:
    json.dump(value, result)
    result.flush()
    os._exit(status)


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
