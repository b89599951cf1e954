"""ONNX: a graph of standard operators and numbers. Other operators need code from elsewhere; other files may be read.

Source: ``onnx.proto`` of ONNX 1.23, and its external data and IR documents.
"""

from upright.modelfiles.examiner import Examiner
from upright.modelfiles.knowledge import data
from upright.modelfiles.names import leaves_folder
from upright.modelfiles.pickles import find_hidden
from upright.modelfiles.protobuf import Field, ProtoError, fields, walk
from upright.modelfiles.window import Window

STANDARD_DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "ai.onnx.preview"}
_FIRST_FIELDS = 40
_LONGEST_NAME = 4_096


def is_onnx(window: Window) -> bool:
    """Whether it begins as a model does: an IR version, and a graph among its first fields."""
    if window.read(0, 1) != b"\x08":
        return False
    known = data("messages.yaml")["onnx"]["ModelProto"]
    try:
        numbers = set()
        for count, field in enumerate(fields(window)):
            if field.number not in known or isinstance(field.value, int) != (field.number in {1, 5}):
                return False
            numbers.add(field.number)
            if count > _FIRST_FIELDS or {1, 7} <= numbers:
                break
        return {1, 7} <= numbers or {1, 8} <= numbers
    except ProtoError:
        return False


class _Visitor:
    """Looks at the fields that could lead outside the file."""

    def __init__(self, ex: Examiner) -> None:
        self.findings = ex.findings
        self.keys: dict[int, str] = {}
        self.functions: set[tuple[bytes, ...]] = set()
        self.called: set[tuple[bytes, ...]] = set()
        self.domains: set[bytes] = set()
        self.external = 0

    def __call__(self, message: str, name: str, field: Field) -> None:
        if name == "domain" and message in {"NodeProto", "OperatorSetIdProto", "TypeProto_Opaque"}:
            self.domains.add(_name(field))
        elif name == "node":
            self.called.add(_names(field, 7, 4, 8))
        elif name == "functions":
            self.functions.add(_names(field, 10, 1, 13))
        elif message == "TensorProto" and name == "external_data":
            self.external += 1
            self._external(field)
        elif message == "TensorProto" and name == "data_location" and field.value == 1:
            self.external += 1

    def _external(self, field: Field) -> None:
        entry = {part.number: part.text for part in fields(field.data)}
        if entry.get(1) == "location":
            self.location(entry.get(2, ""))

    def location(self, path: str) -> None:
        """An absolute path, or one that leaves the folder, reads any file of the reader's machine."""
        if leaves_folder(path):
            self.findings.dangerous(f"takes weights from {path[:120]!r}, outside the model's folder")

    def close(self) -> None:
        """What can only be said at the end."""
        if self.external:
            self.findings.not_examined("its weights lie in another file, which is not read with it")
        unknown = self.domains - {function[0] for function in self.functions}
        unknown |= {called[0] for called in self.called - self.functions}
        for domain in sorted(one.decode("utf-8", "replace") for one in unknown):
            if domain not in STANDARD_DOMAINS:
                what = f"needs operators of the domain {domain[:80]!r}, which are code from elsewhere"
                self.findings.suspicious(what)


def _name(field: Field) -> bytes:
    name = field.data.read(0, _LONGEST_NAME + 1)
    if len(name) > _LONGEST_NAME:
        raise ProtoError(f"field {field.number} is longer than any name", field.at)
    return name


def _names(message: Field, *numbers: int) -> tuple[bytes, ...]:
    """What these fields of a node or function say; the last of several counts."""
    found = {field.number: _name(field) for field in fields(message.data) if field.number in numbers}
    return tuple(found.get(number, b"") for number in numbers)


def examine_onnx(window: Window, ex: Examiner) -> str:
    """Examines an ONNX model; returns ``onnx``."""
    visitor = _Visitor(ex)
    try:
        walk(window, data("messages.yaml")["onnx"], "ModelProto", visitor)
    except ProtoError as why:
        ex.findings.not_examined(f"is no ONNX model that is understood: {why}", offset=why.at)
        find_hidden(window, ex)
    visitor.close()
    return "onnx"
