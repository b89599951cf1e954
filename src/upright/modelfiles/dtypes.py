"""What a numpy dtype means for the bytes that follow it: how many per item, and whether they are objects."""

import ast
import re
from dataclasses import dataclass
from typing import Any

_SIMPLE = re.compile(r"[<>|=]?([?bBhHiIlLqQpPefdgFDGOSUVmMacu])(\d*)(\[[^\]]{1,16}\])?")
_SIZES = {"?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "l": 8, "L": 8, "q": 8, "Q": 8, "p": 8, "P": 8}
_SIZES |= {"e": 2, "f": 4, "d": 8, "g": 16, "F": 8, "D": 16, "G": 32, "O": 8}
_SIZED = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8, 12, 16), "c": (8, 16, 24, 32), "m": (8,)}
_SIZED |= {"M": (8,), "O": (4, 8)}
LARGEST_ITEM = 2**31 - 1
LONGEST_HEADER = 10_000
_MOST_FIELDS = 1_000


class DtypeError(ValueError):
    """Not a dtype that we can account for."""


@dataclass(frozen=True, slots=True)
class DtypeFacts:
    """Of a dtype: its kind letter (``V`` for structured), bytes per item, and whether an item holds objects."""

    kind: str
    size: int
    objects: bool


def simple_dtype(code: str) -> DtypeFacts:
    """Facts of a type code.

    Raises:
        DtypeError: not a simple type code.

    >>> simple_dtype("<f8"), simple_dtype("U3").size
    (DtypeFacts(kind='f', size=8, objects=False), 12)
    """
    found = _SIMPLE.fullmatch(code)
    if found is None:
        raise DtypeError(f"{code[:40]!r} is not a type code")
    letter, digits = found[1], found[2]
    if letter in "SUVac":
        return _flexible(letter, digits)
    if not digits:
        if letter in "mM":
            return DtypeFacts(letter, 8, objects=False)
        if letter not in _SIZES:
            raise DtypeError(f"{code!r} has no size")
        return DtypeFacts(letter, _SIZES[letter], objects=letter == "O")
    size = int(digits[:10])
    if size not in _SIZED.get(letter, ()):
        raise DtypeError(f"{code!r} has a size that numpy does not know")
    return DtypeFacts(letter, size, objects=letter == "O")


def _flexible(letter: str, digits: str) -> DtypeFacts:
    if letter == "c" and digits:
        size = int(digits[:10])
        if size not in _SIZED["c"]:
            raise DtypeError(f"complex of {size} bytes")
        return DtypeFacts("c", size, objects=False)
    count = int(digits[:10] or (1 if letter == "c" else 0))
    size = 4 * count if letter == "U" else count
    if size > LARGEST_ITEM:
        raise DtypeError(f"an item of {size} bytes")
    return DtypeFacts(letter, size, objects=False)


def described_dtype(descr: Any, depth: int = 0) -> DtypeFacts:
    """Facts of the ``descr`` of an .npy header: a type code, or a list of fields.

    Raises:
        DtypeError: another form.
    """
    if isinstance(descr, str):
        return simple_dtype(descr)
    if not isinstance(descr, list) or not 0 < len(descr) <= _MOST_FIELDS or depth > 4:
        raise DtypeError("the dtype is neither a type code nor a list of fields")
    size, objects = 0, False
    for item in descr:
        if not isinstance(item, tuple) or len(item) not in {2, 3} or not isinstance(item[0], str | tuple):
            raise DtypeError("a field is not (name, type[, shape])")
        facts = described_dtype(item[1], depth + 1)
        size += facts.size * count_of(item[2] if len(item) == 3 else ())
        objects = objects or facts.objects
    if size > LARGEST_ITEM:
        raise DtypeError(f"an item of {size} bytes")
    return DtypeFacts("V", size, objects=objects)


def count_of(shape: Any) -> int:
    """How many items an array of this shape holds.

    Raises:
        DtypeError: not a tuple of at most 64 numbers, none negative.
    """
    if isinstance(shape, int) and not isinstance(shape, bool):
        shape = (shape,)
    if not isinstance(shape, tuple) or len(shape) > 64:
        raise DtypeError("the shape is not a short tuple")
    count = 1
    for length in shape:
        if type(length) is not int or length < 0 or length >= 2**63:
            raise DtypeError(f"{length!r} is not a length")
        count *= length
    return count


@dataclass(frozen=True, slots=True)
class NpyHeader:
    """Where the data of an .npy file start, and what they are."""

    data_offset: int
    dtype: DtypeFacts
    count: int


def read_npy_header(head: bytes) -> NpyHeader:
    """Reads the header of an .npy file (versions 1 to 3) from its first bytes.

    Raises:
        DtypeError: not such a header, or one longer than numpy itself accepts from strangers.
    Source: NEP 1, "A simple file format for NumPy arrays".
    """
    if head[:6] != b"\x93NUMPY" or len(head) < 12 or head[6] not in {1, 2, 3} or head[7] != 0:
        raise DtypeError("not an .npy header of version 1, 2 or 3")
    wide = head[6] > 1
    first = 12 if wide else 10
    length = int.from_bytes(head[8:first], "little")
    if length > LONGEST_HEADER or first + length > len(head):
        raise DtypeError(f"its header of {length} bytes is longer than {LONGEST_HEADER} or than the file")
    text = head[first : first + length].decode("utf-8" if head[6] == 3 else "latin-1", "replace")
    header = _literal(text)
    if not isinstance(header, dict) or set(header) != {"descr", "fortran_order", "shape"}:
        raise DtypeError("its header is not a dict of descr, fortran_order and shape")
    if not isinstance(header["fortran_order"], bool) or not isinstance(header["shape"], tuple):
        raise DtypeError("its header has a wrong fortran_order or shape")
    return NpyHeader(first + length, described_dtype(header["descr"]), count_of(header["shape"]))


def _literal(text: str) -> Any:
    if text.count("(") + text.count("[") + text.count("{") > 4 * _MOST_FIELDS or "((((((" in text or "[[[[[[" in text:
        raise DtypeError("its header nests too deep")
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        raise DtypeError("its header is not a Python literal") from None
