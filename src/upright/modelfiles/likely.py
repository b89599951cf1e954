"""Which files are models, by their first bytes and their names. Nothing is loaded."""

import json
import mmap
import re
from pathlib import Path

_MODEL_FORMATS = frozenset({"pickle", "hdf5", "gguf", "safetensors", "joblib-zfile", "xgboost-binary", "lightgbm"})
_MODEL_ENDINGS = frozenset(
    {".joblib", ".pkl", ".pickle", ".pt", ".pth", ".bin", ".onnx", ".keras", ".h5", ".ubj", ".npz", ".skops", ".model"}
)  # fmt: skip
_NEVER = frozenset({".py", ".ipynb", ".md", ".yaml", ".yml", ".toml", ".html", ".zip", ".tar", ".gz"})

_XGBOOST = re.compile(rb'\s*\{\s*"learner"\s*:\s*\{')
_LIGHTGBM = re.compile(rb"tree\r?\nversion=v")
_MOST_HEAD = 1 << 20


def model_format(path: Path) -> str | None:
    """The format, where bytes or name say model; an empty file with a model's name counts: something to ask about."""
    ending = path.suffix.lower()
    if ending == ".json":
        return "xgboost-json" if _XGBOOST.match(_head(path)) else None
    if ending == ".txt":
        return "lightgbm" if _LIGHTGBM.match(_head(path)) else None
    if ending in _NEVER or ending == ".sig":
        return None
    form = sniff(path)
    if ending in _MODEL_ENDINGS:
        return form
    return form if form in _MODEL_FORMATS and (form != "pickle" or _starts_as_a_pickle(path)) else None


def stated_features(path: Path, form: str) -> tuple[str, ...]:
    """The columns that a model says it reads, in its order, where the head of its file states them; else none.

    XGBoost's JSON and LightGBM's text do, where the model was trained on named columns.
    """
    head = _head(path)
    if form == "xgboost-json":
        found = re.search(rb'"feature_names"\s*:\s*(\[(?:\s|,|"(?:[^"\\]|\\.)*")*\])', head)
        try:
            names = json.loads(found[1]) if found else []
        except ValueError:
            return ()
        return tuple(str(name) for name in names)
    if form == "lightgbm":
        line = re.search(rb"^feature_names=(.*)$", head, re.MULTILINE)
        return tuple(line[1].decode("utf-8", "replace").split()) if line else ()
    return ()


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_MOST_HEAD)
    except OSError:
        return b""


def _starts_as_a_pickle(path: Path) -> bool:
    """Opens with a protocol, as every writer since Python 2.3 does: the scanner takes any text for a pickle."""
    with path.open("rb") as stream:
        head = stream.read(2)
    return len(head) == 2 and head[0] == 0x80 and head[1] <= 5


def sniff(path: Path) -> str:
    """The format that a file's first bytes show, ``empty``, or ``unreadable``."""
    from upright.modelfiles.formats import format_of
    from upright.modelfiles.window import Window

    try:
        if path.stat().st_size == 0:
            return "empty"
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return format_of(Window.over(data))
    except (OSError, ValueError):
        return "unreadable"
