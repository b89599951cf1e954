"""Reading JSON that will be hashed or signed: one meaning only, or a refusal that says where it differs."""

import json
import re
from typing import Any, NoReturn, TypeVar

import msgspec

from upright.kernel import CanonicalError, UprightError, canonical_bytes, plain_bytes

T = TypeVar("T")
MAX_DEPTH = 64
_DECODERS: dict[type, "msgspec.json.Decoder[Any]"] = {}
# A string runs to its closing quote or to the end, so that no input makes the search go back.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_NO_BRACKET = bytes(byte for byte in range(256) if byte not in b"[]{}")
_LONG_NUMBER = re.compile(rb"[\[:,]-?(?:9[0-9]{15}|[0-9]{17})")  # may be beyond 2**53, which the slow reading tells


class _FloatFoundError(Exception):
    """Tells the fast reading to give way to the slow one, which names the place."""


def _no_float(_: str) -> NoReturn:
    raise _FloatFoundError


class EvidenceError(UprightError):
    """Evidence, a key or a signature is not what it must be. Nothing has been changed."""


def decode_strict(data: bytes, kind: type[T], *, what: str, at_most: int) -> T:
    """Reads ``data`` as ``kind``; its bytes must be the RFC 8785 form of that value with every key present.

    ``what`` names the document in errors; ``at_most`` is its greatest length in bytes.

    Raises:
        EvidenceError: UP-EVIDENCE-01 too long; -02 not JSON or nested deeper than 64; -03 a key given twice;
            -04 not canonical, which includes every float; -05 an unknown or missing key, a wrong type or form.
    """
    if len(data) <= at_most:
        try:
            found = _decoder(kind).decode(data)
            if data.isascii() and plain_bytes(found) == data and not _LONG_NUMBER.search(data):
                return found
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, _FloatFoundError):
            pass  # the slow reading below finds out what is wrong, and where
    return _decode_slowly(data, kind, what, at_most)


def _decoder(kind: type[T]) -> "msgspec.json.Decoder[T]":
    found = _DECODERS.get(kind)
    if found is None:
        found = _DECODERS[kind] = msgspec.json.Decoder(kind, float_hook=_no_float)
    return found


def _decode_slowly(data: bytes, kind: type[T], what: str, at_most: int) -> T:
    value = read_json(data, what=what, at_most=at_most)
    _demand_canonical(data, value, what)
    try:
        found = msgspec.convert(value, kind)
    except msgspec.ValidationError as why:
        raise EvidenceError(f"This {what} has the wrong shape: {why}.", code="UP-EVIDENCE-05") from None
    whole = msgspec.to_builtins(found)
    if canonical_bytes(whole) != data:
        raise EvidenceError(
            f"This {what} leaves out {_first_missing(value, whole, '')}; expected every key, null where empty.",
            code="UP-EVIDENCE-05",
        )
    return found


def _first_missing(value: Any, whole: Any, where: str) -> str:
    if isinstance(whole, dict):
        for key, inner in whole.items():
            here = f"{where}.{key}" if where else key
            if key not in value:
                return here
            if missing := _first_missing(value[key], inner, here):
                return missing
    elif isinstance(whole, list | tuple):
        for position, (left, right) in enumerate(zip(value, whole, strict=True)):
            if missing := _first_missing(left, right, f"{where}[{position}]"):
                return missing
    return ""


def read_json(data: bytes, *, what: str, at_most: int) -> Any:
    """A JSON value from bytes of at most ``at_most``, nested at most 64 deep, no key twice in one object.

    Raises:
        EvidenceError: UP-EVIDENCE-01, -02 or -03 as in ``decode_strict``.
    """
    if len(data) > at_most:
        raise EvidenceError(
            f"This {what} is {len(data):,} bytes long; at most {at_most:,} are read.", code="UP-EVIDENCE-01"
        )
    _demand_shallow(data, what)
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except EvidenceError as why:
        raise EvidenceError(f"This {what} cannot be read: {why.message}", code=why.code) from None
    except (ValueError, RecursionError) as why:
        raise EvidenceError(f"This {what} is not JSON in UTF-8: {why}.", code="UP-EVIDENCE-02") from None


def _demand_shallow(data: bytes, what: str) -> None:
    """Counts brackets outside strings before any parser recurses; their number decides first, being an upper bound."""
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for byte in _STRING.sub(b"", data).translate(None, _NO_BRACKET):
        depth += 1 if byte in b"[{" else -1
        if depth > MAX_DEPTH:
            raise EvidenceError(
                f"This {what} is nested deeper than {MAX_DEPTH} levels; nothing we write is.",
                code="UP-EVIDENCE-02",
            )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise EvidenceError(f"the key {twice!r} is given twice in one object; expected once.", code="UP-EVIDENCE-03")
    return found


def _no_constant(name: str) -> NoReturn:
    raise EvidenceError(f"{name} is not a JSON number; expected a decimal string.", code="UP-EVIDENCE-02")


def _demand_canonical(data: bytes, value: Any, what: str) -> None:
    try:
        _demand_plain(value, what, "")
        expected = plain_bytes(value) if data.isascii() else canonical_bytes(value)
    except CanonicalError as why:
        raise EvidenceError(f"This {what} {why.message}", code="UP-EVIDENCE-04") from None
    if expected != data:
        at = next((i for i, (a, b) in enumerate(zip(expected, data, strict=False)) if a != b), len(expected))
        raise EvidenceError(
            f"This {what} is not canonical JSON (RFC 8785): at byte {at} expected "
            f"{expected[at : at + 12]!r}, found {data[at : at + 12]!r}.",
            code="UP-EVIDENCE-04",
        )


def _demand_plain(value: Any, what: str, where: str) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _demand_plain(inner, what, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            _demand_plain(inner, what, f"{where}[{position}]")
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) > 2**53 - 1):
        raise EvidenceError(
            f"This {what} holds the number {value!r} at {where}; expected a whole number of at most 2**53 - 1, "
            'or a decimal string such as "0.5".',
            code="UP-EVIDENCE-04",
        )
