"""Keras models: the configuration says which objects are made, by module and class; weights are numbers in HDF5.

Source: ``keras/src/saving/serialization_lib.py`` and ``saving_lib.py`` of Keras 3, ``hdf5_format.py`` of Keras 2.
"""

from functools import cache
from typing import Any

from upright.modelfiles.examiner import Examiner
from upright.modelfiles.hdf5 import Hdf5Error, read_hdf5, unclaimed
from upright.modelfiles.knowledge import data
from upright.modelfiles.pickles import find_hidden
from upright.modelfiles.report import Findings
from upright.modelfiles.strict_json import JsonError, read_json
from upright.modelfiles.window import Window

_CODE = {"Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
_VALUES = {"__tuple__", "__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__"}
_PATHS = {"vocabulary", "filepath", "file_path", "vocabulary_file", "url", "origin"}
_TEXTS = {"model_config", "training_config"}
_NAMES = {"layer_names", "weight_names", "backend", "keras_version", "name", "save_format", "config"}
_DEEPEST = 200


@cache
def _listed() -> tuple[dict[str, frozenset[str]], frozenset[str], dict[str, frozenset[str]]]:
    """Classes by module, all classes, functions by module."""
    known = data("keras.yaml")
    classes = {module: frozenset(names) for module, names in known["classes"].items()}
    functions = {module: frozenset(names) for module, names in known["functions"].items()}
    return classes, frozenset().union(*classes.values()), functions


def judge_config(config: Any, findings: Findings, depth: int = 0) -> None:
    """Adds whatever a model's configuration would have Keras make that is not on the reviewed list."""
    if depth > _DEEPEST:
        findings.not_examined("its configuration nests too deep")
    elif isinstance(config, list):
        for part in config:
            judge_config(part, findings, depth + 1)
    elif isinstance(config, dict):
        _judge_object(config, findings)
        for key, part in config.items():
            if key in _PATHS and isinstance(part, str):
                findings.suspicious(f"its configuration reads {key!r} from {part[:80]!r}")
            judge_config(part, findings, depth + 1)


def _judge_object(config: dict[str, Any], findings: Findings) -> None:
    if "class_name" not in config:
        if isinstance(config.get("module"), str):
            findings.suspicious("its configuration names a module alone", name=config["module"][:120])
        return
    name, module = config["class_name"], config.get("module")
    if not isinstance(name, str) or not isinstance(module, str | None):
        findings.suspicious("its configuration names a class by something that is no text")
        return
    path = f"{module}.{name}" if module else name
    _, every_class, functions = _listed()
    registered = config.get("registered_name")
    if name.rpartition(">")[2] in _CODE:
        findings.dangerous("its configuration holds code or loads another model", name=path[:120])
    elif name in _VALUES:
        return
    elif name == "function":
        if not isinstance(module, str) or config.get("config") not in functions.get(module, ()):
            findings.add(*_weight(module, "names a function"), name=f"{module}.{config.get('config')}"[:120])
    elif module is None and name not in every_class:
        findings.suspicious("its configuration names a class that is not on the reviewed list", name=path[:120])
    elif module is not None and name not in _of_module(module):
        findings.add(*_weight(module, "names a class"), name=path[:120])
    elif registered not in {None, name}:
        findings.suspicious("its configuration names a custom object", name=str(registered)[:120])


def _of_module(module: str) -> frozenset[str]:
    """Keras names some of its classes by where they are written."""
    classes, every_class, _ = _listed()
    return every_class if module.startswith("keras.src.") else classes.get(module, frozenset())


def _weight(module: str | None, what: str) -> tuple[Any, str]:
    from upright.modelfiles.report import Verdict

    if module is None or module.partition(".")[0] in {"keras", "tf_keras", "keras_hub", "builtins"}:
        return Verdict.SUSPICIOUS, f"its configuration {what} that is not on the reviewed list"
    return Verdict.DANGEROUS, f"its configuration {what} outside Keras"


def is_keras_config(document: Any) -> bool:
    """Whether a JSON document is what Keras makes a model from."""
    return isinstance(document, dict) and isinstance(document.get("class_name"), str) and "config" in document


def examine_hdf5(window: Window, ex: Examiner) -> str:
    """Examines an HDF5 file as Keras reads one; returns ``keras-h5``, or ``hdf5`` where it is no model of Keras."""
    try:
        contents = read_hdf5(window)
    except Hdf5Error as why:
        ex.findings.not_examined(f"is HDF5 of a kind that is not read: {why}", offset=why.at)
        find_hidden(window, ex)
        return "hdf5"
    for at, size in unclaimed(contents, window):
        ex.findings.not_examined(f"{size} bytes belong to nothing", offset=at)
        find_hidden(window.part(at, size), ex)
    for name in contents.datasets:
        ex.findings.not_examined(f"the data set {name[:80]!r} holds texts, which are not read")
    for attribute in contents.attributes:
        where = f"attribute {attribute.owner or '/'}:{attribute.name}"[:120]
        if attribute.name in _TEXTS:
            _judge_text(b"".join(attribute.texts), ex.within(where))
        elif attribute.name.rstrip("0123456789") not in _NAMES and attribute.texts:
            ex.findings.not_examined(f"{where} is not known")
    return "keras-h5"


def _judge_text(text: bytes, ex: Examiner) -> None:
    try:
        judge_config(read_json(Window.over(text)), ex.findings)
    except JsonError as why:
        ex.findings.not_examined(str(why))
