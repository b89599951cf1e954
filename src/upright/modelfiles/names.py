"""What a file is called never makes it clean; but some names are code, whatever reads them."""

from pathlib import PurePosixPath

from upright.modelfiles.examiner import Examiner

_SOURCE = {
    "Python source": (".py", ".pyw", ".pyx"),
    "compiled Python": (".pyc", ".pyo"),
    "a Python package": (".egg", ".whl"),
    "a notebook": (".ipynb",),
    "a program library": (".so", ".pyd", ".dll", ".dylib"),
    "a script": (".sh", ".bat", ".ps1", ".js"),
    "a program": (".exe",),
}
_KINDS = {suffix: kind for kind, suffixes in _SOURCE.items() for suffix in suffixes}
_LOADED = frozenset(
    [
        "torch",
        "numpy",
        "sklearn",
        "joblib",
        "pickle",
        "pandas",
        "scipy",
        "transformers",
        "tensorflow",
        "keras",
        "onnx",
        "onnxruntime",
        "xgboost",
        "lightgbm",
        "safetensors",
        "sitecustomize",
        "usercustomize",
        "os",
        "sys",
        "json",
        "random",
        "typing",
        "types",
        "re",
        "collections",
        "copyreg",
        "io",
        "codecs",
        "datetime",
        "builtins",
        "conftest",
        "setup",
    ]
)
PROGRAMS = {
    "elf": "a program",
    "pe": "a program",
    "mach-o": "a program",
    "script": "a script",
    "java-class": "a program",
}


def leaves_folder(path: str) -> bool:
    """Whether a path that a model names could lead to a file outside the model's folder.

    >>> leaves_folder("part/1.bin"), leaves_folder("part/../../1.bin")
    (False, True)
    """
    parts = path.replace("\\", "/").split("/")
    return not path or path.startswith(("/", "\\", "~")) or ".." in parts or ":" in path or "\0" in path


def judge_name(ex: Examiner) -> None:
    """Adds that a file is code by its name; more so where it stands in for a library."""
    path = PurePosixPath(ex.name.replace("\\", "/"))
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        return
    parts = {path.name.partition(".")[0], *path.parts[:-1]}
    taken = sorted(parts & _LOADED)
    if taken:
        ex.findings.dangerous(f"is {kind} that a loader may import instead of the library", name=taken[0])
    else:
        ex.findings.suspicious(f"is {kind} beside the model: whoever imports or runs it runs its code")
