"""The native files of XGBoost and LightGBM: trees as numbers, read to the last byte.

Source: XGBoost's model schema (``doc/model.schema``) and UBJSON draft 12; LightGBM's ``gbdt_model_text.cpp``.
"""

import re
import struct
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
_FORMS = {b"i": ">b", b"U": ">B", b"I": ">h", b"l": ">i", b"L": ">q", b"d": ">f", b"D": ">d", b"C": ">c"}
_LONGEST_TEXT = 64 * 2**20
_DEEPEST = 64
_MOST_VALUES = 5_000_000


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
    """Reads a document; long typed arrays are stepped over."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.at = 0
        self.values = 0

    def take(self, count: int) -> bytes:
        raw = self.window.read(self.at, count)
        if count < 0 or len(raw) < count:
            raise UbjsonError("it ends too soon", self.at)
        self.at += count
        return raw

    def number(self, marker: bytes) -> Any:
        if marker not in _FORMS:
            raise UbjsonError(f"{marker!r} is no type of number", self.at)
        form = _FORMS[marker]
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def size(self) -> int:
        value = self.number(self.take(1))
        if type(value) is not int or value < 0:
            raise UbjsonError("a size is no size", self.at)
        return value

    def text(self) -> str:
        size = self.size()
        if size > _LONGEST_TEXT:
            raise UbjsonError("a text is too long", self.at)
        return self.take(size).decode("utf-8", "replace")

    def value(self, marker: bytes, depth: int = 0) -> Any:
        self.values += 1
        if depth > _DEEPEST or self.values > _MOST_VALUES:
            raise UbjsonError("it nests too deep or holds too much", self.at)
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
        kind, count = None, None
        if self.window.read(self.at, 1) == b"$":
            self.at += 1
            kind = self.take(1)
        if self.window.read(self.at, 1) == b"#":
            self.at += 1
            count = self.size()
        if kind is not None and count is None:
            raise UbjsonError("a typed container has no count", self.at)
        return kind, count

    def array(self, depth: int) -> Any:
        kind, count = self.optimised()
        if kind in _FORMS and count is not None:
            size = count * struct.calcsize(_FORMS[kind])
            if size > len(self.window) - self.at:
                raise UbjsonError("an array reaches beyond the end", self.at)
            self.at += size
            return []
        found: list[Any] = []
        while count is None or len(found) < count:
            marker = kind or self.take(1)
            if count is None and marker == b"]":
                break
            found.append(self.value(marker, depth + 1))
        return found

    def object(self, depth: int) -> dict[str, Any]:
        kind, count = self.optimised()
        found: dict[str, Any] = {}
        while count is None or len(found) < count:
            if count is None and self.window.read(self.at, 1) == b"}":
                self.at += 1
                break
            key = self.text()
            if key in found:
                raise UbjsonError("a key stands twice", self.at)
            found[key] = self.value(kind or self.take(1), depth + 1)
        return found


def examine_ubjson(window: Window, ex: Examiner) -> str:
    """Examines XGBoost's binary JSON; returns ``xgboost-ubj``, or ``xgboost-state`` with a booster's configuration."""
    reader = _Ubjson(window)
    try:
        document = reader.value(reader.take(1))
        if reader.at != len(window):
            raise UbjsonError(f"{len(window) - reader.at} bytes follow its end", reader.at)
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
    at = 0
    part = "header"
    for raw in window.all().split(b"\n"):
        try:
            part = _next(part, raw.decode("utf-8").rstrip("\r"), first=at == 0)
        except (UnicodeDecodeError, ValueError):
            ex.findings.not_examined("a line of it is not what LightGBM writes", offset=at)
            find_hidden(window, ex)
            return "lightgbm"
        at += len(raw) + 1
    if part not in {"importances", "after", "end"}:
        ex.findings.not_examined("ends within its trees or parameters", offset=at)
    return "lightgbm"


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
