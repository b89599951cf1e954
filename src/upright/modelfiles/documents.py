"""JSON beside or inside a model: what it is by its shape, and whether a reader would run code because of it."""

import re
from collections.abc import Iterator
from typing import Any

from upright.modelfiles.boosters import judge_xgboost
from upright.modelfiles.examiner import Examiner
from upright.modelfiles.keras import is_keras_config, judge_config
from upright.modelfiles.names import leaves_folder
from upright.modelfiles.pickles import find_hidden
from upright.modelfiles.report import Findings
from upright.modelfiles.strict_json import JsonError, read_json, read_without_lists
from upright.modelfiles.templates import judge_template
from upright.modelfiles.window import Window

_RUNS_CODE = {
    "auto_map": "names Python code of the model's author, which a reader with trust_remote_code runs",
    "auto_mapping": "names a library and class that the reader imports",
    "custom_pipelines": "names a pipeline of the model's author",
    "custom_generate": "names generation code of the model's author",
    "_target_": "names a Python object that the reader calls",
    "loader_module": "names a Python module that the reader imports",
    "py/object": "is jsonpickle, which makes any object",
    "py/reduce": "is jsonpickle, which calls any function",
    "py/function": "is jsonpickle, which names any function",
    "py/type": "is jsonpickle, which names any class",
    "__reduce__": "asks to be unpickled",
    "__class__": "names a Python class",
    "__module__": "names a Python module",
}
_NAMING = re.compile(r"class|module|import|func|loader|callable|script|code|target|entry_?point|handler", re.IGNORECASE)
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+(:\w+)?")
_KERNELS = re.compile(r"implementation|kernel", re.IGNORECASE)
_HARMLESS_CLASS_KEYS = {"tokenizer_class", "feature_extractor_type", "image_processor_type", "processor_class"}
_SHAPES = (
    ("huggingface-config", ("model_type",), ()),
    ("huggingface-config", ("architectures",), ()),
    ("huggingface-tokenizer", ("tokenizer_class",), ()),
    ("huggingface-tokenizer", ("version", "model", "added_tokens"), ()),
    ("huggingface-generation", ("transformers_version",), ("bos_token_id", "eos_token_id", "do_sample")),
    ("huggingface-index", ("weight_map",), ()),
    ("huggingface-adapter", ("peft_type",), ()),
    ("huggingface-processor", ("image_processor_type",), ()),
    ("huggingface-processor", ("processor_class",), ()),
)  # fmt: skip
_KERAS_METADATA = {"keras_version", "date_saved"}
_DEEPEST = 200
_LARGE = 1 << 20


def examine_json(window: Window, ex: Examiner) -> str:
    """Examines a JSON document; returns what it is."""
    try:
        document = _trees(window) or read_json(window)
    except JsonError as why:
        ex.findings.not_examined(str(why), offset=0)
        find_hidden(window, ex)
        return "json"
    if isinstance(document, dict) and "cells" in document and "nbformat" in document:
        ex.findings.suspicious("is a notebook: whoever runs it runs its code", offset=0)
        return "notebook"
    if isinstance(document, dict) and "learner" in document:
        judge_xgboost(document, ex.findings)
        return "xgboost-json"
    if is_keras_config(document):
        judge_config(document, ex.findings)
        return "keras-config"
    if isinstance(document, dict) and set(document) == _KERAS_METADATA:
        return "keras-metadata"
    _judge(document, ex.findings)
    shape = _shape(document)
    if shape is None:
        ex.findings.not_examined("is JSON of no known kind", offset=0)
        return "json"
    return shape


def _trees(window: Window) -> Any:
    """XGBoost's document if a large one is such: it is judged by its keys, so its numbers are not kept."""
    if len(window) < _LARGE or not window.read(0, 64).lstrip(b"{ \n").startswith((b'"learner"', b'"version"')):
        return None
    document = read_without_lists(window)
    return document if isinstance(document, dict) and "learner" in document else None


def _shape(document: Any) -> str | None:
    if not isinstance(document, dict):
        return None
    for name, all_of, any_of in _SHAPES:
        if all(key in document for key in all_of) and (not any_of or any(key in document for key in any_of)):
            return name
    return None


def _judge(value: Any, findings: Findings, key: str = "", depth: int = 0) -> None:
    """Every object, list and text of the document."""
    if depth > _DEEPEST:
        findings.not_examined("its JSON nests too deep")
    elif isinstance(value, dict):
        if is_keras_config(value):
            judge_config(value, findings)
        for name, part in value.items():
            _judge_entry(name, part, findings)
            _judge(part, findings, f"{key}.{name}" if "template" in key else name, depth + 1)
    elif isinstance(value, list):
        for part in value:
            _judge(part, findings, key, depth + 1)
    elif isinstance(value, str):
        _judge_text(key, value, findings)


def _judge_entry(name: str, part: Any, findings: Findings) -> None:
    if name in _RUNS_CODE and part not in (None, {}, [], ""):
        findings.dangerous(f"{name!r} {_RUNS_CODE[name]}", name=_first_text(part))
    elif name == "trust_remote_code" and part:
        findings.dangerous("'trust_remote_code' asks the reader to run the author's code")
    elif name == "weight_map":
        _judge_shards(part, findings)
    elif _KERNELS.search(name):
        for text in _texts(part):
            if "/" in text:
                what = f"{name[:60]!r} names a kernel in a repository, code that a reader fetches and runs"
                findings.dangerous(what, name=text[:120])


def _judge_shards(part: Any, findings: Findings) -> None:
    """The files that an index of weights leads to; a reader loads each as what its own name says."""
    if not isinstance(part, dict) or not all(isinstance(shard, str) for shard in part.values()):
        findings.suspicious("its weight map does not name a file for each weight")
        return
    for shard in sorted(set(part.values())):
        if leaves_folder(shard):
            findings.dangerous(f"takes weights from {shard[:120]!r}, outside the model's folder")


def _texts(part: Any) -> Iterator[str]:
    """Every text within; what nests too deep is told by ``_judge``."""
    parts = [part]
    while parts:
        part = parts.pop()
        if isinstance(part, dict | list):
            parts.extend(part.values() if isinstance(part, dict) else part)
        elif isinstance(part, str):
            yield part


def _first_text(part: Any) -> str | None:
    while isinstance(part, dict | list) and part:
        part = next(iter(part.values())) if isinstance(part, dict) else part[0]
    return part[:120] if isinstance(part, str) else None


def _judge_text(key: str, text: str, findings: Findings) -> None:
    has_marks = "{{" in text or "{%" in text
    if "template" in key:
        if has_marks:
            judge_template(text, findings, f"the template {key[:60]!r}")
        return
    if has_marks:
        judge_template(text, findings, f"the text {key[:60]!r}, read as a template,", is_called_one=False)
    if text.endswith(".py"):
        findings.suspicious(f"{key[:60]!r} names a Python file", name=text[:120])
    elif _NAMING.search(key) and key not in _HARMLESS_CLASS_KEYS and _DOTTED.fullmatch(text):
        findings.suspicious(f"{key[:60]!r} names a Python object", name=text[:120])
