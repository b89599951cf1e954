"""Files that a pickle reader would run: every stream in them, read in every way that a loader reads it."""

import re

from upright.modelfiles import acts as _acts  # noqa: F401 - registers the instructions that act
from upright.modelfiles import instructions as _instructions  # noqa: F401 - and those that only hold values
from upright.modelfiles.examiner import Examiner
from upright.modelfiles.machine import Ended, Machine
from upright.modelfiles.memo import Memo
from upright.modelfiles.report import Findings, Verdict
from upright.modelfiles.storages import Storages
from upright.modelfiles.window import Window

_HIDDEN_START = re.compile(rb"\x80[\x02-\x05]|c[a-zA-Z_][a-zA-Z0-9_.]{0,60}\n[a-zA-Z_][a-zA-Z0-9_.]{0,60}\n")
MOST_STREAMS = 10_000


def examine_pickles(window: Window, ex: Examiner, *, start: int = 0, storages: Storages | None = None) -> str:
    """Examines a file that consists of pickles from ``start`` on; returns the format found.

    Each way of reading counts: as ``joblib.load`` does, as ``pickle.load`` does (which would take the bytes of joblib's
    arrays for instructions), and one after the other with a fresh and with a kept memo.
    """
    first = Machine(window, ex.allow, ex.findings, ex.budget, joblib=True, storages=storages)
    ended = first.run(start)
    wrappers = first.wrappers
    streams = 1
    at = start
    while ended.stop is not None and ended.stop < len(window) and streams < MOST_STREAMS:
        at = ended.stop
        following = Machine(window, ex.allow, ex.findings, ex.budget, joblib=True, storages=storages)
        ended = following.run(at)
        wrappers += following.wrappers
        streams += 1
    if ended.stop is None:
        _report_break(window, ex, ended, at, first_of_file=streams == 1)
    elif ended.stop < len(window):
        ex.findings.not_examined(f"more than {MOST_STREAMS} pickles follow each other", offset=ended.stop)
    if wrappers:
        _probe(window, ex, start)
    if streams > 1:
        _probe(window, ex, start, memo=Memo(), storages=storages)
    return "joblib" if wrappers else "pickle"


def _report_break(window: Window, ex: Examiner, ended: Ended, at: int, *, first_of_file: bool) -> None:
    if first_of_file:
        ex.findings.not_examined(f"the pickle is broken: {ended.why}", offset=ended.at)
    else:
        rest = len(window) - at
        ex.findings.not_examined(f"{rest} bytes after the last pickle are no pickle: {ended.why}", offset=at)
    find_hidden(window, ex, start=max(ended.at, 0))


def _probe(
    window: Window, ex: Examiner, start: int, *, memo: Memo | None = None, storages: Storages | None = None
) -> None:
    """Follows another reading of the same bytes up to its break; only what it names counts, not that it breaks.

    ``memo``, if given, is kept from one pickle to the next, as one unpickler does that loads several.
    """
    at = start
    while at < len(window):
        seen = Findings()
        machine = Machine(window, ex.allow, seen, ex.budget, memo=memo, storages=storages)
        ended = machine.run(at)
        _take_over(machine, seen, ex, "read by another loader: ")
        if ended.stop is None:
            return
        at = ended.stop


def _take_over(machine: Machine, seen: Findings, ex: Examiner, what: str) -> None:
    """Keeps of a by-reading the globals it names, and any danger."""
    for name, offset in machine.unlisted.items():
        ex.findings.suspicious(f"{what}names a global that is not on the reviewed list", name=name, offset=offset)
    if seen.verdict is Verdict.DANGEROUS:
        first = seen.detections()[0]
        ex.findings.dangerous(f"{what}{first.what}", name=first.name, offset=first.offset)


def find_hidden(window: Window, ex: Examiner, *, start: int = 0) -> None:
    """Looks for pickles in bytes that are not understood; finds danger, never makes anything clean."""
    for found in _HIDDEN_START.finditer(window.buffer, window.start + start, window.stop):
        if ex.budget.probes >= ex.budget.limits.probes:
            ex.findings.not_examined("more places look like a pickle than are tried", offset=found.start())
            return
        ex.budget.probes += 1
        seen = Findings()
        at = found.start() - window.start
        Machine(window, ex.allow, seen, ex.budget, joblib=True).run(at)
        if seen.verdict is Verdict.DANGEROUS:
            for detection in seen.detections():
                if detection.name:
                    what = f"hidden among other bytes: {detection.what}"
                    ex.findings.dangerous(what, name=detection.name, offset=detection.offset)
            return


def names_without_break(window: Window, ex: Examiner) -> None:
    """Reads a file of another format as ``pickle.load`` would: whatever that names before it breaks, counts."""
    if window.read(0, 1) == b"P":
        return  # a persistent id: Python's readers stop at once
    seen = Findings()
    machine = Machine(window, ex.allow, seen, ex.budget)
    machine.run(0)
    _take_over(machine, seen, ex, "read as a pickle: ")


def stops(window: Window, ex: Examiner) -> bool:
    """Whether the first bytes are a whole pickle to any loader, whatever it holds."""
    readings = (Machine(window, ex.allow, Findings(), ex.budget, joblib=joblib) for joblib in (False, True))
    return any(machine.run(0).stop is not None for machine in readings)


def looks_like_pickle(window: Window) -> bool:
    """Whether the first instruction is one that writers start with, or the first few can be followed to a STOP."""
    head = window.read(0, 2)
    if len(head) == 2 and head[0] == 0x80 and head[1] <= 5:
        return True
    return bool(head) and head[:1] in b"(]})cilIFSVUTKMJNGLXPg0129\x8c\x8a\x88\x89"
