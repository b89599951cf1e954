"""The native files of XGBoost and LightGBM: trees as numbers, read to the last byte.

Source: XGBoost's model schema (``doc/model.schema``) and UBJSON draft 12; LightGBM's ``gbdt_model_text.cpp``.
"""

import re
import struct
from collections.abc import Iterator
from typing import Any

from upright.modelfiles.examiner import Examiner
from upright.modelfiles.pickles import find_hidden
from upright.modelfiles.report import Findings
from upright.modelfiles.window import Window

_LEARNER = {
    "attributes",
    "feature_names",
    "feature_types",
    "gradient_booster",
    "learner_model_param",
    "objective",
    "cats",
}
_CONFIG = {
    "generic_param",
    "gradient_booster",
    "learner_model_param",
    "learner_train_param",
    "metrics",
    "objective",
}
_TOP = {"learner", "version", "config"}
_FORMS = {
    marker: struct.Struct(">" + form)
    for marker, form in zip((b"i", b"U", b"I", b"l", b"L", b"d", b"D", b"C"), "bBhiqfdc", strict=True)
}
_LONGEST_TEXT = 64 * 2**20
_DEEPEST = 64
_FORGET_EVERY = 1 << 22
_KEPT = 3
"""As deep as this an object's values are kept: what is asked for is the learner, in a model or in a booster's state."""
_MOST_VALUES = 20_000_000


class UbjsonError(ValueError):
    """Not UBJSON; ``at`` is where."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(why)
        self.at = at


def judge_xgboost(document: dict[str, Any], findings: Findings) -> None:
    """Adds what XGBoost's model schema does not know."""
    learner = document["learner"]
    if not set(document) <= _TOP or not isinstance(learner, dict):
        findings.not_examined("is no XGBoost model that is understood")
    elif unknown := set(learner) - _LEARNER:
        findings.not_examined(f"its learner has unknown parts: {', '.join(sorted(unknown))[:120]}")


def _judge_state(document: dict[str, Any], findings: Findings) -> None:
    """What a booster is pickled as; its configuration only chooses among XGBoost's own parts, by name and number."""
    config, model = document["Config"], document["Model"]
    learner = config.get("learner") if isinstance(config, dict) else None
    if not isinstance(learner, dict) or not set(config) <= _TOP or not set(learner) <= _CONFIG:
        findings.not_examined("its configuration has unknown parts")
    if isinstance(model, dict) and "learner" in model:
        judge_xgboost(model, findings)
    else:
        findings.not_examined("holds no XGBoost model")


# UBJSON ---------------------------------------------------------------------------------------------------------


class _Ubjson:
    """Reads a document; arrays are read and not kept, objects as far as somebody asks for them."""

    def __init__(self, window: Window) -> None:
        self.buffer = window.buffer
        self.window = window
        self.start = self.at = self.forgotten = window.start
        self.stop = window.stop
        self.values = 0

    def broken(self, why: str) -> UbjsonError:
        return UbjsonError(why, self.at - self.start)

    def skip(self, count: int) -> int:
        first = self.at
        if count < 0 or first + count > self.stop:
            raise self.broken("it ends too soon")
        self.at = first + count
        return first

    def take(self, count: int) -> bytes:
        first = self.skip(count)
        return self.buffer[first : self.at]

    def stands(self, marker: bytes) -> bool:
        """Whether this byte is the next one; then it is taken."""
        if self.at >= self.stop or self.buffer[self.at] != marker[0]:
            return False
        self.at += 1
        return True

    def number(self, marker: bytes) -> Any:
        form = _FORMS.get(marker)
        if form is None:
            raise self.broken(f"{marker!r} is no type of number")
        return form.unpack_from(self.buffer, self.skip(form.size))[0]

    def size(self) -> int:
        value = self.number(self.take(1))
        if type(value) is not int or value < 0:
            raise self.broken("a size is no size")
        return value

    def text(self) -> str:
        size = self.size()
        if size > _LONGEST_TEXT:
            raise self.broken("a text is too long")
        first = self.skip(size)
        return self.buffer[first : self.at].decode("utf-8", "replace")

    def value(self, marker: bytes, depth: int = 0) -> Any:
        self.values += 1
        if depth > _DEEPEST or self.values > _MOST_VALUES:
            raise self.broken("it nests too deep or holds too much")
        if marker == b"{":
            return self.object(depth)
        if marker == b"[":
            return self.array(depth)
        if marker in {b"S", b"H"}:
            return self.text()
        if marker in {b"Z", b"T", b"F"}:
            return {b"Z": None, b"T": True, b"F": False}[marker]
        return self.number(marker)

    def optimised(self) -> tuple[bytes | None, int | None]:
        kind = self.take(1) if self.stands(b"$") else None
        count = self.size() if self.stands(b"#") else None
        if kind is not None and count is None:
            raise self.broken("a typed container has no count")
        return kind, count

    def array(self, depth: int) -> Any:
        kind, count = self.optimised()
        if kind in _FORMS and count is not None:
            size = count * _FORMS[kind].size
            if size > self.stop - self.at:
                raise self.broken("an array reaches beyond the end")
            self.at += size
            if self.at - self.forgotten > _FORGET_EVERY:
                self.forgotten = self.at
                self.window.forget(self.at)
            return []
        found = 0
        while count is None or found < count:
            marker = kind or self.take(1)
            if count is None and marker == b"]":
                break
            self.value(marker, depth + 1)
            found += 1
        return []

    def object(self, depth: int) -> dict[str, Any]:
        kind, count = self.optimised()
        found: dict[str, Any] = {}
        while count is None or len(found) < count:
            if count is None and self.stands(b"}"):
                break
            key = self.text()
            if key in found:
                raise self.broken("a key stands twice")
            found[key] = self.value(kind or self.take(1), depth + 1)
        return found if depth <= _KEPT else {}


