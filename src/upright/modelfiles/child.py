"""The process that reads the files: it may be killed by its limits without harm to whoever asked."""

import gc
import json
import mmap
import os
import stat
import sys
from pathlib import Path
from typing import Any

from upright.modelfiles.allowlist import AllowList, allow_list, extended
from upright.modelfiles.examine import examine
from upright.modelfiles.examiner import Examiner
from upright.modelfiles.limits import Budget, LimitError
from upright.modelfiles.report import FileReport, Findings
from upright.modelfiles.window import Window


def examine_file(path: Path, allow: AllowList | None = None) -> FileReport:
    """The verdict on one file, in this very process."""
    findings = Findings()
    budget = Budget()
    form = "unknown"
    ex = Examiner(allow or allow_list(), findings, budget, reader=examine, name=path.name)
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as why:
        findings.not_examined(f"cannot be opened: {why.strerror}")
        return _report(path, form, findings)
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            findings.not_examined("is no regular file")
        elif about.st_size == 0:
            form = examine(Window.over(b""), ex)
        else:
            mapped = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
            form = examine(Window.over(mapped), ex)
    except LimitError as why:
        findings.not_examined(str(why))
    except RecursionError:
        findings.not_examined("nests too deep")
    except MemoryError:
        findings.not_examined("needs more memory than a scan may use")
    finally:
        os.close(descriptor)
    return _report(path, form, findings)


def _report(path: Path, form: str, findings: Findings) -> FileReport:
    return FileReport(path=str(path), format=form, verdict=findings.verdict, detections=findings.detections())


def _confine(memory_bytes: int) -> None:
    """Bounds memory, size of files and core dumps where the system can; what cannot be bounded is killed by time."""
    try:
        import resource
    except ImportError:
        return
    for kind, limit in ((resource.RLIMIT_DATA, memory_bytes), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(kind, (limit, limit))


def _allow_seconds(cpu_seconds: int) -> None:
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + cpu_seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def main() -> None:
    """Reads the order on standard input, answers with one JSON line per file on standard output."""
    import msgspec

    order: dict[str, Any] = json.load(sys.stdin)
    allow = allow_list()
    if order["allow"] is not None:
        allow = extended(allow, order["allow"].encode(), "the allow-list")
    _confine(order["memory_bytes"])
    gc.disable()  # going through all that is held costs more than what it frees while one file is read
    for path in order["paths"]:
        gc.collect()
        _allow_seconds(order["cpu_seconds"])
        report = msgspec.to_builtins(examine_file(Path(path), allow))
        sys.stdout.write(json.dumps(report) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
