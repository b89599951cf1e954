"""One file, or one part of a file, to a verdict: finds the format and hands it to its parser."""

from collections.abc import Callable

from upright.modelfiles.boosters import examine_lightgbm, examine_ubjson
from upright.modelfiles.documents import examine_json
from upright.modelfiles.dtypes import LONGEST_HEADER, DtypeError, read_npy_header
from upright.modelfiles.examiner import Examiner
from upright.modelfiles.formats import format_of
from upright.modelfiles.gguf import examine_gguf
from upright.modelfiles.inflate import inflate
from upright.modelfiles.keras import examine_hdf5
from upright.modelfiles.names import PROGRAMS, judge_name
from upright.modelfiles.onnx import examine_onnx
from upright.modelfiles.pickles import examine_pickles, find_hidden, names_without_break, stops
from upright.modelfiles.polyglot import other_readings
from upright.modelfiles.safetensors import examine_safetensors
from upright.modelfiles.savedmodel import examine_savedmodel
from upright.modelfiles.tars import examine_tar
from upright.modelfiles.templates import ENDINGS, examine_template
from upright.modelfiles.torch_stream import examine_torch_stream
from upright.modelfiles.window import Window
from upright.modelfiles.zips import examine_zip

Reader = Callable[[Window, Examiner], str]
_PLAIN = frozenset({"pickle", "unknown", "text", "xml", "safetensors"})
"""What the first bytes of words may be taken for (the last one by a ``{`` as ninth character)."""


def examine(window: Window, ex: Examiner) -> str:
    """Examines one part; returns the format.

    Raises:
        LimitError: a bound was met; the file is then not examined.
    """
    if len(window) == 0:
        ex.findings.not_examined("is empty (0 bytes)", offset=0)
        return "empty"
    judge_name(ex)
    found = _read(window, ex)
    other_readings(window, ex, found)
    return found


def _read(window: Window, ex: Examiner) -> str:
    found = format_of(window)
    if found in _PLAIN and ex.name.lower().endswith(ENDINGS) and not (found == "pickle" and stops(window, ex)):
        found = "chat-template"  # words before the first mark; what they name when read as a pickle counts too
    if found == "pickle":
        return examine_pickles(window, ex)
    if found != "torch-stream":
        names_without_break(window, ex)
    if found.startswith("compressed:"):
        return _compressed(window, ex, found.removeprefix("compressed:"))
    reader = READERS.get(found)
    if reader is not None:
        return reader(window, ex)
    if found in PROGRAMS:
        ex.findings.suspicious(f"is {PROGRAMS[found]}, no model", offset=0)
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


READERS: dict[str, Reader] = {
    "zip": examine_zip,
    "npy": _npy,
    "tar": examine_tar,
    "torch-stream": examine_torch_stream,
    "safetensors": examine_safetensors,
    "onnx": examine_onnx,
    "savedmodel": examine_savedmodel,
    "gguf": examine_gguf,
    "hdf5": examine_hdf5,
    "json": examine_json,
    "ubjson": examine_ubjson,
    "lightgbm": examine_lightgbm,
    "chat-template": examine_template,
}
