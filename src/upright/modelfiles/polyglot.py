"""Files that are two things at once: readers that look elsewhere than at the first bytes would find another file."""

import struct

from upright.modelfiles.examiner import Examiner
from upright.modelfiles.hdf5 import SIGNATURE
from upright.modelfiles.tars import is_tar
from upright.modelfiles.window import Window

_ZIP_TAIL = 65_557
_ZIP_END, _ZIP_ROW = b"PK\x05\x06", b"PK\x01\x02"


def other_readings(window: Window, ex: Examiner, found: str) -> None:
    """Notes every other format that a reader would take the file for, by its end or by an offset."""
    if found != "tar" and is_tar(window):
        ex.findings.suspicious("is a tar file too: readers differ", offset=0)
    if found not in {"zip", "npz", "torch", "keras"} and _ends_like_zip(window):
        ex.findings.suspicious("ends like a zip file: readers that look there differ", offset=len(window) - 22)
    if found not in {"hdf5", "keras-h5"}:
        at = 512
        while at + 8 <= len(window):
            if window.read(at, 8) == SIGNATURE:
                ex.findings.suspicious("holds HDF5 where its readers look for it", offset=at)
                return
            at *= 2


def _ends_like_zip(window: Window) -> bool:
    """An end record that points, as readers understand it, to a row of a directory; or any such record and row."""
    start = max(0, len(window) - _ZIP_TAIL)
    tail = window.read(start, _ZIP_TAIL)
    at = tail.rfind(_ZIP_END)
    while at >= 0:
        record = tail[at : at + 22]
        if len(record) == 22:
            entries, size = struct.unpack("<10xHL6x", record)
            first = start + at - size
            if entries and first >= 0 and window.read(first, 4) == _ZIP_ROW:
                return True
            if entries and window.buffer.find(_ZIP_ROW, window.start, window.stop) >= 0:
                return True
        at = tail.rfind(_ZIP_END, 0, at)
    return False
