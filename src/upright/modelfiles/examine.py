"""One file, or one part of a file, to a verdict: finds the format and hands it to its parser."""

from collections.abc import Callable

from upright.modelfiles.dtypes import LONGEST_HEADER, DtypeError, read_npy_header
from upright.modelfiles.examiner import Examiner
from upright.modelfiles.formats import format_of
from upright.modelfiles.inflate import inflate
from upright.modelfiles.pickles import examine_pickles, find_hidden, names_without_break
from upright.modelfiles.window import Window
from upright.modelfiles.zips import examine_zip

Reader = Callable[[Window, Examiner], str]


def examine(window: Window, ex: Examiner) -> str:
    """Examines one part; returns the format.

    Raises:
        LimitError: a bound was met; the file is then not examined.
    """
    if len(window) == 0:
        ex.findings.not_examined("is empty (0 bytes)", offset=0)
        return "empty"
    found = format_of(window)
    if found == "pickle":
        return examine_pickles(window, ex)
    names_without_break(window, ex)
    if found.startswith("compressed:"):
        return _compressed(window, ex, found.removeprefix("compressed:"))
    reader = READERS.get(found)
    if reader is not None:
        return reader(window, ex)
    ex.findings.not_examined(f"format {found} is not examined", offset=0)
    find_hidden(window, ex)
    return found


def _compressed(window: Window, ex: Examiner, how: str) -> str:
    found = inflate(window, how, ex.budget)
    if found.problem:
        ex.findings.not_examined(f"{how}: {found.problem}", offset=found.rest or 0)
        if found.rest is not None:
            find_hidden(window, ex, start=found.rest)
        if len(found.data) == 0:
            return how
    return f"{ex.within(f'in the {how} data').descend(found.data)}+{how}"


def _npy(window: Window, ex: Examiner) -> str:
    try:
        header = read_npy_header(window.read(0, LONGEST_HEADER + 16))
    except DtypeError as why:
        ex.findings.not_examined(str(why), offset=0)
        find_hidden(window, ex)
        return "npy"
    if header.dtype.objects:
        examine_pickles(window, ex, start=header.data_offset)
        return "npy"
    expected = header.data_offset + header.count * header.dtype.size
    if expected != len(window):
        ex.findings.not_examined(f"holds {len(window)} bytes, its header accounts for {expected}", offset=0)
        find_hidden(window, ex, start=min(expected, len(window)))
    return "npy"


READERS: dict[str, Reader] = {"zip": examine_zip, "npy": _npy}