def examine_ubjson(window: Window, ex: Examiner) -> str:
    """Examines XGBoost's binary JSON; returns ``xgboost-ubj``, or ``xgboost-state`` with a booster's configuration."""
    reader = _Ubjson(window)
    try:
        document = reader.value(reader.take(1))
        if reader.at != window.stop:
            raise reader.broken(f"{window.stop - reader.at} bytes follow its end")
    except UbjsonError as why:
        ex.findings.not_examined(f"is no UBJSON that is understood: {why}", offset=why.at)
        find_hidden(window, ex)
        return "ubjson"
    if isinstance(document, dict) and set(document) == {"Config", "Model"}:
        _judge_state(document, ex.findings)
        return "xgboost-state"
    if not isinstance(document, dict) or "learner" not in document:
        ex.findings.not_examined("is UBJSON, but no XGBoost model")
        return "ubjson"
    judge_xgboost(document, ex.findings)
    return "xgboost-ubj"


# LightGBM -------------------------------------------------------------------------------------------------------

_PAIR = re.compile(r"[a-z_0-9]+=[^\x00-\x08\x0b-\x1f]*|average_output|linear_tree")
_COUNT = re.compile(r"[^=\x00-\x1f]+=[0-9.eE+-]+")
_PARAMETER = re.compile(r"\[[a-z_0-9]+: [^\x00-\x1f]*\]")


def examine_lightgbm(window: Window, ex: Examiner) -> str:
    """Examines LightGBM's text; returns ``lightgbm``."""
    part = "header"
    at = 0
    for at, raw in _lines(window):
        try:
            part = _next(part, raw.decode("utf-8").rstrip("\r"), first=at == 0)
        except (UnicodeDecodeError, ValueError):
            ex.findings.not_examined("a line of it is not what LightGBM writes", offset=at)
            find_hidden(window, ex)
            return "lightgbm"
    if part not in {"importances", "after", "end"}:
        ex.findings.not_examined("ends within its trees or parameters", offset=len(window))
    return "lightgbm"


def _lines(window: Window) -> Iterator[tuple[int, bytes]]:
    """Each line and where it starts; also the one behind the last newline, which may be empty. One that is too long
    is not UTF-8 to whoever reads it.
    """
    buffer, at, forgotten = window.buffer, window.start, window.start
    while at <= window.stop:
        stop = buffer.find(b"\n", at, window.stop)
        stop = window.stop if stop < 0 else stop
        yield at - window.start, buffer[at:stop] if stop - at <= _LONGEST_TEXT else b"\xff"
        at = stop + 1
        if at - forgotten > _FORGET_EVERY:
            forgotten = at
            window.forget(at)


def _next(part: str, line: str, *, first: bool) -> str:
    """The part of the file after this line; ValueError if the line has no place here."""
    moves = {"end of trees": "importances", "parameters:": "parameters", "end of parameters": "after"}
    wanted = {"end of trees": "header", "parameters:": "importances", "end of parameters": "parameters"}
    if line in moves:
        if part != wanted[line]:
            raise ValueError(line)
        return moves[line]
    if part == "header":
        known = bool((first and line == "tree") or not line or _PAIR.fullmatch(line) or line.startswith("Tree="))
    elif part == "importances":
        known = line in {"", "feature_importances:", "feature importances:"} or bool(_COUNT.fullmatch(line))
    elif part == "parameters":
        known = not line or bool(_PARAMETER.fullmatch(line))
    else:
        known = not line or line.startswith("pandas_categorical:")
    if not known:
        raise ValueError(line)
    return part
