"""TensorFlow's SavedModel: a graph whose operators may read and write files when it is loaded or asked.

Source: ``saved_model.proto``, ``graph.proto`` and ``function.proto`` of TensorFlow 2.21.
"""

from collections import Counter

from upright.modelfiles.examiner import Examiner
from upright.modelfiles.knowledge import data
from upright.modelfiles.pickles import find_hidden
from upright.modelfiles.protobuf import Field, ProtoError, fields, walk
from upright.modelfiles.window import Window


def is_savedmodel(window: Window) -> bool:
    """Whether it is a version, then nothing but graphs."""
    if window.read(0, 2) != b"\x08\x01" or window.read(2, 1) != b"\x12":
        return False
    try:
        return all(field.number in {1, 2} for field in fields(window))
    except ProtoError:
        return False


def examine_savedmodel(window: Window, ex: Examiner) -> str:
    """Examines ``saved_model.pb``; returns ``savedmodel``."""
    lists = data("operators.yaml")
    operators: Counter[str] = Counter()
    functions: set[str] = set()

    def visit(message: str, name: str, field: Field) -> None:
        if message == "NodeDef" and name == "op":
            operators[field.text] += 1
        elif message == "FunctionDef" and name == "signature":
            functions.update(part.text for part in fields(field.data) if part.number == 1)
        elif message == "AssetFileDef" and name == "filename":
            path = field.text
            if path.startswith(("/", "\\")) or ".." in path.split("/") or ":" in path:
                ex.findings.dangerous(f"takes an asset from {path[:120]!r}, outside the model's folder")

    try:
        walk(window, data("messages.yaml")["savedmodel"], "SavedModel", visit)
    except ProtoError as why:
        ex.findings.not_examined(f"is no SavedModel that is understood: {why}", offset=why.at)
        find_hidden(window, ex)
    reviewed, files, checkpoint = (frozenset(lists[key]) for key in ("reviewed", "files", "checkpoint"))
    for operator in sorted(operators):
        if operator in files:
            ex.findings.dangerous("has an operator that reads or writes files or runs Python", name=operator[:120])
        elif operator in checkpoint:
            ex.findings.not_examined("saves or restores variables at a path that is not followed")
        elif operator not in reviewed and operator not in functions:
            ex.findings.suspicious("has an operator that is not on the reviewed list", name=operator[:120])
    return "savedmodel"
